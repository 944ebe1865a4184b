"""How soon the first page lists the dashboards, and how a table of 400 exposures comes and answers."""

from __future__ import annotations

import os
import shutil
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from keys import Key

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tests" / "browser"))

import many_exposures  # noqa: E402 - a script beside this one
from notebook_files import write_dashboard  # noqa: E402 - beside the browser tests

KEYS = (
    Key("page.index_s", "s", at_most=2.0),
    Key("page.program_400_s", "s", at_most=2.0),
    Key("table.filter_400_ms", "ms", at_most=200.0),
    Key("table.sort_400_ms", "ms", at_most=200.0),
    Key("table.plain_filter_400_ms", "ms"),
)
COUNT = 400
REPEATS = 15
PATIENCE = 90_000

FILTER = """async ([selector, rows, words]) => {
  const field = document.querySelector(selector), body = document.querySelector(rows)
  const painted = () => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))
  const began = performance.now()
  const changed = new Promise(done => {
    const watch = new MutationObserver(() => { watch.disconnect(); done() })
    watch.observe(body, {childList: true, subtree: true, characterData: true})
  })
  field.value = words
  field.dispatchEvent(new Event('input', {bubbles: true}))
  await changed
  await painted()
  return performance.now() - began
}"""
"""Type into a field; milliseconds until the rows that it leaves are painted."""

SORT = """async () => {
  const head = [...document.querySelectorAll('.mw-program th button')].find(one => one.textContent.startsWith('Time'))
  const painted = () => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))
  const began = performance.now()
  head.click()
  await painted()
  return performance.now() - began
}"""


def index_seconds(browser: Any) -> float:
    """Return seconds from the first request to a new server until the list with its states is drawn."""
    from miri_widgets.serve import start_server

    folder = ROOT / "dashboards"
    count = len(list(folder.glob("*.ipynb")))
    with start_server(folder) as server:
        page = browser.new_context().new_page()
        began = time.perf_counter()
        page.goto(server.url, wait_until="commit")
        page.wait_for_function(
            "count => document.querySelectorAll('.mw-card .mw-state').length === count",
            arg=count,
            timeout=PATIENCE,
        )
        seconds = time.perf_counter() - began
        page.context.close()
    return seconds


def table_times(browser: Any, folder: Path) -> tuple[dict[str, float | None], list[str]]:
    """Open the program in a page that runs, filter and sort; then filter the plain table."""
    from miri_widgets.serve import start_server

    pages = folder / "pages"
    write_dashboard(pages, "many.ipynb", [many_exposures.cell(folder)], title="Many")
    write_dashboard(pages, "plain.ipynb", [many_exposures.cell(folder, plain=True)], title="Plain")
    with start_server(pages) as server:
        page = browser.new_context(viewport={"width": 1440, "height": 900}).new_page()
        began = time.perf_counter()
        page.goto(server.page_url("many.ipynb"), wait_until="commit")
        button = page.get_by_role("button", name="Open")
        button.wait_for(timeout=PATIENCE)
        page_there = time.perf_counter() - began
        time.sleep(2.0)  # scripts of the page settle: what is asked here is the table
        began = time.perf_counter()
        button.click()
        page.locator(".mw-program tr[data-row]").first.wait_for(timeout=PATIENCE)
        page.wait_for_function("document.querySelector('.mw-program').textContent.includes('400 exposures')")
        opened = time.perf_counter() - began
        page.locator(".mw-program .mw-mark[title*='not run']").first.wait_for(timeout=PATIENCE)
        states = time.perf_counter() - began
        time.sleep(2.0)
        filters = _filtered(page, ".mw-program .mw-search", ".mw-program tbody", ("f770w", "f1500w", ""))
        sorts = [page.evaluate(SORT) for _ in range(REPEATS)]
        page.context.close()
        page = browser.new_context(viewport={"width": 1440, "height": 900}).new_page()
        page.goto(server.page_url("plain.ipynb"), wait_until="commit")
        page.locator(".bench-plain tr").first.wait_for(timeout=PATIENCE)
        time.sleep(2.0)
        plain = _filtered(
            page, "input[placeholder='plain filter']", ".widget-html-content", ("f770w", "f1500w", "")
        )
        page.context.close()
    values: dict[str, float | None] = {
        "page.program_400_s": opened,
        "table.filter_400_ms": statistics.median(filters),
        "table.sort_400_ms": statistics.median(sorts),
        "table.plain_filter_400_ms": statistics.median(plain),
    }
    notes = [
        f"program of {COUNT}: from the click that opens the session (no index yet: all headers are read) to rows on the "
        f"screen {opened:.2f} s, to planned states {states:.2f} s; the page itself, from its request, {page_there:.2f} s "
        f"before; worst filter {max(filters):.0f} ms, worst sort {max(sorts):.0f} ms",
        "plain: an ipywidgets.HTML table made anew in the kernel for every letter, without states, choice or sorting",
    ]  # fmt: skip
    return values, notes


def _filtered(page: Any, field: str, rows: str, words: tuple[str, ...]) -> list[float]:
    return [page.evaluate(FILTER, [field, rows, words[place % len(words)]]) for place in range(REPEATS)]


def measure() -> tuple[dict[str, float | None], list[str]]:
    """Return the figures and what they mean."""
    from get_chromium import present
    from many_exposures import write
    from page_bench import FLAGS
    from playwright.sync_api import sync_playwright

    chromium = present()
    if chromium is None:
        return {"page.index_s": None}, ["there is no Chromium"]
    folder = Path(tempfile.mkdtemp(prefix="miri-table-"))
    try:
        write(folder, COUNT)
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
            index = index_seconds(browser)
            values, notes = table_times(browser, folder)
            browser.close()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return {"page.index_s": index, **values}, [*notes, f"load {os.getloadavg()[0]:.1f}"]


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parent))
    from tables import write as write_table

    raise SystemExit(int(write_table("table_bench", KEYS, *measure()) > 0))
