"""A pixel that is high by itself stands alone; a star does not, wherever in the pixel it lies."""

import numpy as np
import pytest

from miri_widgets.core.lone_pixels import stands_alone


@pytest.mark.parametrize("x", [15.0, 15.25, 15.5])
@pytest.mark.parametrize("sigma", [0.8, 1.03, 2.0])
def test_a_star_does_not_stand_alone(x, sigma):
    y, columns = np.indices((31, 31))
    star = (50 * np.exp(-((columns - x) ** 2 + (y - 15) ** 2) / 2 / sigma**2)).astype(np.float32)
    assert not (stands_alone(star) & (star > 5)).any()


def test_a_lone_pixel_does_also_beside_a_diagonal_one_and_at_the_edge():
    ratio = np.random.default_rng(1).normal(0, 1, (31, 31)).astype(np.float32)
    for row, column in ((10, 10), (11, 11), (20, 5), (0, 3)):
        ratio[row, column] = 20.0
    alone = stands_alone(ratio) & (ratio > 10)
    assert alone[10, 10] and alone[11, 11] and alone[20, 5] and alone[0, 3]
    ratio[20, 6] = ratio[19, 5] = 15.0
    assert not stands_alone(ratio)[20, 5]


def test_what_is_not_known_lifts_nothing():
    ratio = np.full((9, 9), np.nan, np.float32)
    ratio[4, 4] = 12.0
    assert stands_alone(ratio)[4, 4]
