"""The dashboard with the real pipeline behind it: ramps become a mosaic, whatever dies on the way."""

from __future__ import annotations

import io
import json
import re
import shutil
import signal
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest
from astropy.io import fits
from PIL import Image
from playwright.sync_api import Locator, Page, expect

from miri_widgets.products.program import Program, load_program, save_program
from miri_widgets.run.engine import Engine
from miri_widgets.serve import ServerProcess

from .pace import REDUCTION, limit_ms
from .tool_menus import close_tool, open_tool
from .waits import CANVAS, at_rest, settled, wait_until

pytestmark = pytest.mark.pipeline

TITLE = "Simulated cluster"
STRETCH = {"function": "sqrt", "percentile": 97.0}
SHAPES = {"circle": "bqplot:truecircle", "rectangle": "bqplot:rectangle", "ellipse": "bqplot:ellipse"}
"""What the first of jdaviz' region tools draw, in the order of their menu, and the names of the tools."""


@dataclass
class Served:
    """A program on a page."""

    program: Program
    server: ServerProcess
    url: str


@pytest.fixture(scope="module")
def served(repository: Path, small_twin: Any, tmp_path_factory: Any, serve_folder: Callable[..., Any]) -> Any:
    """The demo's notebook, copied for the program "small" in a new workspace."""
    folder = tmp_path_factory.mktemp("dash")
    text = (repository / "dashboards" / "demo.ipynb").read_text()
    (folder / "small.ipynb").write_text(text.replace("demo.toml", "small.toml"))
    (folder / "small.toml").write_text(
        f'title = "{TITLE}"\nsimulated = "small"\nworkspace = "{folder / "workspace"}"\n'
    )
    server = serve_folder(folder)
    program = load_program(folder / "small.toml")
    yield Served(program, server, server.page_url("small.ipynb"))
    Engine(program.workspace).shutdown()


def stage(page: Page, title: str) -> Any:
    """Return the tab of a stage."""
    return page.get_by_role("tab").filter(has_text=title)


def kernels(server: ServerProcess) -> list[psutil.Process]:
    """Return the kernel processes of a server."""
    children = psutil.Process(server.pid).children(recursive=True)
    return [child for child in children if any("ipykernel" in part for part in child.cmdline())]


def pixels(folder: Path, pattern: str) -> dict[str, np.ndarray]:
    """Return the SCI arrays of products by file name."""
    found = {}
    for path in sorted((folder / "runs").glob(pattern)):
        found[path.name] = fits.getdata(path, "SCI")
    return found


def test_a_killed_kernel_loses_nothing(
    served: Served, page: Page, page_report: Any, screenshots: Path, stopwatch: Any
) -> None:
    """Run all by a click; kill the kernel in mid-run; the reopened page goes on to the mosaic."""
    served.program.workspace.mkdir(parents=True, exist_ok=True)
    # an earlier visit that ended with another stretch than the default
    session_file = served.program.workspace / "session.json"
    session_file.write_text(json.dumps({"version": 1, "view": {"stretch": STRETCH}}))
    page.goto(served.url, wait_until="commit")
    page.get_by_role("button", name="Run all").click()
    expect(stage(page, "Detector 1")).to_contain_text(re.compile(r"\d/\d"))
    partial = served.program.workspace / "runs" / "detector1"
    wait_until(page, lambda: any(partial.glob("*.partial")), "the run never began")
    page.screenshot(path=screenshots / "running.png")
    for kernel in kernels(served.server):
        kernel.send_signal(signal.SIGKILL)
    page.close()
    again = page.context.new_page()
    page_report.watch(again)
    with stopwatch("reopened with the state of the run"):
        again.goto(served.url, wait_until="commit")
        expect(again.get_by_role("button", name="Cancel").first).to_be_enabled()
    expect(stage(again, "Image 3")).to_contain_text("done", timeout=limit_ms(REDUCTION))
    again.locator(CANVAS).first.wait_for()
    expect(again.locator(".mw-viewer-strip")).to_contain_text("i2d")
    settled(again)
    again.screenshot(path=screenshots / "mosaic.png")
    for title in ("Detector 1", "Image 2", "Image 3", "Program"):
        stage(again, title).click()
        settled(again)
        again.screenshot(path=screenshots / f"panel_{title.lower().replace(' ', '')}.png")
    page_report.assert_clean()
    before = _look_closely(served, again, screenshots)
    for kernel in kernels(served.server):
        kernel.send_signal(signal.SIGKILL)
    again.close()
    _shows_the_same(served, page.context.new_page(), before, screenshots)


def _kept(workspace: Path) -> dict[str, Any]:
    """Return what the session file tells."""
    return json.loads((workspace / "session.json").read_text())


def _view(served: Served) -> dict[str, Any]:
    """Return what the session file tells of the viewer."""
    return _kept(served.program.workspace).get("view", {})


def _canvas(page: Page) -> np.ndarray:
    """Return the image in view as the browser draws it, without the edge where tools and compass lie."""
    box = page.locator(CANVAS).first.bounding_box()
    clip = {"x": box["x"] + 60, "y": box["y"] + 40, "width": box["width"] - 120, "height": box["height"] - 60}
    return np.asarray(Image.open(io.BytesIO(page.screenshot(clip=clip))).convert("L"), float)


def _look_closely(served: Served, page: Page, screenshots: Path) -> np.ndarray:
    """Choose an exposure on the map, zoom into its image, draw shapes and use them as a sky mask."""
    mosaic = _view(served)["front"]
    # where the outlines are drawn, whatever room the axes leave them
    page.locator(".mw-exposure-map .bqplot .flexline, .mw-exposure-map .bqplot path.line").first.wait_for()
    footprints = page.locator(".mw-exposure-map .bqplot path.line").first.bounding_box()
    page.mouse.click(footprints["x"] + footprints["width"] / 2, footprints["y"] + footprints["height"] / 2)
    expect(page.locator(".mw-viewer-strip")).to_contain_text("_cal.fits")
    expect(page.locator(".mw-program tr.mw-chosen")).to_have_count(1)
    settled(page, lambda: _canvas(page))
    wait_until(
        page,
        lambda: _view(served).get("front", mosaic) != mosaic and bool(_view(served).get("position")),
        "no place was written down",
    )
    box = page.locator(CANVAS).first.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    whole = _view(served)["position"]["width"]
    _tools(page).nth(1).click()
    _wait_for_tool(page, 1, "jdaviz:boxzoom")
    _drag(page, (x - 110, y - 60), (x + 110, y + 60))
    wait_until(page, lambda: _view(served)["position"]["width"] < 0.8 * whole, "the box did not come near")
    for number, (name, tool) in enumerate(SHAPES.items()):
        _draw(page, number, tool, x - 150 + 150 * number, y)
        wait_until(
            page,
            lambda number=number: len(_view(served).get("regions", ())) > number,
            f"the {name} was not read back",
        )
    assert [one["shape"] for one in _view(served)["regions"]] == list(SHAPES)
    assert _view(served)["position"]["width"] < 0.8 * whole
    open_tool(page, "regions")
    page.get_by_label("Name", exact=True).fill("my mask")
    page.get_by_role("button", name="Keep drawing").click()
    regions = page.locator(".mw-regions")
    expect(regions).to_contain_text("1 circle, 1 ellipse, 1 rectangle on the sky")
    regions.get_by_label("Use as").select_option("Sky: sky mask")
    regions.get_by_role("button", name="Use", exact=True).click()
    expect(regions).to_contain_text("takes no part yet")
    page.screenshot(path=screenshots / "regions.png", full_page=True)
    (kept,) = (served.program.workspace / "regions").glob("my_mask_*.reg")
    wait_until(
        page,
        lambda: (
            _kept(served.program.workspace).get("settings", {}).get("sky", {}).get("exclude_file")
            == str(kept)
        ),
        "the choice was not written down",
    )
    close_tool(page, "regions")
    page.mouse.move(5, 5)
    return settled(
        page, lambda: _canvas(page), is_wanted=lambda now: now.std() > 2, because="no image is drawn"
    )


def _tools(page: Page) -> Locator:
    """Return the buttons of jdaviz' tools: the second zooms into a box, the fourth draws."""
    return page.locator(".mw-viewer .v-btn-toggle .v-btn")


def _wait_for_tool(page: Page, place: int, name: str) -> None:
    """Wait until a tool is chosen, the kernel knows it, and the figure waits for the mouse."""
    expect(_tools(page).nth(place)).to_have_attribute("value", name)
    expect(_tools(page).nth(place)).to_have_class(re.compile("v-btn--active"))
    at_rest(page)
    expect(page.locator(".mw-viewer .bqplot .selector")).to_have_count(1)


def _draw(page: Page, number: int, tool: str, x: float, y: float) -> None:
    """Draw a shape with the mouse and jdaviz' tool for it."""
    at_rest(page)
    _tools(page).nth(3).click(button="right")
    page.locator(".v-menu__content:visible .v-list-item").nth(number).click()
    _wait_for_tool(page, 3, tool)
    _drag(page, (x, y), (x + 45, y + 30))


def _drag(page: Page, begin: tuple[float, float], end: tuple[float, float]) -> None:
    """Drag the mouse, in steps as a hand does."""
    page.mouse.move(*begin)
    page.mouse.down()
    page.mouse.move((begin[0] + end[0]) / 2, (begin[1] + end[1]) / 2, steps=4)
    page.mouse.move(*end, steps=4)
    page.mouse.up()


def _shows_the_same(served: Served, page: Page, before: np.ndarray, screenshots: Path) -> None:
    """A new kernel shows the same pixels at the same place and stretch, with the drawings and what was chosen."""
    told = _view(served)
    page.goto(served.url, wait_until="commit")
    page.locator(CANVAS).first.wait_for()
    seen: list[str] = []

    def is_same(now: np.ndarray) -> bool:
        page.screenshot(path=screenshots / "restored.png")
        mean = np.abs(now - before).mean() if now.shape == before.shape else np.nan
        seen.append(f"{mean:.1f} of 255, {now.shape}, {before.shape}")
        return bool(mean < 2)

    wait_until(page, lambda: is_same(_canvas(page)), lambda: f"another picture: {seen[-1]}")
    settled(page, lambda: _canvas(page), is_wanted=is_same, because="the picture did not stay")
    expect(page.locator(".mw-program tr.mw-chosen")).to_have_count(1)
    now = _view(served)
    assert now["front"] == told["front"] and now["stretch"] == told["stretch"]
    assert STRETCH.items() <= now["stretch"].items()
    assert now["position"]["width"] == pytest.approx(told["position"]["width"], rel=0.02)
    assert now["position"]["center"] == pytest.approx(told["position"]["center"], abs=3e-5)
    assert len(now["regions"]) == len(SHAPES)


def test_the_disturbed_run_equals_an_undisturbed_one(served: Served, tmp_path: Path) -> None:
    """The same program without a browser, in another workspace: the same keys and the same pixels."""
    from miri_widgets.cli.main import main

    other = tmp_path / "other"
    save_program(
        Program(**{**vars(served.program), "workspace": other, "crds_path": served.program.crds_path}),
        tmp_path / "small.toml",
    )
    try:
        assert main(["run", str(tmp_path / "small.toml")]) == 0
        for pattern in ("*/*/*_rate.fits", "*/*/*_cal.fits", "image3/*/*_i2d.fits"):
            left, right = pixels(served.program.workspace, pattern), pixels(other, pattern)
            assert left.keys() == right.keys()
            assert len(left) > 0
            for name, image in left.items():
                np.testing.assert_array_equal(image, right[name], err_msg=name)
        keys = [
            sorted(path.name for path in (root / "runs").glob("*/*") if path.is_dir())
            for root in (served.program.workspace, other)
        ]
        assert keys[0] == keys[1]
        assert main(["run", str(tmp_path / "small.toml")]) == 0  # nothing left to do
    finally:
        Engine(other).shutdown()
        shutil.rmtree(other, ignore_errors=True)


def test_jupyterlab_shows_the_same(
    served: Served, page: Page, page_report: Any, jupyter_lab: Callable[[Path], str], screenshots: Path
) -> None:
    """The same notebook, opened in JupyterLab and run there."""
    folder = Path(served.program.workspace).parent
    url = jupyter_lab(folder)
    page.goto(f"{url}/lab/tree/small.ipynb", wait_until="commit")
    page.locator(".jp-Notebook .jp-Cell").first.wait_for()
    page.get_by_text("Python 3 (ipykernel) | Idle").wait_for()
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.locator('.lm-Menu-item[data-command="runmenu:run-all"]').click()
    expect(stage(page, "Image 3")).to_contain_text("done")
    page.locator(CANVAS).first.wait_for()
    settled(page)
    page.screenshot(path=screenshots / "jupyterlab.png")
    assert page_report.external == []


def test_one_panel_alone(
    served: Served, page: Page, page_report: Any, make_dashboard: Any, screenshots: Path
) -> None:
    """A panel by itself in a notebook: its parameters and its finished runs."""
    folder = Path(served.program.workspace).parent
    make_dashboard(
        folder,
        "alone.ipynb",
        [
            "from miri_widgets.models import open_session\nfrom miri_widgets.panels import Detector1Panel",
            'Detector1Panel(open_session("small.toml"))',
        ],
        title="One panel",
    )
    page.goto(served.server.page_url("alone.ipynb"), wait_until="commit")
    expect(page.get_by_text("rejection threshold").first).to_be_visible()
    settled(page)
    page.screenshot(path=screenshots / "panel_alone.png")
    page_report.assert_clean()


def test_a_step_of_ours_is_previewed_run_and_proved(
    served: Served, page: Page, page_report: Any, screenshots: Path
) -> None:
    """Take a step into the chain, look at it before anything is written, run it, read its proof, go on."""
    # a copy: the finished runs are found there, too, and the other tests keep theirs
    folder = Path(served.program.workspace).parent
    workspace = folder / "steps_workspace"
    shutil.copytree(
        served.program.workspace, workspace, ignore=shutil.ignore_patterns("engine", "session.json")
    )
    (folder / "steps.ipynb").write_text(
        (folder / "small.ipynb").read_text().replace("small.toml", "steps.toml")
    )
    (folder / "steps.toml").write_text(
        (folder / "small.toml").read_text().replace(str(served.program.workspace), str(workspace))
        + 'name = "small"\n'
    )
    page.goto(served.server.page_url("steps.ipynb"), wait_until="commit")
    stage(page, "Program").click()
    page.get_by_text("Optional steps:").click()
    page.get_by_label("Stripes", exact=True).check()
    stage(page, "Stripes").click()
    page.get_by_role("button", name="Preview").click()
    preview = page.locator(".mw-preview")
    expect(preview).to_contain_text("nothing is written")
    expect(page.locator(".mw-viewer-strip")).to_contain_text("Preview: after")
    preview.get_by_role("button", name="Difference").click()
    expect(page.locator(".mw-viewer-strip")).to_contain_text("Preview: difference")
    page.get_by_role("tab").filter(has_text="Charts").click()
    expect(page.get_by_text("Medians of columns and rows")).to_be_visible()
    settled(page)
    page.screenshot(path=screenshots / "preview.png", full_page=True)
    assert not (workspace / "runs" / "stripes").exists(), "a preview writes nothing"
    page.locator(".mw-runbar").get_by_role("button", name="Run", exact=True).click()
    expect(stage(page, "Stripes")).to_contain_text("done", timeout=limit_ms(REDUCTION))
    assert len(list((workspace / "runs" / "stripes").glob("*/*_cal.fits"))) == 4
    page.get_by_role("tab").filter(has_text="Proof").click()
    expect(page.locator(".mw-proof")).to_contain_text("Fluxes of added sources")
    settled(page)
    page.screenshot(path=screenshots / "proof.png", full_page=True)
    expect(stage(page, "Image 3")).to_contain_text("out of date")
    page.get_by_role("button", name="Run all").click()
    expect(stage(page, "Image 3")).to_contain_text("done", timeout=limit_ms(REDUCTION))
    page_report.assert_clean()
    # a circle drawn with the mouse becomes a region on the sky, and a parameter
    expect(page.locator(".mw-viewer-strip")).to_contain_text("i2d")
    settled(page)  # a new image puts the tools back
    _tools(page).nth(3).click()
    _wait_for_tool(page, 3, SHAPES["circle"])
    canvas = page.locator(CANVAS).first.bounding_box()
    x, y = canvas["x"] + canvas["width"] / 2, canvas["y"] + canvas["height"] / 2
    _drag(page, (x, y), (x + 45, y + 30))
    wait_until(page, lambda: bool(_kept(workspace).get("view", {}).get("regions")), "the drag made no region")
    page.get_by_role("button", name="Use drawn regions").click()
    expect(page.locator(".mw-drawn").get_by_text("from stripes_exclude_file")).to_be_visible()
    page.screenshot(path=screenshots / "drawn.png", full_page=True)
    (drawn,) = (workspace / "regions").glob("stripes_exclude_file_*.reg")
    assert "icrs;circle(" in drawn.read_text()
    # jdaviz itself complains of widgets that it has closed while it makes a region
    assert page_report.external == []
    Engine(workspace).shutdown()
