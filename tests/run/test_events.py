"""Events survive torn lines; states follow from events alone."""

import threading

from miri_widgets.run import EventKind, JobEvent, RunStatus, read_events, reduce_events
from miri_widgets.run.events import append_events, has_ended


def event(kind, key="k", time=0.0, **more):
    return JobEvent(time=time, job="j", kind=kind, key=key, stage="detector1", label=key, **more)


def test_a_torn_line_is_left_for_later_and_then_skipped(tmp_path):
    path = tmp_path / "events.jsonl"
    assert read_events(path) == ([], 0)
    first, second = event(EventKind.QUEUED), event(EventKind.STARTED, error={"kind": "x"})
    append_events(path, [first])
    with path.open("ab") as stream:
        stream.write(second.to_line()[:20])
    events, offset = read_events(path)
    assert events == [first] and offset == len(first.to_line())
    append_events(path, [second])
    events, offset = read_events(path, offset)
    assert events == [second] and offset == path.stat().st_size


def test_lines_of_strangers_are_skipped(tmp_path):
    path = tmp_path / "events.jsonl"
    path.write_bytes(b'[1]\n{"kind":"unheard of","time":1,"job":"j"}\n\xff\n{"kind":"done"}\n')
    assert read_events(path)[0] == []


def test_many_writers_do_not_mix(tmp_path):
    path = tmp_path / "events.jsonl"

    def write(number):
        for _ in range(100):
            append_events(path, [event(EventKind.STEP, key=f"{number}" * 50)])

    threads = [threading.Thread(target=write, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(read_events(path)[0]) == 400


def test_the_end_of_a_job_is_seen_from_the_tail(tmp_path):
    path = tmp_path / "events.jsonl"
    assert not has_ended(path)
    append_events(path, [event(EventKind.STEP, step="x" * 100) for _ in range(300)])
    assert not has_ended(path)
    append_events(path, [event(EventKind.JOB_DONE, key="")])
    assert has_ended(path)


def test_fold_tells_step_fraction_and_time_left():
    events = [
        event(EventKind.SUBMITTED, key="", index=2, total=3),
        *(event(EventKind.QUEUED, key=key, seconds=10.0, message="waits") for key in "abc"),
        event(EventKind.STARTED, key="a", time=100.0),
        event(EventKind.STEP, key="a", step="jump", index=2, total=4, message="running", time=104.0),
    ]
    state = reduce_events(events, now=105.0)
    run = state.run("a")
    assert (run.status, run.step, run.fraction, run.seconds) == (RunStatus.RUNNING, "jump", 0.5, 5.0)
    assert state.run("b").reason == "waits"
    assert run.step_seconds == 1.0
    assert state.eta_seconds is None, "nothing was measured yet"
    assert abs(state.fraction - 0.5 / 3) < 1e-9
    # the time left follows what the first exposure took
    state = reduce_events([*events, event(EventKind.DONE, key="a", seconds=30.0, time=130.0)], now=130.0)
    assert 20.0 < state.eta_seconds < 30.0 and state.run("a").fraction == 1.0 and state.active
    state = reduce_events([*events, event(EventKind.JOB_DONE, key="")])
    assert not state.active and state.eta_seconds == 0.0


def test_the_last_event_about_a_run_wins():
    events = [
        event(EventKind.QUEUED),
        event(EventKind.STARTED, time=1.0),
        event(EventKind.FAILED, time=2.0, error={"kind": "RunError"}),
        event(EventKind.STARTED, time=3.0),
    ]
    state = reduce_events(events, now=4.0)
    assert state.runs[0].status == RunStatus.RUNNING and state.runs[0].error is None


def test_an_empty_job_has_a_state():
    state = reduce_events([])
    assert state.runs == () and state.fraction == 0.0 and state.counts == {}


def test_a_queued_run_says_which_runs_it_needs_and_keeps_it():
    line = event(EventKind.QUEUED, key="a", depends=("b", "c")).to_line()
    assert JobEvent.from_line(line).depends == ("b", "c")
    assert JobEvent.from_line(event(EventKind.QUEUED, key="a", depends=()).to_line()).depends == ()
    later = event(EventKind.QUEUED, key="a", message="waits for the import of the pipeline")
    assert JobEvent.from_line(later.to_line()).depends is None
    assert reduce_events([JobEvent.from_line(line), later], now=1.0).run("a").depends == ("b", "c")
