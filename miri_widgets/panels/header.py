"""The header of a dashboard."""

from __future__ import annotations

from typing import Any

import ipywidgets

from miri_widgets.errors import MiriWidgetsError
from miri_widgets.models.messages import Subject
from miri_widgets.models.session import SessionModel
from miri_widgets.panels.parts.base_view import Part
from miri_widgets.panels.parts.keys_help import KeysHelp
from miri_widgets.panels.parts.notifications import Announcer
from miri_widgets.panels.parts.runbar import bar
from miri_widgets.panels.parts.theme import button, escape, sentences, text
from miri_widgets.run.status_rows import RowState

__all__ = ["Header"]


class Header(Part):
    """
    Title and progress of the program, and the buttons for all stages.

    Parameters
    ----------
    session : SessionModel
        The session.
    """

    def __init__(self, session: SessionModel) -> None:
        super().__init__("mw-summary")
        self.session = session
        self.title = text("", "mw-about")
        self.progress = text("", "mw-progress")
        self.run_all = button(
            "Run all", "mw-primary", tip="Every stage of every included exposure, in one job"
        )
        self.cancel = button("Cancel", "mw-danger", tip="Stop all jobs; what is complete stays")
        self.status = text("")
        self.undo = button("Undo")
        self.redo = button("Redo")
        self.undo.on_click(lambda _: session.history.undo())
        self.redo.on_click(lambda _: session.history.redo())
        self.help = KeysHelp(session.history.undo, session.history.redo)
        row = ipywidgets.HBox(
            [self.title, self.progress, self.undo, self.redo, self.run_all, self.cancel, self.help]
        )
        row.add_class("mw-summary-row")
        self.announcer = Announcer(session)
        self.children = (row, self.status, self.announcer)
        self.run_all.on_click(lambda _: self._try(lambda: session.run_when_planned(session.run_all)))
        self.cancel.on_click(lambda _: self._try(session.cancel))
        self.watch(session.programs, self._update_title, "exposures", "excluded", "scanned")
        self.watch(session, self._update_title, "engine_state")
        self.watch(session.twin, self._update_title, "working")
        self.watch(session, self._update, "running", "progress", "trouble")
        self.watch(session.messages, self._update, "text")
        self.watch(session.history, self._update_undo, "undo_label", "redo_label")
        self.watch(session, self._update, "chain", "pending_run")
        for stage in session.models.values():
            self.watch(stage, self._update, "rows", "planning")

    def _try(self, action: Any) -> None:
        try:
            action()
        except MiriWidgetsError as error:
            self.session.messages.put(Subject.ACTION, str(error))

    def _update_undo(self, _: Any) -> None:
        history = self.session.history
        for control, label, verb in (
            (self.undo, history.undo_label, "Undo"),
            (self.redo, history.redo_label, "Redo"),
        ):
            control.disabled = not label
            control.tooltip = f"{verb}: {label}" if label else f"Nothing to {verb.lower()}"

    def _update_title(self, _: Any) -> None:
        program, model = self.session.program, self.session.programs
        count = (
            f"{len(model.included)} of {len(model.exposures)} exposures" if model.scanned else "scanning …"
        )
        if self.session.twin.working:
            count = "exposures are being simulated"  # the number so far is shown where they are made
        details = [
            f"program {program.program}" if program.program else "",
            count,
            *model.filters,
            self.session.engine_state,
        ]
        chip = f' <span class="mw-chip mw-warn" title="{escape(program.origin)}">simulated twin</span>'
        self.title.value = (
            f"<h1>{escape(program.title or program.name)}{chip if program.awaited else ''}</h1>"
            f'<div class="mw-muted">{escape(" · ".join(detail for detail in details if detail))}</div>'
        )

    def _update(self, _: Any) -> None:
        session = self.session
        rows = [row for stage in session.stages.values() for row in stage.rows]
        unfinished = sum(row.state != RowState.DONE for row in rows)
        self.run_all.disabled = session.running or not (unfinished or session.planning)
        self.cancel.layout.display = "" if session.running else "none"
        self.progress.value = (
            bar(session.fraction, session.progress.text, "All stages")
            if session.running
            else '<span class="mw-muted">starts as soon as the changes are planned</span>'
            if session.pending_run
            else ""
        )
        lines = dict.fromkeys(line for line in (session.messages.text, session.trouble) if line)
        self.status.value = sentences(list(lines), "bad")
