"""
Every panel for eyes, ears and keys: axe finds nothing serious, and a program can be reduced without a mouse.

The light viewer stands in for jdaviz. Of jdaviz, `panels/parts/accessibility.py` names the tools; what is left there are
controls inside controls (axe's "nested-interactive"), which cannot be mended from outside: the activators of its
tooltips, ``span[role=button]``, and the little arrows in its tools, ``.suboptions-carrot``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.shares import ALL, share

from .axe import FOCUSED, darken, findings, go_to, walk
from .pace import use_limits
from .waits import at_rest

IN_FRONT = "document.querySelector('.mw-left > .mw-body .mw-body').firstElementChild"
"""The view in front."""


@pytest.fixture(scope="module")
def served(
    tmp_path_factory: Any,
    make_dashboard: Callable[..., Path],
    serve_folder: Callable[..., Any],
    trial: ModuleType,
) -> Any:
    """One page in the middle of a job, and one before any."""
    folder = tmp_path_factory.mktemp("access")
    make_dashboard(folder / "pages", "busy.ipynb", [trial.cell(folder / "busy")], title="A trial")
    make_dashboard(
        folder / "pages",
        "fresh.ipynb",
        [trial.cell(folder / "fresh", start=False, pace=0.4, dithers=2, stages=())],
        title="Another trial",
    )
    return serve_folder(folder / "pages")


@pytest.fixture(scope="module")
def busy(served: Any, browser: Browser, browser_context_args: dict[str, Any]) -> Iterator[Page]:
    """The page in the middle of a job, opened once."""
    context = browser.new_context(**browser_context_args)
    use_limits(context)
    page = context.new_page()
    page.goto(served.page_url("busy.ipynb"), wait_until="commit")
    page.locator(".mw-program tbody tr").first.wait_for()
    yield page
    context.close()


def open_stage(page: Page, name: str) -> None:
    """Bring a panel to the front, and wait for it."""
    tab = page.locator(f".mw-tabs-steps [data-tab={name}]")
    tab.click()
    expect(tab).to_have_attribute("aria-selected", "true")
    if name == "data":
        page.locator(".mw-left .mw-archive").wait_for()
        return
    heading = page.locator(".mw-left > .mw-body > .mw-part .mw-panel-head h2").first
    expect(heading).to_contain_text(tab.locator(".mw-tab-title").inner_text())


def views(page: Page) -> Iterator[str]:
    """Open every view of the panel in front, and all its folds; gives their names."""
    tabs = page.locator(".mw-left > .mw-body .mw-tabs-plain").first.get_by_role("tab")
    for place in range(tabs.count()):
        tab = tabs.nth(place)
        if tab.get_attribute("aria-selected") == "false":
            page.evaluate(f"window.before = {IN_FRONT}")
            tab.click()
            page.wait_for_function(f"{IN_FRONT} !== window.before")
            at_rest(page)
        for fold in page.locator(".mw-left .jupyter-widget-Collapse-header[aria-expanded=false]").all():
            if fold.is_visible():
                fold.click()
                at_rest(page)
        yield str(tab.get_attribute("data-tab"))


def test_the_first_page(served: Any, page: Page) -> None:
    page.goto(served.url)
    page.locator(".mw-card").first.wait_for()
    assert findings(page) == []


def test_every_view_of_every_panel(busy: Page, screenshots: Path) -> None:
    names = [str(tab.get_attribute("data-tab")) for tab in busy.locator(".mw-tabs-steps [role=tab]").all()]
    assert len(names) == 20, "program, contact sheet, data, every stage and colour"
    found: dict[str, None] = {}
    seen = 0
    in_full = share(names, days=3)  # of the others, today, the view in front
    for name in names:
        open_stage(busy, name)
        if name == "program":
            busy.locator(".mw-chain .jupyter-widget-Collapse-header").click()
        at_rest(busy)
        # what is beside the panels stays
        found |= dict.fromkeys(findings(busy, "html" if name == names[0] else ".mw-left"))
        for _ in views(busy) if name in in_full else range(1):
            seen += 1
            found |= dict.fromkeys(findings(busy, ".mw-left > .mw-body"))
    assert seen > 80 or (seen > 30 and not ALL), "settings, runs, products, log and code of each stage"
    busy.screenshot(path=screenshots / "access_last.png", full_page=True)
    assert list(found) == [], "\n".join(found)


def test_a_dark_theme(busy: Page, served: Any, screenshots: Path) -> None:
    """JupyterLab has one; here its colours are put in."""
    darken(busy, served)
    found: dict[str, None] = {}
    for name in ("program", "detector1", "image3"):
        open_stage(busy, name)
        for _ in views(busy):
            found |= dict.fromkeys(findings(busy, ".mw-app"))
        found |= dict.fromkeys(findings(busy, ".mw-app"))
        busy.screenshot(path=screenshots / f"access_dark_{name}.png", full_page=True)
    assert list(found) == [], "\n".join(found)


def test_every_control_is_a_stop_and_none_is_a_trap(busy: Page) -> None:
    open_stage(busy, "detector1")
    busy.locator(".mw-left [data-tab=settings]").click()
    busy.locator(".mw-left .mw-form .jupyter-widget-Collapse-header").first.wait_for()
    busy.locator(".mw-home").focus()
    stops = walk(busy)
    assert all(stop["seen"] for stop in stops if stop["ours"]), [one for one in stops if not one["seen"]]
    assert all(stop["words"] for stop in stops if stop["ours"]), [one for one in stops if not one["words"]]
    for within in ("mw-summary", "mw-tabs-steps", "mw-runbar", "mw-tabs-plain", "mw-form", "mw-viewer-strip"):
        assert any(within in stop["within"] for stop in stops), within
    assert sum("mw-tabs-steps" in stop["within"] for stop in stops) == 1, "tabs are one stop"
    assert any(stop["tag"] == "INPUT" and "rejection threshold" in stop["words"] for stop in stops)
    assert any("mw-fold" in stop["within"] and stop["role"] == "button" for stop in stops)


def test_a_program_is_reduced_without_a_mouse(served: Any, page: Page, page_report: Any) -> None:
    page.goto(served.page_url("fresh.ipynb"), wait_until="commit")
    rows = page.locator(".mw-program tbody tr[data-row]")
    expect(rows).to_have_count(4)
    # sort by a header, choose a row and exclude it
    go_to(page, lambda one: "mw-table" in one["within"] and one["words"].startswith("Dither"))
    page.keyboard.press("Enter")
    expect(page.locator(".mw-program th", has_text="Dither")).to_have_attribute("aria-sort", "ascending")
    go_to(page, lambda one: one["tag"] == "TR")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Space")
    expect(rows.nth(1)).to_have_attribute("aria-selected", "true")
    expect(page.get_by_role("button", name="Exclude")).to_be_enabled()
    go_to(page, lambda one: one["words"] == "Exclude", "Shift+Tab")
    page.keyboard.press("Enter")
    expect(page.locator(".mw-program")).to_contain_text("1 excluded")
    # open a stage, change a parameter
    go_to(page, lambda one: "mw-tabs-steps" in one["within"], "Shift+Tab")
    page.keyboard.press("Home")
    for _ in ("contact_sheet", "data", "detector1"):
        page.keyboard.press("ArrowRight")
    assert page.evaluate(FOCUSED)["id"] == "detector1"
    page.keyboard.press("Enter")
    expect(page.locator(".mw-left .mw-form")).to_be_visible()
    go_to(page, lambda one: one["tag"] == "INPUT" and "rejection threshold" in one["words"])
    page.keyboard.press("Control+A")
    page.keyboard.type("6.5")
    page.keyboard.press("Enter")
    expect(page.locator(".mw-form")).to_contain_text("1 parameter changed by you")
    # open a fold, then run everything
    go_to(page, lambda one: "mw-fold" in one["within"] and one["role"] == "button")
    page.keyboard.press("Space")
    expect(page.get_by_placeholder("Search by name or words")).to_be_visible()
    go_to(page, lambda one: one["words"] == "Run all", "Shift+Tab")
    page.keyboard.press("Enter")
    done = page.locator(".mw-tabs-steps [data-tab=image3]")
    expect(done).to_contain_text("done")
    page_report.assert_clean()
