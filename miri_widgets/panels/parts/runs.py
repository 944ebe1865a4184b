"""The runs of a stage, one row each."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from miri_widgets.models.rows import RowState, RunRow, duration
from miri_widgets.models.stage import StageModel
from miri_widgets.panels.parts.part import Part
from miri_widgets.panels.parts.table import Table
from miri_widgets.panels.parts.theme import GLYPHS, TONES, sentences, text

__all__ = ["Runs"]

_COLUMNS = [
    {"key": "label", "title": "Exposure"},
    {"key": "state", "title": "State", "kind": "state"},
    {"key": "step", "title": "Step", "kind": "bar"},
    {"key": "time", "title": "Time", "right": True},
    {"key": "show", "title": "", "kind": "button"},
    {"key": "log", "title": "", "kind": "button"},
    {"key": "cancel", "title": "", "kind": "button"},
]


class Runs(Part):
    """
    State, step and time of every run; choosing one follows its log.

    Parameters
    ----------
    model : StageModel
        Whose runs they are.
    """

    def __init__(self, model: StageModel) -> None:
        super().__init__("mw-runs")
        self.model = model
        acts: dict[str, Callable[[str], None]] = {
            "show": self._show,
            "log": model.ask_log,
            "cancel": model.cancel,
        }
        self.table = Table(
            columns=_COLUMNS, on_act=acts, placeholder="Filter runs", empty="No run is planned yet."
        )
        self.sentence = text("")
        self.table.observe(self._chosen, "selected")
        self.children = (self.table, self.sentence)
        self.watch(model, self._follow, "rows")

    def _follow(self, _: Any) -> None:
        self.table.rows = [self._row(row) for row in self.model.rows]
        self._explain()

    def _row(self, row: RunRow) -> dict[str, Any]:
        exposure = self.model.session.programs.find(row.exposures[0]) if len(row.exposures) == 1 else None
        busy = row.state == RowState.RUNNING
        words = f"{row.step} {row.index} of {row.total}" if busy and row.step else ""
        return {
            "id": row.key,
            "label": {"text": exposure.label if exposure else row.label, "tip": row.label},
            "state": {
                "text": str(row.state),
                "glyph": GLYPHS[row.state],
                "tone": TONES.get(row.state, "calm"),
                "tip": row.sentence or str(row.state),
            },
            "step": {
                "text": words or (row.sentence if row.state == RowState.WAITING else ""),
                "fraction": round(row.fraction, 3) if busy else None,
            },
            "time": {"text": duration(row.seconds) if row.seconds else "", "rank": row.seconds},
            "show": "Show" if row.products else "",
            "log": "Log" if row.job or row.products else "",
            "cancel": "Cancel" if row.active and row.job else "",
        }

    def _show(self, key: str) -> None:
        row = self.model.row(key)
        if row is not None and row.products:
            self.model.session.show(row.products[0])

    def _chosen(self, change: dict[str, Any]) -> None:
        self.model.watched = change["new"][0] if change["new"] else ""
        self._explain()

    def _explain(self) -> None:
        row = self.model.row(self.model.watched)
        lines = [row.sentence] if row is not None and row.state == RowState.FAILED else []
        self.sentence.value = sentences(lines, "bad")
