"""On small screens nothing that is read or pressed is cut: the actions of runs, the read-out of the viewer, its buttons."""

from __future__ import annotations

import itertools
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from playwright.sync_api import Page, expect

sys.path.insert(0, str(Path(__file__).parents[1]))

from look_pages import write_look, write_notebook

from .waits import CANVAS, at_rest, settled, wait_until

SIZES = ((1100, 800), (1280, 720), (1280, 800), (1440, 900))

ALONE = """
import numpy as np
from miri_widgets.viewer import make_viewer
viewer = make_viewer({kind!r}, height="460px")
viewer.show(np.arange(4096.0).reshape(64, 64), label="a ramp")
viewer.widget
"""

CUT = """box => {
  const frame = box.getBoundingClientRect(), cut = []
  for (const one of box.querySelectorAll('button, .mw-chip')) {
    if (!one.offsetWidth) continue
    const place = one.getBoundingClientRect()
    if (place.left < frame.left || place.right > frame.right + .5) cut.push(one.textContent.trim())
  }
  return {wide: box.scrollWidth - box.clientWidth, cut: cut, actions: box.querySelectorAll('td .mw-link').length}
}"""
"""What of a table is outside its box, and by how much its content is wider."""

READ_OUT = """more => {
  const bar = document.querySelector('.mw-viewer header.v-app-bar'), table = bar.querySelector('table')
  if (more && !table.dataset.more) { table.rows[0].cells[0].append(more); table.dataset.more = 'yes' }
  const frame = bar.getBoundingClientRect(), cut = []
  const others = [...bar.querySelectorAll('.v-btn, .app-bar-right')].filter(one => one.offsetWidth)
    .map(one => one.getBoundingClientRect())
  const texts = document.createTreeWalker(table, NodeFilter.SHOW_TEXT)
  while (texts.nextNode()) {
    if (!texts.currentNode.textContent.trim()) continue
    const range = document.createRange()
    range.selectNodeContents(texts.currentNode)
    for (const at of range.getClientRects()) {
      const under = others.some(one => one.left < at.right - 1 && at.left + 1 < one.right)
      if (under || at.right > frame.right || at.bottom > frame.bottom + 1 || at.top < frame.top - 1)
        cut.push(texts.currentNode.textContent)
    }
  }
  return {cut: cut, words: table.innerText}
}"""
"""What of jdaviz's read-out is cut or lies under a button; `more` is added to its first line."""


@pytest.fixture(scope="module")
def served(
    tmp_path_factory: Any,
    make_dashboard: Callable[..., Path],
    serve_folder: Callable[..., Any],
    trial: ModuleType,
) -> Any:
    """A dashboard with long names, one with jdaviz, and each viewer alone."""
    folder = tmp_path_factory.mktemp("clipping")
    pages = folder / "pages"
    make_dashboard(pages, "long.ipynb", [trial.cell(folder / "long", "long_names")], title="Long names")
    make_dashboard(pages, "sliders.ipynb", [trial.cell(folder / "sliders", "sliders")], title="Sliders")
    for kind in ("jdaviz", "light"):
        make_dashboard(pages, f"alone_{kind}.ipynb", [ALONE.format(kind=kind)], title=f"{kind} alone")
    write_look(folder, (256, 256))
    shows = "session.show(session.stages['areas'].products[0])"
    write_notebook(folder, "jdaviz.ipynb", "jdaviz", height="430px", more=shows)
    return serve_folder(pages)


def sized(page: Page) -> Any:
    """Give the page every size in turn."""
    for width, height in SIZES:
        page.set_viewport_size({"width": width, "height": height})
        at_rest(page)
        yield f"{width}x{height}"


def test_every_action_of_a_run_is_in_its_table(served: Any, page: Page, screenshots: Path) -> None:
    page.goto(served.page_url("long.ipynb"), wait_until="commit")
    page.locator(".mw-program tbody tr").first.wait_for()
    for stage in ("detector1", "image2", "image3"):
        page.locator(f".mw-tabs-steps [data-tab={stage}]").click()
        expect(page.locator(".mw-left .mw-panel-head h2").first).to_be_visible()
        page.locator(".mw-left > .mw-body .mw-tabs-plain [data-tab=runs]").first.click()
        table = page.locator(".mw-left .mw-runs .mw-table-scroll").first
        expect(table.locator("tbody tr").first).to_be_visible()
        if stage == "detector1":
            expect(table).to_contain_text("done, with steps left out")
            expect(table).to_contain_text("F1500W tile 1 dither 12")
        for size in sized(page):
            found = table.evaluate(CUT)
            assert found["cut"] == [] and found["wide"] <= 0, (stage, size, found)
            assert stage != "detector1" or found["actions"] >= 20, (
                "results are shown, logs read, runs cancelled"
            )
            chips = (
                "all => all.filter(one => one.scrollWidth > one.clientWidth + 1).map(one => one.textContent)"
            )
            assert table.locator(".mw-chip").evaluate_all(chips) == [], (stage, size, "a state is cut")
            table.scroll_into_view_if_needed()
            page.screenshot(path=screenshots / f"clipping_{stage}_{size}.png")
    for size in sized(page):
        viewer = page.locator(".mw-light-viewer").first
        wide = viewer.evaluate("box => box.scrollWidth - box.clientWidth")
        assert wide <= 0, size
        titles = "all => all.filter(one => one.scrollWidth > one.clientWidth + 1).map(one => one.textContent)"
        assert page.locator(".mw-tabs-steps .mw-tab-title").evaluate_all(titles) == [], size


SLIDERS = """() => [...document.querySelectorAll('.widget-readout')].filter(one => one.offsetWidth).map(one => {
  const handle = one.parentElement.querySelector('[aria-valuemax]')
  const most = String(Math.round(handle ? Number(handle.getAttribute('aria-valuemax')) : 0))
  const now = one.textContent, longest = now.length > most.length ? now : most
  one.textContent = longest
  const range = document.createRange()
  range.selectNodeContents(one)
  const text = range.getBoundingClientRect(), frame = one.getBoundingClientRect()
  const panel = one.closest('.mw-left').getBoundingClientRect()
  const found = {words: longest, most: most, wide: one.scrollWidth - one.clientWidth,
    cut: text.left < frame.left || text.right > frame.right || frame.right > panel.right + 1,
    handle: one.parentElement.querySelector('.noUi-target, .slider').offsetWidth}
  one.textContent = now
  return found
})"""
"""Every slider in view with the largest number that it can have."""


def test_every_slider_shows_its_largest_number(served: Any, page: Page, screenshots: Path) -> None:
    page.goto(served.page_url("sliders.ipynb"), wait_until="commit")
    page.locator(".mw-tabs-steps [role=tab]").first.wait_for()
    names = [str(one.get_attribute("data-tab")) for one in page.locator(".mw-tabs-steps [role=tab]").all()]
    seen = {}
    for name in names:
        if name in ("contact_sheet", "data"):
            continue  # no panel of a stage; they are opened by other tests, and have no sliders
        tab = page.locator(f".mw-tabs-steps [data-tab={name}]")
        tab.click()
        heading = page.locator(".mw-left > .mw-body > .mw-part .mw-panel-head h2").first
        expect(heading).to_contain_text(tab.locator(".mw-tab-title").inner_text())
        at_rest(page)
        if not page.locator(".mw-left .widget-readout").count():
            continue
        page.locator(".mw-left .widget-readout").first.scroll_into_view_if_needed()
        for size in sized(page):
            found = page.evaluate(SLIDERS)
            seen[name] = len(found)
            for slider in found:
                assert slider["wide"] <= 0 and not slider["cut"] and slider["handle"] > 60, (
                    name,
                    size,
                    slider,
                )
            page.screenshot(path=screenshots / f"clipping_sliders_{name}_{size}.png")
        if name == "showers":
            assert {slider["most"] for slider in found} == {"65535"}
    assert seen == {"showers": 2, "composite": 3}, (
        "integration and group, and how colours are made; a new one is measured here, too"
    )


def hover(page: Page, *parts: str) -> None:
    """Move over the image until the read-out has all of its parts."""
    box = page.locator(CANVAS).first.bounding_box()
    assert box is not None
    middle = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    steps = itertools.cycle(range(5))

    def has_read_out() -> bool:
        page.mouse.move(middle[0] + next(steps), middle[1])
        at_rest(page)
        table = page.locator(".mw-viewer header table")
        if table.count() == 0:
            return False
        words = table.first.inner_text()
        return all(part in words for part in parts)

    wait_until(page, has_read_out, "jdaviz reads nothing out")


@pytest.mark.parametrize("name", ["jdaviz", "alone_jdaviz"])
def test_the_read_out_of_jdaviz_is_whole_and_its_maximise_is_away(
    served: Any, page: Page, name: str, screenshots: Path
) -> None:
    page.goto(served.page_url(f"{name}.ipynb"), wait_until="commit")
    page.locator(CANVAS).first.wait_for()
    if name == "jdaviz":  # in a dashboard jdaviz's own bars are folded away
        page.locator("[data-tool=viewer-bars]").click()
    settled(page)
    for size in sized(page):
        page.locator(".mw-viewer header").first.scroll_into_view_if_needed()
        hover(page, "Pixel", "Value", *([] if name == "alone_jdaviz" else ["(ICRS)"]))
        found = page.evaluate(READ_OUT, "")
        assert found["cut"] == [], (size, found)
        assert "Pixel" in found["words"] and "Value" in found["words"]
        assert name == "alone_jdaviz" or "(ICRS)" in found["words"]
        page.screenshot(path=screenshots / f"clipping_{name}_{size}.png")
        longest = page.evaluate(READ_OUT, " MJy / sr (DQ: 1073741825)")
        assert longest["cut"] == [], (size, longest)
        page.mouse.move(0, 0)
        # the table may be gone already: jdaviz takes it away when the pointer leaves the image
        page.evaluate(
            "document.querySelectorAll('.mw-viewer header table').forEach(one => { one.dataset.more = '' })"
        )
    controls = page.locator(".mw-viewer .lm_maximise")
    assert controls.count() >= 1, "else this proves nothing"
    expect(controls.first).to_be_hidden()
    close = page.locator(".mw-viewer .lm_tab:only-child .lm_close_tab")
    assert close.count() >= 1
    expect(close.first).to_be_hidden()


def test_the_read_out_of_the_light_viewer_is_whole(served: Any, page: Page, screenshots: Path) -> None:
    page.goto(served.page_url("alone_light.ipynb"), wait_until="commit")
    page.locator(CANVAS).first.wait_for()
    settled(page)
    for size in sized(page):
        box = page.locator(CANVAS).first.bounding_box()
        assert box is not None
        page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        expect(page.locator(".mw-light-viewer code")).to_contain_text("x ")
        viewer = page.locator(".mw-light-viewer").first
        assert viewer.evaluate("box => box.scrollWidth - box.clientWidth") <= 0, size
        page.screenshot(path=screenshots / f"clipping_light_{size}.png")
