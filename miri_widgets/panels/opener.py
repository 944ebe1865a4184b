"""Any program: choose a folder or a MAST program, and get its dashboard; programs of before are listed."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import ipywidgets

from miri_widgets.models.archive import ArchiveModel
from miri_widgets.models.program_chooser import FolderModel, OpeningModel
from miri_widgets.panels.archive import ArchivePanel
from miri_widgets.panels.parts.base_view import Part, close_all, close_hidden
from miri_widgets.panels.parts.folders import FolderChooser
from miri_widgets.panels.parts.table import Table
from miri_widgets.panels.parts.tabs import Tabs
from miri_widgets.panels.parts.theme import button, counted, escape, sentences, stylesheet, text
from miri_widgets.products.names import program_number
from miri_widgets.products.program import data_root, load_program
from miri_widgets.products.program_schema import STARTS
from miri_widgets.steps.stages import chain_presets

__all__ = ["Opener"]

_RECENT = [
    {"key": "title", "title": "Opened before"},
    {"key": "folder", "title": "Folder"},
    {"key": "when", "title": "Last", "right": True},
    {"key": "open", "title": "", "kind": "button"},
]


class Opener(Part):
    """
    The choice of a program, and in its place the dashboard of the one that is chosen.

    Parameters
    ----------
    make : callable
        Makes the dashboard of a TOML file.
    model : OpeningModel, optional
        What can be opened.
    start : Path, optional
        A program that is shown at once, with a button for others.
    archive : ArchiveModel, optional
        Of the archive; MAST and a folder of the data folder by default. Closed with the page.
    """

    def __init__(
        self,
        make: Callable[[Path], Part],
        model: OpeningModel | None = None,
        start: Path | None = None,
        archive: ArchiveModel | None = None,
    ) -> None:
        super().__init__("mw-app", "mw-opener")
        self.make, self.start = make, start
        self.model = model or OpeningModel()
        self.folders = FolderModel(self._first_folder())
        self.archive = archive or ArchiveModel(data_root() / "mast")
        self.change = button("Open other data", tip="Choose another folder or program; jobs go on")
        self.change.on_click(lambda _: self._leave())
        self.now = text("", "mw-muted")
        strip = _row(self.change, self.now)
        strip.add_class("mw-opener-strip")
        self.strip, self.front = strip, ipywidgets.VBox()
        self.archive.observe(self._place, "holdings")
        self._choice: Part | None = None
        self.dashboard: Part | None = None
        self.children = (stylesheet(), self.strip, self.front)
        self.watch(self.model, self._follow, "opened")
        self.begin()

    def begin(self) -> None:
        """Show the program that the page begins with, where there is one."""
        if self.start is not None:
            self._show(self.start)

    def _first_folder(self) -> Path:
        recent = self.model.recent
        places = [folder.parent for one in recent[:1] for folder in one.program.folders]
        return next((place for place in (*places, data_root()) if place.is_dir()), Path.home())

    def _place(self, change: dict[str, Any]) -> None:
        """Let a program of the archive have a folder of its own in the data folder."""
        if change["new"] is not None and self.archive.folder.parent in (data_root(), data_root() / "mast"):
            self.archive.use_folder(str(data_root() / "mast" / f"jw{change['new'].program}"))

    def _leave(self) -> None:
        if self.model.opened is None:
            self._follow(None)
        else:
            self.model.leave()

    def _follow(self, _: Any) -> None:
        if self.model.opened is not None:
            self._show(self.model.opened)
            return
        self._drop()
        if self._choice is None:
            self._choice = _Choice(self)
        self.strip.layout.display = "none"
        self.front.children = (self._choice,)

    def _show(self, path: Path) -> None:
        self._drop()
        self.dashboard = self.make(path)
        program = load_program(path)
        places = ", ".join(map(str, program.folders))
        self.now.value = escape(program.origin or f"{STARTS[program.start].capitalize()} in {places}.")
        self.strip.layout.display = ""
        self.front.children = (self.dashboard,)

    def _drop(self) -> None:
        """Close the dashboard in front; its jobs go on."""
        old, self.dashboard = self.dashboard, None
        if old is not None:
            old.close()
            self.front.children = ()

    def close(self) -> None:
        """Close the dashboard, the choice and their models."""
        if self._choice is not None:
            close_hidden([self._choice], self.front)
        super().close()
        self.folders.close()
        self.archive.close()
        self.model.unobserve_all()


class _Choice(Part):
    """
    Programs of before, a folder of this machine, or the archive.

    Parameters
    ----------
    opener : Opener
        Whose models they are.
    """

    def __init__(self, opener: Opener) -> None:
        super().__init__("mw-panel", "mw-choice")
        self.opener, self.model = opener, opener.model
        small = self.model.like
        self.recent = Table(
            columns=_RECENT, on_act=lambda name: self._again(name), placeholder="Filter programs",
            max_height="220px", empty="Nothing was opened before.",
        )  # fmt: skip
        self.tabs = Tabs(
            items=[
                {"id": "folder", "title": "A folder on this machine"},
                {"id": "archive", "title": "From the archive (MAST)"},
            ]
        )
        self.place = ipywidgets.VBox()
        self.chooser = FolderChooser(opener.folders)
        self.panel: ArchivePanel | None = None
        self.title = ipywidgets.Text(description="Title", placeholder="optional: what the page is called")
        self.preset = ipywidgets.Dropdown(description="Steps", options=list(chain_presets()))
        for one in (self.title, self.preset):
            one.layout.width, one.style.description_width = "380px", "44px"
        self.preset.layout.display = "none" if small else ""
        self.begins = ipywidgets.Dropdown(description="Begin with", tooltip="The products that go in")
        self.begins.layout.width, self.begins.style.description_width = "380px", "70px"
        self.open = button(
            "Open this folder", "mw-primary", tip="Write its program file and show its dashboard"
        )
        self.open.on_click(lambda _: self._open())
        self.words = text("")
        self.back = button("Back to the simulated program", tip="The data that this page begins with")
        self.back.layout.display = "" if opener.start is not None else "none"
        self.back.on_click(lambda _: opener.begin())
        self.children = (
            text(_heading(small.title if small else ""), "mw-panel-head"), _row(self.back), self.recent, self.tabs,
            self.place, _row(self.title, self.preset), _row(self.begins), _row(self.open), self.words,
        )  # fmt: skip
        self.tabs.observe(self._tab, "active")
        self.tabs.active = "folder"
        self.watch(self.model, self._follow_recent, "recent")
        self.watch(self.model, self._follow_words, "sentence")
        self.watch(opener.folders, self._follow_open, "value", "sentence", "working")
        self.watch(opener.archive, self._follow_open, "folder", "program", "fetched", "downloading")

    @property
    def _folder(self) -> Path | None:
        """The folder that would be opened; None when none is in sight."""
        if self.tabs.active == "archive":
            return self.opener.archive.folder if self.opener.archive.folder.is_dir() else None
        listing = self.opener.folders.value
        return None if listing is None or self.opener.folders.sentence else listing.path

    def _tab(self, _: Any) -> None:
        if self.tabs.active == "archive":
            if self.panel is None:
                self.panel = ArchivePanel(self.opener.archive)
            self.place.children = (self.panel,)
        else:
            self.place.children = (self.chooser,)
        self._follow_open(None)

    def _open(self) -> None:
        if self._folder is not None:
            number = program_number(self.opener.archive.program) if self.tabs.active == "archive" else ""
            self.model.open_folder(
                self._folder,
                title=self.title.value,
                number=number,
                preset=self.preset.value,
                start=self.begins.value or "",
            )

    def _again(self, name: str) -> None:
        self.model.open_again(Path(name))

    def _follow_recent(self, _: Any) -> None:
        self.recent.rows = [
            {
                "id": str(one.path),
                "title": {"text": one.program.title, "tip": str(one.path)},
                "folder": ", ".join(map(str, one.program.folders)),
                "when": {
                    "text": time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(one.when)),
                    "rank": -one.when,
                },
                "open": "Open",
            }
            for one in self.model.recent
        ]
        self.recent.layout.display = "" if self.model.recent else "none"

    def _follow_words(self, _: Any) -> None:
        listing = self.opener.folders.value if self.tabs.active == "folder" else None
        told = sentences([self.model.sentence] if self.model.sentence else [], "bad")
        if not told and listing is not None and listing.counts and not self.model.starts(listing.counts):
            words = "This dashboard begins with raw exposures (uncal files): take the folder that holds them, or download them."
            told = sentences([words], "calm")
        self.words.value = told

    def _follow_open(self, _: Any) -> None:
        folder = self._folder
        listing = self.opener.folders.value
        from_archive = self.tabs.active == "archive"
        counts = {} if from_archive or listing is None else listing.counts
        starts = self.model.starts(counts)
        options = [(counted(counts[one], STARTS[one].removesuffix("s")), one) for one in starts]
        if list(self.begins.options) != options:
            self.begins.options = options
        self.begins.layout.display = "" if len(options) > 1 else "none"
        self.open.disabled = folder is None or not (from_archive or starts)
        self._follow_words(None)
        archive = "Open what was downloaded" if self.tabs.active == "archive" else "Open this folder"
        self.open.description = archive

    def close(self) -> None:
        """Close the views that are not on the page, too."""
        for one in (self.chooser, self.panel):
            if one is not None and one not in self.place.children:
                close_all(one)
        super().close()


def _heading(small: str) -> str:
    title = f"{escape(small)}<span>other data</span>" if small else "Any program"
    return (
        f"<h2>{title}</h2><p>Choose a folder that holds exposures of the MIRI imager (raw, uncal files; or rate or cal "
        "files of the archive), in any sub-folders, or a program of the archive. Nothing in the folder is touched: products go to the data folder.</p>"
    )


def _row(*widgets: ipywidgets.Widget) -> ipywidgets.HBox:
    row = ipywidgets.HBox(list(widgets))
    row.add_class("mw-row")
    return row
