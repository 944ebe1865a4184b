"""Fixtures for all tests: where the repository is, its pictures, and simulated programs made once."""

from __future__ import annotations

import asyncio
import os
import tempfile
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from types import ModuleType
from typing import Any

import hypothesis
import pytest
from filelock import FileLock

# the same examples on every machine; `make fuzz` draws new ones
hypothesis.settings.register_profile("steady", derandomize=True)
hypothesis.settings.register_profile("fuzz", max_examples=300)
hypothesis.settings.load_profile("fuzz" if os.environ.get("MIRI_WIDGETS_FUZZ") else "steady")

# the share of trials of the day, the same in all processes of a run; see tests/support/shares.py
os.environ.setdefault(
    "MIRI_WIDGETS_TRIALS",
    "all" if os.environ.get("MIRI_WIDGETS_FUZZ") else str(date.today().toordinal()),
)

ROOT = Path(__file__).resolve().parent.parent
# before any test module reads it; children of the tests (servers, kernels, engines) inherit it
os.environ["MIRI_WIDGETS_DATA"] = str(ROOT / "build" / "test-data")


@pytest.fixture(autouse=True)
def no_event_loop(request: pytest.FixtureRequest) -> Iterator[None]:
    """
    Hide the event loop that Playwright leaves running in a process once it was used there.

    Models ask whether a loop runs: what such a test is told must not depend on the tests before it.
    """
    if request.node.get_closest_marker("browser"):
        yield
        return
    loop = asyncio._get_running_loop()
    asyncio._set_running_loop(None)
    yield
    asyncio._set_running_loop(loop)


@pytest.fixture(scope="session")
def repository() -> Path:
    """Top folder of the checkout."""
    return ROOT


@pytest.fixture(scope="session")
def screenshots(repository: Path) -> Path:
    """Folder for screenshots; not under version control."""
    folder = repository / "build" / "screenshots"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture(scope="session")
def shared_data(repository: Path) -> Path:
    """Folder of real files beside the checkout; the test skips where it is absent."""
    folder = repository.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip(f"The real files are not here: {folder} does not exist.")
    return folder


@pytest.fixture(scope="session")
def small_twin(repository: Path) -> Iterator[object]:
    """The simulated program "small" (SUB256, four exposures), made once for all test processes."""
    from miri_widgets.simulation.twins import ensure_twin

    folder = repository / "build" / "test-data"
    folder.mkdir(parents=True, exist_ok=True)
    with FileLock(folder / "lock"):
        twin = ensure_twin("small", root=folder, processes=1)
    yield twin


@pytest.fixture(scope="session")
def fakes() -> ModuleType:
    """The rooms below the models, with an engine that the test moves."""
    from tests.support import fake_rooms

    return fake_rooms


@pytest.fixture
def mast() -> Iterator[Any]:
    """An archive on loopback; see `tests.support.mast_server`."""
    from tests.support.mast_server import MastServer

    server = MastServer()
    yield server
    server.close()


@pytest.fixture
def program(fakes: ModuleType, tmp_path: Path) -> Any:
    """A program of four small exposures."""
    return fakes.fake_program(tmp_path)


@pytest.fixture
def session(fakes: ModuleType, program: Any) -> Iterator[Any]:
    """Its session, with the fake rooms."""
    from miri_widgets.models import SessionModel

    session = SessionModel(program, fakes.fake_services(program))
    session.poll()
    yield session
    session.close()


@pytest.fixture
def engine(session: Any) -> Any:
    """The fake engine of the session."""
    return session.services.engine


@pytest.fixture
def placed(fakes: ModuleType, program: Any) -> Iterator[Any]:
    """A session whose four exposures lie side by side; see `placed_files`."""
    from miri_widgets.models import SessionModel
    from tests.support.placed_files import place_all

    place_all(program.folders[0])
    session = SessionModel(program, fakes.fake_services(program))
    session.poll()
    yield session
    session.close()


@pytest.fixture
def folder_of_all():
    """Return a folder that every user may enter; those of pytest are closed to others whenever a session begins."""
    with tempfile.TemporaryDirectory(prefix="miri-widgets-") as name:
        Path(name).chmod(0o755)
        yield Path(name)
