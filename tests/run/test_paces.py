"""What the runs of a job say about those to come: drawn towards the predictions by what runs and stages scatter by."""

from dataclasses import replace

import pytest

from miri_widgets.run.jobs import RunState, RunStatus
from miri_widgets.run.paces import measured_paces


def done(stage, ratio, number=0, *, start=100.0, predicted=10.0, known=False):
    return RunState(
        f"{stage}{number}",
        stage,
        "x",
        status=RunStatus.DONE,
        started=start,
        seconds=ratio * predicted,
        predicted_seconds=predicted,
        known=known,
    )


def waiting(stage, known=False):
    return RunState(stage, stage, "x", predicted_seconds=10.0, known=known)


def test_nothing_measured_leaves_the_predictions():
    paces = measured_paces([waiting("detector1")], 2)
    assert not paces.measured and paces.of("detector1") == 1.0


def test_many_runs_outweigh_the_prediction_of_their_stage_and_draw_the_others_most_of_the_way():
    runs = [done("detector1", 3.0, number, start=100.0 + 30 * number) for number in range(20)]
    paces = measured_paces([*runs, waiting("image3")], 2)
    assert paces.of("detector1") == pytest.approx(3.0, rel=0.03)
    assert 2.3 < paces.of("image3") < 3.0


def test_one_run_says_less_than_many():
    first = measured_paces([done("detector1", 3.0)], 2).of("detector1")
    many = measured_paces([done("detector1", 3.0, number) for number in range(9)], 2).of("detector1")
    assert 2.2 < first < many < 3.0


def test_predictions_measured_on_this_machine_are_left_less_readily():
    known, unknown = (
        measured_paces([done("detector1", 3.0, known=known), waiting("sky", known)], 2).of("sky")
        for known in (True, False)
    )
    assert known < unknown


def test_a_stage_that_is_off_does_not_take_the_others_along_when_two_others_are_not():
    runs = [done("detector1", 1.0, n) for n in range(5)] + [done("image2", 1.0, n) for n in range(5)]
    paces = measured_paces([*runs, *[done("shifts", 4.0, n) for n in range(5)], waiting("image3")], 2)
    assert paces.of("shifts") > 2.5 and paces.of("image3") < 1.8


def test_a_machine_that_becomes_busy_is_noticed_within_some_runs():
    quiet = [done("detector1", 1.0, n, start=100.0 + 10 * n) for n in range(20)]
    busy = [done("detector1", 4.0, 20 + n, start=300.0 + 40 * n) for n in range(20)]
    assert measured_paces(quiet + busy, 1).of("detector1") > 3.0


def test_a_run_that_is_overdue_corrects_what_comes_after_it_and_one_in_time_does_not():
    runs = [done("detector1", 1.0, number) for number in range(4)]
    at_work = replace(done("sky", 5.0), status=RunStatus.RUNNING)
    in_time = replace(at_work, seconds=3.0)
    before = measured_paces([*runs, waiting("sky")], 2)
    assert measured_paces([*runs, in_time], 2).of("image3") == before.of("image3")
    late = measured_paces([*runs, at_work], 2)
    assert late.of("image3") > before.of("image3") and late.of("sky") > 1.5
