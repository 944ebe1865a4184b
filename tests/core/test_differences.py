"""Laws of the difference of two images."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from miri_widgets.core.differences import pixel_difference

IMAGES = arrays(np.float32, (5, 6), elements=st.floats(-100, 100, width=32))
FLAGS = arrays(np.uint32, (5, 6), elements=st.sampled_from([0, 1, 4, 5, 16]))


@settings(deadline=None)
@given(image=IMAGES, flags=FLAGS)
def test_an_image_does_not_differ_from_itself(image, flags):
    difference, numbers = pixel_difference(image, image, flags, flags)
    assert numbers.none and numbers.compared == np.isfinite(difference).sum() == (flags & 1 == 0).sum()


@settings(deadline=None)
@given(first=IMAGES, second=IMAGES, one=FLAGS, other=FLAGS)
def test_swapping_the_two_turns_every_sign(first, second, one, other):
    there, numbers = pixel_difference(first, second, one, other)
    back, turned = pixel_difference(second, first, other, one)
    np.testing.assert_array_equal(there, -back)
    assert (numbers.lost, numbers.won) == (turned.won, turned.lost)
    assert numbers.gained == turned.dropped and numbers.dropped == turned.gained
    assert numbers.changed == turned.changed and numbers.compared == turned.compared


@settings(deadline=None)
@given(image=IMAGES, place=st.integers(0, 29))
def test_unusable_pixels_do_not_count(image, place):
    worse = image.copy()
    worse.flat[place] = np.nan
    difference, numbers = pixel_difference(image, worse)
    assert (numbers.changed, numbers.lost, numbers.compared) == (0, 1, 29)
    assert np.isnan(difference.flat[place])


@settings(deadline=None)
@given(image=IMAGES, place=st.integers(0, 29), value=st.floats(1, 1e6))
def test_one_outlier_moves_the_largest_only(image, place, value):
    other = image.astype(np.float64)
    other.flat[place] += value
    _, numbers = pixel_difference(image, other)
    assert (numbers.median, numbers.sigma, numbers.changed) == (0.0, 0.0, 1)
    assert np.isclose(numbers.largest, value, rtol=1e-5)


def test_nothing_in_common_gives_no_number():
    _, numbers = pixel_difference(np.ones((2, 2)), np.full((2, 2), np.nan))
    assert numbers.compared == 0 and np.isnan(numbers.median) and np.isnan(numbers.largest)
