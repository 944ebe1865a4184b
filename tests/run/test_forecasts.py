"""Progress is true: never more than what is done, never backwards, never still, and soon right about the time left."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from miri_widgets.run.events import EventKind, JobEvent
from miri_widgets.run.forecasts import completed_share
from miri_widgets.run.jobs import JobReducer, RunStatus, reduce_events
from miri_widgets.run.progress import JobsInProgress, Progress, percent, remaining_text

PREDICTED = {"detector1": 10.0, "image2": 3.0, "sky": 12.0, "image3": 20.0}
STARTUP = 8.0
BEGIN = 1000.0


def event(kind, key="", time=0.0, stage="", **more):
    return JobEvent(time=BEGIN + time, job="j", kind=kind, key=key, stage=stage, label=key, **more)


def simulated(pace=1.0, exposures=6, workers=2, known=False, endings=None, restart=()):
    """The events of a job whose runs take `pace` times what was predicted; some end otherwise or begin again."""
    endings = endings or {}
    runs = [(f"{stage}{n}", stage) for stage in ("detector1", "image2") for n in range(exposures)]
    runs += [("sky", "sky"), ("image3", "image3")]
    events = [event(EventKind.SUBMITTED, index=workers, total=len(runs))]
    events += [
        event(EventKind.QUEUED, key, stage=stage, seconds=PREDICTED[stage], measured=known)
        for key, stage in runs
    ]
    free = [STARTUP] * workers
    stage_before = ""
    for key, stage in runs:
        if stage != stage_before:
            free, stage_before = [max(free)] * workers, stage
        worker = free.index(min(free))
        start, took = free[worker], pace * PREDICTED[stage]
        how = endings.get(key, EventKind.DONE)
        if how == EventKind.REUSED:
            took = 0.0
        else:
            events.append(event(EventKind.STARTED, key, start, stage))
            if key in restart:
                start += took / 2
                events.append(event(EventKind.STARTED, key, start, stage))
            events.append(
                event(EventKind.STEP, key, start, stage, step="long", index=1, total=2, message="running")
            )
        free[worker] = start + took
        seconds = took if how == EventKind.DONE else 0.0
        events.append(event(how, key, free[worker], stage, seconds=seconds))
    events.append(event(EventKind.JOB_DONE, time=max(free)))
    return sorted(events, key=lambda one: one.time)


def history(events, tick=0.5):
    """What a page shows, tick by tick: (time, state, progress)."""
    folded, jobs, place, now = JobReducer(), JobsInProgress(), 0, BEGIN
    while now <= events[-1].time + tick:
        upto = place
        while upto < len(events) and events[upto].time <= now:
            upto += 1
        folded.apply(events[place:upto])
        place, state = upto, folded.state(now)
        yield now - BEGIN, state, jobs.take([state] if state.active else [])
        now += tick


ENDINGS = (EventKind.DONE, EventKind.FAILED, EventKind.CANCELLED, EventKind.UPSTREAM_FAILED, EventKind.REUSED)


@settings(max_examples=25, deadline=None)
@given(
    pace=st.floats(1 / 3, 3.0),
    workers=st.integers(1, 4),
    known=st.booleans(),
    endings=st.dictionaries(st.sampled_from([f"detector1{n}" for n in range(6)]), st.sampled_from(ENDINGS)),
    restart=st.sets(st.sampled_from(["detector12", "image21", "sky"])),
)
def test_progress_never_falls_never_stands_still_and_never_tells_what_is_not_done(
    pace, workers, known, endings, restart
):
    events = simulated(pace, workers=workers, known=known, endings=endings, restart=restart)
    last, since, words = 0.0, 0.0, ""
    for now, state, progress in history(events, tick=1.0):
        if not state.active:
            continue
        assert progress.fraction >= last
        assert percent(progress.fraction) < 100
        for run in state.runs:
            assert run.fraction < 1.0 or run.status.good
        if progress.text != words:
            since, words = now, progress.text
        assert now - since < 5.0
        last = progress.fraction
    end = reduce_events(events, now=events[-1].time + 1)
    complete = all(run.status in (RunStatus.DONE, RunStatus.REUSED) for run in end.runs)
    assert not end.active and end.eta_seconds == 0.0 and (end.fraction == 1.0) == complete


@pytest.mark.parametrize("pace", [1 / 3, 0.6, 1.0, 1.7, 3.0])
@pytest.mark.parametrize("workers", [1, 2])
def test_after_the_first_exposure_of_each_stage_the_total_is_right_within_30_percent(pace, workers):
    events = simulated(pace, workers=workers)
    total, seen = events[-1].time - BEGIN, set()
    for now, state, progress in history(events, tick=0.1):
        stages = {run.stage for run in state.runs if run.status.good}
        if state.active and stages and now < total:
            assert now + progress.eta == pytest.approx(total, rel=0.3)
        seen |= stages
    assert seen == set(PREDICTED)


def two_filters(pace, factors, scatter, exposures=8, workers=2):
    """The events of a job of two filters, whose runs say what they need and begin as the engine lets them."""
    plans = []
    for stage, before in (("detector1", ""), ("image2", "detector1")):
        for n in range(2 * exposures):
            plans.append((f"{stage}{n}", stage, (f"{before}{n}",) if before else ()))
    for stage, before in (("sky", ""), ("image3", "sky")):
        for band in range(2):
            members = tuple(f"image2{n}" for n in range(band * exposures, (band + 1) * exposures))
            plans.append((f"{stage}{band}", stage, (f"{before}{band}",) if before else members))
    events = [event(EventKind.SUBMITTED, index=workers, total=len(plans))]
    for key, stage, depends in plans:
        events.append(event(EventKind.QUEUED, key, stage=stage, seconds=PREDICTED[stage], depends=depends))
    order, ended, waiting = list(PREDICTED), {}, list(plans)
    free = [STARTUP] * workers
    while waiting:
        worker = free.index(min(free))
        now = free[worker]
        able = [plan for plan in waiting if all(ended.get(key, now + 1.0) <= now for key in plan[2])]
        if not able:
            free[worker] = min(end for end in ended.values() if end > now)
            continue
        plan = max(able, key=lambda plan: order.index(plan[1]))
        waiting.remove(plan)
        key, stage, _ = plan
        end = now + pace * factors[stage] * scatter[len(ended) % len(scatter)] * PREDICTED[stage]
        events += [event(EventKind.STARTED, key, now, stage)]
        events += [event(EventKind.DONE, key, end, stage, seconds=end - now)]
        ended[key] = free[worker] = end
    events.append(event(EventKind.JOB_DONE, time=max(free)))
    return sorted(events, key=lambda one: one.time)


@settings(max_examples=10, deadline=None)
@given(
    pace=st.floats(1 / 3, 3.0),
    factors=st.fixed_dictionaries({stage: st.floats(0.8, 1.25) for stage in PREDICTED}),
    scatter=st.lists(st.floats(0.85, 1.15), min_size=3, max_size=7),
)
def test_stages_that_are_off_and_groups_that_overlap_leave_the_total_right_within_30_percent(
    pace, factors, scatter
):
    events = two_filters(pace, factors, scatter)
    total, seen = events[-1].time - BEGIN, set()
    for now, state, progress in history(events, tick=1.0):
        stages = {run.stage for run in state.runs if run.status.good}
        if state.active and stages - seen:
            assert now + progress.eta == pytest.approx(total, rel=0.3)
        seen |= stages


def test_a_new_machine_gives_no_time_before_something_was_measured_and_a_known_one_does():
    first = next(iter(history(simulated())))[2]
    assert first.eta is None and "estimating" in first.text and first.text.startswith("0 %")
    _, state, known = next(iter(history(simulated(known=True))))
    assert known.eta == pytest.approx(state.eta_seconds) and known.eta > 50


def test_an_overdue_run_says_so_and_never_about_a_second():
    events = [
        event(EventKind.SUBMITTED, index=1, total=1),
        event(EventKind.QUEUED, "a", stage="image3", seconds=10.0, measured=True),
        event(EventKind.STARTED, "a", 0.0, "image3"),
    ]
    folded = JobReducer().apply(events)
    for now in (16.0, 45.0, 300.0):
        state = folded.state(BEGIN + now)
        assert state.forecast.late and state.fraction < 1.0
        assert state.eta_seconds >= 0.1 * now
        words = JobsInProgress().take([state]).text
        assert "longer than expected" in words and "1 s left" not in words


def test_a_resumed_job_keeps_what_is_done_and_what_was_reached():
    events = simulated(pace=2.0)
    middle = [one for one in events if one.time <= BEGIN + 60.0]
    before = reduce_events(middle, now=BEGIN + 60.0)
    again = [
        event(EventKind.STARTED, run.key, 90.0, run.stage)
        for run in before.runs
        if str(run.status) == "running"
    ]
    folded = JobReducer().apply(middle)
    reached = folded.state(BEGIN + 60.0).fraction
    after = folded.apply(again).state(BEGIN + 90.5)
    assert after.fraction >= reached > 0
    assert after.eta_seconds >= before.eta_seconds - 1.0


def test_a_second_job_counts_with_its_work_and_the_end_of_one_lowers_nothing():
    jobs, short, long = JobsInProgress(), JobReducer(), JobReducer()
    for name, folded, seconds in (("a", short, 10.0), ("b", long, 90.0)):
        folded.apply(
            [
                JobEvent(0.0, name, EventKind.SUBMITTED, index=1, total=1),
                JobEvent(0.0, name, EventKind.QUEUED, name, "sky", name, seconds=seconds, measured=True),
                JobEvent(0.0, name, EventKind.STARTED, name, "sky", name),
            ]
        )
    seen = [jobs.take([short.state(now), long.state(now)]) for now in (1.0, 5.0, 9.0)]
    short.apply([JobEvent(9.5, "a", EventKind.DONE, "a", "sky", "a"), JobEvent(9.5, "a", EventKind.JOB_DONE)])
    seen += [jobs.take([long.state(now)]) for now in (10.0, 20.0)]
    assert all(after.fraction >= before.fraction for before, after in pairwise(seen))
    assert seen[-1].fraction == pytest.approx((10 + 20) / 100, abs=0.02)
    assert jobs.take([]) == Progress()


def test_the_share_of_a_run_follows_time_and_stops_short_of_the_end():
    shares = [completed_share(seconds, 10.0) for seconds in range(200)]
    assert shares[5] == 0.5 and shares == sorted(shares) and shares[-1] < 1.0
    assert completed_share(5.0, 0.0) == 0.0


@pytest.mark.parametrize(
    ("eta", "words"),
    [(None, "estimating the time left"), (2.0, "about 5 s left"), (43.0, "about 45 s left"), (170.0, "about 3 min left"),
     (3 * 3600 + 100, "about 3 h 00 min left")],
)  # fmt: skip
def test_times_left_are_told_as_exactly_as_they_are_known(eta, words):
    assert remaining_text(eta) == words
