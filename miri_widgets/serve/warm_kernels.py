"""
Kernels of pages that are forked from a process which has imported what pages need.

A kernel that imports by itself takes 7 s of processor time and 360 MB before it draws anything. A forked one has all of it
at once, and shares the memory. Jupyter asks a *provisioner* for the process of a kernel; the one of this module forks.
Where forking is not safe (not on Linux), or goes wrong, kernels start in the ordinary way.
"""

from __future__ import annotations

import ast
import asyncio
import json
import logging
import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from importlib.metadata import entry_points
from multiprocessing import forkserver
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from jupyter_client.provisioning.local_provisioner import LocalProvisioner
from setproctitle import setproctitle

from miri_widgets.serve.policy import PRELOAD_VARIABLE

__all__ = ["PROVISIONER", "WarmKernelProvisioner", "can_fork", "imported_modules", "start_parent"]

PROVISIONER = "miri-widgets-warm"
"""Name of the provisioner among the entry points ``jupyter_client.kernel_provisioners``."""

_log = logging.getLogger(__name__)
_starting = threading.Lock()


def can_fork() -> bool:
    """Return whether kernels can be forked here: on Linux, by an installed package."""
    return sys.platform == "linux" and bool(
        entry_points(group="jupyter_client.kernel_provisioners", name=PROVISIONER)
    )


def imported_modules(folder: Path) -> tuple[str, ...]:
    """
    Return the modules of this package that the notebooks of a folder import, by name.

    Parameters
    ----------
    folder : Path
        Folder of dashboards.
    """
    names: set[str] = set()
    for path in folder.glob("*.ipynb"):
        try:
            cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
            sources = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
        except (OSError, ValueError, TypeError, LookupError):
            continue  # the list of dashboards says that it cannot be read
        names.update(name for source in sources for name in _imports(source))
    return tuple(sorted(name for name in names if name.partition(".")[0] == "miri_widgets"))


def _imports(source: str) -> Iterator[str]:
    """Give the modules that a cell imports; a cell that is not Python, magics aside, has none."""
    lines = ["" if line.lstrip().startswith(("%", "!")) else line for line in source.splitlines()]
    try:
        tree = ast.parse("\n".join(lines))
    except (SyntaxError, ValueError):
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module


def start_parent(modules: Sequence[str]) -> None:
    """
    Start the process that kernels are forked from, and let it import; returns before it has.

    Parameters
    ----------
    modules : sequence of str
        What it imports beside what every page needs.
    """
    with _starting:
        multiprocessing.get_context("forkserver").set_forkserver_preload(
            ["miri_widgets.serve.kernel_preload"]
        )
        os.environ[PRELOAD_VARIABLE] = ",".join(modules)
        try:
            forkserver.ensure_running()
        finally:
            del os.environ[PRELOAD_VARIABLE]


class WarmKernelProvisioner(LocalProvisioner):
    """Gives a kernel that is forked; an ordinary one where that fails."""

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> Any:
        """
        Start a kernel.

        Parameters
        ----------
        cmd : list of str
            The command of an ordinary kernel.
        **kwargs
            As for ``Popen``; environment and working folder are taken.

        Returns
        -------
        dict
            How to connect to it.
        """
        environment = dict(kwargs.get("env") or os.environ)
        folder = str(kwargs.get("cwd") or Path.cwd())
        arguments = cmd[cmd.index("-f") :]
        process = multiprocessing.get_context("forkserver").Process(
            target=_run_kernel, args=(arguments, environment, folder)
        )
        try:
            # the first waits until all is imported
            await asyncio.get_running_loop().run_in_executor(None, _start, process)
        except Exception as error:  # whatever is wrong with forking, the page must come
            _log.warning("A kernel is not forked (%s): it starts in the ordinary way.", error)
            return await super().launch_kernel(cmd, **kwargs)
        self.process: Any = _ForkedProcess(process)
        self.pid = self.pgid = process.pid
        self.cwd = Path(folder)
        return self.connection_info


class _ForkedProcess:
    """A process of multiprocessing as a provisioner knows one: with the methods of ``Popen`` that it uses."""

    stdin = stdout = stderr = None

    def __init__(self, process: BaseProcess) -> None:
        self._process = process
        self.pid = process.pid

    def poll(self) -> int | None:
        """Return the exit status; None while it runs."""
        return self._process.exitcode

    def wait(self, timeout: float | None = None) -> int | None:
        """Wait for its end, and return the exit status."""
        self._process.join(timeout)
        return self._process.exitcode

    def send_signal(self, number: int) -> None:
        """Send a signal, unless it has ended."""
        if self.poll() is None and self.pid is not None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it."""
        self.send_signal(signal.SIGKILL)


def _start(process: BaseProcess) -> None:
    with _starting:
        process.start()


def _end_with(server: BaseProcess | None) -> None:
    """End this process when the server has, even if it was killed."""
    if server is not None:
        server.join()
        os._exit(1)


def _run_kernel(arguments: Sequence[str], environment: Mapping[str, str], folder: str) -> None:
    """Be a kernel; runs in the forked process."""
    import atexit

    # a list of processes would show each kernel under the name of its parent; this needs the environment of the start
    setproctitle(" ".join([sys.executable, "-P", "-m", "miri_widgets.serve.page_ipykernel", *arguments]))
    os.setsid()  # a signal to it, and to what it starts, reaches no other kernel
    os.environ.clear()
    os.environ.update(environment)
    # the parent of this process lives as long as a kernel does: it is no sign that the server has ended
    os.environ["JPY_PARENT_PID"] = str(os.getppid())
    server = multiprocessing.parent_process()
    threading.Thread(target=_end_with, args=(server,), name="server-watch", daemon=True).start()
    os.chdir(folder)
    sys.argv = ["page_ipykernel", *arguments]
    signal.signal(signal.SIGINT, signal.default_int_handler)
    from miri_widgets.serve.page_ipykernel import main

    try:
        main()
    finally:
        atexit._run_exitfuncs()  # multiprocessing leaves out what an interpreter does at its end
