"""Jobs on disk: written whole by whoever submits, read by the service."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from miri_widgets.errors import BadTableError
from miri_widgets.products.atomic import os_errors_as_ours, write_json
from miri_widgets.run.disk_names import checked_job_id
from miri_widgets.run.events import JobEvent, append_events, has_ended
from miri_widgets.run.plan import RunPlan
from miri_widgets.run.workspace import Workspace
from miri_widgets.serialization import Serializable

__all__ = ["JobFile", "job_ids", "new_job_id", "read_job", "unfinished_jobs", "write_job"]


@dataclass(frozen=True)
class JobFile(Serializable):
    """
    A job as it was submitted.

    Attributes
    ----------
    job : str
        Its id; sorts by time.
    created : float
        Seconds since the epoch.
    plans : tuple of RunPlan
        Runs come after the runs that they need.
    """

    job: str
    created: float
    plans: tuple[RunPlan, ...]

    def _check(self) -> None:
        checked_job_id(self.job)

    @property
    def keys(self) -> frozenset[str]:
        """The runs, in no order: two jobs with the same are the same job."""
        return frozenset(plan.key for plan in self.plans)


def new_job_id() -> str:
    """Return an id that sorts by time."""
    now = time.time()
    stamp = time.strftime("%Y%m%dT%H%M%S", time.gmtime(now))
    return f"{stamp}{int(now % 1 * 1000):03d}-{secrets.token_hex(3)}"


def write_job(workspace: Workspace, job: JobFile, events: Sequence[JobEvent]) -> None:
    """
    Write a job with its first events; it appears whole or not at all.

    Parameters
    ----------
    workspace : Workspace
        The workspace.
    job : JobFile
        The job.
    events : sequence of JobEvent
        The events, in their order.

    Raises
    ------
    DiskFullError, NotWritableError
        If it cannot be written.
    """
    with os_errors_as_ours(workspace.jobs):
        hidden = workspace.job_folder(f".{job.job}")
        (hidden / "logs").mkdir(parents=True)
        write_json(hidden / "job.json", job.to_dict())
        append_events(hidden / "events.jsonl", events)
        hidden.rename(workspace.job_folder(job.job))


def read_job(workspace: Workspace, job: str) -> JobFile:
    """
    Read a job.

    Parameters
    ----------
    workspace : Workspace
        The workspace.
    job : str
        Id of the job.

    Raises
    ------
    BadTableError
        If there is none, or it is damaged.
    """
    path = workspace.job_file(job)
    try:
        job_file = JobFile.from_dict(json.loads(path.read_text(encoding="utf-8")))
        if job_file.job != job:
            raise ValueError(f"the job {job_file.job!r} in the folder of another")
        return job_file
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        # the reasons of `run.disk_names` and `run.plan` are written for people, those of json are not
        kind = type(error).__name__
        reason = str(error)[:200] if type(error) is ValueError else kind
        raise BadTableError(
            f"{path} cannot be read ({reason})",
            "a job as it was submitted",
            "submit the job again; this folder can be removed",
        ) from error


def job_ids(workspace: Workspace) -> list[str]:
    """
    Return the ids of all jobs, oldest first.

    Parameters
    ----------
    workspace : Workspace
        The workspace.
    """
    try:
        return sorted(path.name for path in workspace.jobs.iterdir() if not path.name.startswith("."))
    except FileNotFoundError:
        return []


def unfinished_jobs(workspace: Workspace, ended: set[str], known: Collection[str] = ()) -> list[str]:
    """
    Return the ids of the jobs that have not ended, oldest first.

    Parameters
    ----------
    workspace : Workspace
        Where to look.
    ended : set of str
        Jobs known to have ended; those found are added, so that the next
        call does not read them again.
    known : collection of str
        Jobs that are left out without a look.
    """
    unfinished = []
    for job in job_ids(workspace):
        if job in ended or job in known:
            continue
        if not workspace.job_file(job).is_file() or has_ended(workspace.events_file(job)):
            ended.add(job)
            continue
        unfinished.append(job)
    return unfinished
