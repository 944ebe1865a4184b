"""Stars of dithers are one list: each star once, better placed, none lost."""

import numpy as np
import pytest

from miri_widgets.core.shifts.merged_stars import merged_stars
from miri_widgets.core.shifts.star_positions import StarPositions
from miri_widgets.core.tangent_plane import from_plane, to_plane

PLACE = (359.999, -69.5)


def listed(root, positions, snr):
    one = np.ones(len(positions))
    return StarPositions(root, *positions.T, *from_plane(*positions.T, PLACE), one, snr * one, 0.1 * one)


def test_each_star_is_listed_once_at_the_mean_of_its_positions():
    rng = np.random.default_rng(2)
    true = np.column_stack([np.arange(40) * 2.5, rng.uniform(-50, 50, 40)])
    lists = [
        listed(f"e{index}", true[index : 36 + index] + rng.normal(0, 0.02, (36, 2)), 10 + index)
        for index in range(4)
    ]
    merged = merged_stars(lists)
    found = np.column_stack(to_plane(merged.ra, merged.dec, PLACE))
    found = found[np.argsort(found[:, 0])]
    assert len(found) == 39
    error = found - true[:39]
    assert np.std(error) < 0.7 * 0.02
    assert np.all(np.diff(merged.snr) <= 0)
    assert merged.sigma.min() == pytest.approx(0.05)


def test_nothing_and_one_list_stay_as_they_are():
    empty, full = listed("a", np.zeros((0, 2)), 1.0), listed("b", np.array([[0.0, 1.0], [3.0, 4.0]]), 9.0)
    assert len(merged_stars([empty])) == 0
    assert merged_stars([empty, full]) is full
