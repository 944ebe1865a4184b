"""The side of pixels before a real browser: keys, flags over the image, a pixel's story, a range that shows nothing."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Page, expect

sys.path.insert(0, str(Path(__file__).parents[1]))

from look_pages import FLAT, SKY, write_look, write_notebook

from .tool_menus import close_tool, open_tool
from .waits import CANVAS, at_rest, picture, settled


@pytest.fixture(scope="module")
def look(tmp_path_factory: Any, serve_folder: Callable[..., Any]) -> Any:
    """A program whose stages have run, with a page for each viewer; gives the address of a page by its viewer."""
    folder = tmp_path_factory.mktemp("look")
    write_look(folder, (256, 256))
    shows = "session.show(session.stages['areas'].products[0])"
    for kind in ("jdaviz", "light"):
        write_notebook(folder, f"{kind}.ipynb", kind, height="430px", more=shows)
    server = serve_folder(folder / "pages")
    return lambda kind: server.page_url(f"{kind}.ipynb")


def changed(page: Page, before: np.ndarray, *, least: float = 1.0) -> np.ndarray:
    """Wait until the picture is another, and stays; return it."""

    def is_another(now: np.ndarray) -> bool:
        return now.shape == before.shape and np.abs(now - before).mean() > least

    return settled(
        page, lambda: picture(page), is_wanted=is_another, because="the picture stayed what it was"
    )


def opened(page: Page, url: str) -> np.ndarray:
    """Open a page and wait until its image is drawn and stands still."""
    page.goto(url, wait_until="commit")
    page.locator(CANVAS).first.wait_for()
    expect(page.locator(".mw-looks button").first).to_be_enabled()
    return settled(
        page,
        lambda: picture(page),
        is_wanted=lambda now: now.std() > 2,
        because="the image never stood still",
    )


def with_colours(page: Page, least: float, most: float, because: str) -> float:
    """Wait until the part of the picture that is no grey is between two limits; return it."""

    def is_so(now: np.ndarray) -> bool:
        return bool(least <= coloured(now).mean() <= most)

    return float(coloured(settled(page, lambda: picture(page), is_wanted=is_so, because=because)).mean())


def coloured(now: np.ndarray) -> np.ndarray:
    """Return which points of the screen are no grey, shape (ny, nx)."""
    return np.ptp(now, axis=-1) > 40


@pytest.mark.parametrize("kind", ["jdaviz", "light"])
def test_keys_flags_and_pixels(
    look: Callable[[str], str], kind: str, page: Page, page_report: Any, screenshots: Path
) -> None:
    after = opened(page, look(kind))
    strip, bar = page.locator(".mw-viewer-strip"), page.locator(".mw-compare")
    box = page.locator(CANVAS).first.bounding_box()
    assert box is not None
    # over the image: there jdaviz has a key b of its own
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    at_rest(page)
    page.keyboard.press("b")
    expect(strip).to_contain_text("Compared: before")
    before = changed(page, after)
    expect(bar).to_contain_text(f"median {(FLAT - 1) * SKY:+.3g}")
    expect(bar).to_contain_text("NON_SCIENCE")
    # one black and white, one place: the sky is brighter by what the stage took, the stars stay where they are
    middle = np.s_[box_rows(after), box_columns(after)]
    assert np.median(before[middle]) > np.median(after[middle]) + 10
    stars = after[middle].max(axis=-1) > 200
    assert stars.sum() > 20 and (before[middle].max(axis=-1)[stars] > 150).mean() > 0.9
    page.keyboard.press("b")
    expect(strip).to_contain_text("_cal.fits")
    again = changed(page, before)
    # beside the middle jdaviz writes the letters of its images
    assert np.abs(again - after)[middle].mean() < 0.5, "the same picture comes back"
    page.keyboard.press("d")
    expect(strip).to_contain_text("Compared: difference")
    difference = changed(page, again)
    page.screenshot(path=screenshots / f"look_{kind}_difference.png")
    page.get_by_role("button", name="After").click()
    again = changed(page, difference)
    assert np.abs(again - after)[middle].mean() < 0.5

    page.keyboard.press("f")
    expect(page.locator("[data-tool=flags] > button")).to_have_class(re.compile("mw-active"))
    flagged = changed(page, again)
    assert coloured(flagged).mean() > 0.02 > coloured(again).mean()
    menu = open_tool(page, "flags")
    expect(menu.get_by_role("button", name="Hide flags")).to_be_visible()
    row = page.locator(".mw-flag").filter(has_text="JUMP_DET")
    expect(row).to_be_visible()
    expect(page.locator(".mw-flag").filter(has_text="NON_SCIENCE")).to_contain_text("+8192")
    page.get_by_label("only those gained by").uncheck()
    close_tool(page, "flags")
    shown = settled(page, lambda: picture(page))
    few = coloured(shown).mean()
    open_tool(page, "flags")
    row.get_by_role("checkbox").check()
    close_tool(page, "flags")
    with_colours(page, few + 200 / shown[..., 0].size, 1.0, "jumps do not lie all over the image")
    page.screenshot(path=screenshots / f"look_{kind}_flags.png")
    page.keyboard.press("f")
    expect(page.locator("[data-tool=flags] > button")).not_to_have_class(re.compile("mw-active"))
    with_colours(page, 0.0, 0.01, "flags stay over the image")
    tell_a_pixel(page)
    page.screenshot(path=screenshots / f"look_{kind}_pixel.png", full_page=True)

    open_tool(page, "range")
    black, white = page.locator(".mw-black"), page.locator(".mw-white")
    black.fill("10")
    black.press("Enter")
    expect(page.get_by_role("button", name="Automatic")).to_be_visible()
    at_rest(page)
    white.fill("20")
    white.press("Enter")
    told = page.locator(".mw-display-bar")
    expect(told).to_contain_text("plain white: the sky is 36.")
    page.screenshot(path=screenshots / f"look_{kind}_white.png")
    told.get_by_role("button", name="Set range from this image").click()
    expect(told.get_by_text("plain white")).to_be_hidden()
    ranges = page.get_by_role("group", name="Ranges of this program")
    expect(ranges.get_by_role("button")).to_have_text(
        ["Before sky: 30–60", "Sky subtracted: -0.1 to 5"]
    )  # that of rates is of another unit
    close_tool(page, "range")
    before = settled(page, lambda: picture(page))
    open_tool(page, "range")
    ranges.get_by_role("button", name="Before sky").click()
    expect(ranges.get_by_role("button", name="Before sky")).to_have_attribute("aria-pressed", "true")
    expect(white).to_have_value("60")
    close_tool(page, "range")
    changed(page, before, least=0.3)
    page.screenshot(path=screenshots / f"look_{kind}_range.png")
    page_report.assert_clean()


def box_rows(image: np.ndarray) -> slice:
    """Rows in the middle of the screen, where the image is."""
    return slice(image.shape[0] // 4, 3 * image.shape[0] // 4)


def box_columns(image: np.ndarray) -> slice:
    """Columns in the middle; the left of the image carries flags, and a wide screen is black beside it."""
    middle, half = image.shape[1] // 2, min(image.shape[1], image.shape[0]) // 6
    return slice(middle - half, middle + half)


def tell_a_pixel(page: Page) -> None:
    """Click on the image: the ramp, the slope, and the value after each stage."""
    box = page.locator(CANVAS).first.bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    pixel = page.locator(".mw-pixel")
    expect(pixel).to_contain_text("2 × 5 groups")
    expect(pixel).to_contain_text("the fitted rate")
    for words in ("Detector 1", "Image 2", "Areas", "DN/s", "MJy/sr"):
        expect(pixel.locator(".mw-table")).to_contain_text(words)
    assert pixel.locator(".bqplot svg").count() > 0


@pytest.mark.parametrize("kind", ["light", "jdaviz"])
def test_title_and_picture_agree_through_twenty_actions(
    look: Any, page: Page, kind: str, screenshots: Path
) -> None:
    opened(page, look(kind))
    bar = page.locator(".mw-compare .mw-looks").bounding_box()
    assert bar is not None and bar["width"] > 150 and bar["height"] > 20, "nobody has pressed a key yet"
    top = page.locator(CANVAS).first.bounding_box()
    pictures: dict[str, np.ndarray] = {}
    for step in ["s", *"bsdbsbbdsbd", "v", "s", "b", "w", "s", "d", "b", "s"]:
        page.keyboard.press(step)
        if step in "vw":  # two images over the viewer, then the one of before
            expect(page.locator(".mw-pair-canvas")).to_be_visible()
            expect(page.locator(".mw-viewer-strip")).to_contain_text(
                "side by side" if step == "v" else "swipe"
            )
            continue
        words, now = in_view(page)
        known = pictures.setdefault(words, now)
        assert np.abs(known - now).mean() < 1.0, f"{step}: another picture under {words!r}"
    assert len(pictures) >= 3 and any("Compared" in words for words in pictures)
    shots = list(pictures.values())
    assert np.abs(shots[0] - shots[-1]).mean() > 0.1 or np.abs(shots[0] - shots[1]).mean() > 0.1
    now = page.locator(CANVAS).first.bounding_box()
    assert top is not None and now is not None and abs(now["y"] - top["y"]) < 2, "the image has not moved"
    for width, height in ((1100, 800), (1280, 720), (1440, 900), (1920, 1080)):
        page.set_viewport_size({"width": width, "height": height})
        settled(page)
        bar = page.locator(".mw-compare .mw-looks").bounding_box()
        assert bar is not None and bar["width"] > 150
        page.screenshot(path=screenshots / f"in_view_{kind}_{width}.png")


def in_view(page: Page) -> tuple[str, np.ndarray]:
    """Wait until title and picture are at rest, both; return them."""
    title = page.locator(".mw-viewer-words b")
    while True:  # each turn has its limit
        words, now = title.inner_text(), settled(page, lambda: picture(page))
        if title.inner_text() == words:
            return words, now
