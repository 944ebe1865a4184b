"""Small pictures of exposures: block means, and one scaling for many of them that no defect stretches."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Spread", "Stretch", "block_means", "common_stretch", "spread_of"]

_LOW, _HIGH = 0.01, 0.995
_GREYS = 254
_FEWEST = 4
"""Exposures from which on one may be spoilt; of fewer, all count."""


@dataclass(frozen=True)
class Spread:
    """
    How the values of one exposure are spread; in its unit.

    Attributes
    ----------
    low, middle, high : float
        Quantiles 1 %, 50 % and 99.5 %; NaN when no pixel counts.
    """

    low: float
    middle: float
    high: float


@dataclass(frozen=True)
class Stretch:
    """
    The scaling that some pictures share: linear near black, logarithmic near white.

    Attributes
    ----------
    low, high : float
        What is shown black and white, in the unit of the exposures; low < high.
    soft : float
        Values above `low` by this much still rise nearly linearly; the same unit.
    """

    low: float
    high: float
    soft: float

    def greys(self, image: NDArray[np.floating]) -> NDArray[np.uint8]:
        """
        Return an image as grey levels.

        Parameters
        ----------
        image : ndarray of float, shape (ny, nx)
            In the unit of the stretch. Not modified.

        Returns
        -------
        ndarray of uint8, shape (ny, nx)
            0 where there is no value, else 1 (`low` and below) to 255 (`high` and above).

        Notes
        -----
        asinh((value - low) / soft), which is how Lupton et al. 2004 (PASP 116, 133) show faint and bright alike.
        """
        scaled = np.arcsinh((np.clip(image, self.low, self.high) - self.low) / self.soft)
        scaled *= _GREYS / np.arcsinh((self.high - self.low) / self.soft)
        known = np.isfinite(scaled)
        return np.where(known, np.rint(np.where(known, scaled, 0.0)) + 1, 0).astype(np.uint8)


def block_means(image: NDArray[np.floating], good: NDArray[np.bool_], factor: int) -> NDArray[np.float32]:
    """
    Shrink an image by a whole factor.

    Parameters
    ----------
    image : ndarray of float, shape (ny, nx)
        Any unit. Not modified.
    good : ndarray of bool, shape (ny, nx)
        True where a pixel counts; NaN and infinite ones never do.
    factor : int
        Pixels per block and axis; blocks at the upper and right edge may be cut.

    Returns
    -------
    ndarray of float32, shape (ceil(ny / factor), ceil(nx / factor))
        Mean of the good pixels of each block; NaN where there is none.
    """
    use = np.isfinite(image) & good
    sums = _block_sums(np.where(use, image, np.float32(0)), factor)
    counts = _block_sums(use.astype(np.float32), factor)
    return np.where(counts > 0, sums / np.maximum(counts, 1), np.nan).astype(np.float32)


def _block_sums(image: NDArray[np.floating], factor: int) -> NDArray[np.float64]:
    rows, columns = (np.arange(0, size, factor) for size in image.shape)
    # the rows first: whole lines are added, which is several times faster than the other order
    return np.add.reduceat(np.add.reduceat(image, rows, axis=0), columns, axis=1).astype(np.float64)


def spread_of(values: NDArray[np.floating]) -> Spread:
    """
    Return how values are spread.

    Parameters
    ----------
    values : ndarray of float, any shape
        Any unit; NaN and infinite ones do not count.
    """
    known = values[np.isfinite(values)]
    if known.size == 0:
        return Spread(np.nan, np.nan, np.nan)
    return Spread(*(float(level) for level in np.quantile(known, (_LOW, 0.5, _HIGH))))


def common_stretch(spreads: Sequence[Spread]) -> Stretch:
    """
    Return one scaling for exposures of one kind, such as those of a filter.

    Parameters
    ----------
    spreads : sequence of Spread
        One per exposure, all in one unit; those without values do not count.

    Returns
    -------
    Stretch
        Between 0 and 1 when no exposure has a value.

    Notes
    -----
    Black is the lower quartile of the exposures' low values, white the upper quartile of their high ones: tiles of
    faint and of bright sky are both within, and one exposure in four may be spoilt. Of fewer than four all count.
    """
    known = [spread for spread in spreads if np.isfinite(spread.low)]
    if not known:
        return Stretch(0.0, 1.0, 1.0)
    share = 0.25 if len(known) >= _FEWEST else 0.0
    low = float(np.quantile([spread.low for spread in known], share, method="higher"))
    high = float(np.quantile([spread.high for spread in known], 1 - share, method="lower"))
    soft = float(np.median([spread.middle - spread.low for spread in known]))
    if not high > low:
        width = max(abs(low) * 1e-3, 1e-6)
        low, high = low - width, low + width
    return Stretch(low, high, min(max(soft, (high - low) * 1e-3), high - low))
