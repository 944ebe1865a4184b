"""
How much of a job is done and how long the rest takes: pure functions of what its runs did and of the clock.

Predictions are made before anything ran, on this machine or on none. What the runs of the job take corrects them
(`run.paces`), and the rest of the job is played through on its workers (`run.schedules`).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from miri_widgets.run.paces import measured_paces
from miri_widgets.run.schedules import end_times

__all__ = ["STARTUP_SECONDS", "Forecast", "completed_share", "forecast"]

STARTUP_SECONDS = 12.0
"""What the job service needs to import the pipeline, s; measured with jwst 3.0 on two cores."""

_STEADY = 0.8
"""Share of its expected time up to which a run counts as proportional to the time passed."""
_LATE = 1.5
"""A run that takes this many times longer than expected is late."""
_LEFT_OF_LATE = 0.15
"""Remaining time of an overdue run, in units of what it has taken."""
_MOST = 0.99
"""Largest share of the work that is shown before the end."""
_SHORTEST = 0.1


@dataclass(frozen=True)
class Forecast:
    """
    What is known about the end of a job.

    Attributes
    ----------
    fraction : float
        Share of the work that is done, 0 to 1; 1 only when the job has ended with every run complete.
    seconds : float or None
        Time left, s; None while no measurement is at hand.
    by_stage : mapping of str to float
        Time left until the last run of a stage ends, s.
    shares : mapping of str to float
        Completed share of each run by key.
    late : bool
        Whether what is at work takes longer than expected, so that `seconds` is only a lower limit.
    work : float
        Expected time of all runs one after another, s.
    """

    fraction: float = 0.0
    seconds: float | None = None
    by_stage: Mapping[str, float] = field(default_factory=dict)
    shares: Mapping[str, float] = field(default_factory=dict)
    late: bool = False
    work: float = 0.0


def completed_share(elapsed: float, expected: float) -> float:
    """
    Return which share of a run is done, from the time that it has taken; it nears 1 and never reaches it.

    Parameters
    ----------
    elapsed, expected : float
        Time since the start, and duration as predicted, s.
    """
    if expected <= 0 or elapsed <= 0:
        return 0.0
    passed = elapsed / expected
    if passed > _STEADY:
        passed = 1.0 - (1.0 - _STEADY) * math.exp(-(passed - _STEADY) / (1.0 - _STEADY))
    return min(passed, _MOST)


def forecast(
    runs: Sequence[Any], workers: int, *, active: bool = True, waited: float = 0.0, known: bool = False
) -> Forecast:
    """
    Predict the end of a job.

    Parameters
    ----------
    runs : sequence of RunState
        In the order of the plans; of those at work `seconds` is the time since their start.
    workers : int
        Runs at the same time.
    active : bool
        Whether the job goes on.
    waited : float
        Time since the job was submitted, s: for as long as nothing has started the pipeline is being imported.
    known : bool
        Whether all predictions come from earlier runs on this machine.

    Returns
    -------
    Forecast
        Without a time as long as neither an earlier run nor one of this job was measured on this machine.

    """
    workers = max(workers, 1)
    paces = measured_paces(runs, workers)
    expected = {run.key: _expected(run, paces.of(run.stage)) for run in runs}
    shares = {run.key: _share(run, expected[run.key]) for run in runs}
    work = sum(expected.values())
    done = sum(shares[run.key] * expected[run.key] for run in runs)
    complete = not active and all(run.status.good for run in runs)
    fraction = 1.0 if complete else min(done / work, _MOST) if work > 0 else 0.0
    if not active:
        return Forecast(fraction, 0.0, {}, shares, work=work)
    measured = known or paces.measured or all(run.status.ended for run in runs)
    late = any(str(run.status) == "running" and run.seconds > _LATE * expected[run.key] for run in runs)
    startup = 0.0
    if runs and not any(run.started or run.status.ended for run in runs):
        startup = max(STARTUP_SECONDS - waited, _LEFT_OF_LATE * waited)
        late = waited > _LATE * STARTUP_SECONDS
    if not measured:
        return Forecast(fraction, None, {}, shares, late, work)
    by_stage, total = _time_left(runs, expected, workers, startup)
    return Forecast(fraction, total, by_stage, shares, late, work)


def _expected(run: Any, pace: float) -> float:
    """Return how long a run takes, s: what it took when it is over."""
    if str(run.status) == "done" and run.seconds > 0:
        return float(run.seconds)
    return max(run.predicted_seconds * pace, _SHORTEST)


def _share(run: Any, expected: float) -> float:
    if run.status.good:
        return 1.0
    if run.status.ended:
        return float(run.fraction)  # what it had reached: work that was not done is not counted
    if str(run.status) != "running":
        return 0.0
    return completed_share(run.seconds, expected)


def _time_left(
    runs: Sequence[Any], expected: Mapping[str, float], workers: int, startup: float
) -> tuple[dict[str, float], float]:
    """Return the time left until the last run of each stage ends, by stage, and of all, s."""
    left = {}
    for run in runs:
        if not run.status.ended:
            elapsed = run.seconds if str(run.status) == "running" else 0.0
            left[run.key] = max(expected[run.key] - elapsed, _LEFT_OF_LATE * elapsed)
    ends = end_times(runs, left, workers)
    by_stage: dict[str, float] = {}
    for run in runs:
        if run.key in ends:
            by_stage[run.stage] = max(by_stage.get(run.stage, 0.0), startup + ends[run.key])
    return by_stage, max(by_stage.values(), default=startup)
