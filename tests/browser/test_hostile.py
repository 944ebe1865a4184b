"""A browser is given every text of `tests/support/hostile.py`, in every view: nothing of it runs, all of it is read."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from .waits import at_rest

CHECK = """() => ({
  ran: window.__hostile !== undefined,
  made: [...document.querySelectorAll('img[src=x], [onerror], [onload], [onclick^=window], textarea')].filter(one => !one.closest('.widget-textarea')).length
    + [...document.scripts].filter(one => one.textContent.includes('__hostile') && !one.src
      && one.textContent.length < 200).length,
})"""


@pytest.fixture(scope="module")
def hostile() -> ModuleType:
    """The texts."""
    from tests.support import hostile

    return hostile


def toml(hostile: ModuleType) -> str:
    """A program's file with hostile title, description and pitfalls."""
    text = json.dumps(" ".join(hostile.PAYLOADS.values())[:3000].replace("\x00", "").replace("\x07", ""))
    return f"title = {text}\ndescription = {text}\npitfalls = [{text}]\nfolders = ['nowhere']\nworkspace = 'work'\n"


def assert_harmless(page: Page) -> None:
    """Fail when something ran, or an element was made of a text."""
    assert page.evaluate(CHECK) == {"ran": False, "made": 0}


def test_no_text_becomes_more_than_text(
    hostile: ModuleType,
    trial: ModuleType,
    tmp_path: Path,
    make_dashboard: Callable[..., Path],
    serve_folder: Callable[..., Any],
    page: Page,
    screenshots: Path,
) -> None:
    pages = tmp_path / "pages"
    text = " ".join(hostile.PAYLOADS.values())
    cells = [
        trial.cell(tmp_path / "data", "hostile_dashboard"),
        trial.cell(tmp_path / "shifts", "hostile_shifts"),
    ]
    (tmp_path / "shifts").mkdir()
    make_dashboard(pages, "hostile.ipynb", cells, title=text, description=text)
    make_dashboard(pages, "listed.ipynb", ["1"], title="listed")
    (pages / "listed.toml").write_text(toml(hostile), encoding="utf-8")
    server = serve_folder(pages)
    page.goto(server.url)
    expect(page.locator(".mw-card")).to_have_count(2)
    expect(page.locator(".mw-card[href*=hostile] h3")).to_contain_text("<img src=x onerror=")
    assert_harmless(page)
    page.goto(server.page_url("hostile.ipynb"), wait_until="commit")
    page.locator(".mw-program tbody tr").first.wait_for()
    expect(page.locator(".mw-program table").first).to_contain_text("{{7*7}}")
    expect(page.locator(".mw-viewer-strip")).to_contain_text("_i2d.fits")
    assert_harmless(page)
    page.screenshot(path=screenshots / "hostile_program.png", full_page=True)
    for stage in page.locator(".mw-dashboard .mw-tabs-steps [role=tab]").all():
        stage.click()
        title = stage.locator(".mw-tab-title").inner_text()
        expect(page.locator(".mw-left > .mw-body")).to_have_attribute("aria-label", title)
        at_rest(page)
        if stage.get_attribute("data-tab") in (
            "data",
            "detector1",
            "showers",
            "pullupdown",
            "shifts",
            "image3",
        ):
            views = page.locator(".mw-left > .mw-body .mw-tabs-plain").first.get_by_role("tab")
            number = 0
            while number < views.count():
                views.nth(number).click()
                at_rest(page)
                number += 1
        assert_harmless(page)
    page.locator(".mw-dashboard .mw-tabs-steps [data-tab=detector1]").click()
    page.locator(".mw-left > .mw-body .mw-tabs-plain [data-tab=log]").first.click()
    expect(page.locator(".mw-log-lines").first).to_contain_text("<script>")
    expect(page.get_by_text("{{7*7}}").first).to_be_attached()
    assert page.get_by_text("49", exact=True).count() == 0
    for view in page.locator(".mw-shifts").last.get_by_role("tab").all():
        view.click()
        at_rest(page)
    assert_harmless(page)
    page.screenshot(path=screenshots / "hostile_shifts.png", full_page=True)
