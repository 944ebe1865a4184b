"""A server on a socket: only its user reaches it, and what stands in its place is told."""

from __future__ import annotations

import http.client
import json
import multiprocessing
import os
import socket
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from miri_widgets.errors import ParameterError
from miri_widgets.serve.listening import listen_on_file, listen_on_port

PATIENCE = 300.0


@pytest.fixture
def short() -> Iterator[Path]:
    """A folder whose path leaves room for the name of a socket."""
    with tempfile.TemporaryDirectory(prefix="mw-") as name:
        yield Path(name)


def get(path: Path, address: str) -> tuple[int, str]:
    """Return status and text of an answer that came over a socket."""
    connection = http.client.HTTPConnection("localhost", timeout=PATIENCE)
    connection.sock = socket.socket(socket.AF_UNIX)
    connection.sock.settimeout(PATIENCE)
    connection.sock.connect(str(path))
    connection.request("GET", address)
    answer = connection.getresponse()
    return answer.status, answer.read().decode()


@contextmanager
def running(folder: Path, path: Path, *words: str) -> Iterator[subprocess.Popen[str]]:
    """Serve a folder on a socket by the command."""
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "miri_widgets", "serve", "--dashboards", str(folder), "--unix-socket", str(path), *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )  # fmt: skip
    try:
        end = time.monotonic() + PATIENCE
        while not path.exists() and process.poll() is None and time.monotonic() < end:
            time.sleep(0.05)
        yield process
    finally:
        process.terminate()
        process.communicate(timeout=PATIENCE)


def connect_as_another(path: Path) -> None:
    """Connect as a user without rights; ends well when the system refuses that."""
    os.setuid(65534)
    with pytest.raises(PermissionError):
        socket.socket(socket.AF_UNIX).connect(str(path))


def test_pages_come_over_the_socket_and_nobody_else_reaches_it(tmp_path: Path, short: Path) -> None:
    notebook = {"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    (tmp_path / "one.ipynb").write_text(json.dumps(notebook))
    path = short / "s"
    with running(tmp_path, path, "--base-url", "/user/ada/miri") as process:
        status, text = get(path, "/user/ada/miri/")
        assert status == 200 and "/user/ada/miri/voila/render/one.ipynb" in text, "no token is asked for"
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert get(path, "/user/eve/miri/")[0] == 404
        ports = [
            each for each in psutil.Process(process.pid).net_connections("tcp") if each.status == "LISTEN"
        ]
        assert ports == [], "and on no port"
        with pytest.raises(ParameterError, match="another server listens"):
            listen_on_file(path)
    assert not path.exists(), "it is taken away at the end"


def test_a_socket_that_a_killed_server_left_is_replaced(short: Path) -> None:
    path = short / "s"
    first = listen_on_file(path)
    first.close()
    assert path.exists()
    listen_on_file(path).close()


@pytest.mark.skipif(os.geteuid() != 0, reason="needs a second user")
def test_another_user_is_refused_by_the_system(folder_of_all: Path) -> None:
    listener = listen_on_file(folder_of_all / "s")
    listener.listen()
    child = multiprocessing.get_context("fork").Process(
        target=connect_as_another, args=(folder_of_all / "s",)
    )
    child.start()
    child.join(PATIENCE)
    assert child.exitcode == 0
    listener.close()


def test_what_cannot_be_listened_on_is_told(short: Path) -> None:
    (short / "file").write_text("x")
    for path, words in (
        (short / "file", "is no socket"),
        (short / "gone" / "s", "cannot be listened on"),
        (short / ("s" * 120), "bytes; expected 107 at most"),
    ):
        with pytest.raises(ParameterError, match=words):
            listen_on_file(path)
    assert (short / "file").read_text() == "x"
    (taken,) = listen_on_port(0, "127.0.0.1")
    with pytest.raises(ParameterError, match="--port 0"):
        listen_on_port(taken.getsockname()[1], "127.0.0.1")
    taken.close()


def test_a_server_ends_with_the_process_that_it_was_given(tmp_path: Path, short: Path) -> None:
    path = short / "s"
    other = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(3600)"])
    with running(tmp_path, path, "--end-with", str(other.pid)) as server:
        assert get(path, "/")[0] == 200
        other.kill()
        other.wait()
        assert server.wait(PATIENCE) == 0
        assert not path.exists()


def test_a_server_that_starts_after_that_process_has_ended_ends_too(tmp_path: Path, short: Path) -> None:
    other = subprocess.Popen([sys.executable, "-c", ""])
    other.wait()
    with running(tmp_path, short / "s", "--end-with", str(other.pid)) as server:
        assert server.wait(PATIENCE) == 0
