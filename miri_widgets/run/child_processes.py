"""Starting, watching and ending the processes of runs; on the side of the worker."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing import forkserver
from multiprocessing.connection import wait
from typing import Any

import psutil

from miri_widgets.run.child import run_child
from miri_widgets.run.locks import RunLock
from miri_widgets.run.plan import RunPlan
from miri_widgets.run.preload import PIPELINE_MODULES, PRELOAD_VARIABLE
from miri_widgets.run.workspace import Workspace

__all__ = ["ChildEnd", "RunProcess", "is_stopping", "is_warm", "stop_all", "wait_until_warm", "warm_up"]

_POLL_SECONDS = 0.05
_MEMORY_SECONDS = 0.5

_warm = threading.Event()
_warming = threading.Event()
_stopping = threading.Event()
_starting = threading.Lock()


@dataclass(frozen=True)
class ChildEnd:
    """
    How the process of a run ended.

    Attributes
    ----------
    kind : str
        "done", "failed", "cancelled", "lost", or "stopped" with the service.
    facts : dict
        What the process reported of its success.
    error : dict or None
        Why it failed.
    peak_mb : float
        Peak of resident memory, as reported or as seen from outside.
    exitcode : int or None
        Of a process that was lost; minus the signal that killed it.
    """

    kind: str
    facts: dict[str, Any]
    error: dict[str, Any] | None = None
    peak_mb: float = 0.0
    exitcode: int | None = None


def warm_up() -> None:
    """
    Start the fork server in the background; it imports the pipeline once, for all runs.

    Runs wait for `is_warm`. A second call does nothing.
    """
    with _starting:
        if _warming.is_set():
            return
        _warming.set()
    threading.Thread(target=_warm_up, name="warm-up", daemon=True).start()


def _warm_up() -> None:
    if PRELOAD_VARIABLE not in os.environ:
        os.environ[PRELOAD_VARIABLE] = ",".join(PIPELINE_MODULES)
    context = _context()
    try:
        if context.get_start_method() == "forkserver":
            context.set_forkserver_preload(["miri_widgets.run.preload"])
            forkserver.ensure_running()
            probe = _start(context.Process(target=_nothing))  # returns when all is imported
            probe.join()
    finally:
        _warm.set()  # when it went wrong, the first run reports why


def is_warm() -> bool:
    """Say whether processes start without waiting for an import."""
    return _warm.is_set()


def wait_until_warm(cancelled: Callable[[], bool], waiting: Callable[[], None]) -> None:
    """
    Wait until the pipeline is imported, or there is no need to wait any more.

    Parameters
    ----------
    cancelled : callable
        Asked several times a second.
    waiting : callable
        Called once when there is something to wait for.
    """
    warm_up()
    if not _warm.is_set():
        waiting()
    while not (_warm.wait(_POLL_SECONDS) or cancelled() or _stopping.is_set()):
        pass


def stop_all() -> None:
    """End all processes of runs; `RunProcess.follow` then returns "stopped"."""
    _stopping.set()


def is_stopping() -> bool:
    """Say whether all processes of runs are to end."""
    return _stopping.is_set()


class RunProcess:
    """
    A process of a run, or of a run and of the one that goes on in it; closing it ends what is left of it.

    Parameters
    ----------
    workspace : Workspace
        The workspace.
    plans : sequence of RunPlan
        The runs, in their order; the partial folder of the first exists.
    locks : sequence of RunLock
        Their locks, locked; the process shares them.

    Attributes
    ----------
    count : int
        Number of the runs that it does.
    """

    def __init__(self, workspace: Workspace, plans: Sequence[RunPlan], locks: Sequence[RunLock]) -> None:
        context = _context()
        self.count = len(plans)
        self._replies, replies = context.Pipe(duplex=True)
        start_signals, self._start_signals = context.Pipe(duplex=False)
        values = [plan.to_dict() for plan in plans]
        try:
            self._process = _start(
                context.Process(
                    target=run_child, args=(str(workspace.root), values, replies, start_signals, list(locks))
                )
            )
        except BaseException:
            self._replies.close()
            self._start_signals.close()
            raise
        finally:
            replies.close()
            start_signals.close()

    def go_on(self) -> None:
        """Begin the next run: its partial folder exists, and what it needs lies where it belongs."""
        with suppress(OSError):  # a process that is lost by now is reported by `follow`
            self._start_signals.send(True)

    def follow(
        self, *, cancelled: Callable[[], bool], on_step: Callable[[str, int, int, str, float], None]
    ) -> ChildEnd:
        """
        See the run at work to its end.

        Parameters
        ----------
        cancelled : callable
            Asked several times a second; when it is True, the process is to be closed.
        on_step : callable
            Gets step, index, total, state, seconds.
        """
        return _follow(self._process, self._replies, cancelled, on_step)

    def close(self) -> None:
        """End the process."""
        self._start_signals.close()
        _end(self._process)
        self._replies.close()
        self._process.close()


def _follow(
    process: Any,
    ours: Any,
    cancelled: Callable[[], bool],
    on_step: Callable[[str, int, int, str, float], None],
) -> ChildEnd:
    peak, checked = 0.0, 0.0
    while True:
        if cancelled():
            return ChildEnd("cancelled", {}, peak_mb=peak)
        if _stopping.is_set():
            return ChildEnd("stopped", {}, peak_mb=peak)
        if time.monotonic() - checked > _MEMORY_SECONDS:
            checked = time.monotonic()
            peak = max(peak, _resident_mb(process.pid))
        ready = wait([ours, process.sentinel], timeout=_POLL_SECONDS)
        if ours in ready:
            try:
                reply = ours.recv()
            except (EOFError, ConnectionResetError):
                process.join(5)
                return ChildEnd("lost", {}, peak_mb=peak, exitcode=process.exitcode)
            if reply[0] == "step":
                on_step(*reply[1:])
            elif reply[0] == "done":
                return ChildEnd("done", reply[1], peak_mb=reply[1]["peak_mb"])
            else:
                return ChildEnd("failed", {}, error=reply[1], peak_mb=reply[2])
        elif process.sentinel in ready and not ours.poll():
            process.join(5)
            return ChildEnd("lost", {}, peak_mb=peak, exitcode=process.exitcode)


def _end(process: Any) -> None:
    """Kill what is left of the process and its own children."""
    if process.is_alive():
        process.join(0.02)
    for kill in (os.killpg, os.kill):
        # the group exists once the process leads its session; before that, or after its end, it does not
        with suppress(ProcessLookupError, PermissionError):
            if kill is os.killpg or process.is_alive():
                kill(process.pid, signal.SIGKILL)
    process.join(10)


def _resident_mb(pid: int) -> float:
    try:
        return float(psutil.Process(pid).memory_info().rss) / 1e6
    except psutil.Error:
        return 0.0


def _context() -> Any:
    # forking a process that holds threads or Apple frameworks is unsafe; there every child imports anew
    return multiprocessing.get_context("forkserver" if sys.platform == "linux" else "spawn")


def _start(process: Any) -> Any:
    """
    Start a process, also from a daemonic one.

    Dask's nanny makes its workers daemonic, and multiprocessing then refuses.
    Ours end with the worker by themselves (`child._end_with_service`).
    """
    settings: dict[str, Any] = multiprocessing.current_process()._config  # type: ignore[attr-defined]
    with _starting:
        daemonic = settings.pop("daemon", None)
        try:
            process.start()
        finally:
            if daemonic is not None:
                settings["daemon"] = daemonic
    return process


def _nothing() -> None:
    pass
