"""The catalogue in the tool bar: the way to the sources of the mosaics."""

from __future__ import annotations

from typing import Any

from miri_widgets.models.session import SessionModel
from miri_widgets.models.subscriptions import emit
from miri_widgets.panels.parts.base_view import Part
from miri_widgets.panels.parts.theme import button, counted, text

__all__ = ["CatalogBar"]

_STAGE = "image3"


class CatalogBar(Part):
    """
    Opens the catalogue of the mosaics, with its colour-magnitude diagram and its marks on the image.

    Parameters
    ----------
    session : SessionModel
        The session.
    """

    def __init__(self, session: SessionModel) -> None:
        super().__init__("mw-catalog-bar")
        self.session = session
        self.status = text("", "mw-muted")
        self.open = button(
            "Sources and colour-magnitude diagram",
            tip="Table, diagram and marks of the sources of the mosaics",
        )
        self.open.on_click(lambda _: self._open())
        self.children = (self.status, self.open)
        if _STAGE in session.models:
            self.watch(session.models[_STAGE], self._update, "rows")
        else:
            self._update(None)

    def _update(self, _: Any) -> None:
        model = self.session.stages.get(_STAGE)
        mosaics = 0 if model is None else sum(path.name.endswith("_i2d.fits") for path in model.products)
        self.open.disabled = not mosaics
        self.status.value = (
            f"The catalogue of {counted(mosaics, 'mosaic')}, source by source."
            if mosaics
            else "There is no mosaic yet: run Image 3, which finds the sources."
        )

    def _open(self) -> None:
        self.session.tab = _STAGE
        emit(self.session.models[_STAGE], "view_requested", "sources")
