"""Requests that no page makes: none is a fault of the server, none fills its log, none is large."""

import http.client
import urllib.parse

import pytest

from miri_widgets.serve.policy import REQUEST_LIMITS
from miri_widgets.serve.process import start_server

PATIENCE = 300.0
PATHS = (
    "/", "/login", "/logout", "/voila/templates/lab/X", "/voila/templates/lab/static/x.js", "/voila/templates/../x",
    "/voila/templates/lab/static/../../../x", "/voila/templates/lab/static/%2e%2e/%2e%2e/x", "/voila/static/none.js", "/voila/static/v1/none.js", "/voila/static/../../x", "/voila/static/%2e%2e/x",
    "/voila/labextensions/x", "/voila/labextensions/../../x", "/voila/files/x", "/voila/files/%00", "/api/kernels",
    "/api/kernels/x/channels", "/api/sessions", "/api/shutdown/x", "/voila/api/shutdown/x", "/voila/execution",
    "/voila/query/x", "/metrics", "/%00", "/%ff", "/voila/render/%00", "/voila/render/%ff", "/voila/render/..%2fx.ipynb",
    "/voila/render/" + "a" * 5000, "/api/status?x=%ff", "/api/unseen", "/voila/themes/x/index.css", "//x", "/?token=%ff",
)  # fmt: skip


@pytest.mark.parametrize("token", [None, "secret"])
def test_no_request_is_a_fault_of_the_server(tmp_path, token):
    with start_server(tmp_path, token=token, timeout=PATIENCE) as server:
        address = urllib.parse.urlsplit(server.url)
        connection = http.client.HTTPConnection(address.hostname, address.port, timeout=PATIENCE)
        for path in PATHS:
            for method in ("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "TRACE"):
                connection.request(method, path)
                answer = connection.getresponse()
                answer.read()
                assert answer.status < 500, (method, path)
                assert answer.getheader("X-Content-Type-Options") == "nosniff", (method, path)
        assert "Traceback" not in server.log and "Uncaught" not in server.log
        assert len(server.log) < 100_000


def test_what_comes_in_has_bounds(tmp_path):
    with start_server(tmp_path, token="secret", timeout=PATIENCE) as server:
        address = urllib.parse.urlsplit(server.url)
        connection = http.client.HTTPConnection(address.hostname, address.port, timeout=PATIENCE)
        connection.putrequest("POST", "/login")
        connection.putheader("Content-Length", str(REQUEST_LIMITS["max_body_size"] + 1))
        connection.endheaders()
        assert connection.getresponse().status in (400, 413)
        connection.close()
        connection.request("GET", "/" + "x" * REQUEST_LIMITS["max_header_size"])
        with pytest.raises((http.client.HTTPException, ConnectionError)):
            connection.getresponse()
        connection.close()
        connection.request("GET", "/login")
        assert connection.getresponse().status == 200  # others are served as before


def test_styles_and_scripts_of_the_template_are_served(tmp_path):
    """A page without them is blank."""
    with start_server(tmp_path, timeout=PATIENCE) as server:
        address = urllib.parse.urlsplit(server.url)
        connection = http.client.HTTPConnection(address.hostname, address.port, timeout=PATIENCE)
        for name, kind in (("theme-light.css", "text/css"), ("voila-style.js", "javascript")):
            connection.request("GET", f"/voila/templates/lab/static/{name}")
            answer = connection.getresponse()
            assert answer.status == 200 and kind in answer.getheader("Content-Type") and answer.read(), name
