"""Figures are measured to the end: progress, times, failures and misses are said."""

import importlib
import time
from pathlib import Path

import pytest


@pytest.fixture
def modules(monkeypatch, tmp_path):
    monkeypatch.syspath_prepend(str(Path(__file__).parent))
    found = {name: importlib.import_module(name) for name in ("parts", "tables", "keys")}
    monkeypatch.setattr(found["tables"], "BUILD", tmp_path)
    return found


def fails():
    raise RuntimeError("no disk")


def slow():
    time.sleep(0.4)
    return {"b.two": 2.0}, ["b: a note"]


def test_a_part_that_fails_does_not_keep_the_others_from_their_figures(modules, monkeypatch, capsys):
    parts = modules["parts"]
    monkeypatch.setattr(parts, "HEARTBEAT_SECONDS", 0.1)
    measures = {"a": lambda: ({"a.one": 1.0}, []), "broken": fails, "b": slow}
    values, notes, failed = parts.measure_parts(["a", "broken", "b"], measures)
    assert values == {"a.one": 1.0, "b.two": 2.0} and failed == ["broken"]
    said, errors = capsys.readouterr()
    lines = said.splitlines()
    assert lines[0] == "[1/3] a ..." and lines[1].startswith("[1/3] a done after ")
    assert any(line.startswith("[2/3] broken FAILED after ") for line in lines)
    assert any("b: at work for " in line for line in lines)
    assert "RuntimeError: no disk" in errors
    assert notes[0] == "b: a note" and notes[1].startswith("took ") and ": b 0." in notes[1]


def test_what_is_missed_is_said_at_the_very_end(modules, capsys):
    key = modules["keys"].Key
    keys = [
        key("good", "s", at_most=2),
        key("bad", "s", at_most=2),
        key("unknown", "s", at_most=2),
        key("nan", "s", at_least=1),
    ]
    values = {"good": 1.0, "bad": 3.0, "unknown": None, "nan": float("nan")}
    missed = modules["tables"].write("trial", keys, values)
    assert missed == ["bad = 3 s, wanted <= 2", "nan = nan s, wanted >= 1"]
    assert modules["parts"].conclude(missed, ["broken"]) == 1
    said, errors = capsys.readouterr()
    assert said.splitlines()[-3:] == ["MISSED 2 of the bounds:", *(f"  {one}" for one in missed)]
    assert errors == "FAILED, not measured: broken\n"


def test_nothing_missed_is_said_too(modules, capsys):
    assert modules["parts"].conclude([], []) == 0
    assert "all bounds are met" in capsys.readouterr().out


@pytest.mark.parametrize(
    "seconds, text", [(0.26, "0.3 s"), (59.4, "59.4 s"), (61, "1 min 1 s"), (3600, "60 min 0 s")]
)
def test_times_are_read_at_a_glance(modules, seconds, text):
    assert modules["parts"].duration(seconds) == text
