"""
Neighbours of saturated pixels, found from these pixels.

References
----------
``stcal.saturation.saturation._adjacent_pixels`` of stcal 1.1x and 1.2x (BSD-3-Clause, STScI), which shifts the whole
image for every group.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from miri_widgets.steps.acceleration.registry import stock_function

__all__ = ["TARGET", "adjacent_pixels"]

TARGET = "stcal.saturation.saturation:_adjacent_pixels"
_MOST = 0.02
"""Share of saturated pixels above which the shifted image is faster."""


def adjacent_pixels(
    plane_gdq: NDArray[np.integer], saturated: int, n_pix_grow_sat: int = 1, inplace: bool = False
) -> NDArray[np.integer] | None:
    """
    Flag the neighbours of saturated pixels, as the pipeline's function ``_adjacent_pixels``.

    Parameters
    ----------
    plane_gdq : ndarray of int, shape (ny, nx)
        Flags of a group.
    saturated : int
        The bit of saturation.
    n_pix_grow_sat : int, optional
        Pixels in each direction.
    inplace : bool, optional
        Whether `plane_gdq` is changed and nothing is returned.

    Returns
    -------
    ndarray or None
        Flags.
    """
    box = 2 * n_pix_grow_sat + 1
    ny, nx = plane_gdq.shape
    y, x = np.nonzero(plane_gdq & saturated > 0)
    if n_pix_grow_sat < 1 or min(ny, nx) < 2 * box or len(y) > _MOST * plane_gdq.size:
        made: NDArray[np.integer] | None = stock_function(TARGET)(
            plane_gdq, saturated, n_pix_grow_sat, inplace
        )
        return made
    flags = plane_gdq if inplace else plane_gdq.copy()
    if len(y):
        grown = np.zeros(plane_gdq.shape, dtype=bool)
        for dy in range(-n_pix_grow_sat, n_pix_grow_sat + 1):
            rows = y + dy
            for dx in range(-n_pix_grow_sat, n_pix_grow_sat + 1):
                columns = x + dx
                inside = (rows >= 0) & (rows < ny) & (columns >= 0) & (columns < nx)
                grown[rows[inside], columns[inside]] = True
        flags[grown] |= saturated
    return None if inplace else flags
