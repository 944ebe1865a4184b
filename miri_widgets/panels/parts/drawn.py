"""Use regions drawn in the viewer for a parameter."""

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
    Buttons to use the regions drawn in the viewer, and to remove them.

    Parameters
    ----------
    session : SessionModel
        The session.
    model : StageModel
        The stage.
    parameter : str
        Parameter for a region file.
    description : str
        Description of the regions, such as "areas that are no sky".
    on_sky : bool
        Whether the regions belong to the sky; else to the detector's pixels.
    """

    def __init__(
        self,
        session: SessionModel,
        model: StageModel,
        parameter: str,
        description: str,
        *,
        on_sky: bool = True,
    ) -> None:
        super().__init__("mw-drawn")
        self.session, self.model = session, model
        self.parameter = parameter
        self.on_sky = on_sky
        self.description_text = description
        self.use_drawn = button(
            "Use drawn regions", tip=f"The regions drawn in the viewer become {description}"
        )
        self.forget = button("Forget", tip="Without regions")
        self.state = text("", "mw-muted")
        self.error = text("")
        self.use_drawn.on_click(lambda _: self._use_drawn())
        self.forget.on_click(lambda _: model.reset(parameter))
        row = ipywidgets.HBox([self.state, self.use_drawn, self.forget])
        row.add_class("mw-row")
        self.children = (row, self.error)
        self.watch(model, self._update, "settings")

    def _use_drawn(self) -> None:
        self.error.value = ""
        try:
            self.session.regions.use_drawn(self.model.name, self.parameter, on_sky=self.on_sky)
        except MiriWidgetsError as error:
            self.error.value = sentences([str(error)], "bad")

    def _update(self, _: Any) -> None:
        if self.parameter not in self.model.settings:
            return
        value = self.model.settings[self.parameter]
        self.forget.layout.display = "" if value else "none"
        name = (
            f"from {Path(str(value)).name}"
            if value
            else "none; draw them on the image, or type a DS9 file below"
        )
        self.state.value = (
            f"<b>{escape(self.description_text[:1].upper() + self.description_text[1:])}</b>: {escape(name)}"
        )
