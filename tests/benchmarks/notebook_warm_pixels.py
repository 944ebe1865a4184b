"""Warm pixels as one would find them by hand: high in the median of the dithers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from astropy.stats import sigma_clipped_stats
from numpy.typing import NDArray

from miri_widgets.core.planes import Planes


def warm_pixels(exposures: Sequence[Planes], rows: int = 64) -> NDArray[np.bool_]:
    """Return pixels 5 sigma above the sky in the median of all exposures, shape (ny, nx); `rows` at a time."""
    shape = exposures[0].shape
    stack = [np.where(planes.good, planes.sci, np.nan) for planes in exposures]
    median = np.full(shape, np.nan)
    for first in range(0, shape[0], rows):
        part = np.array([image[first : first + rows] for image in stack])
        known = np.isfinite(part).any(0)
        median[first : first + rows][known] = np.nanmedian(part[:, known], axis=0)
    _, middle, sigma = sigma_clipped_stats(median[np.isfinite(median)], sigma=3.0)
    return np.isfinite(median) & (median > middle + 5 * sigma)
