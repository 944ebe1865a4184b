"""A JupyterLab in a process of its own."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil


@dataclass(frozen=True)
class Lab:
    """A running JupyterLab: its address, and the number of its process."""

    url: str
    pid: int


@contextmanager
def run_lab(
    folder: Path, *, patience: float = 300.0, prefix: str = "/", environment: Mapping[str, str] | None = None
) -> Iterator[Lab]:
    """
    Run JupyterLab on a folder, on loopback and without a token; it ends with its kernels.

    It may take `patience` [s] to answer. Its addresses begin with `prefix`, as in a hub; `environment` is added.
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--ip=127.0.0.1", f"--port={port}"]
    options = {
        "--IdentityProvider.token": "",
        "--ServerApp.root_dir": str(folder),
        "--ServerApp.base_url": prefix,
        "--LabApp.check_for_updates_class": "jupyterlab.NeverCheckForUpdate",
        "--ServerApp.allow_root": "True",
    }
    arguments = [f"{key}={value}" for key, value in options.items()]
    log = folder / "jupyterlab.log"
    # what it remembers of open notebooks would open them, and start their kernels
    memory = tempfile.TemporaryDirectory(prefix="miri_lab_")
    places = {
        f"JUPYTERLAB_{name}_DIR": f"{memory.name}/{name.lower()}" for name in ("WORKSPACES", "SETTINGS")
    }
    with log.open("wb") as stream:
        process = subprocess.Popen(
            [*command, *arguments],
            stdout=stream,
            stderr=stream,
            cwd=folder,
            env={**os.environ, **places, **(environment or {})},
        )
    try:
        end = time.monotonic() + patience
        while not _answers(port):
            assert time.monotonic() < end and process.poll() is None, log.read_text()[-2000:]
            time.sleep(0.3)
        yield Lab(f"http://127.0.0.1:{port}{prefix.rstrip('/')}", process.pid)
    finally:
        _end(process)
        memory.cleanup()


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _end(process: subprocess.Popen[bytes]) -> None:
    """Ask it to end; kernels that it leaves are stopped."""
    kernels = psutil.Process(process.pid).children(recursive=True) if process.poll() is None else []
    process.terminate()
    try:
        process.wait(timeout=30)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    _, left = psutil.wait_procs(
        [one for one in kernels if "ipykernel" in " ".join(_command(one))], timeout=10
    )
    for kernel in left:
        kernel.kill()


def _command(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:
        return []
