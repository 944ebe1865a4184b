"""Reduce a program without a page: what ``miri-widgets run`` and the demo do."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from miri_widgets.errors import error_from_dict
from miri_widgets.products.program import load_program
from miri_widgets.products.program_schema import place_named
from miri_widgets.run.events import EventKind, JobEvent
from miri_widgets.run.reduction import Overrides, Reduction
from miri_widgets.simulation.twins import ensure_twin
from miri_widgets.steps.acceleration import State, acceleration_states

__all__ = ["follow", "run_program"]

_ENDED = frozenset(
    {
        EventKind.DONE,
        EventKind.REUSED,
        EventKind.FAILED,
        EventKind.CANCELLED,
        EventKind.UPSTREAM_FAILED,
    }
)


def follow(reduction: Reduction, job: str, say: Callable[[str], None]) -> bool:
    """
    Wait for a job and print a line for each run that ended.

    Parameters
    ----------
    reduction : Reduction
        What submitted it.
    job : str
        The job's id; empty when there was nothing to run.
    say : callable
        Gets the lines.

    Returns
    -------
    bool
        Whether every run ended well.
    """
    if not job:
        say("everything is complete already: nothing was run")
        return True

    def tell(event: JobEvent) -> None:
        if event.kind in _ENDED:
            reason = f": {error_from_dict(event.error)}" if event.error else ""
            say(f"{event.stage} {event.label} {event.kind} after {event.seconds:.1f} s{reason}")

    return reduction.wait(job, tell)


def run_program(options: argparse.Namespace) -> int:
    """Run the command ``miri-widgets run``."""
    began = time.monotonic()

    def say(line: str) -> None:
        print(f"[{time.monotonic() - began:5.0f} s] {line}", flush=True)

    program = load_program(options.program)
    places = [
        place_named(text, "--exclude", Path.cwd() / Path(options.program).name) for text in options.exclude
    ]
    program = replace(program, exclude=(*program.exclude, *places))
    off = [name.strip() for name in options.acceleration_off.split(",") if name.strip()]
    acceleration_states(off)  # a wrong name ends here, before a twin is made
    if program.simulated:
        say(program.origin)
        # a twin whose description has changed is made again
        if program.awaited or not program.has_exposures():
            ensure_twin(program.simulated, processes=options.workers, notify=say)
    overrides = Overrides.of_session(program) if options.session else Overrides()
    also = options.also.split(",") if options.also else ()
    reduction = Reduction(
        program,
        overrides.with_changes(options.set, also=also, acceleration_off=off),
        stages_wanted=options.stages.split(",") if options.stages else None,
        workers=options.workers,
        scheduler=options.scheduler,
    )
    job = reduction.submit()
    if job:
        say(f"job {job} started")
        idle = [name for name, state in reduction.acceleration.items() if state != State.ON]
        if idle:
            say(f"without the accelerations {', '.join(idle)}: the pixels are the same, runs take longer")
    if options.detach:
        return 0
    try:
        good = follow(reduction, job, say)
        while not good and options.accept_harm and (harmed := reduction.accept_harm()):
            say(f"harm accepted, as you said: {', '.join(harmed)}")
            good = follow(reduction, reduction.submit(), say)
    except KeyboardInterrupt:
        reduction.cancel(job)
        say("cancelled; what is finished is kept")
        raise
    print(reduction.summary().text())
    return int(not good or not reduction.complete)
