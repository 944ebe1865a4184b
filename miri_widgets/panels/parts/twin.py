"""Says that exposures are simulated, and has them made when they are not there."""

from __future__ import annotations

from typing import Any

import ipywidgets

from miri_widgets.models.session import SessionModel
from miri_widgets.panels.parts.base_view import Part
from miri_widgets.panels.parts.runbar import bar
from miri_widgets.panels.parts.theme import button, sentences, text

__all__ = ["TwinView"]


class TwinView(Part):
    """
    One sentence about the origin of the exposures; a button and a bar while they are not made.

    Parameters
    ----------
    session : SessionModel
        Whose exposures they are.
    """

    def __init__(self, session: SessionModel) -> None:
        super().__init__("mw-twin")
        self.model = session.twin
        self.origin = text(sentences([session.program.origin] if session.program.origin else [], "warn"))
        self.make = button(
            "Make the simulated twin",
            "mw-primary",
            tip="Simulate its exposures now; the small twin of a program takes less than a minute",
        )
        self.words = text("")
        self.make.on_click(lambda _: self.model.make())
        row = ipywidgets.HBox([self.make])
        row.add_class("mw-row")
        self.children = (self.origin, row, self.words)
        self.watch(self.model, self._follow, "wanted", "working", "fraction", "sentence")

    def _follow(self, _: Any) -> None:
        model = self.model
        self.make.layout.display = "" if model.wanted and not model.working else "none"
        self.words.value = (
            bar(model.fraction, model.sentence)
            if model.working
            else sentences([model.sentence] if model.sentence else [], "bad")
        )
        self.words.layout.display = "" if self.words.value else "none"
        self.layout.display = "" if self.origin.value or model.wanted or model.working else "none"
