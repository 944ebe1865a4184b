"""
How many times longer than predicted runs take, from those of a job that have ended and those that are overdue.

The logarithm of the ratio of a run is the sum of three deviations: of the machine (its speed, and what else it does),
of the stage (its prediction is off for these data), and of the run. Each is drawn towards zero by what it scatters
by, so that one run of one stage corrects all stages a little less than its own, and many runs outweigh a prediction.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

__all__ = ["Paces", "measured_paces"]

_MACHINE_SPREAD = {False: 1.0, True: 0.5}
_STAGE_SPREAD = {False: 0.3, True: 0.15}
"""Scatter in natural logarithms, of predictions from the size of the data and of those from earlier runs here."""
_RUN_SPREAD = 0.25
_COLD_SPREAD = 0.35
"""Scatter of runs, and of those that begin before any run of their stage has ended: files may not be in memory yet."""
_HALF_LIFE = 6.0
"""Ended runs, in units of the workers, after which a run has half its weight: what else a machine does changes."""


@dataclass(frozen=True)
class Paces:
    """
    Measured over predicted time.

    Attributes
    ----------
    general : float
        Of stages of which nothing was measured.
    by_stage : mapping of str to float
        Of the others.
    """

    general: float = 1.0
    by_stage: Mapping[str, float] | None = None

    def of(self, stage: str) -> float:
        """
        Return the pace of a stage.

        Parameters
        ----------
        stage : str
            Name of the stage.
        """
        return (self.by_stage or {}).get(stage, self.general)

    @property
    def measured(self) -> bool:
        """Whether any run of the job was measured."""
        return bool(self.by_stage)


def measured_paces(runs: Sequence[Any], workers: int) -> Paces:
    """
    Return how many times longer than predicted the runs of a job take.

    Parameters
    ----------
    runs : sequence of RunState
        All runs; of those at work `seconds` is the time since their start.
    workers : int
        Runs at the same time.

    Notes
    -----
    A run that has already taken longer than expected counts with the time it has taken, a lower limit: the first run
    of a stage that is far slower than predicted corrects the stages after it before it ends.
    """
    ended = [run for run in runs if str(run.status) == "done" and _usable(run)]
    paces = _paces(ended, (), runs, workers)
    overdue = [
        run
        for run in runs
        if paces.measured
        and str(run.status) == "running"
        and _usable(run)
        and run.seconds > run.predicted_seconds * paces.of(run.stage)
    ]
    return _paces(ended, overdue, runs, workers) if overdue else paces


def _usable(run: Any) -> bool:
    return bool(run.predicted_seconds > 0 and run.seconds > 0)


def _paces(ended: Sequence[Any], overdue: Sequence[Any], runs: Sequence[Any], workers: int) -> Paces:
    """Return the means of the posterior distributions of the deviations of machine and stages."""
    if not ended and not overdue:
        return Paces()
    known = dict.fromkeys((run.stage for run in runs), True)
    for run in runs:
        known[run.stage] &= bool(run.known)
    means = _stage_means(ended, overdue, workers)
    precision = _MACHINE_SPREAD[all(known.values())] ** -2
    total = 0.0
    for stage, (mean, weight) in means.items():
        of_stage = 1.0 / (_STAGE_SPREAD[known[stage]] ** 2 + 1.0 / weight)
        precision += of_stage
        total += of_stage * mean
    general = total / precision
    by_stage = {}
    for stage, (mean, weight) in means.items():
        variance = _STAGE_SPREAD[known[stage]] ** 2
        by_stage[stage] = math.exp(general + (mean - general) * variance / (variance + 1.0 / weight))
    return Paces(math.exp(general), by_stage)


def _stage_means(
    ended: Sequence[Any], overdue: Sequence[Any], workers: int
) -> dict[str, tuple[float, float]]:
    """Return the mean logarithm of taken over predicted time by stage, and its inverse variance."""
    first_end: dict[str, float] = {}
    for run in ended:
        first_end[run.stage] = min(first_end.get(run.stage, math.inf), run.started + run.seconds)
    latest = sorted(ended, key=lambda run: run.started + run.seconds, reverse=True)
    aged = [(run, 0.0) for run in overdue] + [(run, float(age)) for age, run in enumerate(latest)]
    sums: dict[str, tuple[float, float]] = {}
    for run, age in aged:
        cold = run.started <= first_end.get(run.stage, math.inf) - 0.5 * run.seconds
        spread = _COLD_SPREAD if cold else _RUN_SPREAD
        weight = 0.5 ** (age / (_HALF_LIFE * workers)) / spread**2
        value, weights = sums.get(run.stage, (0.0, 0.0))
        ratio = math.log(run.seconds / run.predicted_seconds)
        sums[run.stage] = value + weight * ratio, weights + weight
    return {stage: (value / weight, weight) for stage, (value, weight) in sums.items() if weight > 0}
