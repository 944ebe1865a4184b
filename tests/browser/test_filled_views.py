"""What only products fill, for eyes, ears and keys: catalogue, preview, comparison, flags, regions, shifts, opener."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

sys.path.insert(0, str(Path(__file__).parent))

import views_page

from .axe import darken, findings, walk, without_keys
from .pace import use_limits
from .tool_menus import open_tool
from .waits import at_rest


@pytest.fixture(scope="module")
def served(
    tmp_path_factory: Any, make_dashboard: Callable[..., Path], serve_folder: Callable[..., Any]
) -> Any:
    """A program whose stages have run, and what stands without a program."""
    folder = tmp_path_factory.mktemp("views")
    views_page.write_pixels(folder / "pixels")
    for name in ("pixels", "apart"):
        make_dashboard(folder / "pages", f"{name}.ipynb", [views_page.cell(folder / name, name)], title=name)
    return serve_folder(folder / "pages")


@pytest.fixture(scope="module")
def opened(
    served: Any, browser: Browser, browser_context_args: dict[str, Any]
) -> Iterator[Callable[[str], Page]]:
    """Open a page, each once."""
    # tall: what is seen is in one picture
    context = browser.new_context(**{**browser_context_args, "viewport": {"width": 1440, "height": 1500}})
    use_limits(context)
    pages: dict[str, Page] = {}

    def get(name: str) -> Page:
        if name not in pages:
            pages[name] = context.new_page()
            pages[name].goto(served.page_url(f"{name}.ipynb"), wait_until="commit")
        return pages[name]

    yield get
    context.close()


class Seen:
    """What is found of a page, view by view."""

    def __init__(self, page: Page, screenshots: Path) -> None:
        self.page, self.folder = page, screenshots
        self.found: list[str] = []

    def look(self, name: str, within: str = ".mw-app") -> None:
        """Look at a view: axe, what only a mouse can use, and a picture."""
        at_rest(self.page)
        told = findings(self.page, within) + [f"no key: {one}" for one in without_keys(self.page, within)]
        self.found += [f"{name}: {one}" for one in told]
        self.page.locator(within).first.scroll_into_view_if_needed()
        self.page.screenshot(path=self.folder / f"view_{name}.png", full_page=True)


def tab(page: Page, within: str, name: str) -> None:
    """Bring a view to the front."""
    page.locator(f"{within} [data-tab={name}]").first.click()


def test_views_beside_pixels(opened: Callable[[str], Page], screenshots: Path) -> None:
    page = opened("pixels")
    seen = Seen(page, screenshots)
    expect(page.locator(".mw-looks button").first).to_be_enabled()
    page.keyboard.press("f")
    open_tool(page, "flags", key="Enter")
    expect(page.get_by_role("button", name="Hide flags")).to_be_visible()
    expect(page.locator(".mw-flag").first).to_be_visible()
    open_tool(page, "regions", key="Enter")
    expect(page.locator(".mw-regions tbody tr")).to_have_count(1)
    page.locator(".mw-regions tbody tr").press("Space")
    expect(page.locator(".mw-regions").get_by_role("button", name="Remove")).to_be_enabled()
    page.locator(".mw-regions tbody").get_by_role("button", name="Show").press("Enter")
    page.keyboard.press("b")
    expect(page.locator(".mw-compare")).to_contain_text("median")
    open_tool(page, "flags", key="Enter")
    dead = page.get_by_role("checkbox", name="DEAD")
    dead.press("Space")
    expect(dead).to_be_checked()
    seen.look("flags", ".mw-right")
    open_tool(page, "range", key="Enter")
    page.get_by_role("group", name="Ranges of this program").get_by_role("button").first.press("Space")
    seen.look("range", ".mw-right")

    tab(page, ".mw-tabs-steps", "areas")
    page.get_by_role("button", name="Preview", exact=True).press("Enter")
    expect(page.locator(".mw-preview")).to_contain_text("computed in")
    page.locator(".mw-preview").get_by_role("button", name="Difference").press("Space")
    expect(page.locator(".mw-viewer-strip")).to_contain_text("Preview: difference")
    seen.look("preview", ".mw-dashboard")
    tab(page, ".mw-tabs-steps", "image3")
    tab(page, ".mw-left .mw-panel", "sources")
    rows = page.locator(".mw-sources tbody tr")
    expect(rows).to_have_count(5)
    rows.first.press("ArrowDown")
    page.keyboard.press("Space")
    expect(rows.nth(1)).to_have_attribute("aria-selected", "true")
    seen.look("sources", ".mw-dashboard")
    tab(page, ".mw-tabs-steps", "contact_sheet")
    expect(page.locator(".mw-card img")).to_have_count(4)
    for key in ("o", "s", "r"):
        page.keyboard.press(key)
    seen.look("contact", ".mw-dashboard")
    tab(page, ".mw-tabs-steps", "program")
    page.get_by_role("button", name="Report", exact=True).press("Enter")
    expect(page.get_by_role("link", name="Save")).to_be_visible()
    page.get_by_role("button", name="Preview", exact=True).press("Enter")
    expect(page.locator(".mw-report iframe")).to_be_visible()
    seen.look("report", ".mw-dashboard")
    report = page.context.new_page()
    report.goto(Path(page.locator(".mw-report code").first.inner_text()).as_uri())
    seen.found += findings(report)
    report.close()
    assert seen.found == [], "\n".join(seen.found)


def test_views_without_a_program(opened: Callable[[str], Page], screenshots: Path) -> None:
    page = opened("apart")
    seen = Seen(page, screenshots)
    differences = page.locator(".view-differences .mw-differences")
    expect(differences.locator(".mw-table tbody tr").first).to_be_visible()
    seen.look("differences", ".view-differences")
    expect(page.locator(".view-catalog tbody tr")).to_have_count(5)
    seen.look("catalog", ".view-catalog")
    seen.look("field", ".view-field")
    for name in ("time", "offsets", "residuals", "stars", "groups", "sky"):
        tab(page, ".view-field .mw-shifts", name)
        seen.look(f"shifts_{name}", ".view-field .mw-shifts")
    seen.look("table", ".view-table")
    seen.look("folder", ".view-opener")
    tab(page, ".view-opener", "archive")
    expect(page.locator(".view-opener .mw-archive")).to_be_visible()
    seen.look("archive", ".view-opener")
    assert seen.found == [], "\n".join(seen.found)


def test_dark_colours(opened: Callable[[str], Page], served: Any, screenshots: Path) -> None:
    page = opened("pixels")
    darken(page, served)
    seen = Seen(page, screenshots)
    tab(page, ".mw-tabs-steps", "contact_sheet")
    page.locator(".mw-sheet").press("Home")
    page.locator(".mw-sheet").press("1")
    page.locator(".mw-sheet").press("Enter")
    expect(page.locator("[data-tool=flags] > button")).to_have_class(re.compile("mw-active"))
    seen.look("dark_contact", ".mw-dashboard")
    tab(page, ".mw-tabs-steps", "areas")
    page.get_by_role("button", name="Preview", exact=True).press("Enter")
    expect(page.locator(".mw-preview")).to_contain_text("computed in")
    seen.look("dark_preview", ".mw-dashboard")
    page = seen.page = opened("apart")
    darken(page, served)
    seen.look("dark_apart", "#rendered_cells")
    assert seen.found == [], "\n".join(seen.found)


def test_the_tab_key_stops_at_all_of_them(opened: Callable[[str], Page]) -> None:
    for name in ("pixels", "apart"):
        page = opened(name)
        page.bring_to_front()
        page.locator(".mw-home").focus()
        stops = walk(page, 400)
        ours = [one for one in stops if one["ours"]]
        assert len(ours) > 30, "the controls of the views"
        assert [one for one in ours if not (one["seen"] and one["words"])] == []


def test_login_and_pages_that_are_not_there(
    tmp_path: Path, served: Any, serve_folder: Callable[..., Any], page: Page, screenshots: Path
) -> None:
    server = serve_folder(tmp_path, token="secret")
    for name, url in (("login", server.url), ("missing", f"{served.url}nowhere")):
        page.goto(url)
        assert findings(page) == []
        page.screenshot(path=screenshots / f"view_{name}.png")
