"""Images that a step makes beside its exposures, such as the sky: shown in the viewer on a click."""

from __future__ import annotations

from functools import partial
from typing import Any

import ipywidgets

from miri_widgets.models.session import SessionModel
from miri_widgets.models.stage import StageModel
from miri_widgets.panels.parts.base_view import Part, close_all
from miri_widgets.panels.parts.theme import button, escape, text
from miri_widgets.products.names import suffix_of

__all__ = ["Images"]


class Images(Part):
    """
    A button per image: of complete runs, from their file; else of the live preview.

    Parameters
    ----------
    session : SessionModel
        The session.
    model : StageModel
        The stage.
    suffix : str
        Product suffix of the images' file.
    title : str
        What it is, for people.
    planes : tuple of (str, str)
        Extension of the file and what it shows.
    """

    def __init__(
        self,
        session: SessionModel,
        model: StageModel,
        suffix: str,
        title: str,
        planes: tuple[tuple[str, str], ...] = (("SCI", ""),),
    ) -> None:
        super().__init__("mw-images")
        self.session, self.model = session, model
        self.suffix, self.planes = suffix, planes
        self.words = text("", "mw-muted")
        self.row = ipywidgets.HBox([])
        self.row.add_class("mw-row")
        self.children = (text(escape(title), "mw-heading"), self.words, self.row)
        self._made: tuple[Any, ...] = ()
        self.watch(model, self._follow, "rows")

    def _follow(self, _: Any) -> None:
        files = tuple(
            (row.label, path)
            for row in self.model.rows
            for path in row.products
            if suffix_of(path) == self.suffix
        )
        self.words.value = "" if files else "After a run it can be shown here."
        if files == self._made:
            return
        self._made = files
        for child in self.row.children:
            close_all(child)
        buttons = []
        for label, path in files:
            for extension, words in self.planes:
                one = button(f"{label} {words}".strip(), tip=path.name)
                one.on_click(partial(self._show, path, extension))
                buttons.append(one)
        self.row.children = tuple(buttons)

    def _show(self, path: Any, extension: str, _: Any) -> None:
        self.session.show(path, extension=extension)
