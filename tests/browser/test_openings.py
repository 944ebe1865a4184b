"""A page that is opened while its kernel is at work shows what the kernel has, to the last widget."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, Route

MINUTES = 60_000

UPDATED_ONCE = """
import asyncio
import ipywidgets
labels = [ipywidgets.Label("before") for _ in range(1200)]
for label in labels:
    label.add_class("once")
made = [ipywidgets.HBox([]) for _ in range(300)]
async def update():
    for number, label in enumerate(labels):
        label.value = "after"
        if number % 4 == 0:
            later = ipywidgets.Label("made later")
            later.add_class("later")
            made[number // 4].children = [ipywidgets.HBox([later])]
        await asyncio.sleep(0.04)
task = asyncio.get_running_loop().create_task(update())
ipywidgets.VBox([*labels, *made])
"""
"""Every label changes once, every box gets its content once, while the page comes up."""

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
    make_dashboard(folder, "updated.ipynb", [UPDATED_ONCE], title="Updated once")
    make_dashboard(folder, "blocked.ipynb", [BLOCKED], title="Blocked for seconds")
    return serve_folder(folder)


def _slowly(route: Route) -> None:
    time.sleep(0.7)
    route.continue_()


def test_no_update_is_lost_while_a_page_comes_up(page: Page, server: Any) -> None:
    # a slow network: the classes of widgets come a while after the kernel has told their states
    page.route("**/labextensions/**/*.js", _slowly)
    page.goto(server.page_url("updated.ipynb"), wait_until="commit")
    page.locator(".once").first.wait_for(state="attached", timeout=2 * MINUTES)
    page.wait_for_function(
        "[...document.querySelectorAll('.once')].every(one => one.innerText === 'after')"
        " && document.querySelectorAll('.later').length === 300",
        timeout=2 * MINUTES,
    )


def test_a_page_comes_up_before_a_kernel_that_answers_late(page: Page, server: Any) -> None:
    page.goto(server.page_url("blocked.ipynb"), wait_until="commit")
    page.locator(".shown").wait_for(timeout=2 * MINUTES)
    page.wait_for_function("document.querySelector('.shown').innerText === 'at rest'", timeout=2 * MINUTES)
