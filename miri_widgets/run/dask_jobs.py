"""Jobs as graphs of dask tasks: what waits for what, and when a job has ended."""

from __future__ import annotations

import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from miri_widgets.errors import CancelledError, EngineError, MiriWidgetsError
from miri_widgets.run.events import EventKind, JobEvent, append_events, read_events
from miri_widgets.run.job_files import JobFile, read_job
from miri_widgets.run.jobs import RunState, RunStatus, reduce_events
from miri_widgets.run.plan import RunPlan
from miri_widgets.run.records import completed
from miri_widgets.run.run_task import RunResult, run_task
from miri_widgets.run.shared_processes import followers
from miri_widgets.run.workspace import Workspace

__all__ = ["MEMORY", "JobGraphs"]

MEMORY = "memory_mb"
"""Name of the dask resource that admits runs by their predicted memory."""

_ENDED = {
    RunStatus.FAILED: EventKind.FAILED,
    RunStatus.UPSTREAM_FAILED: EventKind.UPSTREAM_FAILED,
    RunStatus.CANCELLED: EventKind.CANCELLED,
}


@dataclass
class _Active:
    job: JobFile
    futures: dict[str, Any]
    cancelled: bool = False
    stopped: frozenset[str] = frozenset()


class JobGraphs:
    """
    The active jobs of a service.

    Parameters
    ----------
    client : distributed.Client
        Where tasks are submitted.
    workspace : Workspace
        Where jobs lie.
    memory_mb : float
        What one worker may use; 0 when the workers declare no such resource.
    """

    def __init__(self, client: Any, workspace: Workspace, memory_mb: float) -> None:
        self._client = client
        self._workspace = workspace
        self._memory_mb = memory_mb
        self._active: dict[str, _Active] = {}
        self._count = 0

    @property
    def active(self) -> tuple[str, ...]:
        """Ids of the jobs that are not finished."""
        return tuple(self._active)

    def add(self, job_id: str) -> None:
        """
        Submit what is left to do of a job.

        Runs of the job that failed before a restart of the service stay failed.

        Parameters
        ----------
        job_id : str
            Id of the job.
        """
        if job_id in self._active:
            return
        job = read_job(self._workspace, job_id)
        events, _ = read_events(self._workspace.events_file(job_id))
        before = reduce_events(events)
        active = _Active(job, {})
        self._count += 1
        known = {plan.key: self._known(plan, before.run(plan.key)) for plan in job.plans}
        next_runs = followers(job.plans, [key for key, result in known.items() if result is None])
        for plan in job.plans:
            if plan.key in active.futures:
                continue  # goes on in the process of the run before
            result = known[plan.key]
            active.futures[plan.key] = result or self._submit(job_id, plan, active, next_runs.get(plan.key))
            if plan.key in next_runs:
                active.futures[next_runs[plan.key].key] = active.futures[plan.key]
        self._active[job_id] = active

    def _known(self, plan: RunPlan, run: RunState | None) -> dict[str, Any] | None:
        if run is None:
            return None
        if run.status in _ENDED:
            return RunResult(plan.key, plan.label, str(_ENDED[run.status]), run.error).to_dict()
        if run.status.good and completed(self._workspace, plan.key, plan.stage):
            return RunResult(plan.key, plan.label, str(EventKind.REUSED)).to_dict()
        return None

    def _submit(self, job_id: str, plan: RunPlan, active: _Active, follower: RunPlan | None) -> Any:
        plans = [plan] if follower is None else [plan, follower]
        waits_for = [active.futures[key] for key in plan.depends if key in active.futures]
        # the same run in another job: never at the same time, and reused when it went well
        waits_for += [
            other.futures[run.key]
            for other in self._active.values()
            for run in plans
            if run.key in other.futures
        ]
        need = max(run.predicted_mb for run in plans)
        resources = {MEMORY: min(need, self._memory_mb)} if self._memory_mb else None
        stages = list(dict.fromkeys(plan.stage for plan in active.job.plans))
        return self._client.submit(
            run_task,
            str(self._workspace.root),
            job_id,
            [run.to_dict() for run in plans],
            waits_for,
            key=f"{plan.stage}-{plan.key}-{job_id}-{self._count}",
            # older jobs first; in a job, whoever can go on with a later stage
            priority=-1000 * self._count + stages.index(plan.stage),
            resources=resources,
            pure=False,
            retries=0,
        )

    def poll(self) -> None:
        """Hand on requests to cancel, and end the jobs whose runs have ended."""
        for job_id, active in list(self._active.items()):
            if not active.cancelled and self._workspace.cancel_marker(job_id).exists():
                active.cancelled = True
                self._cancel_waiting(active.job)
            cancelled = self._workspace.cancelled_runs(job_id)
            if cancelled - active.stopped:
                self._cancel_waiting(active.job, cancelled - active.stopped)
                active.stopped = cancelled
            if all(_over(future) for future in active.futures.values()):
                self._end(active)

    def _cancel_waiting(self, job: JobFile, keys: Collection[str] | None = None) -> None:
        """Report at once the runs that are not going to start, some or all; runs at work report themselves."""
        events, _ = read_events(self._workspace.events_file(job.job))
        state = reduce_events(events)
        error = CancelledError("the job was stopped", "a job to its end", "run again to go on").to_dict()
        waiting = [
            run for run in state.runs if run.status == RunStatus.WAITING and (keys is None or run.key in keys)
        ]
        self._append(job.job, [_event(job.job, EventKind.CANCELLED, run, error=error) for run in waiting])
        stopped = {run.key for run in waiting}
        active = self._active[job.job]
        for plan in job.plans:
            if plan.key in stopped:
                result = RunResult(plan.key, plan.label, str(EventKind.CANCELLED), error)
                # tasks of other jobs may wait for the future: it stays with dask and ends by itself
                active.futures[plan.key] = result.to_dict()

    def _end(self, active: _Active) -> None:
        results = [result for future in active.futures.values() for result in _results(future)]
        if any(result.kind == "stopped" for result in results):
            return
        events, _ = read_events(self._workspace.events_file(active.job.job))
        state = reduce_events(events)
        left = [run for run in state.runs if not run.status.ended]
        error = EngineError(
            "the worker of this run did not answer",
            "an answer of each worker",
            "run again; see engine/service.log",
        ).to_dict()
        closing = [_event(active.job.job, EventKind.FAILED, run, error=error) for run in left]
        closing.append(JobEvent(time=time.time(), job=active.job.job, kind=EventKind.JOB_DONE))
        if self._append(active.job.job, closing):
            del self._active[active.job.job]

    def _append(self, job: str, events: Sequence[JobEvent]) -> bool:
        try:
            append_events(self._workspace.events_file(job), events)
        except MiriWidgetsError as error:
            print(error, flush=True)  # a full disk: tried again at the next look
            return False
        return True


def _event(job: str, kind: EventKind, run: RunState, *, error: dict[str, Any]) -> JobEvent:
    return JobEvent(
        time=time.time(), job=job, kind=kind, key=run.key, stage=run.stage, label=run.label, error=error
    )


def _over(future: Any) -> bool:
    return isinstance(future, dict) or future.done()


def _results(future: Any) -> list[RunResult]:
    """Return how the runs of a task ended; none when the task itself was lost."""
    if isinstance(future, dict):
        return [RunResult.from_dict(future)]
    return [RunResult.from_dict(result) for result in future.result()] if future.status == "finished" else []
