"""
The detached process that runs jobs: ``python -m miri_widgets.run.service WORKSPACE``.

There is one per workspace. It holds a dask scheduler and worker, or speaks to
those at a given address; it takes up whatever job is not finished, and leaves
when there was nothing to do for a while.
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import socket
import sys
import threading
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

from miri_widgets.errors import EngineError, MiriWidgetsError
from miri_widgets.option_numbers import real_number, whole_number
from miri_widgets.products.atomic import write_json
from miri_widgets.products.free_memory import free_memory
from miri_widgets.run.child_processes import stop_all, warm_up
from miri_widgets.run.job_files import unfinished_jobs
from miri_widgets.run.locks import RunLock
from miri_widgets.run.workspace import PARTIAL, Workspace

__all__ = ["command_parser", "main", "serve"]

_POLL_SECONDS = 0.05
_IDLE_POLL_SECONDS = 0.15
_LOCK_SECONDS = 2.0
_HEARTBEAT_SECONDS = 1.0
_MEMORY_SHARE = 0.8


@dataclass(frozen=True)
class _Options:
    workers: int
    scheduler: str
    memory_mb: float
    idle_seconds: float


def main(arguments: list[str] | None = None) -> int:
    """
    Run the service until it is idle or told to stop.

    Parameters
    ----------
    arguments : list of str, optional
        Of the command line.

    Returns
    -------
    int
        0; also when another service already has the workspace.
    """
    given = command_parser().parse_args(arguments)
    workspace = Workspace(given.workspace)
    try:
        workspace.require_own()
    except (MiriWidgetsError, OSError) as error:
        print(error, flush=True)
        return 1
    lock = RunLock(workspace.service_lock)
    deadline = time.monotonic() + _LOCK_SECONDS
    # whoever asks whether a service is alive holds the lock for an instant
    while not lock.acquire():
        if time.monotonic() > deadline:
            return 0
        time.sleep(_POLL_SECONDS)
    options = _Options(given.workers, given.scheduler, given.memory_mb, given.idle_minutes * 60)
    try:
        serve(workspace, lock, options)
    except Exception:
        traceback.print_exc()
        _exit(1)
    _exit(0)
    return 0


def command_parser() -> argparse.ArgumentParser:
    """Return the parser of the job service."""
    parser = argparse.ArgumentParser(prog="miri_widgets.run.service", description=__doc__)
    parser.add_argument("workspace", type=Path)
    parser.add_argument(
        "--workers",
        type=whole_number("a number of workers", 1, 1000, 2),
        default=2,
        help="runs at the same time",
    )
    parser.add_argument(
        "--scheduler", default="", help="address of a dask scheduler to use instead of our own"
    )
    parser.add_argument(
        "--memory-mb",
        type=real_number("an amount of memory [MB]", 0, 1e9, 4000),
        default=0.0,
        help="memory for all runs; 0: from what is free",
    )
    parser.add_argument(
        "--idle-minutes",
        type=real_number("a time [min]", 0, 1e6, 15),
        default=15.0,
        help="leave after so long without a job",
    )
    return parser


def serve(workspace: Workspace, lock: RunLock, options: _Options) -> None:
    """
    Take up jobs as they come, until idle or told to stop.

    Parameters
    ----------
    workspace : Workspace
        Where jobs lie.
    lock : RunLock
        The service's own, held.
    options : _Options
        From the command line.
    """
    stopped = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    workspace.stop_marker.unlink(missing_ok=True)
    workspace.heartbeat.touch()
    _append(workspace, options, address="", memory_mb=0.0)
    if not options.scheduler:
        warm_up()
    _remove_stale(workspace)
    with _client(workspace, options) as (client, memory_mb):
        from miri_widgets.run.dask_jobs import JobGraphs

        graphs = JobGraphs(client, workspace, memory_mb)
        address = str(client.scheduler.address)
        _append(workspace, options, address=address, memory_mb=memory_mb)
        _loop(workspace, lock, options, graphs, stopped)
        stop_all()
        time.sleep(4 * _POLL_SECONDS)  # watchers kill their processes


def _loop(
    workspace: Workspace, lock: RunLock, options: _Options, graphs: Any, stopped: threading.Event
) -> None:
    ended: set[str] = set()
    busy = beat = time.monotonic()
    while not stopped.is_set() and not workspace.stop_marker.exists():
        now = time.monotonic()
        if now - beat > _HEARTBEAT_SECONDS:
            beat = now
            workspace.heartbeat.touch()
        for job in unfinished_jobs(workspace, ended, graphs.active):
            try:
                graphs.add(job)
            except MiriWidgetsError as error:
                print(error, flush=True)
                ended.add(job)
        graphs.poll()
        if graphs.active:
            busy = now
        elif now - busy > options.idle_seconds and _leave(workspace, lock, ended):
            return
        stopped.wait(_POLL_SECONDS if graphs.active else _IDLE_POLL_SECONDS)


def _leave(workspace: Workspace, lock: RunLock, ended: set[str]) -> bool:
    """
    Let go of the workspace, unless a job came at the last moment.

    A submitter writes its job, then asks whether a service is alive. Looking
    once more after the release leaves no gap between the two.
    """
    lock.release()
    if not unfinished_jobs(workspace, ended):
        return True
    return not lock.acquire()


@contextmanager
def _client(workspace: Workspace, options: _Options) -> Iterator[tuple[Any, float]]:
    """Give a dask client and the memory that one worker has for runs, in MB."""
    import dask
    from distributed import Client, LocalCluster

    if options.scheduler:
        try:
            client = Client(options.scheduler, timeout="20s", set_as_default=False)
        except OSError as error:
            raise EngineError(
                f"no dask scheduler at {options.scheduler}",
                "a scheduler that answers",
                "start it, or use none",
            ) from error
        with client:
            workers = client.scheduler_info(n_workers=-1)["workers"].values()
            declared = [worker.get("resources", {}).get("memory_mb", 0.0) for worker in workers]
            yield client, min(declared, default=0.0)
        return
    memory_mb = options.memory_mb or _free_mb()
    # no routes, loopback only: distributed opens status pages to the network otherwise;
    # no profiler: it samples a hundred times a second what only waits for processes
    quiet: dict[str, object] = {
        "distributed.scheduler.http.routes": [],
        "distributed.worker.http.routes": [],
        "distributed.worker.profile.enabled": False,
        "distributed.admin.system-monitor.interval": "10s",
    }
    with dask.config.set(quiet):
        cluster = LocalCluster(
            n_workers=1,
            processes=False,
            threads_per_worker=options.workers,
            # inside this process: a TCP port would let every user of the machine run code as us
            protocol="inproc",
            dashboard_address="127.0.0.1:0",
            worker_dashboard_address="127.0.0.1:0",
            memory_limit=0,
            resources={"memory_mb": memory_mb},
            local_directory=str(workspace.engine / "dask"),
            silence_logs=40,
        )
        with cluster, Client(cluster, set_as_default=False) as client:
            yield client, memory_mb


def _free_mb() -> float:
    return _MEMORY_SHARE * free_memory() / 1e6


def _remove_stale(workspace: Workspace) -> None:
    """Remove what killed runs left behind, when nobody works on it."""
    for partial in workspace.runs.glob(f"*/*{PARTIAL}"):
        lock = RunLock(workspace.run_lock(partial.name.removesuffix(PARTIAL)))
        try:
            if lock.acquire():
                shutil.rmtree(partial, ignore_errors=True)
        finally:
            lock.close()


def _append(workspace: Workspace, options: _Options, *, address: str, memory_mb: float) -> None:
    facts = {
        "pid": os.getpid(),
        "host": socket.gethostname(),
        "address": address,
        "workers": options.workers,
        "memory_mb": memory_mb,
        "started": time.time(),
        "jwst": metadata.version("jwst"),
    }
    write_json(workspace.service_state, facts)


def _exit(code: int) -> None:
    with suppress(OSError, ValueError):
        sys.stdout.flush()
        sys.stderr.flush()
    # threads of dask may still wait for runs that were killed
    os._exit(code)


if __name__ == "__main__":
    main()
