"""Values that belong together, taken with one click."""

import pytest

from miri_widgets.errors import ParameterError
from miri_widgets.models import SessionModel
from miri_widgets.panels.parts.form import Form
from miri_widgets.settings import Settings, Source
from miri_widgets.steps import declarations
from miri_widgets.steps.stages import all_stages

TITLE = "Fast pixel map"


@pytest.fixture
def session(fakes, program):
    """A session with the parameters of the installed pipeline."""
    services = fakes.fake_services(program, declare=declarations.declared)
    session = SessionModel(program, services)
    session.poll()
    yield session
    session.close()


@pytest.fixture
def model(session):
    return session.models["image3"]


def test_every_preset_holds_values_that_its_stage_takes_and_that_change_something():
    presets = [(stage, preset) for stage in all_stages() for preset in stage.named_presets]
    assert presets
    for stage, preset in presets:
        declared = declarations.declared(stage.name)
        values = dict(preset.values)
        assert Settings(declared, {Source.USER: values}).user == values
        settings = Settings(declared)
        assert all(settings.effective(name).value != value for name, value in values.items())
        assert not any(declarations.owned_reason(name) for name in values)


def test_a_click_takes_the_values_beside_those_of_the_user(model):
    model.set({"resample.pixfrac": 0.8})
    form = Form(model)
    assert not form.presets[TITLE].disabled and "acts" not in form.effects.value.split(":")[0]
    assert "2.4e-4 MJy/sr" in form.effects.value
    form.presets[TITLE].click()
    assert model.settings.user == {
        "resample.pixfrac": 0.8,
        "outlier_detection.pixmap_stepsize": 10.0,
        "outlier_detection.pixmap_order": 3,
        "resample.pixmap_stepsize": 10.0,
        "resample.pixmap_order": 3,
    }
    assert form.presets[TITLE].disabled and f"{TITLE} acts" in form.effects.value
    model.undo()
    assert model.settings.user == {"resample.pixfrac": 0.8} and not form.presets[TITLE].disabled
    form.close()


def test_a_value_that_differs_is_no_longer_the_preset(model):
    model.use_preset(TITLE)
    assert model.has_preset(TITLE)
    model.set({"resample.pixmap_order": 1})
    assert not model.has_preset(TITLE)


def test_a_preset_that_does_not_exist_is_a_sentence(session, model):
    with pytest.raises(ParameterError, match="the preset 'Slow' of image3; expected one of Fast pixel map"):
        model.use_preset("Slow")
    with pytest.raises(ParameterError, match="expected a stage with presets"):
        session.models["detector1"].use_preset(TITLE)


def test_other_stages_show_no_row(session):
    form = Form(session.models["detector1"])
    assert not form.presets and form.effects not in form.children
    form.close()
