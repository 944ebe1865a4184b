"""Cells of sky that exposures share, and which exposures hang together."""

import numpy as np

from miri_widgets.core.levels.cell_measurements import Measurements, Pattern, components_of


def measured(cell, exposure):
    cell, exposure = np.array(cell), np.array(exposure)
    value = np.arange(cell.size, dtype=float)
    return Measurements(cell, exposure, np.zeros_like(cell), value, np.ones(cell.size), value, value)


def test_exposures_that_share_cells_hang_together_and_groups_always_do():
    cells = measured([0, 1, 0, 1, 2, 3], [0, 0, 1, 1, 2, 3])
    assert components_of(cells, np.array([0, 1, 2, 3]), 2).tolist() == [0, 0, 1, 2]
    assert components_of(cells, np.array([0, 1, 2, 3]), 3).tolist() == [0, 1, 2, 3]
    assert components_of(cells, np.array([0, 1, 2, 2]), 2).tolist() == [0, 0, 1, 1]


def test_cells_that_one_exposure_of_a_component_sees_are_left_out():
    shared = measured([0, 1, 0, 2, 2], [0, 0, 1, 1, 2]).apart(np.array([0, 0, 1]))
    assert shared.value.tolist() == [0.0, 2.0]
    assert shared.cells == 1


def test_a_pattern_without_rms_has_a_slope_alone():
    boxes = np.array([0, 4, 2])
    assert (Pattern(boxes, 1.0, 1.0).boxes, Pattern(boxes, 0.0, 1.0).boxes) == (5, 0)
