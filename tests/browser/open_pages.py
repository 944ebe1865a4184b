"""
Open a page by the hundred beside other work, its kernel killed before half of the openings; say of each what came when.

``make pages N=200``, or ``python tests/browser/open_pages.py [N] [--busy 1] [--preheat] [--no-job]``. The page is the
dashboard of the simulated program "small" with its mosaic done; beside it a job reduces the same exposures in other
workspaces, again and again, and `--busy` processes do nothing but use a core. An opening is good when the viewer's image
is drawn within `--limit` seconds. A table goes to ``build/pages/openings.jsonl``, with what a page that failed showed,
what its browser complained about, what its kernel logged, and a picture. The exit code is 1 when any failed.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import psutil
from chromium import CHROMIUM_FLAGS, PAGE_STATE, PageReport, find_chromium
from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright
from playwright.sync_api import Error as PlaywrightError

from miri_widgets.run.engine import Engine
from miri_widgets.serve import ServerProcess, start_server
from miri_widgets.simulation.twins import ensure_twin

ROOT = Path(__file__).resolve().parents[2]
OUT = ROOT / "build" / "pages"
CANVAS = ".mw-viewer canvas"
STAGES = (
    ("html", "() => !!document.getElementById('rendered_cells')"),
    ("scripts", "() => !!(window.jupyterapp && window.jupyterapp.widgetManager)"),
    ("widgets", "() => !!document.querySelector('.mw-dashboard')"),
    ("placeholder", "() => !!document.querySelector('.mw-viewer')"),
    ("canvas", "() => !!document.querySelector('.mw-viewer canvas')"),
)
"""What a page shows, one after the other."""


@dataclass
class Opening:
    """What one opening of the page did."""

    number: int
    killed: bool
    load: float = 0.0
    seconds: dict[str, float] = field(default_factory=dict)
    image: float | None = None
    waits_for: str = ""
    state: dict[str, Any] = field(default_factory=dict)
    console: list[str] = field(default_factory=list)


def main(arguments: Sequence[str] | None = None) -> int:
    """Open pages; 1 when an image did not come in time."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("pages", nargs="?", type=int, default=200)
    parser.add_argument("--busy", type=int, default=1, help="processes that use a core each")
    parser.add_argument("--no-job", action="store_true", help="no reduction beside the pages")
    parser.add_argument("--preheat", action="store_true", help="keep a kernel started")
    parser.add_argument("--limit", type=float, default=60.0, help="seconds for the image")
    parser.add_argument("--name", default="openings", help="name of the table")
    options = parser.parse_args(arguments)
    # who ends this script ends its servers, too
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    os.environ.setdefault("MIRI_WIDGETS_DATA", str(ROOT / "build" / "test-data"))
    OUT.mkdir(parents=True, exist_ok=True)
    table = OUT / f"{options.name}.jsonl"
    table.write_text("")
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="pages_")))
        program = write_program(folder, "small")
        reduce(program)
        stack.callback(Engine(folder / "small_workspace").shutdown)
        server = stack.enter_context(start_server(folder, preheat=options.preheat))
        browser = stack.enter_context(sync_playwright()).chromium.launch(
            executable_path=find_chromium(), args=CHROMIUM_FLAGS, headless=True
        )
        stack.callback(browser.close)
        for _ in range(options.busy):
            stack.enter_context(process([sys.executable, "-c", "while True: pass"]))
        if not options.no_job:
            stack.enter_context(process([sys.executable, __file__, "--jobs-for-ever", str(folder)]))
        outcomes = []
        for number in range(options.pages):
            with open_page(browser, server, number, killed=number % 2 == 1, limit=options.limit) as outcome:
                outcomes.append(outcome)
            with table.open("a") as stream:
                stream.write(json.dumps(asdict(outcome)) + "\n")
            print(line(outcome), flush=True)
            if outcome.image is None:
                (OUT / f"{options.name}_{number}.log").write_text(server.log)
    return summary(outcomes)


def write_program(folder: Path, name: str) -> Path:
    """Write the notebook and the program "small", with a workspace of its own; return the program's file."""
    ensure_twin("small", processes=1)
    text = (ROOT / "dashboards" / "demo.ipynb").read_text()
    (folder / f"{name}.ipynb").write_text(text.replace("demo.toml", f"{name}.toml"))
    path = folder / f"{name}.toml"
    path.write_text(
        f'title = "Opened often"\nsimulated = "small"\nworkspace = "{folder / f"{name}_workspace"}"\n'
    )
    return path


def reduce(program: Path) -> None:
    """Reduce a program to its mosaic."""
    subprocess.run(
        [
            sys.executable,
            "-c",
            "from miri_widgets.cli import main; raise SystemExit(main())",
            "run",
            str(program),
        ],
        check=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def jobs_for_ever(folder: Path) -> None:
    """Reduce the exposures again and again, each time from nothing."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    beside = folder / "beside"
    while True:
        beside.mkdir(exist_ok=True)
        program = write_program(beside, "job")
        try:
            reduce(program)
        finally:
            Engine(beside / "job_workspace").shutdown()
        shutil.rmtree(beside / "job_workspace", ignore_errors=True)


@contextmanager
def process(command: Sequence[str]) -> Iterator[None]:
    """Run a process beside the pages; it ends with the block."""
    started = subprocess.Popen(command, start_new_session=True)
    try:
        yield
    finally:
        children = psutil.Process(started.pid).children(recursive=True)
        started.terminate()
        with suppress(subprocess.TimeoutExpired):
            started.wait(20)
        for each in children:
            with suppress(psutil.Error):
                each.terminate()
        if started.poll() is None:
            started.kill()


@contextmanager
def open_page(
    browser: Browser, server: ServerProcess, number: int, *, killed: bool, limit: float
) -> Iterator[Opening]:
    """
    Open the page and follow it to its image; yields what came.

    Before a `killed` opening the kernels of the server are killed, while the page before is still open.
    """
    outcome = Opening(number, killed, load=os.getloadavg()[0])
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    page = context.new_page()
    report = PageReport()
    report.watch(page)
    page.on("console", lambda message: outcome.console.append(f"{message.type}: {message.text}"[:400]))
    began = time.monotonic()
    page.goto(server.page_url("small.ipynb"), wait_until="commit")
    try:
        for name, condition in STAGES:
            outcome.waits_for = name
            left = limit - (time.monotonic() - began)
            page.wait_for_function(condition, timeout=max(left, 0.1) * 1000, polling=100)
            outcome.seconds[name] = round(time.monotonic() - began, 1)
        outcome.waits_for = "image"
        while not has_image(page):
            if time.monotonic() - began > limit:
                raise TimeoutError("no image")
            time.sleep(0.2)
        outcome.image, outcome.waits_for = round(time.monotonic() - began, 1), ""
        outcome.console = []
    except (PlaywrightError, TimeoutError):
        with suppress(PlaywrightError):
            outcome.state = page.evaluate(PAGE_STATE)
            page.screenshot(path=OUT / f"failed_{number}.png")
    yield outcome
    kill = number % 2 == 0
    if kill:  # before the next opening; a page that is gone says nothing
        for kernel in kernels(server):
            with suppress(psutil.Error):
                kernel.send_signal(signal.SIGKILL)
    page.close(run_before_unload=not kill)
    context.close()


def has_image(page: Page) -> bool:
    """Tell whether the viewer draws more than one colour in its middle."""
    try:
        box = page.locator(CANVAS).first.bounding_box(timeout=1000)
        if box is None or box["width"] < 200:
            return False
        clip = {
            "x": box["x"] + 0.3 * box["width"],
            "y": box["y"] + 0.3 * box["height"],
            "width": 0.4 * box["width"],
            "height": 0.4 * box["height"],
        }
        grey = np.asarray(Image.open(io.BytesIO(page.screenshot(clip=clip))).convert("L"), float)
    except PlaywrightError:
        return False
    return bool(grey.std() > 2)


def kernels(server: ServerProcess) -> list[psutil.Process]:
    """Return the kernel processes of a server."""
    children = psutil.Process(server.pid).children(recursive=True)
    return [child for child in children if any("ipykernel" in part for part in child.cmdline())]


def line(outcome: Opening) -> str:
    """Return one line on an opening."""
    came = f"image {outcome.image:5.1f} s" if outcome.image is not None else f"NO {outcome.waits_for}"
    steps = " ".join(f"{name} {seconds:.1f}" for name, seconds in outcome.seconds.items())
    killed = "after a kill" if outcome.killed else "            "
    return f"{outcome.number:4d} {killed} load {outcome.load:4.1f}  {came}  ({steps}) {outcome.state or ''}"


def summary(outcomes: Sequence[Opening]) -> int:
    """Print how many images came, and how soon; return 1 when any did not."""
    times = np.array([each.image for each in outcomes if each.image is not None])
    print(f"{times.size} of {len(outcomes)} openings brought the viewer with its image", end="")
    if times.size:
        print(f": median {np.median(times):.1f} s, longest {times.max():.1f} s", end="")
    print(".")
    return int(times.size < len(outcomes))


if __name__ == "__main__":
    if sys.argv[1:2] == ["--jobs-for-ever"]:
        jobs_for_ever(Path(sys.argv[2]))
    sys.exit(main())
