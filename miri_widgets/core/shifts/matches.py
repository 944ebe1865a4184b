"""Unique pairs of two lists of positions, for tables and plots of residuals."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.spatial import cKDTree

from miri_widgets.core.tangent_plane import in_one_plane, rotation_matrix

__all__ = ["Matches", "match_pairs"]

Pair = tuple[float, float]


@dataclass(frozen=True, eq=False)
class Matches:
    """
    Unique pairs: each source of either list is in one at most.

    Attributes
    ----------
    index_a, index_b : ndarray of int, shape (n,)
        Places in the two lists, in the order of list a.
    dx, dy : ndarray of float, shape (n,)
        Residuals, b minus shifted a, arcsec.
    """

    index_a: NDArray[np.intp]
    index_b: NDArray[np.intp]
    dx: NDArray[np.float64]
    dy: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.index_a)

    @property
    def rms(self) -> float:
        """Root mean square of the residuals, arcsec per axis; NaN without pairs."""
        return float(np.sqrt(np.mean(self.dx**2 + self.dy**2) / 2)) if len(self) else float("nan")


def match_pairs(
    ra_a: ArrayLike,
    dec_a: ArrayLike,
    ra_b: ArrayLike,
    dec_b: ArrayLike,
    *,
    shift: Pair = (0.0, 0.0),
    rotation: float = 0.0,
    radius: float = 0.15,
    centre: Pair | None = None,
) -> Matches:
    """
    Pair the sources of two lists after a shift, for a table and a plot of residuals.

    Parameters
    ----------
    ra_a, dec_a, ra_b, dec_b : array_like, shape (na,), (nb,)
        ICRS degrees; NaN have no pair.
    shift : tuple of float
        (dRA cos Dec, dDec) to add to list a, arcsec.
    rotation : float
        Degrees from north through east about `centre`, before the shift.
    radius : float
        Largest residual, arcsec.
    centre : tuple of float, optional
        As in `offset_histogram`.

    Returns
    -------
    Matches
        Mutual nearest neighbours; a source that has two at the same distance takes the first.
    """
    a, b, centre = in_one_plane((ra_a, dec_a), (ra_b, dec_b), centre)
    moved = a @ rotation_matrix(rotation).T + np.asarray(shift, float)
    good_a, good_b = (np.flatnonzero(np.isfinite(positions).all(axis=1)) for positions in (moved, b))
    if not (len(good_a) and len(good_b)):
        none = np.zeros(0, np.intp)
        return Matches(none, none, np.zeros(0), np.zeros(0))
    distance, nearest = cKDTree(b[good_b]).query(moved[good_a])
    _, back = cKDTree(moved[good_a]).query(b[good_b])
    mutual = (distance <= radius) & (back[nearest] == np.arange(len(good_a)))
    index_a, index_b = good_a[mutual], good_b[nearest[mutual]]
    residual = b[index_b] - moved[index_a]
    return Matches(index_a, index_b, residual[:, 0], residual[:, 1])
