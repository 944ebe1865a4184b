"""One stage as it is now: what can run, how far it is, what it made."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, Protocol

import traitlets

from miri_widgets.errors import MiriWidgetsError
from miri_widgets.models.messages import Subject
from miri_widgets.models.stage_settings import StageOwner, StageSettings
from miri_widgets.models.subscriptions import emit
from miri_widgets.run.progress import stage_text
from miri_widgets.run.status_rows import RowState, RunRow, StageState, status_text
from miri_widgets.steps.stage import Stage

__all__ = ["PLANNING", "StageModel", "StageRuns"]

PLANNING = "The changed settings are being compared with what was run before."


class StageRuns(StageOwner, Protocol):
    """What a stage uses of all to run, besides what its settings use."""

    def run(self, *names: str) -> str: ...
    def run_all(self, upto: str | None = None) -> str: ...
    def run_when_planned(self, run: Callable[[], Any]) -> None: ...
    def accept(self, key: str) -> None: ...
    def cancel_runs(self, rows: Iterable[RunRow]) -> None: ...
    def code(self, name: str) -> str: ...
    def script(self, upto: str | None = None) -> str: ...
    def export(self, upto: str | None = None) -> tuple[Path, Path]: ...


class StageModel(StageSettings):
    """
    Observable state of one stage; nearly every stage needs no more than this.

    `apply` and `use_layers` are called by the session only. A user, a panel
    or a script sets `settings` (or calls `set`, `reset`, `undo`, `redo`,
    `load`) and calls `run` and `cancel`.

    The event ``view_requested`` (``new`` is the name of a view, such as "log") has a panel bring a view to the front.

    Parameters
    ----------
    stage : Stage
        What it is about.
    owner : StageRuns
        The chain that the stage belongs to.
    """

    rows = traitlets.Tuple(help="RunRow of every run, for the current settings")
    state = traitlets.UseEnum(StageState, StageState.LOADING)
    reasons = traitlets.Tuple(help="sentences: why it cannot run; see blockers()")
    notes = traitlets.Tuple(help="sentences that do not keep it from running")
    errors = traitlets.Tuple(help="sentences: what failed")
    products = traitlets.Tuple(help="Path of every product that the current settings made")
    fraction = traitlets.Float(0.0)
    eta = traitlets.Float(None, allow_none=True, help="seconds left, None when unknown")
    late = traitlets.Bool(False, help="whether its job takes longer than expected")
    asking = traitlets.Bool(False, help="whether CRDS is being asked for its values")
    watched = traitlets.Unicode("", help="key of the run whose log is followed")
    log = traitlets.Unicode("", help="end of the log of the watched run")

    def __init__(self, stage: Stage, owner: StageRuns) -> None:
        super().__init__(stage, owner)
        self._runs = owner

    def blockers(self) -> list[str]:
        """Return why the stage cannot run now, as sentences; empty when it can."""
        if self.name not in self._runs.chain:
            return ["This step is left out of the chain: take it in first."]
        if not self.loaded:
            return ["The parameters of the pipeline are being read; this takes some seconds the first time."]
        if self.unfinished:
            names = ", ".join(sorted(self.unfinished))
            return [f"What is entered for {names} is not allowed: correct it, or take it back with Undo."]
        if self.planning:
            return [PLANNING]
        return list(self.reasons)

    @property
    def active(self) -> bool:
        """Whether a run of this stage is waiting or at work."""
        return any(row.active for row in self.rows)

    @property
    def progress(self) -> str:
        """What its runs are doing and how long they take, as text; empty when none is in progress."""
        return stage_text(self.rows, self.eta, self.late) if self.active else ""

    @property
    def status(self) -> str:
        """How it stands, in words: a stage with results that were made with steps left out says so when it is done."""
        return status_text(self.state, any(row.left_out for row in self.rows))

    @property
    def count_done(self) -> int:
        """Number of runs that are complete with the settings of now."""
        return sum(row.state == RowState.DONE for row in self.rows)

    def run(self) -> str:
        """
        Submit what is not complete; return the job's id.

        Raises
        ------
        MiriWidgetsError
            If there are blockers, or the engine cannot take the job.
        """
        return self._runs.run(self.name)

    def run_when_planned(self) -> None:
        """As `run`, now or as soon as the plans belong to the current settings: what a button does."""
        self._runs.run_when_planned(self.run)

    def run_chain_when_planned(self) -> None:
        """As `run_when_planned`, with all stages before this one, in one job."""
        self._runs.run_when_planned(lambda: self._runs.run_all(self.name))

    def accept(self, key: str) -> None:
        """
        Let the chain go on after a run that did harm.

        Parameters
        ----------
        key : str
            Key of the run.
        """
        self._runs.accept(key)

    def cancel(self, *keys: str) -> None:
        """
        Ask the runs of this stage that are at work to stop, or some of them; what needs them ends, too.

        Parameters
        ----------
        *keys : str
            Keys of runs; all by default.
        """
        self._runs.cancel_runs(
            [row for row in self.rows if row.active and row.job and (not keys or row.key in keys)]
        )

    def ask_log(self, key: str) -> None:
        """
        Follow the log of a run, and have it shown.

        Parameters
        ----------
        key : str
            Key of the run.
        """
        self.watched = key
        emit(self, "view_requested", "log")

    def code(self) -> str:
        """Return a run of this stage, with the settings of now, as Python and as a ``strun`` line."""
        return self._runs.code(self.name)

    def script(self) -> str:
        """Return all runs up to this stage as a Python program that gives the same products."""
        return self._runs.script(self.name)

    def export(self) -> tuple[Path, Path]:
        """Write the program, and the same as a notebook, into the workspace; see `SessionModel.export`."""
        return self._runs.export(self.name)

    def apply(self, values: Mapping[str, Any]) -> None:
        """
        Take the facts of now: the only writer of everything but settings.

        Parameters
        ----------
        values : mapping
            Trait values by name; equal ones tell no observer.
        """
        with self.hold_trait_notifications():
            for name, value in values.items():
                setattr(self, name, value)

    def row(self, key: str) -> RunRow | None:
        """
        Return the row of a run, or None.

        Parameters
        ----------
        key : str
            Key of the run.
        """
        return next((row for row in self.rows if row.key == key), None)

    def explain(self, error: MiriWidgetsError) -> None:
        """
        Show an error of an action (run, load ...) until the next action.

        Parameters
        ----------
        error : MiriWidgetsError
            Its sentence is shown.
        """
        self._runs.messages.put(Subject.ACTION, str(error))
