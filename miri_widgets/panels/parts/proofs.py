"""The proof of every run of a step: what good and what harm it did."""

from __future__ import annotations

from typing import Any

import ipywidgets

from miri_widgets.models.stage import StageModel
from miri_widgets.panels.parts.part import Part
from miri_widgets.panels.parts.proof import ProofView
from miri_widgets.panels.parts.theme import named, sentences, text

__all__ = ["Proofs"]


class Proofs(Part):
    """
    One proof at a time, with a choice of the run.

    Parameters
    ----------
    model : StageModel
        The stage.
    """

    def __init__(self, model: StageModel) -> None:
        super().__init__("mw-proofs")
        self.model = model
        self._following = False
        self.choice = named(
            ipywidgets.Dropdown(options=[], layout=ipywidgets.Layout(width="auto")),
            "Run whose proof is shown",
        )
        self.choice.add_class("mw-control")
        self.words = text("")
        self.view = ProofView()
        self.children = (self.choice, self.words, self.view)
        self.choice.observe(self._chosen, "value")
        self.watch(model, self._follow, "rows")

    def _follow(self, _: Any) -> None:
        rows = [row for row in self.model.rows if row.report]
        # what needs a look comes first
        rank = {"harm": 0, "doubtful": 1, "good": 2}
        rows.sort(key=lambda row: rank.get(self._proof(row).get("verdict", ""), 3))
        marks = {"harm": "✗ ", "doubtful": "! ", "good": "✓ "}
        options = [
            (marks.get(self._proof(row).get("verdict", ""), "") + self._label(row), row.key) for row in rows
        ]
        if list(self.choice.options) != options:
            chosen = self.choice.value
            self._following = True
            try:
                self.choice.options = options
                keys = [key for _, key in options]
                if keys:
                    self.choice.value = chosen if chosen in keys else keys[0]
            finally:
                self._following = False
        self.choice.layout.display = "" if len(options) > 1 else "none"
        self._show()

    def _chosen(self, _: Any) -> None:
        if not self._following:
            self._show()

    def _label(self, row: Any) -> str:
        one = self.model.session.programs.find(row.exposures[0]) if len(row.exposures) == 1 else None
        return one.label if one is not None else str(row.label)

    @staticmethod
    def _proof(row: Any) -> dict[str, Any]:
        return row.report.get("proof") or {}

    def _show(self) -> None:
        row = self.model.row(self.choice.value or "")
        warnings = list(row.report.get("warnings", ())) if row is not None else []
        self.words.value = sentences(warnings, "warn")
        self.view.proof = self._proof(row) if row is not None else {}
