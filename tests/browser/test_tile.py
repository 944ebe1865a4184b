"""The tile of JupyterLab: one click to the dashboards, under the prefix of a hub, with no token and no port."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import psutil
from playwright.sync_api import Page, expect

from .lab import run_lab
from .pace import limit, use_limits


def test_from_the_tile_to_a_live_page(
    tmp_path: Path,
    page: Page,
    make_dashboard: Callable[..., Path],
    trial: ModuleType,
    screenshots: Path,
    stopwatch: Callable[[str], Any],
) -> None:
    dashboards = tmp_path / "dashboards"
    make_dashboard(dashboards, "trial.ipynb", [trial.cell(tmp_path / "work", start=False)], title="A trial")
    environment = {"MIRI_WIDGETS_DASHBOARDS": str(dashboards)}
    with run_lab(tmp_path, patience=limit(), prefix="/user/ada/", environment=environment) as lab:
        page.goto(f"{lab.url}/lab", wait_until="commit")
        tile = page.locator(".jp-LauncherCard", has_text="MIRI imaging").first
        expect(tile.locator("img").first).to_be_visible()
        page.screenshot(path=screenshots / "tile.png")
        with stopwatch("from the tile to the first page"), page.context.expect_page() as opened:
            tile.click()
        first = opened.value
        use_limits(first.context)
        first.locator(".mw-card").first.wait_for()
        assert first.url == f"{lab.url}/miri-widgets/"
        with stopwatch("to the live page"):
            first.get_by_role("link", name="A trial").click()
            first.locator(".mw-program tbody tr").first.wait_for()
        assert (
            first.url.startswith(f"{lab.url}/miri-widgets/voila/render/trial.ipynb")
            and "token" not in first.url
        )
        first.screenshot(path=screenshots / "tile_page.png")
        server = psutil.Process(lab.pid)
        processes = server.children(recursive=True)
        ours = [each for each in server.children() if "miri_widgets" in each.cmdline()]
        assert len(ours) == 1
        assert not [each for each in ours[0].net_connections("tcp") if each.status == "LISTEN"]
    _, left = psutil.wait_procs(processes, timeout=limit())
    assert left == [], "they end with the Jupyter server"
