"""A dashboard of a few stages: nothing else takes part, is planned or is run."""

from dataclasses import replace

import numpy as np
import pytest
from astropy.io import fits

from miri_widgets.errors import ParameterError
from miri_widgets.models import SessionModel
from miri_widgets.models.program_chooser import FolderModel, OpeningModel
from miri_widgets.steps.stages import STAGES, chain_presets, stages_from


@pytest.fixture
def small(fakes, program):
    session = SessionModel(replace(program, chain=("detector1", "persistence")), fakes.fake_services(program))
    session.poll()
    yield session
    session.close()


def test_only_its_stages_take_part_and_optional_ones_from_the_start(small):
    assert small.chain == ("persistence", "detector1"), "in running order"
    assert {plan.stage for plan in small.plans} == {"persistence", "detector1"}
    for name in ("image3", "sky"):
        with pytest.raises(ParameterError, match="expected one of persistence"):
            small.use_stage(name)
    small.use_stage("persistence", False)
    small.poll()
    assert small.chain == ("detector1",)


def test_run_all_runs_only_them(small):
    engine = small.services.engine
    small.run_all()
    assert {plan.stage for job in engine.made.values() for plan in job.plans} == {"persistence", "detector1"}


@pytest.mark.parametrize(
    ("start", "chain"), [("cal", ("image3",)), ("rate", ("image2", "image3"))], ids=["cal", "rate"]
)
def test_stages_before_the_inputs_leave_the_chain(fakes, program, start, chain):
    for path in sorted(program.folders[0].glob("*_uncal.fits")):
        target = path.with_name(path.name.replace("uncal", start))
        with fits.open(path) as file:
            size = file["SCI"].shape[-2:]
            file["SCI"].data = np.ones(size, "f4")
            file.writeto(target)
    session = SessionModel(replace(program, start=start), fakes.fake_services(replace(program, start=start)))
    session.poll()
    assert session.chain == chain and {plan.stage for plan in session.plans} == set(chain)
    first = [plan for plan in session.plans if plan.stage == chain[0]]
    assert all(one.path.endswith(f"_{start}.fits") for plan in first for one in plan.inputs)
    session.use_stage("areas")
    session.poll()
    assert not session.refused and "areas" in {plan.stage for plan in session.plans}
    with pytest.raises(ParameterError):
        session.use_stage("persistence")
    session.close()


def test_a_chain_from_raw_exposures_has_every_stage():
    assert stages_from("uncal", STAGES) == tuple(stage.name for stage in STAGES)
    assert "detector1" not in stages_from("cal", STAGES)


def test_it_remembers_apart_from_the_full_dashboard(small, session):
    small.tab = "persistence"
    small.poll()
    assert small.memory_path.parent == session.memory_path.parent and small.memory_path != session.memory_path
    assert '"persistence"' in small.memory_path.read_text()
    session.poll()
    assert session.chain == ("detector1", "image2", "image3")


def test_a_name_that_does_not_exist_is_told(fakes, program):
    session = SessionModel(replace(program, chain=("detector1", "astrology")), fakes.fake_services(program))
    assert session.chain == ("detector1",) and "astrology" in session.messages.text
    session.close()


def test_the_same_settings_make_the_same_runs_as_in_the_full_dashboard(small, session):
    session.use_stage("persistence")
    session.poll()
    full = {plan.key for plan in session.plans if plan.stage in small.chain}
    assert {plan.key for plan in small.plans} == full


def test_presets_name_optional_stages():
    optional = [stage.name for stage in STAGES if stage.optional]
    for stages in chain_presets().values():
        assert list(stages) == [name for name in optional if name in stages]


def test_a_folder_is_entered_left_and_told(tmp_path):
    (tmp_path / "one").mkdir()
    (tmp_path / "one" / "x_uncal.fits").touch()
    model = FolderModel(tmp_path)
    try:
        assert model.value.folders == ("one",)
        model.enter("two")
        model.enter("one")
        assert model.value.path == (tmp_path / "one").resolve() and model.value.counts == {"uncal": 1}
        model.up()
        model.go("/nowhere of this name")
        assert "no folder /nowhere" in model.sentence and model.value is None
    finally:
        model.close()


def test_what_is_opened_is_found_again_by_another_page(tmp_path, monkeypatch):
    monkeypatch.setenv("MIRI_WIDGETS_DATA", str(tmp_path / "root"))
    (tmp_path / "data").mkdir()
    one = OpeningModel()
    one.open_folder(tmp_path / "data", preset="With sky from dithers")
    assert one.opened.is_file() and not one.sentence
    again = OpeningModel()
    assert [each.path for each in again.recent] == [one.opened]
    again.open_again(tmp_path / "elsewhere.toml")
    assert again.opened is None
    again.open_again(one.opened)
    assert again.opened == one.opened
    (tmp_path / "root" / "programs").rename(tmp_path / "gone")
    (tmp_path / "root" / "programs").write_text("")
    again.open_folder(tmp_path / "data")
    assert again.sentence
