"""What the pipeline leaves in: each artefact is in the ramps as its truth says, and nowhere when it is off."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from miri_widgets.simulation import PROGRAMS, load_truth, simulate
from miri_widgets.simulation.effects import Effects
from miri_widgets.simulation.instrument import FILTERS
from miri_widgets.simulation.plan import duration_seconds, planned_exposures
from miri_widgets.simulation.program import ProgramField
from miri_widgets.simulation.ramp_artefacts import (
    TRAP_SECONDS,
    Shower,
    level_factor,
    ramp_artefacts,
)
from miri_widgets.simulation.ramps import expose
from miri_widgets.simulation.scene import build_catalog, render

_STARS = ProgramField(stars=25, flux_min=1000.0, flux_max=3e5, flux_slope=1.01, separation=3.0, galaxies=0)


def _program(*names, **changes):
    """A program without noise and with a linear detector: only `names`."""
    effects = Effects().only("sky", "saturation", *names)
    start = PROGRAMS["small"].replace(effects=effects, field=_STARS, ngroups=20, nints=1)
    return start.replace(**{"tiles": start.tiles[:1], **changes})


def _left(program, index=0):
    exposure, catalog = planned_exposures(program)[index], build_catalog(program)
    scene = render(
        program, catalog, exposure.filter, exposure.true, sky_factor=level_factor(program, exposure)
    )
    return ramp_artefacts(program, exposure, catalog, scene), scene


def _ramps(program, left, scene, effects=None):
    rng = np.random.default_rng(1)
    effects = effects or program.effects
    return expose(scene.rate, program.window, program.ngroups, program.nints, effects, rng, left).data.astype(
        float
    )


def _slope(program, data):
    return (data[0, -1] - data[0, 0]) / ((program.ngroups - 1) * program.window.frame_time)


@pytest.mark.parametrize(
    ("effect", "image"), [("stripes", "stripes"), ("pullupdown", "pullupdown"), ("warm_pixels", "warm")]
)
def test_slopes_gain_what_the_truth_says(effect, image):
    program = _program(effect)
    left, scene = _left(program)
    gained = _slope(program, _ramps(program, left, scene)) - _slope(program, _ramps(program, None, scene))
    truth = getattr(left, image)
    assert np.std(truth) > 0.05
    unsaturated = scene.rate < 1000
    # both ends of both ramps are rounded to whole DN
    step = 2 / ((program.ngroups - 1) * program.window.frame_time)
    assert np.abs(gained - truth)[unsaturated].max() <= step
    others = {"stripes", "pullupdown", "warm", "trapped"} - {image}
    assert not any(np.any(getattr(left, other)) for other in others)
    assert left.showers == ()


def test_without_artefacts_there_are_none():
    for name in ("small", "demo", "sub64"):
        program = PROGRAMS[name]
        assert ramp_artefacts(program, planned_exposures(program)[1], None, None) is None
        assert level_factor(program, planned_exposures(program)[1]) == 1.0


def test_all_are_on_in_the_program_of_artefacts():
    effects = PROGRAMS["artefacts"].effects
    assert all(getattr(effects, name) for name in Effects.names())


def test_stripes_change_and_warm_pixels_stay():
    program = _program("stripes", "warm_pixels")
    first, second = _left(program)[0], _left(program, 1)[0]
    assert not np.array_equal(first.stripes, second.stripes)
    assert np.array_equal(first.warm, second.warm)
    assert 0.001 < np.mean(first.warm > 0) < 0.006


def test_pull_up_and_down_need_a_star_that_saturates():
    program = _program("pullupdown")
    assert np.any(_left(program)[0].pullupdown)
    faint = program.replace(field=ProgramField(stars=25, flux_min=1.0, flux_max=100.0, galaxies=0))
    assert not np.any(_left(faint)[0].pullupdown)


def test_trapped_charge_comes_back_in_later_exposures_and_decays():
    program = _program("persistence", dithers=((0.0, 0.0), (1.6, -1.2), (-1.1, 1.4)), nints=2)
    first, second, third = (_left(program, index)[0] for index in range(3))
    assert not np.any(first.trapped)
    assert first.trapping.max() > 500
    where = np.unravel_index(np.argmax(first.trapping), first.trapping.shape)
    planned = planned_exposures(program)
    duration = duration_seconds(program)
    length = program.ngroups * program.window.frame_time
    for left, index in ((second, 1), (third, 2)):
        elapsed = (planned[index].start_mjd - planned[0].start_mjd) * 86400
        ends = np.array([length, duration])
        expected = first.trapping[where] * np.exp(-(elapsed - ends) / TRAP_SECONDS).sum()
        assert left.trapped[where] >= 0.999 * expected
    assert third.trapped[where] < second.trapped[where] + third.trapping.max()
    assert np.median(second.trapped) == 0


def test_released_charge_is_what_was_trapped():
    program = _program("persistence", ngroups=400)
    left, _ = _left(program, 1)
    window = program.window
    released = sum(left.arriving(window, program.ngroups, 0, group) for group in range(program.ngroups))
    seconds = program.ngroups * window.frame_time
    np.testing.assert_allclose(released, left.persistence(seconds) * seconds, rtol=1e-3, atol=1e-3)
    np.testing.assert_allclose(
        released, left.trapped * (1 - np.exp(-seconds / TRAP_SECONDS)), rtol=1e-3, atol=1e-3
    )
    assert released.max() > 50


def test_after_images_are_in_the_ramps():
    program = _program("persistence")
    left, scene = _left(program, 1)
    gained = _ramps(program, left, scene)[0, -1] - _ramps(program, None, scene)[0, -1]
    free = (left.trapped > 0.5 * left.trapped.max()) & (scene.rate < 500)
    assert free.sum() > 0
    seconds = program.ngroups * program.window.frame_time
    np.testing.assert_allclose(gained[free], (left.persistence(seconds) * seconds)[free], atol=1.1)


def test_an_integration_feels_the_one_before():
    program = _program("persistence", nints=2)
    left, _ = _left(program)
    window = program.window
    assert not np.any(left.arriving(window, program.ngroups, 0, 5))
    assert np.array_equal(left.arriving(window, program.ngroups, 1, 0) > 0, left.trapping > 0)


def test_showers_begin_in_their_group_and_fade():
    program = _program("showers")
    left, scene = _left(program)
    data, plain = _ramps(program, left, scene), _ramps(program, None, scene)
    shower = left.showers[0]
    difference = (data - plain)[0]
    row, column = round(shower.y), round(shower.x)
    assert not np.any(difference[: shower.group])
    assert difference[shower.group].max() > 2
    steps = np.diff(difference[shower.group - 1 :], axis=0)[:, row, column]
    assert np.all(np.diff(steps) <= 1)
    end = shower.image(program.window.shape)
    assert 0.01 < np.mean(end > 0) < 0.4
    assert end.max() == pytest.approx(shower.amplitude, rel=0.01)


@settings(deadline=None, max_examples=30)
@given(group=st.integers(0, 30), amplitude=st.floats(1, 1e3))
def test_a_shower_arrives_completely(group, amplitude):
    shower = Shower(0, group, 20.0, 20.0, 8.0, 5.0, 0.3, amplitude)
    shares = [shower.share(later) for later in range(group + 100)]
    assert sum(shares) == pytest.approx(1.0, rel=1e-6)
    assert not any(shares[:group]) and np.all(np.diff(shares[group:]) < 0)
    assert shower.image((40, 40)).max() == pytest.approx(amplitude, rel=1e-5)


def test_sky_pattern_scales_with_the_level():
    program = _program("sky_pattern", field=ProgramField(stars=0, galaxies=0))
    catalog, pointing = build_catalog(program), planned_exposures(program)[0].true
    images = [
        render(program, catalog, "F560W", pointing, sky_factor=factor).rate.astype(float)
        for factor in (1.0, 2.0)
    ]
    np.testing.assert_allclose(images[1], 2 * images[0], rtol=1e-6)
    assert 0.001 < images[0].std() / images[0].mean() < 0.05


def test_level_follows_the_public_programs():
    program = _program("level_drift", dithers=tuple((0.1 * i, 0.0) for i in range(5)))
    factors = [level_factor(program, exposure) for exposure in planned_exposures(program)]
    assert factors[0] / factors[-1] == pytest.approx(1.25, abs=0.02)
    assert _left(program, 0)[1].sky == pytest.approx(FILTERS["F560W"].sky * factors[0])


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    program = PROGRAMS["artefacts"].replace(
        subarray="SUB256", filters=("F560W",), ngroups=6, dithers=((0.0, 0.0), (1.6, -1.2))
    )
    return simulate(program, tmp_path_factory.mktemp("artefacts"), processes=1)


def test_truth_file_holds_the_artefacts(made):
    truth = load_truth(made.truth)
    program = made.program
    for index, (name, exposure) in enumerate(truth.exposures.items()):
        images = truth.artefacts(name)
        assert set(images) == {"stripes", "pullupdown", "warm", "persistence", "showers"}
        left = _left(program, index)[0]
        np.testing.assert_array_equal(images["stripes"], left.stripes)
        np.testing.assert_array_equal(images["persistence"], left.persistence(duration_seconds(program)))
        assert exposure.showers == left.showers
        assert exposure.sky_factor == level_factor(program, planned_exposures(program)[index])
        total = sum(shower.image(program.window.shape) for shower in exposure.showers)
        np.testing.assert_allclose(images["showers"], total, rtol=1e-6)


def test_artefacts_do_not_depend_on_the_exposures_made_before(made):
    backwards = [_left(made.program, index)[0] for index in (1, 0)][::-1]
    forwards = [_left(made.program, index)[0] for index in (0, 1)]
    for one, other in zip(forwards, backwards, strict=True):
        assert one.showers == other.showers
        for name in ("stripes", "pullupdown", "warm", "trapped", "trapping"):
            assert getattr(one, name).tobytes() == getattr(other, name).tobytes()
    assert np.any(forwards[1].trapped)
