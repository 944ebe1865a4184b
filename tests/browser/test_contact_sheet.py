"""The contact sheet in a browser: tagged by keys, kept through a reload, and the mosaic follows."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from miri_widgets.products.program import load_program
from miri_widgets.products.tags import ExposureVerdict, change_tags, read_tags
from miri_widgets.run.engine import Engine

from .waits import settled

HOSTILE = '<img src=x onerror="document.title=1">=cmd()'


@pytest.fixture(scope="module")
def raw_program(
    repository: Path, small_twin: Any, tmp_path_factory: Any, serve_folder: Callable[..., Any]
) -> Any:
    """Four raw exposures of one filter, none reduced, and their page."""
    folder = tmp_path_factory.mktemp("sheet")
    text = (repository / "dashboards" / "demo.ipynb").read_text()
    (folder / "sheet.ipynb").write_text(text.replace("demo.toml", "sheet.toml"))
    (folder / "sheet.toml").write_text(
        f'title = "Four raw exposures"\nsimulated = "small"\nworkspace = "{folder / "workspace"}"\n'
    )
    server = serve_folder(folder)
    yield load_program(folder / "sheet.toml"), server.page_url("sheet.ipynb")
    Engine(folder / "workspace").shutdown()


def open_sheet(page: Page, url: str) -> Any:
    """Open the page and its contact sheet; return the cards."""
    page.goto(url, wait_until="commit")
    page.get_by_role("tab").filter(has_text="Contact sheet").click()
    cards = page.locator(".mw-card")
    expect(cards).to_have_count(4)
    expect(page.locator(".mw-card img")).to_have_count(4)
    return cards


def test_tags_by_keys_outlive_a_reload_and_leave_the_mosaic(
    raw_program: Any, page: Page, page_report: Any, screenshots: Path, settle: Callable[..., None]
) -> None:
    program, url = raw_program
    tags = program.workspace / "tags.json"
    cards = open_sheet(page, url)
    roots = [cards.nth(number).get_attribute("data-id") for number in range(4)]
    began = time.monotonic()
    # nothing is clicked: the keys are for the sheet as soon as it is there, also when its tab was clicked again
    page.get_by_role("tab").filter(has_text="Contact sheet").click()
    for key in ("o", "s", "r"):
        page.keyboard.press(key)
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("1")
    page.keyboard.press("c")
    page.keyboard.type(HOSTILE)
    page.keyboard.press("Enter")
    seconds = time.monotonic() - began
    expect(cards.nth(2)).to_contain_text("rejected")
    expect(cards.nth(2)).to_contain_text("cosmic-ray shower")
    expect(cards.nth(2)).to_contain_text(HOSTILE)
    settle(lambda: len(read_tags(tags)) == 3 and bool(read_tags(tags)[roots[2]].comment))
    found = read_tags(tags)
    assert [found[root].verdict for root in roots[:3]] == [
        ExposureVerdict.OK,
        ExposureVerdict.SUSPECT,
        ExposureVerdict.REJECTED,
    ]
    assert found[roots[2]].anomalies == ("cosmic_ray_shower",) and found[roots[2]].comment == HOSTILE
    print(f"\nthree exposures tagged, one with a comment, in {seconds:.2f} s")
    # another page tags, too: this one shows it
    change_tags(tags, {roots[3]: {"verdict": "suspect"}})
    expect(cards.nth(3)).to_contain_text("suspect")
    settled(page)
    page.screenshot(path=screenshots / "contact_sheet.png")
    page.reload(wait_until="commit")
    cards = page.locator(".mw-card")
    expect(cards.nth(2)).to_contain_text("rejected")
    expect(cards.nth(2)).to_contain_text(HOSTILE)
    expect(page.locator(".mw-card img")).to_have_count(4)
    # a click shows the exposure, and chooses it
    cards.nth(1).locator(".mw-card-picture").click()
    expect(page.locator(".mw-viewer-strip")).to_contain_text(f"{roots[1]}_uncal.fits")
    expect(cards.nth(1)).to_have_class(re.compile("mw-current"))
    page.locator(".mw-contact-sheet").get_by_label("Show", exact=True).select_option(label="rejected")
    expect(cards).to_have_count(1)
    page.get_by_role("tab").filter(has_text="Image 3").click()
    words = page.locator(".mw-runbar").get_by_text("rejected on the contact sheet")
    expect(words).to_contain_text("leaves out 1 of 4 exposures")
    settled(page)
    page.screenshot(path=screenshots / "contact_sheet_mosaic.png")
    page_report.assert_clean()
