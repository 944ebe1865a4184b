"""Harm done by a step, and the button that lets the chain continue nevertheless."""

from __future__ import annotations

from typing import Any

from miri_widgets.models.stage import StageModel
from miri_widgets.panels.parts.base_view import Part
from miri_widgets.panels.parts.theme import button, escape, sentences, text

__all__ = ["HarmConfirmation"]


class HarmConfirmation(Part):
    """
    Shown only while runs of a stage did harm that is not accepted.

    Parameters
    ----------
    model : StageModel
        The stage.
    """

    def __init__(self, model: StageModel) -> None:
        super().__init__("mw-consent")
        self.model = model
        self.status = text("")
        self.accept = button(
            "Continue nevertheless", "mw-danger", tip="Stages behind this one may use these products"
        )
        self.accept.on_click(lambda _: self._accept())
        self.children = (self.status, self.accept)
        self.watch(model, self._update, "rows")

    def _harmed(self) -> list[Any]:
        return [row for row in self.model.rows if row.harm]

    def _accept(self) -> None:
        for row in self._harmed():
            self.model.accept(row.key)

    def _update(self, _: Any) -> None:
        harmed = self._harmed()
        self.layout.display = "" if harmed else "none"
        if not harmed:
            return
        names = ", ".join(row.label for row in harmed[:3]) + (
            f" and {len(harmed) - 3} others" if len(harmed) > 3 else ""
        )
        head = (
            f"<p><b>This step did harm to {escape(names)}.</b> The stages behind it wait for your word.</p>"
        )
        reasons = list(dict.fromkeys(row.harm for row in harmed))[:3]
        self.status.value = head + sentences(reasons, "bad")
