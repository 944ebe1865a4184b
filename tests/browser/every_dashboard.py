"""
Click through every dashboard, in Chromium, through Voila and in JupyterLab: from the first page to the products.

``make dashboards``, or ``python tests/browser/every_dashboard.py [NAME ...] [--host voila|lab|both]``. It is heavy: the
real pipeline reduces the simulated twin of every program. Data go to MIRI_WIDGETS_DATA, else to
``build/dashboards/data``; pictures, and the table of clicks, seconds, errors and products, to ``build/dashboards``.
A dashboard that fails is written down, and the others go on; the exit code is 1 then.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import sys
import time
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path

from chromium import CHROMIUM_FLAGS, PageReport, find_chromium
from lab import run_lab
from pace import use_limits
from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import Page, ViewportSize, sync_playwright
from tours import Hand, engines_of, tour_of

from miri_widgets.serve import start_server

ROOT = Path(__file__).resolve().parents[2]
OUT = ROOT / "build" / "dashboards"
HOSTS = ("voila", "lab")
SCREENS: dict[str, ViewportSize] = {
    "voila": {"width": 1440, "height": 900},
    "lab": {"width": 1920, "height": 1200},
}
MINUTES = 60_000


@dataclass
class DriveResult:
    """What one dashboard did on one host."""

    dashboard: str
    host: str
    clicks: int = 0
    seconds: float = 0.0
    console_errors: list[str] = field(default_factory=list)
    external_requests: list[str] = field(default_factory=list)
    products: str = ""
    note: str = ""
    fault: str = ""
    steps: list[str] = field(default_factory=list)

    @property
    def good(self) -> bool:
        """Whether all went well."""
        return not (self.fault or self.console_errors or self.external_requests)


def main(arguments: Sequence[str] | None = None) -> int:
    """Drive the chosen dashboards; 1 when any failed."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    names = sorted(path.stem for path in (ROOT / "dashboards").glob("*.ipynb"))
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(names)}; all by default")
    parser.add_argument("--host", choices=(*HOSTS, "both"), default="both")
    parser.add_argument("--minutes", type=float, default=60.0, help="patience with one dashboard on one host")
    options = parser.parse_args(arguments)
    if unknown := sorted(set(options.names) - set(names)):
        parser.error(f"there is no dashboard {', '.join(unknown)}: choose of {', '.join(names)}")
    hosts = HOSTS if options.host == "both" else (options.host,)
    # who ends this script ends its servers, too
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    # servers, kernels and engines inherit it
    os.environ.setdefault("MIRI_WIDGETS_DATA", str(OUT / "data"))
    pages = copy_of_dashboards()
    outcomes = []
    for name in options.names or names:
        for host in hosts:
            print(f"{name} in {host} ...", flush=True)
            outcomes.append(drive(name, host, pages, options.minutes * MINUTES))
            last = outcomes[-1]
            print(
                f"  {'well' if last.good else 'FAILED'}: {last.clicks} clicks, {last.seconds:.0f} s, {last.products} {last.fault}"
            )
            write(outcomes)
    return int(not all(one.good for one in outcomes))


def copy_of_dashboards() -> Path:
    """Copy the notebooks: no real data lie beside the copy, so that twins stand in, and no notebook is changed."""
    pages = OUT / "pages"
    shutil.rmtree(pages, ignore_errors=True)
    shutil.copytree(ROOT / "dashboards", pages)
    return pages


def drive(name: str, host: str, pages: Path, patience: float) -> DriveResult:
    """Click through one dashboard on one host; whatever goes wrong is in the outcome."""
    outcome, report, began = DriveResult(name, host), PageReport(), time.monotonic()
    tour = tour_of(name, pages)
    hand = Hand(patience)
    try:
        outcome.note = tour.prepare()
        with a_page(host, name, pages, hand, report) as page:
            began = time.monotonic()
            try:
                open_page(page, host, name, hand)
                tour.go(page, hand)
                outcome.products = tour.products()
                page.wait_for_timeout(6000)  # the viewer draws
            finally:
                outcome.seconds = time.monotonic() - began
                with suppress(PlaywrightError):  # the page is gone: what ended it is told
                    page.screenshot(path=OUT / f"{name}_{host}.png", full_page=host == "voila")
    except Exception as error:
        outcome.fault = " ".join(str(error).split())[:500] or type(error).__name__
        traceback.print_exc(limit=-4)
    finally:
        for engine in engines_of(tour):
            engine.shutdown()
    outcome.clicks, outcome.steps = hand.clicks, hand.steps
    outcome.console_errors, outcome.external_requests = report.console_errors, report.external
    return outcome


@contextmanager
def a_page(host: str, name: str, pages: Path, hand: Hand, report: PageReport) -> Iterator[Page]:
    """Give a page of a browser of its own before a server of its own; both end, with their kernels."""
    path = find_chromium()
    if path is None:
        raise RuntimeError("There is no Chromium: install one, or name it in MIRI_WIDGETS_CHROMIUM.")
    with a_server(host, pages) as url, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=CHROMIUM_FLAGS)
        try:
            page = browser.new_page(viewport=SCREENS[host])
            use_limits(page)
            report.watch(page)
            page.goto(url if host == "voila" else f"{url}/lab/tree/{name}.ipynb", wait_until="commit")
            yield page
            page.close(run_before_unload=host == "voila")
        finally:
            browser.close()


@contextmanager
def a_server(host: str, pages: Path) -> Iterator[str]:
    if host == "lab":
        with run_lab(pages) as lab:
            yield lab.url
        return
    with start_server(pages) as server:
        yield server.url


def open_page(page: Page, host: str, name: str, hand: Hand) -> None:
    """Choose the dashboard on the first page, or run its notebook."""
    if host == "voila":
        hand.click(page.locator(f'a.mw-card[href$="/{name}.ipynb"]'), f"card {name}")
        return
    page.locator(".jp-Notebook .jp-Cell").first.wait_for()
    page.get_by_text("Python 3 (ipykernel) | Idle").wait_for()
    news = page.get_by_role("button", name="No", exact=True)
    if news.count():  # JupyterLab asks whether it may fetch news
        news.first.click()
    hand.click(page.get_by_role("menuitem", name="Run", exact=True), "menu Run")
    hand.click(page.locator('.lm-Menu-item[data-command="runmenu:run-all"]'), "Run All Cells")


def write(outcomes: Sequence[DriveResult]) -> None:
    """Write the table, as JSON and as Markdown."""
    OUT.mkdir(parents=True, exist_ok=True)
    (OUT / "every_dashboard.json").write_text(json.dumps([asdict(one) for one in outcomes], indent=1) + "\n")
    lines = [
        "| dashboard | host | clicks | seconds | console errors | external requests | products | note |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for one in outcomes:
        fault = f"FAILED: {one.fault}" if one.fault else ""
        note = "; ".join(part for part in (fault, one.note) if part).replace("|", "/")
        lines.append(
            f"| {one.dashboard} | {one.host} | {one.clicks} | {one.seconds:.0f} | {len(one.console_errors)} "
            f"| {len(one.external_requests)} | {one.products} | {note} |"
        )
    lines += ["", *(f"* {one.dashboard}, {one.host}: {' → '.join(one.steps)}" for one in outcomes)]
    (OUT / "every_dashboard.md").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    sys.exit(main())
