"""
Pictures of the demonstration for the gallery of the documentation: ``make picture``.

Simulates and reduces the program *cluster*, opens its page in Chromium, and writes small pictures to ``docs/gallery``.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from playwright.sync_api import Page, expect, sync_playwright

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "docs" / "_ext")]

from keep_pictures import keep  # noqa: E402

from miri_widgets.serve import start_server  # noqa: E402
from tests.browser.chromium import CHROMIUM_FLAGS, find_chromium  # noqa: E402
from tests.browser.waits import CANVAS, at_rest, settled  # noqa: E402

DATA = ROOT / "build" / "gallery"
MINUTE = 60_000


def main() -> None:
    """Take all pictures anew."""
    path = find_chromium()
    if path is None:
        raise SystemExit("There is no Chromium: install one, or name it in MIRI_WIDGETS_CHROMIUM.")
    os.environ["MIRI_WIDGETS_DATA"] = str(DATA)  # servers, kernels and engines inherit it
    subprocess.run(
        [sys.executable, "-m", "miri_widgets", "demo", "--program", "cluster", "--no-serve"], check=True
    )
    with start_server(ROOT / "dashboards") as server, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=CHROMIUM_FLAGS)
        page = browser.new_page(viewport={"width": 1440, "height": 900}, color_scheme="light")
        page.set_default_timeout(5 * MINUTE)
        page.goto(server.url)
        page.locator(".mw-card").first.wait_for()
        take(page, "first_page")
        page.goto(server.page_url("cluster.ipynb"), wait_until="commit")
        page.locator(".mw-tabs-steps [data-tab=composite]").wait_for()
        take_dashboard(page)
        browser.close()


def take_dashboard(page: Page) -> None:
    """Take the pictures of the dashboard; its run has ended."""
    step = page.locator(".mw-tabs-steps")
    step.locator("[data-tab=composite]").click()
    page.locator(".mw-composite-frame img").first.wait_for()
    take(page, "colour")
    shutil.copyfile(DATA / "docs_colour.png", ROOT / "dashboards" / "public" / "demo.png")
    step.locator("[data-tab=image3]").click()
    page.locator(CANVAS).first.wait_for()
    page.locator(".mw-left > .mw-body .mw-tabs-plain [data-tab=products]").first.click()
    expect(page.locator(".mw-left")).to_contain_text("_i2d.fits")
    settled(page)
    take(page, "mosaic")
    step.locator("[data-tab=detector1]").click()
    page.locator(".mw-left .mw-form").wait_for()
    settled(page)
    take(page, "screen")
    step.locator("[data-tab=contact_sheet]").click()
    page.locator(".mw-left img").first.wait_for()
    take(page, "contact_sheet")


def take(page: Page, name: str) -> None:
    """Take a picture, and keep a small copy of it for the documentation."""
    at_rest(page)
    source = DATA / f"docs_{name}.png"
    page.screenshot(path=source)
    target = keep(source, ROOT / "docs" / "gallery")
    print(f"{target.relative_to(ROOT)}: {target.stat().st_size // 1000} kB", flush=True)


if __name__ == "__main__":
    main()
