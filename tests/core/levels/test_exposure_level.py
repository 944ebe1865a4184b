"""Laws of the clipped level and of the histogram."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from miri_widgets.core.histogram import histogram
from miri_widgets.core.levels.exposure_level import clipped_level

seeds = st.integers(0, 2**32 - 1)
shifts = st.floats(-1e3, 1e3)
scales = st.floats(1e-3, 1e3)


def image(seed, shape=(24, 20)):
    return np.random.default_rng(seed).normal(10.0, 1.0, shape)


@settings(deadline=None, max_examples=40)
@given(seeds, shifts, scales)
def test_level_follows_shift_and_scale(seed, shift, scale):
    one, other = clipped_level(image(seed)), clipped_level(scale * image(seed) + shift)
    assert other.median == pytest.approx(scale * one.median + shift, rel=1e-9, abs=1e-6)
    assert other.sigma == pytest.approx(scale * one.sigma, rel=1e-6, abs=1e-6)


@settings(deadline=None, max_examples=40)
@given(seeds, st.sampled_from([np.nan, np.inf, -np.inf, 1e30]))
def test_masked_pixels_do_not_count(seed, value):
    data, good = image(seed), np.random.default_rng(seed).uniform(size=(24, 20)) < 0.7
    spoiled = np.where(good, data, value)
    assert clipped_level(spoiled, good) == clipped_level(data, good)
    one, other = histogram(spoiled, good), histogram(data, good)
    assert np.array_equal(one.counts, other.counts)
    assert np.array_equal(one.edges, other.edges)


@settings(deadline=None, max_examples=40)
@given(seeds, st.floats(1e2, 1e8))
def test_outliers_do_not_move_the_level(seed, value):
    data = image(seed)
    spoiled = data.copy()
    spoiled.flat[:: data.size // 20] = value
    assert abs(clipped_level(spoiled).median - clipped_level(data).median) < 0.2


def test_level_has_the_error_of_a_median():
    medians = [clipped_level(image(seed, (40, 40)), clip=20).median for seed in range(200)]
    expected = clipped_level(image(1, (40, 40)), clip=20).err
    assert np.std(medians) == pytest.approx(expected, rel=0.25)


@settings(deadline=None, max_examples=40)
@given(seeds, shifts, scales)
def test_histogram_counts_every_pixel_once_and_follows_shift(seed, shift, scale):
    found = histogram(scale * image(seed) + shift)
    assert found.counts.sum() + found.below + found.above == 480
    assert np.all(np.diff(found.edges) > 0)


def test_a_bright_star_does_not_stretch_the_histogram():
    data = image(3)
    width = np.ptp(histogram(data).edges)
    data[3, 4] = 1e7
    found = histogram(data)
    assert np.ptp(found.edges) < 10 * width
    assert found.above == 1


@pytest.mark.parametrize("data", [np.full((3, 3), np.nan), np.zeros((0, 0))])
def test_nothing_gives_nothing(data):
    assert clipped_level(data).count == 0
    assert np.isnan(clipped_level(data).err)
    assert histogram(data).counts.sum() == 0


def test_constant_image():
    level, found = clipped_level(np.full((4, 4), 7.0)), histogram(np.full((4, 4), 7.0))
    assert (level.median, level.sigma) == (7.0, 0.0)
    assert found.counts.sum() == 16
