"""Regions as lines on an image."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from astropy.coordinates import SkyCoord
from astropy.wcs import WCS
from numpy.typing import NDArray

from miri_widgets.core.regions import Region

__all__ = ["outlines"]

_POINT = 4.0  # pixels; half the size of the cross of a point


def outlines(regions: Sequence[Region], wcs: WCS | None) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """
    Return closed outlines in the pixels of an image.

    Parameters
    ----------
    regions : sequence of Region
        Those on the sky are left out where the image has no WCS, or it does not reach.
    wcs : WCS or None
        Of the image.

    Returns
    -------
    x, y : ndarray, shape (number, points)
        0-based pixels; a shape with fewer points stays on its last one.
    """
    shapes = [shape for region in regions if (shape := _outline(region, wcs)) is not None]
    if not shapes:
        return np.zeros((0, 0)), np.zeros((0, 0))
    most = max(len(shape) for shape in shapes)
    filled = np.stack([np.concatenate([one, np.repeat(one[-1:], most - len(one), 0)]) for one in shapes])
    return filled[:, :, 0], filled[:, :, 1]


def _outline(region: Region, wcs: WCS | None) -> NDArray[np.float64] | None:
    x, y = region.outline()
    if region.sky:
        if wcs is None:
            return None
        try:
            x, y = wcs.world_to_pixel(SkyCoord(x, y, unit="deg"))
        except ValueError:  # no convergence: another part of the sky
            return None
    if region.shape == "point":
        x = x[0] + _POINT * np.array([-1.0, 1.0, 0.0, 0.0, 0.0])
        y = y[0] + _POINT * np.array([0.0, 0.0, 0.0, 1.0, -1.0])
    shape = np.column_stack([x, y]).astype(np.float64)
    if not np.isfinite(shape).all():
        return None
    return shape if region.shape == "point" else np.concatenate([shape, shape[:1]])
