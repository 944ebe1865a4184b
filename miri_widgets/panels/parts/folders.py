"""Choice of a folder or file on the server: by typing with completion, or by clicks."""

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
    A path with completion, its sub-folders, and their content.

    Parameters
    ----------
    model : FolderModel
        The folder model, closed with the view.
    """

    def __init__(self, model: FolderModel) -> None:
        super().__init__("mw-folders")
        self.model = model
        self.path = ipywidgets.Combobox(
            description="Path", placeholder="type a full path", continuous_update=True, ensure_option=False
        )
        self.path.layout.flex = "1 1 300px"
        self.path.style.description_width = "44px"
        self.go_button = button("Go", tip="Look into the folder that is typed")
        self.up = button("↑ Up", tip="The folder above")
        self.status = text("")
        kind = "file" if model.suffixes else "folder"
        self.table = Table(
            columns=_COLUMNS, on_act=model.enter, placeholder=f"Filter names: find a {kind}", max_height="240px",
            empty="No folder below this one.",
        )  # fmt: skip
        row = ipywidgets.HBox([self.path, self.go_button, self.up])
        row.add_class("mw-row")
        self.children = (row, self.status, self.table)
        self._updating = False
        self.path.observe(self._typed, "value")
        self.go_button.on_click(lambda _: model.go(self.path.value))
        self.up.on_click(lambda _: model.up())
        self.watch(model, self._update, "value", "sentence")
        self.watch(model, self._update_completions, "completions")

    def _typed(self, change: dict[str, Any]) -> None:
        """Complete typed text; a folder picked from the completions is opened."""
        if self._updating:
            return
        if change["new"] in self.model.completions:
            self.model.go(change["new"])
        else:
            self.model.complete(change["new"])

    def _update_completions(self, _: Any) -> None:
        self.path.options = self.model.completions

    def _update(self, _: Any) -> None:
        model, listing = self.model, self.model.value
        if model.sentence:
            self.status.value = sentences([model.sentence], "bad")
            return
        if listing is None:
            self.status.value = '<span class="mw-muted">Scanning folder …</span>'
            return
        self._updating = True
        try:
            self.path.value = str(listing.chosen or listing.path)
        finally:
            self._updating = False
        self.status.value = self._contents_text()
        files = [{"id": name, "name": name, "open": "choose"} for name in listing.files]
        folders = [{"id": name, "name": f"{name}/", "open": "open"} for name in listing.folders]
        self.table.rows = [*files, *folders]

    def _contents_text(self) -> str:
        model, listing = self.model, self.model.value
        if model.suffixes:
            return sentences([f"Chosen: {listing.chosen.name}"], "good") if listing.chosen is not None else ""
        if not listing.counts:
            extent = "" if listing.whole else " as far as was looked: it holds very many files"
            sentence = f"No exposures ({', '.join(STARTS)} files) here or below{extent}."
            return f'<span class="mw-muted">{escape(sentence)}</span>'
        contents = [
            counted(count, STARTS[suffix].removesuffix("s")) for suffix, count in listing.counts.items()
        ]
        return sentences(
            [f"{'' if listing.whole else 'at least '}{', '.join(contents)} here and below."], "good"
        )

    def close(self) -> None:
        """Close the view and the model."""
        super().close()
        self.model.close()
