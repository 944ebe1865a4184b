"""Pages that go without a word: the kernel follows within the announced time, and a page that comes back says so."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psutil
import pytest
from playwright.sync_api import Page, sync_playwright

from miri_widgets.serve import ServerProcess, start_server

from .pace import limit, pace, use_limits
from .waits import at_rest, let_pass, wait_until

PING, GRACE = 1.0, 5.0
"""Seconds at rest; a kernel goes after three pings, the time of a close and the grace: 15 s on a machine at rest."""

CELLS = ["import ipywidgets", "ipywidgets.Button(description='Press me')"]


@pytest.fixture
def server(tmp_path: Path, make_dashboard: Callable[..., Path]) -> Iterator[ServerProcess]:
    """A server with little patience, and as much more as its pages are slower."""
    make_dashboard(tmp_path, "page.ipynb", CELLS, title="A page")
    with start_server(tmp_path, ping=PING * pace(), grace=GRACE * pace(), timeout=limit()) as started:
        yield started


class Cable:
    """A TCP connection to a server that can be cut without either side being told."""

    def __init__(self, url: str) -> None:
        self._target = (urlsplit(url).hostname or "", urlsplit(url).port or 0)
        self._passes = threading.Event()
        self._passes.set()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._listen, daemon=True).start()

    def cut(self) -> None:
        """Let nothing pass."""
        self._passes.clear()

    def mend(self) -> None:
        """Let all pass again."""
        self._passes.set()

    def close(self) -> None:
        """Take no more connections."""
        self.mend()
        self._listener.close()

    def _listen(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                near = self._listener.accept()[0]
                far = socket.create_connection(self._target)
                for ends in ((near, far), (far, near)):
                    threading.Thread(target=self._carry, args=ends, daemon=True).start()

    def _carry(self, source: socket.socket, sink: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                self._passes.wait()
                sink.sendall(data)
        self._passes.wait()  # not even the end of a connection passes
        for each in (source, sink):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)


@pytest.fixture
def cable(server: ServerProcess) -> Iterator[Cable]:
    """A cable to the server."""
    made = Cable(server.url)
    yield made
    made.close()


def opened(page: Page, url: str) -> None:
    """Open the page and wait for its widgets."""
    use_limits(page)
    page.goto(url, wait_until="commit")
    page.get_by_role("button", name="Press me").wait_for()


def gone(server: ServerProcess, settle: Any) -> None:
    """Wait until no kernel is left."""
    settle(lambda: server.status()["kernels"] == 0, because="the kernel outlives its page")


@pytest.mark.parametrize("how", ["killed", "stopped"])
def test_no_kernel_is_left_by_a_browser_that_is(
    how: str, server: ServerProcess, settle: Any, kernel_count: Any, browser_type_launch_args: Any
) -> None:
    """Killed by the system, or stopped as by sleep: the kernel goes, and no process of it is left."""
    before = {each.pid for each in psutil.Process(os.getpid()).children(recursive=True)}
    ended = threading.Event()

    def browse() -> None:  # Playwright allows one loop per thread
        with sync_playwright() as playwright, contextlib.suppress(Exception):
            browser = playwright.chromium.launch(**browser_type_launch_args)
            opened(browser.new_page(), server.page_url("page.ipynb"))
            found.extend(
                each
                for each in psutil.Process(os.getpid()).children(recursive=True)
                if each.pid not in before and "chrom" in each.name()
            )
            ready.set()
            ended.wait(4 * limit())
            browser.close()

    found: list[psutil.Process] = []
    ready = threading.Event()
    thread = threading.Thread(target=browse, daemon=True)
    thread.start()
    assert ready.wait(3 * limit())
    assert server.status()["connected"] == 1
    for each in found:
        with contextlib.suppress(psutil.Error):
            each.send_signal(signal.SIGKILL if how == "killed" else signal.SIGSTOP)
    gone(server, settle)
    settle(lambda: kernel_count(server) == 0, because="a process of the kernel is left")
    for each in found:
        with contextlib.suppress(psutil.Error):
            each.send_signal(signal.SIGKILL)
    ended.set()
    thread.join(limit())


def test_a_cut_of_the_network_ends_the_kernel_and_the_page_loads_itself_again(
    page: Page, server: ServerProcess, cable: Cable, settle: Any
) -> None:
    opened(page, f"http://127.0.0.1:{cable.port}/voila/render/page.ipynb")
    page.evaluate("window.before = true")
    cable.cut()
    gone(server, settle)
    cable.mend()
    page.wait_for_function("window.before === undefined")
    page.get_by_role("button", name="Press me").wait_for()
    assert server.status()["connected"] == 1


def test_a_short_cut_of_the_network_keeps_the_kernel(page: Page, server: ServerProcess, cable: Cable) -> None:
    opened(page, f"http://127.0.0.1:{cable.port}/voila/render/page.ipynb")
    page.evaluate("window.before = true")
    at_rest(page)
    slower = pace()
    cable.cut()
    let_pass(page, 2 * PING)  # less than three pings
    cable.mend()
    wait_until(page, lambda: server.status()["connected"] >= 1, "the page never connected again")
    let_pass(page, (GRACE + 3) * slower)
    assert server.status()["connected"] >= 1
    assert page.evaluate("window.before") is True
