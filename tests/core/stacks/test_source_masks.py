"""Laws of source masks."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from miri_widgets.core.stacks.source_masks import binned, robust_level, source_mask, unbinned
from miri_widgets.errors import ParameterError

seeds = st.integers(0, 2**32 - 1)
SHAPE = (60, 70)


def noise(seed, shape=SHAPE):
    return np.random.default_rng(seed).normal(0, 1, shape).astype(np.float32)


def star(x, y, peak, shape=SHAPE, fwhm=2.5):
    rows, columns = np.indices(shape)
    return peak * np.exp(-((columns - x) ** 2 + (rows - y) ** 2) * 4 * np.log(2) / fwhm**2)


@settings(deadline=None, max_examples=30)
@given(seeds, st.floats(5, 64), st.floats(5, 54), st.floats(10, 1e5))
def test_a_source_is_masked_with_its_surroundings(seed, x, y, peak):
    mask = source_mask(noise(seed) + star(x, y, peak), fwhm=2.5)
    rows, columns = np.indices(SHAPE)
    assert mask[np.hypot(columns - x, rows - y) < 4].all()


@settings(deadline=None, max_examples=30)
@given(seeds)
def test_noise_alone_is_hardly_masked(seed):
    mask = source_mask(noise(seed, (128, 128)), fwhm=2.5)
    assert mask.mean() < 0.2
    assert not source_mask(noise(seed, (128, 128)), fwhm=2.5, threshold=7).any()


@settings(deadline=None, max_examples=30)
@given(seeds, st.floats(-1e3, 1e3), st.floats(1e-3, 1e3))
def test_mask_does_not_depend_on_level_and_unit(seed, shift, scale):
    image = noise(seed) + star(30, 20, 200)
    one = source_mask(image, fwhm=2.5)
    other = source_mask((image * scale + shift * scale).astype(np.float32), fwhm=2.5)
    assert np.mean(one != other) < 0.03
    assert other[20, 30]


@settings(deadline=None, max_examples=30)
@given(seeds, st.sampled_from([np.nan, np.inf, -np.inf]))
def test_absent_pixels_do_not_count(seed, value):
    image = noise(seed) + star(30, 20, 200)
    absent = np.random.default_rng(seed).uniform(size=SHAPE) < 0.1
    one = source_mask(np.where(absent, np.nan, image), fwhm=2.5)
    other = source_mask(np.where(absent, value, image), fwhm=2.5)
    assert np.array_equal(one, other)


@settings(deadline=None, max_examples=20)
@given(seeds, st.floats(2, 5), st.floats(0, 3))
def test_more_growth_and_lower_thresholds_mask_more(seed, threshold, grow):
    image = noise(seed) + star(30, 20, 200)
    mask = source_mask(image, fwhm=2.5, threshold=threshold, grow=grow)
    wider = source_mask(image, fwhm=2.5, threshold=threshold, grow=grow + 1)
    lower = source_mask(image, fwhm=2.5, threshold=threshold - 0.5, grow=grow)
    assert not (mask & ~wider).any()
    # the tiers of bright sources are multiples of the threshold
    assert not (mask & ~lower).any()
    assert wider.sum() > mask.sum()


@settings(deadline=None, max_examples=20)
@given(seeds, st.integers(0, 59), st.integers(0, 69))
def test_mask_moves_with_the_image(seed, dy, dx):
    # away from the edges, where the smoothing sees no neighbours
    image = np.zeros((160, 170), np.float32)
    image[30:90, 30:100] = noise(seed) + star(30, 20, 300)
    image += noise(seed + 1, image.shape) * 0.5
    one = source_mask(image, fwhm=2.5)
    other = source_mask(np.roll(image, (dy, dx), (0, 1)), fwhm=2.5)
    inner = (slice(30 + 12, 90 - 12), slice(30 + 12, 100 - 12))
    moved = np.roll(other, (-dy, -dx), (0, 1))
    assert np.mean(one[inner] != moved[inner]) < 0.05


def test_brighter_sources_are_masked_further_out():
    sizes = [
        source_mask(noise(1, (120, 120)) + star(60, 60, p, (120, 120)), fwhm=2.5).sum()
        for p in (20, 200, 5000)
    ]
    assert sizes[0] < sizes[1] < sizes[2]


@pytest.mark.parametrize("image", [np.zeros((8, 8)), np.full((8, 8), np.nan), np.ones((1, 1))])
def test_nothing_stands_out_of_nothing(image):
    assert not source_mask(image, fwhm=2.5).any()


@pytest.mark.parametrize("fwhm", [0, -2, float("nan")])
def test_an_impossible_point_source_is_refused(fwhm):
    with pytest.raises(ParameterError, match="positive"):
        source_mask(np.zeros((8, 8)), fwhm=fwhm)


@settings(deadline=None, max_examples=30)
@given(seeds, st.integers(1, 9), st.integers(1, 9))
def test_binning_keeps_the_mean_and_the_place(seed, ny, nx):
    image = noise(seed, (ny, nx))
    small = binned(image)
    assert small.shape == ((ny + 1) // 2, (nx + 1) // 2)
    whole = small[: ny // 2, : nx // 2]
    if whole.size:
        assert whole.mean() == pytest.approx(image[: ny // 2 * 2, : nx // 2 * 2].mean(), abs=1e-5)
    assert np.isnan(small[ny // 2 :]).all()
    assert np.isnan(small[:, nx // 2 :]).all()
    mask = np.random.default_rng(seed).uniform(size=small.shape) < 0.5
    wide = unbinned(mask, (ny, nx))
    assert wide.shape == (ny, nx)
    assert np.array_equal(wide[::2, ::2], mask)


@settings(deadline=None, max_examples=30)
@given(seeds, st.floats(10, 1e6))
def test_level_is_robust(seed, value):
    values = np.random.default_rng(seed).normal(3, 1, 4000).astype(np.float32)
    spoiled = values.copy()
    spoiled[::10] = value
    every = np.ones(4000, bool)
    level, sigma = robust_level(spoiled, every)
    assert level == pytest.approx(robust_level(values, every)[0], abs=0.15)
    assert sigma == pytest.approx(1, abs=0.25)
    assert robust_level(spoiled, spoiled != value) == pytest.approx((level, sigma), abs=0.2)
    assert np.isnan(robust_level(values, ~every)).all()
