"""Pictures of every panel, for the documentation: ``make pictures``."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from miri_widgets.products.program import load_program
from miri_widgets.run.engine import Engine
from miri_widgets.simulation.twins import ensure_twin
from miri_widgets.steps.stages import STAGES

from .waits import at_rest, settled

pytestmark = [
    pytest.mark.pipeline,
    pytest.mark.skipif(
        not os.environ.get("MIRI_WIDGETS_PICTURES"),
        reason="takes minutes: `make pictures` asks for it with MIRI_WIDGETS_PICTURES",
    ),
]

TALLEST = 1000
OF_TILES = ("grid", "level_match", "shifts", "apply_shift")
"""Stages whose panel tells something only where there are several tiles: program "small"."""
PROGRAMS = {
    "artefacts": ("Steps beyond the pipeline", [one.name for one in STAGES if one.optional]),
    "small": ("Simulated cluster", list(OF_TILES)),
}
CHARTS = ("Charts", "Shifts", "Applied", "Check")


def reduced(folder: Path, demo: str, name: str, title: str, stages: Sequence[str]) -> Path:
    """Write notebook and program, and reduce it; runs are kept from one time to the next."""
    from miri_widgets.cli.main import main

    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.ipynb").write_text(demo.replace("demo.toml", f"{name}.toml"))
    toml = folder / f"{name}.toml"
    listed = ", ".join(f'"{stage}"' for stage in stages)
    toml.write_text(
        f'title = "{title}"\nsimulated = "{name}"\nworkspace = "{folder / "workspace" / name}"\nstages = [{listed}]\n'
    )
    ensure_twin(name)
    main(["run", str(toml), "--accept-harm"])
    return toml


@pytest.fixture(scope="module")
def address(repository: Path, serve_folder: Callable[..., Any]) -> Iterator[Callable[[str], str]]:
    """Address of the page of a program."""
    folder = repository / "build" / "pictures"
    demo = (repository / "dashboards" / "demo.ipynb").read_text()
    files = [reduced(folder, demo, name, *rest) for name, rest in PROGRAMS.items()]
    server = serve_folder(folder)
    yield lambda name: server.page_url(f"{name}.ipynb")
    for toml in files:
        Engine(load_program(toml).workspace).shutdown()


def tab(page: Page, title: str) -> Locator:
    """Return the tab of a stage, whose first line is its title."""
    return page.get_by_role("tab").filter(has=page.get_by_text(title, exact=True)).first


def fold(page: Page, title: str) -> Locator:
    """Return a tab inside the panel in front."""
    return page.locator(".mw-panel").get_by_role("tab").filter(has_text=title)


class Photographer:
    """Takes pictures of a page; a path of this machine is shown as /data."""

    def __init__(self, page: Page, folder: Path, root: Path) -> None:
        self.page, self.folder, self.root = page, folder, root

    def open(self, address: str, *, height: int = 1500) -> None:
        """Open a dashboard and wait for its viewer."""
        self.page.set_viewport_size({"width": 1440, "height": height})
        self.page.goto(address, wait_until="commit")
        tab(self.page, "Program").click()
        self.page.locator(".mw-viewer canvas").first.wait_for()
        settled(self.page)

    def take(self, name: str, *, whole: bool = False) -> None:
        """Take the panel in front, or the whole page."""
        settled(self.page)
        self.page.evaluate(
            """root => {
                const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
                while (walker.nextNode()) {
                    const node = walker.currentNode;
                    if (node.nodeValue.includes(root)) node.nodeValue = node.nodeValue.replaceAll(root, "/data");
                }
                for (const box of document.querySelectorAll("input"))
                    if (box.value.startsWith(root)) box.value = box.value.replace(root, "/data");
            }""",
            str(self.root),
        )
        path = self.folder / f"docs_{name}.png"
        if whole:
            self.page.screenshot(path=path)
            return
        box = self.page.locator(".mw-panel").first.bounding_box()
        assert box is not None
        self.page.screenshot(path=path, clip={**box, "height": min(box["height"], TALLEST)})


@pytest.fixture
def photographer(page: Page, screenshots: Path, repository: Path) -> Photographer:
    """Of the test's page."""
    return Photographer(page, screenshots, repository / "build")


@pytest.mark.parametrize("program", PROGRAMS)
def test_every_stage(
    photographer: Photographer, address: Callable[[str], str], page: Page, program: str
) -> None:
    """One picture per stage: its charts, where it has some, else its settings."""
    photographer.open(address(program))
    for stage in STAGES:
        if (stage.name in OF_TILES) != (program == "small"):
            continue
        tab(page, stage.short).click()
        heading = page.locator(".mw-panel-head h2").first
        expect(heading).to_contain_text(stage.short)
        at_rest(page)
        found = next((fold(page, words) for words in CHARTS if fold(page, words).count()), None)
        if found is not None and stage.name != "areas":  # which shows medians in a preview only
            found.first.click()
        photographer.take(stage.name)


def test_what_belongs_to_no_stage(
    photographer: Photographer, address: Callable[[str], str], page: Page
) -> None:
    """The whole page, getting data, proof and the catalogue."""
    photographer.open(address("artefacts"), height=900)
    photographer.take("program", whole=True)
    page.set_viewport_size({"width": 1440, "height": 1500})
    tab(page, "Get data").click()
    expect(page.get_by_role("button", name="Look up")).to_be_visible()
    photographer.take("archive")
    page.get_by_role("tab").filter(has_text="Reference files").click()
    photographer.take("references")
    tab(page, "Sky").click()
    fold(page, "Proof").click()
    expect(page.locator(".mw-proof").first).to_contain_text("Fluxes of added sources")
    photographer.take("proof")
    tab(page, "Image 3").click()
    fold(page, "Sources").click()
    photographer.take("catalog")
