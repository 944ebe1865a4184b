"""Optional stages are taken in and left out; the chain stays content-named, and asks after harm."""

import pytest

from miri_widgets.errors import EngineError, ParameterError
from miri_widgets.models import SessionModel
from miri_widgets.run.records import Record, read_record, write_record
from miri_widgets.run.status_rows import RowState, StageState


def keys(session):
    return {name: [row.key for row in stage.rows] for name, stage in session.stages.items()}


def test_optional_stages_are_out_at_first_and_have_settings_all_the_same(session):
    assert list(session.stages) == ["detector1", "image2", "image3"]
    assert session.models["sky"].loaded
    assert "left out of the chain" in session.models["sky"].blockers()[0]


def test_a_stage_that_is_taken_in_changes_only_what_comes_after_it(session):
    before = keys(session)
    session.use_stage("sky")
    session.poll()
    after = keys(session)
    assert list(after) == ["detector1", "image2", "sky", "image3"]
    assert after["detector1"] == before["detector1"] and after["image2"] == before["image2"]
    assert not set(after["image3"]) & set(before["image3"])
    # sky makes one run per filter, with a product for each exposure
    assert [len(row.exposures) for row in session.stages["sky"].rows] == [2, 2]
    session.use_stage("sky", False)
    session.poll()
    assert keys(session) == before


def test_a_changed_setting_reruns_only_what_depends_on_it(session):
    for name in ("areas", "sky", "stripes"):
        session.use_stage(name)
    session.poll()
    before = keys(session)
    session.models["sky"].set({"clip_low": 2.5})
    session.poll()
    after = keys(session)
    assert [name for name in after if after[name] != before[name]] == ["sky", "stripes", "image3"]


def test_a_check_changes_nothing_behind_it(session):
    before = keys(session)
    session.use_stage("rates")
    session.poll()
    after = keys(session)
    assert {name: after[name] for name in before} == before and after["rates"]


def test_masks_of_all_exposures_go_into_every_detector1_run(session):
    session.use_stage("persistence")
    session.poll()
    plans = {plan.label: plan for plan in session.plans if plan.stage == "detector1"}
    (masks,) = (plan for plan in session.plans if plan.stage == "persistence")
    assert len(masks.exposures) == 4, "of all filters together"
    for root, plan in plans.items():
        assert plan.depends == (masks.key,)
        (companion,) = (one for one in plan.inputs if one.parameter)
        assert companion.product == f"{root}_dqmask.fits"
        assert companion.parameter == "dq_init.user_supplied_dq"
    with pytest.raises(ParameterError, match="left out"):
        session.use_stage("detector1", False)


def test_showers_ask_detector1_to_keep_its_ramps(session):
    session.use_stage("showers")
    session.poll()
    first = next(plan for plan in session.plans if plan.stage == "detector1")
    assert first.settings["save_calibrated_ramp"] is True
    shower = next(plan for plan in session.plans if plan.stage == "showers")
    assert shower.inputs[0].product.endswith("_ramp.fits")
    image2 = next(plan for plan in session.plans if plan.stage == "image2")
    assert image2.inputs[0].stage == "showers"


def test_the_chain_is_remembered(session, program, fakes):
    session.use_stage("sky")
    session.poll()
    session.close()
    again = SessionModel(program, fakes.fake_services(program))
    again.poll()
    assert "sky" in again.chain
    again.close()


def test_a_choice_before_the_session_is_restored_is_not_lost(session, program, fakes):
    session.close()
    again = SessionModel(program, fakes.fake_services(program))
    again.use_stage("stripes")
    again.poll()
    assert "stripes" in again.chain
    again.close()


def test_the_programs_file_names_stages(fakes, tmp_path):
    program = fakes.fake_program(tmp_path, stages=("stripes", "astrology"))
    session = SessionModel(program, fakes.fake_services(program))
    assert "stripes" in session.chain and "astrology" not in session.chain
    assert "astrology" in session.messages.text
    session.close()


def harm(session, engine, key, stage):
    """Let a run tell that it did harm."""
    folder = engine.workspace.run_folder(stage, key)
    record = read_record(folder)
    proof = {"verdict": "harm", "sentences": ["Fluxes of added sources change by -7 %."]}
    write_record(
        folder,
        Record(
            record.key,
            record.stage,
            record.label,
            products=record.products,
            facts={"report": {"proof": proof}},
        ),
    )


def run_to_sky(session, engine):
    session.use_stage("sky")
    session.poll()
    session.run("detector1", "image2", "sky")
    engine.finish()
    for plan in session.plans:
        if plan.stage == "sky":
            harm(session, engine, plan.key, "sky")
    session.poll()


def test_the_chain_waits_for_a_word_after_harm(session, engine):
    run_to_sky(session, engine)
    sky, image3 = session.stages["sky"], session.stages["image3"]
    assert sky.state == StageState.NEEDS_CONFIRMATION
    assert all("-7 %" in row.harm for row in sky.rows)
    assert "did harm" in image3.blockers()[0]
    with pytest.raises(EngineError, match="did harm"):
        image3.run()
    for row in sky.rows:
        session.accept(row.key)
    session.poll()
    assert sky.state == StageState.DONE and not image3.blockers()
    image3.run()


def test_other_settings_are_asked_about_again(session, engine):
    run_to_sky(session, engine)
    sky = session.stages["sky"]
    for row in sky.rows:
        session.accept(row.key)
    sky.set({"clip_low": 2.0})
    session.poll()
    sky.run()
    engine.finish()
    for row in sky.rows:
        harm(session, engine, row.key, "sky")
    session.touch()
    session.poll()
    assert {row.state for row in sky.rows} == {RowState.DONE}
    assert sky.state == StageState.NEEDS_CONFIRMATION


def test_a_simulated_program_that_was_not_made_says_how(monkeypatch, tmp_path, repository):
    from miri_widgets.products.program import load_program
    from miri_widgets.run.service_wiring import real_services

    monkeypatch.setenv("MIRI_WIDGETS_DATA", str(tmp_path))
    program = load_program(repository / "dashboards" / "artefacts.toml")
    session = SessionModel(program, real_services(program))
    session.poll()
    blockers, problems, wanted = session.programs.blockers(), session.programs.problems, session.twin.wanted
    session.close()
    assert "press Make the simulated twin" in blockers[0]
    assert "run `miri-widgets demo --program artefacts`" in blockers[0]
    assert problems == () and wanted


def test_a_step_with_nothing_to_do_is_a_blocker_of_its_own_and_the_others_run(session, engine):
    session.use_stage("apply_shift")
    session.poll()
    apply_shift, image3 = session.models["apply_shift"], session.models["image3"]
    assert session.models["detector1"].blockers() == []
    assert "nothing to apply" in apply_shift.blockers()[0] and "take shifts in" in apply_shift.blockers()[0]
    assert "image3 has to wait for apply_shift" in image3.blockers()[0]
    assert {apply_shift.state, image3.state} == {StageState.BLOCKED}
    assert session.trouble == ""
    with pytest.raises(EngineError, match="nothing to apply"):
        apply_shift.run()
    session.run_all()
    assert "nothing to apply" in session.messages.text, "a mosaic that will be missing is told at once"
    assert {plan.stage for plan in engine.made["job1"].plans} == {"detector1", "image2"}
    engine.finish()
    session.poll()
    assert session.models["image2"].state == StageState.DONE
    with pytest.raises(EngineError, match="nothing to apply"):
        session.run_all()


@pytest.mark.parametrize("way", ["numbers", "shifts", "leave out"])
def test_doing_what_the_blocker_says_unblocks_it(session, way):
    session.use_stage("apply_shift")
    session.poll()
    if way == "numbers":
        session.models["apply_shift"].set({"dx": 0.1})
    elif way == "shifts":
        session.use_stage("shifts")
    else:
        session.use_stage("apply_shift", False)
    session.poll()
    assert session.refused == {}
    assert session.models["image3"].rows
    session.run_all()
    assert session.messages.text == ""


def test_code_of_a_stage_that_takes_no_exposure_is_empty(session):
    assert session.code("detector1") and session.code("sky") == ""


def test_a_script_and_a_notebook_of_the_runs_up_to_a_stage_are_written_and_replaced(session):
    paths = session.export("image2")
    assert [path.name for path in paths] == ["trial_image2.py", "trial_image2.ipynb"]
    assert paths[0].parent == session.program.workspace / "exports"
    assert session.script("image2") == paths[0].read_text() != session.script()
    assert session.notebook("image2") == paths[1].read_text() != session.notebook()
    assert session.export("image2") == paths
    assert [path.name for path in session.export()] == ["trial.py", "trial.ipynb"]
