"""Regions as lines on an image."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from miri_widgets.core.inverse_wcs import InverseWcs
from miri_widgets.core.regions import Region
from miri_widgets.products.image_wcs import inverse_of

__all__ = ["outlines"]

_POINT = 4.0  # pixels; half the size of the cross of a point


def outlines(
    regions: Sequence[Region], wcs: Any, shape: tuple[int, int] | None = None
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """
    Return closed outlines in the pixels of an image.

    Parameters
    ----------
    regions : sequence of Region
        The regions. Those on the sky are left out if the image has no WCS or shows the other half of the sky.
    wcs : WCS or None
        WCS of the image.
    shape : tuple of int, optional
        (ny, nx) of the image; by default that of the WCS.

    Returns
    -------
    x, y : ndarray, shape (number, points)
        0-based pixels; shapes with fewer points repeat their last one.
    """
    inverse = inverse_of(wcs, shape) if any(region.sky for region in regions) else None
    lines = [line for region in regions if (line := _outline(region, inverse)) is not None]
    if not lines:
        return np.zeros((0, 0)), np.zeros((0, 0))
    most = max(len(line) for line in lines)
    filled = np.stack([np.concatenate([line, np.repeat(line[-1:], most - len(line), 0)]) for line in lines])
    return filled[:, :, 0], filled[:, :, 1]


def _outline(region: Region, inverse: InverseWcs | None) -> NDArray[np.float64] | None:
    if not region.sky:
        x, y = region.outline()
    elif inverse is None:
        return None
    else:
        x, y = region.outline_on(inverse)
    if not len(x):
        return None
    if region.shape == "point":
        x = x[0] + _POINT * np.array([-1.0, 1.0, 0.0, 0.0, 0.0])
        y = y[0] + _POINT * np.array([0.0, 0.0, 0.0, 1.0, -1.0])
    shape = np.column_stack([x, y]).astype(np.float64)
    return shape if region.shape == "point" else np.concatenate([shape, shape[:1]])
