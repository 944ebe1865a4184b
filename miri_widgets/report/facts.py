"""Values of a report: the request, and the states of runs, stages and validations."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from miri_widgets.products.exposure import FILTERS, Exposure
from miri_widgets.products.program import Program
from miri_widgets.products.tags import Tag
from miri_widgets.run.durations import duration
from miri_widgets.settings import Settings

__all__ = [
    "ReportRequest",
    "RunCalls",
    "RunFacts",
    "StageFacts",
    "ValidationFacts",
    "by_wavelength",
    "run_count_text",
]


class RunCalls(Protocol):
    """What a report needs to know about runs; implemented by `miri_widgets.run.program_runs.ProgramRuns`."""

    @property
    def record(self) -> Callable[[Any], Any]: ...
    @property
    def products(self) -> Callable[[Any], tuple[Path, ...]]: ...
    @property
    def accepted(self) -> Callable[[str], bool]: ...
    @property
    def preset(self) -> Callable[[str, str], Mapping[str, Any]]: ...


@dataclass(frozen=True)
class ReportRequest:
    """The state of a session as frozen values, for another thread."""

    program: Program
    services: RunCalls
    plans: tuple[Any, ...]
    refused: Mapping[str, str]
    stages: tuple[tuple[Any, Settings], ...]
    exposures: tuple[tuple[Exposure, bool], ...]
    warnings: tuple[str, ...] = ()
    tags: Mapping[str, Tag] = field(default_factory=dict)
    unusable: tuple[str, ...] = ()
    """Why files in the folders cannot be used, a sentence each."""


@dataclass(frozen=True)
class RunFacts:
    """A planned run: its key, and whether it is complete."""

    stage: str
    label: str
    key: str
    complete: bool
    seconds: float = 0.0
    peak_mb: float = 0.0
    main: str = ""


@dataclass(frozen=True)
class StageFacts:
    """The state of a stage of the chain."""

    name: str
    title: str
    summary: str
    own: bool
    done: int
    planned: int
    seconds: float = 0.0
    peak_mb: float = 0.0
    finished: float = 0.0
    skipped: tuple[str, ...] = ()
    skipped_in: tuple[tuple[str, int], ...] = ()
    """Steps that only some runs skipped, with the number of these runs."""
    version: int = 0
    sentence: str = ""
    methods: str = ""
    acted: bool = True
    filters: tuple[str, ...] = ()
    """Filters of its complete runs, unless they are those of all exposures."""
    with_steps_left_out: int = 0

    @property
    def status(self) -> str:
        """The status as text."""
        if self.sentence:
            return "cannot run"
        if not self.planned:
            return "takes no exposure"
        text = (
            "complete"
            if self.done == self.planned
            else f"{self.done} of {run_count_text(self.planned)} complete"
        )
        if self.with_steps_left_out:
            text += f", {self.with_steps_left_out} of {run_count_text(self.done)} with steps left out"
        return text

    @property
    def skipped_text(self) -> str:
        """Skipped steps; those that only some runs skipped with their number."""
        some = [f"{name} ({count} of {run_count_text(self.done)})" for name, count in self.skipped_in]
        return ", ".join([*self.skipped, *some])

    @property
    def time(self) -> str:
        """Total time of its runs as text."""
        return duration(self.seconds) if self.done else ""


@dataclass(frozen=True)
class ValidationFacts:
    """What a step of this package reports of one run."""

    stage: str
    label: str
    verdict: str
    sentences: tuple[str, ...]
    accepted: bool = False
    headline: str = ""


def by_wavelength(filters: Collection[str]) -> tuple[str, ...]:
    """
    Sort filters by wavelength.

    Parameters
    ----------
    filters : collection of str
        Names of filters.

    Returns
    -------
    tuple of str
        The known ones, shortest wavelength first.
    """
    return tuple(name for name in FILTERS if name in filters)


def run_count_text(count: int) -> str:
    """
    Format a number of runs: "1 run", "4 runs".

    Parameters
    ----------
    count : int
        Number of runs.

    Returns
    -------
    str
        The text.
    """
    return f"{count} run{'' if count == 1 else 's'}"
