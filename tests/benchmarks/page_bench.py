"""The demo page in a real Chromium: how soon it answers, cold, preheated, during a job, after a kill."""

from __future__ import annotations

import shutil
import signal
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
from playwright.sync_api import Browser, Page, sync_playwright

from miri_widgets.cli.headless import wait_for_job
from miri_widgets.products.program import Program, load_program
from miri_widgets.run.engine import Engine
from miri_widgets.run.reduction import Reduction
from miri_widgets.serve import ServerProcess, start_server
from miri_widgets.simulation.twins import ensure_twin

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tests" / "browser"))

from get_chromium import present  # noqa: E402 - a script beside the browser tests

FLAGS = [
    "--no-sandbox", "--disable-gpu", "--use-angle=swiftshader", "--enable-unsafe-swiftshader", "--disable-quic",
    "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
SAMPLES = 3
CLICKS = 12
PATIENCE = 90_000


def dashboards(folder: Path) -> dict[str, Program]:
    """Write the demo's page for the finished demo, and for a small program not yet run."""
    text = (ROOT / "dashboards" / "demo.ipynb").read_text()
    programs = {}
    for name, workspace in (("demo", ROOT / "build" / "science" / "demo"), ("small", folder / "workspace")):
        ensure_twin(name)
        path = folder / f"{name}.toml"
        path.write_text(f'title = "Bench"\nsimulated = "{name}"\nworkspace = "{workspace}"\n')
        (folder / f"{name}.ipynb").write_text(text.replace("demo.toml", path.name))
        programs[name] = load_program(path)
    return programs


@contextmanager
def opened(browser: Browser, url: str) -> Iterator[tuple[Page, float]]:
    """Open a page in a context of its own, so that nothing is cached; yields the page and the moment of the request."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    page = context.new_page()
    began = time.perf_counter()
    page.goto(url, wait_until="commit")
    yield page, began
    page.close(run_before_unload=True)
    context.close()


def answered(page: Page) -> None:
    """Click the tab of the first stage and wait for its panel, which only the kernel can bring."""
    page.get_by_role("tab").filter(has_text="Detector 1").click(timeout=PATIENCE)
    page.locator(".mw-left .mw-runbar").first.wait_for(timeout=PATIENCE)


def page_times(browser: Browser, server: ServerProcess, *, warm: bool) -> tuple[float, float]:
    """Return medians: seconds to the first answer, and from there to the viewer's first image."""
    firsts, viewers = [], []
    for _ in range(SAMPLES):
        if warm:
            server.wait_until_warm()
            # the notebook has run; the kernel goes on to import jdaviz, which takes both cores' time
            time.sleep(10.0)
        with opened(browser, server.page_url("demo.ipynb")) as (page, began):
            answered(page)
            first = time.perf_counter()
            page.locator(".mw-viewer canvas").first.wait_for(timeout=PATIENCE)
            drawn = time.perf_counter()
        firsts.append(first - began)
        viewers.append(drawn - first)
        time.sleep(2.0)
    return statistics.median(firsts), statistics.median(viewers)


def during_a_job(browser: Browser, server: ServerProcess, program: Program) -> dict[str, float]:
    """Measure clicks while a job runs; then kill the kernel and measure how soon the page is back."""
    url = server.page_url("small.ipynb")
    with opened(browser, url) as (page, _):
        page.get_by_role("button", name="Run all").click(timeout=PATIENCE)
        answered(page)
        page.locator(".mw-viewer canvas, .mw-viewer-strip").first.wait_for(timeout=PATIENCE)
        wait_for_work(program)
        server.wait_until_warm()
        times = []
        for index in range(CLICKS):
            title, mark = (("Program", ".mw-table"), ("Detector 1", ".mw-runbar"))[index % 2]
            began = time.perf_counter()
            page.get_by_role("tab").filter(has_text=title).click()
            page.locator(f".mw-left {mark}").first.wait_for(timeout=PATIENCE)
            times.append(1e3 * (time.perf_counter() - began))
            time.sleep(0.5)
        kernels = [
            child
            for child in psutil.Process(server.pid).children(recursive=True)
            if any("ipykernel" in part for part in child.cmdline())
        ]
        # the oldest is the page's; the other waits for the next visitor
        min(kernels, key=lambda kernel: kernel.create_time()).send_signal(signal.SIGKILL)
    with opened(browser, url) as (page, began):
        button = page.get_by_role("button", name="Cancel").first
        button.wait_for(timeout=PATIENCE)
        page.wait_for_function("button => !button.disabled", arg=button.element_handle(), timeout=PATIENCE)
        reopened = time.perf_counter() - began
        button.click()
    return {"page.click_during_job_ms": statistics.median(times), "page.reopen_after_kill_s": reopened}


def wait_for_work(program: Program) -> None:
    """Wait until a run is at work."""
    end = time.monotonic() + 120
    while not list((program.workspace / "runs").glob("*/*.partial")):
        if time.monotonic() > end:
            raise RuntimeError("the job never began")
        time.sleep(0.1)


def measure() -> dict[str, float | None]:
    """Return the figures of the page."""
    chromium = present()
    if chromium is None:
        return {"page.cold_s": None}
    folder = Path(tempfile.mkdtemp(prefix="miri-page-"))
    programs = dashboards(folder)
    reduction = Reduction(programs["demo"])
    wait_for_job(reduction, reduction.submit(), lambda line: print(line, file=sys.stderr))
    for program in programs.values():
        Engine(program.workspace).shutdown()
    values: dict[str, float | None] = {}
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
            with start_server(folder) as server:
                values["page.cold_s"], values["page.viewer_s"] = page_times(browser, server, warm=False)
            small = (folder / "small.ipynb").rename(folder / "small.later")
            with start_server(folder, preheat=True) as server:
                values["page.preheated_s"], _ = page_times(browser, server, warm=True)
            (folder / "demo.ipynb").unlink()
            small.rename(folder / "small.ipynb")
            # as `make demo` serves: with a kernel kept ready
            with start_server(folder, preheat=True) as server:
                server.wait_until_warm()
                values |= during_a_job(browser, server, programs["small"])
            browser.close()
    finally:
        Engine(programs["small"].workspace).shutdown()
        shutil.rmtree(folder, ignore_errors=True)
    return values


if __name__ == "__main__":
    print(measure())
