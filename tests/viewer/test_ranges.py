"""Whose range an image has: its own, that of another at its own level, or a fixed one."""

from __future__ import annotations

import numpy as np
import pytest

from miri_widgets.core.display_range import find_range
from miri_widgets.viewer.protocol import Hints
from miri_widgets.viewer.ranges import DisplayRanges, ImageStretch

RNG = np.random.default_rng(4)
AFTER = RNG.normal(0.3, 0.05, (50, 60))
BEFORE = AFTER + 5.0
OWN = ImageStretch()


@pytest.fixture
def ranges():
    made = DisplayRanges()
    made.add("after", AFTER)
    made.add("before", BEFORE, Hints(like="after", offset=5.0))
    return made


def test_images_of_two_levels_have_ranges_of_equal_width(ranges):
    black, white = ranges.of("after", OWN)
    assert (black, white) == find_range(AFTER)
    assert ranges.of("before", OWN) == pytest.approx((black + 5, white + 5))


def test_a_fixed_range_moves_both_whichever_it_was_fixed_for(ranges):
    assert set(ranges.fix("before", 5.0, 6.0)) == {"after", "before"}
    assert ranges.of("after", OWN) == pytest.approx((0.0, 1.0))
    assert ranges.of("before", OWN) == pytest.approx((5.0, 6.0))
    ranges.fix("after", None, None)
    assert ranges.of("after", OWN) == find_range(AFTER)


def test_those_that_follow_keep_their_ranges_when_their_model_goes(ranges):
    ranges.add("third", AFTER + 1, Hints(like="before", offset=1.0))
    ranges.fix("after", 0.1, 0.9)
    before, third = (ranges.of(label, OWN) for label in ("before", "third"))
    ranges.remove("after")
    assert ranges.of("before", OWN) == pytest.approx(before)
    assert ranges.of("third", OWN) == pytest.approx(third)
    ranges.fix("third", None, None)
    assert ranges.of("before", OWN) == pytest.approx(np.add(find_range(AFTER), 5.0))
    assert np.isnan(ranges.of("after", OWN)).all()


def test_differences_are_linear_and_symmetric(ranges):
    ranges.add("difference", BEFORE - AFTER - 5 + RNG.normal(0, 0.1, AFTER.shape), Hints(difference=True))
    black, white = ranges.of("difference", OWN)
    assert black == -white and 0.2 < white < 0.5
    assert ranges.function("difference", OWN) == "linear" and ranges.function("after", OWN) == "arcsinh"
    assert ranges.is_difference("difference") and not ranges.is_difference("after")


@pytest.mark.parametrize("method", ["zscale", "min-max"])
def test_the_method_counts(ranges, method):
    stretch = ImageStretch(method=method)
    assert ranges.of("after", stretch) == pytest.approx(find_range(AFTER, method=method))
