"""A JupyterHub on loopback with users of its own, as a platform has it: real hub, real proxy, real single-user servers."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

PASSWORD = "loopback-only"

_CONFIGURATION = """
import os, sys
c.JupyterHub.bind_url = "http://127.0.0.1:{port}/"
c.JupyterHub.hub_bind_url = "http://127.0.0.1:{hub_port}/"
c.ConfigurableHTTPProxy.api_url = "http://127.0.0.1:{api_port}"
c.ConfigurableHTTPProxy.command = ["node", {proxy!r}]
c.JupyterHub.authenticator_class = "dummy"
c.DummyAuthenticator.password = {password!r}
c.Authenticator.allow_all = True
c.JupyterHub.spawner_class = "simple"
c.SimpleLocalProcessSpawner.home_dir_template = {homes!r} + "/{{username}}"
c.Spawner.cmd = [sys.executable, "-P", "-m", "jupyterhub.singleuser"]
c.Spawner.args = ["--allow-root", "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate"]
c.Spawner.default_url = "/lab"
c.Spawner.env_keep = sorted(os.environ)
c.Spawner.environment = {environment!r}
c.Spawner.start_timeout = c.Spawner.http_timeout = {patience}
c.JupyterHub.db_url = "sqlite:///{folder}/hub.sqlite"
c.JupyterHub.cookie_secret_file = {folder!r} + "/cookie_secret"
"""


@dataclass(frozen=True)
class Hub:
    """A running hub: its address, the number of its process, and where the homes of its users are."""

    url: str
    pid: int
    homes: Path


def find_proxy(folder: Path) -> Path | None:
    """Return the script of configurable-http-proxy, which npm installs into a folder once; None without npm or a registry."""
    script = folder / "node_modules" / "configurable-http-proxy" / "bin" / "configurable-http-proxy"
    if script.is_file():
        return script
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        return None
    folder.mkdir(parents=True, exist_ok=True)
    command = [
        npm,
        "install",
        "--silent",
        "--no-fund",
        "--no-audit",
        "--prefix",
        str(folder),
        "configurable-http-proxy@5",
    ]
    subprocess.run(command, capture_output=True, check=False, timeout=600, stdin=subprocess.DEVNULL)
    return script if script.is_file() else None


@contextmanager
def run_hub(
    folder: Path, proxy: Path, *, patience: float, environment: Mapping[str, str] | None = None
) -> Iterator[Hub]:
    """Run a hub; it ends with everything that it has started."""
    ports = _free_ports(3)
    homes = folder / "homes"
    homes.mkdir(parents=True)
    text = _CONFIGURATION.format(
        port=ports[0], hub_port=ports[1], api_port=ports[2], proxy=str(proxy), password=PASSWORD, homes=str(homes),
        environment=dict(environment or {}), patience=int(patience), folder=str(folder),
    )  # fmt: skip
    (folder / "jupyterhub_config.py").write_text(text)
    log = folder / "hub.log"
    with log.open("wb") as stream:
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "jupyterhub", "-f", str(folder / "jupyterhub_config.py")],
            stdout=stream, stderr=stream, cwd=folder, env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )  # fmt: skip
    try:
        end = time.monotonic() + patience
        while not _answers(f"http://127.0.0.1:{ports[0]}/hub/health"):
            assert time.monotonic() < end and process.poll() is None, log.read_text()[-3000:]
            time.sleep(0.2)
        yield Hub(f"http://127.0.0.1:{ports[0]}", process.pid, homes)
    finally:
        children = psutil.Process(process.pid).children(recursive=True) if process.poll() is None else []
        process.terminate()
        _, left = psutil.wait_procs(
            [psutil.Process(process.pid), *children] if process.poll() is None else children, 30
        )
        for each in left:
            each.kill()
        process.wait()


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return bool(answer.status == 200)
    except (OSError, urllib.error.URLError):
        return False


def _free_ports(count: int) -> list[int]:
    probes = [socket.socket() for _ in range(count)]
    for probe in probes:
        probe.bind(("127.0.0.1", 0))
    ports = [probe.getsockname()[1] for probe in probes]
    for probe in probes:
        probe.close()
    return ports
