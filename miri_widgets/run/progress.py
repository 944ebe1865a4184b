"""Progress of all jobs in one place: share done, time left, and the texts that every panel shows of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from miri_widgets.run.durations import duration
from miri_widgets.run.status_rows import RowState, RunRow

__all__ = [
    "JobsInProgress",
    "Progress",
    "percent",
    "remaining_text",
    "running_text",
    "stage_text",
    "time_left",
]

_SURE = 60.0
"""Times left below this many seconds are given to the second."""


@dataclass(frozen=True)
class Progress:
    """
    All jobs that are in progress, taken together.

    Attributes
    ----------
    fraction : float
        Share of their work that is done, 0 to 1.
    eta : float or None
        Time left, s; None while it is not known.
    late : bool
        Whether something takes longer than expected.
    elapsed : float
        Time since the first of them was submitted, whole seconds.
    """

    fraction: float = 0.0
    eta: float | None = None
    late: bool = False
    elapsed: float = 0.0

    @property
    def text(self) -> str:
        """The progress as text: ``42 % · about 3 min left · 2 min 10 s elapsed``."""
        parts = (f"{percent(self.fraction)} %", remaining_text(self.eta, self.late))
        return " · ".join((*parts, f"{duration(self.elapsed)} elapsed"))


class JobsInProgress:
    """
    Follows the jobs from the first that begins until none is left.

    A job that has ended still counts while another goes on, so that its end does not lower the share that is done.
    """

    def __init__(self) -> None:
        self._jobs: dict[str, Any] = {}
        self._highest = 0.0

    def take(self, jobs: Sequence[Any]) -> Progress:
        """
        Return the progress of the jobs that are active now.

        Parameters
        ----------
        jobs : sequence of JobState
            Those that are active.
        """
        if not jobs:
            self._jobs, self._highest = {}, 0.0
            return Progress()
        active = {job.job: job for job in jobs}
        if active.keys() - self._jobs.keys():
            self._highest = 0.0  # new work: the same work done is a smaller share
        self._jobs |= active
        work = {name: max(job.forecast.work, 0.1) for name, job in self._jobs.items()}
        done = sum(work[name] * (job.fraction if name in active else 1.0) for name, job in self._jobs.items())
        self._highest = max(self._highest, done / sum(work.values()))
        return Progress(
            self._highest,
            time_left(jobs),
            any(job.forecast.late for job in jobs),
            float(round(max(job.seconds for job in self._jobs.values()))),
        )


def time_left(jobs: Iterable[Any], stage: str = "") -> float | None:
    """
    Return the time left of some jobs, s, or until their runs of one stage end; None when it is not known.

    Parameters
    ----------
    jobs : iterable of object
        Active jobs.
    stage : str
        Name of the stage; empty for all stages.
    """
    times = [job.forecast.by_stage.get(stage) if stage else job.eta_seconds for job in jobs]
    known = [seconds for seconds in times if seconds is not None]
    return sum(known) if known and len(known) == len(times) else None


def percent(fraction: float) -> int:
    """
    Return whole percents, rounded down: 100 only when all is done.

    Parameters
    ----------
    fraction : float
        Completed part, 0 to 1.
    """
    return int(100 * min(max(fraction, 0.0), 1.0) + 1e-9)


def remaining_text(eta: float | None, late: bool = False) -> str:
    """
    Return the time left as text, as exact as it is known.

    Parameters
    ----------
    eta : float or None
        Time left, s; None when unknown.
    late : bool
        Whether something takes longer than expected.
    """
    if late:
        return "taking longer than expected"
    if eta is None:
        return "estimating the time left"
    if eta < _SURE:
        return f"about {duration(max(5 * round(eta / 5), 5))} left"
    minutes = round(eta / 60)
    if minutes < 60:
        return f"about {minutes} min left"
    return f"about {duration(600 * round(eta / 600))} left"


def stage_text(rows: Sequence[RunRow], eta: float | None, late: bool = False) -> str:
    """
    Return what the runs of a stage are doing, as text that changes at least every few seconds.

    Parameters
    ----------
    rows : sequence of RunRow
        Its runs.
    eta : float or None
        Time left until the last of them ends, s.
    late : bool
        Whether something takes longer than expected.
    """
    busy = [row for row in rows if row.state == RowState.RUNNING]
    parts = [running_text(row) for row in busy[:2]]
    queued = [row for row in rows if row.state == RowState.WAITING]
    if queued:
        why = f"; next one {queued[0].sentence}" if queued[0].sentence else ""
        parts.append(f"{len(queued)} queued{why}")
    parts.append(remaining_text(eta, late and bool(busy)))
    return " · ".join(parts)


def running_text(row: RunRow) -> str:
    """
    Return the step of a run in progress and since when: ``ramp_fit 14 of 17, 34 s``.

    Parameters
    ----------
    row : RunRow
        The run.
    """
    if row.step and row.step_seconds:
        return f"{row.step} {row.index} of {row.total}, {duration(row.step_seconds)}"
    step = f"{row.step} {row.index} of {row.total}" if row.step else "starting"
    return f"{step}, {duration(row.seconds)}"
