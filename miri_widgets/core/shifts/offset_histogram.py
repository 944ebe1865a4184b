"""
The offset between two lists of positions, from the histogram of all pairs.

The offset that brings a list onto another is the one that many pairs share; chance pairs share none and spread
evenly over all offsets. So the answer does not depend on how many sources have no counterpart, where the median of
the nearest neighbours does: in a dense field a nearest neighbour is mostly a stranger, at any offset.

References
----------
``tweakwcs.XYXYMatch(use2dhist=True)`` and TweakReg of DrizzlePac find their first guess in the same way, but tell
no significance.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.ndimage import uniform_filter
from scipy.spatial import cKDTree
from scipy.special import ndtri_exp

from miri_widgets.core.tangent_plane import in_one_plane
from miri_widgets.errors import ParameterError

__all__ = ["Offset", "offset_histogram", "peak_significance"]

Pair = tuple[float, float]

_ITERATIONS = 60
_FEWEST = 2
"""Two pairs at one offset: fewer are no agreement."""
_LEAST_SCALE = 5e-4
"""Arcsec; below this positions are equal to rounding, and a scale of zero would end the fit."""


@dataclass(frozen=True, eq=False)
class Offset:
    """
    What must be added to the positions of list a to bring them onto list b.

    Attributes
    ----------
    dx, dy : float
        Along RA cos(Dec) and Dec, arcsec; NaN when there are no pairs.
    sigma : float
        Standard deviation of each of the two, arcsec.
    significance : float
        Of the peak, in standard deviations of a Gaussian: how unlikely it is that chance pairs make a peak as high
        *anywhere* in the search area (`peak_significance`). Below about 5 the offset is not to be believed.
    runner_up : float
        The same of the highest other peak: near `significance`, the offset is ambiguous.
    matches : float
        Pairs that share the offset, chance pairs subtracted.
    chance : float
        Chance pairs expected within the peak.
    rms : float
        Scatter of the pairs about the offset, arcsec per axis.
    rotation : float
        Degrees from north through east about `centre`; 0 when it was not asked for.
    rotation_sigma : float
        Its standard deviation.
    centre : tuple of float
        (RA, Dec) at which the offset holds, degrees.
    histogram : ndarray of int, shape (n, n)
        Pairs by offset, first axis dy, second axis dx.
    edges : ndarray of float, shape (n + 1,)
        Edges of the bins of both axes, arcsec.
    """

    dx: float
    dy: float
    sigma: float
    significance: float
    runner_up: float
    matches: float
    chance: float
    rms: float
    rotation: float
    rotation_sigma: float
    centre: Pair
    histogram: NDArray[np.int64]
    edges: NDArray[np.float64]

    @property
    def shift(self) -> Pair:
        """(dx, dy)."""
        return self.dx, self.dy


def offset_histogram(
    ra_a: ArrayLike,
    dec_a: ArrayLike,
    ra_b: ArrayLike,
    dec_b: ArrayLike,
    *,
    search_radius: float = 3.0,
    bin_size: float = 0.05,
    peak_radius: float = 0.15,
    fit_rotation: bool = False,
    centre: Pair | None = None,
) -> Offset:
    """
    Measure the offset between two lists of positions.

    Parameters
    ----------
    ra_a, dec_a, ra_b, dec_b : array_like, shape (na,), (nb,)
        ICRS degrees; NaN are left out. Not modified.
    search_radius : float
        Largest offset, arcsec.
    bin_size : float
        Size of a bin of the histogram, arcsec.
    peak_radius : float
        Radius around the peak in which pairs count, arcsec: some times the scatter of the positions.
    fit_rotation : bool
        Whether to fit a rotation about `centre` too.
    centre : tuple of float, optional
        (RA, Dec) in degrees at which the offset is wanted; by default the mean of list b. Far from the poles it
        hardly matters: within 2 arcmin at Dec -70 an offset of 1 arcsec differs by 2 mas.

    Returns
    -------
    Offset
        With NaN offset and significance 0 when no two pairs agree.

    Raises
    ------
    ParameterError
        If the radii or the bin do not go together.

    Notes
    -----
    The peak is the place with most pairs in a box of the area of the peak circle. There a Gaussian on an even ground
    of chance pairs is fitted by expectation maximisation, to the pairs themselves and not to the bins: each pair
    counts by the probability that it is a true one. Its width is that of the pairs, so that bad positions weigh as
    they deserve; the standard deviation of the offset follows from width and sum of weights.

    Pairs are one-to-many, as in any crowded field; sources that are listed twice make their pair count twice.
    """
    _check_radii(search_radius, bin_size, peak_radius)
    a, b, centre = in_one_plane((ra_a, dec_a), (ra_b, dec_b), centre)
    count = 2 * round(search_radius / bin_size)
    edges = np.linspace(-search_radius, search_radius, count + 1)
    first, second = _pairs(a, b, search_radius)
    steps = b[second] - a[first]
    histogram = np.histogram2d(steps[:, 1], steps[:, 0], bins=(edges, edges))[0].astype(np.int64)
    peaks = _peaks(histogram, edges, steps, search_radius, peak_radius)
    if not peaks:
        nan = float("nan")
        return Offset(nan, nan, nan, 0.0, 0.0, 0.0, 0.0, nan, 0.0, nan, centre, histogram, edges)
    (position, significance, chance), rest = peaks[0], peaks[1:]
    fit = _fit(steps, a[first], position, peak_radius, chance, fit_rotation)
    return Offset(
        dx=float(fit.shift[0]),
        dy=float(fit.shift[1]),
        sigma=fit.sigma,
        significance=significance,
        runner_up=rest[0][1] if rest else 0.0,
        matches=fit.matches,
        chance=chance,
        rms=fit.scale,
        rotation=fit.rotation,
        rotation_sigma=fit.rotation_sigma,
        centre=centre,
        histogram=histogram,
        edges=edges,
    )


def peak_significance(pairs: float, expected: float, trials: float) -> float:
    """
    Return how unlikely a peak is by chance, in standard deviations of a Gaussian.

    Parameters
    ----------
    pairs : float
        Pairs within the peak.
    expected : float
        Chance pairs expected there, positive.
    trials : float
        Number of places where the peak could have been: search area over peak area.

    Returns
    -------
    float
        x such that a Gaussian exceeds x with the probability that the highest of `trials` Poisson counts of mean
        `expected` reaches `pairs`; 0 when that is likely.

    Notes
    -----
    The Poisson tail is replaced by its Chernoff bound, exp(-(n ln(n/m) - n + m)), which never overstates the
    significance and does not underflow.
    """
    if pairs <= expected:
        return 0.0
    log_chance = np.log(max(trials, 1.0)) - (pairs * np.log(pairs / expected) - pairs + expected)
    return float(max(0.0, -ndtri_exp(log_chance))) if log_chance < 0 else 0.0


@dataclass(frozen=True)
class _Fit:
    shift: NDArray[np.float64]
    sigma: float
    scale: float
    matches: float
    rotation: float = 0.0
    rotation_sigma: float = float("nan")


def _check_radii(search_radius: float, size: float, peak_radius: float) -> None:
    if not 0 < size <= peak_radius <= search_radius / 2:
        raise ParameterError(
            f"a bin of {size:g}, a peak of {peak_radius:g} and a search radius of {search_radius:g} arcsec",
            "0 < bin <= peak radius <= half the search radius",
            "change one of them",
        )


def _pairs(
    a: NDArray[np.float64], b: NDArray[np.float64], radius: float
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    good_a, good_b = (np.flatnonzero(np.isfinite(positions).all(axis=1)) for positions in (a, b))
    if not (len(good_a) and len(good_b)):
        return np.zeros(0, np.intp), np.zeros(0, np.intp)
    near = cKDTree(a[good_a]).sparse_distance_matrix(cKDTree(b[good_b]), radius, output_type="ndarray")
    return good_a[near["i"]], good_b[near["j"]]


def _peaks(
    histogram: NDArray[np.int64],
    edges: NDArray[np.float64],
    steps: NDArray[np.float64],
    search_radius: float,
    peak_radius: float,
) -> list[tuple[NDArray[np.float64], float, float]]:
    """Return the highest peak, and the highest that does not touch it: place, significance, chance pairs."""
    if len(steps) < _FEWEST:
        return []
    bin_size = edges[1] - edges[0]
    width = max(1, round(np.sqrt(np.pi) * peak_radius / bin_size))
    smooth = uniform_filter(histogram.astype(float), width, mode="constant")
    middles = (edges[:-1] + edges[1:]) / 2
    apart = np.ones_like(smooth, dtype=bool)
    trials = (search_radius / peak_radius) ** 2
    peaks: list[tuple[NDArray[np.float64], float, float]] = []
    taken = 0.0
    for _ in range(2):
        row, column = np.unravel_index(np.argmax(np.where(apart, smooth, -1)), smooth.shape)
        position = np.array([middles[column], middles[row]])
        for _ in range(5):  # the circle moves to the middle of its pairs
            inside = np.hypot(*(steps - position).T) <= peak_radius
            if not inside.any():
                break
            position = np.median(steps[inside], axis=0)
        pairs = int(np.count_nonzero(np.hypot(*(steps - position).T) <= peak_radius))
        if pairs < _FEWEST:
            break
        # the peaks themselves are no chance pairs; one pair at least, for nothing is known to better than that
        taken += pairs
        chance = max(len(steps) - taken, 1.0) / max(trials - len(peaks) - 1, 1.0)
        peaks.append((position, peak_significance(pairs, chance, trials), chance))
        x, y = np.meshgrid(middles, middles)
        apart &= np.hypot(x - position[0], y - position[1]) > 3 * peak_radius
        if not apart.any():
            break
    return peaks


def _fit(
    steps: NDArray[np.float64],
    positions: NDArray[np.float64],
    position: NDArray[np.float64],
    radius: float,
    chance: float,
    fit_rotation: bool,
) -> _Fit:
    """Fit a Gaussian on an even ground to the pairs around `position`."""
    near = np.hypot(*(steps - position).T) <= radius
    steps, positions = steps[near], positions[near]
    lever_arms = positions - positions.mean(axis=0)
    ground = max(chance, 1e-9) / (np.pi * radius**2)
    shift, turn, true = position, 0.0, max(len(steps) - chance, 1.0)
    scale = max(radius / 3, _LEAST_SCALE)
    weights = np.ones(len(steps))
    for _ in range(_ITERATIONS):
        # a small turn by t moves (x, y) by t (y, -x)
        residual = steps - shift - turn * np.column_stack([lever_arms[:, 1], -lever_arms[:, 0]])
        square = (residual**2).sum(axis=1)
        signal = true / (2 * np.pi * scale**2) * np.exp(-0.5 * square / scale**2)
        weights = signal / (signal + ground)
        total = max(float(weights.sum()), 1e-9)
        new = shift + (weights[:, None] * residual).sum(axis=0) / total
        if fit_rotation and total > 3:
            turn += _turn(weights, lever_arms, residual)
        scale = max(float(np.sqrt((weights * square).sum() / (2 * total))), _LEAST_SCALE)
        true, done = total, np.hypot(*(new - shift)) < 1e-7
        shift = new
        if done and _ > 5:
            break
    total = max(float(weights.sum()), 1.0)
    spread = float((weights * (lever_arms**2).sum(axis=1)).sum())
    return _Fit(
        # given at the centre of the plane, not at the middle of the pairs
        shift=shift - turn * np.array([positions.mean(axis=0)[1], -positions.mean(axis=0)[0]]),
        sigma=float(scale / np.sqrt(total)),
        scale=scale,
        matches=float(weights.sum()),
        rotation=float(np.rad2deg(turn)),
        rotation_sigma=float(np.rad2deg(scale / np.sqrt(spread)))
        if fit_rotation and spread
        else float("nan"),
    )


def _turn(weights: NDArray, lever_arms: NDArray, residual: NDArray) -> float:
    lever = np.column_stack([lever_arms[:, 1], -lever_arms[:, 0]])
    lever = lever - (weights[:, None] * lever).sum(axis=0) / weights.sum()
    strength = float((weights[:, None] * lever**2).sum())
    return float((weights[:, None] * lever * residual).sum()) / strength if strength else 0.0
