"""The state of a job, reduced from its events."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from miri_widgets.run.events import EventKind, JobEvent
from miri_widgets.run.forecasts import Forecast, forecast

__all__ = ["JobReducer", "JobState", "JobSummary", "RunState", "RunStatus", "reduce_events"]


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
        Share that is done, 0 to 1; 1 only when its products are there.
    started : float
        Seconds since the epoch; 0 before the start.
    step_started : float
        When the step began, seconds since the epoch; 0 when unknown.
    step_seconds : float
        Time since the step began, s.
    seconds : float
        Elapsed, or the duration when ended.
    predicted_seconds : float
        What it was predicted to take before it began.
    known : bool
        Whether that comes from earlier runs on this machine.
    error : dict or None
        Why it failed, as `MiriWidgetsError.to_dict`.
    reason : str
        What it waits for.
    depends : tuple of str or None
        Keys of the runs that it needs; None when that is not known.
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
    step_started: float = 0.0
    step_seconds: float = 0.0
    predicted_seconds: float = 0.0
    known: bool = False
    error: dict[str, Any] | None = None
    reason: str = ""
    depends: tuple[str, ...] | None = None


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
    seconds : float
        Time since it was submitted, s, until it ended.
    forecast : Forecast
        How much is done and how long the rest takes.
    """

    job: str = ""
    runs: tuple[RunState, ...] = ()
    active: bool = True
    submitted: float = 0.0
    workers: int = 1
    seconds: float = 0.0
    forecast: Forecast = field(default_factory=Forecast)

    @property
    def counts(self) -> dict[RunStatus, int]:
        """Number of runs in each status that occurs."""
        return dict(Counter(run.status for run in self.runs))

    @property
    def eta_seconds(self) -> float | None:
        """Time left, s; None while the speed of the machine is unknown."""
        return self.forecast.seconds

    @property
    def fraction(self) -> float:
        """Share of the work that is done, 0 to 1: it never decreases, and is 1 only when every run is complete."""
        return self.forecast.fraction

    def run(self, key: str) -> RunState | None:
        """
        Return the run of a key, or None.

        Parameters
        ----------
        key : str
            Key of the run.
        """
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


class JobReducer:
    """The folding of events as they come; the last event about a run wins."""

    def __init__(self) -> None:
        self._runs: dict[str, RunState] = {}
        self._job = JobState()
        self._ended = 0.0
        self._reached: dict[str, float] = {}
        self._highest = 0.0

    def apply(self, events: Iterable[JobEvent]) -> JobReducer:
        """
        Take events in; return the reducer itself.

        Parameters
        ----------
        events : iterable of JobEvent
            The events, in their order.
        """
        for event in events:
            self._apply_event(event)
        return self

    def _apply_event(self, event: JobEvent) -> None:
        if event.kind == EventKind.SUBMITTED:
            self._job = replace(self._job, job=event.job, submitted=event.time, workers=max(event.index, 1))
        elif event.kind == EventKind.JOB_DONE:
            self._job = replace(self._job, job=event.job, active=False)
            self._ended = event.time
        elif event.key:
            run = self._runs.get(event.key) or RunState(event.key, event.stage, event.label)
            self._runs[event.key] = self._moved(run, event)

    @staticmethod
    def _moved(run: RunState, event: JobEvent) -> RunState:
        if event.kind == EventKind.QUEUED:
            predicted = event.seconds or run.predicted_seconds
            return replace(
                run,
                status=RunStatus.WAITING,
                reason=event.message,
                predicted_seconds=predicted,
                known=event.measured or run.known,
                depends=run.depends if event.depends is None else event.depends,
            )
        if event.kind == EventKind.STARTED:
            blank = {"step": "", "index": 0, "step_started": 0.0, "error": None, "reason": ""}
            return replace(run, status=RunStatus.RUNNING, started=event.time, **blank)  # type: ignore[arg-type]
        if event.kind == EventKind.STEP:
            began = event.time if event.message == "running" else run.step_started
            return replace(run, step=event.step, index=event.index, total=event.total, step_started=began)
        if event.kind in _ENDINGS:
            # with its start and its writing: the time that a worker was busy
            seconds = max(event.seconds, event.time - run.started if run.started else 0.0)
            return replace(run, status=_ENDINGS[event.kind], seconds=seconds, error=event.error, reason="")
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
        runs = [self._at(run, now) for run in self._runs.values()]
        job = self._job
        seconds = max((now if job.active else self._ended) - job.submitted, 0.0) if job.submitted else 0.0
        pending = [run for run in runs if not run.status.ended]
        known = bool(pending) and all(run.known for run in pending)
        forecasts = forecast(runs, job.workers, active=job.active, waited=seconds, known=known)
        for run in runs:
            # a run that begins again, or turns out to take longer, does not go back
            share = (
                1.0 if run.status.good else max(forecasts.shares[run.key], self._reached.get(run.key, 0.0))
            )
            self._reached[run.key] = share
        self._highest = max(self._highest, forecasts.fraction)
        shown = tuple(replace(run, fraction=self._reached[run.key]) for run in runs)
        forecasts = replace(forecasts, fraction=self._highest, shares=dict(self._reached))
        return replace(job, runs=shown, seconds=seconds, forecast=forecasts)

    def _at(self, run: RunState, now: float) -> RunState:
        reached = self._reached.get(run.key, run.fraction)
        if run.status != RunStatus.RUNNING:
            return replace(run, fraction=reached)
        step = max(now - run.step_started, 0.0) if run.step_started else 0.0
        return replace(run, seconds=max(now - run.started, 0.0), step_seconds=step, fraction=reached)


def reduce_events(events: Iterable[JobEvent], now: float | None = None) -> JobState:
    """
    Return the state of the job that `events` belong to.

    Parameters
    ----------
    events : iterable of JobEvent
        The events, in their order.
    now : float or None
        Seconds since the epoch; the clock by default.
    """
    return JobReducer().apply(events).state(now)
