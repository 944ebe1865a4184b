"""Buttons of a stage: run, cancel, reasons, progress."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ipywidgets

from miri_widgets.errors import MiriWidgetsError
from miri_widgets.models.stage import StageModel
from miri_widgets.panels.parts.base_view import Part
from miri_widgets.panels.parts.theme import button, chip, escape, sentences, text
from miri_widgets.run.progress import percent as whole_percent
from miri_widgets.run.status_rows import RowState, StageState

__all__ = ["Runbar", "bar"]


def bar(fraction: float, caption: str, label: str = "Progress") -> str:
    """
    Return the HTML of a progress bar.

    Parameters
    ----------
    fraction : float
        Progress from 0 to 1.
    caption : str
        Text below the bar.
    label : str
        Accessible name of the bar.

    Returns
    -------
    str
        HTML.
    """
    percent = whole_percent(fraction)
    return (
        f'<div class="mw-bar" role="progressbar" aria-label="{escape(label)}" aria-valuenow="{percent}" aria-valuemin="0" aria-valuemax="100">'
        f'<span style="width:{percent}%"></span></div><div class="mw-bar-words">{escape(caption)}</div>'
    )


class Runbar(Part):
    """
    The buttons of a stage and the progress of its runs.

    Parameters
    ----------
    model : StageModel
        The stage.
    """

    def __init__(self, model: StageModel) -> None:
        super().__init__("mw-runbar")
        self.model = model
        self.run = button("Run", "mw-primary", tip="Run what is not complete with these settings")
        self.run_upto = button("Run up to here", tip="Run the stages before, too, in one job")
        self.cancel = button("Cancel", "mw-danger", tip="Stop what is at work; what is complete stays")
        self.show_log = button("Show the log", tip="The log of the first run that failed")
        self.state = text("", "mw-runbar-state")
        self.progress = text("", "mw-progress")
        self.status = text("")
        self.run.on_click(lambda _: self._try(model.run_when_planned))
        self.run_upto.on_click(lambda _: self._try(model.run_chain_when_planned))
        self.cancel.on_click(lambda _: self._try(model.cancel))
        self.show_log.on_click(lambda _: self._show_log())
        row = ipywidgets.HBox([self.run, self.run_upto, self.cancel, self.state, self.show_log])
        row.add_class("mw-row")
        self.children = (row, self.progress, self.status)
        self.watch(
            model, self._update, "rows", "reasons", "notes", "state", "planning", "loaded", "eta", "errors",
            "unfinished", "late",
        )  # fmt: skip

    def _failed(self) -> list[str]:
        return [row.key for row in self.model.rows if row.state == RowState.FAILED]

    def _show_log(self) -> None:
        for key in self._failed()[:1]:
            self.model.ask_log(key)

    def _try(self, action: Callable[[], Any]) -> None:
        try:
            action()
        except MiriWidgetsError as error:
            self.status.value = sentences([str(error)], "bad")

    def _update(self, _: Any) -> None:
        model = self.model
        blockers = model.blockers()
        unfinished = sum(row.state != RowState.DONE for row in model.rows)
        self.run.disabled = bool(blockers) and not model.planning
        self.run.description = (
            f"Run {unfinished} of {len(model.rows)}" if not blockers and model.count_done else "Run"
        )
        is_waiting = model.state == StageState.BLOCKED and bool(model.rows) and not model.planning
        self.run_upto.layout.display = "" if is_waiting else "none"
        self.cancel.layout.display = "" if model.active else "none"
        self.run.layout.display = "none" if model.active else ""
        self.show_log.layout.display = "" if self._failed() else "none"
        completed = f"{model.count_done} of {len(model.rows)} complete" if model.rows else ""
        self.state.value = chip(model.status) + f'<span class="mw-muted"> {escape(completed)}</span>'
        self.progress.value = bar(model.fraction, model.progress, model.stage.short) if model.active else ""
        calm = "good" if model.status == StageState.DONE else "calm"
        shown = [] if model.active else blockers
        self.status.value = (
            sentences(shown, calm) + sentences(model.notes, "warn") + sentences(model.errors[:3], "bad")
        )
