"""Tiles of two guide stars in two filters: measured in one, judged, applied to both, and drizzled onto one grid."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.io import fits
from playwright.sync_api import Page, expect

from miri_widgets.products.program import load_program
from miri_widgets.run.engine import Engine
from miri_widgets.simulation import PROGRAMS, simulate, write_reference_cache

from .pace import REDUCTION, limit_ms
from .waits import settled

pytestmark = pytest.mark.pipeline


@pytest.fixture(scope="module")
def two_filters(repository: Path, tmp_path_factory: Any, serve_folder: Callable[..., Any]) -> Any:
    """A small program of two tiles and two filters, and its page."""
    folder = tmp_path_factory.mktemp("shifts")
    program = PROGRAMS["small"].replace(name="shifts", filters=("F560W", "F770W"))
    simulate(program, folder, processes=1)
    cache = write_reference_cache(folder / "crds", filters=program.filters, subarrays=("SUB256",))
    environment = cache.environment()
    text = (repository / "dashboards" / "demo.ipynb").read_text()
    (folder / "shifts.ipynb").write_text(text.replace("demo.toml", "shifts.toml"))
    (folder / "shifts.toml").write_text(
        'title = "Two filters"\n'
        f'folders = ["{folder / "uncal"}"]\nworkspace = "{folder / "workspace"}"\n'
        f'crds_path = "{environment["CRDS_PATH"]}"\ncrds_context = "{environment["CRDS_CONTEXT"]}"\n'
    )
    server = serve_folder(folder)
    yield folder, server.page_url("shifts.ipynb"), program
    Engine(load_program(folder / "shifts.toml").workspace).shutdown()


def test_measure_judge_apply_and_mosaic(
    two_filters: Any, page: Page, page_report: Any, screenshots: Path
) -> None:
    folder, url, program = two_filters
    page.goto(url, wait_until="commit")
    page.get_by_text("Optional steps:").click()
    for name in ("Shifts", "Apply shifts", "Grid"):
        page.get_by_label(name, exact=True).check()
    tab = page.get_by_role("tab")
    expect(tab.filter(has_text="Apply shifts")).to_be_visible()
    run_all = page.get_by_role("button", name="Run all")
    expect(run_all).to_be_enabled()
    run_all.click()
    expect(tab.filter(has_text="Image 3")).to_contain_text("done", timeout=limit_ms(2 * REDUCTION))
    tab.filter(has_text="Shifts").filter(has_not_text="Apply").first.click()
    page.locator(".mw-panel").get_by_role("tab").filter(has_text="Shifts").click()
    reason = page.get_by_text("1.2 is WEAK: relative: no absolute measurement fixes it")
    expect(reason).to_be_visible()
    settled(page)
    page.screenshot(path=screenshots / "shifts.png", full_page=True)
    runs = folder / "workspace" / "runs"
    (table,) = (runs / "shifts").glob("*/*_shifts.ecsv")
    applied = {fits.getheader(path)["FILTER"] for path in (runs / "apply_shift").glob("*/*_cal.fits")}
    assert applied == {"F560W", "F770W"}
    mosaics = sorted((runs / "image3").glob("*/*_i2d.fits"))
    headers = [fits.getheader(path, "SCI") for path in mosaics]
    assert len(mosaics) == 2
    for key in ("NAXIS1", "NAXIS2", "CRVAL1", "CRVAL2", "CRPIX1", "CRPIX2", "PC1_1", "PC1_2", "CDELT1"):
        assert headers[0][key] == headers[1][key], key
    # the tiles were this far apart, and the table says so
    from miri_widgets.products.tables.shift_tables import read_shift_table

    rows = {row.group.visit: row for row in read_shift_table(table).shifts}
    errors = [np.array(tile.guide_star_error) for tile in program.tiles]
    found = np.array([rows["002"].dx - rows["001"].dx, rows["002"].dy - rows["001"].dy])
    assert np.abs(found - (errors[1] - errors[0])).max() < 0.02
    look_at_sources(page, screenshots)
    page_report.assert_clean()


def look_at_sources(page: Page, screenshots: Path) -> None:
    """The catalogue of both filters, linked both ways to the viewer."""
    page.get_by_role("tab").filter(has_text="Image 3").click()
    page.locator(".mw-panel").get_by_role("tab").filter(has_text="Sources").click()
    table = page.locator(".mw-sources .mw-table")
    rows = table.locator("tbody tr")
    expect(rows.nth(10)).to_be_visible()
    expect(table.get_by_role("columnheader").filter(has_text="F560W − F770W")).to_be_visible()
    expect(page.locator(".mw-sources").get_by_text("All mosaics lie on one grid.")).to_be_visible()
    page.get_by_label("Mark on the image").check()
    rows.nth(3).click()
    expect(rows.nth(3)).to_have_class(re.compile("mw-chosen"))
    settled(page)
    page.screenshot(path=screenshots / "sources.png", full_page=True)
    # the source lies in the middle now; another row, and a click there brings this one back
    rows.nth(7).evaluate("row => row.scrollIntoView({block: 'nearest'})")
    image = page.locator(
        ".mw-viewer .bqplot .plotarea_events, .mw-viewer .bqplot-figure, .mw-viewer .bqplot"
    ).first
    box = image.bounding_box()
    assert box is not None
    rows.nth(7).click()
    expect(rows.nth(7)).to_have_class(re.compile("mw-chosen"))
    settled(page)  # the source is in the middle
    # a click on the image finds a source that is not listed, and lists it again
    page.get_by_label("List", exact=True).select_option(label="extended (2)")
    expect(rows).to_have_count(2)
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    expect(rows.nth(7)).to_have_class(re.compile("mw-chosen"))
