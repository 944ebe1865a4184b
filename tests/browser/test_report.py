"""The report and the comparison of runs, by clicks; the report as PDF."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from miri_widgets.products.program import load_program
from miri_widgets.run.engine import Engine

from .pace import REDUCTION, limit
from .waits import settled

pytestmark = pytest.mark.pipeline


@pytest.fixture(scope="module")
def reduced(repository: Path, small_twin: Any, tmp_path_factory: Any) -> Any:
    """The program "small", reduced with two thresholds; the second is that of now."""
    folder = tmp_path_factory.mktemp("report")
    text = (repository / "dashboards" / "demo.ipynb").read_text()
    (folder / "small.ipynb").write_text(text.replace("demo.toml", "small.toml"))
    toml = folder / "small.toml"
    about = f'title = "Small field"\nsimulated = "small"\nworkspace = "{folder / "workspace"}"\n'
    for threshold in (4, 8):
        # a page shows what the program's file says, never what a command was given
        toml.write_text(f"{about}[settings.detector1]\njump.rejection_threshold = {threshold}\n")
        # in a process of its own: Playwright leaves an event loop running in this one
        words = ["run", str(toml)]
        code = "import sys; from miri_widgets.cli import main; sys.exit(main(sys.argv[1:]))"
        subprocess.run([sys.executable, "-c", code, *words], check=True, timeout=limit(REDUCTION))
    yield toml
    Engine(load_program(toml).workspace).shutdown()


def test_report_and_differences_by_clicks(
    reduced: Path, page: Page, page_report: Any, screenshots: Path, serve_folder: Callable[..., Any]
) -> None:
    """Write the report, look at it, print it; then compare the mosaics of both thresholds and show one."""
    page.goto(serve_folder(reduced.parent).page_url("small.ipynb"), wait_until="commit")
    page.get_by_role("tab").filter(has_text="Program").first.click()
    expect(page.get_by_role("tab").filter(has_text="Image 3")).to_contain_text("done")
    page.get_by_role("button", name="Report", exact=True).click()
    link = page.get_by_role("link", name=re.compile("Save small.html"))
    expect(link).to_be_visible()
    page.get_by_role("button", name="Preview", exact=True).click()
    preview = page.frame_locator("iframe[title='Preview of the report']")
    expect(preview.get_by_role("heading", name="Small field")).to_be_visible()
    link.scroll_into_view_if_needed()
    page.screenshot(path=screenshots / "report_preview.png")

    saved = screenshots / "small.html"
    with page.expect_download() as download:
        link.click()
    download.value.save_as(saved)
    other = page.context.new_page()
    page_report.watch(other)
    other.goto(saved.as_uri())
    assert other.locator("figure img").evaluate("image => image.naturalWidth") > 400
    expect(other.get_by_text("jump.rejection_threshold").first).to_be_visible()
    pdf = other.pdf(path=screenshots / "report.pdf", prefer_css_page_size=True, print_background=True)
    assert len(re.findall(rb"/Type\s*/Page\b", pdf)) > 1
    other.screenshot(path=screenshots / "report.png", full_page=True)
    other.close()

    page.get_by_role("tab").filter(has_text="Image 3").first.click()
    page.get_by_role("tab").filter(has_text="Runs").first.click()
    page.get_by_role("button", name="Compare runs").click()
    view = page.locator(".mw-differences")
    expect(view.get_by_role("gridcell", name="detector1: jump.rejection_threshold")).to_be_visible()
    row = view.locator("tr").filter(has_text="small_f560w_i2d.fits")
    expect(row).to_contain_text("MJy/sr")
    row.get_by_role("button", name="Blink").click()
    expect(page.locator(".mw-viewer-strip")).to_contain_text("out of date")
    view.scroll_into_view_if_needed()
    settled(page)
    page.screenshot(path=screenshots / "run_differences.png")
    row.get_by_role("button", name="Blink").click()
    expect(page.locator(".mw-viewer-strip")).not_to_contain_text("out of date")
    page_report.assert_clean()
