"""The switch for exact replacements of slow functions of the pipeline, and their state."""

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
    Options of the next runs that do not change pixels.

    Parameters
    ----------
    session : SessionModel
        The session.
    """

    def __init__(self, session: SessionModel) -> None:
        super().__init__("mw-acceleration")
        self.model = session.acceleration
        self.checkbox = ipywidgets.Checkbox(
            description="Accelerations: the same pixels in less time", indent=False, tooltip=_TIP
        )
        self.checkbox.layout.width = "auto"
        self.status = text("", "mw-muted")
        content = ipywidgets.VBox([self.checkbox, self.status])
        self.accordion = ipywidgets.Accordion([content], titles=("Options of runs",))
        self.accordion.add_class("mw-fold")
        self.children = (self.accordion,)
        self.checkbox.observe(self._choose, "value")
        self.watch(self.model, self._update, "wanted")

    def _choose(self, change: dict[str, Any]) -> None:
        # a disabled box shows the program's file, not a choice of the user
        if not self.checkbox.disabled:
            self.model.wanted = change["new"]

    def _update(self, _: Any) -> None:
        fixed = "all" in self.model.in_program
        self.checkbox.disabled = fixed
        self.checkbox.value = self.model.wanted and not fixed
        self.status.value = sentences([self.model.sentence] if self.model.sentence else [], "calm")
