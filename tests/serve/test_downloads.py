"""Files of a page by its server: ours below a prefix, and a Jupyter server; a zip that is streamed; no other file."""

import io
import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
import zipfile

import pytest

from miri_widgets.products.served_files import ServedFile, ServedFiles, release_files
from miri_widgets.serve.downloads import archive_chunks
from miri_widgets.serve.process import start_server

LIMIT = 300.0


@pytest.fixture(scope="module")
def workspace(tmp_path_factory):
    top = tmp_path_factory.mktemp("workspace")
    patch = pytest.MonkeyPatch()
    patch.setenv("JUPYTER_RUNTIME_DIR", str(tmp_path_factory.mktemp("runtime")))
    (top / "runs").mkdir()
    (top / "runs" / "a_i2d.fits").write_bytes(os.urandom(3_000_000))
    (top / "runs" / "b_é_cat.ecsv").write_text("# table")
    yield top
    patch.undo()


def fetch(url, method="GET"):
    try:
        with urllib.request.urlopen(urllib.request.Request(url, method=method), timeout=LIMIT) as answer:
            return answer.status, answer.read(), answer.headers
    except urllib.error.HTTPError as error:
        return error.code, error.read(), error.headers


def check(base, workspace):
    """All that both servers must do."""
    address = f"{base}miri-widgets-files/"
    token = release_files([workspace / "runs"], workspace, "trial")
    assert fetch(address + token, "HEAD")[0] == 200
    status, body, headers = fetch(address + token)
    assert status == 200 and 'filename="trial.zip"' in headers["Content-Disposition"]
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        assert archive.testzip() is None and sorted(archive.namelist()) == [
            "runs/a_i2d.fits",
            "runs/b_é_cat.ecsv",
        ]
        assert archive.read("runs/a_i2d.fits") == (workspace / "runs" / "a_i2d.fits").read_bytes()
    alone = release_files([workspace / "runs" / "a_i2d.fits"], workspace, "trial")
    status, body, headers = fetch(address + alone)
    assert status == 200 and body == (workspace / "runs" / "a_i2d.fits").read_bytes()
    assert headers["Content-Length"] == "3000000" and headers["X-Content-Type-Options"] == "nosniff"
    for other in (
        "A" * 43,
        f"../{token}",
        f"..%2f..%2f{token}",
        f"{token}.json",
        "%2fetc%2fpasswd",
        token + "/x",
    ):
        assert fetch(address + other)[0] in (403, 404), other
    gone = workspace / "gone.fits"
    gone.write_text("x")
    late = release_files([gone], workspace, "trial")
    gone.unlink()
    assert fetch(address + late)[0] == 410


def test_our_server_sends_them_below_a_prefix(workspace, tmp_path):
    with start_server(tmp_path, base_url="/hub/user", timeout=LIMIT) as server:
        check(server.url, workspace)


def test_our_server_asks_for_its_token(workspace, tmp_path):
    released = release_files([workspace / "runs"], workspace, "trial")
    with start_server(tmp_path, token="secret", timeout=LIMIT) as server:
        base = server.url.split("?")[0]
        status, body, _ = fetch(f"{base}miri-widgets-files/{released}")
        assert not body.startswith(b"PK") and status in (200, 403)
        assert fetch(f"{base}miri-widgets-files/{released}?token=secret")[1].startswith(b"PK")


def test_a_jupyter_server_sends_them_below_a_prefix(workspace, tmp_path):
    """JupyterLab and a single-user server of a JupyterHub are such servers."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "-m", "jupyter_server", "--no-browser", f"--port={port}", "--ServerApp.base_url=/user/ada",
         "--IdentityProvider.token=", "--allow-root", "--ServerApp.jpserver_extensions=miri_widgets.serve.downloads=True"],
        cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        base, end = f"http://127.0.0.1:{port}/user/ada/", time.monotonic() + LIMIT
        while True:
            try:
                if fetch(f"{base}api")[0] == 200:
                    break
            except OSError:
                assert process.poll() is None and time.monotonic() < end
                time.sleep(0.2)
        check(base, workspace)
    finally:
        process.terminate()
        process.wait(LIMIT)


def test_the_extension_is_switched_on_where_the_package_is_installed(repository):
    import tomllib

    files = tomllib.loads((repository / "pyproject.toml").read_text())["tool"]["setuptools"]["data-files"]
    (listed,) = files["etc/jupyter/jupyter_server_config.d"]
    switched = json.loads((repository / listed).read_text())["ServerApp"]["jpserver_extensions"]
    assert switched == {"miri_widgets.serve.downloads": True}


def test_a_zip_never_holds_more_than_a_piece_and_no_name_that_leaves_its_folder(tmp_path):
    (tmp_path / "big").write_bytes(b"x" * 5_000_000)
    files = tuple(ServedFile(str(tmp_path / "big"), name) for name in ("../../a", "/b", "c/../d", "C:\\e"))
    pieces = list(archive_chunks(ServedFiles("x.zip", files, True)))
    assert max(map(len, pieces)) < 1.1 * 2**20
    with zipfile.ZipFile(io.BytesIO(b"".join(pieces))) as archive:
        assert archive.namelist() == ["a", "b", "c/d", "C_e"] and archive.testzip() is None
