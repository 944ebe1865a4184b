"""A command is no page: neither acts on the other, unless somebody says so."""

import json
from dataclasses import replace

import pytest

from miri_widgets.cli import headless
from miri_widgets.errors import ParameterError
from miri_widgets.run.program_runs import ProgramRuns
from miri_widgets.run.reduction import Reduction

THRESHOLD = "jump.rejection_threshold"


@pytest.fixture
def open_page(small_program, fakes):
    """Opens the program's page, as often as a test likes."""
    from miri_widgets.models import SessionModel

    opened = []

    runs = ProgramRuns(small_program)

    def opener():
        services = replace(fakes.fake_services(small_program), plan=runs.plan, preset=runs.preset)
        session = SessionModel(small_program, services)
        session.poll()
        opened.append(session)
        return session

    yield opener
    for session in opened:
        session.close()


def plans_of(engine, stage):
    return [plan for job in engine.made.values() for plan in job.plans if plan.stage == stage]


def test_flags_of_a_run_change_nothing_on_the_page(open_page, options, small_program, quick_engine):
    first = open_page()
    first.models["image3"].set({"outlier_detection.skip": True})
    first.close()
    file = small_program.workspace / "session.json"
    before = file.read_bytes()
    options.set, options.also = [f"detector1.{THRESHOLD}=9"], "sky"
    assert headless.run_program(options) == 0
    assert {plan.settings[THRESHOLD] for plan in plans_of(quick_engine, "detector1")} == {9.0}
    assert plans_of(quick_engine, "sky")
    assert file.read_bytes() == before
    again = open_page()
    assert "sky" not in again.chain and not again.models["detector1"].settings.user
    assert again.models["image3"].settings.user == {"outlier_detection.skip": True}


def test_the_resampled_image_of_an_exposure_is_left_out_unless_flag_page_or_file_asks(
    open_page, options, small_program, quick_engine
):
    name = "resample.skip"
    runs = ProgramRuns(small_program)
    first = open_page()
    assert first.models["image2"].settings[name] is True
    first.models["image2"].set({name: False})
    first.poll()
    assert first.models["image2"].settings[name] is False
    of_page = {plan.settings[name] for plan in first.plans if plan.stage == "image2"}
    first.close()
    assert headless.run_program(options) == 0
    assert {plan.settings[name] for plan in plans_of(quick_engine, "image2")} == {True}
    options.set = [f"image2.{name}=false"]
    assert headless.run_program(options) == 0
    assert {plan.settings[name] for plan in plans_of(quick_engine, "image2")} == {True, False}
    told = replace(small_program, settings={"image2": {name: False}})
    of_file = Reduction(told, engine=quick_engine).planned.plans
    assert {plan.settings[name] for plan in of_file if plan.stage == "image2"} == of_page == {False}
    assert runs.preset("image2", "F560W") == {name: True}


def test_flags_make_no_session_file(options, small_program, quick_engine):
    options.set = [f"detector1.{THRESHOLD}=9"]
    assert headless.run_program(options) == 0
    assert not (small_program.workspace / "session.json").exists()


def test_choices_of_a_page_change_nothing_in_a_run(open_page, options, quick_engine):
    chosen = open_page()
    chosen.models["detector1"].set({THRESHOLD: 7.0})
    chosen.use_stage("sky")
    chosen.programs.exclude([chosen.programs.exposures[0].root])
    chosen.close()
    assert headless.run_program(options) == 0
    assert not any(THRESHOLD in plan.settings for plan in plans_of(quick_engine, "detector1"))
    assert not plans_of(quick_engine, "sky") and len(plans_of(quick_engine, "detector1")) == 4


def test_a_run_takes_the_choices_of_the_page_when_it_is_told_to(open_page, options, quick_engine):
    chosen = open_page()
    left = chosen.programs.exposures[0].root
    chosen.models["detector1"].set({THRESHOLD: 7.0})
    chosen.use_stage("sky")
    chosen.programs.exclude([left])
    chosen.close()
    options.session = True
    assert headless.run_program(options) == 0
    ramps = plans_of(quick_engine, "detector1")
    assert {plan.settings[THRESHOLD] for plan in ramps} == {7.0} and plans_of(quick_engine, "sky")
    assert left not in {name for plan in ramps for name in plan.exposures} and len(ramps) == 3
    # and a page that is opened then has the same runs
    again = open_page()
    assert {row.key for row in again.stages["detector1"].rows} == {plan.key for plan in ramps}
    assert all(row.products for row in again.stages["sky"].rows)


def test_flags_outweigh_the_page(open_page, options, quick_engine):
    chosen = open_page()
    chosen.models["detector1"].set({THRESHOLD: 7.0})
    chosen.close()
    options.session, options.set = True, [f"detector1.{THRESHOLD}=9"]
    assert headless.run_program(options) == 0
    assert {plan.settings[THRESHOLD] for plan in plans_of(quick_engine, "detector1")} == {9.0}


def test_page_and_command_plan_the_same_runs(open_page, options, quick_engine):
    options.also = "sky"
    assert headless.run_program(options) == 0
    session = open_page()
    session.use_stage("sky")
    session.poll()
    ordered = {plan.key for job in quick_engine.made.values() for plan in job.plans}
    assert {plan.key for plan in session.plans} == ordered


def test_a_damaged_session_file_is_told_and_the_run_goes_on(options, small_program, quick_engine, capsys):
    small_program.workspace.mkdir(parents=True, exist_ok=True)
    (small_program.workspace / "session.json").write_text("{")
    options.session = True
    assert headless.run_program(options) == 0
    assert "session.json" in capsys.readouterr().out


@pytest.mark.parametrize(
    "change",
    ["detector1", "detector1.jump.rejection_threshold", "nothing.jump=3", "=", "detector1=5"],
)
def test_a_change_of_another_form_is_a_sentence(options, quick_engine, change):
    options.set = [change]
    with pytest.raises(ParameterError, match="write it like"):
        headless.run_program(options)
    assert not quick_engine.made


@pytest.mark.parametrize("value", ["many", "-1", "nan"])
def test_a_value_that_is_not_allowed_runs_nothing(options, quick_engine, value):
    options.set = [f"detector1.{THRESHOLD}={value}"]
    with pytest.raises(ParameterError):
        headless.run_program(options)
    assert not quick_engine.made


def test_a_stage_that_does_not_exist_runs_nothing(options, quick_engine):
    options.also = "skies"
    with pytest.raises(ParameterError, match="skies"):
        headless.run_program(options)
    assert not quick_engine.made


def test_a_stage_whose_inputs_are_missing_names_what_to_run_first(options, quick_engine):
    from miri_widgets.errors import EngineError

    options.stages = "image3"
    with pytest.raises(EngineError, match="image2 has no products"):
        headless.run_program(options)


def test_the_same_again_runs_nothing(options, quick_engine, capsys):
    assert headless.run_program(options) == 0
    assert headless.run_program(options) == 0
    assert len(quick_engine.made) == 1 and "nothing was run" in capsys.readouterr().out


def test_the_session_file_is_read_as_the_page_writes_it(open_page, small_program):
    session = open_page()
    session.models["detector1"].set({THRESHOLD: 7.0})
    session.close()
    kept = json.loads((small_program.workspace / "session.json").read_text())
    assert kept["settings"]["detector1"] == {THRESHOLD: 7.0}
