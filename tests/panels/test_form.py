"""Controls of parameters: any text is accepted and shown, or answered with a sentence; what does not act says so."""

import pytest

from miri_widgets.models import SessionModel
from miri_widgets.panels.parts.form import Form
from miri_widgets.panels.parts.parameter_control import ParameterField
from miri_widgets.settings import Kind, Parameter
from miri_widgets.steps import declarations

AWKWARD = (
    "",
    " ",
    "text",
    "nan",
    "NaN",
    "inf",
    "1e400",
    "-1",
    "1,5",
    "3 sigma",
    " 7 ",
    "0x10",
    "1;2",
    "True",
)


@pytest.fixture
def session(fakes, program):
    """A session with the parameters of the installed pipeline."""
    services = fakes.fake_services(program, declare=declarations.declared)
    session = SessionModel(program, services)
    session.poll()
    yield session
    session.close()


@pytest.mark.parametrize("name", ["detector1", "sky", "grid", "image3"])
def test_no_text_stays_in_a_field_without_an_answer(session, name):
    model = session.models[name]
    for parameter in model.settings.declared:
        if declarations.owned_reason(parameter.name):
            continue
        field = ParameterField(model, parameter)
        for typed in (
            AWKWARD if not hasattr(field.control, "indent") and not hasattr(field.control, "options") else ()
        ):
            field.control.value = typed
            standing = field.control.value
            if parameter.name in model.unfinished:
                assert standing == typed and "Enter " in field.error.value, (parameter.name, typed)
                assert "None" not in field.error.value
            else:
                assert field.error.value == "" and parameter.entry_problem(standing) == "", (
                    parameter.name,
                    typed,
                )
                value = model.settings[parameter.name]
                assert standing == field.control.value and (value is not None or standing == ""), (
                    parameter.name,
                    typed,
                )
            model.reset(parameter.name)
        field.close()


def test_an_emptied_field_is_the_default_again(session):
    session.use_stage("sky")
    session.poll()
    model = session.models["sky"]
    form = Form(model)
    field = form.fields["clip_high"]
    field.control.value = "4,5"
    assert model.settings["clip_high"] == 4.5, "a decimal comma is understood"
    field.control.value = ""
    assert field.control.value == "3" and model.settings["clip_high"] == 3
    assert field.error.value == "" and not model.unfinished and model.settings.user == {}
    form.undo.click()
    assert field.control.value == "4.5"
    form.close()


def test_undo_and_reset_bring_the_value_back(session):
    session.use_stage("sky")
    session.poll()
    model = session.models["sky"]
    form = Form(model)
    field = form.fields["clip_high"]
    for take_back in (form.undo, form.reset, field.reset):
        field.control.value = "abc"
        assert (
            "abc&quot; is not a number. Enter 0.5–20 σ, or go back to the default with ↺."
            in field.error.value
        )
        assert not form.undo.disabled and not form.reset.disabled
        assert field.reset.layout.visibility == "visible"
        assert model.blockers() == [
            "What is entered for clip_high is not allowed: correct it, or take it back with Undo."
        ]
        take_back.click()
        assert field.control.value == "3" and field.error.value == "" and not model.unfinished
        assert form.undo.disabled and form.reset.disabled
    form.close()


def test_text_that_is_not_allowed_stays_while_another_value_is_changed(session):
    model = session.models["sky"]
    form = Form(model)
    form.fields["clip_high"].control.value = "abc"
    model.set({"clip_low": 5})
    assert form.fields["clip_high"].control.value == "abc" and form.fields["clip_high"].error.value
    form.undo.click()
    assert form.fields["clip_high"].control.value == "3" and model.settings["clip_low"] == 5
    form.close()


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("", "Nothing is entered. Enter 0.5–20 σ, or go back to the default with ↺."),
        ("abc", '"abc" is not a number. Enter 0.5–20 σ, or go back to the default with ↺.'),
        (
            "1,500",
            '"1,500" is not a number (write a decimal point). Enter 0.5–20 σ, or go back to the default with ↺.',
        ),
        ("30", '"30" is out of range. Enter 0.5–20 σ, or go back to the default with ↺.'),
        ("nan", '"nan" is not a number. Enter 0.5–20 σ, or go back to the default with ↺.'),
        ("4.5", ""),
        ("4,5", ""),
    ],
)
def test_the_sentence_names_what_was_typed_and_what_is_allowed(typed, sentence):
    parameter = Parameter("clip", Kind.FLOAT, 3.0, low=0.5, high=20, unit="sigma")
    assert parameter.entry_problem(typed) == sentence


def test_leave_one_out_is_grey_with_the_median_and_says_what_becomes_of_the_pixels(session):
    model = session.models["sky"]
    form = Form(model)
    field = form.fields["leave_one_out"]
    assert not field.control.disabled and field.remark.value == ""
    model.set({"method": "median"})
    assert field.control.disabled and "inactive" in field.badge.value
    assert "Does not act. Acts only when method is self; now method is median." in field.remark.value
    assert "exactly 0" in field.remark.value
    assert form.fields["clip_low"].control.disabled
    model.set({"method": "self"})
    assert not field.control.disabled and field.remark.value == ""
    form.close()


def test_what_grid_decides_is_no_preset(session):
    model = session.models["image3"]
    form = Form(model)
    field = form.fields["resample.pixel_scale"]
    assert not field.control.disabled
    session.use_stage("grid")
    assert field.control.disabled and "The stage Grid decides it." in field.remark.value
    assert "preset" not in field.badge.value and "inactive" in field.badge.value
    session.use_stage("grid", False)
    assert not field.control.disabled
    form.close()


def test_what_another_stage_needs_or_prefers_is_shown_with_its_value(session):
    model = session.models["image3"]
    form = Form(model)
    switch, minobj = form.fields["tweakreg.skip"], form.fields["tweakreg.minobj"]
    assert switch.control.value and not minobj.control.disabled
    session.use_stage("apply_shift")
    assert not switch.control.value and "chain" in switch.badge.value
    assert "Set by the stage Apply shifts unless you set it." in switch.remark.value
    assert minobj.control.disabled and "The step tweakreg is skipped." in minobj.remark.value
    switch.control.value = True
    assert model.settings.user == {"tweakreg.skip": False} and not minobj.control.disabled
    form.close()
    ramps = Form(session.models["detector1"])
    session.use_stage("showers")
    field = ramps.fields["save_calibrated_ramp"]
    assert field.control.value is True and field.control.disabled
    assert "The stage Showers needs it." in field.remark.value
    ramps.close()
