"""Peaks of the pairs of two lists of positions: the highest, and others that are nearly as high."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter
from scipy.spatial import cKDTree
from scipy.special import ndtri_exp

__all__ = ["Peak", "close_rival", "find_peaks", "peak_significance"]

_FEWEST = 2
"""Two pairs at one offset: fewer are no agreement."""
_NARROW = 3.0
"""Few pairs that agree to a third of the radius are worth more than as many anywhere within it."""
_APART = (0.04, 0.08, 0.15)
"""Arcsec; least distances at which a second peak beside the first is begun."""
_BETTER = 10.0
"""Gain of log likelihood from which two peaks stand for one: three numbers more gain as much once in 10,000 by chance."""
_RESOLVED = 2.5
"""Distance of two peaks in units of their width from which they are two; a broad peak is not."""
_VALLEY = 0.35
"""Pairs half-way between two peaks over those at the lower one, at most."""
_STEPS = 40


@dataclass(frozen=True, eq=False)
class Peak:
    """
    An offset that several pairs share.

    Attributes
    ----------
    position : ndarray, shape (2,)
        Arcsec.
    significance : float
        As `peak_significance` gives it.
    chance, pairs : float
        Chance pairs that are expected within `radius`, and those that are there.
    radius : float
        Arcsec.
    """

    position: NDArray[np.float64]
    significance: float
    chance: float
    pairs: float
    radius: float


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


def find_peaks(
    histogram: NDArray[np.int64],
    edges: NDArray[np.float64],
    steps: NDArray[np.float64],
    search_radius: float,
    peak_radius: float,
) -> list[Peak]:
    """
    Return the highest peak, and the highest that does not touch it.

    Parameters
    ----------
    histogram : ndarray of int, shape (n, n)
        Pairs by offset.
    edges : ndarray, shape (n + 1,)
        Edges of its bins, arcsec.
    steps : ndarray, shape (npairs, 2)
        The offsets themselves, arcsec.
    search_radius, peak_radius : float
        Arcsec.

    Notes
    -----
    The significance is that of the pairs within the radius or within a third of it, whichever is higher; that there were
    two to choose from counts as twice as many places. Three stars that agree to a few hundredths of an arcsec are no
    chance, three anywhere within 0.15 arcsec may be.
    """
    if len(steps) < _FEWEST:
        return []
    width = max(1, round(np.sqrt(np.pi) * peak_radius / (edges[1] - edges[0])))
    smooth = uniform_filter(histogram.astype(float), width, mode="constant")
    middles = (edges[:-1] + edges[1:]) / 2
    apart = np.ones_like(smooth, dtype=bool)
    trials = (search_radius / peak_radius) ** 2
    peaks: list[Peak] = []
    taken = 0.0
    for _ in range(2):
        row, column = np.unravel_index(np.argmax(np.where(apart, smooth, -1)), smooth.shape)
        position = _centred(steps, np.array([middles[column], middles[row]]), peak_radius)
        pairs = int(np.count_nonzero(np.hypot(*(steps - position).T) <= peak_radius))
        if pairs < _FEWEST:
            break
        # the peaks themselves are no chance pairs; one pair at least, for nothing is known to better than that
        taken += pairs
        chance = max(len(steps) - taken, 1.0) / max(trials - len(peaks) - 1, 1.0)
        narrow = int(np.count_nonzero(np.hypot(*(steps - position).T) <= peak_radius / _NARROW))
        significance = max(
            peak_significance(pairs, chance, 2 * trials),
            peak_significance(narrow, chance / _NARROW**2, 2 * trials * _NARROW**2),
        )
        peaks.append(Peak(position, significance, chance, pairs, peak_radius))
        x, y = np.meshgrid(middles, middles)
        apart &= np.hypot(x - position[0], y - position[1]) > 3 * peak_radius
        if not apart.any():
            break
    return peaks


def close_rival(
    steps: NDArray[np.float64], peak: Peak, search_radius: float, peak_radius: float
) -> tuple[Peak, Peak] | None:
    """
    Return two peaks where pairs near a peak fall in two places, the higher first; else None.

    Parameters
    ----------
    steps : ndarray, shape (npairs, 2)
        Offsets of all pairs, arcsec.
    peak : Peak
        The highest.
    search_radius, peak_radius : float
        Arcsec.

    Notes
    -----
    Within three radii of the peak one Gaussian on an even ground is compared with two of equal width. A catalogue that
    lists every star twice makes two peaks of equal height less than a radius apart, of which a circle sees one, or the
    middle.
    """
    near = steps[np.hypot(*(steps - peak.position).T) <= 3 * peak_radius]
    if len(near) < 2 * _FEWEST:
        return None
    ground = max(peak.chance, 1e-9) / (np.pi * peak_radius**2)
    counts = _neighbours(near, _APART[0])
    first = near[np.argmax(counts)]
    width = peak_radius / _NARROW / 2
    single = _mixture(near, [first], width, ground)
    best = None
    for least in _APART:
        other = np.hypot(*(near - first).T) > least
        if not other.any():
            continue
        second = near[np.argmax(np.where(other, counts, -1))]
        double = _mixture(near, [first, second], width, ground)
        if best is None or double[0] > best[0]:
            best = double
    if best is None or best[0] < single[0] + _BETTER:
        return None
    _, positions, numbers, width = best
    apart = float(np.hypot(*(positions[0] - positions[1])))
    if apart < _RESOLVED * width or not _valley(near, positions, apart):
        return None
    radius = min(peak_radius, apart / 2)
    chance = peak.chance * (radius / peak_radius) ** 2
    trials = (search_radius / radius) ** 2
    pair = [
        Peak(
            position,
            peak_significance(float(number) + chance, chance, trials),
            chance,
            float(number) + chance,
            radius,
        )
        for position, number in zip(positions, numbers, strict=True)
    ]
    pair.sort(key=lambda candidate: -candidate.pairs)
    return pair[0], pair[1]


def _valley(steps: NDArray[np.float64], positions: NDArray[np.float64], apart: float) -> bool:
    """Whether few pairs lie between two places: a wrong roll draws one peak out into a line, without a gap."""
    counts = [
        np.count_nonzero(np.hypot(*(steps - position).T) <= apart / 4)
        for position in (positions[0], positions[1], positions.mean(axis=0))
    ]
    return bool(counts[2] <= _VALLEY * min(counts[:2]))


def _centred(steps: NDArray[np.float64], position: NDArray[np.float64], radius: float) -> NDArray[np.float64]:
    """Move a circle to the middle of its pairs."""
    for _ in range(5):
        inside = np.hypot(*(steps - position).T) <= radius
        if not inside.any():
            break
        position = np.median(steps[inside], axis=0)
    return position


def _neighbours(steps: NDArray[np.float64], radius: float) -> NDArray[np.int64]:
    tree = cKDTree(steps)
    return np.asarray(tree.query_ball_point(steps, radius, return_length=True), np.int64)


def _mixture(
    steps: NDArray[np.float64], starts: list[NDArray[np.float64]], width: float, ground: float
) -> tuple[float, NDArray[np.float64], NDArray[np.float64], float]:
    """Fit Gaussians of one width on an even ground by expectation maximisation: log likelihood, places, numbers, width."""
    middles = np.array(starts)
    numbers = np.full(len(starts), len(steps) / len(starts))
    for _ in range(_STEPS):
        square = ((steps[None] - middles[:, None]) ** 2).sum(axis=2)
        signal = numbers[:, None] / (2 * np.pi * width**2) * np.exp(-0.5 * square / width**2)
        share = signal / (signal.sum(axis=0) + ground)
        numbers = np.maximum(share.sum(axis=1), 1e-6)
        middles = (share[..., None] * steps[None]).sum(axis=1) / numbers[:, None]
        square = ((steps[None] - middles[:, None]) ** 2).sum(axis=2)
        # a fifth of a hundredth of a pixel: equal positions must not end the fit
        width = max(float(np.sqrt((share * square).sum() / (2 * numbers.sum()))), 2e-3)
    density = numbers[:, None] / (2 * np.pi * width**2) * np.exp(-0.5 * square / width**2)
    likelihood = float(np.log(density.sum(axis=0) + ground).sum() - numbers.sum())
    return likelihood, middles, numbers, width
