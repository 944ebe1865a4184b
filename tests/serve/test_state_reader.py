"""The first page waits for no disk, and one program never takes it from the others."""

import asyncio
import itertools
import json
import threading
import time
from dataclasses import replace

import pytest

from miri_widgets.serve import state_reader
from miri_widgets.serve.state_reader import StateReader
from miri_widgets.serve.states import ProgramState

PATIENCE = 60.0


@pytest.fixture
def folder(tmp_path):
    for name in ("a", "b", "c"):
        (tmp_path / f"{name}.ipynb").write_text(
            json.dumps({"metadata": {"miri_widgets": {"title": name.upper()}}})
        )
    return tmp_path


def states(reader):
    return {dashboard.name[0]: dashboard.state for dashboard in asyncio.run(reader.dashboards())}


def test_one_that_hangs_is_listed_without_its_state_and_searched_once(folder):
    go, calls = threading.Event(), []

    def read(dashboard, _):
        calls.append(dashboard.name)
        if dashboard.name == "b.ipynb":
            assert go.wait(PATIENCE)
        return replace(dashboard, state=ProgramState(f"data of {dashboard.title}"))

    reader = StateReader(folder, deadline=0.2, read=read)
    for _ in range(3):
        found = states(reader)
        assert found["a"].data == "data of A" and found["c"].data == "data of C"
        assert "could not be searched within" in found["b"].data
    assert calls.count("b.ipynb") == 1
    assert calls.count("a.ipynb") == 3  # what is quick is read for every page: nothing stale
    go.set()
    deadline = time.monotonic() + PATIENCE
    while "could not" in (found := states(reader))["b"].data and time.monotonic() < deadline:
        pass
    assert found["b"].data == "data of B"


def test_a_late_state_is_not_kept_for_long(folder, monkeypatch):
    monkeypatch.setattr(state_reader, "KEPT", 0.0)
    answers = itertools.count()
    go = threading.Event()

    def read(dashboard, _):
        assert go.wait(PATIENCE)
        return replace(dashboard, state=ProgramState(f"reading {next(answers)}"))

    reader = StateReader(folder, deadline=0.1, read=read)
    assert "could not be searched" in states(reader)["a"].data
    go.set()
    shown = []
    deadline = time.monotonic() + PATIENCE
    while len(shown) < 2 and time.monotonic() < deadline:
        shown += [
            state.data for name, state in states(reader).items() if name == "a" and "reading" in state.data
        ]
    assert len(set(shown)) == 2


def test_one_that_breaks_is_a_sentence_for_itself(folder):
    def read(dashboard, _):
        if dashboard.name == "c.ipynb":
            raise TypeError("unexpected <kind>")
        return dashboard

    found = states(StateReader(folder, read=read))
    assert "TypeError: unexpected <kind>" in found["c"].data
    assert found["a"] is None


@pytest.mark.parametrize(
    "text",
    [
        'folders = ["/"]',
        'folders = ["/"]\ntwin = "small"',
        "folders = 3",
        "folders = [[]]",
        'folders = ["data"]\nworkspace = "/dev/null"',
        'folders = ["data"]\nsettings = 3',
        'folders = ["data"]\n[settings]\ndetector1 = 3',
        "a = [",
        "\x00",
    ],
)
def test_programs_that_nobody_meant(folder, text):
    (folder / "a.toml").write_text(text)
    began = time.monotonic()
    found = states(StateReader(folder, deadline=1.0))
    assert time.monotonic() - began < PATIENCE
    assert found["a"] is not None and found["b"] is None
