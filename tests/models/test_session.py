"""A session from the first look to the mosaic, and what it must never show."""

import json

import pytest

from miri_widgets.errors import EngineError, ParameterError
from miri_widgets.models import RowState, SessionModel, StageState
from miri_widgets.settings import Source


def states(stage):
    return [row.state for row in stage.rows]


def complete(session, *names):
    session.run_all(upto=names[-1] if names else None)
    session.services.engine.finish()
    session.poll()


def test_first_look(session):
    detector1, image2, _ = session.stages.values()
    assert len(session.programs.exposures) == 4
    assert states(detector1) == [RowState.NEW] * 4
    assert detector1.state == StageState.READY
    assert detector1.blockers() == []
    assert image2.state == StageState.BLOCKED
    assert image2.blockers() == [
        "Detector 1 has no rate product with its present settings for 4 of 4 exposures: run it first, or exclude them."
    ]


def test_before_the_first_look_there_are_sentences(fakes, program):
    session = SessionModel(program, fakes.fake_services(program))
    assert (
        session.stages["detector1"].blockers()[0].startswith("The parameters of the pipeline are being read")
    )
    assert session.programs.blockers() == ["Scanning the program's folders …"]
    with pytest.raises(EngineError):
        session.run("detector1")
    session.close()


def test_a_run_to_its_end(session, engine):
    stage = session.stages["detector1"]
    stage.run()
    session.poll()
    assert stage.state == StageState.QUEUED, "no run of it has started"
    assert session.running
    assert stage.blockers() == ["A run is in progress: wait for it, or cancel it."]
    first = stage.rows[0]
    engine.step(first.key, 12)
    session.poll()
    row = stage.row(first.key)
    assert (row.state, row.step, row.index, row.total) == (RowState.RUNNING, "jump", 12, 15)
    assert 0 < stage.fraction < 1
    assert stage.state == StageState.RUNNING
    engine.finish()
    session.poll()
    assert stage.state == StageState.DONE
    assert len(stage.products) == 8
    assert all(path.is_file() for path in stage.products)
    assert stage.fraction == 1
    assert session.stages["image2"].blockers() == []
    assert session.shown == stage.rows[-1].products[0]


def test_changed_setting_never_shows_old_pixels(session):
    stage = session.stages["detector1"]
    complete(session)
    assert session.stages["image3"].state == StageState.DONE
    old = stage.products
    stage.set({"jump.rejection_threshold": 7})
    assert stage.blockers() == ["The changed settings are being compared with what was run before."]
    session.poll()
    assert stage.products == ()
    assert stage.state == StageState.STALE
    assert states(stage) == [RowState.STALE] * 4
    assert session.stages["image3"].products == ()
    assert states(session.stages["image3"]) == [RowState.STALE] * 2
    stage.undo()
    session.poll()
    assert stage.products == old
    assert stage.state == StageState.DONE
    stage.redo()
    assert stage.settings["jump.rejection_threshold"] == 7


def test_products_deleted_by_hand_are_not_complete(session):
    stage = session.stages["detector1"]
    complete(session, "detector1")
    stage.products[0].unlink()
    session.touch()
    session.poll()
    assert stage.count_done == 3
    assert stage.rows[0].state == RowState.STALE


def test_failure_is_a_sentence_and_the_rest_goes_on(session, engine):
    stage = session.stages["detector1"]
    stage.run()
    engine.fail(stage.rows[0].key)
    engine.finish()
    session.poll()
    assert stage.state == StageState.FAILED
    assert stage.errors == (
        f"{stage.rows[0].label}: jump raised ValueError; expected a whole run: look at the log.",
    )
    image2 = session.stages["image2"]
    assert image2.blockers() == []
    assert image2.notes[0].endswith("for 1 of 4 exposures: these are left out.")
    image2.run()
    assert len(engine.made["job2"].plans) == 3


def test_excluded_exposures_take_no_part(session):
    session.programs.use_filter("F1500W", False)
    session.poll()
    assert len(session.stages["detector1"].rows) == 2
    assert [row.label for row in session.stages["image3"].rows] == ["trial_f770w"]
    session.programs.exclude(exposure.root for exposure in session.programs.exposures)
    session.poll()
    assert session.stages["detector1"].blockers() == [
        "Every exposure is excluded: include some in the Program tab."
    ]


def test_choices_survive_a_reload(session, fakes, program):
    complete(session, "detector1")
    session.stages["image2"].set({"photom.skip": True})
    root = session.programs.exposures[0].root
    session.programs.exclude([session.programs.exposures[3].root])
    session.programs.selected = (root,)
    session.tab = "image2"
    session.show(session.stages["detector1"].products[0])
    session.poll()
    session.close()
    other = SessionModel(program, fakes.fake_services(program))
    other.poll()
    assert other.stages["image2"].settings.user == {"photom.skip": True}
    assert other.programs.selected == (root,)
    assert len(other.programs.included) == 3
    assert other.tab == "image2"
    assert other.shown == session.shown
    assert other.picked
    assert other.stages["detector1"].count_done == 3
    other.close()


def test_running_job_is_found_again(session, fakes, program, engine):
    session.run_all()
    services = fakes.fake_services(program)
    object.__setattr__(services, "engine", engine)
    other = SessionModel(program, services)
    other.poll()
    assert other.running
    assert other.stages["detector1"].state == StageState.QUEUED
    other.close()


def test_damaged_memory_is_left_aside(fakes, program):
    program.workspace.mkdir()
    path = program.workspace / "session.json"
    path.write_text(
        '{"version": 1, "settings": {"detector1": {"jump.rejection_threshold": -4, "no.such": 1}}}'
    )
    session = SessionModel(program, fakes.fake_services(program))
    session.poll()
    assert session.stages["detector1"].settings.user == {}
    assert "jump.rejection_threshold = '-4'" in session.messages.text
    assert "no.such" in session.messages.text
    assert json.loads(path.read_text())["settings"]["detector1"] == {}
    session.close()


def test_empty_program_says_which_command_makes_it(fakes, tmp_path):
    program = fakes.fake_program(tmp_path, dithers=0, simulated="demo")
    session = SessionModel(program, fakes.fake_services(program))
    session.poll()
    assert "`miri-widgets demo --program demo`" in session.stages["detector1"].blockers()[0]
    session.close()


def test_invalid_value_changes_nothing(session):
    stage = session.stages["detector1"]
    before = stage.settings
    with pytest.raises(ParameterError):
        stage.set({"jump.rejection_threshold": -1})
    assert stage.settings is before
    assert not stage.can_undo


def test_parameter_set_and_code(session, tmp_path):
    stage = session.stages["detector1"]
    stage.use_layers(stage.settings.declared, {Source.PROGRAM: {"jump.three_group_threshold": 7}})
    stage.set({"jump.rejection_threshold": 6})
    stage.save(tmp_path / "set.txt")
    stage.reset()
    assert stage.settings.user == {}
    stage.load(tmp_path / "set.txt")
    assert stage.settings.user == {"jump.rejection_threshold": 6.0}
    session.poll()
    assert stage.code().startswith("# strun detector1 jw09999")
    assert stage.script().count("#") == 4


def test_log_of_the_watched_run(session, engine):
    stage = session.stages["detector1"]
    stage.run()
    session.poll()
    stage.watched = stage.rows[0].key
    session.poll()
    assert len(stage.log.splitlines()) == 200
    assert "line 299" in stage.log
