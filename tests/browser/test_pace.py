"""Limits follow the machine, and no browser test has a pause or a limit of its own."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from . import pace

OWN = re.compile(r"wait_for_timeout\(|time\.sleep\(|time\.monotonic\(\) [+<]|timeout=\d|PATIENCE")
"""A pause, or a limit that no pace stretches."""


IN_KERNELS = ("time.sleep(12.0)", "time.sleep(0.2)")
"""What the cells of the pages do."""


@pytest.mark.parametrize(("waiting", "expected"), [(0.0, 1.0), (3.0, 3.0), (25.0, pace.SLOWEST)])
def test_limits_follow_the_work_that_waits_for_each_core(
    waiting: float, expected: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pace, "measured_pace", lambda: 0.4)
    monkeypatch.setattr(os, "getloadavg", lambda: (waiting * (os.cpu_count() or 1), 0.0, 0.0))
    assert pace.pace() == expected
    assert pace.limit(10.0) == 10.0 * expected and pace.limit_ms(10.0) == 10_000.0 * expected


def test_limits_follow_a_machine_that_is_slow_and_does_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pace, "measured_pace", lambda: 2.5)
    monkeypatch.setattr(os, "getloadavg", lambda: (0.0, 0.0, 0.0))
    assert pace.pace() == 2.5


def test_a_pace_is_measured() -> None:
    assert 0.0 < pace.measured_pace() < 1000.0
    assert pace.measured_pace() == pace.measured_pace(), "once"


def test_no_test_has_a_pause_or_a_limit_of_its_own() -> None:
    here = Path(__file__)
    found = [
        f"{path.name}: {line.strip()}"
        for path in sorted(here.parent.glob("test_*.py"))
        if path != here
        for line in path.read_text(encoding="utf-8").splitlines()
        if OWN.search(line) and line.strip() not in IN_KERNELS
    ]
    assert found == [], "see pace.py and waits.py: " + "\n".join(found)
