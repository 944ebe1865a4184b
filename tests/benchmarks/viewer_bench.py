"""
The viewer in a real Chromium, through Voila: how soon a switch, a ramp and a large mosaic are on the screen.

The browser reads its own canvas in every animation frame (`canvas_clock.js`): a time ends with the first frame whose
pixels are those that stay, so half-drawn pictures do not count. WebGL is drawn in software here (SwiftShader), and
reading the canvas takes some milliseconds of every frame: with a graphics card all is sooner.
"""

from __future__ import annotations

import os
import shutil
import statistics
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import nbformat
import numpy as np
from astropy.io import fits
from keys import Key
from playwright.sync_api import Browser, Page, sync_playwright

from miri_widgets.serve import start_server

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE.parent), str(HERE.parent / "browser")]

from get_chromium import present  # noqa: E402 - beside the browser tests
from look_pages import open_look, star_field, write_look, write_notebook  # noqa: E402
from page_bench import FLAGS  # noqa: E402

KEYS = (
    Key("viewer.compare_ms", "ms", at_most=300.0),
    Key("viewer.compare_kernel_ms", "ms"),
    Key("viewer.compare_kernel_cpu_ms", "ms"),
    Key("viewer.compare_browser_ms", "ms"),
    Key("viewer.ramp_ms", "ms", at_most=500.0),
    Key("viewer.ramp_warm_ms", "ms"),
    Key("viewer.mosaic_5k_s", "s", at_most=2.0),
    Key("viewer.marks_2000_s", "s"),
    # a frame may take half as long again: of 60 frames per second 40 are left, which looks smooth
    Key("viewer.mosaic_pan_ratio", "ratio", at_most=1.5),
    Key("viewer.plain_mosaic_5k_s", "s"),
    Key("viewer.plain_switch_ms", "ms"),
)
PATIENCE = 120_000
SHAPE = (1024, 1032)
RAMPS = ((2, 10), (1, 60), (1, 5))
CLICKS = 4
MARKS = 2000

_CONTROLS = """import time, statistics, ipywidgets
from pathlib import Path
import numpy as np
from IPython.display import display
from miri_widgets.panels.parts.compare import _CompareButtons
asked = _CompareButtons.vue_choose
took, worked = [], []
def choose(self, name):
    began, busy = time.perf_counter(), time.thread_time()
    asked(self, name)
    took.append(1e3 * (time.perf_counter() - began))
    worked.append(1e3 * (time.thread_time() - busy))
_CompareButtons.vue_choose = choose
line = ipywidgets.Text(continuous_update=False)
line.add_class("bench-line")
answer = ipywidgets.Label("none")
answer.add_class("bench-answer")
def do(change):
    word, _, rest = change["new"].partition(" ")
    if word == "show":
        session.show(Path(rest))
    elif word == "marks":
        rng = np.random.default_rng(5)
        session.marks = tuple((float(x), float(y), 'point') for x, y in rng.uniform(0, 5000, (int(rest), 2)))
    elif word == "took":
        answer.value = f"kernel {statistics.median(took)} {statistics.median(worked)}"
line.observe(do, "value")
display(ipywidgets.HBox([line, answer]))"""

_PLAIN = """from jdaviz import App
import ipywidgets
from IPython.display import display
app = App(verbosity="error")
app._app.layout = ipywidgets.Layout(height="520px", width="700px")
app._app.state.settings["context"]["notebook"]["max_height"] = "500px"
with app.batch_load():
    for name in {first!r}:
        app.load(name, format="Image")
line = ipywidgets.Text(continuous_update=False)
line.add_class("bench-line")
def do(change):
    if change["new"] == "blink":
        app.viewers["Image"].blink_once()
    elif change["new"] == "mosaic":
        app.load({mosaic!r}, format="Image")
    line.unobserve(do, "value"); line.value = ""; line.observe(do, "value")
line.observe(do, "value")
display(line)
display(ipywidgets.Box([app._app], layout=ipywidgets.Layout(height="540px")))"""


def write_mosaic(path: Path, side: int) -> Path:
    """Write a mosaic of stars, float32, with weights and a rim without data."""
    pixels = np.tile(star_field((1000, 1000)), (side // 1000, side // 1000))
    weight = np.ones(pixels.shape, np.float32)
    for rim in (pixels[:50], pixels[:, :50]):
        rim[:] = np.nan
    weight[:50], weight[:, :50] = 0, 0
    science = fits.ImageHDU(pixels, name="SCI")
    science.header["BUNIT"] = "MJy/sr"
    primary = fits.PrimaryHDU()
    primary.header["FILTER"] = "F770W"
    fits.HDUList([primary, science, fits.ImageHDU(weight, name="WHT")]).writeto(path)
    return path


def say(page: Page, words: str) -> None:
    """Tell the kernel something."""
    line = page.locator(".bench-line input")
    line.fill(words)
    line.press("Enter")


def painted_after(page: Page, words: str, *, wait: float) -> float | None:
    """Return ms from telling the kernel something to the picture that stays."""
    line = page.locator(".bench-line input")
    line.fill(words)
    begin = """([last]) => clock.painted(() => document.querySelector('.bench-line input')
        .dispatchEvent(new Event('change', {bubbles: true})), last)"""
    return page.evaluate(begin, [wait])


@contextmanager
def opened(browser: Browser, url: str) -> Iterator[Page]:
    """Open a page and wait for its image."""
    page = browser.new_page(viewport={"width": 1440, "height": 1000})
    page.add_init_script(path=HERE / "canvas_clock.js")
    page.goto(url, wait_until="commit")
    page.locator("canvas").first.wait_for(timeout=PATIENCE)
    page.locator(".bench-line input").wait_for(timeout=PATIENCE)
    page.wait_for_timeout(8000)
    yield page
    page.close(run_before_unload=True)


def compare(page: Page) -> dict[str, float | None]:
    """Switch between the three looks by keys; the first of each is no switch, it reads files."""
    for key in "dbs":
        page.evaluate("key => clock.press(key)", key)
        page.wait_for_timeout(2500)
    times = []
    for key in "bsdsdb" * 3 + "s":
        # b blinks: when before is in front already, it goes back to after
        times.append(page.evaluate("key => clock.painted(() => clock.press(key), 1500)", key))
    say(page, "took all")
    answer = page.locator(".bench-answer").filter(has_text="kernel")
    answer.wait_for(timeout=PATIENCE)
    kernel, busy = (float(word) for word in answer.inner_text().split()[1:])
    whole = statistics.median(one for one in times if one is not None)
    return {
        "viewer.compare_ms": whole,
        "viewer.compare_kernel_ms": kernel,
        "viewer.compare_kernel_cpu_ms": busy,
        "viewer.compare_browser_ms": whole - kernel,
    }


def forget_file(path: Path) -> None:
    """Have the operating system read a file from the disk next time."""
    with path.open("rb") as stream:
        os.fsync(stream.fileno())
        os.posix_fadvise(stream.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def ramps(page: Page, folder: Path, exposures: list[Path]) -> dict[str, float | None]:
    """Click pixels of every exposure: the first with its files out of memory."""
    cold, warm = [], []
    for path in exposures:
        say(page, f"show {path}")
        page.wait_for_timeout(4000)
        for file in folder.rglob("*.fits"):
            if file.name.startswith(path.name.rpartition("_")[0]):
                forget_file(file)
        box = page.locator(".mw-viewer canvas").first.bounding_box()
        assert box is not None
        for click in range(1 + CLICKS):
            heading = page.locator(".mw-pixel .mw-heading").inner_text()
            page.evaluate("([h]) => { window.answer = clock.plotted(h, 5000) }", [heading])
            page.mouse.click(
                box["x"] + box["width"] / 2 + 7 * click, box["y"] + box["height"] / 2 + 3 * click
            )
            took = page.evaluate("() => window.answer")
            if took is not None:
                (warm if click else cold).append(took)
            page.wait_for_timeout(600)
    return {
        "viewer.ramp_ms": statistics.median(cold) if cold else None,
        "viewer.ramp_warm_ms": statistics.median(warm) if warm else None,
    }


def frame_time(page: Page) -> float:
    """Drag the image about and zoom with the wheel; return ms per frame."""
    box = page.locator(".mw-viewer canvas").first.bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.evaluate("clock.frames()")
    for turn in range(3):
        page.mouse.move(x, y)
        page.mouse.down()
        page.mouse.move(x + 60 - 120 * (turn % 2), y + 40, steps=20)
        page.mouse.up()
        page.mouse.wheel(0, 120 if turn % 2 else -120)
        page.wait_for_timeout(300)
    found = page.evaluate("clock.stop()")
    page.wait_for_timeout(1500)
    return float(found)


def mosaic(page: Page, path: Path, small: Path) -> tuple[dict[str, float | None], str]:
    """Show a large mosaic in the running page; then pan and zoom it with and without marks."""
    page.evaluate("window.scrollTo(0, 0)")
    say(page, f"show {small}")
    page.wait_for_timeout(3000)
    shown = painted_after(page, f"show {path}", wait=25_000)
    tool = page.locator(".mw-viewer .v-btn-toggle .v-btn").nth(2)
    tool.click()
    page.wait_for_timeout(500)
    without = [frame_time(page), frame_time(page)]
    marked = painted_after(page, f"marks {MARKS}", wait=5000)
    page.wait_for_timeout(1000)
    with_marks = [frame_time(page), frame_time(page)]
    values: dict[str, float | None] = {
        "viewer.mosaic_5k_s": None if shown is None else shown / 1e3,
        "viewer.marks_2000_s": None if marked is None else marked / 1e3,
        "viewer.mosaic_pan_ratio": statistics.mean(with_marks) / statistics.mean(without),
    }
    return values, f"pan and zoom: {min(without):.0f} ms per frame, {min(with_marks):.0f} with {MARKS} marks"


def plain(browser: Browser, url: str) -> dict[str, float | None]:
    """The same with jdaviz as it comes: its App, its way to load, its own black and white."""
    with opened(browser, url) as page:
        page.locator(".bench-line input").press("Tab")
        switches = [painted_after(page, "blink", wait=2500) for _ in range(7)][1:]
        shown = painted_after(page, "mosaic", wait=25_000)
    return {
        "viewer.plain_switch_ms": statistics.median([one for one in switches if one is not None] or [np.nan]),
        "viewer.plain_mosaic_5k_s": None if shown is None else shown / 1e3,
    }


def prepared(folder: Path) -> tuple[list[Path], Path]:
    """Write exposures, mosaic and pages; return the calibrated exposures and the mosaic."""
    write_look(folder, SHAPE, dithers=len(RAMPS), ramps=[(*ramp, *SHAPE) for ramp in RAMPS])
    session = open_look(folder)
    exposures = list(session.stages["areas"].products)
    session.close()
    large = write_mosaic(folder / "large_f770w_i2d.fits", 5000)
    write_notebook(
        folder, "look.ipynb", more=f"{_CONTROLS}\nsession.show(session.stages['areas'].products[0])"
    )
    code = _PLAIN.format(first=[str(path) for path in exposures[:2]], mosaic=str(large))
    cells = [nbformat.v4.new_code_cell(code)]
    metadata = {"miri_widgets": {"title": "plain"}}
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata=metadata), folder / "pages" / "plain.ipynb")
    return exposures, large


def measure() -> tuple[dict[str, float | None], list[str]]:
    """Return the figures of the viewer, and what they were taken with."""
    chromium = present()
    if chromium is None:
        return {}, ["viewer: no Chromium"]
    folder = Path(tempfile.mkdtemp(prefix="miri-viewer-"))
    values: dict[str, Any] = {}
    try:
        exposures, large = prepared(folder)
        with sync_playwright() as playwright, start_server(folder / "pages") as server:
            browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
            with opened(browser, server.page_url("look.ipynb")) as page:
                values |= compare(page)
                values |= ramps(page, folder, exposures)
                found, note = mosaic(page, large, exposures[0])
                values |= found
            values |= plain(browser, server.page_url("plain.ipynb"))
            browser.close()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return values, [
        "viewer: WebGL in software (SwiftShader); until the first frame whose canvas pixels are those that stay",
        note,
        f"load at the end {os.getloadavg()[0]:.1f}",
    ]


if __name__ == "__main__":
    from tables import write

    raise SystemExit(int(bool(write("viewer_bench", KEYS, *measure()))))
