"""Reduce a program without a browser, through the same models as the dashboard."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from miri_widgets.errors import ParameterError
from miri_widgets.products.program import Program, load_program

if TYPE_CHECKING:
    from miri_widgets.models.session import SessionModel
    from miri_widgets.run.jobs import JobState

__all__ = ["follow", "run_program", "start", "summary"]

_POLL_SECONDS = 0.5


def start(
    program: Program,
    *,
    stages: Sequence[str] | None = None,
    changes: Sequence[str] = (),
    workers: int = 2,
    scheduler: str | None = None,
) -> tuple[SessionModel, str]:
    """
    Open a session and submit its stages.

    Parameters
    ----------
    program : Program
        What to reduce.
    stages : sequence of str, optional
        Names of stages; by default all.
    changes : sequence of str
        ``stage.step.parameter=value`` for this run.
    workers : int
        Exposures at a time.
    scheduler : str, optional
        Address of a Dask scheduler.

    Returns
    -------
    (SessionModel, str)
        The session, to be closed by the caller, and the job's id.
    """
    from miri_widgets.models.session import open_session

    session = open_session(program, workers=workers, scheduler=scheduler)
    for change in changes:
        name, equals, value = change.partition("=")
        stage, dot, parameter = name.strip().partition(".")
        if not (equals and dot) or stage not in session.stages:
            raise ParameterError(
                f"--set {change[:80]!r}",
                "stage.step.parameter=value with a stage of " + ", ".join(session.stages),
                "write it like detector1.jump.rejection_threshold=5",
            )
        model = session.stages[stage]
        model.settings = model.settings.but({parameter: value.strip()})
    return session, session.run_all(stages)


def follow(session: SessionModel, job: str, say: Callable[[str], None]) -> JobState:
    """
    Wait for a job and tell each run that ended.

    Parameters
    ----------
    session : SessionModel
        The session that submitted it.
    job : str
        The job's id.
    say : callable
        Called with one line per run that ended.

    Returns
    -------
    JobState
        The job as it ended.
    """
    told: set[str] = set()
    while True:
        state = session.engine.state(job)
        for run in state.runs.values():
            if run.ended and run.key not in told:
                told.add(run.key)
                reason = f": {run.error}" if run.error else ""
                say(f"{run.stage} {run.label} {run.status} after {run.seconds:.1f} s{reason}")
        if not state.active:
            return state
        time.sleep(_POLL_SECONDS)


def summary(session: SessionModel, state: Any) -> str:
    """
    Return what came out, as text.

    Parameters
    ----------
    session : SessionModel
        The session.
    state : JobState
        The job as it ended.
    """
    counts = ", ".join(f"{number} {status}" for status, number in state.counts.items() if number)
    lines = [f"Runs: {counts}."]
    for stage in session.stages.values():
        for path in stage.main_products():
            lines.append(f"{stage.stage.title}: {path}")
    for error in state.errors:
        lines.append(f"Failed: {error}")
    return "\n".join(lines)


def run_program(options: argparse.Namespace) -> int:
    """Run the command ``miri-widgets run``."""
    began = time.monotonic()

    def say(line: str) -> None:
        print(f"[{time.monotonic() - began:5.0f} s] {line}", flush=True)

    session, job = start(
        load_program(options.program),
        stages=options.stages.split(",") if options.stages else None,
        changes=options.set,
        workers=options.workers,
        scheduler=options.scheduler,
    )
    say(f"job {job} started")
    if options.detach:
        session.close()
        return 0
    try:
        state = follow(session, job, say)
    except KeyboardInterrupt:
        session.engine.cancel(job)
        say("cancelled; what is finished is kept")
        raise
    print(summary(session, state))
    session.close()
    return int(state.counts.get("failed", 0) > 0)
