"""
A real Chromium before a real server.

Tests wait for what they want to see, never for "network idle": a page with widgets
always has an open channel. Every test can ask `page_report` what the browser
complained about and whom it tried to call.
"""

from __future__ import annotations

import importlib.util
import re
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page
from playwright.sync_api import Error as PlaywrightError

from miri_widgets.serve import ServerProcess, start_server

from .chromium import CHROMIUM_FLAGS, PAGE_STATE, PageReport, find_chromium
from .lab import run_lab
from .notebook_files import write_dashboard
from .pace import limit, limit_ms, use_limits

_HERE = Path(__file__).parent
_FAILED = pytest.StashKey[bool]()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark all tests of this folder, and run them last."""
    for item in items:
        if _HERE in item.path.parents:
            item.add_marker(pytest.mark.browser)
    items.sort(key=lambda item: _HERE in item.path.parents)


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


@pytest.fixture(scope="session", autouse=True)
def limits_of_the_session() -> None:
    """Measure the pace before the first page, for fixtures that open one."""
    use_limits()


@pytest.fixture(autouse=True)
def limits_of_the_test(limits_of_the_session: None) -> None:
    """Follow what the machine does now."""
    use_limits()


@pytest.fixture
def context(context: BrowserContext) -> BrowserContext:
    """Context of the test's page, with the usual limit."""
    use_limits(context)
    return context


@pytest.fixture
def page_report(page: Page) -> PageReport:
    """Record of the test's page."""
    report = PageReport()
    report.watch(page)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Any:
    """Let `failure_record` know how a test ended."""
    report = yield
    if report.when == "call":
        item.stash[_FAILED] = report.failed
    return report


@pytest.fixture(autouse=True)
def failure_record(request: pytest.FixtureRequest) -> Iterator[None]:
    """Of a test that failed, keep a picture of every page, what it waits for and what its browser said."""
    if "page" not in request.fixturenames:
        yield
        return
    context = request.getfixturevalue("context")
    lines: list[str] = []
    context.on("console", lambda message: lines.append(f"{message.type}: {message.text[:500]}"))
    context.on("weberror", lambda error: lines.append(f"uncaught: {error.error}"))
    yield
    if not request.node.stash.get(_FAILED, False):
        return
    folder = request.getfixturevalue("screenshots")
    name = re.sub(r"\W+", "_", request.node.name)
    for number, page in enumerate(context.pages):
        with suppress(PlaywrightError):
            lines.append(f"page {number}: {page.url} {page.evaluate(PAGE_STATE)}")
            page.screenshot(path=folder / f"failed_{name}_{number}.png", timeout=limit_ms(20))
    (folder / f"failed_{name}.txt").write_text("\n".join(lines))


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
        servers.append(start_server(folder, **{"timeout": limit(), **options}))
        return servers[-1]

    yield start
    for server in servers:
        server.close()


@pytest.fixture
def jupyter_lab() -> Iterator[Callable[[Path], str]]:
    """Start JupyterLab on a folder, on loopback and without a token; returns its address."""
    with ExitStack() as started:
        yield lambda folder: started.enter_context(run_lab(folder, patience=limit())).url


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
    """Wait until a condition holds, looking every 0.1 s; for conditions of a page, see `waits`."""

    def wait(condition: Callable[[], bool], *, because: str = "") -> None:
        end = time.monotonic() + limit()
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
