"""Images that a step creates beside its exposures, such as the sky, shown on a click."""

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
    A button per image of complete runs.

    Parameters
    ----------
    session : SessionModel
        The session.
    model : StageModel
        The stage.
    suffix : str
        Product suffix of the images' file.
    title : str
        Title.
    extensions : tuple of (str, str)
        Extension and description of each image.
    """

    def __init__(
        self,
        session: SessionModel,
        model: StageModel,
        suffix: str,
        title: str,
        extensions: tuple[tuple[str, str], ...] = (("SCI", ""),),
    ) -> None:
        super().__init__("mw-images")
        self.session, self.model = session, model
        self.suffix, self.extensions = suffix, extensions
        self.status = text("", "mw-muted")
        self.row = ipywidgets.HBox([])
        self.row.add_class("mw-row")
        self.children = (text(escape(title), "mw-heading"), self.status, self.row)
        self._listed: tuple[Any, ...] = ()
        self.watch(model, self._update, "rows")

    def _update(self, _: Any) -> None:
        files = tuple(
            (row.label, path)
            for row in self.model.rows
            for path in row.products
            if suffix_of(path) == self.suffix
        )
        self.status.value = "" if files else "After a run it can be shown here."
        if files == self._listed:
            return
        self._listed = files
        for child in self.row.children:
            close_all(child)
        buttons = []
        for label, path in files:
            for extension, description in self.extensions:
                image_button = button(f"{label} {description}".strip(), tip=path.name)
                image_button.on_click(partial(self._show, path, extension))
                buttons.append(image_button)
        self.row.children = tuple(buttons)

    def _show(self, path: Any, extension: str, _: Any) -> None:
        self.session.show(path, extension=extension)
