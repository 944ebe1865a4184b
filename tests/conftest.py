"""Fixtures for all tests: where the repository is, its pictures, and simulated programs made once."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
# before any test module reads it; children of the tests (servers, kernels, engines) inherit it
os.environ["MIRI_WIDGETS_DATA"] = str(ROOT / "build" / "test-data")


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
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        twin = ensure_twin("small", root=folder, processes=1)
    yield twin
