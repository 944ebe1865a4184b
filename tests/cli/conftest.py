"""The command line on a program of small exposures, with an engine that ends every run at once."""

import argparse
from dataclasses import replace
from functools import partial

import pytest

from miri_widgets.cli import headless
from miri_widgets.run.reduction import Reduction


@pytest.fixture
def small_program(program, monkeypatch):
    """A program with a CRDS context of its own, which the commands load whatever file they are given."""
    named = replace(program, crds_path="/nowhere", crds_context="jwst_0001.pmap")
    monkeypatch.setattr(headless, "load_program", lambda path: named)
    return named


@pytest.fixture
def quick_engine(fakes, small_program, monkeypatch):
    """The engine of the commands; every job ends well while it is waited for."""
    engine = fakes.FakeEngine(small_program.workspace)

    def finish(job, timeout=None, on_event=None):
        engine.finish()
        return engine.state(job)

    monkeypatch.setattr(engine, "wait", finish, raising=False)
    monkeypatch.setattr(headless, "Reduction", partial(Reduction, engine=engine, declared=fakes.declared))
    return engine


@pytest.fixture
def options():
    """What ``miri-widgets run x.toml`` means, before a test changes it."""
    return argparse.Namespace(
        program="x.toml",
        stages="",
        also="",
        set=[],
        session=False,
        workers=1,
        scheduler=None,
        detach=False,
        exclude=[],
        accept_harm=False,
        acceleration_off="",
    )
