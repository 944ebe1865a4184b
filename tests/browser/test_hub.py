"""A hub with two users: from the tile to a live page under one's own prefix, and no way into another's."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import psutil
import pytest
from playwright.sync_api import Browser, Page, expect

from .hub import PASSWORD, Hub, find_proxy, run_hub
from .pace import limit, use_limits


def sign_in(page: Page, hub: Hub, user: str) -> None:
    """Sign in, and wait for the user's JupyterLab."""
    page.goto(f"{hub.url}/hub/login", wait_until="commit")
    page.locator("input[name=username]").fill(user)
    page.locator("input[name=password]").fill(PASSWORD)
    page.locator("input[type=submit], button[type=submit]").first.click()
    page.locator(".jp-LauncherCard").first.wait_for()
    assert page.url.startswith(f"{hub.url}/user/{user}/lab")


def test_two_users_of_a_hub(
    tmp_path: Path,
    repository: Path,
    browser: Browser,
    browser_context_args: dict[str, Any],
    make_dashboard: Callable[..., Path],
    trial: ModuleType,
    screenshots: Path,
    stopwatch: Callable[[str], Any],
) -> None:
    proxy = find_proxy(repository / "build" / "node")
    if proxy is None:
        pytest.skip("configurable-http-proxy is not here, and npm or its registry cannot be had.")
    dashboards = tmp_path / "dashboards"
    make_dashboard(dashboards, "trial.ipynb", [trial.cell(tmp_path / "work", start=False)], title="A trial")
    with run_hub(
        tmp_path / "hub", proxy, patience=limit(), environment={"MIRI_WIDGETS_DASHBOARDS": str(dashboards)}
    ) as hub:
        contexts = {user: browser.new_context(**browser_context_args) for user in ("ada", "eve")}
        pages = {}
        for user, context in contexts.items():
            use_limits(context)
            pages[user] = context.new_page()
            sign_in(pages[user], hub, user)
        tile = pages["ada"].locator(".jp-LauncherCard", has_text="MIRI imaging")
        with contexts["ada"].expect_page() as opened:
            tile.first.click()
        first = opened.value
        first.locator(".mw-card").first.wait_for()
        own = f"{hub.url}/user/ada/miri-widgets/"
        assert first.url == own
        first.get_by_role("link", name="A trial").click()
        with stopwatch("to the live page under the user's prefix"):
            first.locator(".mw-program tbody tr").first.wait_for()
        assert first.url.startswith(f"{own}voila/render/trial.ipynb") and "token" not in first.url
        first.screenshot(path=screenshots / "hub_page.png")

        # the same addresses with the sign-in of the other user, and with none
        other = contexts["eve"].request.get(first.url)
        assert other.status in (403, 404) and "mw-app" not in other.text()
        stranger = browser.new_context().request.get(first.url)
        assert "/hub/login" in stranger.url and "mw-app" not in stranger.text()

        # a server that is stopped ends its pages; started again, the tile leads to the same place
        running = [
            each
            for each in psutil.Process(hub.pid).children(recursive=True)
            if "miri_widgets" in each.cmdline()
        ]
        assert len(running) == 1, "only who has clicked has a server of ours"
        pages["ada"].goto(f"{hub.url}/hub/home")
        pages["ada"].locator("#stop").click()
        psutil.wait_procs(running, timeout=limit())
        assert not any(each.is_running() for each in running)
        pages["ada"].goto(f"{hub.url}/hub/spawn/ada")
        pages["ada"].locator(".jp-LauncherCard", has_text="MIRI imaging").first.wait_for()
        first.goto(own)
        expect(first.locator(".mw-card").first).to_be_visible()
        for context in contexts.values():
            context.close()
