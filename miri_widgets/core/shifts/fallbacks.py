"""
Find exposures whose shift was not measured but is the shift of the whole run.

Tweakreg first aligns exposures to each other and then moves all of them together onto the absolute
catalogue. An exposure whose relative match failed, and the one reference exposure, carry that common shift
alone. It is one vector, applied in the tangent plane of each exposure, and these planes are turned against
each other by the convergence of the meridians: the values have the same length to a part in 1e5 and differ
only by a small turn (ten exposures of SMACS 0723: 0.21 mas across the shift, 1e-5 mas along it). Measured
values scatter by milliarcseconds in every direction.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["COARSEST", "MEMBERS", "SharedValue", "find_fallbacks", "rounding"]

COARSEST = 0.001
"""Arcsec; in values rounded to more, shared ones cannot be told from measured ones."""

MEMBERS = 3
"""Two values can be alike by chance, and one of a pair may be the reference exposure."""

_BOX = 0.0003
"""Arcsec; values this near to each other are alike, whatever the direction."""
_TURN = 0.01
"""Radian; convergence of the meridians over 10 arcmin at Dec 73 degrees."""
_ALONG = ((5e-8, 2e-7), (2e-6, 1e-5))
"""Arcsec, and fraction of the shift: how far lengths differ in one visit (arithmetic), and in tangent planes
10 arcmin apart. The narrow one tells fall-backs in the middle of measured values."""
_WIDER = 100.0
"""Area of the surroundings, from which chance is estimated, over that of the neighbourhood."""
_CHANCE = 0.01
"""A cluster is believed when so few are expected by chance in the whole run."""


@dataclass(frozen=True)
class SharedValue:
    """
    One value that several exposures share.

    Attributes
    ----------
    members : tuple of int
        Indices of the exposures.
    dx, dy : float
        Median of their values, arcsec.
    spread : float
        Largest difference in dx or dy between two of them, arcsec.
    chance : float
        Number of such clusters expected by chance in the run; 0 for values that are exactly zero.
    """

    members: tuple[int, ...]
    dx: float
    dy: float
    spread: float
    chance: float

    @property
    def zero(self) -> bool:
        """Whether the exposures were not corrected at all."""
        return self.dx == 0 and self.dy == 0

    @property
    def sentence(self) -> str:
        """What was found, for a person."""
        count = len(self.members)
        who = f"{count} exposure{'s' if count > 1 else ''}"
        if self.zero:
            return f"{who} not corrected at all: the shift is exactly zero"
        return (
            f"{who} with one shared shift ({self.dx:+.4f}, {self.dy:+.4f}) arcsec, alike within "
            f"{max(self.spread * 1000, 0.01):.2f} mas: that of the whole run, not measured one by one"
        )


def find_fallbacks(
    dx: NDArray[np.floating], dy: NDArray[np.floating], runs: Sequence[str] | None = None
) -> tuple[SharedValue, ...]:
    """
    Find values that are shared rather than measured.

    Parameters
    ----------
    dx, dy : ndarray, shape (n,)
        Shifts, arcsec along RA cos(Dec) and Dec; NaN where there is none.
    runs : sequence of str, shape (n,), optional
        Exposures that were aligned together (program and filter). Sharing is looked for across a whole run,
        because tweakreg moves all of a run by one shift, whatever their visit; never between runs.

    Returns
    -------
    tuple of SharedValue
        Of each run, the largest first; an exposure is in one at most.

    Notes
    -----
    Two exposures are alike when the lengths of their shifts agree to 2 microarcsec and 1e-5 of themselves
    (in one visit much better) and their directions to 0.01 radian, or when the shifts differ by less than
    0.3 mas in any direction; both are widened to the rounding of the values. Alike values are a fall-back
    when `MEMBERS` or more of them stand out: the exposures in the surroundings, a hundred times larger
    (plus one), give the number expected by chance, and the Poisson probability of that many neighbours,
    times the exposures of the run, must be below 0.01. A run has one common shift: when values within 0.3
    mas come in several places, the run is well measured, and only equal lengths are believed.

    A single fall-back exposure, or a pair, cannot be told from measurements; nor can any in values rounded
    to more than 1 mas, unless all of the run are equal. The reference exposure shares the value too, and
    nothing in the values tells which one it is. A run whose absolute fit also turned or stretched the
    exposures (``fitgeometry`` other than ``shift``) has no shared value, and its fall-backs must be told by
    their matches.
    """
    x, y = np.asarray(dx, dtype=float), np.asarray(dy, dtype=float)
    labels = np.zeros(len(x), dtype="U1") if runs is None else np.asarray(list(runs), dtype=str)
    shared: list[SharedValue] = []
    for label in dict.fromkeys(labels.tolist()):
        rows = np.flatnonzero((labels == label) & np.isfinite(x) & np.isfinite(y))
        zero = rows[(x[rows] == 0) & (y[rows] == 0)]
        if len(zero):
            shared.append(_shared(zero, x, y, 0.0))
        shared += _clusters(rows[(x[rows] != 0) | (y[rows] != 0)], x, y)
    return tuple(shared)


def rounding(values: NDArray[np.floating]) -> float:
    """
    Return the decimal step that all finite values are multiples of, at least 1e-9; in their unit.

    Parameters
    ----------
    values : ndarray
        Any numbers; not finite ones do not count.
    """
    finite = np.asarray(values, dtype=float)
    finite = finite[np.isfinite(finite)]
    for digits in range(9):
        if np.all(np.abs(finite - np.round(finite, digits)) < 1e-12 * np.maximum(np.abs(finite), 1)):
            return float(10.0**-digits)
    return 1e-9


def _clusters(rows: NDArray[np.integer], x: NDArray[np.float64], y: NDArray[np.float64]) -> list[SharedValue]:
    """Connected sets of significant neighbourhoods, the largest first."""
    n = len(rows)
    if n < MEMBERS:
        return []
    vectors = np.column_stack([x[rows], y[rows]])
    step = rounding(vectors)
    if step > COARSEST:
        return [_shared(rows, x, y, 0.0)] if not np.ptp(vectors, axis=0).any() else []
    joined = np.zeros((n, n), dtype=bool)
    chance = np.full(n, np.inf)
    arcs = [(*_in_arc(vectors, step, *tolerance), False) for tolerance in _ALONG]
    for alike, near, alone in (*arcs, (*_in_box(vectors, step), True)):
        inside = alike.sum(axis=1)
        around = near.sum(axis=1) - inside
        expected = n * _poisson_tail(inside - 1, (around + 1) / (_WIDER - 1))
        crowded = inside >= MEMBERS
        if alone and len(_large_components(alike & crowded[:, None])) > 1:
            continue
        stands_out = crowded & (expected < _CHANCE)
        joined |= alike & stands_out[:, None]
        chance = np.where(stands_out, np.minimum(chance, expected), chance)
    clusters = [
        _shared(rows[members], x, y, float(np.min(chance[members]))) for members in _large_components(joined)
    ]
    return sorted(clusters, key=lambda cluster: (-len(cluster.members), cluster.members))


def _in_box(vectors: NDArray[np.float64], step: float) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Which pairs are near to each other, and which in the wider surroundings; shape (n, n) each."""
    apart = np.max(np.abs(vectors[:, None] - vectors[None]), axis=2)
    tolerance = _BOX + step
    return apart <= tolerance, apart <= _WIDER**0.5 * tolerance


def _in_arc(
    vectors: NDArray[np.float64], step: float, fixed: float, stretch: float
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Which pairs differ by a small turn only, and which in the wider surroundings; shape (n, n) each."""
    length = np.hypot(vectors[:, 0], vectors[:, 1])
    along = np.abs(length[:, None] - length[None])
    mean = (length[:, None] + length[None]) / 2
    across = np.sqrt(np.maximum(np.sum((vectors[:, None] - vectors[None]) ** 2, axis=2) - along**2, 0.0))
    long_tolerance = fixed + step + stretch * mean
    cross_tolerance = np.maximum(_BOX + step, _TURN * mean)
    alike = (along <= long_tolerance) & (across <= cross_tolerance)
    # wider along the shift only: across it the tolerance is as wide as the scatter of measurements already
    near = (along <= _WIDER * long_tolerance) & (across <= cross_tolerance)
    return alike, near


def _poisson_tail(count: NDArray[np.integer], expected: NDArray[np.float64]) -> NDArray[np.float64]:
    """Probability of `count` or more when `expected` is the mean."""
    from scipy.special import gammainc

    return np.where(count > 0, gammainc(np.maximum(count, 1), expected), 1.0)


def _large_components(joined: NDArray[np.bool_]) -> list[NDArray[np.integer]]:
    """Sets of `MEMBERS` or more that are joined, in either direction."""
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import connected_components

    count, labels = connected_components(csr_array(joined | joined.T), directed=False)
    sets = [np.flatnonzero(labels == number) for number in range(count)]
    return [members for members in sets if len(members) >= MEMBERS]


def _shared(
    members: NDArray[np.integer], x: NDArray[np.float64], y: NDArray[np.float64], chance: float
) -> SharedValue:
    return SharedValue(
        tuple(int(member) for member in members),
        float(np.median(x[members])),
        float(np.median(y[members])),
        float(max(np.ptp(x[members]), np.ptp(y[members]))),
        chance,
    )
