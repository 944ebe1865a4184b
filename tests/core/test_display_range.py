"""Black and white of an image, and whether they show it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from miri_widgets.core.display_range import difference_range, find_range, judge_range, middle_of, thinned


def field(level: float, *, sigma: float = 1.0) -> np.ndarray:
    return np.random.default_rng(3).normal(level, sigma, (80, 90)).astype(np.float32)


@given(level=st.floats(-100, 1000), sigma=st.floats(0.1, 50))
def test_the_range_of_an_image_shows_it(level, sigma):
    image = field(level, sigma=sigma)
    verdict = judge_range(image, *find_range(image))
    assert verdict.plain == ""
    assert verdict.middle == pytest.approx(level, abs=0.1 * sigma)


@given(shift=st.floats(-500, 500))
def test_the_range_follows_a_constant(shift):
    black, white = find_range(field(0.0).astype(float))
    moved = find_range(field(0.0).astype(float) + shift)
    np.testing.assert_allclose(moved, (black + shift, white + shift), atol=1e-6 * (1 + abs(shift)))


def test_the_range_of_another_filter_is_plain():
    assert judge_range(field(89.0), 3.0, 45.0).plain == "white"
    assert judge_range(field(5.0), 30.0, 45.0).plain == "black"
    assert judge_range(field(89.0), 3.0, 45.0).as_white == 1.0


def test_pixels_that_do_not_count_are_no_reason():
    image = field(40.0)
    image[:, :85] = np.nan
    black, white = find_range(field(40.0))
    assert judge_range(image, black, white).plain == ""
    assert np.isnan(find_range(np.full((4, 4), np.nan))).all()
    assert judge_range(np.full((4, 4), np.nan), 0, 1).plain == ""


def test_large_images_are_thinned_and_small_ones_are_whole():
    assert thinned(np.zeros((400, 500))).shape == (400, 500)
    assert thinned(np.zeros((1024, 1032)), 1_000_000).shape == (1024, 1032)
    assert 250_000 <= thinned(np.zeros((5000, 5000))).size < 400_000


@given(noise=st.floats(0.01, 10), level=st.floats(-0.3, 0.3), seed=st.integers(0, 9))
def test_differences_around_nothing_are_symmetric_about_nothing(noise, level, seed):
    pixels = np.random.default_rng(seed).normal(level * noise, noise, (60, 70))
    low, high = difference_range(pixels)
    assert low == -high
    assert np.mean(np.abs(pixels) <= high) == pytest.approx(0.995, abs=0.005)


def test_differences_far_from_nothing_are_symmetric_about_their_middle():
    pixels = np.random.default_rng(1).normal(-5.0, 0.02, (100, 100))
    low, high = difference_range(pixels)
    assert (low + high) / 2 == pytest.approx(-5.0, abs=1e-3) and 0.05 < high - low < 0.3


def test_a_few_changed_pixels_are_seen():
    pixels = np.zeros((300, 300))
    pixels[5, 5:9] = [1.0, -2.0, 3.0, 0.5]
    low, high = difference_range(pixels)
    assert low == -high and 2.5 < high <= 3.0


def test_no_difference_has_a_scale_all_the_same():
    assert difference_range(np.zeros((4, 4))) == (-1.0, 1.0)
    assert difference_range(np.full((4, 4), 2.0)) == (-2.0, 2.0)
    assert np.isnan(difference_range(np.full((4, 4), np.nan))).all()


def test_the_extremes_are_those_of_all_pixels():
    pixels = np.random.default_rng(2).normal(size=(1500, 1500))
    pixels[713, 1211], pixels[3, 5], pixels[9, 9] = 1e4, -2e4, np.nan
    assert find_range(pixels, method="min-max") == (-2e4, 1e4)


def test_zscale_is_that_of_astropy():
    from astropy.visualization import ZScaleInterval

    pixels = np.random.default_rng(3).normal(5.0, 0.1, (200, 200))
    pixels[50:60, 50:60] += 100
    low, high = find_range(pixels, method="zscale")
    assert (low, high) == pytest.approx(ZScaleInterval().get_limits(pixels))
    assert 4 < low < 5 < high < 6, "sources do not stretch it"


@given(level=st.floats(-5, 5))
def test_the_middle_is_the_level_of_the_sky(level):
    pixels = np.full((20, 20), level)
    pixels[:3] = np.nan
    pixels[5, :] = 1e3
    assert middle_of(pixels) == level
    assert np.isnan(middle_of(np.full((2, 2), np.nan)))
