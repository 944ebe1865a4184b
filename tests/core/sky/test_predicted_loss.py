"""The predicted loss of extended light is the one that a sky made of the dithers takes."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from miri_widgets.core.sky.predicted_loss import faintest_found, offsets_on_the_sky, predicted_losses
from miri_widgets.core.sky.subtraction import subtract_sky
from miri_widgets.core.validation.extended import disc_kept, disc_profile
from tests.support import proof_cases as cases

SHAPE = (256, 256)
OFFSETS = np.array([[0, 0], [30, 5], [-12, 28], [-25, -17], [14, -31], [4, 60]], float)  # pixels


def exposures(radius, mean):
    """Dithers of one disc, without noise to speak of."""
    y, x = np.indices(SHAPE)
    made = []
    for index, (dx, dy) in enumerate(OFFSETS):
        planes = cases.exposure(index, shape=SHAPE, bad=0.0, offset=(dx, dy))
        disc = disc_profile(np.hypot(x + dx - 128, y + dy - 128), radius, mean)
        noise = np.random.default_rng(index).normal(0, 1e-4, SHAPE)
        made.append(planes.replace(sci=(5 + disc + noise).astype(np.float32)))
    return made


@pytest.mark.parametrize("radius", [14.0, 28.0])
@pytest.mark.parametrize("alone", [True, False])
def test_a_mean_of_the_dithers_takes_what_is_predicted(radius, alone):
    mean = 1e-3
    before = exposures(radius, mean)
    result = subtract_sky(
        before,
        mask_sources=False,
        leave_one_out=alone,
        clip_low=20,
        clip_high=20,
        min_separation=0,
        scaling="additive",
    )
    y, x = np.indices(SHAPE)
    kept = []
    for index, planes in enumerate(result.exposures):
        middle = 128 - OFFSETS[index]
        disc = disc_profile(np.hypot(x - middle[0], y - middle[1]), radius, mean)
        kept.append(disc_kept(planes.good, disc, planes.sci, *middle.tolist(), radius))
    (loss,) = predicted_losses(OFFSETS, radii=(radius,), leave_one_out=alone)
    assert 1 - np.nanmean(kept) == pytest.approx(loss.lost, abs=0.05)
    # of the smaller disc the others' holes lie in the ring: it gains a little
    assert (loss.lost > 0.05) == (radius > 20 or not alone)
    recorded = result.facts["predicted_loss"]
    assert list(recorded) == ["1", "3", "7", "15", "30"]
    assert sorted(recorded.values()) == list(recorded.values())


offsets = st.lists(st.tuples(st.floats(-20, 20), st.floats(-20, 20)), min_size=2, max_size=9).map(np.array)


@settings(deadline=None, max_examples=40)
@given(offsets)
def test_own_light_in_the_sky_costs_more_and_far_dithers_nothing(where):
    alone, own = (predicted_losses(where, leave_one_out=value) for value in (True, False))
    for one, other in zip(alone, own, strict=True):
        assert other.lost >= one.lost - 1e-9
        assert one.lost <= 1 + 1e-9


@pytest.mark.parametrize("number", [2, 5, 9])
def test_dithers_farther_apart_than_the_object_lose_nothing(number):
    turn = 2 * np.pi * np.arange(number) / number
    where = 1000 * np.column_stack([np.cos(turn), np.sin(turn)])
    assert [one.lost for one in predicted_losses(where)] == pytest.approx([0] * 5, abs=1e-9)


def test_one_pointing_loses_all_and_dithers_that_are_too_close_do_not_count():
    same = np.zeros((4, 2))
    assert all(one.lost == pytest.approx(1) for one in predicted_losses(same))
    assert all(np.isnan(one.lost) for one in predicted_losses(same, separation=0.4))


def test_offsets_are_true_arcseconds_across_the_meridian():
    found = offsets_on_the_sky([359.999, 0.001], [60.0, 60.0])
    assert np.ptp(found[:, 0]) == pytest.approx(3600 * 0.002 * 0.5, rel=1e-6)
    assert found.mean() == pytest.approx(0, abs=1e-9)


def test_more_dithers_find_fainter_light():
    assert faintest_found(2.5, 16) == pytest.approx(faintest_found(2.5, 4) / 2)
    assert faintest_found(5.0, 4) < faintest_found(2.5, 4)
