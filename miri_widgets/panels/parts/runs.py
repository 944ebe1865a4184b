"""The runs of a stage, one row each."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import ipywidgets

from miri_widgets.models.run_differences import RunDifferencesModel
from miri_widgets.models.session import SessionModel
from miri_widgets.models.stage import StageModel
from miri_widgets.panels.parts.base_view import Part
from miri_widgets.panels.parts.rundifferences import RunDifferencesView
from miri_widgets.panels.parts.table import Table
from miri_widgets.panels.parts.theme import GLYPHS, TONES, button, sentences, text
from miri_widgets.run.durations import duration
from miri_widgets.run.progress import running_text
from miri_widgets.run.status_rows import RowState, RunRow, rows_of

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
    session : SessionModel
        The session.
    model : StageModel
        The stage.
    """

    def __init__(self, session: SessionModel, model: StageModel) -> None:
        super().__init__("mw-runs")
        self.session, self.model = session, model
        acts: dict[str, Callable[[str], None]] = {
            "show": self._show,
            "log": model.ask_log,
            "cancel": model.cancel,
        }
        self.table = Table(
            columns=_COLUMNS, on_act=acts, placeholder="Filter runs", empty="No run is planned yet."
        )
        self.sentence = text("")
        self.compare = button(
            "Compare runs", tip="What changed between two runs of this stage, earlier settings included"
        )
        self.differences: RunDifferencesView | None = None
        self._updating = False
        self.table.observe(self._chosen, "selected")
        self.compare.on_click(lambda _: self._open_differences())
        row = ipywidgets.HBox([self.compare])
        row.add_class("mw-row")
        self._always: list[ipywidgets.Widget] = [self.table, self.sentence, row]
        self.children = tuple(self._always)
        self.watch(model, self._update, "rows")
        self.watch(session.programs, self._update_chosen, "selected")

    def _update(self, _: Any) -> None:
        self.table.rows = [self._row(row) for row in self.model.rows]
        self._explain()
        if self.differences is not None:
            self.differences.model.refresh(mark=self._complete())

    def _update_chosen(self, _: Any) -> None:
        """Select the runs of the chosen exposures; runs of several exposures are chosen here only."""
        keys = rows_of(self.model.rows, self.session.programs.selected)
        if keys and set(keys) != set(self.table.selected):
            self._updating = True
            try:
                self.table.selected = list(keys)
            finally:
                self._updating = False
            self.model.watched = keys[0]
            self._explain()

    def _row(self, row: RunRow) -> dict[str, Any]:
        exposure = self.session.programs.find(row.exposures[0]) if len(row.exposures) == 1 else None
        busy = row.state == RowState.RUNNING
        step_text = running_text(row) if busy and row.step else ""
        return {
            "id": row.key,
            "label": {"text": exposure.label if exposure else row.label, "tip": row.label},
            "state": {
                "text": row.status,
                "glyph": GLYPHS[row.status],
                "tone": TONES.get(row.status, "calm"),
                "tip": f"Left out: {row.left_out}" if row.left_out else row.sentence or row.status,
            },
            "step": {
                "text": step_text or (row.sentence if row.state == RowState.WAITING else ""),
                "fraction": round(row.fraction, 3) if busy else None,
            },
            "time": {"text": duration(row.seconds) if row.seconds else "", "rank": row.seconds},
            "show": "Show" if row.products else "",
            "log": "Log" if row.job or row.products else "",
            "cancel": "Cancel" if row.active and row.job else "",
        }

    def _complete(self) -> tuple[str, ...]:
        return tuple(row.key for row in self.model.rows if row.products)

    def _open_differences(self) -> None:
        """Show or hide the comparison below the runs."""
        if self.differences is not None:
            self.differences.close()
            self.differences = None
            self.children = tuple(self._always)
            return
        session = self.session
        model = RunDifferencesModel(session.program.workspace, self.model.name, session.background)
        self.differences = RunDifferencesView(model, self._blink)
        self.children = (*self._always, self.differences)
        model.refresh(mark=self._complete())

    def _blink(self, first: Path, second: Path) -> None:
        """Show the second of two files, or the first if the second is in view."""
        session = self.session
        session.show(first if session.shown == second else second)

    def _show(self, key: str) -> None:
        row = self.model.row(key)
        if row is not None and row.products:
            self.session.show(row.products[0])

    def _chosen(self, change: dict[str, Any]) -> None:
        if self._updating:
            return
        self.model.watched = change["new"][0] if change["new"] else ""
        self._explain()
        row = self.model.row(self.model.watched)
        if row is not None and len(row.exposures) == 1:
            self.session.choose(row.exposures)

    def _explain(self) -> None:
        row = self.model.row(self.model.watched)
        lines = [row.sentence] if row is not None and row.state == RowState.FAILED else []
        warnings = [f"The pipeline left out: {row.left_out}."] if row is not None and row.left_out else []
        self.sentence.value = sentences(lines, "bad") + sentences(warnings, "warn")
