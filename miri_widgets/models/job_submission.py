"""What is to run: chosen of the plans, submitted to the engine, put off until the plans are current, cancelled."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import traitlets

from miri_widgets.errors import EngineError, MiriWidgetsError
from miri_widgets.models.messages import Subject
from miri_widgets.models.planned_stages import PlannedStages
from miri_widgets.models.stage import PLANNING, StageModel
from miri_widgets.products.program import Program
from miri_widgets.run.program_runs import runs_to_do
from miri_widgets.run.progress import JobsInProgress, Progress
from miri_widgets.run.services import Services
from miri_widgets.run.status_rows import RowState, RunRow

__all__ = ["JobSubmission"]

_REFUSED = "this stage cannot run now"


class JobSubmission(PlannedStages):
    """
    Planned stages whose runs can be submitted, followed and cancelled.

    Parameters
    ----------
    program : Program
        The program.
    services : Services
        Calls into the rooms below.
    """

    running = traitlets.Bool(False, help="whether a job is in progress")
    fraction = traitlets.Float(0.0, help="of all jobs in progress")
    eta = traitlets.Float(None, allow_none=True, help="time left, s; None while it is not known")
    progress = traitlets.Instance(Progress, args=(), help="of all jobs in progress")
    jobs_submitted = traitlets.Int(0, help="counts the jobs that were submitted from here")
    pending_run: Any = traitlets.Any(
        None, help="what runs as soon as the plans are current; see run_when_planned"
    )

    def __init__(self, program: Program, services: Services) -> None:
        super().__init__(program, services)
        self.models = {stage.name: StageModel(stage, self) for stage in services.stages}
        self._in_progress = JobsInProgress()

    # -- running --------------------------------------------------------------

    def run(self, *names: str) -> str:
        """
        Submit what is not complete of some stages; return the job's id.

        Parameters
        ----------
        *names : str
            Names of stages, in running order.

        Raises
        ------
        MiriWidgetsError
            If a stage has blockers, or the engine cannot take the job.
        """
        self._require_free(names)
        chosen = runs_to_do(self.plans, names, self._complete())
        if not self.plans and self.trouble:
            raise EngineError(_REFUSED, "a plan", self.trouble.rstrip("."))
        refused = [sentence for name, sentence in self.refused.items() if name in names]
        if not chosen and refused:
            raise EngineError(_REFUSED, "no blockers", " ".join(refused).rstrip("."))
        if not chosen:
            raise EngineError("everything is complete already", "a run to do", "change a setting first")
        # the others run; a mosaic that is missing in the end must be no surprise
        self.messages.begin_run(tuple(name for name in self.refused if name in names), self.refused)
        job = self.services.engine.submit(self.acceleration.apply(chosen))
        self.jobs_submitted += 1
        self.touch()
        return job

    def run_all(self, upto: str | None = None) -> str:
        """
        Submit every stage, in one job; up to and with `upto` when it is given.

        Parameters
        ----------
        upto : str, optional
            Name of the last stage; all of the chain by default.

        Raises
        ------
        MiriWidgetsError
            As `run`.
        """
        return self.run(*self.names_to(upto))

    def run_plans(self, plans: Sequence[Any]) -> str:
        """
        Submit runs of another chain, which are no part of the program's own; return the job's id.

        Parameters
        ----------
        plans : sequence of RunPlan
            What is not complete, in running order.

        Raises
        ------
        MiriWidgetsError
            If there is nothing to do, or the engine cannot take the job.
        """
        if not plans:
            raise EngineError(
                "everything that can run is complete already", "a run to do", "look at the runs of the stage"
            )
        job = self.services.engine.submit(self.acceleration.apply(plans))
        self.note_running(True)
        return job

    def run_when_planned(self, run: Callable[[], Any]) -> None:
        """
        Run, now or as soon as the plans belong to the current settings: what a button does.

        A click may come before the change that was made just before it is
        planned; it means that change, never the plans from before it.

        Parameters
        ----------
        run : callable
            `run_all`, or `StageModel.run`. What keeps it from running later goes to `messages`.

        Raises
        ------
        MiriWidgetsError
            As `run`, when it runs at once.
        """
        self.messages.drop(Subject.ACTION)
        if self.planning:
            self.pending_run = run
        else:
            run()

    def start_pending_run(self) -> None:
        """Run what waited for plans; what keeps it from running is a message."""
        run, self.pending_run = self.pending_run, None
        if run is not None:
            try:
                run()
            except MiriWidgetsError as error:
                self.messages.put(Subject.ACTION, str(error))

    def accept(self, key: str) -> None:
        """
        Let the chain go on after a run that did harm; other settings are asked about again.

        Parameters
        ----------
        key : str
            Key of the run.
        """
        row = next((known for stage in self.models.values() if (known := stage.row(key)) is not None), None)
        self.services.accept(key, row.harm if row is not None else "")

    def _require_free(self, names: Sequence[str]) -> None:
        reasons = self.models[names[0]].blockers() if len(names) == 1 else self.programs.blockers()
        if not reasons and self.planning:
            reasons = [PLANNING]
        if reasons:
            raise EngineError(_REFUSED, "no blockers", " ".join(reasons).rstrip("."))

    def _rows(self) -> list[RunRow]:
        return [row for stage in self.stages.values() for row in stage.rows]

    def _complete(self) -> set[str]:
        return {row.key for row in self._rows() if row.state == RowState.DONE}

    # -- following and stopping -------------------------------------------------

    def follow_jobs(self, jobs: Sequence[Any]) -> None:
        """
        Take how far the jobs are.

        Parameters
        ----------
        jobs : sequence of JobState
            Those that are in progress.
        """
        self.note_running(bool(jobs))
        self.progress = self._in_progress.take(jobs)
        self.fraction, self.eta = self.progress.fraction, self.progress.eta

    def note_running(self, running: bool) -> None:
        """
        Take whether a job is in progress.

        Parameters
        ----------
        running : bool
            Whether the engine has a job of this program.
        """
        if self.running and not running:
            self.messages.drop(Subject.ACTION)  # "a run is in progress" is not true any more
        self.running = running

    def cancel(self, jobs: Iterable[str] | None = None) -> None:
        """
        Cancel jobs, and a run that waits for plans.

        Parameters
        ----------
        jobs : iterable of str, optional
            Which; all that are in progress by default.
        """
        self._forget_pending_run()
        engine = self.services.engine
        wanted = set(jobs) if jobs is not None else {row.job for row in self._rows() if row.active}
        if jobs is None:
            wanted |= {summary.job for summary in engine.jobs() if summary.active}
        for job in sorted(wanted - {""}):
            engine.cancel(job)

    def cancel_runs(self, rows: Iterable[RunRow]) -> None:
        """
        Cancel some runs; the rest of their jobs goes on, but for what needs them.

        Parameters
        ----------
        rows : iterable of RunRow
            The runs.
        """
        self._forget_pending_run()
        keys: dict[str, set[str]] = {}
        for row in rows:
            keys.setdefault(row.job, set()).add(row.key)
        for job, some in sorted(keys.items()):
            self.services.engine.cancel(job, some)

    def _forget_pending_run(self) -> None:
        self.pending_run = None
        self.messages.drop(Subject.ACTION)
