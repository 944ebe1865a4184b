"""Reduce a program without a page, for ``miri-widgets run`` and the demo."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from miri_widgets.errors import error_from_dict
from miri_widgets.products.program import Program, load_program
from miri_widgets.products.program_schema import path_named
from miri_widgets.run.events import EventKind, JobEvent
from miri_widgets.run.overrides import Overrides
from miri_widgets.run.reduction import Reduction
from miri_widgets.simulation.twins import ensure_twin
from miri_widgets.steps.acceleration import State, acceleration_states

__all__ = ["FILES_LEFT_OUT", "reduction_of", "run_program", "wait_for_job"]

FILES_LEFT_OUT = 3
"""Exit status of a reduction that is complete but for files in its folders that could not be used (2 is a wrong option)."""

_ENDED = frozenset(
    {
        EventKind.DONE,
        EventKind.REUSED,
        EventKind.FAILED,
        EventKind.CANCELLED,
        EventKind.UPSTREAM_FAILED,
    }
)


def wait_for_job(reduction: Reduction, job: str, print_line: Callable[[str], None]) -> bool:
    """
    Wait for a job and print a line for each run that ends.

    Parameters
    ----------
    reduction : Reduction
        The reduction that submitted the job.
    job : str
        The job's id; empty when there was nothing to run.
    print_line : callable
        Called with each line.

    Returns
    -------
    bool
        Whether every run succeeded.
    """
    if not job:
        print_line("everything is complete already: nothing was run")
        return True

    def print_event(event: JobEvent) -> None:
        if event.kind in _ENDED:
            reason = f": {error_from_dict(event.error)}" if event.error else ""
            print_line(f"{event.stage} {event.label} {event.kind} after {event.seconds:.1f} s{reason}")

    return reduction.wait(job, print_event)


def run_program(options: argparse.Namespace) -> int:
    """
    Run the command ``miri-widgets run``.

    Parameters
    ----------
    options : Namespace
        Parsed options of the command.

    Returns
    -------
    int
        Exit status: 0 if every run succeeded and the program is complete, 1 if not; `FILES_LEFT_OUT` if it is
        complete but for files that could not be used.
    """
    start = time.monotonic()

    def print_line(line: str) -> None:
        print(f"[{time.monotonic() - start:5.0f} s] {line}", flush=True)

    program = _program_of(options)
    off = [name.strip() for name in options.acceleration_off.split(",") if name.strip()]
    acceleration_states(off)  # a wrong name ends here, before a twin is made
    if program.simulated:
        print_line(program.origin)
        # a twin whose description has changed is made again
        if program.awaited or not program.has_exposures():
            ensure_twin(program.simulated, processes=options.workers, notify=print_line)
    reduction = Reduction(
        program,
        _overrides_of(options, program, off),
        stages_wanted=options.stages.split(",") if options.stages else None,
        workers=options.workers,
        scheduler=options.scheduler,
    )
    job = reduction.submit()
    if job:
        print_line(f"job {job} started")
        idle = [name for name, state in reduction.acceleration.items() if state != State.ON]
        if idle:
            print_line(
                f"without the accelerations {', '.join(idle)}: the pixels are the same, runs take longer"
            )
    if options.detach:
        return 0
    try:
        succeeded = wait_for_job(reduction, job, print_line)
        while not succeeded and options.accept_harm and (harmed := reduction.accept_harm()):
            print_line(f"harm accepted, as you said: {', '.join(harmed)}")
            succeeded = wait_for_job(reduction, reduction.submit(), print_line)
    except KeyboardInterrupt:
        reduction.cancel(job)
        print_line("cancelled; what is finished is kept")
        raise
    summary = reduction.summary()
    print(summary.text())
    if not succeeded or not reduction.complete:
        return 1
    return FILES_LEFT_OUT if summary.left_out else 0


def reduction_of(options: argparse.Namespace) -> Reduction:
    """
    Return the reduction of a program that is looked at only: nothing is made, nothing runs.

    Parameters
    ----------
    options : Namespace
        ``program``, and what differs from its file: ``also``, ``set``, ``exclude``, ``session``.
    """
    program = _program_of(options)
    return Reduction(program, _overrides_of(options, program))


def _program_of(options: argparse.Namespace) -> Program:
    program = load_program(options.program)
    excluded = [
        path_named(text, "--exclude", Path.cwd() / Path(options.program).name) for text in options.exclude
    ]
    return replace(program, exclude=(*program.exclude, *excluded))


def _overrides_of(
    options: argparse.Namespace, program: Program, acceleration_off: Sequence[str] = ()
) -> Overrides:
    overrides = Overrides.of_session(program) if options.session else Overrides()
    also = options.also.split(",") if options.also else ()
    return overrides.with_changes(options.set, also=also, acceleration_off=acceleration_off)
