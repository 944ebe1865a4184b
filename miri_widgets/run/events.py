"""
What happens in a job, as one line of JSON per event.

The file is the only channel from the workers to whoever looks: it outlives the
dashboard, the service and a power cut.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from filelock import lock_descriptor

from miri_widgets.products.atomic import os_errors_as_ours
from miri_widgets.serialization import Serializable

__all__ = ["EventKind", "JobEvent", "append_events", "has_ended", "read_events"]

_TAIL_BYTES = 16_384


class EventKind(StrEnum):
    """What an event says."""

    SUBMITTED = "submitted"
    QUEUED = "queued"
    STARTED = "started"
    STEP = "step"
    DONE = "done"
    REUSED = "reused"
    FAILED = "failed"
    CANCELLED = "cancelled"
    UPSTREAM_FAILED = "upstream_failed"
    JOB_DONE = "job_done"


@dataclass(frozen=True)
class JobEvent(Serializable):
    """
    One thing that happened.

    Attributes
    ----------
    time : float
        Seconds since the epoch.
    job, key, stage, label : str
        The job and the run; key, stage and label are empty for the job itself.
    kind : EventKind
        What happened.
    step : str
        Pipeline step, for STEP.
    index, total : int
        Step number from 1, and number of steps. For SUBMITTED: number of
        workers, and number of runs.
    seconds : float
        Duration: predicted for QUEUED, of the step for STEP, of the run for DONE.
    error : dict or None
        As `MiriWidgetsError.to_dict`, when it did not go well.
    measured : bool
        For QUEUED: whether the prediction comes from earlier runs on this machine.
    message : str
        The state of the step (running, done, skipped, failed), or what a
        queued run waits for.
    depends : tuple of str or None
        For QUEUED: the keys of the runs that it needs; None when that is not said.
    """

    time: float
    job: str
    kind: EventKind
    key: str = ""
    stage: str = ""
    label: str = ""
    step: str = ""
    index: int = 0
    total: int = 0
    seconds: float = 0.0
    error: dict[str, Any] | None = None
    message: str = ""
    measured: bool = False
    depends: tuple[str, ...] | None = None

    def to_line(self) -> bytes:
        """Return the event as one line."""
        values = {
            name: value
            for name, value in self.to_dict().items()
            if value not in ("", None) and value is not False
        }
        return json.dumps(values, separators=(",", ":"), default=str).encode() + b"\n"

    @classmethod
    def from_line(cls, line: bytes) -> JobEvent | None:
        """
        Read one line; None when it is torn or of another kind.

        Parameters
        ----------
        line : bytes
            The line.
        """
        try:
            return cls.from_dict(json.loads(line))
        except (ValueError, KeyError, TypeError):
            return None


def append_events(path: Path, events: Iterable[JobEvent]) -> None:
    """
    Add events at the end of a file, whole or not at all.

    Several threads, processes and hosts may write to the same file.

    Parameters
    ----------
    path : Path
        The events file.
    events : iterable of JobEvent
        The events, in their order.

    Raises
    ------
    DiskFullError, NotWritableError
        If the file cannot be written.
    """
    text = b"".join(event.to_line() for event in events)
    with os_errors_as_ours(Path(path).parent):
        descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o666)
        try:
            # appending alone is not atomic on network file systems
            lock_descriptor(descriptor, poll_interval=0.005)
            size = os.fstat(descriptor).st_size
            if size and os.pread(descriptor, 1, size - 1) != b"\n":
                text = b"\n" + text  # a power cut tore the last line; keep ours whole
            os.write(descriptor, text)
        finally:
            os.close(descriptor)


def read_events(path: Path, offset: int = 0) -> tuple[list[JobEvent], int]:
    """
    Read the events after an offset.

    Parameters
    ----------
    path : Path
        The file; need not exist yet.
    offset : int
        Where the last reading ended.

    Returns
    -------
    events : list of JobEvent
        New events; damaged lines are left out.
    offset : int
        Where to go on: after the last complete line.
    """
    try:
        with Path(path).open("rb") as stream:
            stream.seek(offset)
            text = stream.read()
    except FileNotFoundError:
        return [], offset
    complete = text.rfind(b"\n") + 1
    events = (JobEvent.from_line(line) for line in text[:complete].splitlines())
    return [event for event in events if event is not None], offset + complete


def has_ended(path: Path) -> bool:
    """
    Say whether the job of an events file has ended, from the end of the file only.

    Parameters
    ----------
    path : Path
        The events file.
    """
    try:
        with Path(path).open("rb") as stream:
            stream.seek(max(0, os.fstat(stream.fileno()).st_size - _TAIL_BYTES))
            tail = stream.read()
    except FileNotFoundError:
        return False
    # cheap, as it is asked often; quotes inside of messages are escaped, so no message looks like this
    return b'"kind":"job_done"' in tail
