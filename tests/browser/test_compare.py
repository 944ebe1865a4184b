"""Two images in view at the same time, before a real browser: swiped at the pace of the screen, at one zoom, with one cursor."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Page, expect

sys.path.insert(0, str(Path(__file__).parents[1]))

from look_pages import FLAT, SKY, write_look, write_notebook

from .pace import pace
from .waits import CANVAS, at_rest, picture, settled

FULL = (1024, 1032)
PAIR = ".mw-pair-canvas"
FRAMES_PER_SECOND = 30.0

SWIPE = """([seconds]) => new Promise(resolve => {
  const canvas = document.querySelector('.mw-pair-canvas'), box = canvas.getBoundingClientRect()
  const send = (type, x) => canvas.dispatchEvent(new PointerEvent(type, {
    bubbles: true, pointerId: 1, clientX: x, clientY: box.top + box.height / 3}))
  const drawn = () => canvas.pictures || 0
  send('pointerdown', box.left + box.width / 2)
  const began = performance.now(), first = drawn()
  const step = now => {
    const passed = (now - began) / 1000
    if (passed > seconds) { send('pointerup', box.left); resolve((drawn() - first) / passed); return }
    send('pointermove', box.left + box.width * (0.5 + 0.45 * Math.sin(6 * passed)))
    requestAnimationFrame(step)
  }
  requestAnimationFrame(step)
})"""
"""Drag the line of the swipe to and fro for some seconds; gives the pictures that were drawn per second."""


@pytest.fixture(scope="module")
def pages(tmp_path_factory: Any, serve_folder: Callable[..., Any]) -> Callable[[str], str]:
    """A program with FULL exposures, whose stages have run; gives the address of a page by its viewer."""
    folder = tmp_path_factory.mktemp("compare")
    write_look(folder, FULL)
    shows = "session.show(session.stages['areas'].products[0])"
    for kind in ("jdaviz", "light"):
        write_notebook(folder, f"{kind}.ipynb", kind, height="430px", more=shows)
    server = serve_folder(folder / "pages")
    return lambda kind: server.page_url(f"{kind}.ipynb")


def opened(page: Page, url: str) -> None:
    page.goto(url, wait_until="commit")
    page.locator(CANVAS).first.wait_for()
    expect(page.locator(".mw-looks button").first).to_be_enabled()
    settled(page, lambda: picture(page), is_wanted=lambda now: now.std() > 2, because="no image")


def pair_picture(page: Page) -> np.ndarray:
    return settled(
        page, lambda: picture(page, ".mw-pair"), is_wanted=lambda now: now.std() > 2, because="no pair"
    )


@pytest.mark.parametrize("kind", ["jdaviz", "light"])
def test_swipe_side_by_side_and_blink(
    pages: Callable[[str], str], kind: str, page: Page, page_report: Any, screenshots: Path
) -> None:
    opened(page, pages(kind))
    bar = page.locator(".mw-compare")
    place = page.locator(".mw-stack").bounding_box()
    page.keyboard.press("w")
    expect(page.locator(PAIR)).to_be_visible()
    expect(bar).to_contain_text(f"median {(FLAT - 1) * SKY:+.3g}")
    expect(page.locator(".mw-viewer-strip")).to_contain_text("swipe: Before | After")
    swipe = pair_picture(page)
    page.screenshot(path=screenshots / f"compare_{kind}_swipe.png")
    assert page.locator(".mw-stack").bounding_box() == place, "nothing moves when two images come into view"
    rate = page.evaluate(SWIPE, [2])
    print(f"{kind}: {rate:.0f} frames per second")
    assert rate * pace() >= FRAMES_PER_SECOND, "of a machine at rest"
    # before is brighter by what the stage took
    middle = swipe[swipe.shape[0] // 3 : swipe.shape[0] // 2]
    width = middle.shape[1]
    left, right = (
        np.median(middle[:, part])
        for part in (np.s_[width // 3 : width // 2 - 20], np.s_[width // 2 + 20 : 2 * width // 3])
    )
    assert left > right + 5

    page.keyboard.press("v")
    expect(page.locator(".mw-viewer-strip")).to_contain_text("side by side")
    at_rest(page)
    page.locator(PAIR).hover(position={"x": 120, "y": 150})
    expect(page.locator(".mw-readout")).to_contain_text("Before: ")
    expect(page.locator(".mw-readout")).to_contain_text("After: ")
    page.mouse.wheel(0, -400)
    settled(page, lambda: picture(page, ".mw-pair"))
    page.screenshot(path=screenshots / f"compare_{kind}_side.png")

    page.keyboard.press("k")
    expect(page.locator(".mw-pair-first")).to_be_visible()
    expect(page.locator(".mw-pair-second")).to_be_visible()
    assert page.locator(".mw-stack").bounding_box() == place, "nothing moves while the images blink"
    page.keyboard.press("s")
    expect(page.locator(PAIR)).to_be_hidden()
    settled(page, lambda: picture(page))
    page.screenshot(path=screenshots / f"compare_{kind}_after.png")
    page_report.assert_clean()


def test_keys_move_the_line(pages: Callable[[str], str], page: Page) -> None:
    opened(page, pages("light"))
    page.keyboard.press("w")
    canvas = page.locator(PAIR)
    expect(canvas).to_be_visible()  # what is not there takes no focus
    canvas.focus()
    expect(canvas).to_have_attribute("aria-valuenow", "50")
    for _ in range(5):
        page.keyboard.press("ArrowLeft")
    expect(canvas).to_have_attribute("aria-valuenow", "40")
    page.keyboard.press("End")
    expect(canvas).to_have_attribute("aria-valuenow", "100")
    before = settled(page, lambda: picture(page, PAIR))
    page.keyboard.press("+")
    settled(
        page,
        lambda: picture(page, PAIR),
        is_wanted=lambda now: now.shape == before.shape and np.abs(now - before).mean() > 1,
        because="the key + does not zoom",
    )
