"""The validation of every run of a step."""

from __future__ import annotations

from typing import Any

import ipywidgets

from miri_widgets.models.session import SessionModel
from miri_widgets.models.stage import StageModel
from miri_widgets.panels.charts.proof import ValidationView
from miri_widgets.panels.parts.base_view import Part
from miri_widgets.panels.parts.theme import named, sentences, text

__all__ = ["Validations"]


class Validations(Part):
    """
    One validation at a time, with a choice of the run or, for several, of the exposure.

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
        self._updating = False
        self.choice = named(
            ipywidgets.Dropdown(options=[], layout=ipywidgets.Layout(width="auto")),
            "Run whose proof is shown",
        )
        self.choice.add_class("mw-control")
        self.status = text("")
        self.view = ValidationView()
        self.children = (self.choice, self.status, self.view)
        self.choice.observe(self._chosen, "value")
        self.watch(model, self._update, "rows")

    def _update(self, _: Any) -> None:
        shown = [
            (row, index, validation)
            for row in self.model.rows
            if row.report
            for index, validation in enumerate(self._validations(row))
        ]
        # what needs a look comes first
        rank = {"harm": 0, "doubtful": 1, "good": 2}
        shown.sort(key=lambda entry: rank.get(entry[2].get("verdict", ""), 3))
        marks = {"harm": "✗ ", "doubtful": "! ", "good": "✓ "}
        options = [
            (marks.get(validation.get("verdict", ""), "") + self._label(row, index), (row.key, index))
            for row, index, validation in shown
        ]
        if list(self.choice.options) != options:
            chosen = self.choice.value
            self._updating = True
            try:
                self.choice.options = options
                values = [value for _, value in options]
                if values:
                    self.choice.value = chosen if chosen in values else values[0]
            finally:
                self._updating = False
        self.choice.layout.display = "" if len(options) > 1 else "none"
        self._show()

    def _chosen(self, _: Any) -> None:
        if not self._updating:
            self._show()

    def _label(self, row: Any, index: int) -> str:
        names = list((row.report.get("exposures") or {}) if row.report.get("proofs") else ()) or row.exposures
        root = names[index] if len(self._validations(row)) == len(names) else ""
        exposure = self.session.programs.find(root) if root else None
        if exposure is not None:
            return str(exposure.label)
        return root or (
            f"{row.label}, proof {index + 1}" if len(self._validations(row)) > 1 else str(row.label)
        )

    @staticmethod
    def _validations(row: Any) -> list[dict[str, Any]]:
        """Return the validation of a run, or those of its exposures; empty where there is none."""
        validations = row.report.get("proofs")
        return (
            [validation or {} for validation in validations]
            if validations
            else [row.report.get("proof") or {}]
        )

    def _show(self) -> None:
        key, index = self.choice.value or ("", 0)
        row = self.model.row(key)
        warnings = list(row.report.get("warnings", ())) if row is not None else []
        self.status.value = sentences(warnings, "warn")
        validations = self._validations(row) if row is not None else []
        self.view.validation = validations[index] if index < len(validations) else {}
