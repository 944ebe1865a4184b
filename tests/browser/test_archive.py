"""Getting data by clicks: look up, choose, download through a cut, with a token; and reference files."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from miri_widgets.simulation import write_reference_cache

ARCHIVE = """
from miri_widgets.panels.archive import show_archive
show_archive(folder={folder!r}, server={server!r})
"""

REFERENCES = """
from miri_widgets.models.references import ReferencesModel
from miri_widgets.panels.references import ReferencesPanel
from miri_widgets.products.observing_modes import ObservingMode
ReferencesPanel(ReferencesModel({environment!r}, lambda: [ObservingMode("F560W", "SUB64", date="2023-05-01")]))
"""


@pytest.fixture
def page_of(
    mast: Any, tmp_path: Path, make_dashboard: Callable[..., Path], serve_folder: Callable[..., Any]
) -> Any:
    """The page, the folder of the files, and a reference file that the cache lacks."""
    mast.add_program("02736", size=400_000, rights="EXCLUSIVE_ACCESS", released=61500.0)
    for row in mast.products:
        if row["obsID"].endswith("1"):
            row["dataRights"] = "PUBLIC"
            mast.closed_to.discard(row["dataURI"])
    whole = write_reference_cache(tmp_path / "whole", filters=("F560W",), subarrays=("SUB64",))
    shutil.copytree(whole.path, tmp_path / "crds")
    (flat,) = (tmp_path / "crds" / "references" / "jwst" / "miri").glob("jwst_miri_flat_*")
    mast.files[f"/references/{flat.name}"] = flat.read_bytes()
    flat.unlink()
    mast.context = whole.context
    environment = {
        **whole.environment(),
        "CRDS_PATH": str(tmp_path / "crds"),
        "CRDS_SERVER_URL": mast.address,
    }
    pages = tmp_path / "pages"
    cells = [
        ARCHIVE.format(folder=str(tmp_path / "raw"), server=mast.address),
        REFERENCES.format(environment=environment),
    ]
    make_dashboard(pages, "data.ipynb", cells, title="Getting data")
    return serve_folder(pages).page_url("data.ipynb"), tmp_path / "raw", flat


def test_getting_data_by_clicks(
    page_of: Any, mast: Any, page: Page, page_report: Any, screenshots: Path
) -> None:
    url, raw, flat = page_of
    page.goto(url, wait_until="commit")
    archive = page.locator(".mw-archive")
    number = archive.get_by_label("Program")
    number.fill("9999")
    number.press("Enter")
    expect(archive.get_by_text("knows no JWST program 9999")).to_be_visible()
    number.fill("2736")
    number.press("Enter")
    expect(archive.locator("tbody tr")).to_have_count(4)
    first = "jw02736001001_02101_00001_mirimage_uncal.fits"
    mast.faults[f"mast:JWST/product/{first}"] = [("cut", 200_000), ("slow", 0.01)]
    archive.get_by_role("button", name="Choose all shown").click()
    archive.get_by_role("button", name="Download 4 files").click()
    expect(archive.get_by_role("progressbar")).to_be_visible()
    page.screenshot(path=screenshots / "archive_downloading.png", full_page=True)
    expect(archive.get_by_text("is proprietary and no token was given")).to_be_visible()
    expect(archive.get_by_text("2 files downloaded to")).to_be_visible()
    page.screenshot(path=screenshots / "archive_refused.png", full_page=True)
    token = archive.get_by_label("Token")
    token.fill(mast.secret)
    token.press("Enter")
    expect(archive.get_by_text("in the memory of this page only")).to_be_visible()
    expect(token).to_have_value("")
    archive.get_by_role("button", name="Download 2 files").click()
    expect(archive.locator(".mw-chip.mw-good", has_text="✓ here")).to_have_count(4)
    for path in raw.glob("*"):
        assert path.read_bytes() == mast.files[f"mast:JWST/product/{path.name}"]
    assert len(list(raw.glob("*.fits"))) == 4
    references = page.locator(".mw-references")
    references.get_by_role("button", name="Check").click()
    expect(references.get_by_text("for these exposures is missing")).to_be_visible()
    page.screenshot(path=screenshots / "archive_references.png", full_page=True)
    references.get_by_role("button", name="Fetch 1 missing").click()
    expect(references.get_by_text("are in the cache")).to_be_visible()
    assert flat.read_bytes() == mast.files[f"/references/{flat.name}"]
    page_report.assert_clean()
