"""The page at the sizes and in the themes that people have: the image is large, nothing overlaps, is cut or scrolls sideways."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

sys.path.insert(0, str(Path(__file__).parents[1]))

from look_pages import write_look, write_notebook

from .axe import findings
from .pace import use_limits
from .tool_menus import close_tool, open_tool
from .waits import CANVAS, at_rest, settled, wait_until

SIZES = {(1100, 800): 0.30, (1280, 720): 0.42, (1440, 900): 0.45, (1920, 1080): 0.46}
"""Share of the window that the image has at least, by size of the window; a narrow page has the image above the panels."""

OF_JDAVIZ = ("nested-interactive", "aria-command-name")

BARS = (
    ".mw-header",
    ".mw-summary-row",
    ".mw-viewer-strip",
    ".mw-toolbar",
    ".mw-runbar .mw-row",
    ".mw-tabs-plain",
)

_SIDEWAYS = """() => [document.documentElement, document.querySelector('#rendered_cells'), document.querySelector('.mw-dashboard'),
    ...document.querySelectorAll('.mw-columns, .mw-left, .mw-left > .mw-body, .mw-right, .mw-frame, .mw-charts')]
  .filter(one => one && one.scrollWidth > one.clientWidth + 1).map(one => `${one.className || one.id || one.tagName}: ${one.scrollWidth} > ${one.clientWidth}`)"""
"""Boxes of the page whose content is wider than they are."""

_CROWDED = """bars => {
  const seen = [], wrong = []
  const inside = (a, b, slack) => b.left >= a.left - slack && b.right <= a.right + slack
  for (const bar of document.querySelectorAll(bars)) {
    if (!bar.checkVisibility()) continue
    const box = bar.getBoundingClientRect()
    const parts = [...bar.querySelectorAll('button, select, input, a, h1, b')].filter(one => one.checkVisibility() && !one.closest('.mw-tool-content'))
    for (const one of bar.querySelectorAll('.mw-tab-title, .mw-tab-detail, .mw-tab-facts'))
      if (one.checkVisibility() && one.scrollWidth > one.clientWidth + 1) wrong.push(`cut: ${one.textContent.trim()}`)
    for (const one of parts) {
      const own = one.getBoundingClientRect(), name = (one.textContent || one.title).trim().slice(0, 30)
      if (own.right > innerWidth + 1 || !inside(box, own, 1.5)) wrong.push(`outside its bar: ${name} in ${bar.className}`)
      if (one.matches('button, a') && one.scrollWidth > one.clientWidth + 1) wrong.push(`cut: ${name}`)
      for (const other of parts) {
        if (other === one || other.contains(one) || one.contains(other)) continue
        const at = other.getBoundingClientRect()
        const wide = Math.min(own.right, at.right) - Math.max(own.left, at.left), high = Math.min(own.bottom, at.bottom) - Math.max(own.top, at.top)
        if (wide > 1.5 && high > 1.5) wrong.push(`overlap: ${name} and ${(other.textContent || other.title).trim().slice(0, 30)}`)
      }
      seen.push(name)
    }
  }
  return {wrong: [...new Set(wrong)], seen: seen.length}
}"""
"""Controls of the bars that lie over each other or outside their bar, or whose text is cut."""

_TABLES = """() => [...document.querySelectorAll('.mw-left .mw-runs .mw-table-scroll')].filter(one => one.checkVisibility()
  && one.scrollWidth > one.clientWidth + 1).map(one => `table: ${one.scrollWidth} > ${one.clientWidth}`)"""

_CUT_HEIGHT = """() => [...document.querySelectorAll('.mw-tabs-steps .mw-tab, .mw-left > .mw-body button')].filter(one => one.checkVisibility()
  && one.scrollHeight > one.clientHeight + 2 && getComputedStyle(one).overflowY !== 'auto').map(one => one.textContent.trim())"""

_SHARE = """within => {
  const box = document.querySelector(within).getBoundingClientRect()
  const wide = Math.min(box.right, innerWidth) - Math.max(box.left, 0), high = Math.min(box.bottom, innerHeight) - Math.max(box.top, 0)
  return wide * high / innerWidth / innerHeight
}"""
"""Share of the window that an element covers."""


@pytest.fixture(scope="module")
def served(
    tmp_path_factory: Any,
    make_dashboard: Callable[..., Path],
    serve_folder: Callable[..., Any],
    trial: ModuleType,
) -> Any:
    """A finished program with jdaviz, and one in the middle of a job with all optional steps."""
    folder = tmp_path_factory.mktemp("layout")
    write_look(folder, (1024, 1032), dithers=3)
    write_notebook(
        folder, "jdaviz.ipynb", height="100%", more="session.show(session.stages['areas'].products[0])"
    )
    make_dashboard(folder / "pages", "busy.ipynb", [trial.cell(folder / "busy")], title="A trial")
    return serve_folder(folder / "pages")


@pytest.fixture(scope="module")
def opened(
    served: Any, browser: Browser, browser_context_args: dict[str, Any]
) -> Iterator[Callable[[str], Page]]:
    """Pages, each opened once."""
    pages: dict[str, Page] = {}

    def open_page(name: str) -> Page:
        if name not in pages:
            context = browser.new_context(**browser_context_args)
            use_limits(context)
            pages[name] = context.new_page()
            pages[name].goto(served.page_url(f"{name}.ipynb"), wait_until="commit")
            pages[name].locator(CANVAS).first.wait_for()
            expect(pages[name].locator(".mw-program tbody tr").first).to_be_visible()
        pages[name].set_viewport_size({"width": 1440, "height": 900})
        pages[name].locator(".mw-theme").select_option("light")
        at_rest(pages[name])
        return pages[name]

    yield open_page
    for page in pages.values():
        page.context.close()


@pytest.mark.parametrize("name", ["jdaviz", "busy"])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_four_sizes_in_two_themes(
    opened: Callable[[str], Page], name: str, theme: str, screenshots: Path
) -> None:
    page = opened(name)
    page.locator(".mw-theme").select_option(theme)
    expect(page.locator("body")).to_have_attribute("data-jp-theme-light", str(theme == "light").lower())
    wrong: list[str] = []
    for size, least in SIZES.items():
        page.set_viewport_size({"width": size[0], "height": size[1]})
        at_rest(page)
        for tab in ("program", "detector1", "image3"):
            page.locator(f".mw-tabs-steps [data-tab={tab}]").click()
            at_rest(page)
            if tab != "program":
                view = "runs" if tab == "detector1" else "settings"
                page.locator(f".mw-left > .mw-body [data-tab={view}]").first.click()
                at_rest(page)
            found = page.evaluate(_CROWDED, ", ".join(BARS))
            assert found["seen"] > 10, "else this proves nothing"
            told = [
                *page.evaluate(_SIDEWAYS),
                *found["wrong"],
                *page.evaluate(_CUT_HEIGHT),
                *page.evaluate(_TABLES),
            ]
            wrong += [f"{size} {tab}: {one}" for one in told]
            page.screenshot(path=screenshots / f"layout_{name}_{tab}_{size[0]}_{theme}.png")
        if name == "jdaviz":
            share = page.evaluate(_SHARE, CANVAS)
            print(f"{size}: the image has {100 * share:.1f} % of the window")
            assert share >= least, (size, share)
    told = findings(page, ".mw-app")
    # of jdaviz, controls inside controls cannot be mended from outside; see test_accessibility.py
    wrong += [one for one in told if name != "jdaviz" or not one.startswith(OF_JDAVIZ)]
    assert wrong == [], "\n".join(wrong)


@pytest.mark.parametrize("way", ["key", "button"])
def test_full_screen(opened: Callable[[str], Page], way: str, screenshots: Path) -> None:
    page = opened("jdaviz")
    button = page.locator("[data-tool=full-screen]")
    page.keyboard.press("F") if way == "key" else button.click()
    expect(button).to_have_attribute("aria-pressed", "true")
    settled(page)
    page.screenshot(path=screenshots / "layout_full_screen.png")
    assert page.evaluate(_SHARE, CANVAS) >= 0.95
    page.keyboard.press("F") if way == "key" else button.click()
    expect(button).to_have_attribute("aria-pressed", "false")
    settled(page)
    assert page.evaluate(_SHARE, CANVAS) < 0.6


def test_the_divider_is_dragged_moved_by_keys_and_kept(opened: Callable[[str], Page]) -> None:
    page = opened("jdaviz")
    divider = page.get_by_role("separator")
    before, box = page.evaluate(_SHARE, CANVAS), divider.bounding_box()
    assert box is not None
    middle = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + 4, middle)
    page.mouse.down()
    page.mouse.move(box["x"] + 200, middle, steps=5)
    page.mouse.up()
    wait_until(page, lambda: page.evaluate(_SHARE, CANVAS) < 0.85 * before, "the image gave no room")
    value = int(str(divider.get_attribute("aria-valuenow")))
    assert value == pytest.approx(38 + 100 * 196 / 1440, abs=2)
    divider.press("ArrowLeft")
    expect(divider).to_have_attribute("aria-valuenow", str(value - 2))
    at_rest(page)
    page.reload(wait_until="commit")
    expect(page.get_by_role("separator")).to_have_attribute("aria-valuenow", str(value - 2))
    page.locator(CANVAS).first.wait_for()
    page.get_by_role("separator").press("Enter")
    expect(page.get_by_role("separator")).to_have_attribute("aria-valuenow", "38")
    wait_until(page, lambda: page.evaluate(_SHARE, CANVAS) >= 0.45, "the image did not come back")


def test_the_image_stays_while_panels_scroll_and_images_blink(opened: Callable[[str], Page]) -> None:
    page = opened("jdaviz")
    top = page.locator(CANVAS).first.bounding_box()
    page.locator(".mw-tabs-steps [data-tab=detector1]").click()
    page.locator(".mw-left .mw-form .jupyter-widget-Collapse-header").last.scroll_into_view_if_needed()
    assert page.locator(".mw-left > .mw-body").evaluate("one => one.scrollTop") > 100
    assert page.locator(CANVAS).first.bounding_box() == top
    for key in "bbdsdb":
        page.keyboard.press(key)
        at_rest(page)
        assert page.locator(CANVAS).first.bounding_box() == top, key
    open_tool(page, "range")
    assert page.locator(CANVAS).first.bounding_box() == top, "a menu lies over the image"
    close_tool(page, "range")


def test_charts_and_menus_of_the_viewer_are_a_click_away(
    opened: Callable[[str], Page], screenshots: Path
) -> None:
    page = opened("jdaviz")
    whole = page.evaluate(_SHARE, CANVAS)
    page.locator("[data-charts=beside]").click()
    settled(page)
    chart = page.locator(".mw-charts .bqplot").first.bounding_box()
    image = page.locator(CANVAS).first.bounding_box()
    assert chart is not None and image is not None and chart["x"] >= image["x"] + image["width"]
    assert page.evaluate(_SHARE, CANVAS) < whole
    page.screenshot(path=screenshots / "layout_charts_beside.png")
    page.locator("[data-charts=hidden]").click()
    expect(page.locator(".mw-charts")).to_be_hidden()
    settled(page)
    assert page.evaluate(_SHARE, CANVAS) >= whole
    right = page.locator(".mw-columns > .mw-right").first
    assert right.evaluate("one => one.scrollHeight - one.clientHeight") <= 0, "nothing is below the image"
    page.locator("[data-charts=below]").click()
    wait_until(
        page, lambda: right.evaluate("one => one.scrollHeight > one.clientHeight + 100"), "no chart is below"
    )
    expect(page.locator(".mw-viewer .lm_header")).to_be_hidden()
    page.locator("[data-tool=viewer-bars]").click()
    expect(page.locator(".mw-viewer .lm_header")).to_be_visible()
    expect(page.locator(".mw-viewer header .v-btn").first).to_be_visible()
    page.screenshot(path=screenshots / "layout_viewer_menus.png")
    page.locator("[data-tool=viewer-bars]").click()
    expect(page.locator(".mw-viewer .lm_header")).to_be_hidden()
