"""
A real Chromium before a real server.

Tests wait for what they want to see, never for "network idle": a page with widgets
always has an open channel. Every test can ask `page_report` what the browser
complained about and whom it tried to call.
"""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import urlsplit

import nbformat
import pytest
from playwright.sync_api import Page

from miri_widgets.serve import ServerProcess, start_server

_HERE = Path(__file__).parent

CHROMIUM_FLAGS = [
    "--no-sandbox",  # needed for root, as in containers
    "--disable-gpu",
    # Image viewers need WebGL; this draws it without a graphics card.
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
]

#: Console errors of others that harm nobody, each with its reason.
HARMLESS = (
    r"solara/readyz",  # jdaviz asks whether a Solara server can open its pop-out window
    r"version .* (from|of) .*(does not satisfy|is not)",  # module federation compares versions
    r"GPU stall due to ReadPixels",  # software WebGL is slow, and says so
    r"negative value is not valid",  # bqplot lays a hidden figure out with no width
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark all tests of this folder, and run them last."""
    for item in items:
        if _HERE in item.path.parents:
            item.add_marker(pytest.mark.browser)
    items.sort(key=lambda item: _HERE in item.path.parents)


def find_chromium() -> str | None:
    """Return the path of a Chromium: named by the user, on the path, or Playwright's own."""
    named = os.environ.get("MIRI_WIDGETS_CHROMIUM")
    if named:
        return named
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if found := shutil.which(name):
            return found
    root = os.environ.get("PLAYWRIGHT_BROWSERS_PATH") or str(Path.home() / ".cache" / "ms-playwright")
    downloaded = sorted(Path(root).glob("chromium*/chrome-*/*chrome*"))
    return str(downloaded[-1]) if downloaded else None


@pytest.fixture(scope="session")
def browser_type_launch_args() -> dict[str, Any]:
    """Start the Chromium of this machine."""
    path = find_chromium()
    if path is None:
        pytest.skip("There is no Chromium: install one, or name it in MIRI_WIDGETS_CHROMIUM.")
    return {"executable_path": path, "args": CHROMIUM_FLAGS, "headless": True}


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args: dict[str, Any]) -> dict[str, Any]:
    """Give pages the size of a common laptop screen."""
    return {**browser_context_args, "viewport": {"width": 1440, "height": 900}}


@dataclass
class PageReport:
    """What a page asked for and complained about."""

    external: list[str] = field(default_factory=list)
    console_errors: list[str] = field(default_factory=list)
    bytes_received: int = 0
    requests: int = 0

    def watch(self, page: Page) -> None:
        """Record the events of a page."""
        page.on("request", lambda request: self._see_request(request.url))
        page.on("console", lambda message: self._see_message(message.type, message.text, message.location))
        page.on("pageerror", lambda error: self._see_message("error", str(error), None))

    def _see_request(self, url: str) -> None:
        self.requests += 1
        parts = urlsplit(url)
        if parts.scheme in {"http", "https", "ws", "wss"} and parts.hostname not in {
            "127.0.0.1",
            "localhost",
        }:
            self.external.append(url)

    def _see_message(self, kind: str, text: str, location: Any) -> None:
        whole = f"{text} {(location or {}).get('url', '')}"
        if kind == "error" and not any(re.search(each, whole) for each in HARMLESS):
            self.console_errors.append(whole)

    def assert_clean(self) -> None:
        """Fail if the page called another host or logged an error of ours."""
        assert self.external == []
        assert self.console_errors == []


@pytest.fixture
def page_report(page: Page) -> PageReport:
    """Record of the test's page."""
    report = PageReport()
    report.watch(page)
    return report


def write_dashboard(
    folder: Path, name: str, cells: Sequence[str], *, title: str, description: str = ""
) -> Path:
    """Write a notebook of code cells into a folder."""
    notebook = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(cell) for cell in cells],
        metadata={"miri_widgets": {"title": title, "description": description}},
    )
    folder.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, folder / name)
    return folder / name


@pytest.fixture(scope="session")
def trial() -> ModuleType:
    """Give tests `trial_page`, whose cells display dashboards without the pipeline."""
    spec = importlib.util.spec_from_file_location("trial_page", _HERE / "trial_page.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def make_dashboard() -> Callable[..., Path]:
    """Give tests `write_dashboard`."""
    return write_dashboard


@pytest.fixture(scope="session")
def serve_folder() -> Iterator[Callable[..., ServerProcess]]:
    """Start servers that end with the session."""
    servers: list[ServerProcess] = []

    def start(folder: Path, **options: Any) -> ServerProcess:
        servers.append(start_server(folder, **options))
        return servers[-1]

    yield start
    for server in servers:
        server.close()


@pytest.fixture
def jupyter_lab() -> Iterator[Callable[[Path], str]]:
    """Start JupyterLab on a folder, on loopback and without a token; returns its address."""
    started: list[subprocess.Popen[bytes]] = []

    def start(folder: Path) -> str:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--ip=127.0.0.1", f"--port={port}"]
        options = {
            "--IdentityProvider.token": "",
            "--ServerApp.root_dir": str(folder),
            "--LabApp.check_for_updates_class": "jupyterlab.NeverCheckForUpdate",
            "--ServerApp.allow_root": "True",
        }
        arguments = [f"{key}={value}" for key, value in options.items()]
        log = folder / "jupyterlab.log"
        with log.open("wb") as stream:
            started.append(subprocess.Popen([*command, *arguments], stdout=stream, stderr=stream, cwd=folder))
        end = time.monotonic() + 120
        while True:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    return f"http://127.0.0.1:{port}"
            assert time.monotonic() < end and started[-1].poll() is None, log.read_text()[-2000:]
            time.sleep(0.3)

    yield start
    for process in started:
        process.terminate()
        process.wait(timeout=30)


@pytest.fixture(scope="session")
def kernel_count() -> Callable[[ServerProcess], int]:
    """Count the kernel processes of a server, as the operating system sees them."""
    import psutil

    def count(server: ServerProcess) -> int:
        total = 0
        for child in psutil.Process(server.pid).children(recursive=True):
            try:
                alive = child.status() != psutil.STATUS_ZOMBIE
                total += alive and any("ipykernel" in part for part in child.cmdline())
            except psutil.Error:
                continue
        return total

    return count


@pytest.fixture(scope="session")
def settle() -> Callable[..., None]:
    """Wait until a condition holds, looking every 0.1 s."""

    def wait(condition: Callable[[], bool], *, timeout: float = 60.0, because: str = "") -> None:
        end = time.monotonic() + timeout
        while not condition():
            assert time.monotonic() < end, because or "the condition never held"
            time.sleep(0.1)

    return wait


@pytest.fixture
def stopwatch(request: pytest.FixtureRequest) -> Callable[[str], Any]:
    """Measure named parts of a test; the seconds are printed."""

    @contextmanager
    def measure(name: str) -> Iterator[None]:
        start = time.monotonic()
        yield
        print(f"\n[{request.node.name}] {name}: {time.monotonic() - start:.2f} s")

    return measure
