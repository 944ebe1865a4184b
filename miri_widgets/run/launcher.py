"""Starting the detached service of a workspace, and asking whether it lives."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

from miri_widgets.errors import EngineError
from miri_widgets.run.locks import RunLock
from miri_widgets.run.workspace import Workspace
from miri_widgets.steps.acceleration import SWITCH

__all__ = ["IDLE_MINUTES", "Launcher", "service_environment"]

IDLE_MINUTES = 15.0
"""The service leaves after so long without a job."""

_START_SECONDS = 20.0
_STARTS = 3
_LOG_BYTES = 1_000_000
_TAIL_CHARACTERS = 800
_SILENT_SECONDS = 120.0

# Kept by workspace: Python complains about a Popen that is dropped before its process ends,
# and one that is just importing holds no lock yet.
_launched: dict[Path, tuple[subprocess.Popen[bytes], float]] = {}


@dataclass
class Launcher:
    """
    How the service of a workspace is started.

    Attributes
    ----------
    workspace : Workspace
        Whose service.
    workers : int
        Runs at the same time.
    scheduler : str
        Address of a dask scheduler; empty for one inside the service.
    memory_mb : float
        What all runs together may use; 0 for 80 % of what is free.
    idle_minutes : float
        The service leaves after so long without a job.
    """

    workspace: Workspace
    workers: int = 2
    scheduler: str = ""
    memory_mb: float = 0.0
    idle_minutes: float = IDLE_MINUTES
    _starts: list[float] = field(default_factory=list)
    _heartbeat: tuple[float, float] = (0.0, 0.0)

    def is_alive(self) -> bool:
        """Say whether a service has the workspace."""
        if not self.workspace.service_lock.exists():
            return False
        lock = RunLock(self.workspace.service_lock)
        try:
            return not lock.acquire(shared=True)
        finally:
            lock.close()

    def ensure(self) -> bool:
        """
        Start the service unless it lives or is just starting.

        Returns
        -------
        bool
            Whether it was started.

        Raises
        ------
        EngineError
            If it was started several times and died each time, or its lock is held by something that gives no sign
            of life.
        NotWritableError
            If the workspace belongs to another user.
        """
        if self.is_alive():
            self._require_heartbeat()
            return False
        if self._is_starting():
            return False
        self.workspace.require_own()
        now = time.monotonic()
        self._starts = [start for start in self._starts if now - start < _START_SECONDS]
        if len(self._starts) >= _STARTS:
            raise EngineError(
                f"the job service stopped {_STARTS} times within {_START_SECONDS:.0f} s; {self._last_lines()}",
                "a service that lives",
                f"read {self.workspace.service_log} and try again in a moment",
            )
        self._starts.append(now)
        self._launch()
        return True

    def _require_heartbeat(self) -> None:
        """Refuse a lock that is held while the heartbeat stands still, on this process's own clock."""
        try:
            beat = self.workspace.heartbeat.stat().st_mtime
        except OSError:
            beat = 0.0
        now = time.monotonic()
        seen, since = self._heartbeat
        if not since or seen != beat:
            self._heartbeat = (beat, now)
        elif now - since > _SILENT_SECONDS:
            raise EngineError(
                f"the lock of the workspace is held, but its service gave no sign of life for {now - since:.0f} s",
                f"a service that touches {self.workspace.heartbeat.name} every second",
                f"end the process that holds {self.workspace.service_lock} (`fuser` names it), then try again",
            )

    def _is_starting(self) -> bool:
        process, began = _launched.get(self.workspace.root, (None, 0.0))
        if process is None or process.poll() is not None:
            return False
        return time.monotonic() - began < _START_SECONDS

    def _last_lines(self) -> str:
        try:
            text = self.workspace.service_log.read_text(encoding="utf-8", errors="replace")
        except OSError:
            text = ""
        return f"it said: {text[-_TAIL_CHARACTERS:].strip() or 'nothing'}"

    def _launch(self) -> None:
        command = [sys.executable, "-P", "-m", "miri_widgets.run.service", str(self.workspace.root)]
        command += ["--workers", str(max(self.workers, 1)), "--idle-minutes", str(self.idle_minutes)]
        if self.scheduler:
            command += ["--scheduler", self.scheduler]
        if self.memory_mb:
            command += ["--memory-mb", str(self.memory_mb)]
        log = self.workspace.service_log
        if log.exists() and log.stat().st_size > _LOG_BYTES:
            log.unlink()
        with log.open("ab") as output:
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                # not the workspace: what lies there is data, and Python would import a module from it
                cwd=os.path.abspath(os.sep),
                env=service_environment(self.workers),
                start_new_session=True,
            )
        _launched[self.workspace.root] = (process, time.monotonic())


def service_environment(workers: int) -> dict[str, str]:
    """
    Return the environment of a job service.

    Parameters
    ----------
    workers : int
        Runs at a time, which share the cores of the machine.

    Returns
    -------
    dict of str to str
    """
    environment = dict(os.environ)
    # every run would compile the whole pipeline again
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    # each plan names what it goes without: a service outlives the wish of who started it
    environment.pop(SWITCH, None)
    threads = str(max((os.cpu_count() or 1) // max(workers, 1), 1))
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS"):
        environment.setdefault(name, threads)
    return environment
