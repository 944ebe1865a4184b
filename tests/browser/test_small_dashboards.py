"""A small dashboard, by clicks alone from the first page to its masks, and then other data on the same page."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.io import fits
from playwright.sync_api import Page, expect

from miri_widgets.products.program import load_program
from miri_widgets.run.engine import Engine
from miri_widgets.simulation.twins import ensure_twin

from .pace import REDUCTION, limit_ms
from .tours import Hand, Tour, tab

pytestmark = pytest.mark.pipeline


@pytest.fixture
def masks(repository: Path, tmp_path: Path, serve_folder: Callable[..., Any]) -> Any:
    """The dashboard of persistence, with a workspace of its own; and its server."""
    ensure_twin("afterimages")
    folder = tmp_path / "dashboards"
    folder.mkdir()
    shutil.copy(repository / "dashboards" / "persistence.ipynb", folder)
    text = (repository / "dashboards" / "persistence.toml").read_text()
    (folder / "persistence.toml").write_text(f'workspace = "{tmp_path / "workspace"}"\n{text}')
    yield load_program(folder / "persistence.toml"), serve_folder(folder)
    Engine(tmp_path / "workspace").shutdown()


def test_persistence_alone_by_clicks(masks: Any, page: Page, page_report: Any, screenshots: Path) -> None:
    program, server = masks
    page.goto(server.url, wait_until="commit")
    hand = Hand(limit_ms(REDUCTION))
    hand.click(page.locator("a.mw-card"), "card")
    tour = Tour(program, "persistence")
    tour.go(page, hand)
    assert hand.clicks == 4, hand.steps
    tabs = page.locator(".mw-tabs-steps .mw-tab-title")
    assert tabs.all_inner_texts() == ["Program", "Persistence", "Detector 1"]
    expect(page.locator(".mw-chart").first).to_contain_text("exposures have masked pixels")
    page.screenshot(path=screenshots / "persistence.png")
    runs = program.workspace / "runs"
    assert {path.name for path in runs.iterdir()} == {"persistence", "detector1"}, "Run all ran nothing else"
    found = {path.name: fits.getdata(path, "DQ") for path in runs.glob("persistence/*/*_dqmask.fits")}
    assert len(found) == 6 and all(mask.shape == (256, 256) for mask in found.values())
    assert np.any([mask.any() for mask in found.values()]), "bright stars leave after-images"
    page.get_by_role("button", name="Open other data").click()
    expect(page.get_by_role("button", name="Open this folder")).to_be_visible()
    expect(page.locator(".mw-dashboard")).to_have_count(0)
    page.screenshot(path=screenshots / "other_data.png")
    page.get_by_role("button", name="Back to the simulated program").click()
    expect(tab(page, "detector1")).to_contain_text(re.compile("done"))
    page_report.assert_clean()
