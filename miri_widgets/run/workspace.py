"""Where everything of a workspace lies, in one place."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from humanize import naturalsize

from miri_widgets.errors import DiskFullError, NotWritableError
from miri_widgets.products.atomic import os_errors_as_ours, require_writable

__all__ = ["PARTIAL", "TRUST_VARIABLE", "Workspace"]

TRUST_VARIABLE = "MIRI_WIDGETS_TRUST_WORKSPACE"
"""Set to 1 where the file system shows another owner than the user, as some mounted disks do."""

PARTIAL = ".partial"
"""Ending of the folder of a run that is at work."""

_SPARE_BYTES = 200_000_000
_PRIVATE = 0o700


@dataclass(frozen=True)
class Workspace:
    """
    The folder of a program's products, jobs and engine.

    Attributes
    ----------
    root : Path
        The folder. It is made by `prepare`, not by naming it.
    """

    root: Path

    def __post_init__(self) -> None:
        object.__setattr__(self, "root", Path(self.root).expanduser().resolve())

    @property
    def runs(self) -> Path:
        """Folder of all runs, by stage and key."""
        return self.root / "runs"

    @property
    def jobs(self) -> Path:
        """Folder of all jobs, by id."""
        return self.root / "jobs"

    @property
    def engine(self) -> Path:
        """Folder of the detached service."""
        return self.root / "engine"

    @property
    def identities(self) -> Path:
        """Folder that remembers the hashes of raw inputs."""
        return self.root / "engine" / "identities"

    @property
    def measured(self) -> Path:
        """What earlier runs took: seconds and memory, one line each."""
        return self.root / "engine" / "measured.jsonl"

    @property
    def service_lock(self) -> Path:
        """Held by the service as long as it lives."""
        return self.root / "engine" / "lock"

    @property
    def service_state(self) -> Path:
        """Facts of the service about itself."""
        return self.root / "engine" / "engine.json"

    @property
    def heartbeat(self) -> Path:
        """Touched by the service every second or so."""
        return self.root / "engine" / "heartbeat"

    @property
    def stop_marker(self) -> Path:
        """Asks the service to end."""
        return self.root / "engine" / "stop"

    @property
    def service_log(self) -> Path:
        """What the service prints."""
        return self.root / "engine" / "service.log"

    def run_folder(self, stage: str, key: str) -> Path:
        """
        Folder of a complete run.

        Parameters
        ----------
        stage : str
            Name of the stage.
        key : str
            Key of the run.
        """
        return self.runs / stage / key

    def partial_folder(self, stage: str, key: str) -> Path:
        """
        Folder of a run at work.

        Parameters
        ----------
        stage : str
            Name of the stage.
        key : str
            Key of the run.
        """
        return self.runs / stage / f"{key}{PARTIAL}"

    def run_lock(self, key: str) -> Path:
        """
        Held while a run is at work, by the service and by the run's process.

        Parameters
        ----------
        key : str
            Key of the run.
        """
        return self.root / "engine" / "locks" / f"{key}.lock"

    def acceptance(self, key: str) -> Path:
        """
        Says that the harm done by a run was accepted.

        Parameters
        ----------
        key : str
            Key of the run.
        """
        return self.root / "engine" / "accepted" / f"{key}.json"

    def job_folder(self, job: str) -> Path:
        """
        Folder of a job.

        Parameters
        ----------
        job : str
            Id of the job.
        """
        return self.jobs / job

    def job_file(self, job: str) -> Path:
        """
        The plans of a job.

        Parameters
        ----------
        job : str
            Id of the job.
        """
        return self.jobs / job / "job.json"

    def events_file(self, job: str) -> Path:
        """
        What happened in a job, one line each.

        Parameters
        ----------
        job : str
            Id of the job.
        """
        return self.jobs / job / "events.jsonl"

    def cancel_marker(self, job: str) -> Path:
        """
        Asks for the end of a job.

        Parameters
        ----------
        job : str
            Id of the job.
        """
        return self.jobs / job / "cancel"

    def run_cancel_marker(self, job: str, key: str) -> Path:
        """
        Asks for the end of one run of a job.

        Parameters
        ----------
        job : str
            Id of the job.
        key : str
            Key of the run.
        """
        return self.jobs / job / "cancelled" / key

    def cancelled_runs(self, job: str) -> frozenset[str]:
        """
        Return the keys of the runs of a job that were asked to end by themselves.

        Parameters
        ----------
        job : str
            Id of the job.
        """
        try:
            return frozenset(path.name for path in (self.jobs / job / "cancelled").iterdir())
        except OSError:
            return frozenset()

    def kept_log(self, job: str, key: str) -> Path:
        """
        The log of a run that did not end well.

        Parameters
        ----------
        job : str
            Id of the job.
        key : str
            Key of the run.
        """
        return self.jobs / job / "logs" / f"{key}.txt"

    def prepare(self, needed: float = 0.0) -> None:
        """
        Make the workspace and prove that products can be written.

        Parameters
        ----------
        needed : float
            Bytes that are going to be written.

        Raises
        ------
        NotWritableError
            If the folder may not be written to.
        DiskFullError
            If the disk has less than `needed` and a reserve of 200 MB left.
        """
        with os_errors_as_ours(self.root):
            self.root.mkdir(parents=True, exist_ok=True)
            self.require_own()
            for folder in (self.runs, self.jobs, self.engine):
                # whoever can open a lock can hold it: other users stay outside
                folder.mkdir(mode=_PRIVATE, exist_ok=True)
            if self.engine.stat().st_mode & 0o077:
                self.engine.chmod(_PRIVATE)
        require_writable(self.runs)
        self.require_space(needed)

    def require_own(self) -> None:
        """
        Prove that the workspace is the user's own.

        Jobs that another user left in it would be run with this user's rights.

        Raises
        ------
        NotWritableError
            If it belongs to another user, and `TRUST_VARIABLE` is not 1.
        """
        owner, user = self.root.stat().st_uid, os.getuid()
        if owner != user and os.environ.get(TRUST_VARIABLE) != "1":
            raise NotWritableError(
                f"the workspace {self.root} belongs to another user (number {owner}, you are {user})",
                "a workspace of your own",
                "copy it into a folder of your own or choose another workspace; on a disk that shows a wrong owner set "
                f"{TRUST_VARIABLE}=1",
            )

    def require_space(self, needed: float) -> None:
        """
        Check the free space only.

        Parameters
        ----------
        needed : float
            Bytes that are going to be written.

        Raises
        ------
        DiskFullError
            If the disk has less than `needed` bytes and a reserve of 200 MB left.
        """
        free = shutil.disk_usage(self.root).free
        if free < needed + _SPARE_BYTES:
            raise DiskFullError(
                f"{naturalsize(free)} free on the disk of {self.root}",
                f"{naturalsize(needed + _SPARE_BYTES)} for the products and a reserve",
                "free some space or choose a workspace on another disk; what is finished is kept",
            )
