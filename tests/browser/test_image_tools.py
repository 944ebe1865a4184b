"""The tools at the image before a real browser: a bar of any width, and the range dragged on the histogram."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Page, expect

sys.path.insert(0, str(Path(__file__).parents[1]))

from look_pages import write_look, write_notebook

from .tool_menus import close_tool, open_tool
from .waits import CANVAS, at_rest, picture, settled, wait_until

TOOLS = ("range", "flags", "colour", "catalogue", "regions", "figure")
WAYS = ("Before", "After", "Difference", "Blink", "Side by side", "Swipe")

_BAR = """() => {
  const bar = document.querySelector('.mw-toolbar'), box = bar.getBoundingClientRect()
  const seen = [...bar.querySelectorAll('.mw-look, .mw-tool > .mw-tool-button, select')].filter(one => one.checkVisibility() && !one.closest('.mw-tool-content'))
  const out = seen.filter(one => { const own = one.getBoundingClientRect(); return own.left < box.left - 1 || own.right > box.right + 1 || own.right > innerWidth })
  return {
    out: out.map(one => one.textContent.trim()), high: box.height,
    bar: [...bar.querySelectorAll('.mw-look')].filter(one => one.checkVisibility()).map(one => one.firstChild.textContent.trim())
      .concat([...bar.querySelectorAll('.mw-tool:not(.mw-more)')].filter(one => one.querySelector('.mw-tool-button').checkVisibility()).map(one => one.dataset.tool)),
    menu: [...bar.querySelectorAll('.mw-more-list button')].map(one => one.dataset.moreItem || one.firstChild.textContent.trim()),
  }
}"""
"""What is in the bar, what is in its menu, and what is cut."""


@pytest.fixture(scope="module")
def address(tmp_path_factory: Any, serve_folder: Callable[..., Any]) -> str:
    """A program whose stages have run."""
    folder = tmp_path_factory.mktemp("tools")
    write_look(folder, (256, 256))
    write_notebook(
        folder,
        "light.ipynb",
        "light",
        height="100%",
        more="session.show(session.stages['areas'].products[0])",
    )
    return str(serve_folder(folder / "pages").page_url("light.ipynb"))


def opened(page: Page, address: str) -> None:
    page.goto(address, wait_until="commit")
    page.locator("[data-tab=program]").click()  # the page comes back as it was left by the test before
    page.get_by_role("separator").press("Enter")
    page.locator(CANVAS).first.wait_for()
    expect(page.locator(".mw-looks button").first).to_be_enabled()
    expect(page.locator(".mw-range-handle").first).to_be_attached()
    settled(page)


def test_no_tool_is_lost_at_any_width(address: str, page: Page, page_report: Any, screenshots: Path) -> None:
    opened(page, address)
    hidden = []
    for width in (1440, 1280, 1160, 1100, 760, 520):
        page.set_viewport_size({"width": width, "height": 800})
        for side in ("Enter", "End") if width > 1150 else ("Enter",):
            page.get_by_role("separator").press(side)  # as it was delivered; the image as narrow as it gets
            at_rest(page)
            found = page.evaluate(_BAR)
            assert found["out"] == [], (width, side, found)
            assert found["high"] < 40, "one row"
            assert sorted([*found["bar"], *found["menu"]]) == sorted([*WAYS, *TOOLS]), (width, side, found)
            assert page.locator("[data-tool=more]").is_visible() == bool(found["menu"])
            hidden.append(len(found["menu"]))
        page.screenshot(path=screenshots / f"tools_{width}.png")
    assert 0 in hidden and max(hidden) > 6, "else this proves nothing"
    page_report.assert_clean()


def test_what_is_in_the_menu_works_by_keys(address: str, page: Page, screenshots: Path) -> None:
    opened(page, address)
    page.get_by_role("separator").press("End")
    at_rest(page)
    more = page.locator("[data-tool=more] > button")
    content = open_tool(page, "regions", key="Enter")
    expect(content.locator("input").first).to_be_focused()
    box, window = content.bounding_box(), page.viewport_size
    assert (
        box is not None
        and window is not None
        and box["x"] >= 0
        and box["x"] + box["width"] <= window["width"]
    )
    page.screenshot(path=screenshots / "tools_menu.png")
    page.keyboard.press("Escape")
    expect(content).to_be_hidden()
    at_rest(page)
    expect(more).to_be_focused()
    more.press("Enter")
    page.locator(".mw-more-list").get_by_role("button", name="Swipe").press("Enter")
    expect(page.locator(".mw-pair-canvas")).to_be_visible()
    expect(more).to_have_class("mw-tool-button mw-active")
    more.press("Enter")
    page.locator("[data-more-item=colour]").press("Enter")
    expect(page.locator("[data-tab=composite]")).to_have_attribute("aria-selected", "true")


def test_the_range_is_dragged_on_the_histogram(address: str, page: Page, screenshots: Path) -> None:
    opened(page, address)
    plot, handle = page.locator(".mw-histogram-plot"), page.locator("[data-end=white]")

    def white() -> float:
        return float(str(handle.get_attribute("aria-valuenow")))

    first, before = white(), settled(page, lambda: picture(page))
    plot.scroll_into_view_if_needed()  # a picture of the image brought that into view
    at_rest(page)
    box, room = handle.bounding_box(), plot.bounding_box()
    assert box is not None and room is not None
    page.mouse.move(box["x"] + 7, box["y"] + 60)
    page.mouse.down()
    page.mouse.move(room["x"] + 0.5 * room["width"], box["y"] + 60, steps=8)
    page.mouse.up()
    wait_until(page, lambda: white() < first, "white did not follow the mouse")
    after = settled(page, lambda: picture(page))
    assert after.shape == before.shape and after.mean() > before.mean() + 3, "the image is brighter"
    dragged = white()
    content = open_tool(page, "range")
    assert float(content.locator(".mw-white").input_value()) == pytest.approx(dragged, rel=1e-3)
    close_tool(page, "range")
    page.screenshot(path=screenshots / "histogram_range.png")

    handle.press("ArrowLeft")
    wait_until(page, lambda: white() < dragged, "white did not follow the key")
    at_rest(page)
    for _ in range(2):  # the key, then the whole movement of the mouse
        page.keyboard.press("Control+z")
        at_rest(page)
    wait_until(page, lambda: bool(np.isclose(white(), first)), "Undo does not bring white back")

    page.get_by_role("group", name="Axis of the pixels").get_by_role("button", name="linear").click()
    expect(plot).to_contain_text("pixels")
    expect(plot).not_to_contain_text("log")
