"""Pages cost a kernel each: there is a most, by number and by memory, and a request that is given up leaves none."""

import http.client
import json
import re
import socket
import time
import urllib.parse
import urllib.request
from types import SimpleNamespace

import nbformat
import pytest

from miri_widgets.serve.admission import PAGE_BYTES, SPARE_BYTES, Admission
from miri_widgets.serve.process import start_server

PATIENCE = 300.0
PLENTY = 100 * PAGE_BYTES


class Manager(SimpleNamespace):
    def __init__(self, **connections):
        super().__init__(_kernel_connections=connections, _pools={})

    def list_kernel_ids(self):
        return list(self._kernel_connections)


def done(kernel):
    return SimpleNamespace(
        done=lambda: True,
        cancelled=lambda: False,
        exception=lambda: None,
        result=lambda: {"kernel_id": kernel},
    )


def test_the_most_counts_open_pages_and_those_that_come():
    manager = Manager(a=1, b=0)
    admission = Admission(manager, most=4, memory=lambda: PLENTY)
    assert admission.refusal("x.ipynb") == ""
    with admission.coming() as started, admission.coming():
        assert "4 pages are open" in admission.refusal("x.ipynb")
        manager._kernel_connections["c"] = 0
        started("c")  # counted once
        assert "4 pages are open" in admission.refusal("x.ipynb")
        assert admission.unseen() == ["b"]
    assert admission.refusal("x.ipynb") == ""
    assert admission.unseen() == ["b", "c"]


def test_memory_is_kept_for_pages_that_are_being_made():
    admission = Admission(Manager(), memory=lambda: 2 * PAGE_BYTES + SPARE_BYTES)
    with admission.coming():
        assert admission.refusal("x.ipynb") == ""
        with admission.coming():
            assert "memory" in admission.refusal("x.ipynb")
    assert (
        Admission(Manager(), memory=lambda: PAGE_BYTES)
        .refusal("x.ipynb")
        .startswith("600.0 MB of memory are free")
    )


def test_a_preheated_kernel_has_its_memory_and_is_no_page():
    manager = Manager(warm=0)
    manager._pools["x.ipynb"] = [done("warm")]
    admission = Admission(manager, most=1, memory=lambda: 0)
    assert admission.refusal("x.ipynb") == ""
    assert "memory" in admission.refusal("y.ipynb")
    assert admission.unseen() == []


@pytest.fixture
def folder(tmp_path):
    cell = nbformat.v4.new_code_cell("import time\ntime.sleep(3)\nprint('whole')")
    notebook = nbformat.v4.new_notebook(cells=[cell])
    notebook.metadata.kernelspec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(notebook, tmp_path / "slow.ipynb")
    return tmp_path


def kernels(server):
    with urllib.request.urlopen(f"{server.url}api/status", timeout=PATIENCE) as answer:
        return json.load(answer)["kernels"]


def wait_for_kernels(server, number):
    deadline = time.monotonic() + PATIENCE
    while (count := kernels(server)) != number:
        assert time.monotonic() < deadline, f"{count} kernels, {number} expected"
        time.sleep(0.1)


def test_pages_that_are_closed_before_they_are_whole_leave_no_kernel(folder):
    with start_server(folder, timeout=PATIENCE, grace=PATIENCE) as server:
        address = urllib.parse.urlsplit(server.url)
        given_up = []
        for _ in range(5):
            connection = socket.create_connection((address.hostname, address.port))
            connection.sendall(
                f"GET /voila/render/slow.ipynb HTTP/1.1\r\nHost: {address.netloc}\r\n\r\n".encode()
            )
            given_up.append(connection)
        wait_for_kernels(server, 5)
        for connection in given_up:
            connection.close()
        wait_for_kernels(server, 0)
        with urllib.request.urlopen(f"{server.url}voila/render/slow.ipynb", timeout=PATIENCE) as answer:
            assert "whole" in answer.read().decode()
        assert kernels(server) == 1  # a browser that got its page is waited for


def test_one_page_too_many_is_told_and_can_close_what_nobody_looks_at(folder):
    with start_server(folder, timeout=PATIENCE, grace=PATIENCE, most_pages=1) as server:
        address = urllib.parse.urlsplit(server.url)
        connection = http.client.HTTPConnection(address.hostname, address.port, timeout=PATIENCE)
        path = "/voila/render/slow.ipynb"
        connection.request("GET", path)
        first = connection.getresponse()
        assert first.status == 200 and "whole" in first.read().decode()
        connection.request("GET", path)
        second = connection.getresponse()
        page = second.read().decode()
        assert second.status == 503
        assert "1 page is open" in page and "Close 1 page that no browser shows" in page
        cookie = "; ".join(value.split(";")[0] for name, value in second.getheaders() if name == "Set-Cookie")
        secret = re.search('name="_xsrf" value="([^"]+)"', page)[1]
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Cookie": cookie}
        for again, to in (
            (path, path),
            ("//evil.example/", "/"),
            ("https://evil.example/", "/"),
            ("/\\evil", "/"),
        ):
            body = urllib.parse.urlencode({"_xsrf": secret, "again": again})
            connection.request("POST", "/api/unseen", body, headers)
            answer = connection.getresponse()
            answer.read()
            assert (answer.status, answer.getheader("Location")) == (302, to)
        wait_for_kernels(server, 0)
        connection.request("POST", "/api/unseen", "again=/", {**headers, "Cookie": ""})
        refused = connection.getresponse()
        refused.read()
        assert refused.status == 403  # another site cannot close anything
