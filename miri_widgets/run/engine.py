"""
The job engine as everyone else sees it: submit, follow, cancel.

It is a view of the workspace. Jobs run in the detached service, which this
class starts when needed and which outlives the caller.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from miri_widgets.errors import CancelledError, EngineError, MiriWidgetsError
from miri_widgets.products.atomic import write_text
from miri_widgets.run.events import EventKind, JobEvent, append_events, read_events
from miri_widgets.run.job_files import JobFile, job_ids, new_job_id, read_job, unfinished_jobs, write_job
from miri_widgets.run.jobs import JobReducer, JobState, JobSummary, RunStatus
from miri_widgets.run.launcher import IDLE_MINUTES, Launcher
from miri_widgets.run.plan import RunPlan, without_accelerations
from miri_widgets.run.records import LOG, completed
from miri_widgets.run.workspace import Workspace
from miri_widgets.steps.acceleration import switched_off

__all__ = ["Engine", "EngineStatus"]

_POLL_SECONDS = 0.05


@dataclass(frozen=True)
class EngineStatus:
    """
    What is known about the service of a workspace.

    Attributes
    ----------
    alive : bool
        Whether it has the workspace.
    pid : int
        Its process; 0 when it is not alive.
    host, address : str
        Where it runs, and the address of the dask scheduler.
    workers : int
        Runs at the same time.
    memory_mb : float
        What all runs together may use; 0 when it is unknown.
    heartbeat_seconds : float
        Since its last sign of life.
    """

    alive: bool
    pid: int = 0
    host: str = ""
    address: str = ""
    workers: int = 0
    memory_mb: float = 0.0
    heartbeat_seconds: float = 0.0


class Engine:
    """
    Jobs of one workspace.

    Parameters
    ----------
    workspace : Path or Workspace
        Where products go.
    workers : int
        Runs at the same time, for a service that this engine starts.
    scheduler : str, optional
        Address of a dask scheduler; one inside the service by default.
    memory_mb : float, optional
        What all runs together may use; 80 % of what is free by default.
    idle_minutes : float
        The service leaves after so long without a job.
    """

    def __init__(
        self,
        workspace: Path | Workspace,
        *,
        workers: int = 2,
        scheduler: str | None = None,
        memory_mb: float | None = None,
        idle_minutes: float = IDLE_MINUTES,
    ) -> None:
        self.workspace = workspace if isinstance(workspace, Workspace) else Workspace(workspace)
        self.workers = workers
        self._launcher = Launcher(
            self.workspace,
            workers=workers,
            scheduler=scheduler or "",
            memory_mb=memory_mb or 0.0,
            idle_minutes=idle_minutes,
        )
        self._ended: set[str] = set()
        self._reducers: dict[str, tuple[JobReducer, int]] = {}
        self._files: dict[str, JobFile] = {}

    def submit(self, plans: Sequence[RunPlan]) -> str:
        """
        Hand over runs, and come back at once.

        Parameters
        ----------
        plans : sequence of RunPlan
            Runs come after the runs that they need.

        Returns
        -------
        str
            Id of the job; of the one at work when it has the same runs. When
            all runs are complete the job has ended already.

        Raises
        ------
        EngineError
            If there is nothing to run, or a name cannot stand in a path.
        NotWritableError, DiskFullError
            If the products cannot be written.
        """
        if not plans:
            raise EngineError("no runs in the job", "at least one exposure", "choose exposures first")
        for plan in plans:
            plan.require_readable()
        plans = without_accelerations(plans, switched_off())
        job = JobFile(new_job_id(), time.time(), tuple(plans))
        done = [completed(self.workspace, plan.key, plan.stage) is not None for plan in plans]
        missing = [plan for plan, is_done in zip(plans, done, strict=True) if not is_done]
        self.workspace.prepare(sum(plan.predicted_bytes for plan in missing))
        for active in self.active():
            stopped = self.workspace.cancel_marker(active).exists() or self.workspace.cancelled_runs(active)
            if self._file(active).keys == job.keys and not stopped:
                self._launcher.ensure()
                return active
        write_job(self.workspace, job, self._first_events(job, all_done=not missing))
        if missing:
            self._launcher.ensure()
        return job.job

    def _first_events(self, job: JobFile, *, all_done: bool) -> list[JobEvent]:
        def event(kind: EventKind, plan: RunPlan | None = None, **more: object) -> JobEvent:
            run = {"key": plan.key, "stage": plan.stage, "label": plan.label} if plan else {}
            return JobEvent(time=time.time(), job=job.job, kind=kind, **run, **more)  # type: ignore[arg-type]

        events = [event(EventKind.SUBMITTED, index=self.workers, total=len(job.plans))]
        names = {plan.key: plan for plan in job.plans}
        for plan in job.plans:
            waits = [names[key] for key in plan.depends if key in names]
            reason = "waits for a free worker"
            if waits:
                more = f" and {len(waits) - 1} more" if len(waits) > 1 else ""
                reason = f"waits for {waits[0].stage} of {waits[0].label}{more}"
            known = plan.predicted_measured
            events.append(
                event(
                    EventKind.QUEUED,
                    plan,
                    seconds=plan.predicted_seconds,
                    measured=known,
                    message=reason,
                    depends=plan.depends,
                )
            )
        if all_done:
            events += [event(EventKind.REUSED, plan) for plan in job.plans]
            events.append(event(EventKind.JOB_DONE))
        return events

    def cancel(self, job_id: str, keys: Collection[str] = ()) -> None:
        """
        Stop a job: nothing more starts, what runs is killed; what is complete stays.

        Parameters
        ----------
        job_id : str
            The job.
        keys : collection of str, optional
            Stop these runs only, and what needs them; the others go on.
        """
        if job_id not in self.active():
            return
        if keys:
            for key in {run.key for run in self.state(job_id).runs if not run.status.ended} & set(keys):
                write_text(self.workspace.run_cancel_marker(job_id, key), "")
            return
        write_text(self.workspace.cancel_marker(job_id), "")
        if not self._launcher.is_alive():
            self._close(job_id)

    def _close(self, job_id: str) -> None:
        """End a cancelled job that no service takes care of."""
        error = CancelledError("the job was stopped", "a job to its end", "run again to go on").to_dict()
        now = time.time()
        events = [
            JobEvent(now, job_id, EventKind.CANCELLED, run.key, run.stage, run.label, error=error)
            for run in self.state(job_id).runs
            if not run.status.ended
        ]
        append_events(
            self.workspace.events_file(job_id), [*events, JobEvent(now, job_id, EventKind.JOB_DONE)]
        )

    def active(self) -> tuple[str, ...]:
        """Return the ids of the jobs that have not ended, oldest first."""
        return tuple(job for job in unfinished_jobs(self.workspace, self._ended) if self._readable(job))

    def jobs(self) -> list[JobSummary]:
        """Return one line per job, newest first."""
        jobs = []
        for job_id in reversed(job_ids(self.workspace)):
            if not self._readable(job_id):
                continue
            job, state = self._file(job_id), self.state(job_id)
            stages = tuple(dict.fromkeys(plan.stage for plan in job.plans))
            labels = tuple(dict.fromkeys(plan.label for plan in job.plans))
            jobs.append(JobSummary(job_id, job.created, stages, labels, state.active, state.counts))
        return jobs

    def plans(self, job_id: str) -> tuple[RunPlan, ...]:
        """
        Return the plans of a job; BadTableError when there is no such job.

        Parameters
        ----------
        job_id : str
            Id of the job.
        """
        return self._file(job_id).plans

    def state(self, job_id: str) -> JobState:
        """
        Return a job as it stands; only what is new is read.

        Parameters
        ----------
        job_id : str
            Id of the job.
        """
        self._news(job_id)
        return self._reducers[job_id][0].state()

    def _news(self, job_id: str) -> list[JobEvent]:
        reducer, offset = self._reducers.get(job_id) or (JobReducer(), 0)
        events, offset = read_events(self.workspace.events_file(job_id), offset)
        self._reducers[job_id] = (reducer.apply(events), offset)
        return events

    def log_path(self, job_id: str, key: str) -> Path:
        """
        Return where the log of a run is: of the run at work, of the failure, or of the complete run.

        The file may not exist yet.

        Parameters
        ----------
        job_id : str
            Id of the job.
        key : str
            Key of the run.
        """
        run = self.state(job_id).run(key)
        stage = run.stage if run else ""
        partial = self.workspace.partial_folder(stage, key) / LOG
        kept = self.workspace.kept_log(job_id, key)
        final = self.workspace.run_folder(stage, key) / LOG
        if run is not None and run.status.good:
            return final
        if run is not None and run.status == RunStatus.RUNNING:
            return partial
        return next((path for path in (kept, partial, final) if path.exists()), kept)

    def wait(
        self,
        job_id: str,
        timeout: float | None = None,
        on_event: Callable[[JobEvent], None] | None = None,
    ) -> JobState:
        """
        Wait for the end of a job.

        Parameters
        ----------
        job_id : str
            The job.
        timeout : float, optional
            Seconds; no limit by default.
        on_event : callable, optional
            Gets every event that was not there at the last call.

        Returns
        -------
        JobState
            At its end.

        Raises
        ------
        EngineError
            If the time is over, or the service cannot be started.
        """
        deadline = None if timeout is None else time.monotonic() + timeout
        checked = 0.0
        while True:
            for event in self._news(job_id):
                if on_event is not None:
                    on_event(event)
            # not `self.state`, which reads on: what comes in between would reach nobody
            state = self._reducers[job_id][0].state()
            if not state.active:
                return state
            now = time.monotonic()
            if deadline is not None and now > deadline:
                raise EngineError(
                    f"job {job_id} is at {100 * state.fraction:.0f} % after {timeout:g} s",
                    "its end",
                    "wait longer; the job goes on",
                )
            if now - checked > 1.0:
                checked = now
                self.recover()
            time.sleep(_POLL_SECONDS)

    def recover(self) -> bool:
        """
        Start the service again when jobs are unfinished and it is gone.

        Returns
        -------
        bool
            Whether it was started.

        Raises
        ------
        EngineError
            If it was started several times and died each time.
        """
        return bool(self.active()) and self._launcher.ensure()

    def status(self) -> EngineStatus:
        """Return what is known about the service."""
        if not self._launcher.is_alive():
            return EngineStatus(alive=False)
        try:
            facts = json.loads(self.workspace.service_state.read_text(encoding="utf-8"))
            beat = time.time() - self.workspace.heartbeat.stat().st_mtime
            return EngineStatus(
                alive=True,
                pid=int(facts["pid"]),
                host=str(facts["host"]),
                address=str(facts["address"]),
                workers=int(facts["workers"]),
                memory_mb=float(facts["memory_mb"]),
                heartbeat_seconds=max(beat, 0.0),
            )
        except (OSError, ValueError, KeyError):
            return EngineStatus(alive=True)  # it has just begun

    def shutdown(self, timeout: float = 10.0) -> bool:
        """
        Stop the service; unfinished jobs go on with the next one.

        Parameters
        ----------
        timeout : float
            Longest time to wait, s.

        Returns
        -------
        bool
            Whether it is gone.
        """
        deadline = time.monotonic() + timeout
        while self._launcher.is_alive():
            if time.monotonic() > deadline:
                return False
            write_text(self.workspace.stop_marker, "")
            time.sleep(2 * _POLL_SECONDS)
        self.workspace.stop_marker.unlink(missing_ok=True)
        return True

    def _file(self, job_id: str) -> JobFile:
        if job_id not in self._files:
            self._files[job_id] = read_job(self.workspace, job_id)
        return self._files[job_id]

    def _readable(self, job_id: str) -> bool:
        try:
            self._file(job_id)
        except MiriWidgetsError:
            return False
        return True
