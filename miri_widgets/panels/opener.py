"""The opener: choose a folder or a MAST program to get its dashboard; recent programs are listed."""

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
    The choice of a program, replaced by the dashboard of the chosen one.

    Parameters
    ----------
    make_dashboard : callable
        Creates the dashboard of a TOML file.
    model : OpeningModel, optional
        The recent programs, and the opening of new ones.
    start : Path, optional
        Program shown at first, with a button for others.
    archive : ArchiveModel, optional
        The archive; by default MAST with a folder in the data folder. Closed with the page.
    """

    def __init__(
        self,
        make_dashboard: Callable[[Path], Part],
        model: OpeningModel | None = None,
        start: Path | None = None,
        archive: ArchiveModel | None = None,
    ) -> None:
        super().__init__("mw-app", "mw-opener")
        self.make_dashboard, self.start = make_dashboard, start
        self.model = model or OpeningModel()
        self.folders = FolderModel(self._first_folder())
        self.archive = archive or ArchiveModel(data_root() / "mast")
        self.change = button("Open other data", tip="Choose another folder or program; jobs go on")
        self.change.on_click(lambda _: self._leave())
        self.current = text("", "mw-muted")
        strip = _row(self.change, self.current)
        strip.add_class("mw-opener-strip")
        self.strip, self.front = strip, ipywidgets.VBox()
        self.archive.observe(self._use_program_folder, "holdings")
        self._choice: Part | None = None
        self.dashboard: Part | None = None
        self.children = (stylesheet(), self.strip, self.front)
        self.watch(self.model, self._update, "opened")
        self.begin()

    def begin(self) -> None:
        """Show the initial program of the page, if there is one."""
        if self.start is not None:
            self._show(self.start)

    def _first_folder(self) -> Path:
        recent = self.model.recent
        parents = [folder.parent for program_ in recent[:1] for folder in program_.program.folders]
        return next((parent for parent in (*parents, data_root()) if parent.is_dir()), Path.home())

    def _use_program_folder(self, change: dict[str, Any]) -> None:
        """Use a folder per archive program in the data folder."""
        if change["new"] is not None and self.archive.folder.parent in (data_root(), data_root() / "mast"):
            self.archive.use_folder(str(data_root() / "mast" / f"jw{change['new'].program}"))

    def _leave(self) -> None:
        if self.model.opened is None:
            self._update(None)
        else:
            self.model.leave()

    def _update(self, _: Any) -> None:
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
        self.dashboard = self.make_dashboard(path)
        program = load_program(path)
        folders = ", ".join(map(str, program.folders))
        self.current.value = escape(program.origin or f"{STARTS[program.start].capitalize()} in {folders}.")
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
    Recent programs, a folder of this machine, or the archive.

    Parameters
    ----------
    opener : Opener
        The opener.
    """

    def __init__(self, opener: Opener) -> None:
        super().__init__("mw-panel", "mw-choice")
        self.opener, self.model = opener, opener.model
        small = self.model.like
        self.recent = Table(
            columns=_RECENT, on_act=lambda name: self._reopen(name), placeholder="Filter programs",
            max_height="220px", empty="Nothing was opened before.",
        )  # fmt: skip
        self.tabs = Tabs(
            items=[
                {"id": "folder", "title": "A folder on this machine"},
                {"id": "archive", "title": "From the archive (MAST)"},
            ]
        )
        self.content = ipywidgets.VBox()
        self.chooser = FolderChooser(opener.folders)
        self.panel: ArchivePanel | None = None
        self.title = ipywidgets.Text(description="Title", placeholder="optional: what the page is called")
        self.preset = ipywidgets.Dropdown(description="Steps", options=list(chain_presets()))
        for control in (self.title, self.preset):
            control.layout.width, control.style.description_width = "380px", "44px"
        self.preset.layout.display = "none" if small else ""
        self.start = ipywidgets.Dropdown(description="Begin with", tooltip="The products that go in")
        self.start.layout.width, self.start.style.description_width = "380px", "70px"
        self.open = button(
            "Open this folder", "mw-primary", tip="Write its program file and show its dashboard"
        )
        self.open.on_click(lambda _: self._open())
        self.status = text("")
        self.back = button("Back to the simulated program", tip="The data that this page begins with")
        self.back.layout.display = "" if opener.start is not None else "none"
        self.back.on_click(lambda _: opener.begin())
        self.children = (
            text(_heading(small.title if small else ""), "mw-panel-head"), _row(self.back), self.recent, self.tabs,
            self.content, _row(self.title, self.preset), _row(self.start), _row(self.open), self.status,
        )  # fmt: skip
        self.tabs.observe(self._tab, "active")
        self.tabs.active = "folder"
        self.watch(self.model, self._update_recent, "recent")
        self.watch(self.model, self._update_status, "sentence")
        self.watch(opener.folders, self._update_open, "value", "sentence", "working")
        self.watch(opener.archive, self._update_open, "folder", "program", "fetched", "downloading")

    @property
    def _folder(self) -> Path | None:
        """The folder to open; None if there is none."""
        if self.tabs.active == "archive":
            return self.opener.archive.folder if self.opener.archive.folder.is_dir() else None
        listing = self.opener.folders.value
        return None if listing is None or self.opener.folders.sentence else listing.path

    def _tab(self, _: Any) -> None:
        if self.tabs.active == "archive":
            if self.panel is None:
                self.panel = ArchivePanel(self.opener.archive)
            self.content.children = (self.panel,)
        else:
            self.content.children = (self.chooser,)
        self._update_open(None)

    def _open(self) -> None:
        if self._folder is not None:
            number = program_number(self.opener.archive.program) if self.tabs.active == "archive" else ""
            self.model.open_folder(
                self._folder,
                title=self.title.value,
                number=number,
                preset=self.preset.value,
                start=self.start.value or "",
            )

    def _reopen(self, name: str) -> None:
        self.model.open_again(Path(name))

    def _update_recent(self, _: Any) -> None:
        self.recent.rows = [
            {
                "id": str(recent.path),
                "title": {"text": recent.program.title, "tip": str(recent.path)},
                "folder": ", ".join(map(str, recent.program.folders)),
                "when": {
                    "text": time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(recent.when)),
                    "rank": -recent.when,
                },
                "open": "Open",
            }
            for recent in self.model.recent
        ]
        self.recent.layout.display = "" if self.model.recent else "none"

    def _update_status(self, _: Any) -> None:
        listing = self.opener.folders.value if self.tabs.active == "folder" else None
        status = sentences([self.model.sentence] if self.model.sentence else [], "bad")
        if not status and listing is not None and listing.counts and not self.model.starts(listing.counts):
            hint = "This dashboard begins with raw exposures (uncal files): take the folder that holds them, or download them."
            status = sentences([hint], "calm")
        self.status.value = status

    def _update_open(self, _: Any) -> None:
        folder = self._folder
        listing = self.opener.folders.value
        from_archive = self.tabs.active == "archive"
        counts = {} if from_archive or listing is None else listing.counts
        starts = self.model.starts(counts)
        options = [(counted(counts[suffix], STARTS[suffix].removesuffix("s")), suffix) for suffix in starts]
        if list(self.start.options) != options:
            self.start.options = options
        self.start.layout.display = "" if len(options) > 1 else "none"
        self.open.disabled = folder is None or not (from_archive or starts)
        self._update_status(None)
        archive = "Open what was downloaded" if self.tabs.active == "archive" else "Open this folder"
        self.open.description = archive

    def close(self) -> None:
        """Close all views, even those not on the page."""
        for view in (self.chooser, self.panel):
            if view is not None and view not in self.content.children:
                close_all(view)
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
