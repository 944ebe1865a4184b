"""From a program number to a dashboard, by clicks: the archive, its files, what is opened."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from miri_widgets.products.recent_programs import opened_programs
from miri_widgets.simulation import write_reference_cache
from tests.support import fake_rooms

CELL = """
import os
os.environ.update({environment!r})
from miri_widgets.dashboard import show
from miri_widgets.models.archive import ArchiveModel
from miri_widgets.panels.opener import Opener
Opener(show, archive=ArchiveModel(os.environ["MIRI_WIDGETS_DATA"] + "/mast", server={server!r}))
"""


@pytest.fixture
def url(
    mast: Any,
    tmp_path: Path,
    make_dashboard: Callable[..., Path],
    serve_folder: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
) -> str:
    """The page, before an archive that has four exposures of a program; nothing is told of CRDS but its server."""
    monkeypatch.setenv("MIRI_WIDGETS_DATA", str(tmp_path / "data"))
    (tmp_path / "observed").mkdir()
    for number in range(1, 5):
        fake_rooms.write_uncal(tmp_path / "observed", number, SUBARRAY="SUB64")
    mast.add_program("09999")
    mast.products.clear()
    for path in sorted((tmp_path / "observed").glob("*_uncal.fits")):
        mast.add_product("09999001", path.name, size=path.stat().st_size)
        mast.files[f"mast:JWST/product/{path.name}"] = path.read_bytes()
    # the cache has rules and files, and has never heard of the server
    whole = write_reference_cache(tmp_path / "crds_cache", filters=("F770W",), subarrays=("SUB64",))
    shutil.rmtree(whole.path / "config")
    mast.context = whole.context
    environment = {
        "HOME": str(tmp_path), "MIRI_WIDGETS_DATA": str(tmp_path / "data"), "CRDS_SERVER_URL": mast.address,
    }  # fmt: skip
    for name in ("CRDS_PATH", "CRDS_CONTEXT"):
        monkeypatch.delenv(name, raising=False)
    cell = CELL.format(environment=environment, server=mast.address)
    make_dashboard(tmp_path / "pages", "any.ipynb", [cell], title="Any program")
    return str(serve_folder(tmp_path / "pages").page_url("any.ipynb"))


def test_a_program_of_the_archive_becomes_a_dashboard(
    url: str, page: Page, page_report: Any, screenshots: Path
) -> None:
    page.goto(url, wait_until="commit")
    page.get_by_role("tab", name="From the archive (MAST)").click()
    archive = page.locator(".mw-archive")
    number = archive.get_by_label("Program")
    number.fill("9999")
    number.press("Enter")
    expect(archive.locator("tbody tr")).to_have_count(4)
    archive.get_by_role("button", name="Choose all shown").click()
    archive.get_by_role("button", name="Download 4 files").click()
    expect(archive.locator(".mw-chip.mw-good", has_text="✓ here")).to_have_count(4)
    page.screenshot(path=screenshots / "any_program_archive.png", full_page=True)
    page.get_by_role("button", name="Open what was downloaded").click()
    head = page.locator(".mw-dashboard")
    expect(head).to_contain_text("4 of 4 exposures")
    expect(head).to_contain_text("program 09999")
    expect(page.locator(".mw-opener-strip")).to_contain_text("Raw exposures in ")
    page.locator(".mw-viewer").first.wait_for()
    page.screenshot(path=screenshots / "any_program_opened.png")
    expect(head).to_contain_text("no CRDS cache")
    expect(page.get_by_role("button", name="Run all")).to_be_disabled()
    page.locator('[data-tab="data"]').click()
    page.get_by_role("tab", name="Reference files (CRDS)").click()
    page.locator(".mw-references").get_by_role("button", name="Check").click()
    expect(page.locator(".mw-references")).to_contain_text("are in the cache")
    expect(head).not_to_contain_text("no CRDS cache")
    expect(page.get_by_role("button", name="Run all")).to_be_enabled()
    page.screenshot(path=screenshots / "any_program_references.png", full_page=True)
    (opened,) = opened_programs()
    assert opened.program.program == "09999" and opened.program.folders[0].name == "jw09999"
    page_report.assert_clean()
