"""The rest of a job is played through on its workers, in the order of the engine."""

import time

import pytest

from miri_widgets.run.jobs import RunState, RunStatus
from miri_widgets.run.schedules import end_times


def run(key, stage, depends=(), status=RunStatus.WAITING):
    return RunState(key, stage, key, status=status, depends=depends)


def test_runs_begin_when_what_they_need_has_ended_and_a_worker_is_free():
    runs = [run(f"d{n}", "detector1") for n in range(3)]
    runs += [run(f"i{n}", "image2", (f"d{n}",)) for n in range(3)]
    runs += [run("m", "image3", ("i0", "i1", "i2"))]
    left = {"d0": 10.0, "d1": 10.0, "d2": 10.0, "i0": 2.0, "i1": 2.0, "i2": 2.0, "m": 7.0}
    ends = end_times(runs, left, 2)
    # a later stage first: i0 and i1 before d2
    assert ends == {"d0": 10, "d1": 10, "i0": 12, "i1": 12, "d2": 22, "i2": 24, "m": 31}
    assert end_times(runs, left, 1)["m"] == sum(left.values())


def test_a_long_run_of_a_group_overlaps_with_the_exposures_of_another_group():
    runs = [run(f"d{n}", "detector1") for n in range(6)]
    runs += [run("shifts", "shifts", ("d0", "d1"))]
    left = dict.fromkeys([one.key for one in runs], 10.0) | {"shifts": 40.0}
    assert max(end_times(runs, left, 2).values()) == pytest.approx(50.0)


def test_what_has_ended_is_complete_and_what_is_at_work_goes_on():
    runs = [
        run("a", "detector1", status=RunStatus.DONE),
        run("b", "detector1", status=RunStatus.RUNNING),
        run("c", "image2", ("a",)),
        run("d", "image2", ("b",)),
    ]
    assert end_times(runs, {"b": 3.0, "c": 5.0, "d": 4.0}, 2) == {"b": 3.0, "c": 5.0, "d": 7.0}


def test_runs_that_do_not_say_what_they_need_wait_for_the_stages_before():
    runs = [run(f"d{n}", "detector1", None) for n in range(3)]
    runs += [run("s", "sky", None), run("i", "image3", None)]
    left = {"d0": 1.0, "d1": 1.0, "d2": 1.0, "s": 5.0, "i": 2.0}
    ends = end_times(runs, left, 2)
    assert (ends["d2"], ends["s"], ends["i"]) == (2.0, 7.0, 9.0)


def test_a_large_job_is_played_through_at_once():
    runs = [run(f"d{n}", "detector1") for n in range(3000)]
    runs += [run(f"i{n}", "image2", (f"d{n}",)) for n in range(3000)]
    runs += [run("m", "image3", tuple(f"i{n}" for n in range(3000)))]
    left = {one.key: 1.0 for one in runs}
    began = time.process_time()
    assert end_times(runs, left, 4)["m"] == pytest.approx(1501.0)
    assert time.process_time() - began < 2.0
