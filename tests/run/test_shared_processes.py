"""The calibration of an exposure goes on in the process of its ramps: the same products, keys and records, whatever happens."""

import os
import signal
import time
from collections import Counter
from dataclasses import replace

import pytest

from miri_widgets.run import EventKind, RunStatus, completed, plan_stages, products, read_events, read_record
from miri_widgets.run.shared_processes import followers
from tests.run.conftest import ENVIRONMENT, PATIENCE, Bench, make_exposure

PAIR = ("detector1", "image2")
ENDS = (
    EventKind.DONE,
    EventKind.REUSED,
    EventKind.FAILED,
    EventKind.CANCELLED,
    EventKind.UPSTREAM_FAILED,
)


def plans_of(bench, exposures, stages=PAIR, **settings):
    values = {
        stage: {f"jump.{name}": value for name, value in settings.get(stage, {}).items()} for stage in stages
    }
    return plan_stages(bench.workspace, exposures, stages, values, ENVIRONMENT, product_name="mosaic")


def process_of(bench, plan):
    return (bench.workspace.run_folder(plan.stage, plan.key) / "journal.txt").read_text().split()[0]


def events_of(bench, job, key=""):
    events, _ = read_events(bench.workspace.events_file(job))
    return [event for event in events if not key or event.key == key]


# -- which runs share a process -------------------------------------------------


@pytest.fixture
def some(tmp_path):
    return [
        make_exposure(tmp_path / "raw", number, filter_name=name)
        for number, name in enumerate(("F560W", "F770W"), 1)
    ]


def pairs(some, stages, values=None, left=None):
    plans = plan_stages(some[0].path.parent, some, stages, values or {}, ENVIRONMENT)
    by_key = {plan.key: plan for plan in plans}
    following = followers(
        plans, by_key if left is None else [plan.key for plan in plans if plan.stage in left]
    )
    return [(by_key[key].stage, plan.stage, plan.label) for key, plan in following.items()]


def test_calibration_follows_the_ramps_of_its_exposure(some):
    expected = [("detector1", "image2", one.root) for one in some]
    assert pairs(some, PAIR) == pairs(some, (*PAIR, "image3")) == expected


def test_a_step_of_ours_between_them_has_a_process_of_its_own_and_so_has_what_follows_it(some):
    assert pairs(some, ("detector1", "rate_stripes", "image2")) == []


def test_masks_before_the_ramps_do_not_keep_calibration_from_following(some):
    assert len(pairs(some, ("persistence", *PAIR))) == 2


@pytest.mark.parametrize("left", [("detector1",), ("image2",)])
def test_what_is_complete_neither_follows_nor_is_followed(some, left):
    assert pairs(some, PAIR, left=left) == []


@pytest.mark.parametrize(
    "change",
    [
        {"environment": {"CRDS_CONTEXT": "jwst_9002.pmap"}},
        {"acceleration_off": ("all",)},
        {"jwst_version": "2.9"},
        {"exposures": ("other",)},
        {"stage": "of_another_package"},
    ],
)
def test_other_surroundings_need_another_process(some, change):
    before, after = plan_stages(some[0].path.parent, some[:1], PAIR, {}, ENVIRONMENT)
    keys = [before.key, after.key]
    assert followers([before, after], keys) == {before.key: after}
    assert followers([before, replace(after, **change)], keys) == {}


# -- what they make -------------------------------------------------------------


def test_products_keys_and_records_are_those_of_separate_processes(bench, tmp_path):
    exposures = bench.exposures(2)
    plans = plans_of(bench, exposures)
    state = bench.run(plans)
    assert state.counts == {RunStatus.DONE: 4} and not bench.partials()
    apart = Bench(tmp_path / "apart")
    try:
        same = plans_of(apart, exposures)
        assert [plan.key for plan in same] == [plan.key for plan in plans]
        for stage in PAIR:
            apart.run([plan for plan in same if plan.stage == stage])
        for plan in plans:
            made, expected = (products(one.workspace, plan) for one in (bench, apart))
            assert [path.name for path in made] == [path.name for path in expected] and made
            assert sorted(os.listdir(made[0].parent)) == sorted(os.listdir(expected[0].parent))
            for one, other in zip(made, expected, strict=True):
                assert one.read_text().replace(str(bench.root), "") == other.read_text().replace(
                    str(apart.root), ""
                )
            ours, theirs = (
                read_record(one.workspace.run_folder(plan.stage, plan.key)) for one in (bench, apart)
            )
            measured = {"peak_rss_mb": 0, "started": 0, "finished": 0, "seconds": 0, "cpu_seconds": 0}
            assert replace(ours, **measured) == replace(theirs, **measured)
            assert 0 <= ours.cpu_seconds < 60 and ours.finished >= ours.started and ours.peak_rss_mb > 1
        processes = {
            stage: [process_of(bench, plan) for plan in plans if plan.stage == stage] for stage in PAIR
        }
        assert processes["detector1"] == processes["image2"] and len(set(processes["image2"])) == 2
        assert len({process_of(apart, plan) for plan in plans}) == 4
    finally:
        apart.close()


def test_each_run_has_its_own_log_with_its_own_warnings(bench):
    plans = plans_of(bench, bench.exposures(1))
    bench.run(plans)
    logs = [(bench.workspace.run_folder(plan.stage, plan.key) / "log.txt").read_text() for plan in plans]
    counts = [(log.count("working on"), log.count("UserWarning: a warning of the pipeline")) for log in logs]
    assert counts == [(1, 1), (1, 1)]


def test_events_tell_the_runs_one_after_the_other_and_each_ends_once(bench):
    plans = plans_of(bench, bench.exposures(2))
    job = bench.run(plans).job
    for before, after in zip(plans[:2], plans[2:], strict=True):
        order = [(event.key, event.kind) for event in events_of(bench, job)]
        assert order.index((before.key, EventKind.DONE)) < order.index((after.key, EventKind.STARTED))
    ends = Counter(event.key for event in events_of(bench, job) if event.kind in ENDS)
    assert ends == {plan.key: 1 for plan in plans}


# -- what can go wrong ----------------------------------------------------------


@pytest.mark.parametrize(("way", "status"), [("killed once", RunStatus.DONE), ("killed", RunStatus.FAILED)])
def test_a_process_killed_in_the_second_run_leaves_the_first_done(bench, way, status):
    before, after = plans_of(bench, bench.exposures(1), image2={"way": way})
    state = bench.run([before, after])
    assert [state.run(plan.key).status for plan in (before, after)] == [RunStatus.DONE, status]
    assert completed(bench.workspace, before.key, before.stage) and not bench.partials()
    starts = Counter(event.key for event in events_of(bench, state.job) if event.kind == EventKind.STARTED)
    assert starts == {before.key: 1, after.key: 2}, "the first is not done again"
    if status == RunStatus.DONE:
        assert process_of(bench, after) != process_of(bench, before)


def test_a_process_killed_between_the_runs_leaves_the_first_done_and_the_second_is_done_anew(bench):
    before, after = plans_of(bench, bench.exposures(1))
    killed = []

    def kill(event):
        if event.key == before.key and event.kind == EventKind.DONE:
            killed.append(int(process_of(bench, before)))
            try:
                os.kill(killed[0], signal.SIGKILL)
            except ProcessLookupError:
                killed.clear()  # it was faster than we

    state = bench.run([before, after], on_event=kill)
    assert state.counts == {RunStatus.DONE: 2} and not bench.partials()


def test_a_killed_service_leaves_the_first_done_and_the_next_does_the_second_alone(bench, tmp_path):
    go = tmp_path / "go"
    before, after = plans_of(bench, bench.exposures(1), image2={"hold_until": str(go)})
    job = bench.engine.submit([before, after])
    _until(lambda: bench.engine.state(job).run(after.key).status == RunStatus.RUNNING)
    first = process_of(bench, before)
    bench.kill_service()
    go.touch()
    state = bench.engine.wait(job, PATIENCE)
    assert all(run.status.good for run in state.runs) and not bench.partials()
    assert process_of(bench, before) == first != process_of(bench, after)


def test_a_failure_of_the_second_run_is_not_one_of_the_first_and_stops_no_other_exposure(bench):
    exposures = bench.exposures(3, n2="ramp !fail")
    plans = plans_of(bench, exposures)
    bad = plans_of(bench, exposures[:1], image2={"way": "fail"})
    state = bench.run([*plans, bad[1]])
    assert state.run(bad[1].key).status == RunStatus.FAILED
    assert state.run(bad[0].key).status == RunStatus.DONE
    by_label = {(run.stage, run.label): run.status for run in state.runs if run.key != bad[1].key}
    assert by_label["detector1", exposures[1].root] == RunStatus.FAILED
    assert by_label["image2", exposures[1].root] == RunStatus.UPSTREAM_FAILED
    assert by_label["image2", exposures[0].root] == by_label["image2", exposures[2].root] == RunStatus.DONE
    assert not bench.partials()


# -- cancel ---------------------------------------------------------------------


def test_a_job_cancelled_in_the_second_run_keeps_the_first(bench):
    before, after = plans_of(bench, bench.exposures(1), image2={"way": "hang"})
    job = bench.engine.submit([before, after])
    _until(lambda: bench.engine.state(job).run(after.key).status == RunStatus.RUNNING)
    bench.engine.cancel(job)
    state = bench.engine.wait(job, PATIENCE)
    assert [state.run(plan.key).status for plan in (before, after)] == [RunStatus.DONE, RunStatus.CANCELLED]
    assert products(bench.workspace, before) and not bench.partials()
    _until(lambda: not _alive(int(process_of(bench, before))))


def test_the_second_run_cancelled_during_the_first_never_begins(bench, tmp_path):
    go = tmp_path / "go"
    before, after = plans_of(bench, bench.exposures(1), detector1={"hold_until": str(go)})
    job = bench.engine.submit([before, after])
    _until(lambda: bench.engine.state(job).run(before.key).status == RunStatus.RUNNING)
    bench.engine.cancel(job, [after.key])
    _until(lambda: bench.engine.state(job).run(after.key).status == RunStatus.CANCELLED)
    go.touch()
    state = bench.engine.wait(job, PATIENCE)
    assert [state.run(plan.key).status for plan in (before, after)] == [RunStatus.DONE, RunStatus.CANCELLED]
    assert not [event for event in events_of(bench, job, after.key) if event.kind == EventKind.STARTED]
    assert not bench.partials()


# -- streaming ------------------------------------------------------------------


def test_the_mosaic_of_a_filter_is_made_while_another_filter_is_in_detector1(bench, tmp_path):
    folder = tmp_path / "raw"
    first = [make_exposure(folder, number, filter_name="F560W") for number in (1, 2)]
    slow = make_exposure(folder, 3, "ramp !hang", filter_name="F770W")
    plans = plan_stages(bench.workspace, [slow, *first], (*PAIR, "image3"), {}, ENVIRONMENT)
    job = bench.engine.submit(plans)
    mosaic = next(plan for plan in plans if plan.stage == "image3" and first[0].root in plan.exposures)
    _until(lambda: bench.engine.state(job).run(mosaic.key).status == RunStatus.DONE)
    (held,) = [plan for plan in plans if plan.stage == "detector1" and slow.root in plan.exposures]
    assert bench.engine.state(job).run(held.key).status == RunStatus.RUNNING
    bench.engine.cancel(job)
    bench.engine.wait(job, PATIENCE)


def test_a_run_of_all_exposures_of_a_filter_waits_for_these_alone(some):
    plans = plan_stages(some[0].path.parent, some, (*PAIR, "sky", "image3"), {}, ENVIRONMENT)
    by_stage = {}
    for plan in plans:
        by_stage.setdefault(plan.stage, {})[plan.exposures] = plan
    for one in some:
        calibrated = by_stage["image2"][one.root,]
        sky = next(plan for members, plan in by_stage["sky"].items() if one.root in members)
        assert sky.depends == (calibrated.key,)
        assert next(plan for members, plan in by_stage["image3"].items() if one.root in members).depends == (
            sky.key,
        )


def _alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def _until(condition):
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.05)
