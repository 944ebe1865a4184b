"""A page that is opened while its kernel is at work shows what the kernel has, to the last widget."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, Route, WebSocket

from .waits import wait_until

UPDATED_ONCE = """
import asyncio
from pathlib import Path
import ipywidgets
labels = [ipywidgets.Label("before") for _ in range(1200)]
for label in labels:
    label.add_class("once")
made = [ipywidgets.HBox([]) for _ in range(300)]
async def update():
    for number, label in enumerate(labels):
        while not Path({folder!r}, "half" + str(number // 600)).exists():
            await asyncio.sleep(0.05)
        label.value = "after"
        if number % 4 == 0:
            later = ipywidgets.Label("made later")
            later.add_class("later")
            made[number // 4].children = [ipywidgets.HBox([later])]
        await asyncio.sleep(0.02)
task = asyncio.get_running_loop().create_task(update())
ipywidgets.VBox([*labels, *made])
"""
"""Every label changes once, every box gets its content once; each half of them from when a file is there."""

BLOCKED = """
import asyncio
import time
import ipywidgets
shown = ipywidgets.Label("shown")
shown.add_class("shown")
crowd = [ipywidgets.Label(str(number)) for number in range(200)]
async def work():
    for _ in range(4):
        await asyncio.sleep(0.3)
        for number, each in enumerate(crowd):
            each.close()
            crowd[number] = ipywidgets.Label(str(number))
        time.sleep(12.0)
    shown.value = "at rest"
task = asyncio.get_running_loop().create_task(work())
shown
"""
"""A kernel that answers after more than the four seconds that ipywidgets gives it, and closes widgets meanwhile."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: Any, make_dashboard: Callable[..., Path], serve_folder: Any) -> Any:
    """A server of pages whose kernels are at work when they are opened."""
    folder = tmp_path_factory.mktemp("openings")
    cell = UPDATED_ONCE.format(folder=str(folder))
    make_dashboard(folder, "updated.ipynb", [cell], title="Updated once")
    make_dashboard(folder, "blocked.ipynb", [BLOCKED], title="Blocked for seconds")
    return serve_folder(folder), folder


class SlowNetwork:
    """
    A network on which the classes of widgets come long after the kernel has told the page of their states.

    Parameters
    ----------
    page : Page
        The page.
    folder : Path
        Where a file tells the kernel to begin when the page connects, and another to go on when it asks for classes.
    """

    def __init__(self, page: Page, folder: Path) -> None:
        self._folder = folder
        self._connected = False
        self._is_fast = False
        self.held: list[Route] = []
        self.messages = 0
        page.on("websocket", self._connect)
        page.route(re.compile(r"/labextensions/@jupyter-widgets/.*\.js"), self._take)

    def deliver(self) -> None:
        """Let the scripts come that are held, and all others."""
        self._is_fast = True
        while self.held:
            self.held.pop().continue_()

    def _connect(self, socket: WebSocket) -> None:
        self._connected = True
        (self._folder / "half0").touch()
        socket.on("framereceived", self._count)

    def _count(self, _: Any) -> None:
        self.messages += bool(self.held)

    def _take(self, route: Route) -> None:
        # what is asked for before is the application, without which nothing connects
        if self._connected and not self._is_fast:
            self.held.append(route)
            (self._folder / "half1").touch()
        else:
            route.continue_()


def test_no_update_is_lost_while_a_page_comes_up(page: Page, server: Any) -> None:
    served, folder = server
    network = SlowNetwork(page, folder)
    page.goto(served.page_url("updated.ipynb"), wait_until="commit")
    wait_until(
        page, lambda: network.messages >= 300, "the page never waited for classes while the kernel went on"
    )
    network.deliver()
    page.locator(".once").first.wait_for(state="attached")
    page.wait_for_function(
        "[...document.querySelectorAll('.once')].every(one => one.innerText === 'after')"
        " && document.querySelectorAll('.later').length === 300",
    )


def test_a_page_comes_up_before_a_kernel_that_answers_late(page: Page, server: Any) -> None:
    page.goto(server[0].page_url("blocked.ipynb"), wait_until="commit")
    page.locator(".shown").wait_for()
    page.wait_for_function("document.querySelector('.shown').innerText === 'at rest'")
