"""Planes that groups have, and no others."""

import numpy as np
import pytest

from miri_widgets.core.levels.cell_measurements import Measurements, Pattern
from miri_widgets.core.levels.groups import Sets
from miri_widgets.core.levels.plane_selection import significant_slopes

SLOPES = np.array([[0.0, 0.0], [0.8, -0.4], [0.0, 0.0]])
LEVELS = np.array([1.0, -1.0, 0.0])
STARTS = np.array([0.0, 1.2, 2.4])


def measured(seed, bowl=0.0):
    """Three tiles in a row, of two dithers each, on an uneven sky in cells of 1/16."""
    rng = np.random.default_rng(seed)
    groups = np.repeat(np.arange(3), 2)
    starts = np.round((STARTS[groups] + np.tile([0.0, 0.25], 3)) * 16).astype(int)
    y, x = np.indices((24, 24)).reshape(2, -1)
    sky = rng.standard_normal((24, 100))
    parts = []
    for number, start in enumerate(starts):
        u, v = (x + 0.5) / 16 - 0.75, (y + 0.5) / 16 - 0.75
        a, b = SLOPES[groups[number]]
        value = sky[y, x + start] + LEVELS[groups[number]] + a * u + b * v + bowl * u**2
        parts.append(
            (y * 100 + x + start, np.full(x.size, number), value + 0.02 * rng.standard_normal(x.size), u, v)
        )
    cell, exposure, value, u, v = (np.concatenate(part) for part in zip(*parts, strict=True))
    cell = np.unique(cell, return_inverse=True)[1]
    err = np.full(value.size, 0.02)
    return Measurements(cell, exposure, exposure, value, err, u, v), groups


def sets(groups):
    return Sets(list(range(6)), groups, ["a", "b", "c"], np.tile(np.eye(2), (3, 1, 1)), (0.0, 0.0), 1e-5)


def test_the_tile_that_has_a_plane_gets_it():
    cells, groups = measured(1)
    found = significant_slopes(cells, sets(groups), np.zeros(6, int), True, 5.0)
    assert found.slopes == pytest.approx(SLOPES, abs=0.03)
    assert found.levels - found.levels.mean() == pytest.approx(LEVELS[groups], abs=0.03)
    flat = significant_slopes(cells, sets(groups), np.zeros(6, int), False, 5.0)
    assert not flat.slopes.any()


def test_a_pattern_of_the_detector_is_no_plane():
    cells, groups = measured(2, bowl=0.5)
    column = ((cells.u + 0.75) * 8).astype(int)
    with_pattern = significant_slopes(
        cells, sets(groups), np.zeros(6, int), True, 5.0, pattern=Pattern(column, 1.0, 0.01)
    )
    without = significant_slopes(cells, sets(groups), np.zeros(6, int), True, 5.0)

    def wrong(solution):
        return np.abs(solution.slopes - SLOPES).max()

    assert wrong(with_pattern) < 0.3 * wrong(without)
