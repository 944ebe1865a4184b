"""Planes through the dark sky of tiles, and what the sky itself may add to them."""

import numpy as np
import pytest

from miri_widgets.core.levels.cell_measurements import Measurements
from miri_widgets.core.levels.tile_shapes import pattern_boxes, tile_shapes

SIDE = 32
GROUPS = np.array([0, 0, 1, 1])
LEVELS = np.array([3.0, 3.1, -1.0, -1.2])
SLOPES = np.array([[0.5, -0.2], [-0.3, 0.4]])


def cells(seed, structure=0.0, sources=0.0):
    rng = np.random.default_rng(seed)
    v, u = (np.indices((SIDE, SIDE)).reshape(2, -1) + 0.5) / SIDE - 0.5
    values = []
    for group in range(2):
        sky = structure * np.sin(2 * np.pi * (u + rng.uniform())) if structure else 0.0
        for number in np.flatnonzero(group == GROUPS):
            value = LEVELS[number] + u * SLOPES[group, 0] + v * SLOPES[group, 1] + sky
            value = value + 0.05 * rng.standard_normal(u.size)
            value[rng.random(u.size) < sources] += 5.0
            values.append(value)
    count, every = len(values), u.size
    exposure = np.repeat(np.arange(count), every)
    zero = np.zeros(count * every, np.int64)
    err = np.full(count * every, 0.05)
    return Measurements(
        zero, exposure, zero, np.concatenate(values), err, np.tile(u, count), np.tile(v, count)
    )


@pytest.mark.parametrize("sources", [0.0, 0.2])
def test_levels_and_slopes_are_those_of_the_dark_sky(sources):
    shapes = tile_shapes(cells(1, sources=sources), GROUPS, 2)
    assert shapes.levels == pytest.approx(LEVELS, abs=0.02)
    assert shapes.slopes == pytest.approx(SLOPES, abs=0.05)
    # sources have no weight
    assert np.mean(shapes.weight == 0) == pytest.approx(sources, abs=0.03)


def test_an_uneven_sky_says_less_of_levels():
    even, uneven = (tile_shapes(cells(2, structure=amount), GROUPS, 2) for amount in (0.0, 0.5))
    assert uneven.level_var > 100 * even.level_var
    assert uneven.slope_var > 100 * even.slope_var
    assert 0.05 < uneven.level_var**0.5 < 1.0


def test_a_pattern_of_the_detector_is_taken_off_first():
    measured = cells(3)
    detector = 0.3 * np.sin(12 * measured.u)
    seen = Measurements(*(getattr(measured, name) if name != "value" else measured.value + detector for name in
                          ("cell", "exposure", "block", "value", "err", "u", "v")))  # fmt: skip
    with_pattern, without = (tile_shapes(seen, GROUPS, 2, pattern) for pattern in (None, detector))
    assert without.level_var < 0.1 * with_pattern.level_var
    rest = with_pattern.pattern(pattern_boxes(seen))
    # a slope through a tile takes the rest of it
    assert np.corrcoef(rest, detector)[0, 1] > 0.8


def test_what_tiles_have_in_common_is_left_open():
    shapes = tile_shapes(cells(4), GROUPS, 2)
    prior = shapes.prior(GROUPS, np.zeros(4, int))
    common = np.concatenate([np.ones(4), np.ones(4)])
    assert prior.precision @ common == pytest.approx(np.zeros(8), abs=1e-6)
    difference = np.array([1, 1, -1, -1, 0, 0, 0, 0]) / 2
    assert difference @ prior.precision @ difference == pytest.approx(1 / (2 * shapes.level_var))
