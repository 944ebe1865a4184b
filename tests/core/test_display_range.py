"""Black and white of an image, and whether they show it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from miri_widgets.core.display_range import find_range, judge_range, thinned


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
