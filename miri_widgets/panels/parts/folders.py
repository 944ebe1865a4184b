"""Choosing a folder, or a file, of the machine that the page runs on: by typing with completion, or by clicks."""

from __future__ import annotations

from typing import Any

import ipywidgets

from miri_widgets.models.program_chooser import FolderModel
from miri_widgets.panels.parts.base_view import Part
from miri_widgets.panels.parts.table import Table
from miri_widgets.panels.parts.theme import button, counted, escape, sentences, text
from miri_widgets.products.program_schema import STARTS

__all__ = ["FolderChooser"]

_COLUMNS = [
    {"key": "name", "title": "Name", "wide": True},
    {"key": "open", "title": "", "kind": "button"},
]


class FolderChooser(Part):
    """
    A path with completion, the folders below it, and what they hold.

    Parameters
    ----------
    model : FolderModel
        What is chosen; closed with the view.
    """

    def __init__(self, model: FolderModel) -> None:
        super().__init__("mw-folders")
        self.model = model
        self.path = ipywidgets.Combobox(
            description="Path", placeholder="type a full path", continuous_update=True, ensure_option=False
        )
        self.path.layout.flex = "1 1 300px"
        self.path.style.description_width = "44px"
        self.look = button("Go", tip="Look into the folder that is typed")
        self.up = button("↑ Up", tip="The folder above")
        self.words = text("")
        kind = "file" if model.suffixes else "folder"
        self.table = Table(
            columns=_COLUMNS, on_act=model.enter, placeholder=f"Filter names: find a {kind}", max_height="240px",
            empty="No folder below this one.",
        )  # fmt: skip
        row = ipywidgets.HBox([self.path, self.look, self.up])
        row.add_class("mw-row")
        self.children = (row, self.words, self.table)
        self._following = False
        self.path.observe(self._typed, "value")
        self.look.on_click(lambda _: model.go(self.path.value))
        self.up.on_click(lambda _: model.up())
        self.watch(model, self._follow, "value", "sentence")
        self.watch(model, self._follow_completions, "completions")

    def _typed(self, change: dict[str, Any]) -> None:
        """Complete what is typed; a folder that was picked from the completions is opened."""
        if self._following:
            return
        if change["new"] in self.model.completions:
            self.model.go(change["new"])
        else:
            self.model.complete(change["new"])

    def _follow_completions(self, _: Any) -> None:
        self.path.options = self.model.completions

    def _follow(self, _: Any) -> None:
        model, listing = self.model, self.model.value
        if model.sentence:
            self.words.value = sentences([model.sentence], "bad")
            return
        if listing is None:
            self.words.value = '<span class="mw-muted">looking …</span>'
            return
        self._following = True
        try:
            self.path.value = str(listing.chosen or listing.path)
        finally:
            self._following = False
        self.words.value = self._found()
        files = [{"id": name, "name": name, "open": "choose"} for name in listing.files]
        folders = [{"id": name, "name": f"{name}/", "open": "open"} for name in listing.folders]
        self.table.rows = [*files, *folders]

    def _found(self) -> str:
        model, listing = self.model, self.model.value
        if model.suffixes:
            return sentences([f"Chosen: {listing.chosen.name}"], "good") if listing.chosen is not None else ""
        if not listing.counts:
            far = "" if listing.whole else " as far as was looked: it holds very many files"
            words = f"No exposures ({', '.join(STARTS)} files) here or below{far}."
            return f'<span class="mw-muted">{escape(words)}</span>'
        found = [counted(count, STARTS[suffix].removesuffix("s")) for suffix, count in listing.counts.items()]
        return sentences(
            [f"{'' if listing.whole else 'at least '}{', '.join(found)} here and below."], "good"
        )

    def close(self) -> None:
        """Close the model, too."""
        super().close()
        self.model.close()
