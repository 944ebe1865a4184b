"""Laws of robust means over exposures, and of the planes on disk that feed them."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from miri_widgets.core.stacks.clipped_mean import clipped_mean, clipped_means_of_others, median_stack

seeds = st.integers(0, 2**32 - 1)
numbers = st.integers(1, 13)


def samples(seed, n=9, npix=120, absent=0.2, wild=0.03):
    rng = np.random.default_rng(seed)
    values = rng.normal(5.0, 1.0, (n, npix)).astype(np.float32)
    values[rng.uniform(size=values.shape) < wild] = 60.0
    values[rng.uniform(size=values.shape) < absent] = np.nan
    return values


@settings(deadline=None, max_examples=40)
@given(seeds, numbers, st.floats(1.0, 5.0), st.floats(1.0, 5.0), st.sampled_from([0.0, 0.5]))
def test_mean_of_others_is_the_mean_without_oneself(seed, n, low, high, noise):
    values = samples(seed, n)
    others, everything = clipped_means_of_others(values, low=low, high=high, noise=noise)
    options = {"low": low, "high": high, "noise": noise}
    np.testing.assert_allclose(everything.mean, clipped_mean(values, **options).mean, rtol=1e-5)
    for index in range(n):
        if n > 1:
            alone = clipped_mean(np.delete(values, index, axis=0), **options).mean
            np.testing.assert_allclose(others[index], alone, rtol=2e-5)
        else:
            assert np.isnan(others).all()


@settings(deadline=None, max_examples=30)
@given(seeds, st.randoms(use_true_random=False))
def test_order_of_exposures_does_not_move_a_bit(seed, random):
    values = samples(seed)
    order = list(range(len(values)))
    random.shuffle(order)
    (one, all_one), (other, all_other) = (
        clipped_means_of_others(values),
        clipped_means_of_others(values[order]),
    )
    assert np.array_equal(one[order], other, equal_nan=True)
    assert all_one.mean.tobytes() == all_other.mean.tobytes()
    assert all_one.var.tobytes() == all_other.var.tobytes()
    assert median_stack(values).mean.tobytes() == median_stack(values[order]).mean.tobytes()


@settings(deadline=None, max_examples=30)
@given(seeds, st.floats(-100, 100), st.floats(0.1, 50))
def test_mean_follows_shift_and_scale(seed, shift, scale):
    values = samples(seed, absent=0.1)
    one = clipped_mean(values, noise=0.3)
    other = clipped_mean(
        (values * np.float32(scale) + np.float32(shift)).astype(np.float32), noise=0.3 * scale
    )
    # a sample on the edge of the clip may fall to either side by rounding
    same = one.count == other.count
    assert same.mean() > 0.98
    size = abs(shift) + 10 * scale
    np.testing.assert_allclose(other.mean[same], one.mean[same] * scale + shift, atol=2e-5 * size)
    np.testing.assert_allclose(other.var[same], one.var[same] * scale**2, rtol=0.02, atol=1e-7 * size**2)


@settings(deadline=None, max_examples=30)
@given(seeds, st.integers(1, 4))
def test_absent_samples_do_not_count(seed, more):
    values = samples(seed)
    padded = np.concatenate([values, np.full((more, values.shape[1]), np.nan, np.float32)])
    for name in ("mean", "var", "count"):
        one, other = getattr(clipped_mean(values), name), getattr(clipped_mean(padded), name)
        assert np.array_equal(one, other, equal_nan=True)
    others, everything = clipped_means_of_others(padded)
    np.testing.assert_allclose(others[-1], everything.mean, rtol=1e-6)


@settings(deadline=None, max_examples=30)
@given(seeds, st.floats(1e2, 1e6), st.sampled_from([-1, 1]))
def test_an_outlier_does_not_move_the_mean(seed, value, sign):
    values = samples(seed, n=10, absent=0, wild=0)
    spoiled = values.copy()
    spoiled[3] = sign * value
    clean = clipped_mean(np.delete(values, 3, axis=0), noise=1.0)
    with_outlier = clipped_mean(spoiled, noise=1.0)
    # a second sample near the clip may go with it: no further than one standard deviation
    assert np.abs(with_outlier.mean - clean.mean).max() < 1.0
    assert with_outlier.count.max() <= 9


def test_mean_is_unbiased_and_knows_its_error():
    values = samples(1, n=10, npix=40000, absent=0, wild=0)
    stack = clipped_mean(values, noise=1.0)
    error = stack.mean - 5.0
    assert abs(error.mean()) < 4 * error.std() / 200
    assert np.mean(error**2) == pytest.approx(np.mean(stack.var), rel=0.04)
    # clipping three standard deviations costs little: the best possible is 0.1
    assert np.mean(error**2) < 0.103


def test_defect_asymmetric_clip_biases_low():
    values = samples(2, n=10, npix=20000, absent=0, wild=0)
    plain = clipped_mean(values, low=3, high=1, noise=1.0).mean - 5.0
    symmetric = clipped_mean(values, noise=1.0).mean - 5.0
    assert plain.mean() < -0.1
    assert abs(symmetric.mean()) < 0.01


@settings(deadline=None, max_examples=30)
@given(seeds, numbers)
def test_median_is_the_median(seed, n):
    values = samples(seed, n, absent=0.3)
    known = np.isfinite(values).any(axis=0)
    found = median_stack(values)
    np.testing.assert_allclose(found.mean[known], np.nanmedian(values[:, known], axis=0), rtol=1e-6)
    assert np.isnan(found.mean[~known]).all()
    assert np.array_equal(found.count, np.isfinite(values).sum(axis=0))


@pytest.mark.parametrize("least", [1, 2, 4])
def test_too_few_samples_give_nothing(least):
    values = samples(3, n=5, absent=0.5, wild=0)
    others, _ = clipped_means_of_others(values, least=least)
    number = np.isfinite(values).sum(axis=0) - np.isfinite(values)
    assert np.isnan(others[number < least]).all()
    assert np.isfinite(others[number >= least + 2]).all()


def test_inputs_are_not_modified():
    values = samples(4)
    before = values.tobytes()
    clipped_mean(values), clipped_means_of_others(values), median_stack(values)
    assert values.tobytes() == before
