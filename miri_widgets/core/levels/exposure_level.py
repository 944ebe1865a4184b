"""The level of an exposure: what most of its pixels show, sources and defects left aside."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Level", "clipped_level", "robust_sigma"]


@dataclass(frozen=True)
class Level:
    """
    A clipped median.

    Attributes
    ----------
    median : float
        In the unit of the image; NaN when no pixel counts.
    sigma : float
        Robust standard deviation of the pixels that were kept.
    count : int
        Number of pixels that were kept.
    """

    median: float
    sigma: float
    count: int

    @property
    def err(self) -> float:
        """Standard error of the median: 1.2533 sigma / sqrt(count), for normal noise."""
        return 1.2533 * self.sigma / self.count**0.5 if self.count else float("nan")


def clipped_level(
    image: NDArray[np.floating],
    good: NDArray[np.bool_] | None = None,
    *,
    clip: float = 3.0,
    maxiters: int = 8,
) -> Level:
    """
    Return the median of an image after clipping.

    Parameters
    ----------
    image : ndarray of float, shape (ny, nx)
        Any unit. Not modified.
    good : ndarray of bool, shape (ny, nx), optional
        True where a pixel counts; NaN and infinite ones never do.
    clip : float
        Leave out values further from the median, in robust standard deviations.
    maxiters : int
        At most so many rounds.

    Notes
    -----
    The standard deviation is 1.4826 times the median absolute deviation; up to
    half of the pixels may be outliers without moving the level far.
    """
    use = np.isfinite(image) if good is None else np.isfinite(image) & good
    values = np.asarray(image[use], dtype=np.float64)
    if values.size == 0:
        return Level(float("nan"), float("nan"), 0)
    for _ in range(maxiters):
        distance = np.abs(values - np.median(values))
        spread = 1.4826 * float(np.median(distance))
        kept = values[distance <= clip * spread]
        if kept.size == values.size or spread == 0:
            break
        values = kept
    middle = float(np.median(values))
    return Level(middle, robust_sigma(values, middle), int(values.size))


def robust_sigma(values: NDArray[np.floating], middle: float | None = None) -> float:
    """
    Return 1.4826 times the median absolute deviation: the standard deviation, for a normal distribution.

    Parameters
    ----------
    values : ndarray of float, any shape
        Finite. Not modified.
    middle : float, optional
        What they deviate from; their median by default.

    Returns
    -------
    float
        In the unit of the values; 0 for none.
    """
    if values.size == 0:
        return 0.0
    return 1.4826 * float(np.median(np.abs(values - (np.median(values) if middle is None else middle))))
