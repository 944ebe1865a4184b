"""The state of a job, folded from its events."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum
from statistics import median
from typing import Any

from miri_widgets.run.events import EventKind, JobEvent

__all__ = ["JobFold", "JobState", "JobSummary", "RunState", "RunStatus", "fold"]


class RunStatus(StrEnum):
    """How far a run is."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    REUSED = "reused"
    FAILED = "failed"
    UPSTREAM_FAILED = "upstream_failed"
    CANCELLED = "cancelled"

    @property
    def ended(self) -> bool:
        """Whether nothing more is going to happen."""
        return self not in (RunStatus.WAITING, RunStatus.RUNNING)

    @property
    def good(self) -> bool:
        """Whether products are there."""
        return self in (RunStatus.DONE, RunStatus.REUSED)


@dataclass(frozen=True)
class RunState:
    """
    One run of a job.

    Attributes
    ----------
    status : RunStatus
        How far it is.
    step : str
        The pipeline step at work, or the last one.
    index, total : int
        Its number from 1, and the number of steps.
    fraction : float
        0 to 1.
    started : float
        Seconds since the epoch; 0 before the start.
    seconds : float
        Elapsed, or the duration when ended.
    predicted_seconds : float
        What it was thought to take before it began.
    error : dict or None
        Why it failed, as `MiriWidgetsError.to_dict`.
    reason : str
        What it waits for.
    """

    key: str
    stage: str
    label: str
    status: RunStatus = RunStatus.WAITING
    step: str = ""
    index: int = 0
    total: int = 0
    fraction: float = 0.0
    started: float = 0.0
    seconds: float = 0.0
    predicted_seconds: float = 0.0
    error: dict[str, Any] | None = None
    reason: str = ""


@dataclass(frozen=True)
class JobState:
    """
    A job at one moment.

    Attributes
    ----------
    job : str
        Its id.
    runs : tuple of RunState
        In the order of the plans.
    active : bool
        Whether something may still happen.
    submitted : float
        Seconds since the epoch.
    eta_seconds : float or None
        Time left, from what earlier runs of the same stage took; None when unknown.
    """

    job: str = ""
    runs: tuple[RunState, ...] = ()
    active: bool = True
    submitted: float = 0.0
    workers: int = 1
    eta_seconds: float | None = None

    @property
    def counts(self) -> dict[RunStatus, int]:
        """Number of runs in each status that occurs."""
        return dict(Counter(run.status for run in self.runs))

    @property
    def fraction(self) -> float:
        """How much of the work is done, 0 to 1, weighted with the predicted times."""
        weights = [max(run.predicted_seconds, 0.1) for run in self.runs]
        if not weights:
            return 1.0 if not self.active else 0.0
        done = sum(
            weight * (1.0 if run.status.ended else run.fraction)
            for run, weight in zip(self.runs, weights, strict=True)
        )
        return done / sum(weights)

    def run(self, key: str) -> RunState | None:
        """Return the run of a key, or None."""
        return next((run for run in self.runs if run.key == key), None)


@dataclass(frozen=True)
class JobSummary:
    """One line about a job: id, when, which stages and exposures, and how it stands."""

    job: str
    created: float
    stages: tuple[str, ...]
    labels: tuple[str, ...]
    active: bool
    counts: dict[RunStatus, int]


_ENDINGS = {
    EventKind.DONE: RunStatus.DONE,
    EventKind.REUSED: RunStatus.REUSED,
    EventKind.FAILED: RunStatus.FAILED,
    EventKind.CANCELLED: RunStatus.CANCELLED,
    EventKind.UPSTREAM_FAILED: RunStatus.UPSTREAM_FAILED,
}


class JobFold:
    """The folding of events as they come; the last event about a run wins."""

    def __init__(self) -> None:
        self._runs: dict[str, RunState] = {}
        self._job = JobState()

    def apply(self, events: Iterable[JobEvent]) -> JobFold:
        """Take events in; return the fold itself."""
        for event in events:
            self._apply_one(event)
        return self

    def _apply_one(self, event: JobEvent) -> None:
        if event.kind == EventKind.SUBMITTED:
            self._job = replace(self._job, job=event.job, submitted=event.time, workers=max(event.index, 1))
        elif event.kind == EventKind.JOB_DONE:
            self._job = replace(self._job, job=event.job, active=False)
        elif event.key:
            run = self._runs.get(event.key) or RunState(event.key, event.stage, event.label)
            self._runs[event.key] = self._moved(run, event)

    @staticmethod
    def _moved(run: RunState, event: JobEvent) -> RunState:
        if event.kind == EventKind.QUEUED:
            known = event.seconds or run.predicted_seconds
            return replace(run, status=RunStatus.WAITING, reason=event.message, predicted_seconds=known)
        if event.kind == EventKind.STARTED:
            blank = {"step": "", "index": 0, "fraction": 0.0, "error": None, "reason": ""}
            return replace(run, status=RunStatus.RUNNING, started=event.time, **blank)  # type: ignore[arg-type]
        if event.kind == EventKind.STEP:
            ended = event.index - (1 if event.message == "running" else 0)
            fraction = min(max(ended / event.total, 0.0), 1.0) if event.total else run.fraction
            return replace(run, step=event.step, index=event.index, total=event.total, fraction=fraction)
        if event.kind in _ENDINGS:
            seconds = event.seconds or (event.time - run.started if run.started else 0.0)
            status = _ENDINGS[event.kind]
            fraction = 1.0 if status.good else run.fraction
            return replace(
                run, status=status, seconds=seconds, error=event.error, fraction=fraction, reason=""
            )
        return run

    def state(self, now: float | None = None) -> JobState:
        """
        Return the job as it stands.

        Parameters
        ----------
        now : float, optional
            Seconds since the epoch; the clock by default.
        """
        now = time.time() if now is None else now
        runs = tuple(
            replace(run, seconds=max(now - run.started, 0.0)) if run.status == RunStatus.RUNNING else run
            for run in self._runs.values()
        )
        eta = _time_left(runs, self._job.workers) if self._job.active else 0.0
        return replace(self._job, runs=runs, eta_seconds=eta)


def fold(events: Iterable[JobEvent], now: float | None = None) -> JobState:
    """Return the state of the job that `events` tell about."""
    return JobFold().apply(events).state(now)


def _time_left(runs: tuple[RunState, ...], workers: int) -> float | None:
    """
    Return the seconds until the last run ends.

    What the runs of a stage took, against what was predicted of each, corrects what
    is predicted of its other runs. Runs of one stage share the workers; stages
    follow each other. That is a little pessimistic, as stages overlap.
    """
    total = 0.0
    for stage in dict.fromkeys(run.stage for run in runs):
        of_stage = [run for run in runs if run.stage == stage]
        ended = [run for run in of_stage if run.status == RunStatus.DONE]
        took = [run.seconds for run in ended]
        paces = [run.seconds / run.predicted_seconds for run in ended if run.predicted_seconds > 0]
        left = []
        for run in of_stage:
            expected = run.predicted_seconds * median(paces) if paces else run.predicted_seconds
            if took and expected <= 0:
                expected = median(took)
            if run.status.ended:
                continue
            if expected <= 0:
                return None
            elapsed = run.seconds if run.status == RunStatus.RUNNING else 0.0
            left.append(max(expected - elapsed, 0.05 * expected))
        if left:
            total += max(sum(left) / max(workers, 1), max(left))
    return total
