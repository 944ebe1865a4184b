"""The engine with runs that report, fail, exit, crash and hang."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from miri_widgets.errors import EngineError, NotWritableError, error_from_dict
from miri_widgets.run import EventKind, RunStatus, completed, products, read_record
from miri_widgets.run.locks import RunLock

PATIENCE = 600.0
"""Seconds for what takes 1 to 5, on a machine that others use."""


def test_progress_and_products(shared):
    plans = shared.plan(shared.exposures(2), tag="progress")
    events = []
    state = shared.run(plans, on_event=events.append)
    assert [run.status for run in state.runs] == [RunStatus.DONE] * 2
    assert state.fraction == 1.0 and not state.active
    kinds = [event.kind for event in events]
    assert kinds[0] == EventKind.SUBMITTED and kinds[-1] == EventKind.JOB_DONE
    steps = [(e.step, e.message) for e in events if e.kind == EventKind.STEP and e.key == plans[0].key]
    assert steps == [(s, m) for s in ("dq_init", "jump", "ramp_fit") for m in ("running", "done")]
    for plan in plans:
        made = products(shared.workspace, plan)
        assert [path.name for path in made] == [f"{plan.label}_rate.fits", f"{plan.label}_rateints.fits"]
    assert not shared.partials()


def test_a_run_has_its_own_folder_process_log_and_record(shared):
    plans = shared.plan(shared.exposures(2), tag="record")
    state = shared.run(plans)
    folders = [shared.workspace.run_folder(plan.stage, plan.key) for plan in plans]
    journals = [(folder / "journal.txt").read_text().split() for folder in folders]
    assert journals[0][0] != journals[1][0]
    assert [journal[1] for journal in journals] == [f"{folder}.partial" for folder in folders]
    log = shared.engine.log_path(state.job, plans[0].key).read_text()
    assert plans[0].label in log and "a warning of the pipeline" in log and plans[1].label not in log
    record = read_record(folders[0])
    assert record.resolved == {"jump.tag": "record", "jump.skip": False}
    assert record.environment["CRDS_CONTEXT"] == record.crds_context == "jwst_9001.pmap"
    assert record.peak_rss_mb > 1 and record.seconds > 0
    assert list(record.products) == [f"{plans[0].label}_rate.fits", f"{plans[0].label}_rateints.fits"]


def test_a_failure_stays_with_its_exposure_and_what_needs_it(shared):
    exposures = shared.exposures(3, n2="ramp !fail")
    plans = shared.plan(exposures, ("detector1", "image2", "image3"), tag="isolated")
    state = shared.run(plans)
    status = {(run.stage, run.label[20:25]): run for run in state.runs}
    assert status["detector1", "00002"].status == RunStatus.FAILED
    assert "jump of" in status["detector1", "00002"].error["found"]
    upstream = status["image2", "00002"]
    assert upstream.status == RunStatus.UPSTREAM_FAILED
    assert upstream.error["found"].startswith("not started because 1 of 1 needed runs failed")
    assert state.runs[-1].stage == "image3" and state.runs[-1].status == RunStatus.UPSTREAM_FAILED
    assert state.counts == {RunStatus.DONE: 4, RunStatus.FAILED: 1, RunStatus.UPSTREAM_FAILED: 2}
    failed = status["detector1", "00002"]
    assert "StepFailedError" in shared.engine.log_path(state.job, failed.key).read_text()
    assert not shared.partials()


@pytest.mark.parametrize(
    ("way", "kind", "words"),
    [
        ("bug", "StepFailedError", "boom"),
        ("exit", None, ""),
        ("quit", "WorkerLostError", "ended with code 7"),
        ("segfault", "WorkerLostError", "killed by signal 11"),
        ("killed", "WorkerLostError", "killed by signal 9"),
    ],
)
def test_every_bad_end_is_a_sentence(shared, way, kind, words):
    exposures = shared.exposures(2, n1=f"ramp !{way}")
    state = shared.run(shared.plan(exposures, tag=way))
    bad, good = state.runs
    assert good.status == RunStatus.DONE and bad.status == RunStatus.FAILED
    error = error_from_dict(bad.error)
    assert kind in (None, type(error).__name__)
    assert words in str(error) and error.remedy
    if way == "killed":
        assert "MB" in error.found and "memory" in error.remedy
    if way == "segfault":
        assert "Segmentation fault" in shared.engine.log_path(state.job, bad.key).read_text()
    assert not shared.partials()


def test_a_lost_process_is_tried_once_more(shared):
    (shared.workspace.root / "was_killed").unlink(missing_ok=True)
    state = shared.run(shared.plan(shared.exposures(1, n1="ramp !killed once"), tag="once"))
    assert state.runs[0].status == RunStatus.DONE


def test_cancel_kills_frees_and_tidies(shared):
    exposures = shared.exposures(4)
    hanging = shared.plan(exposures, ("detector1", "image2"), way="hang")
    job = shared.engine.submit(hanging)
    _until(lambda: shared.engine.state(job).counts.get(RunStatus.RUNNING) == 2)
    other = shared.engine.submit(shared.plan(exposures[:1], tag="after cancel"))
    shared.engine.cancel(job)
    state = shared.engine.wait(job, PATIENCE)
    assert set(state.counts) == {RunStatus.CANCELLED} and len(state.runs) == 8
    assert shared.engine.wait(other, PATIENCE).runs[0].status == RunStatus.DONE
    assert not shared.partials()


def test_cancel_spares_the_same_run_in_another_job(shared):
    exposures = shared.exposures(2)
    plans = shared.plan(exposures, seconds=5.0)  # nothing ends before it is cancelled
    first = shared.engine.submit(plans)
    second = shared.engine.submit(plans[:1])
    assert first != second
    _until(lambda: shared.engine.state(first).counts.get(RunStatus.RUNNING))
    shared.engine.cancel(first)
    assert set(shared.engine.wait(first, PATIENCE).counts) == {RunStatus.CANCELLED}
    assert shared.engine.wait(second, PATIENCE).runs[0].status == RunStatus.DONE


def test_what_is_complete_is_reused_without_a_service(bench):
    plans = bench.plan(bench.exposures(2), ("detector1", "image2"))
    bench.run(plans)
    before = {path: path.stat().st_mtime_ns for plan in plans for path in products(bench.workspace, plan)}
    assert bench.engine.shutdown()
    state = bench.engine.wait(bench.engine.submit(plans), PATIENCE)
    assert state.counts == {RunStatus.REUSED: 4} and not bench.engine.status().alive
    assert before == {path: path.stat().st_mtime_ns for path in before}


def test_one_changed_setting_reruns_what_depends_on_it(shared):
    exposures = shared.exposures(2)
    stages = ("detector1", "image2")
    from miri_widgets.run import plan_stages

    def plan(flat):
        settings = {"detector1": {"jump.tag": "change"}, "image2": {"flat_field.skip": flat}}
        return plan_stages(shared.workspace, exposures, stages, settings, {"CRDS_CONTEXT": "jwst_9001.pmap"})

    shared.run(plan(False))
    state = shared.run(plan(True))
    assert [run.status for run in state.runs] == [RunStatus.REUSED] * 2 + [RunStatus.DONE] * 2


def test_a_product_that_was_cut_is_made_again(shared):
    plans = shared.plan(shared.exposures(1), tag="cut")
    shared.run(plans)
    path = products(shared.workspace, plans[0])[0]
    text = path.read_text()
    path.write_text(text[:5])
    assert completed(shared.workspace, plans[0].key) is None
    assert shared.run(plans).runs[0].status == RunStatus.DONE
    assert path.read_text() == text


def test_the_same_job_at_work_is_not_submitted_twice(shared):
    plans = shared.plan(shared.exposures(1), seconds=0.6)
    assert shared.engine.submit(plans) == shared.engine.submit(plans[::-1])


def test_equal_runs_of_two_jobs_run_once(shared):
    exposures = shared.exposures(2)
    plans = shared.plan(exposures, seconds=0.5)
    one = shared.engine.submit(plans)
    two = shared.engine.submit(plans[:1])
    states = [shared.engine.wait(job, PATIENCE) for job in (one, two)]
    assert states[0].counts == {RunStatus.DONE: 2} and states[1].counts == {RunStatus.REUSED: 1}


def test_next_stage_starts_before_the_stage_before_has_ended(shared):
    # an odd number on two workers: one is free while the last of detector1 is at work
    exposures = shared.exposures(5)
    plans = shared.plan(exposures, ("detector1", "image2"), seconds=0.4)
    events = []
    shared.run(plans, on_event=events.append)
    started = [e.time for e in events if e.kind == EventKind.STARTED and e.stage == "image2"]
    ended = [e.time for e in events if e.kind == EventKind.DONE and e.stage == "detector1"]
    assert min(started) < max(ended)


def test_memory_admits_one_by_one(bench):
    from dataclasses import replace

    plans = [replace(plan, predicted_mb=3000.0) for plan in bench.plan(bench.exposures(3), seconds=0.3)]
    events = []
    bench.run(plans, on_event=events.append)
    running = most = 0
    for event in events:
        running += {EventKind.STARTED: 1, EventKind.DONE: -1}.get(event.kind, 0)
        most = max(most, running)
    assert most == 1


def test_a_killed_service_goes_on_with_the_same_products(bench, tmp_path):
    exposures = bench.exposures(4)
    plans = bench.plan(exposures, ("detector1", "image2"), seconds=0.6)
    job = bench.engine.submit(plans)
    _until(lambda: bench.engine.state(job).counts.get(RunStatus.DONE))
    children = _children(bench)
    bench.kill_service()
    _until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in children))
    assert bench.engine.active() == (job,)
    _until(bench.engine.recover)
    state = bench.engine.wait(job, PATIENCE)
    assert {run.status for run in state.runs} <= {RunStatus.DONE, RunStatus.REUSED}
    assert not bench.partials()
    texts = {path.name: path.read_text() for plan in plans for path in products(bench.workspace, plan)}
    assert len(texts) == 16 and all(texts.values())


def test_the_job_outlives_who_submitted_it(bench):
    exposures = bench.exposures(2)
    plans = bench.plan(exposures, seconds=1.0)
    bench.workspace.prepare()
    file = bench.root / "plans.json"
    file.write_text(json.dumps([plan.to_dict() for plan in plans]))
    code = (
        "import json, sys, time\n"
        "from miri_widgets.run import Engine, RunPlan\n"
        "plans = [RunPlan.from_dict(one) for one in json.load(open(sys.argv[2]))]\n"
        "print(Engine(sys.argv[1], memory_mb=4000, idle_minutes=1).submit(plans), flush=True)\n"
        "time.sleep(60)\n"
    )
    submitter = subprocess.Popen(
        [sys.executable, "-c", code, str(bench.workspace.root), str(file)], stdout=subprocess.PIPE, text=True
    )
    job = submitter.stdout.readline().strip()
    submitter.kill()
    submitter.wait()
    submitter.stdout.close()
    assert bench.engine.wait(job, PATIENCE).counts == {RunStatus.DONE: 2}


def test_stale_partial_folders_go_and_locked_ones_stay(bench):
    bench.workspace.prepare()
    stale = bench.workspace.partial_folder("detector1", "a" * 20)
    held = bench.workspace.partial_folder("detector1", "b" * 20)
    for folder in (stale, held):
        folder.mkdir(parents=True)
    lock = RunLock(bench.workspace.run_lock("b" * 20))
    assert lock.acquire()
    try:
        bench.run(bench.plan(bench.exposures(1)))
        assert not stale.exists() and held.exists()
    finally:
        lock.close()


def test_cancel_without_a_service_ends_the_job(bench, monkeypatch):
    monkeypatch.setattr(bench.engine._launcher, "ensure", lambda: False)
    job = bench.engine.submit(bench.plan(bench.exposures(1)))
    bench.engine.cancel(job)
    assert not bench.engine.state(job).active and bench.engine.active() == ()


def test_the_service_leaves_when_idle(tmp_path, bench):
    from miri_widgets.run import Engine

    engine = Engine(bench.workspace, idle_minutes=0.01, memory_mb=4000)
    state = engine.wait(engine.submit(bench.plan(bench.exposures(1))), PATIENCE)
    assert state.counts == {RunStatus.DONE: 1}
    _until(lambda: not engine.status().alive)


def test_a_service_that_cannot_start_is_an_error_with_its_last_words(bench, monkeypatch):
    monkeypatch.setenv("PYTHONHOME", "/nonexistent")
    with pytest.raises(EngineError, match="stopped 3 times"):
        bench.run(bench.plan(bench.exposures(1)), timeout=PATIENCE)


def test_nothing_to_run_is_an_error(bench):
    with pytest.raises(EngineError, match="no runs"):
        bench.engine.submit([])


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_read_only_workspace_is_told_at_submit(bench):
    bench.workspace.root.mkdir(parents=True)
    plans = bench.plan(bench.exposures(1))
    bench.workspace.root.chmod(0o500)
    with pytest.raises(NotWritableError):
        bench.engine.submit(plans)


def test_jobs_are_listed_newest_first(shared):
    before = shared.engine.jobs()
    job = shared.engine.wait(shared.engine.submit(shared.plan(shared.exposures(1), tag="list")), PATIENCE).job
    listed = shared.engine.jobs()
    assert listed[0].job == job and listed[0].stages == ("detector1",) and not listed[0].active
    assert len(listed) == len(before) + 1


def test_nothing_listens_to_the_network(shared):
    import psutil

    shared.run(shared.plan(shared.exposures(1), tag="ports"))
    status = shared.engine.status()
    listening = [one for one in psutil.Process(status.pid).net_connections() if one.status == "LISTEN"]
    assert {one.laddr.ip for one in listening} <= {"127.0.0.1"}
    assert status.address.startswith("inproc://") and status.workers == 2


def _children(bench):
    journals = bench.workspace.runs.glob("*/*.partial/journal.txt")
    return [int(path.read_text().split()[0]) for path in journals if path.read_text()]


def _until(condition, seconds=PATIENCE):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come to pass"
        time.sleep(0.02)


def test_no_event_is_lost_between_two_looks(shared, monkeypatch):
    """Events that come while the state is worked out are told, too."""
    from miri_widgets.run import engine as module

    job = shared.run(shared.plan(shared.exposures(2), tag="all told")).job
    every, _ = module.read_events(shared.workspace.events_file(job))

    def one_at_a_time(path, offset=0):
        """As if each event came just after the look before."""
        return every[offset : offset + 1], min(offset + 1, len(every))

    monkeypatch.setattr(module, "read_events", one_at_a_time)
    shared.engine._reducers.pop(job)
    told = []
    shared.engine.wait(job, timeout=PATIENCE, on_event=told.append)
    assert told == every


def test_one_run_is_cancelled_and_the_others_go_on(shared):
    exposures = shared.exposures(3, n1="ramp !hang", n2="ramp !hang")
    plans = shared.plan(exposures, ("detector1", "image2"), tag="one of three")
    job = shared.engine.submit(plans)
    _until(
        lambda: all(shared.engine.state(job).run(one.key).status == RunStatus.RUNNING for one in plans[:2])
    )
    shared.engine.cancel(job, [plans[0].key])
    _until(lambda: shared.engine.state(job).run(plans[2].key).status == RunStatus.DONE)
    assert shared.engine.state(job).run(plans[0].key).status == RunStatus.CANCELLED
    assert shared.engine.state(job).run(plans[1].key).status == RunStatus.RUNNING
    shared.engine.cancel(job, [plans[1].key, "of no run"])
    state = shared.engine.wait(job, PATIENCE)
    by_number = {(run.stage, run.label[20:25]): run.status for run in state.runs}
    assert by_number["image2", "00001"] == by_number["image2", "00002"] == RunStatus.CANCELLED
    assert by_number["image2", "00003"] == RunStatus.DONE
    assert not shared.partials()
