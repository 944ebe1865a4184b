"""The proof of every run of a step: what good and what harm it did."""

from __future__ import annotations

from typing import Any

import ipywidgets

from miri_widgets.models.session import SessionModel
from miri_widgets.models.stage import StageModel
from miri_widgets.panels.charts.proof import ProofView
from miri_widgets.panels.parts.base_view import Part
from miri_widgets.panels.parts.theme import named, sentences, text

__all__ = ["Proofs"]


class Proofs(Part):
    """
    One proof at a time, with a choice of the run, or of the exposure where a run made several.

    Parameters
    ----------
    session : SessionModel
        The session.
    model : StageModel
        The stage.
    """

    def __init__(self, session: SessionModel, model: StageModel) -> None:
        super().__init__("mw-proofs")
        self.session, self.model = session, model
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
        shown = [
            (row, place, proof)
            for row in self.model.rows
            if row.report
            for place, proof in enumerate(self._proofs(row))
        ]
        # what needs a look comes first
        rank = {"harm": 0, "doubtful": 1, "good": 2}
        shown.sort(key=lambda entry: rank.get(entry[2].get("verdict", ""), 3))
        marks = {"harm": "✗ ", "doubtful": "! ", "good": "✓ "}
        options = [
            (marks.get(proof.get("verdict", ""), "") + self._label(row, place), (row.key, place))
            for row, place, proof in shown
        ]
        if list(self.choice.options) != options:
            chosen = self.choice.value
            self._following = True
            try:
                self.choice.options = options
                values = [value for _, value in options]
                if values:
                    self.choice.value = chosen if chosen in values else values[0]
            finally:
                self._following = False
        self.choice.layout.display = "" if len(options) > 1 else "none"
        self._show()

    def _chosen(self, _: Any) -> None:
        if not self._following:
            self._show()

    def _label(self, row: Any, place: int) -> str:
        names = list((row.report.get("exposures") or {}) if row.report.get("proofs") else ()) or row.exposures
        root = names[place] if len(self._proofs(row)) == len(names) else ""
        exposure = self.session.programs.find(root) if root else None
        if exposure is not None:
            return str(exposure.label)
        return root or (f"{row.label}, proof {place + 1}" if len(self._proofs(row)) > 1 else str(row.label))

    @staticmethod
    def _proofs(row: Any) -> list[dict[str, Any]]:
        """Return the proof of a run, or those of its exposures one by one; one that is empty where none was made."""
        several = row.report.get("proofs")
        return [proof or {} for proof in several] if several else [row.report.get("proof") or {}]

    def _show(self) -> None:
        key, place = self.choice.value or ("", 0)
        row = self.model.row(key)
        warnings = list(row.report.get("warnings", ())) if row is not None else []
        self.words.value = sentences(warnings, "warn")
        proofs = self._proofs(row) if row is not None else []
        self.view.proof = proofs[place] if place < len(proofs) else {}
