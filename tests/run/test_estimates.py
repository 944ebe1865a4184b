"""Estimates follow what earlier runs took: of the same size, of other sizes, and of the job at work."""

from types import SimpleNamespace

import pytest

from miri_widgets.run import EventKind, JobEvent, reduce_events
from miri_widgets.run.estimates import Measured, estimate
from miri_widgets.run.forecasts import STARTUP_SECONDS


def exposure(groups=10, integrations=1):
    return SimpleNamespace(ny=1024, nx=1032, ngroups=groups, nints=integrations)


def seconds(earlier, *exposures, stage="detector1"):
    return estimate(stage, exposures, earlier).seconds


def test_runs_of_the_same_size_say_what_it_takes():
    earlier = [Measured("detector1", "1024x1032x10x1", 900.0, value) for value in (20.0, 22.0, 90.0)]
    assert seconds(earlier, exposure()) == 22.0
    assert estimate("detector1", [exposure()], earlier).memory_mb == pytest.approx(900.0 * 1.15)


@pytest.mark.parametrize("pace", [0.5, 1.0, 3.0])
def test_runs_of_other_sizes_say_how_fast_the_machine_is(pace):
    plain = {groups: seconds([], exposure(groups)) for groups in (5, 20)}
    earlier = [
        Measured("detector1", "1024x1032x5x1", 700.0, pace * plain[5]),
        Measured("image2", "1024x1032x5x1", 700.0, 1000.0),
        Measured("detector1", "of another kind", 700.0, 1000.0),
    ]
    assert seconds(earlier, exposure(20)) == pytest.approx(pace * plain[20])


def test_mosaics_learn_from_mosaics_of_other_numbers():
    plain = seconds([], *[exposure()] * 4, stage="image3")
    taken = 2 * seconds([], *[exposure()] * 8, stage="image3")
    earlier = [Measured("image3", "8*1024x1032x10x1", 900.0, taken)]
    assert seconds(earlier, *[exposure()] * 4, stage="image3") == pytest.approx(2 * plain)


def test_the_time_left_takes_the_pace_of_the_job_and_the_size_of_each_run():
    def event(kind, key, **more):
        return JobEvent(job="j", kind=kind, key=key, stage="detector1", label=key, **more)

    events = [
        JobEvent(0.0, "j", EventKind.SUBMITTED, index=1, total=3),
        event(EventKind.QUEUED, "a", time=0.0, seconds=10.0, measured=True),
        event(EventKind.QUEUED, "b", time=0.0, seconds=10.0, measured=True),
        event(EventKind.QUEUED, "c", time=0.0, seconds=40.0, measured=True),
    ]
    assert reduce_events(events, now=0.0).eta_seconds == 60.0 + STARTUP_SECONDS
    events += [event(EventKind.STARTED, "a", time=0.0), event(EventKind.DONE, "a", time=30.0, seconds=30.0)]
    # three times longer than predicted, drawn a little towards the prediction
    assert 2.0 * 50.0 < reduce_events(events, now=30.0).eta_seconds < 3.0 * 50.0
    again = [event(EventKind.STARTED, "b", time=30.0), event(EventKind.DONE, "b", time=60.0, seconds=30.0)]
    assert 2.4 * 40.0 < reduce_events(events + again, now=60.0).eta_seconds < 3.0 * 40.0


def test_a_stage_of_one_run_over_many_exposures_grows_with_them():
    small = SimpleNamespace(ny=512, nx=512, ngroups=16, nints=1)
    measured = {"detector1": {1: 2.2}, "sky": {10: 12.2, 15: 18.8}, "shifts": {12: 42.0, 15: 70.0}}
    for stage, by_count in measured.items():
        for count, truth in by_count.items():
            assert seconds([], *[small] * count, stage=stage) == pytest.approx(truth, rel=0.3)


def test_stages_that_never_ran_here_take_the_pace_of_the_others():
    plain = seconds([], exposure(), stage="image2")
    slow = [Measured("detector1", "1024x1032x10x1", 900.0, 3 * seconds([], exposure()))]
    found = estimate("image2", [exposure()], slow)
    assert found.seconds == pytest.approx(3 * plain) and not found.measured
    assert estimate("detector1", [exposure()], slow).measured
