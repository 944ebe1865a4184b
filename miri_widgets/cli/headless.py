"""Reduce a program without a browser, through the same models as the dashboard."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from miri_widgets.errors import ParameterError, error_from_dict
from miri_widgets.products.program import Program, load_program
from miri_widgets.products.program_values import place_named
from miri_widgets.run.events import EventKind, JobEvent
from miri_widgets.simulation.twins import ensure_twin
from miri_widgets.steps.acceleration import State, acceleration_states

if TYPE_CHECKING:
    from miri_widgets.models import SessionModel

__all__ = ["follow", "run_program", "start", "summary"]

_MOST_LINES = 20


def start(
    program: Program,
    *,
    stages: Sequence[str] | None = None,
    also: Sequence[str] = (),
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
        Names of stages; by default the whole chain.
    also : sequence of str
        Optional stages that the chain takes in.
    changes : sequence of str
        ``stage.step.parameter=value`` for this run.
    workers : int
        Exposures at a time.
    scheduler : str, optional
        Address of a Dask scheduler.

    Returns
    -------
    (SessionModel, str)
        The session, to be closed by the caller, and the job's id; empty when
        everything is complete already.
    """
    from miri_widgets.models import RowState, open_session

    session = open_session(program, workers=workers, scheduler=scheduler)
    for name in (*also, *(stages or ())):
        if name not in session.stages:
            session.use_stage(name)
    for change in changes:
        _change(session, change)
    session.poll()
    names = [*(stages or session.stages)]
    for name in names:
        if name not in session.stages:
            raise ParameterError(
                f"the stage {name[:40]!r}", "one of " + ", ".join(session.stages), "correct its name"
            )
    rows = [row for name in names for row in session.stages[name].rows]
    if rows and not session.refused.keys() & set(names) and all(row.state == RowState.DONE for row in rows):
        return session, ""
    return session, session.run(*names)


def _change(session: SessionModel, change: str) -> None:
    name, equals, value = change.partition("=")
    stage, dot, parameter = name.strip().partition(".")
    if not (equals and dot) or stage not in session.models:
        raise ParameterError(
            f"--set {change[:80]!r}",
            "stage.step.parameter=value with a stage of " + ", ".join(session.models),
            "write it like detector1.jump.rejection_threshold=5",
        )
    session.models[stage].set({parameter: value.strip()})


def follow(session: SessionModel, job: str, say: Callable[[str], None]) -> bool:
    """
    Wait for a job and tell each run that ended.

    Parameters
    ----------
    session : SessionModel
        The session that submitted it.
    job : str
        The job's id; empty when there was nothing to run.
    say : callable
        Called with one line per run that ended.

    Returns
    -------
    bool
        Whether every run ended well.
    """
    if not job:
        say("everything is complete already: nothing was run")
        return True
    ended = {
        EventKind.DONE,
        EventKind.REUSED,
        EventKind.FAILED,
        EventKind.CANCELLED,
        EventKind.UPSTREAM_FAILED,
    }

    def tell(event: JobEvent) -> None:
        if event.kind in ended:
            reason = f": {error_from_dict(event.error)}" if event.error else ""
            say(f"{event.stage} {event.label} {event.kind} after {event.seconds:.1f} s{reason}")

    state = session.services.engine.wait(job, on_event=tell)
    session.poll()
    return all(run.status.good for run in state.runs)


def summary(session: SessionModel) -> str:
    """
    Return how the stages stand and where the products are, as text.

    Parameters
    ----------
    session : SessionModel
        The session, after its job.
    """
    problems = session.programs.problems
    lines = [f"Note: {line}" for line in session.programs.warnings]
    lines += [f"Left out: {problem.error}" for problem in problems[:_MOST_LINES]]
    if len(problems) > _MOST_LINES:
        lines.append(f"Left out: {len(problems) - _MOST_LINES} more files that cannot be used")
    for stage in session.stages.values():
        done = [row for row in stage.rows if row.products]
        took = sum(row.seconds for row in done)
        lines.append(
            f"{stage.stage.title}: {len(done)} of {len(stage.rows)} runs complete, {took:.0f} s of work"
        )
        if stage is list(session.stages.values())[-1]:
            what = "mosaic" if stage.name == "image3" else stage.stage.main
            lines += [f"  {what}: {row.products[0]}" for row in done]
        lines += [f"  note: {note}" for note in stage.notes]
        if stage.name in session.refused:
            lines.append(f"  not run: {session.refused[stage.name]}")
        lines += [f"  {row.label}: {row.sentence}" for row in stage.rows if row.sentence and not row.products]
        lines += [f"  {row.label} was harmed: {row.harm}" for row in stage.rows if row.harm]
    return "\n".join(lines)


def _accept(session: SessionModel) -> str:
    """Accept the harm of every run, and return whose it was."""
    rows = [row for stage in session.stages.values() for row in stage.rows if row.harm]
    for row in rows:
        session.accept(row.key)
    session.poll()
    return ", ".join(row.label for row in rows)


def run_program(options: argparse.Namespace) -> int:
    """Run the command ``miri-widgets run``."""
    began = time.monotonic()

    def say(line: str) -> None:
        print(f"[{time.monotonic() - began:5.0f} s] {line}", flush=True)

    program = load_program(options.program)
    places = [
        place_named(text, "--exclude", Path.cwd() / Path(options.program).name) for text in options.exclude
    ]
    off = (*program.acceleration_off, *filter(None, map(str.strip, options.acceleration_off.split(","))))
    program = replace(program, exclude=(*program.exclude, *places), acceleration_off=off)
    states = acceleration_states(off)  # a wrong name ends here, with a sentence
    if program.simulated:
        say(program.origin)
        # a twin whose description has changed is made again
        if program.awaited or not program.has_exposures():
            ensure_twin(program.simulated, processes=options.workers, say=say)
    wanted = options.stages.split(",") if options.stages else None
    session, job = start(
        program,
        stages=wanted,
        also=options.also.split(",") if options.also else (),
        changes=options.set,
        workers=options.workers,
        scheduler=options.scheduler,
    )
    if job:
        say(f"job {job} started")
        idle = [name for name, state in states.items() if state != State.ON]
        if idle:
            say(f"without the accelerations {', '.join(idle)}: the pixels are the same, runs take longer")
    if options.detach:
        session.close()
        return 0
    try:
        good = follow(session, job, say)
        while not good and options.accept_harm and (harmed := _accept(session)):
            say(f"harm accepted, as you said: {harmed}")
            good = follow(session, session.run_all(), say)
    except KeyboardInterrupt:
        session.cancel([job])
        say("cancelled; what is finished is kept")
        raise
    print(summary(session))
    session.close()
    return int(not good or bool(session.refused.keys() & set(wanted or session.stages)))
