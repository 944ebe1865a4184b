"""Marks exposures as simulated, and creates missing ones."""

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
    The origin of the exposures; a button and a progress bar while they do not exist.

    Parameters
    ----------
    session : SessionModel
        The session.
    """

    def __init__(self, session: SessionModel) -> None:
        super().__init__("mw-twin")
        self.model = session.twin
        self.origin = text(sentences([session.program.origin] if session.program.origin else [], "warn"))
        self.make_button = button(
            "Make the simulated twin",
            "mw-primary",
            tip="Simulate its exposures now; the small twin of a program takes less than a minute",
        )
        self.status = text("")
        self.make_button.on_click(lambda _: self.model.make())
        row = ipywidgets.HBox([self.make_button])
        row.add_class("mw-row")
        self.children = (self.origin, row, self.status)
        self.watch(self.model, self._update, "wanted", "working", "fraction", "sentence")

    def _update(self, _: Any) -> None:
        model = self.model
        self.make_button.layout.display = "" if model.wanted and not model.working else "none"
        self.status.value = (
            bar(model.fraction, model.sentence)
            if model.working
            else sentences([model.sentence] if model.sentence else [], "bad")
        )
        self.status.layout.display = "" if self.status.value else "none"
        self.layout.display = "" if self.origin.value or model.wanted or model.working else "none"
