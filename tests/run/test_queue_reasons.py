"""Every waiting run says what it waits for."""

from types import SimpleNamespace

import pytest

from miri_widgets.run.queue_reasons import waiting_reasons


def plan(key, stage="detector1", depends=(), mb=1000.0):
    return SimpleNamespace(key=key, stage=stage, label=f"x{key}", depends=tuple(depends), predicted_mb=mb)


def engine(workers=2, memory_mb=0.0, alive=True):
    return SimpleNamespace(workers=workers, memory_mb=memory_mb, alive=alive)


FIRST = [plan("a"), plan("b"), plan("c"), plan("d", "image2", "a"), plan("m", "image3", "abc")]
WAITING = dict.fromkeys("abcdm", "waiting")


@pytest.mark.parametrize(
    ("changes", "complete", "room", "key", "words"),
    [
        ({}, "", engine(), "m", "waits for 3 detector1 runs"),
        ({}, "a", engine(), "m", "waits for 2 detector1 runs"),
        ({}, "ab", engine(), "m", "waits for detector1 of xc"),
        ({}, "", engine(), "d", "waits for detector1 of xa"),
        ({}, "", engine(alive=False), "a", "waits for the job engine to start"),
        ({}, "", None, "a", "waits for the job engine to start"),
        ({"a": "running", "b": "running"}, "", engine(), "c", "waits for a free worker: 2 of 2 are at work"),
        ({"a": "running"}, "", engine(1), "c", "waits for a free worker: 1 of 1 is at work"),
        ({"a": "running"}, "", engine(2, 1500), "c", "waits for memory: needs 1.0 GB, 500.0 MB free"),
        ({"a": "running", "z": "running"}, "", engine(), "c", "waits for a free worker: 2 of 2 are at work"),
    ],
)
def test_the_reason(changes, complete, room, key, words):
    assert waiting_reasons(FIRST, WAITING | changes, complete, room)[key] == words


def test_what_does_not_wait_has_no_reason():
    found = waiting_reasons(FIRST, {"a": "running", "b": "done", "c": "waiting"}, "b", engine(2, 9000))
    assert found == {}, "there is room for c: it starts in a moment"


def test_a_run_that_needs_more_than_there_is_goes_alone_and_does_not_wait_for_memory():
    large = [plan("a", mb=9000.0)]
    assert waiting_reasons(large, {"a": "waiting"}, "", engine(2, 4000)) == {}


def test_needed_runs_of_two_stages_are_counted_by_stage():
    plans = [plan("a"), plan("b"), plan("g", "grid"), plan("m", "image3", "abg")]
    found = waiting_reasons(plans, dict.fromkeys("abgm", "waiting"), "", engine())
    assert found["m"] == "waits for 2 detector1 runs and 1 grid run"


def test_the_rows_of_a_session_say_it(session, engine):
    session.run_all()
    session.poll()
    rows = session.stages["image3"].rows
    assert {row.sentence for row in rows} == {"waits for 2 image2 runs"}
    keys = [row.key for row in session.stages["detector1"].rows]
    engine.finish(keys[0])
    engine.step(keys[1], 3)
    engine.step(keys[2], 3)
    session.poll()
    said = [row.sentence for row in session.stages["detector1"].rows]
    assert said == ["", "", "", "waits for a free worker: 2 of 2 are at work"]


def test_a_cancel_at_each_level(session, engine):
    session.run_all()
    session.poll()
    detector1, image3 = session.stages["detector1"], session.stages["image3"]
    detector1.cancel(detector1.rows[0].key)
    session.poll()
    states = [str(row.state) for row in detector1.rows]
    assert states == ["cancelled", "waiting", "waiting", "waiting"]
    assert [str(row.state) for row in image3.rows] == ["cancelled", "waiting"], "the mosaic that needs it"
    session.stages["image2"].cancel()
    session.poll()
    assert [str(row.state) for row in detector1.rows] == states, "runs before go on"
    assert all(str(row.state) == "cancelled" for row in image3.rows)
    session.cancel()
    session.poll()
    assert not session.running
