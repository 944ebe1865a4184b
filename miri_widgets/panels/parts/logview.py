"""The end of a run's log, updated as it grows."""

from __future__ import annotations

from typing import Any

import ipywidgets

from miri_widgets.models.session import SessionModel
from miri_widgets.models.stage import StageModel
from miri_widgets.panels.parts.base_view import Part
from miri_widgets.panels.parts.theme import escape, named, text
from miri_widgets.run.status_rows import RowState

__all__ = ["LogView"]


class LogView(Part):
    """
    The last lines of the log of one run.

    Parameters
    ----------
    session : SessionModel
        The session.
    model : StageModel
        The stage.
    """

    def __init__(self, session: SessionModel, model: StageModel) -> None:
        super().__init__("mw-log")
        self.session, self.model = session, model
        self._updating = False
        self.choice = named(
            ipywidgets.Dropdown(options=[], layout=ipywidgets.Layout(width="100%")), "Run whose log is shown"
        )
        self.choice.add_class("mw-control")
        self.choice.observe(self._chosen, "value")
        self.lines = text("", "mw-log-lines")
        self.children = (self.choice, self.lines)
        self.watch(model, self._update_rows, "rows", "watched")
        self.watch(model, self._update_log, "log")

    def _update_rows(self, _: Any) -> None:
        find = self.session.programs.find
        options = []
        for row in self.model.rows:
            exposure = find(row.exposures[0]) if len(row.exposures) == 1 else None
            options.append((f"{exposure.label if exposure else row.label} ({row.status})", row.key))
        keys = [key for _, key in options]
        if self.model.rows and self.model.watched not in keys:
            busy = [row.key for row in self.model.rows if row.state in (RowState.RUNNING, RowState.FAILED)]
            self.model.watched = (busy or keys)[0]
        self._updating = True
        try:
            if list(self.choice.options) != options:
                self.choice.options = options
            self.choice.value = self.model.watched if self.model.watched in keys else None
        finally:
            self._updating = False

    def _chosen(self, change: dict[str, Any]) -> None:
        if not self._updating and change["new"]:
            self.model.watched = change["new"]

    def _update_log(self, _: Any) -> None:
        lines = self.model.log or "There is no log of this run yet."
        self.lines.value = f'<pre tabindex="0" role="region" aria-label="Log">{escape(lines)}</pre>'
