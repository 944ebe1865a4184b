"""Pixels beside their neighbours: by how much each exceeds them, and which stand alone."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import median_filter, uniform_filter

__all__ = ["excess_over_neighbours", "stands_alone"]

_NEIGHBOURS = 0.3
"""Mean of the two brighter neighbours of a pixel over itself, at most, for it to stand alone; a star centred on a pixel has
0.5 and more in the shortest filter."""


def excess_over_neighbours(
    sci: NDArray[np.floating], good: NDArray[np.bool_], box: int = 5
) -> NDArray[np.float32]:
    """
    Return how much each pixel exceeds the median of the square around it.

    Parameters
    ----------
    sci : ndarray of float, shape (ny, nx)
        Any unit. Not modified.
    good : ndarray of bool, shape (ny, nx)
        True where a pixel counts. Not modified.
    box : int
        Side of the square, pixels; odd.

    Returns
    -------
    ndarray of float32, shape (ny, nx)
        Unit of `sci`; NaN at bad pixels, and where less than half of the square is good.

    Notes
    -----
    Bad pixels enter the median as infinities of alternating sign, which leaves it where it is, within a rank or two.
    """
    y, x = np.ogrid[: sci.shape[0], : sci.shape[1]]
    sign = np.where((x + y) % 2 == 0, np.float32(np.inf), np.float32(-np.inf))
    filled = np.where(good, np.asarray(sci, dtype=np.float32), sign)
    middle = median_filter(filled, size=box, mode="mirror")
    share = uniform_filter(good.astype(np.float32), size=box, mode="mirror")
    known = good & np.isfinite(middle) & (share > 0.5)
    return np.where(known, filled - np.where(known, middle, 0), np.float32(np.nan)).astype(np.float32)


def stands_alone(ratio: NDArray[np.float32]) -> NDArray[np.bool_]:
    """
    Tell where a pixel exceeds its noise without the four beside it: a star lifts these by a third and more.

    Parameters
    ----------
    ratio : ndarray of float32, shape (ny, nx)
        Excess over its standard deviation; NaN where it is not known. Not modified.
    """
    values = np.nan_to_num(ratio, nan=0.0)
    padded = np.pad(values, 1, mode="reflect")
    beside = np.stack([padded[:-2, 1:-1], padded[2:, 1:-1], padded[1:-1, :-2], padded[1:-1, 2:]])
    return np.asarray(np.sort(beside, axis=0)[2:].mean(axis=0) < _NEIGHBOURS * values + 1.0, bool)
