"""What a table of runs or exposures shows: plain frozen values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

__all__ = ["STEPS_LEFT_OUT", "ExposureRow", "RowState", "RunRow", "StageState", "rows_of", "status_text"]

STEPS_LEFT_OUT = "done, with steps left out"
"""How a run, an exposure or a stage stands that is done, but in which the pipeline left steps out by itself."""


class RowState(StrEnum):
    """How the run of one exposure (or filter) stands with the current settings."""

    NEW = "not run"
    STALE = "out of date"
    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


class StageState(StrEnum):
    """How a whole stage stands; shown in its title."""

    LOADING = "loading"
    BLOCKED = "blocked"
    READY = "ready"
    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    PARTLY = "partly done"
    STALE = "out of date"
    NEEDS_CONFIRMATION = "asks you"
    FAILED = "failed"


@dataclass(frozen=True)
class RunRow:
    """
    One run of a stage.

    Attributes
    ----------
    key, label : str
        The run's key for the current settings, and its name for people.
    exposures : tuple of str
        Roots of the exposures that go in.
    state : RowState
        How it stands.
    step : str
        The pipeline step at work.
    step_seconds : float
        Time since it began, whole seconds.
    index, total : int
        Its number from 1, and the number of steps.
    fraction : float
        0 to 1.
    seconds : float
        Elapsed, or the duration when ended.
    sentence : str
        Why it failed or what it waits for.
    job : str
        The job that it belongs to, if any.
    products : tuple of Path
        Its products, main one first; empty unless `state` is done.
    report : mapping
        Report of a step of this package; empty unless `state` is done.
    harm : str
        The harm that it did, when nobody has accepted it yet.
    left_out : str
        Steps that the pipeline left out without anybody's wish, with the reason; empty unless `state` is done.
    """

    key: str
    label: str
    exposures: tuple[str, ...] = ()
    state: RowState = RowState.NEW
    step: str = ""
    step_seconds: float = 0.0
    index: int = 0
    total: int = 0
    fraction: float = 0.0
    seconds: float = 0.0
    sentence: str = ""
    job: str = ""
    products: tuple[Path, ...] = ()
    report: Mapping[str, Any] = field(default_factory=dict, hash=False)
    harm: str = ""
    left_out: str = ""

    @property
    def status(self) -> str:
        """How it stands, in words: a result that was made with steps left out says so."""
        return status_text(self.state, self.left_out)

    @property
    def active(self) -> bool:
        """Whether something may still happen to it."""
        return self.state in (RowState.WAITING, RowState.RUNNING)


@dataclass(frozen=True)
class ExposureRow:
    """
    One exposure of the program's table.

    Attributes
    ----------
    root : str
        Its name without suffix.
    included : bool
        Whether it takes part in runs.
    states : tuple of (str, RowState)
        Stage name and how it stands there.
    left_out : tuple of (str, str)
        Stages whose result was made with steps left out, and which steps, with the reason.
    """

    root: str
    observation: str
    visit: str
    tile: int
    dither: int
    filter: str
    subarray: str
    ngroups: int
    nints: int
    start: str
    guide_star: str
    target: str
    exposure_time: float
    size: int
    path: Path
    included: bool = True
    states: tuple[tuple[str, RowState], ...] = ()
    left_out: tuple[tuple[str, str], ...] = ()

    @property
    def statuses(self) -> dict[str, str]:
        """How it stands in each stage, in words: a result that was made with steps left out says so."""
        left_out = dict(self.left_out)
        return {name: status_text(state, left_out.get(name, "")) for name, state in self.states}


def status_text(state: RowState | StageState, left_out: str | bool) -> str:
    """
    Return how a run, an exposure or a stage stands, in words.

    Parameters
    ----------
    state : RowState or StageState
        Its state.
    left_out : str or bool
        Steps that the pipeline left out without anybody's wish, or whether there are any.
    """
    return STEPS_LEFT_OUT if left_out and state in (RowState.DONE, StageState.DONE) else str(state)


def rows_of(rows: Iterable[RunRow], roots: Iterable[str]) -> tuple[str, ...]:
    """
    Return the keys of the runs that are of one chosen exposure alone.

    Parameters
    ----------
    rows : iterable of RunRow
        Runs.
    roots : iterable of str
        The chosen exposures.
    """
    chosen = set(roots)
    return tuple(row.key for row in rows if len(row.exposures) == 1 and row.exposures[0] in chosen)
