"""Give what is drawn in the viewer to a parameter."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import ipywidgets

from miri_widgets.errors import MiriWidgetsError
from miri_widgets.models.session import SessionModel
from miri_widgets.models.stage import StageModel
from miri_widgets.panels.parts.base_view import Part
from miri_widgets.panels.parts.theme import button, escape, sentences, text

__all__ = ["DrawnRegions"]


class DrawnRegions(Part):
    """
    A button that takes the regions drawn in the viewer, and one that forgets them.

    Parameters
    ----------
    session : SessionModel
        The session.
    model : StageModel
        The stage.
    parameter : str
        Its parameter that takes a region file.
    words : str
        What the regions are, such as "areas that are no sky".
    on_sky : bool
        Whether the regions belong to the sky; else to the detector's pixels.
    """

    def __init__(
        self, session: SessionModel, model: StageModel, parameter: str, words: str, *, on_sky: bool = True
    ) -> None:
        super().__init__("mw-drawn")
        self.session, self.model = session, model
        self.parameter = parameter
        self.on_sky = on_sky
        self.about = words
        self.take = button("Take what I drew", tip=f"The regions drawn in the viewer become {words}")
        self.forget = button("Forget", tip="Without regions")
        self.state = text("", "mw-muted")
        self.error = text("")
        self.take.on_click(lambda _: self._take())
        self.forget.on_click(lambda _: model.reset(parameter))
        row = ipywidgets.HBox([self.state, self.take, self.forget])
        row.add_class("mw-row")
        self.children = (row, self.error)
        self.watch(model, self._follow, "settings")

    def _take(self) -> None:
        self.error.value = ""
        try:
            self.session.regions.use_drawn(self.model.name, self.parameter, on_sky=self.on_sky)
        except MiriWidgetsError as error:
            self.error.value = sentences([str(error)], "bad")

    def _follow(self, _: Any) -> None:
        if self.parameter not in self.model.settings:
            return
        value = self.model.settings[self.parameter]
        self.forget.layout.display = "" if value else "none"
        name = (
            f"from {Path(str(value)).name}"
            if value
            else "none; draw them on the image, or type a DS9 file below"
        )
        self.state.value = f"<b>{escape(self.about[:1].upper() + self.about[1:])}</b>: {escape(name)}"
