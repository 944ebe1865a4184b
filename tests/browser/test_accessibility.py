"""Every panel for eyes, ears and keys: axe finds nothing serious, and a program can be reduced without a mouse."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import axe_playwright_python
import pytest
from playwright.sync_api import Browser, Page, expect

SECONDS = 1000
AXE = Path(axe_playwright_python.__file__).with_name("axe.min.js")

LEFT_OUT: dict[str, str] = {}
"""Selectors that are not checked, each with the reason."""

LOOK = """async left_out => {
  const found = await axe.run({exclude: left_out}, {resultTypes: ['violations']})
  return found.violations.filter(one => ['serious', 'critical'].includes(one.impact)).flatMap(
    one => one.nodes.map(node => `${one.id}: ${node.html.slice(0, 200)} | ${node.failureSummary.slice(0, 200)}`))
}"""


def _trial() -> ModuleType:
    path = Path(__file__).with_name("trial_page.py")
    spec = importlib.util.spec_from_file_location("trial_page", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def served(
    tmp_path_factory: Any, make_dashboard: Callable[..., Path], serve_folder: Callable[..., Any]
) -> Any:
    """One page in the middle of a job, and one before any."""
    folder = tmp_path_factory.mktemp("access")
    trial = _trial()
    make_dashboard(folder / "pages", "busy.ipynb", [trial.cell(folder / "busy")], title="A trial")
    make_dashboard(
        folder / "pages",
        "fresh.ipynb",
        [trial.cell(folder / "fresh", start=False, pace=1.5, dithers=2)],
        title="Another trial",
    )
    return serve_folder(folder / "pages")


@pytest.fixture(scope="module")
def busy(served: Any, browser: Browser, browser_context_args: dict[str, Any]) -> Iterator[Page]:
    """The page in the middle of a job, opened once."""
    context = browser.new_context(**browser_context_args)
    page = context.new_page()
    page.goto(served.page_url("busy.ipynb"), wait_until="commit")
    page.locator(".mw-program tbody tr").first.wait_for(timeout=90 * SECONDS)
    yield page
    context.close()


def findings(page: Page) -> list[str]:
    """What axe holds against a page."""
    if not page.evaluate("typeof axe === 'object'"):
        page.evaluate(AXE.read_text(encoding="utf-8"))
    return list(page.evaluate(LOOK, list(LEFT_OUT)))


def open_stage(page: Page, name: str) -> None:
    """Bring a panel to the front, and wait for it."""
    tab = page.locator(f".mw-tabs-steps [data-tab={name}]")
    tab.click()
    expect(tab).to_have_attribute("aria-selected", "true")
    if name == "data":
        page.locator(".mw-left .mw-archive").wait_for(timeout=20 * SECONDS)
        return
    heading = page.locator(".mw-left > .mw-body > .mw-part .mw-panel-head h2").first
    expect(heading).to_contain_text(tab.locator(".mw-tab-title").inner_text(), timeout=20 * SECONDS)


def views(page: Page) -> Iterator[str]:
    """Open every view of the panel in front, and all its folds; gives their names."""
    tabs = page.locator(".mw-left > .mw-body .mw-tabs-plain").first.get_by_role("tab")
    for place in range(tabs.count()):
        tabs.nth(place).click()
        expect(tabs.nth(place)).to_have_attribute("aria-selected", "true")
        page.wait_for_timeout(250)
        for fold in page.locator(".mw-left .jupyter-widget-Collapse-header[aria-expanded=false]").all():
            if fold.is_visible():
                fold.click()
        page.wait_for_timeout(100)
        yield str(tabs.nth(place).get_attribute("data-tab"))


def test_the_first_page(served: Any, page: Page) -> None:
    page.goto(served.url)
    page.locator(".mw-card").first.wait_for()
    assert findings(page) == []


def test_every_view_of_every_panel(busy: Page, screenshots: Path) -> None:
    names = [str(tab.get_attribute("data-tab")) for tab in busy.locator(".mw-tabs-steps [role=tab]").all()]
    assert len(names) == 18, "program, data and every stage"
    found: dict[str, None] = {}
    seen = 0
    for name in names:
        open_stage(busy, name)
        if name == "program":
            busy.locator(".mw-chain .jupyter-widget-Collapse-header").click()
            found |= dict.fromkeys(findings(busy))
        for _ in views(busy):
            seen += 1
            found |= dict.fromkeys(findings(busy))
    assert seen > 80, "settings, runs, products, log and code of each stage"
    busy.screenshot(path=screenshots / "access_last.png", full_page=True)
    assert list(found) == []
