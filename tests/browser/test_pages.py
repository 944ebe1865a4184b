"""Pages in a browser: they come up, images are drawn, nothing is called, no kernel is left."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest
from astropy.io import fits
from playwright.sync_api import Page

from miri_widgets.serve import ServerProcess

from .pace import limit
from .waits import CANVAS, let_pass, picture, settled, wait_until

CLICKS = """
import ipywidgets
button = ipywidgets.Button(description="Press me")
count = ipywidgets.Label("0")
count.add_class("count")
button.on_click(lambda _: setattr(count, "value", str(int(count.value) + 1)))
sliders = [ipywidgets.IntSlider(description=f"slider {number}") for number in range(18)]
"""

VIEWER = """
from miri_widgets.viewer import make_viewer
viewer = make_viewer({kind!r})
viewer.show({first!r}, label="bright left")
viewer.show({second!r}, label="bright right")
blink = ipywidgets.Button(description="Blink now")
blink.on_click(lambda _: viewer.blink())
ipywidgets.VBox([ipywidgets.HBox([button, count, blink]), viewer.widget])
"""


BURST = """
from miri_widgets.panels.parts.base_view import Part
part, numbers = Part(), [ipywidgets.HTML("<i class=number>0</i>") for _ in range(20)]
def many(_):
    for number in range(1, 301):
        for one in numbers:
            one.value = f"<i class=number>{number}</i>"
burst = ipywidgets.Button(description="Burst")
burst.on_click(many)
ipywidgets.VBox([button, count, burst, *numbers])
"""

FRAMED = """
import numpy as np
def framed(ny, nx):
    pixels = np.random.default_rng(1).normal(10.0, 1.0, (ny, nx)).astype(np.float32)
    pixels[:20], pixels[-20:], pixels[:, :20], pixels[:, -20:] = 105, 105, 105, 105
    pixels[ny // 2, nx // 2] = 200
    return pixels
viewer = make_viewer({kind!r}, height="430px")
viewer.stretch("linear", 100.0)
viewer.show(framed(900, 300), label="tall")
wide = ipywidgets.Button(description="Wide")
wide.on_click(lambda _: viewer.show(framed(260, 1000), label="wide"))
ipywidgets.VBox([ipywidgets.HBox([button, count, wide]), viewer.widget])
"""


@pytest.fixture(scope="session")
def dashboards(tmp_path_factory: pytest.TempPathFactory, make_dashboard: Callable[..., Path]) -> Path:
    """Dashboards: twenty widgets; two images in each viewer."""
    folder, data = tmp_path_factory.mktemp("dashboards"), tmp_path_factory.mktemp("data")
    files = []
    for name, columns in (("left", slice(0, 60)), ("right", slice(60, 120))):
        pixels = np.random.default_rng(1).normal(10.0, 1.0, (100, 120)).astype(np.float32)
        pixels[:, columns] += 40.0
        files.append(str(data / f"{name}_i2d.fits"))
        fits.HDUList([fits.PrimaryHDU(), fits.ImageHDU(pixels, name="SCI")]).writeto(files[-1])
    make_dashboard(
        folder,
        "simple.ipynb",
        [CLICKS, "ipywidgets.VBox([button, count, *sliders])"],
        title="Twenty widgets",
        description="A page to measure with.",
    )
    make_dashboard(folder, "burst.ipynb", [CLICKS, BURST], title="Many messages")
    for kind in ("jdaviz", "light"):
        cell = VIEWER.format(kind=kind, first=files[0], second=files[1])
        make_dashboard(folder, f"{kind}.ipynb", [CLICKS, cell], title=f"Two images in {kind}")
        cell = "from miri_widgets.viewer import make_viewer" + FRAMED.format(kind=kind)
        make_dashboard(folder, f"{kind}_framed.ipynb", [CLICKS, cell], title=f"Framed in {kind}")
    return folder


@pytest.fixture(scope="session")
def voila_server(dashboards: Path, serve_folder: Callable[..., ServerProcess]) -> ServerProcess:
    """A server for most tests."""
    return serve_folder(dashboards)


@pytest.fixture(scope="module")
def warm_server(
    tmp_path_factory: pytest.TempPathFactory, make_dashboard: Callable[..., Path], serve_folder: Any
) -> Iterator[ServerProcess]:
    """A server with a preheated kernel."""
    folder = tmp_path_factory.mktemp("warm")
    make_dashboard(
        folder, "simple.ipynb", [CLICKS, "ipywidgets.VBox([button, count, *sliders])"], title="Warm"
    )
    server = serve_folder(folder, preheat=True)
    yield server
    server.close()


def open_and_click(page: Page, url: str) -> None:
    """Open a page and wait until its kernel has answered a click."""
    page.goto(url, wait_until="commit")
    page.get_by_role("button", name="Press me").click()
    page.wait_for_function("document.querySelector('.count')?.innerText.trim() === '1'")


def halves(page: Page) -> tuple[float, float]:
    """Return the mean brightness of the left and right part of what the viewer draws."""
    pixels = picture(page).mean(axis=-1)
    middle, quarter = pixels.shape[1] // 2, pixels.shape[1] // 10
    rows = slice(pixels.shape[0] // 4, -pixels.shape[0] // 4)
    return pixels[rows, middle - quarter : middle - 4].mean(), pixels[
        rows, middle + 4 : middle + quarter
    ].mean()


def frame_of(drawn: np.ndarray) -> tuple[float, bool]:
    """Return height over width of the grey frame in the viewer's picture, and whether it has all four sides."""
    grey = drawn.mean(axis=-1)
    frame = np.abs(grey - 129) < 8  # neither the page, nor its axes, nor the image within
    rows, columns = (np.flatnonzero(frame.sum(axis=axis) > 50) for axis in (1, 0))
    if not (rows.size and columns.size):
        return 0.0, False
    found = frame[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    # a side that is cut away has nothing but the ends of its neighbours; the outermost line may be half a pixel
    sides = (found[2], found[-3], found[:, 2], found[:, -3])
    return float(np.ptp(rows) / np.ptp(columns)), all(side.mean() > 0.7 for side in sides)


@pytest.mark.parametrize("kind", ["light", "jdaviz"])
def test_a_mosaic_is_whole_in_view_whatever_its_shape(
    kind: str, page: Page, page_report: Any, voila_server: ServerProcess, screenshots: Path
) -> None:
    open_and_click(page, voila_server.page_url(f"{kind}_framed.ipynb"))
    page.locator(CANVAS).first.wait_for()

    def is_whole(ny: int, nx: int) -> Callable[[np.ndarray], bool]:
        def judge(drawn: np.ndarray) -> bool:
            ratio, whole = frame_of(drawn)
            return whole and abs(ratio * nx / ny - 1) < 0.05

        return judge

    tall, wide = is_whole(900, 300), is_whole(260, 1000)
    settled(page, lambda: picture(page), is_wanted=tall, because="the tall image was cut")
    let_pass(page, 2.5)
    assert tall(picture(page)), "it stays whole when all has found its size"
    page.get_by_role("button", name="Wide").click()
    settled(page, lambda: picture(page), is_wanted=wide, because="the wide image was cut")
    let_pass(page, 2.5)
    page.screenshot(path=screenshots / f"framed_{kind}.png")
    assert wide(picture(page))
    page_report.assert_clean()


def test_the_first_page_leads_to_a_dashboard(
    page: Page, page_report: Any, voila_server: ServerProcess, screenshots: Path
) -> None:
    page.goto(voila_server.url)
    assert page.get_by_role("heading", name="Twenty widgets").is_visible()
    page.screenshot(path=screenshots / "index.png")
    page.get_by_text("A page to measure with.").click()
    page.get_by_role("button", name="Press me").wait_for()
    assert page.title() == "Twenty widgets"
    page_report.assert_clean()


def test_a_cold_page_answers(
    page: Page, page_report: Any, voila_server: ServerProcess, stopwatch: Any, screenshots: Path
) -> None:
    with stopwatch("first click answered, cold"):
        open_and_click(page, voila_server.page_url("simple.ipynb"))
    page.locator("#loading").wait_for(state="detached")
    page.screenshot(path=screenshots / "simple.png")
    page_report.assert_clean()


def test_a_page_shows_the_last_of_six_thousand_messages(
    page: Page, page_report: Any, voila_server: ServerProcess
) -> None:
    open_and_click(page, voila_server.page_url("burst.ipynb"))
    page.get_by_role("button", name="Burst").click()
    page.wait_for_function("[...document.querySelectorAll('.number')].every(one => one.innerText === '300')")
    page_report.assert_clean()


@pytest.mark.parametrize("kind", ["light", "jdaviz"])
def test_a_viewer_draws_and_blinks(
    kind: str,
    page: Page,
    page_report: Any,
    voila_server: ServerProcess,
    stopwatch: Any,
    screenshots: Path,
) -> None:
    open_and_click(page, voila_server.page_url(f"{kind}.ipynb"))
    with stopwatch(f"{kind} viewer with its image, after the first click"):
        page.locator(CANVAS).first.wait_for()
        wait_until(page, lambda: halves(page)[1] > halves(page)[0] + 30, "the image was never drawn")
    page.screenshot(path=screenshots / f"viewer_{kind}.png")
    page.get_by_role("button", name="Blink now").click()
    wait_until(page, lambda: halves(page)[0] > halves(page)[1] + 30, "the other image was never drawn")
    page_report.assert_clean()


def test_ten_reloads_leave_one_kernel(
    page: Page, dashboards: Path, serve_folder: Any, kernel_count: Any, settle: Any
) -> None:
    # of its own: kernels of pages that other tests closed end in the middle of this one
    server = serve_folder(dashboards)
    assert kernel_count(server) == 0
    open_and_click(page, server.page_url("simple.ipynb"))
    for _ in range(10):
        page.reload(wait_until="commit")
        page.get_by_role("button", name="Press me").wait_for()
    settle(lambda: kernel_count(server) == 1, because="kernels of left pages still run")
    assert server.status()["connected"] == 1
    page.close(run_before_unload=True)
    settle(lambda: kernel_count(server) == 0, because="a closed page left its kernel")


def test_preheated_pages_answer_and_leave_no_kernel(
    page: Page, page_report: Any, warm_server: ServerProcess, kernel_count: Any, settle: Any, stopwatch: Any
) -> None:
    warm_server.wait_until_warm(timeout=limit())
    with stopwatch("first click answered, preheated"):
        open_and_click(page, warm_server.page_url("simple.ipynb"))
    for _ in range(2):
        warm_server.wait_until_warm(timeout=limit())
        page.reload(wait_until="commit")
        page.get_by_role("button", name="Press me").wait_for()
    warm_server.wait_until_warm(timeout=limit())
    settle(
        lambda: kernel_count(warm_server) == 2, because="one kernel for the page, one waiting, and no other"
    )
    assert warm_server.status() == {"kernels": 2, "connected": 1, "warm": 1}
    page_report.assert_clean()


def test_a_lost_kernel_is_said(page: Page, voila_server: ServerProcess, screenshots: Path) -> None:
    known = {child.pid for child in psutil.Process(voila_server.pid).children(recursive=True)}
    open_and_click(page, voila_server.page_url("simple.ipynb"))
    kernels = [
        child
        for child in psutil.Process(voila_server.pid).children(recursive=True)
        if child.pid not in known and "miri_widgets.serve.page_ipykernel" in " ".join(child.cmdline())
    ]
    assert len(kernels) == 1
    os.kill(kernels[0].pid, signal.SIGKILL)
    banner = page.locator("#mw-lost")
    banner.wait_for(state="visible")
    assert "Your jobs continue" in banner.inner_text()
    page.screenshot(path=screenshots / "lost_kernel.png")


def test_a_lost_server_is_said(
    page: Page, dashboards: Path, serve_folder: Callable[..., ServerProcess], screenshots: Path
) -> None:
    server = serve_folder(dashboards)
    open_and_click(page, server.page_url("simple.ipynb"))
    server.close()
    banner = page.locator("#mw-lost")
    banner.wait_for(state="visible")
    assert "Connection lost" in banner.inner_text()
    page.screenshot(path=screenshots / "lost_server.png")
