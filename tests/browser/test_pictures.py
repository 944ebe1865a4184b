"""Pictures of every panel, for the documentation: ``make pictures``."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from miri_widgets.products.program import load_program
from miri_widgets.run.engine import Engine
from miri_widgets.simulation.twins import ensure_twin
from miri_widgets.steps.stages import STAGES

pytestmark = [
    pytest.mark.pipeline,
    pytest.mark.skipif(
        not os.environ.get("MIRI_WIDGETS_PICTURES"),
        reason="takes minutes: `make pictures` asks for it with MIRI_WIDGETS_PICTURES",
    ),
]

MINUTES = 60_000


@pytest.fixture(scope="module")
def address(repository: Path, serve_folder: Callable[..., Any]) -> Iterator[str]:
    """The program "artefacts" with every optional stage, reduced; runs are kept from one time to the next."""
    from miri_widgets.cli.main import main

    folder = repository / "build" / "pictures"
    folder.mkdir(parents=True, exist_ok=True)
    text = (repository / "dashboards" / "demo.ipynb").read_text()
    (folder / "artefacts.ipynb").write_text(text.replace("demo.toml", "artefacts.toml"))
    optional = ", ".join(f'"{one.name}"' for one in STAGES if one.optional)
    toml = folder / "artefacts.toml"
    toml.write_text(
        'title = "Steps beyond the pipeline"\nsimulated = "artefacts"\n'
        f'workspace = "{folder / "workspace"}"\nstages = [{optional}]\n'
    )
    ensure_twin("artefacts")
    main(["run", str(toml), "--accept-harm"])
    yield serve_folder(folder).page_url("artefacts.ipynb")
    Engine(load_program(toml).workspace).shutdown()


def tab(page: Page, title: str) -> Locator:
    """Return the tab of a stage, whose first line is its title."""
    return page.get_by_role("tab").filter(has=page.get_by_text(title, exact=True)).first


@pytest.fixture
def opened(address: str, page: Page, screenshots: Path) -> Callable[..., None]:
    """The dashboard; called with a name it takes a picture."""
    page.goto(address, wait_until="commit")
    tab(page, "Program").click(timeout=MINUTES)
    page.locator(".mw-viewer canvas").first.wait_for(timeout=MINUTES)
    page.wait_for_timeout(5000)

    def take(name: str, milliseconds: int = 2500) -> None:
        page.wait_for_timeout(milliseconds)
        page.screenshot(path=screenshots / f"docs_{name}.png")

    return take


def test_every_stage(opened: Callable[..., None], page: Page) -> None:
    """One picture per stage: its charts, where it has some, else its settings."""
    for stage in STAGES:
        tab(page, stage.short).click()
        heading = page.locator(".mw-panel-head h2")
        expect(heading.first).to_contain_text(stage.short, timeout=MINUTES)
        folds = page.locator(".mw-panel").get_by_role("tab")
        page.wait_for_timeout(800)
        for words in ("Charts", "Shifts", "Sources"):
            found = folds.filter(has_text=words)
            if found.count() and stage.name != "image3":
                found.first.click()
                break
        opened(stage.name)


def test_what_belongs_to_no_stage(opened: Callable[..., None], page: Page) -> None:
    """Program, getting data, proof and the catalogue."""
    tab(page, "Program").click()
    opened("program")
    tab(page, "Get data").click()
    opened("archive")
    page.get_by_role("tab").filter(has_text="Reference files").click()
    opened("references")
    tab(page, "Sky").click()
    page.locator(".mw-panel").get_by_role("tab").filter(has_text="Proof").click()
    expect(page.locator(".mw-proof").first).to_contain_text("Fluxes of added sources", timeout=MINUTES)
    opened("proof")
    tab(page, "Image 3").click()
    page.locator(".mw-panel").get_by_role("tab").filter(has_text="Sources").click()
    opened("catalog", 15_000)
