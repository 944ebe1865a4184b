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
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.spatial import cKDTree

from miri_widgets.core.shifts.offset_peaks import Peak, close_rival, find_peaks, peak_significance
from miri_widgets.core.tangent_plane import in_one_plane
from miri_widgets.errors import ParameterError

__all__ = ["Offset", "offset_histogram", "peak_significance"]

Pair = tuple[float, float]

AMBIGUOUS = 0.6
"""An offset is ambiguous when another one is shared by this part of its pairs. Lists that both hold every star twice, at
one distance, give half of the pairs to either wrong offset, and the right one is not in doubt."""
_RIVAL = 4.0
"""Significance from which another peak counts: chance alone reaches it once in 30,000 searches."""
_ITERATIONS = 60
_FEWEST_TURNED = 3
"""So many pairs fit any turn that their scatter asks for: one is measured on more."""
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
        The same of the highest other peak.
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
    runner_up_shift : tuple of float
        Offset of the highest other peak, arcsec; NaN when there is none.
    runner_up_matches : float
        Pairs that share it, chance pairs subtracted.
    middle : tuple of float
        Mean position of the pairs in the plane about `centre`, arcsec: a roll that nothing measures moves the offset at
        the centre by the turn times this distance.
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
    runner_up_shift: Pair = (float("nan"), float("nan"))
    runner_up_matches: float = 0.0
    middle: Pair = (0.0, 0.0)

    @property
    def shift(self) -> Pair:
        """(dx, dy)."""
        return self.dx, self.dy

    @property
    def ambiguous(self) -> bool:
        """Whether another offset is shared by nearly as many pairs, and by more than chance pairs would be."""
        many = self.runner_up_matches > AMBIGUOUS * self.matches
        return bool(self.significance > 0 and many and self.runner_up > _RIVAL)


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
    near: Pair | None = None,
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
    near : tuple of float, optional
        An offset that is known to within `peak_radius`, arcsec: no other place is searched, and the significance is
        that of pairs at this very place.

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
    if near is None:
        peaks = find_peaks(histogram, edges, steps, search_radius, peak_radius)
    else:
        peaks = _known_peak(steps, near, search_radius, peak_radius)
    if not peaks:
        nan = float("nan")
        return Offset(nan, nan, nan, 0.0, 0.0, 0.0, 0.0, nan, 0.0, nan, centre, histogram, edges)
    peak, rivals = peaks[0], peaks[1:]
    if near is None and (beside := close_rival(steps, peak, search_radius, peak_radius)) is not None:
        peak = beside[0]
        rivals = sorted(
            (
                beside[1],
                *(other for other in rivals if np.hypot(*(other.position - peak.position)) > peak_radius),
            ),
            key=lambda candidate: -candidate.pairs,
        )
    fit = _fit(steps, a[first], peak.position, peak.radius, peak.chance, fit_rotation)
    rival = rivals[0] if rivals else None
    return Offset(
        dx=float(fit.shift[0]),
        dy=float(fit.shift[1]),
        sigma=fit.sigma,
        significance=peak.significance,
        runner_up=rival.significance if rival else 0.0,
        matches=fit.matches,
        chance=peak.chance,
        rms=fit.scale,
        rotation=fit.rotation,
        rotation_sigma=fit.rotation_sigma,
        centre=centre,
        histogram=histogram,
        edges=edges,
        middle=fit.middle,
        **(_of_rival(rival) if rival else {}),
    )


def _of_rival(rival: Peak) -> dict[str, Any]:
    x, y = (float(part) for part in rival.position)
    return {"runner_up_shift": (x, y), "runner_up_matches": max(rival.pairs - rival.chance, 0.0)}


def _known_peak(
    steps: NDArray[np.float64], near: Pair, search_radius: float, peak_radius: float
) -> list[Peak]:
    """Return the pairs about a known offset as a peak, significance that of a single place; none without pairs."""
    position = np.asarray(near, float)
    pairs = int(np.count_nonzero(np.hypot(*(steps - position).T) <= peak_radius))
    if not pairs:
        return []
    chance = max(len(steps) - pairs, 1.0) * (peak_radius / search_radius) ** 2
    return [Peak(position, peak_significance(pairs, chance, 1.0), chance, pairs, peak_radius)]


@dataclass(frozen=True)
class _Fit:
    shift: NDArray[np.float64]
    sigma: float
    scale: float
    matches: float
    rotation: float = 0.0
    rotation_sigma: float = float("nan")
    middle: Pair = (0.0, 0.0)


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
        if fit_rotation and total > _FEWEST_TURNED:
            turn += _turn(weights, lever_arms, residual)
        scale = max(float(np.sqrt((weights * square).sum() / (2 * total))), _LEAST_SCALE)
        true, done = total, np.hypot(*(new - shift)) < 1e-7
        shift = new
        if done and _ > 5:
            break
    total = max(float(weights.sum()), 1.0)
    spread = float((weights * (lever_arms**2).sum(axis=1)).sum())
    middle = positions.mean(axis=0)
    turned = fit_rotation and total > _FEWEST_TURNED
    # the error of the turn moves the centre of the plane about the middle of the pairs
    swing = scale / np.sqrt(spread) * np.hypot(*middle) / np.sqrt(2) if turned and spread else 0.0
    return _Fit(
        # given at the centre of the plane, not at the middle of the pairs
        shift=shift - turn * np.array([middle[1], -middle[0]]),
        sigma=float(np.hypot(scale / np.sqrt(total), swing)),
        scale=scale,
        matches=float(weights.sum()),
        rotation=float(np.rad2deg(turn)),
        rotation_sigma=float(np.rad2deg(scale / np.sqrt(spread))) if turned and spread else float("nan"),
        middle=(float(middle[0]), float(middle[1])),
    )


def _turn(weights: NDArray, lever_arms: NDArray, residual: NDArray) -> float:
    lever = np.column_stack([lever_arms[:, 1], -lever_arms[:, 0]])
    lever = lever - (weights[:, None] * lever).sum(axis=0) / weights.sum()
    strength = float((weights[:, None] * lever**2).sum())
    return float((weights[:, None] * lever * residual).sum()) / strength if strength else 0.0
