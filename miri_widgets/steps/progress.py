"""
What a pipeline is doing now, read from its log.

stpipe says "Step X running with args", "Step skipped." (without a name) and
"Step X done" on one logger; a stack of names makes steps of it.
"""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum

from miri_widgets.steps.alignments import AlignmentLog

__all__ = ["LOGGERS", "StepProgress", "StepReport", "StepState", "ignore"]

LOGGERS = ("jwst", "stcal", "stdatamodels", "stpipe", "tweakwcs", "CRDS", "py.warnings")
"""The loggers of the pipeline; the same that jwst itself listens to."""

MAXIMUM_WARNINGS = 50
_LONGEST_WARNING = 300
_MOST_MESSAGES = 60
"""Lines of a step that are kept: its reasons stand among its last."""

_RUNNING = re.compile(r"Step (\S+) running with args")
_DONE = re.compile(r"Step (\S+) done$")
_PREFETCHED = re.compile(r"(?:Prefetch|Override) for (\S+) reference file is '(.+)'")
_PARAMETERS = re.compile(r"(PARS-\S+) parameters found: (.+)")


class StepState(StrEnum):
    """How far a step is."""

    RUNNING = "running"
    DONE = "done"
    SKIPPED = "skipped"
    FAILED = "failed"


@dataclass(frozen=True)
class StepReport:
    """
    News of one step.

    Attributes
    ----------
    step : str
        Name of the step.
    index, total : int
        Its place among the steps of the stage, from 1, and their number.
    state : StepState
        How far it is.
    seconds : float
        Wall-clock time it has taken so far, s.
    """

    step: str
    index: int
    total: int
    state: StepState
    seconds: float


def ignore(report: StepReport) -> None:
    """
    Do nothing with a report.

    Parameters
    ----------
    report : StepReport
        A report of progress.
    """


class StepProgress(logging.Handler):
    """
    Turn log records of a pipeline into reports.

    Indices never go back: steps that are passed over without a word are
    reported as skipped when a later one begins, or when the run ends. A step
    that runs twice (gain_scale, for rate and rateints) is reported twice.

    Parameters
    ----------
    steps : sequence of str
        The steps of the stage in running order.
    report : callable
        Takes each StepReport.
    clock : callable
        Gives seconds.
    depth : int
        How deep the steps lie: 2 in a pipeline, 1 when the step itself is called.

    Attributes
    ----------
    seconds, states : dict
        Wall-clock time, s, and last state by step.
    warnings : list of str
        Warnings, each once.
    messages : dict of str to list of str
        The last lines of each step, by step.
    references : dict
        Reference and parameter files that were asked for, by type.
    alignments : AlignmentLog
        How exposures were aligned.
    """

    def __init__(
        self,
        steps: Sequence[str],
        report: Callable[[StepReport], None] = ignore,
        clock: Callable[[], float] = time.monotonic,
        depth: int = 2,
    ) -> None:
        super().__init__(logging.INFO)
        self.steps = tuple(steps)
        self.seconds: dict[str, float] = {}
        self.states: dict[str, StepState] = {}
        self.warnings: list[str] = []
        self.messages: dict[str, list[str]] = {}
        self.references: dict[str, str] = {}
        self.alignments = AlignmentLog()
        self._report = report
        self._clock = clock
        self._depth = depth
        self._stack: list[tuple[str, float]] = []

    @property
    def current(self) -> str:
        """The step at work; empty between steps."""
        return self._stack[self._depth - 1][0] if len(self._stack) >= self._depth else ""

    def emit(self, record: logging.LogRecord) -> None:
        """
        Take one log record; called by logging.

        Parameters
        ----------
        record : logging.LogRecord
            The log record.
        """
        message = record.getMessage()
        if record.name.startswith("stpipe."):
            self._note_reference(message)
        if record.name == "stpipe.step":
            self._follow(message)
        elif record.name.startswith("tweakwcs"):
            self.alignments.feed(message)
        if self.current:
            lines = self.messages.setdefault(self.current, [])
            lines.append(" ".join(message.split())[:300])
            del lines[:-_MOST_MESSAGES]
        if record.levelno >= logging.WARNING:
            if record.name == "py.warnings":
                # Python prints the line of its code behind the text, indented
                message = message.rstrip().rsplit("\n  ", 1)[0]
            text = " ".join(message.split())
            cut = text if len(text) <= _LONGEST_WARNING else f"{text[: _LONGEST_WARNING - 1]}…"
            line = f"{record.name.partition('.')[0]}: {cut}"
            if line not in self.warnings and len(self.warnings) < MAXIMUM_WARNINGS:
                self.warnings.append(line)

    def finish(self) -> None:
        """Report the steps that never ran as skipped."""
        self._pass_over(len(self.steps))

    def fail(self) -> None:
        """Report the step at work as failed."""
        if self.current:
            name, started = self._stack[self._depth - 1]
            del self._stack[self._depth - 1 :]
            self._settle(name, started, StepState.FAILED)

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Listen to the pipeline's loggers, at INFO at least, and leave them as they were."""
        levels = {name: logging.getLogger(name).level for name in LOGGERS}
        for name in LOGGERS:
            logger = logging.getLogger(name)
            if logger.getEffectiveLevel() > logging.INFO:
                logger.setLevel(logging.INFO)
            logger.addHandler(self)
        try:
            yield
        finally:
            for name, level in levels.items():
                logging.getLogger(name).removeHandler(self)
                logging.getLogger(name).setLevel(level)

    def _note_reference(self, message: str) -> None:
        match = _PREFETCHED.match(message) or _PARAMETERS.match(message)
        if match and match[2] != "N/A":
            self.references[match[1].lower()] = match[2].rpartition("/")[2]

    def _follow(self, message: str) -> None:
        if match := _RUNNING.match(message):
            self._stack.append((match[1], self._clock()))
            if len(self._stack) == self._depth and match[1] in self.steps:
                self._pass_over(self.steps.index(match[1]))
                self._notify(match[1], StepState.RUNNING)
        elif message == "Step skipped." and self._stack:
            self._end(StepState.SKIPPED)
        elif match := _DONE.match(message):
            while self._stack and self._stack[-1][0] != match[1]:
                self._stack.pop()
            if self._stack:
                self._end(StepState.DONE)

    def _end(self, state: StepState) -> None:
        name, started = self._stack.pop()
        if len(self._stack) == self._depth - 1:
            self._settle(name, started, state)

    def _settle(self, name: str, started: float, state: StepState) -> None:
        if name in self.steps:
            self.seconds[name] = self.seconds.get(name, 0.0) + self._clock() - started
            self._notify(name, state)

    def _pass_over(self, end: int) -> None:
        for name in self.steps[:end]:
            if name not in self.states:
                self._notify(name, StepState.SKIPPED)

    def _notify(self, name: str, state: StepState) -> None:
        self.states[name] = state
        index = self.steps.index(name) + 1
        self._report(StepReport(name, index, len(self.steps), state, self.seconds.get(name, 0.0)))
