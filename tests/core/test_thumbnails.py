"""Block means and a common scaling: laws."""

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given
from hypothesis.extra.numpy import arrays

from miri_widgets.core.thumbnails import Spread, Stretch, block_means, common_stretch, spread_of

IMAGES = arrays(
    np.float32, st.tuples(st.integers(1, 20), st.integers(1, 20)), elements=st.floats(-64, 64, width=32)
)


@given(IMAGES, st.integers(1, 7), st.data())
def test_blocks_are_the_means_of_their_good_pixels(image, factor, data):
    good = data.draw(arrays(bool, image.shape))
    found = block_means(image, good, factor)
    assert found.shape == tuple(-(-size // factor) for size in image.shape)
    for y, x in np.ndindex(found.shape):
        block = np.s_[y * factor : (y + 1) * factor, x * factor : (x + 1) * factor]
        values = image[block][good[block]]
        expected = values.mean(dtype=float) if values.size else np.nan
        np.testing.assert_allclose(found[y, x], expected, atol=1e-4)


@given(IMAGES, st.floats(-1e3, 1e3, width=32))
def test_bad_pixels_do_not_count_whatever_they_hold(image, rubbish):
    good = np.indices(image.shape).sum(axis=0) % 2 == 0
    other = np.where(good, image, np.float32(rubbish))
    np.testing.assert_array_equal(block_means(image, good, 3), block_means(other, good, 3))
    holed = np.where(good, image, np.nan)
    np.testing.assert_array_equal(block_means(image, good, 3), block_means(holed, np.ones_like(good), 3))


SPREADS = st.lists(
    st.builds(
        lambda low, a, b: Spread(low, low + a, low + a + b),
        st.floats(-100, 100),
        st.floats(0.1, 10),
        st.floats(1, 100),
    ),
    min_size=1,
    max_size=9,
)


@given(SPREADS, st.floats(0.01, 100), st.floats(-100, 100), st.randoms())
def test_the_scaling_follows_unit_and_offset_and_knows_no_order(spreads, scale, offset, random):
    one = common_stretch(spreads)
    moved = [Spread(*(scale * value + offset for value in (s.low, s.middle, s.high))) for s in spreads]
    random.shuffle(moved)
    other = common_stretch(moved)
    size = scale * (one.high - one.low) + abs(offset)
    assert other.low == pytest.approx(scale * one.low + offset, abs=1e-6 * size)
    assert other.high == pytest.approx(scale * one.high + offset, abs=1e-6 * size)
    assert one.low < one.high and 0 < one.soft <= one.high - one.low


@given(SPREADS.filter(lambda some: len(some) >= 3), st.floats(-1e6, 1e6))
def test_one_spoilt_exposure_does_not_stretch_the_others(spreads, level):
    found = common_stretch([*spreads, Spread(level, level + 1, level + 1e7)])
    assert found.low >= min(one.low for one in spreads)
    assert found.high <= max(one.high for one in spreads)


def test_faint_and_bright_tiles_are_both_within():
    faint, bright = Spread(1.0, 2.0, 9.0), Spread(50.0, 60.0, 90.0)
    for spreads in ([faint, bright], [faint] * 4 + [bright] * 4):
        found = common_stretch(spreads)
        assert (found.low, found.high) == (1.0, 90.0)


def test_nothing_to_scale_and_a_constant_give_a_usable_scaling():
    nothing = spread_of(np.full((3, 3), np.nan))
    assert np.isnan(nothing.low)
    assert common_stretch([nothing]) == common_stretch([]) == Stretch(0.0, 1.0, 1.0)
    constant = common_stretch([spread_of(np.full(9, 5.0))])
    assert constant.low < 5 < constant.high


@given(IMAGES)
def test_greys_rise_with_the_value_and_holes_are_zero(image):
    stretch = Stretch(-3.0, 10.0, 0.7)
    holed = np.where(image > 60, np.nan, image)
    greys = stretch.greys(holed)
    assert ((greys == 0) == np.isnan(holed)).all()
    order = np.argsort(holed, axis=None)
    assert (np.diff(greys.ravel()[order][: np.isfinite(holed).sum()].astype(int)) >= 0).all()
    assert (greys[holed <= -3.0] == 1).all() and (greys[holed >= 10.0] == 255).all()
