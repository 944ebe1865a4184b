"""Warm pixels as a careful user finds them: high above their surroundings in the median of the dithers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from astropy.stats import sigma_clipped_stats
from numpy.typing import NDArray
from scipy.ndimage import median_filter

from miri_widgets.core.areas import imager_area
from miri_widgets.core.exposure_arrays import ExposureArrays

__all__ = ["warm_pixels"]

_ROWS = 64  # at a time


def warm_pixels(
    exposures: Sequence[ExposureArrays], *, box: int = 7, nsigma: float = 5.0
) -> NDArray[np.bool_]:
    """
    Return pixels that stand out of their surroundings in the median of all exposures.

    Parameters
    ----------
    exposures : sequence of ExposureArrays
        Dithers of one field, of one shape (ny, nx). Not modified.
    box : int
        Side of the box whose median is the surroundings, pixels.
    nsigma : float
        How many sigma a pixel must stand out; sigma from the whole imager field, outliers clipped.

    Returns
    -------
    ndarray of bool, shape (ny, nx)
    """
    shape = exposures[0].shape
    stack = [np.where(planes.good, planes.sci, np.nan) for planes in exposures]
    median = np.full(shape, np.nan)
    for first in range(0, shape[0], _ROWS):
        part = np.array([image[first : first + _ROWS] for image in stack])
        known = np.isfinite(part).any(0)
        median[first : first + _ROWS][known] = np.nanmedian(part[:, known], axis=0)
    known = np.isfinite(median) & imager_area(shape, exposures[0].corner)
    # unknown pixels must not raise or lower their surroundings much
    filled = np.where(known, median, np.median(median[known]))
    excess = filled - median_filter(filled, box)
    _, middle, sigma = sigma_clipped_stats(excess[known], sigma=3.0)
    return known & (excess > middle + nsigma * sigma)
