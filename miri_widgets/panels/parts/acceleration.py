"""The tick that lets exact replacements of slow functions of the pipeline act, and what acts."""

from __future__ import annotations

from typing import Any

import ipywidgets

from miri_widgets.models.session import SessionModel
from miri_widgets.panels.parts.base_view import Part
from miri_widgets.panels.parts.theme import sentences, text

__all__ = ["AccelerationView"]

_TIP = "Faster functions in the place of slow ones of the pipeline, with the same bits in every product"


class AccelerationView(Part):
    """
    Options of the next runs that change no pixel.

    Parameters
    ----------
    session : SessionModel
        Whose runs are meant.
    """

    def __init__(self, session: SessionModel) -> None:
        super().__init__("mw-acceleration")
        self.model = session.acceleration
        self.tick = ipywidgets.Checkbox(
            description="Accelerations: the same pixels in less time", indent=False, tooltip=_TIP
        )
        self.tick.layout.width = "auto"
        self.words = text("", "mw-muted")
        held = ipywidgets.VBox([self.tick, self.words])
        self.fold = ipywidgets.Accordion([held], titles=("Options of runs",))
        self.fold.add_class("mw-fold")
        self.children = (self.fold,)
        self.tick.observe(self._choose, "value")
        self.watch(self.model, self._follow, "wanted")

    def _choose(self, change: dict[str, Any]) -> None:
        # a tick that shows what the program's file says is no choice of the user
        if not self.tick.disabled:
            self.model.wanted = change["new"]

    def _follow(self, _: Any) -> None:
        fixed = "all" in self.model.in_program
        self.tick.disabled = fixed
        self.tick.value = self.model.wanted and not fixed
        self.words.value = sentences([self.model.sentence] if self.model.sentence else [], "calm")
