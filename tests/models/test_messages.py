"""A sentence of a session belongs to a state, and goes with it."""

from dataclasses import replace

import pytest

from miri_widgets.errors import EngineError
from miri_widgets.models import SessionModel
from miri_widgets.models.messages import Messages, Subject
from miri_widgets.panels.header import Header
from miri_widgets.products.tags import ExposureVerdict
from miri_widgets.run.status_rows import RowState, StageState


@pytest.fixture
def complete(session, engine):
    """Everything has run."""
    session.run_all()
    engine.finish()
    session.poll()
    return session


def test_there_is_nothing_to_run_is_over_when_a_setting_changes(complete):
    header = Header(complete)
    header._try(lambda: complete.run_when_planned(complete.run_all))
    assert "everything is complete already" in complete.messages.text
    assert "everything is complete already" in header.status.value
    complete.stages["detector1"].set({"jump.rejection_threshold": 9.0})
    assert complete.messages.text == "" and header.status.value == ""
    header.close()


def test_a_run_is_in_progress_is_over_when_it_has_ended(session, engine):
    session.run("detector1")
    session.poll()
    session.stages["detector1"].explain(EngineError("a run is in progress", "none", "wait for it"))
    session.poll()
    assert "in progress" in session.messages.text, "as long as it is true"
    engine.finish()
    session.poll()
    assert session.messages.text == ""


def test_tags_that_could_not_be_kept_are_told_until_some_are(session, monkeypatch):
    roots = [exposure.root for exposure in session.programs.exposures]
    session.tags.path.parent.mkdir(parents=True, exist_ok=True)
    session.tags.path.mkdir()
    session.tags.change(roots[:1], verdict=ExposureVerdict.REJECTED)
    session.tags.wait()
    assert session.messages.text
    session.poll()
    assert session.messages.text
    session.tags.path.rmdir()
    session.tags.change(roots[1:2], verdict=ExposureVerdict.REJECTED)
    session.tags.wait()
    assert session.messages.text == ""


def test_a_stage_that_was_left_out_of_a_job_is_told_until_it_can_be_planned(session, fakes):
    session.messages.begin_run(("image3",), {"image3": "Nothing to apply."})
    assert session.messages.text == "Nothing to apply."
    session.messages.follow_plans({})
    assert session.messages.text == ""


def test_sentences_of_two_subjects_stand_beside_each_other_and_go_apart():
    messages = Messages()
    messages.put(Subject.TAGS, "No tags.")
    messages.put(Subject.ACTION, "No run.")
    assert messages.text == "No run. No tags."
    messages.drop(Subject.ACTION)
    assert messages.text == "No tags."


def test_values_of_last_time_that_are_refused_are_told_until_something_runs(fakes, program):
    services = fakes.fake_services(program)
    first = SessionModel(program, services)
    first.poll()
    first.stages["detector1"].set({"jump.rejection_threshold": 7.0})
    first.poll()
    first.close()
    path = first.memory_path
    path.write_text(path.read_text().replace("jump.rejection_threshold", "jump.no_such"))
    again = SessionModel(program, replace(services))
    again.poll()
    assert "no_such" in again.messages.text
    again.rescan()
    again.poll()
    assert "no_such" in again.messages.text
    again.run("detector1")
    assert again.messages.text == ""
    again.close()


def test_only_the_stage_that_runs_carries_the_mark_of_it(session, engine):
    from miri_widgets.dashboard import Dashboard

    page = Dashboard(session)
    session.run_all()
    session.poll()

    def marks():
        return {item["id"]: item["glyph"] for item in page.tabs.items if item["id"] in session.stages}

    assert set(marks().values()) == {"…"}, "nothing runs before the first run has started"
    first, second = session.stages["detector1"].rows[0], session.stages["image2"].rows[0]
    engine.step(first.key, 3)
    session.poll()
    assert [name for name, glyph in marks().items() if glyph == "●"] == ["detector1"]
    states = {name: stage.state for name, stage in session.stages.items()}
    assert states.pop("detector1") == StageState.RUNNING
    assert set(states.values()) == {StageState.QUEUED}
    engine.step(second.key, 2)
    session.poll()
    assert [name for name, glyph in marks().items() if glyph == "●"] == ["detector1", "image2"]
    assert session.stages["image3"].state == StageState.QUEUED
    assert all(row.state == RowState.WAITING for row in session.stages["image3"].rows)
    page.close()
