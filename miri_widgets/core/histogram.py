"""The distribution of an image's values, with limits that sources and defects do not stretch."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from miri_widgets.core.levels.exposure_level import robust_sigma

__all__ = ["Histogram", "histogram"]


@dataclass(frozen=True)
class Histogram:
    """
    Counts of pixels.

    Attributes
    ----------
    edges : ndarray of float, shape (nbins + 1,)
        In the unit of the image; equally wide.
    counts : ndarray of int, shape (nbins,)
        Pixels per bin.
    below, above : int
        Pixels outside the edges.
    """

    edges: NDArray[np.float64]
    counts: NDArray[np.int64]
    below: int
    above: int


def histogram(
    image: NDArray[np.floating],
    good: NDArray[np.bool_] | None = None,
    *,
    nbins: int = 100,
    low_sigma: float = 8.0,
    high_sigma: float = 24.0,
) -> Histogram:
    """
    Count the pixels of an image by value, around its median.

    Parameters
    ----------
    image : ndarray of float, shape (ny, nx)
        Any unit. Not modified.
    good : ndarray of bool, shape (ny, nx), optional
        True where a pixel counts; NaN and infinite ones never do.
    nbins : int
        Number of bins.
    low_sigma, high_sigma : float
        How far the edges reach below and above the median, in robust standard
        deviations; never past the extreme values.

    Returns
    -------
    Histogram
        Empty counts between 0 and 1 when no pixel counts.

    Notes
    -----
    The standard deviation is 1.4826 times the median absolute deviation, which
    holds for a normal distribution; sources only make the upper wing. A constant
    image gets one bin width around its value.
    """
    use = np.isfinite(image) if good is None else np.isfinite(image) & good
    values = np.asarray(image[use], dtype=np.float64)
    if values.size == 0:
        return Histogram(np.linspace(0.0, 1.0, nbins + 1), np.zeros(nbins, dtype=np.int64), 0, 0)
    middle = float(np.median(values))
    spread = robust_sigma(values, middle)
    low = max(middle - low_sigma * spread, float(values.min()))
    high = min(middle + high_sigma * spread, float(values.max()))
    if not high > low:
        width = max(abs(middle) * 1e-3, 1e-6)
        low, high = middle - width, middle + width
    counts, edges = np.histogram(values, bins=nbins, range=(low, high))
    below, above = int(np.count_nonzero(values < low)), int(np.count_nonzero(values > high))
    return Histogram(edges, counts.astype(np.int64), below, above)
