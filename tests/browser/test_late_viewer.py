"""A viewer that does not come, or fails, before a real browser: the page says so, and each of its two buttons helps."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

sys.path.insert(0, str(Path(__file__).parents[1]))

from look_pages import write_look, write_notebook

from .waits import CANVAS, let_pass, picture, wait_until

AGAIN, LIGHT = "Start the viewer again", "Use the lightweight viewer"

FAILS = """
import sys
sys.path.remove(__file__.rpartition("/")[0])
raise ImportError("its installation is not whole")
"""
"""Stands in the place of jdaviz for the first import, which fails; the next one finds the real jdaviz."""

HANGS = """
import sys, time
from pathlib import Path
sys.path.remove(__file__.rpartition("/")[0])
while not Path({go!r}).exists():
    time.sleep(0.2)
raise ImportError("it was stopped")
"""
"""The same; the first import hangs until a file is there."""

BEFORE = """
import sys
import miri_widgets.viewer.deferred
miri_widgets.viewer.deferred._LATE = {late}
sys.path.insert(0, {shadow!r})
"""

ALONE = """
import numpy as np
from miri_widgets.viewer import make_viewer
viewer = make_viewer("auto", height="460px")
viewer.show(np.hypot(*np.mgrid[:64, :64]), label="rings")
viewer.widget
"""


@pytest.fixture(scope="module")
def served(
    tmp_path_factory: Any, make_dashboard: Callable[..., Path], serve_folder: Callable[..., Any]
) -> Any:
    """A dashboard whose jdaviz fails once, and two viewers alone whose jdaviz hangs; gives the folder, too."""
    folder = tmp_path_factory.mktemp("late")
    write_look(folder, (256, 256))

    def shadow(name: str, code: str) -> str:
        place = folder / f"shadow_{name}"
        place.mkdir()
        (place / "jdaviz.py").write_text(code)
        return str(place)

    before = BEFORE.format(late=60.0, shadow=shadow("fails", FAILS))
    shows = "session.show(session.stages['areas'].products[0])"
    write_notebook(folder, "fails.ipynb", "auto", height="430px", more=f"{before}{shows}")
    for name in ("hangs", "waits"):
        code = HANGS.format(go=str(folder / f"go_{name}"))
        before = BEFORE.format(late=4.0, shadow=shadow(name, code))
        make_dashboard(folder / "pages", f"{name}.ipynb", [before, ALONE], title=name)
    return serve_folder(folder / "pages", fork_kernels=False), folder


def drawn(page: Page, kind: str) -> None:
    """Wait until a kind of viewer has drawn its image."""
    expect(page.locator(f".mw-viewer {kind}").first).to_be_visible()
    canvas = page.locator(CANVAS)

    def has_image() -> bool:
        there = bool(canvas.count()) and canvas.first.is_visible()
        return there and bool(picture(page).mean(axis=-1).std() > 10)

    wait_until(page, has_image, f"{kind} has drawn nothing")


def test_a_jdaviz_that_fails_gives_way_in_sight_and_comes_when_it_is_asked_again(
    served: Any, page: Page, screenshots: Path
) -> None:
    server, _ = served
    page.goto(server.page_url("fails.ipynb"), wait_until="commit")
    notice = page.locator(".mw-viewer-notice")
    expect(notice).to_contain_text("its installation is not whole")
    expect(notice).to_contain_text("The lightweight viewer takes its place.")
    assert notice.get_by_role("alert").count() == 1, "it is read out"
    drawn(page, ".mw-light-viewer")
    assert notice.get_by_role("button").all_inner_texts() == [AGAIN]
    page.screenshot(path=screenshots / "late_failed.png")
    notice.get_by_role("button", name=AGAIN).click()
    drawn(page, ".jdaviz")
    expect(notice).to_have_count(0)
    assert page.locator(".mw-light-viewer").count() == 0
    expect(page.locator(".mw-viewer-strip")).to_contain_text("_cal.fits")
    page.screenshot(path=screenshots / "late_failed_again.png")


def test_the_lightweight_viewer_is_taken_while_jdaviz_hangs_and_jdaviz_asked_for_later(
    served: Any, page: Page, screenshots: Path
) -> None:
    server, folder = served
    page.goto(server.page_url("hangs.ipynb"), wait_until="commit")
    notice = page.locator(".mw-viewer-notice")
    expect(notice).to_contain_text("has not come within 4 s")
    expect(page.locator(".mw-viewer-coming")).to_contain_text("The image viewer is loading")
    assert sorted(notice.get_by_role("button").all_inner_texts()) == sorted([AGAIN, LIGHT])
    page.screenshot(path=screenshots / "late_hangs.png")
    notice.get_by_role("button", name=LIGHT).click()
    drawn(page, ".mw-light-viewer")
    expect(notice).to_contain_text("This is the lightweight viewer, as you chose.")
    (folder / "go_hangs").touch()
    let_pass(page, 3.0)
    assert page.locator(".mw-light-viewer").count() == 1, "what comes too late changes nothing"
    notice.get_by_role("button", name=AGAIN).click()
    drawn(page, ".jdaviz")
    expect(notice).to_have_count(0)
    assert page.locator(".mw-light-viewer").count() == 0


def test_a_jdaviz_that_hangs_is_asked_for_again_and_comes(served: Any, page: Page, screenshots: Path) -> None:
    server, folder = served
    page.goto(server.page_url("waits.ipynb"), wait_until="commit")
    notice = page.locator(".mw-viewer-notice")
    expect(notice).to_contain_text("has not come within 4 s")
    notice.get_by_role("button", name=AGAIN).click()
    # one import of a module waits for the other: it is late again, and says so again
    expect(notice).to_contain_text("started again")
    expect(notice).to_contain_text("has not come within 4 s")
    (folder / "go_waits").touch()
    drawn(page, ".jdaviz")
    expect(notice).to_have_count(0)
    page.screenshot(path=screenshots / "late_waited.png")
