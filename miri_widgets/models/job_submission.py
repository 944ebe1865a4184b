"""What is to run: chosen of the plans, submitted to the engine, put off until the plans are those of now, cancelled."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from miri_widgets.errors import EngineError, MiriWidgetsError
from miri_widgets.models.messages import Subject
from miri_widgets.models.stage import PLANNING
from miri_widgets.run.program_runs import runs_to_do
from miri_widgets.run.status_rows import RowState, RunRow

if TYPE_CHECKING:
    from miri_widgets.models.session import SessionModel

__all__ = ["JobSubmission"]

_REFUSED = "this stage cannot run now"


class JobSubmission:
    """
    What the user lets run; `SessionModel` tells the use of each method.

    Parameters
    ----------
    session : SessionModel
        Whose plans run.
    """

    def __init__(self, session: SessionModel) -> None:
        self.session = session

    def run(self, names: Sequence[str]) -> str:
        """Submit what is not complete of some stages; return the job's id."""
        session = self.session
        self._must_be_free(names)
        chosen = runs_to_do(session.plans, names, self._complete())
        if not session.plans and session.trouble:
            raise EngineError(_REFUSED, "a plan", session.trouble.rstrip("."))
        refused = [sentence for name, sentence in session.refused.items() if name in names]
        if not chosen and refused:
            raise EngineError(_REFUSED, "no blockers", " ".join(refused).rstrip("."))
        if not chosen:
            raise EngineError("everything is complete already", "a run to do", "change a setting first")
        # the others run; a mosaic that is missing in the end must be no surprise
        session.messages.begin_run(tuple(name for name in session.refused if name in names))
        session.picked = False
        job = session.services.engine.submit(session.acceleration.apply(chosen))
        session.jobs_ordered += 1
        session.touch()
        return job

    def _must_be_free(self, names: Sequence[str]) -> None:
        session = self.session
        reasons = session.models[names[0]].blockers() if len(names) == 1 else session.programs.blockers()
        if not reasons and session.planning:
            reasons = [PLANNING]
        if reasons:
            raise EngineError(_REFUSED, "no blockers", " ".join(reasons).rstrip("."))

    def _rows(self) -> list[RunRow]:
        return [row for stage in self.session.stages.values() for row in stage.rows]

    def _complete(self) -> set[str]:
        return {row.key for row in self._rows() if row.state == RowState.DONE}

    def order(self, run: Callable[[], Any]) -> None:
        """
        Run, now or as soon as the plans belong to the settings of now.

        A click may come before the change that was made just before it is
        planned; it means that change, never the plans from before it.
        """
        self.session.messages.drop(Subject.ACTION)
        if self.session.planning:
            self.session.ordered = run
        else:
            run()

    def carry_out(self) -> None:
        """Run what was ordered; what keeps it from running is told."""
        run, self.session.ordered = self.session.ordered, None
        if run is not None:
            try:
                run()
            except MiriWidgetsError as error:
                self.session.messages.put(Subject.ACTION, str(error))

    def cancel(self, jobs: Iterable[str] | None) -> None:
        """Ask jobs to stop, and forget what is ordered; all that are at work when it is None."""
        self.session.ordered = None
        self.session.messages.drop(Subject.ACTION)
        engine = self.session.services.engine
        wanted = set(jobs) if jobs is not None else {row.job for row in self._rows() if row.active}
        if jobs is None:
            wanted |= {summary.job for summary in engine.jobs() if summary.active}
        for job in sorted(wanted - {""}):
            engine.cancel(job)

    def cancel_runs(self, rows: Iterable[RunRow]) -> None:
        """Ask some runs to stop, and forget what is ordered."""
        self.session.ordered = None
        self.session.messages.drop(Subject.ACTION)
        keys: dict[str, set[str]] = {}
        for row in rows:
            keys.setdefault(row.job, set()).add(row.key)
        for job, some in sorted(keys.items()):
            self.session.services.engine.cancel(job, some)
