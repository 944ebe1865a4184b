"""Every effect can be switched, and its switch changes the raw data."""

import numpy as np
import pytest

from miri_widgets.errors import ParameterError
from miri_widgets.simulation.effects import Effects
from miri_widgets.simulation.instrument import SUBARRAYS
from miri_widgets.simulation.plan import planned_exposures
from miri_widgets.simulation.programs import PROGRAMS
from miri_widgets.simulation.ramps import expose
from miri_widgets.simulation.scene import build_catalog, render

_OF_THE_POINTING = ("pointing_error", "dither_error", "velocity_aberration")


def test_without_and_only_are_opposites():
    assert Effects().without("dark").dark is False
    assert Effects().only("dark") == Effects().without(*(name for name in Effects.names() if name != "dark"))


def test_artefacts_are_off_until_they_are_asked_for():
    assert set(Effects.artefacts()) > set(Effects.ramp_artefacts())
    assert not any(getattr(Effects(), name) for name in Effects.artefacts())
    assert Effects().also("stripes") == Effects().also("stripes", "stripes") != Effects()
    assert Effects().also("stripes").without("stripes") == Effects()
    with pytest.raises(ParameterError, match="gravity"):
        Effects().also("gravity")


def test_unknown_effect_is_refused():
    with pytest.raises(ParameterError, match="gravity"):
        Effects().without("gravity")


def _data(subarray, effects):
    rng = np.random.default_rng(5)
    window = SUBARRAYS[subarray]
    rate = np.full(window.shape, 30.0, np.float32)
    rate[40:44, 30:34] = 4e5 if subarray != "FULL" else 4e4
    return expose(rate, window, 5, 2, effects, rng).data


@pytest.fixture(scope="module")
def complete():
    return _data("SUB64", Effects())


@pytest.mark.parametrize(
    "name",
    [
        name
        for name in Effects.names()
        if name not in (*_OF_THE_POINTING, "sky", "flat", "coronagraphs", "reference_drift", "cosmic_rays")
        and name not in Effects.artefacts()
    ],
)
def test_detector_effect_changes_the_ramps(name, complete):
    assert not np.array_equal(_data("SUB64", Effects().without(name)), complete)


@pytest.mark.parametrize("name", ["reference_drift", "cosmic_rays"])
def test_full_frame_effect_changes_the_ramps(name):
    quiet = Effects().only()
    window = SUBARRAYS["FULL"]
    rate = np.zeros(window.shape, np.float32)
    plain = expose(rate, window, 2, 1, quiet, np.random.default_rng(1)).data
    loud = expose(rate, window, 2, 1, quiet.only(name), np.random.default_rng(1)).data
    assert not np.array_equal(plain, loud)


@pytest.mark.parametrize("name", ["sky", "flat", "coronagraphs"])
def test_optical_effect_changes_the_scene(name):
    program = PROGRAMS["sub64"]
    catalog, pointing = build_catalog(program), planned_exposures(program)[0].true
    without = program.replace(effects=program.effects.without(name))
    changed = render(without, catalog, "F560W", pointing).rate
    assert not np.array_equal(changed, render(program, catalog, "F560W", pointing).rate)


@pytest.mark.parametrize("name", _OF_THE_POINTING)
def test_pointing_effect_changes_the_pointing(name):
    program = PROGRAMS["small"]
    without = program.replace(effects=program.effects.without(name))
    assert planned_exposures(without)[1].true != planned_exposures(program)[1].true


def test_nothing_switched_on_leaves_the_pedestal():
    data = _data("SUB64", Effects().only())
    window = SUBARRAYS["SUB64"]
    rng = np.random.default_rng(5)
    dark = expose(np.zeros(window.shape, np.float32), window, 5, 2, Effects().only(), rng).data
    assert np.all(dark == 12100)
    assert np.all(np.diff(data.astype(int), axis=1) >= 0)
