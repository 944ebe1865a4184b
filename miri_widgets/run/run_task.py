"""Runs as tasks of a worker: reuse or do, commit or tidy up, and report."""

from __future__ import annotations

import time
import traceback
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from humanize import naturalsize

from miri_widgets.errors import (
    CancelledError,
    EngineError,
    MiriWidgetsError,
    MissingFileError,
    UpstreamFailedError,
    WorkerLostError,
)
from miri_widgets.run.child_processes import ChildEnd, RunProcess, is_stopping, wait_until_warm
from miri_widgets.run.estimates import Measured, note_measured
from miri_widgets.run.events import EventKind, JobEvent, append_events
from miri_widgets.run.harm import require_accepted
from miri_widgets.run.locks import RunLock
from miri_widgets.run.partial_folders import commit_partial, make_partial, remove_partial
from miri_widgets.run.plan import RunPlan
from miri_widgets.run.records import completed
from miri_widgets.run.workspace import Workspace
from miri_widgets.serialization import Serializable

__all__ = ["RunResult", "run_task"]

_ATTEMPTS = 2
_POLL_SECONDS = 0.05


@dataclass(frozen=True)
class RunResult(Serializable):
    """How a run ended: key, label, kind of its last event, error."""

    key: str
    label: str
    kind: str
    error: dict[str, Any] | None = None

    @property
    def good(self) -> bool:
        """Whether the products are there."""
        return self.kind in (EventKind.DONE, EventKind.REUSED)


def run_task(
    root: str, job: str, plans: Sequence[dict[str, Any]], upstream: Sequence[Any] = ()
) -> list[dict[str, Any]]:
    """
    Do a run of a job, or a run and the one that goes on in its process. This is what dask calls; it never raises.

    Parameters
    ----------
    root : str
        Root of the workspace.
    job : str
        The job.
    plans : sequence of dict
        One plan or two, as `RunPlan.to_dict`; the second needs the first and nothing else.
    upstream : sequence of dict or of list of dict
        Outcomes of runs that had to end before.

    Returns
    -------
    list of dict
        The `RunResult` of each run.
    """
    workspace = Workspace(Path(root))
    before = [
        RunResult.from_dict(result)
        for results in upstream
        for result in (results if isinstance(results, list) else [results])
    ]
    follower: _Task | None = None
    tasks: list[_Task] = []
    for values in reversed(plans):
        follower = _Task(workspace, job, RunPlan.from_dict(values), follower)
        tasks.insert(0, follower)
    results: list[RunResult] = []
    try:
        for task in tasks:
            results.append(_ended(task, [*before, *results]))
    finally:
        for task in tasks:
            task.close()
    return [result.to_dict() for result in results]


def _ended(task: _Task, upstream: Sequence[RunResult]) -> RunResult:
    """Do a run, and return how it ended, whatever happens."""
    try:
        return task.go([result for result in upstream if result.key in task.plan.depends])
    except MiriWidgetsError as error:
        return task.end(EventKind.FAILED, error=error.to_dict())
    except Exception as error:
        traceback.print_exc()
        ours = EngineError(
            f"the job engine stopped with {type(error).__name__}: {str(error)[:300]}",
            "a run to its end",
            "run again; if it happens again report it with engine/service.log of the workspace",
        )
        return task.end(EventKind.FAILED, error=ours.to_dict())


class _Task:
    """
    A run of a job on a worker.

    Parameters
    ----------
    workspace, job, plan : Workspace, str, RunPlan
        The run.
    follower : _Task, optional
        The run that goes on in its process.
    """

    def __init__(self, workspace: Workspace, job: str, plan: RunPlan, follower: _Task | None = None) -> None:
        self.workspace = workspace
        self.job = job
        self.plan = plan
        self._follower = follower
        self._process: RunProcess | None = None  # of the run before, where it waits for this one
        self._lock: RunLock | None = None
        self._locked = False
        self._events = workspace.events_file(job)
        self._markers = (workspace.cancel_marker(job), workspace.run_cancel_marker(job, plan.key))

    def go(self, upstream: Sequence[RunResult]) -> RunResult:
        """Do the run, reuse it, or say why not."""
        if self._cancelled():
            return self._end_cancelled()
        bad = [result for result in upstream if not result.good]
        if any(result.kind == "stopped" for result in bad):
            return self._stopped()
        if bad:
            return self._end_upstream(bad)
        while not self.lock():
            if self._cancelled():
                return self._end_cancelled()
            time.sleep(_POLL_SECONDS)
        if completed(self.workspace, self.plan.key, self.plan.stage) is not None:
            return self.end(EventKind.REUSED)
        self._require_inputs()
        require_accepted(self.workspace, self.plan)
        return self._attempts()

    def lock(self) -> bool:
        """Try to lock the run, unless it is locked by us already; say whether it is."""
        if self._lock is None:
            self._lock = RunLock(self.workspace.run_lock(self.plan.key))
        self._locked = self._locked or self._lock.acquire()
        return self._locked

    def close(self) -> None:
        """End what is left of the process, and unlock the run."""
        self._end_process()
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def _end_process(self) -> None:
        if self._process is not None:
            self._process.close()
            self._process = None

    def _attempts(self) -> RunResult:
        # a run begins when the pipeline is in memory: the import is no part of what it takes
        wait_until_warm(
            self._cancelled,
            lambda: self._append(EventKind.QUEUED, message="waits for the import of the pipeline"),
        )
        for attempt in range(1, _ATTEMPTS + 1):
            if self._cancelled():
                return self._end_cancelled()
            if is_stopping():
                return self._stopped()
            began = time.time()
            make_partial(self.workspace, self.plan)
            self._append(EventKind.STARTED, message="" if attempt == 1 else "again, the process was lost")
            try:
                process = self._begin()
                end = process.follow(cancelled=self._cancelled, on_step=self._append_step)
                if end.kind == "done":
                    commit_partial(self.workspace, self.plan)
                    seconds = time.time() - began
                    note_measured(
                        self.workspace, Measured(self.plan.stage, self.plan.size, end.peak_mb, seconds)
                    )
                    self._hand_on()
                    return self.end(EventKind.DONE, seconds=float(end.facts["seconds"]))
            finally:
                self._end_process()
                remove_partial(self.workspace, self.plan, self.job)
            if end.kind != "lost":
                break
        return self._end_badly(end)

    def _begin(self) -> RunProcess:
        """Let the process of the run before go on, or start one; it takes the next run along when that is free."""
        if self._process is not None:
            self._process.go_on()
            return self._process
        tasks = [self]
        if self._follower is not None and self._follower.can_follow():
            tasks.append(self._follower)
        locks = [task._lock for task in tasks if task._lock is not None]
        self._process = RunProcess(self.workspace, [task.plan for task in tasks], locks)
        return self._process

    def can_follow(self) -> bool:
        """Whether the process of the run before may go on with this one: nobody else does it or has done it."""
        return (
            not self._cancelled()
            and self.lock()
            and completed(self.workspace, self.plan.key, self.plan.stage) is None
        )

    def _hand_on(self) -> None:
        """Give the process to the next run, which was handed over to it."""
        if self._follower is not None and self._process is not None and self._process.count > 1:
            self._follower._process, self._process = self._process, None

    def _stopped(self) -> RunResult:
        # no event: the job is unfinished and goes on with the next service
        return RunResult(self.plan.key, self.plan.label, "stopped")

    def _end_badly(self, end: ChildEnd) -> RunResult:
        if end.kind == "cancelled":
            return self._end_cancelled()
        if end.kind == "stopped":
            return self._stopped()
        error = end.error if end.kind == "failed" else _lost(self.plan, end).to_dict()
        return self.end(EventKind.FAILED, error=error)

    def _require_inputs(self) -> None:
        for run_input in self.plan.inputs:
            path = run_input.file(self.workspace)
            if not path.is_file():
                raise MissingFileError(
                    f"{path} is gone", "the input of this run", "bring the file back or scan the folder again"
                )

    def _end_upstream(self, bad: Sequence[RunResult]) -> RunResult:
        if all(result.kind == EventKind.CANCELLED for result in bad):
            return self._end_cancelled()
        names = ", ".join(result.label for result in bad[:3]) + (" and others" if len(bad) > 3 else "")
        error = UpstreamFailedError(
            f"not started because {len(bad)} of {len(self.plan.depends)} needed runs failed ({names})",
            "all inputs of this run",
            "see why they failed and run again, or leave these exposures out",
        )
        return self.end(EventKind.UPSTREAM_FAILED, error=error.to_dict())

    def _end_cancelled(self) -> RunResult:
        error = CancelledError("the job was stopped", "a job to its end", "run again to go on")
        return self.end(EventKind.CANCELLED, error=error.to_dict())

    def _cancelled(self) -> bool:
        return any(marker.exists() for marker in self._markers)

    def _append_step(self, step: str, index: int, total: int, state: str, seconds: float) -> None:
        self._append(EventKind.STEP, step=step, index=index, total=total, message=state, seconds=seconds)

    def _append(self, kind: EventKind, **more: Any) -> None:
        plan = self.plan
        event = JobEvent(
            time=time.time(),
            job=self.job,
            kind=kind,
            key=plan.key,
            stage=plan.stage,
            label=plan.label,
            **more,
        )
        append_events(self._events, [event])

    def end(self, kind: EventKind, *, seconds: float = 0.0, error: dict[str, Any] | None = None) -> RunResult:
        """Tell how the run ended, and return it."""
        self._append(kind, seconds=seconds, error=error)
        return RunResult(self.plan.key, self.plan.label, str(kind), error)


def _lost(plan: RunPlan, end: ChildEnd) -> WorkerLostError:
    code = end.exitcode
    how = f"killed by signal {-code}" if code is not None and code < 0 else f"ended with code {code}"
    memory = f"; it used up to {naturalsize(end.peak_mb * 1e6)}, {naturalsize(plan.predicted_mb * 1e6)} were predicted"
    if code == -9:
        remedy = "memory may have run out: use fewer workers or close other programs, then run again"
    else:
        remedy = "read the log of this run, then run again"
    return WorkerLostError(
        f"the process of {plan.stage} of {plan.label} was {how}, {_ATTEMPTS} times{memory}",
        "a process that lives to the end of its run",
        remedy,
    )
