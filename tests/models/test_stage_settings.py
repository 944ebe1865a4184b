"""Settings of all stages, of what presets, the program and the user say."""

from miri_widgets.models import SessionModel
from miri_widgets.settings import Source


def test_presets_per_filter(fakes, program):
    width = {"F770W": 2.4, "F1500W": 4.4}
    services = fakes.fake_services(
        program,
        presets=lambda stage, name: (
            {"tweakreg.kernel_fwhm": width[name], "resample.pixfrac": 0.8} if stage == "image3" else {}
        ),
    )
    session = SessionModel(program, services)
    session.poll()
    values = {plan.label: plan.settings for plan in session.plans if plan.stage == "image3"}
    assert values["trial_f770w"] == {"tweakreg.kernel_fwhm": 2.4, "resample.pixfrac": 0.8}
    assert values["trial_f1500w"] == {"tweakreg.kernel_fwhm": 4.4, "resample.pixfrac": 0.8}
    assert session.stages["image3"].settings["resample.pixfrac"] == 0.8
    session.close()


def test_the_user_outweighs_the_program_and_the_program_the_preset(fakes, tmp_path):
    program = fakes.fake_program(tmp_path, settings={"image3": {"resample.pixfrac": 0.7, "no.such": 1}})
    services = fakes.fake_services(program, presets=lambda stage, name: {"resample.pixfrac": 0.8})
    session = SessionModel(program, services)
    session.poll()
    image3 = session.stages["image3"]
    assert image3.settings["resample.pixfrac"] == 0.7
    assert image3.settings.layers[Source.PRESET] == {"resample.pixfrac": 0.8}
    assert "no.such" in session.messages.text
    image3.set({"resample.pixfrac": 0.6})
    session.rescan()
    session.poll()
    assert image3.settings["resample.pixfrac"] == 0.6
    image3.reset()
    assert image3.settings["resample.pixfrac"] == 0.7
    session.close()
