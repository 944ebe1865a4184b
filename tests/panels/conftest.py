"""Fixtures: a program of four small exposures and its session, with an engine that the test moves."""

import importlib.util
import sys
from pathlib import Path

import pytest


def _fakes():
    name = "miri_fake_rooms"
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(
            name, Path(__file__).parents[1] / "models" / "fake_rooms.py"
        )
        sys.modules[name] = module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    return sys.modules[name]


@pytest.fixture(scope="session")
def fakes():
    return _fakes()


@pytest.fixture
def program(fakes, tmp_path):
    return fakes.fake_program(tmp_path)


@pytest.fixture
def session(fakes, program):
    from miri_widgets.models import SessionModel

    session = SessionModel(program, fakes.fake_services(program))
    session.poll()
    yield session
    session.close()


@pytest.fixture
def engine(session):
    return session.services.engine
