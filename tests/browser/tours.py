"""What a person clicks on each dashboard, from its first sight to its products."""

from __future__ import annotations

import os
import re
import shutil
import time
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from miri_widgets.products.program import Program, data_root, load_program
from miri_widgets.products.recent_programs import opened_programs
from miri_widgets.run.engine import Engine
from miri_widgets.run.workspace import Workspace
from miri_widgets.steps.stages import STAGES

__all__ = ["Hand", "Tour", "engines_of", "tour_of"]

LOOK_AGAIN = 1_000
"""Time between two looks at the tabs, ms."""


@dataclass
class Hand:
    """
    Clicks, counted and written down.

    Attributes
    ----------
    patience : float
        How long to wait for products, ms.
    """

    patience: float
    steps: list[str] = field(default_factory=list)

    @property
    def clicks(self) -> int:
        """How many clicks there were."""
        return len(self.steps)

    def click(self, place: Locator, words: str) -> None:
        """Click, as soon as there is something to click on."""
        place.click()
        self.steps.append(words)


class Tour:
    """
    A program's dashboard: make the twin where it is not there, run all, look at the last stage.

    Parameters
    ----------
    program : Program
        The program.
    look_at : str, optional
        The stage whose panel is looked at in the end; the last one by default.
    """

    def __init__(self, program: Program, look_at: str = "") -> None:
        self.program = program
        wanted = program.chain or (
            *(stage.name for stage in STAGES if not stage.optional),
            *program.stages,
        )
        self.chain = [stage for stage in STAGES if stage.name in wanted]
        self.look_at = look_at or self.chain[-1].name

    @property
    def last(self) -> str:
        """The last stage."""
        return self.chain[-1].name

    def prepare(self) -> str:
        """Take the last stage's runs away, so that it is made again; say what was there."""
        runs = Workspace(self.program.workspace).runs
        there = [stage.name for stage in self.chain if any((runs / stage.name).glob("*/record.json"))]
        shutil.rmtree(runs / self.last, ignore_errors=True)
        kept = [name for name in there if name != self.last]
        return f"{', '.join(kept)} of a run before; {self.last} made again" if kept else ""

    def go(self, page: Page, hand: Hand) -> None:
        """Click until the products are there."""
        self.reduce(page, hand)
        hand.click(tab(page, self.look_at), f"tab {self.look_at}")
        if self.look_at in SHOWN:
            inside = page.locator(".mw-panel .mw-tabs-plain").get_by_role("tab")
            hand.click(inside.filter(has_text=SHOWN[self.look_at]).first, SHOWN[self.look_at])

    def reduce(self, page: Page, hand: Hand) -> None:
        """Make the twin if need be, run all, and agree to harm as often as a step asks."""
        about = tab(page, "program")
        expect(about).to_contain_text(re.compile(r"\d+ exposures"))
        if " 0 exposures" in f" {about.locator('.mw-tab-detail').inner_text()}":
            hand.click(page.get_by_role("button", name="Make the simulated twin"), "Make the simulated twin")
            expect(about).to_contain_text(re.compile(r"[1-9]\d* exposures"), timeout=hand.patience)
        hand.click(page.get_by_role("button", name="Run all", exact=True), "Run all")
        end = time.monotonic() + hand.patience / 1000
        while not self.is_done(page):
            self.agree(page, hand)
            failed = page.locator(".mw-tabs-steps .mw-tab").filter(has_text="failed")
            if failed.count():
                failed.first.click()
                page.locator(".mw-runbar").first.wait_for()
                raise RuntimeError(
                    f"{failed.first.inner_text()}: {page.locator('.mw-runbar').first.inner_text()}"
                )
            if time.monotonic() > end:
                tabs = page.locator(".mw-tabs-steps").first.inner_text()
                raise RuntimeError(
                    f"not done after {hand.patience / 60_000:.0f} min: {' '.join(tabs.split())}"
                )
            page.wait_for_timeout(LOOK_AGAIN)

    def is_done(self, page: Page) -> bool:
        """Say whether the last stage is."""
        words = tab(page, self.last).locator(".mw-tab-detail")
        return bool(words.count()) and words.first.inner_text().strip() == "done"

    def agree(self, page: Page, hand: Hand) -> None:
        """Let the chain go on where a step of ours asks."""
        asking = page.locator(".mw-tabs-steps .mw-tab").filter(has_text="asks you")
        if asking.count():
            hand.click(asking.first, f"tab {asking.first.get_attribute('data-tab')}")
            hand.click(page.get_by_role("button", name="Continue nevertheless"), "Continue nevertheless")
            run_all = page.get_by_role("button", name="Run all", exact=True)
            expect(run_all).to_be_enabled()
            hand.click(run_all, "Run all")

    def workspaces(self) -> list[Path]:
        """Where an engine may be at work."""
        return [self.program.workspace]

    def products(self) -> str:
        """Return what the stage of interest and the last one made, from the disk."""
        names = dict.fromkeys((self.look_at, self.last))
        found = []
        for workspace in self.workspaces():
            for stage in (one for one in self.chain if one.name in names):
                files = list((workspace / "runs" / stage.name).glob(f"*/*_{stage.main}.*"))
                found.append(f"{len(files)} {stage.main}")
                if not files:
                    raise RuntimeError(f"{stage.name} is done, and there is no {stage.main} in {workspace}")
        return ", ".join(found)


class AnyProgramTour(Tour):
    """A folder of the machine: the small simulated program, chosen by clicks alone."""

    def __init__(self) -> None:
        folder = data_root() / "small" / "uncal"
        super().__init__(Program("small", (folder,), data_root() / "small" / "workspace"))

    def prepare(self) -> str:
        """Make the exposures, and forget that they were opened before."""
        from miri_widgets.simulation.twins import ensure_twin

        ensure_twin("small")
        for one in self._opened():
            shutil.rmtree(one.program.workspace, ignore_errors=True)
            one.path.unlink()
        return "the folder was there before"

    def go(self, page: Page, hand: Hand) -> None:
        """Choose the folder, open it, reduce it; leave it, and open it again from the list."""
        row = page.locator(".mw-folders tbody tr").filter(has_text=re.compile(r"^\s*small/"))
        hand.click(row.get_by_role("button", name="open"), "folder small")
        expect(page.get_by_text("4 raw exposures here and below.")).to_be_visible()
        hand.click(page.get_by_role("button", name="Open this folder"), "Open this folder")
        self.reduce(page, hand)
        hand.click(page.get_by_role("button", name="Open other data"), "Open other data")
        recent = page.locator(".mw-choice tbody tr").filter(has_text=str(data_root() / "small"))
        hand.click(recent.get_by_role("button", name="Open").first, "Open again")
        expect(tab(page, self.last)).to_contain_text("done")
        hand.click(tab(page, self.last), f"tab {self.last}")

    def _opened(self) -> list:
        return [one for one in opened_programs() if one.program.simulated == "small"]

    def workspaces(self) -> list[Path]:
        """Return that of the program that was opened."""
        return [one.program.workspace for one in self._opened()]


class CompareTour(Tour):
    """Two runs of Detector 1 of the program of after-images, with two thresholds: listed, blinked, subtracted."""

    def __init__(self, pages: Path) -> None:
        # a workspace of its own: what is chosen for these runs must not be remembered by another page
        path = pages / "compared.toml"
        workspace = data_root().resolve() / "compared_workspace"
        path.write_text(
            f'simulated = "afterimages"\nworkspace = "{workspace}"\nchain = ["persistence", "detector1"]\n'
        )
        super().__init__(load_program(path))

    def prepare(self) -> str:
        """Make both runs, and let their workspace be the latest."""
        from miri_widgets.cli.headless import wait_for_job
        from miri_widgets.run.overrides import Overrides
        from miri_widgets.run.reduction import Reduction
        from miri_widgets.simulation.twins import ensure_twin

        ensure_twin(self.program.simulated)
        for threshold in (5, 6):
            changes = (f"detector1.jump.rejection_threshold={threshold}",)
            reduction = Reduction(self.program, Overrides().with_changes(changes))
            if not wait_for_job(reduction, reduction.submit(), print):
                raise RuntimeError(f"the runs with a threshold of {threshold} were not made")
        os.utime(self.program.workspace / "runs" / "detector1")
        return "two runs of each exposure were made before"

    def go(self, page: Page, hand: Hand) -> None:
        """See what the other threshold changed, in numbers and in the viewer."""
        view = page.locator(".mw-differences")
        expect(view).to_contain_text("rejection_threshold")
        hand.click(view.get_by_role("button", name="Blink").first, "Blink of the product")
        hand.click(page.get_by_role("button", name="Difference", exact=True), "Difference")
        expect(page.get_by_text("B \N{MINUS SIGN} A [DN/s]")).to_be_visible()
        page.locator(".mw-viewer canvas").first.wait_for()
        self.found = " ".join(view.locator("tbody").last.inner_text().split())[:60].replace("|", "/")

    def products(self) -> str:
        """Return the first words of the table of differences."""
        return f"difference of {self.found}"


def tab(page: Page, name: str) -> Locator:
    """Return the tab of a stage."""
    return page.locator(f'.mw-tabs-steps [data-tab="{name}"]')


SHOWN = {"persistence": "Charts", "shifts": "Shifts"}
"""What is opened in the panel of a stage in the end: what it found."""

LOOK_AT = {"persistence": "persistence", "shifts": "shifts"}
"""The stage that a small dashboard is about."""


def tour_of(name: str, pages: Path) -> Tour:
    """Return what is clicked on the dashboard of a notebook."""
    if name == "any_program":
        return AnyProgramTour()
    if name == "compare":
        return CompareTour(pages)
    return Tour(load_program(pages / f"{name}.toml"), LOOK_AT.get(name, ""))


def engines_of(tour: Tour) -> list[Engine]:
    """Return the engines that a tour may have started."""
    return [Engine(workspace) for workspace in tour.workspaces() if workspace.is_dir()]
