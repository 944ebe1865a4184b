"""Exposures of one pointing are one group."""

import numpy as np

from miri_widgets.core.sky.pointings import pointings


def test_grouping_of_pointings():
    ra = np.array([359.99999, 0.00001, 0.5, 0.50001])
    assert pointings(ra, np.zeros(4), 1e-4) == [[0, 1], [2, 3]]
    assert len(pointings(ra, np.zeros(4), 1e-6)) == 4
