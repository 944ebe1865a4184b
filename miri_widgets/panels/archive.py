"""The panel of the archive: the files of a program at MAST, and their download."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import ipywidgets
from humanize import naturalsize

from miri_widgets.models.archive import ArchiveModel, FileState
from miri_widgets.panels.parts.base_view import Part
from miri_widgets.panels.parts.checkbox_filter import CheckboxFilter
from miri_widgets.panels.parts.downloadbar import DownloadBar
from miri_widgets.panels.parts.table import Table
from miri_widgets.panels.parts.theme import (
    button,
    chip,
    escape,
    help_page,
    sentences,
    stylesheet,
    text,
)
from miri_widgets.products.archive.holdings import ArchiveFile
from miri_widgets.products.archive.mast import MAST

__all__ = ["ArchivePanel", "show_archive"]

_COLUMNS: list[dict[str, Any]] = [
    {"key": "state", "title": "On disk", "kind": "state", "tip": "Whether the file is in the folder"},
    {"key": "observation", "title": "Obs", "tip": "Observation"},
    {"key": "filter", "title": "Filter"},
    {"key": "level", "title": "Level", "tip": "Product suffix"},
    {"key": "size", "title": "Size", "right": True, "tip": "As the archive lists it"},
    {"key": "rights", "title": "Rights", "kind": "state"},
    {"key": "start", "title": "Observed", "tip": "Day of the observation, UTC"},
    {"key": "target", "title": "Target"},
    {"key": "name", "title": "File"},
]

_STATE_STYLES = {
    FileState.ABSENT: ("calm", "○", 2),
    FileState.PARTLY: ("run", "◐", 1),
    FileState.HERE: ("good", "✓", 3),
    FileState.FAILED: ("bad", "✗", 0),
}
"""Colour, shape and rank of a state."""

_KINDS = {"observations": "Observation", "filters": "Filter", "levels": "Level"}


class ArchivePanel(Part):
    """
    Archive files of a program: look up, choose, download.

    Parameters
    ----------
    model : ArchiveModel
        The model to show.
    """

    def __init__(self, model: ArchiveModel) -> None:
        super().__init__("mw-app", "mw-panel", "mw-archive")
        self.model = model
        self.owns_model = False
        self._updating = False
        self.number = _field(
            ipywidgets.Text(description="Program", placeholder="such as 2736", continuous_update=False)
        )
        self.look_up = button("Look up", "mw-primary", tip="Ask the archive what it has of this program")
        self.folder = _field(ipywidgets.Text(description="Folder", continuous_update=False), wide=True)
        # Trap: the value of a widget is saved with the notebook; what is typed here is taken away at once.
        self.token = _field(
            ipywidgets.Password(
                description="Token", placeholder="for proprietary files", continuous_update=False
            )
        )
        self.forget = button("Forget", tip="Forget the token that was typed in")
        self.token_status = text("", "mw-muted")
        self.folder_status, self.token_error = text(""), text("")
        self.state = text("")
        self.checkbox_filters = {
            what: CheckboxFilter(title, partial(model.set_trait, what)) for what, title in _KINDS.items()
        }
        self.all = button("Choose all shown", tip="Every file in the table that is not here yet")
        self.none = button("Choose none", tip="Choose anew")
        self.status = text("", "mw-muted")
        self.table = Table(
            columns=_COLUMNS, multiple=True, placeholder="Filter: F770W, uncal, public …", max_height="440px",
            empty="Nothing looked up yet.",
        )  # fmt: skip
        self.download = DownloadBar(model, model.download, tip="Fetch the chosen files, one after the other")
        self.success = text("")
        self._wire()
        self.children = (
            stylesheet(), text(_heading(), "mw-panel-head"), _row(self.number, self.look_up, self.state),
            *self.checkbox_filters.values(), _row(self.all, self.none, self.status), self.table, _row(self.folder), self.folder_status,
            _row(self.token, self.forget, self.token_status), self.token_error, self.download, self.success,
        )  # fmt: skip
        self.watch(model, self._update_query, "program", "asking", "sentence", "holdings",
                   "downloading")  # fmt: skip
        self.watch(model, self._update_table, "holdings", "levels", "filters", "observations", "states")
        self.watch(model, self._update_choice, "chosen", "holdings", "has_token", "asking", "levels", "filters",
                   "observations", "sentence")  # fmt: skip
        self.watch(model, self._update_folder, "folder", "downloading", "folder_sentence")
        self.watch(model, self._update_token, "has_token", "token_sentence")
        self.watch(model, self._update_success, "success")

    def _wire(self) -> None:
        model = self.model
        self.number.observe(self._typed_number, "value")
        self.look_up.on_click(lambda _: model.look_up())
        self.folder.observe(lambda change: model.use_folder(change["new"]), "value")
        self.token.observe(self._typed_token, "value")
        self.forget.on_click(lambda _: model.use_token(""))
        self.all.on_click(lambda _: model.choose_shown())
        self.none.on_click(lambda _: model.choose(()))
        self.table.observe(self._picked, "selected")

    def _typed_number(self, change: dict[str, Any]) -> None:
        if change["new"] != self.model.program:
            self.model.program = change["new"].strip()
            self.model.look_up()

    def _typed_token(self, change: dict[str, Any]) -> None:
        if change["new"]:
            self.token.value = ""
            self.model.use_token(change["new"])

    def _picked(self, change: dict[str, Any]) -> None:
        if not self._updating:
            self.model.choose(change["new"])

    def _update_query(self, _: Any) -> None:
        model = self.model
        if self.number.value != model.program:
            self.number.value = model.program
        self.look_up.disabled = model.asking
        self.number.disabled = model.asking or model.downloading
        if model.asking:
            self.state.value = chip("running", "querying the archive")
        elif model.sentence:
            self.state.value = sentences([model.sentence], "bad")
        elif model.holdings is not None:
            planned = model.holdings.planned
            more = f", {planned} observations still to be made" if planned else ""
            total = naturalsize(sum(file.size for file in model.files))
            self.state.value = (
                f'<span class="mw-muted">{escape(f"{len(model.files)} files, {total}{more}")}</span>'
            )
        else:
            self.state.value = ""

    def _update_table(self, _: Any) -> None:
        model = self.model
        for what, ticks in self.checkbox_filters.items():
            ticks.show(model.choices(what), getattr(model, what))
        rows = [_cells(file, model.states.get(file.name, FileState.ABSENT)) for file in model.shown()]
        if rows != self.table.rows:
            self.table.rows = rows
        self.table.empty = "No file passes the filters." if model.files else "Nothing looked up yet."

    def _update_choice(self, _: Any) -> None:
        model = self.model
        self._updating = True
        try:
            self.table.selected = list(model.chosen)
        finally:
            self._updating = False
        blockers = model.blockers()
        shown = {file.name for file in model.shown()}
        hidden = sum(name not in shown for name in model.chosen)
        chosen = f"chosen: {model.chosen_text()}" if model.chosen else " ".join(blockers)
        self.status.value = escape(chosen + (f", {hidden} of them not shown" if hidden else ""))
        size = naturalsize(sum(file.size for file in model.picked()))
        count = len(model.chosen)
        label = f"Download {count} {'file' if count == 1 else 'files'} ({size})" if count else "Download"
        self.download.set_action(label, not blockers and bool(count))
        self.token_status.value = sentences(blockers, "warn") if model.chosen and blockers else ""
        self.all.disabled = self.none.disabled = not model.files
        self._update_token(None)

    def _update_folder(self, _: Any) -> None:
        self.folder.disabled = self.model.downloading
        problem = self.model.folder_sentence
        self.folder_status.value = sentences([problem] if problem else [], "bad")
        if not problem and self.folder.value != str(self.model.folder):
            self.folder.value = str(self.model.folder)

    def _update_token(self, _: Any) -> None:
        model = self.model
        self.token_error.value = sentences([model.token_sentence] if model.token_sentence else [], "bad")
        self.forget.layout.display = "" if model.has_token else "none"
        if model.has_token:
            self.token_status.value = escape("A token is set, in the memory of this page only.")
        elif not (model.chosen and model.blockers()):
            self.token_status.value = ""

    def _update_success(self, _: Any) -> None:
        self.success.value = sentences([self.model.success] if self.model.success else [], "good")

    def close(self) -> None:
        """Close the panel, and the model if it was made for this panel."""
        super().close()
        if self.owns_model:
            self.model.close()


def show_archive(program: str = "", folder: Path | str | None = None, *, server: str = MAST) -> ArchivePanel:
    """
    Show the archive files of a program, and download them.

    Parameters
    ----------
    program : str
        Program number; looked up at once if given.
    folder : path, optional
        Where files go; ``jw<number>`` below the current folder by default.
    server : str
        The archive's address.

    Returns
    -------
    ArchivePanel
        The panel.
    """
    model = ArchiveModel(folder, program, server=server)
    panel = ArchivePanel(model)
    panel.owns_model = True
    if program:
        model.look_up()
    return panel


def _cells(file: ArchiveFile, state: FileState) -> dict[str, Any]:
    tone, glyph, rank_ = _STATE_STYLES[state]
    band = int("".join(letter for letter in file.filter if letter.isdigit()) or 0)
    release_text = f" until {file.released}" if file.released and not file.public else ""
    return {
        "id": file.name,
        "state": {"text": str(state), "tone": tone, "glyph": glyph, "rank": rank_},
        "observation": file.observation,
        "filter": {"text": file.filter, "rank": band},
        "level": file.level,
        "size": {"text": naturalsize(file.size) if file.size else "unknown", "rank": file.size},
        "rights": {
            "text": "public" if file.public else f"proprietary{release_text}",
            "tone": "good" if file.public else "warn",
            "glyph": "✓" if file.public else "◆",
            "tip": f"{file.rights}{f', public from {file.released}' if file.released else ''}",
        },
        "start": file.start,
        "target": file.target,
        "name": file.name,
    }


def _heading() -> str:
    page = help_page("archive")
    return "<h2>Archive<span>MAST</span></h2><p>What the archive has of a program, and its download.</p>" + (
        f"<details><summary>? How to use this page</summary>{page}</details>" if page else ""
    )


def _row(*widgets: ipywidgets.Widget) -> ipywidgets.HBox:
    row = ipywidgets.HBox(list(widgets))
    row.add_class("mw-row")
    return row


def _field(widget: Any, *, wide: bool = False) -> Any:
    widget.layout.width = "100%" if wide else "280px"
    widget.style.description_width = "64px"
    return widget
