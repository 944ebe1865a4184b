"""
Profiles: the level of each column (or row) of an area, free of sources, and split into smooth and rough.

What is smooth from column to column is sky, emission or gradient; what is rough is of the detector.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_solve_banded, cholesky_banded
from scipy.ndimage import gaussian_filter1d

__all__ = ["Profile", "Split", "banded_profile", "location", "rough_rms", "split"]

_HUBER = 1.5
_BAND_SCALE = 20.0  # pixels; rougher than this, bands are compared
_AS_LIKELY = 2.0  # in minus twice the log likelihood
_HALF_POWER = 1.9228  # scale^4 over the weight of the second differences, where half of a wave passes


@dataclass(frozen=True, eq=False)
class Profile:
    """
    A level for each column.

    Attributes
    ----------
    value, err : ndarray of float64, shape (n,)
        Level and its standard deviation, from the scatter between bands; NaN where `count` is too low.
    count : ndarray of int, shape (n,)
        Pixels that it comes from.
    """

    value: NDArray[np.float64]
    err: NDArray[np.float64]
    count: NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Split:
    """
    A profile as the sum of a smooth and a rough part.

    Attributes
    ----------
    smooth : ndarray of float64, shape (n,)
        What is kept: follows everything wider than `scale`.
    rough : ndarray of float64, shape (n,)
        What is of the detector, as far as it stands out of its own noise; 0 where nothing was measured.
    err : ndarray of float64, shape (n,)
        Standard deviation of `rough`; 0 where it is 0 by decision.
    scale : float
        Pixels; sigma of the Gaussian with the same half power.
    """

    smooth: NDArray[np.float64]
    rough: NDArray[np.float64]
    err: NDArray[np.float64]
    scale: float


def location(values: NDArray[np.floating]) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """
    Return the centre of each row of values, with outliers held off.

    Parameters
    ----------
    values : ndarray of float, shape (n, m)
        NaN does not count. Not modified.

    Returns
    -------
    centre : ndarray of float64, shape (n,)
        NaN where a row has no value.
    count : ndarray of int, shape (n,)

    Notes
    -----
    Median, then one Newton step of Huber's estimate (k = 1.5): it resists outliers like the median, with 96 %
    of the efficiency of a mean instead of 64 %. Source: Huber (1964, Ann. Math. Stat. 35, 73).
    """
    count = np.isfinite(values).sum(axis=1)
    if values.size == 0 or not count.any():
        return np.full(len(values), np.nan), count
    ranked = np.sort(values, axis=1)  # NaN last
    line = np.arange(len(values))
    middle = 0.5 * (ranked[line, np.maximum(count - 1, 0) // 2].astype(np.float64) + ranked[line, count // 2])
    distance = values - middle[:, None].astype(values.dtype)
    sigma = 1.4826 * float(np.nanmedian(np.abs(distance)))
    if not sigma > 0:
        return middle, count
    limit = _HUBER * sigma
    pulled = np.nansum(np.clip(distance, -limit, limit), axis=1, dtype=np.float64)
    inside = np.count_nonzero(np.abs(distance) < limit, axis=1)
    # in a row of few values the step could go past all of them
    return middle + np.where(inside > 0, pulled / np.maximum(inside, 1), 0.0), count


def banded_profile(values: NDArray[np.floating], *, bands: int = 8, least: int = 20) -> Profile:
    """
    Return the level of each row of values, from several bands that are weighted by how quiet they are.

    Parameters
    ----------
    values : ndarray of float, shape (n, m)
        Residuals from a smooth surface: one line per column of the exposure; NaN does not count. Not modified.
    bands : int
        The m values are cut into so many pieces.
    least : int
        Lines with fewer values have no level.

    Notes
    -----
    The offset of a column is the same in all bands; noise, sources and emission are not. Their scatter between
    bands is therefore the noise of the profile, and a band full of nebulosity counts little. What is wider than
    20 pixels is averaged over all bands alike, so that a mask does not make steps.
    """
    n, m = values.shape
    bands = max(1, min(bands, m // max(least, 1)))
    edges = np.linspace(0, m, bands + 1).astype(int)
    parts = [location(values[:, low:high]) for low, high in pairwise(edges)]
    levels = np.array([part[0] for part in parts])
    counts = np.array([part[1] for part in parts])
    count = counts.sum(axis=0)
    known = (counts >= max(1, least // bands // 2)) & (count >= least)
    levels = np.where(known, levels, np.nan)
    if not known.any():
        return Profile(np.full(n, np.nan), np.full(n, np.nan), count)
    wide = np.array([_smoothed(line) for line in levels])
    rough = levels - wide
    variance = _band_variances(rough, counts, known)
    weight = np.where(known, 1.0 / variance, 0.0)
    total = weight.sum(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = np.nansum(weight * np.nan_to_num(rough), axis=0) / total
        err = np.sqrt(1.0 / total)
    present = np.isfinite(wide).any(axis=1)
    value = mean + wide[present].mean(axis=0)
    return Profile(np.where(total > 0, value, np.nan), np.where(total > 0, err, np.nan), count)


def _band_variances(
    rough: NDArray[np.float64], counts: NDArray[np.int64], known: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """Variance of each level, from how its band differs from the others; shape (bands, n)."""
    several = known.sum(axis=0) > 1
    if len(rough) == 1 or not several.any():
        # one band: neighbours tell, offsets included
        spread = np.array([_mad(line[np.isfinite(line)]) for line in rough])
    else:
        common = _median(rough[:, several])
        # the others' median holds 1/bands of the variance
        spread = np.array([_mad(line[np.isfinite(line)]) for line in rough[:, several] - common])
        spread *= np.sqrt(len(rough) / (len(rough) - 1))
    floor = max(1e-3 * float(spread.max()), 1e-30)
    usual = np.array(
        [np.median(line[mask]) if mask.any() else 1.0 for line, mask in zip(counts, known, strict=True)]
    )
    return np.maximum(spread, floor)[:, None] ** 2 * usual[:, None] / np.maximum(counts, 1)


def split(profile: Profile, *, scale: float = 20.0, adaptive: bool = True) -> Split:
    """
    Split a profile into what is smooth and what is rough.

    Parameters
    ----------
    profile : Profile
        Levels of neighbouring columns. Not modified.
    scale : float
        The smooth part may follow structure down to this scale, pixels (sigma of a Gaussian).
    adaptive : bool
        Let the profile itself choose a wider scale when it needs no finer one; else use `scale`.

    Notes
    -----
    The smooth part minimizes the squared residuals plus lambda times the squared second differences (Whittaker
    1923); lambda is the restricted maximum-likelihood estimate for "smooth curve plus white noise". An empty
    field keeps a straight line only, a nebula all that is wider than its finest structure. The rough part is
    multiplied by its variance without noise over its variance, and by more for a single column of many sigma:
    offsets that are not there are not subtracted.
    """
    known = np.isfinite(profile.value)
    n = known.size
    nothing = np.zeros(n)
    if np.count_nonzero(known) < 8:
        return Split(np.where(known, profile.value, 0.0), nothing, nothing, scale)
    level = float(np.median(profile.value[known]))
    values = np.where(known, profile.value - level, 0.0)
    widest = max(4.0 * n, scale)
    scales = np.geomspace(scale, widest, 25) if adaptive and widest > scale else np.array([scale])
    weight = known.astype(float)
    for _ in range(2):
        scored = [(_curve(values, weight, one), one) for one in scales]
        # the widest of those that are as likely: it takes least of what is rough
        least = min(score for (_, score), _ in scored)
        (smooth, _), best = [one for one in scored if one[0][1] <= least + _AS_LIKELY][-1]
        residual = np.where(known, values - smooth, 0.0)
        # a single column far off must not bend the curve
        weight = known / np.maximum(1.0, np.abs(residual) / (3.0 * max(_mad(residual[known]), 1e-300)))
    rough, err = _shrunk(residual, np.where(known, profile.err, 0.0), known)
    return Split(smooth + level, rough, err, float(best))


def rough_rms(values: NDArray[np.float64]) -> float | None:
    """Return the robust rms of a profile, shape (n,), without what is wider than 20 pixels; None for no profile."""
    known = np.isfinite(values)
    if np.count_nonzero(known) < 8:
        return None
    return _mad((values - _smoothed(values))[known])


def _curve(values: NDArray, weight: NDArray, scale: float) -> tuple[NDArray[np.float64], float]:
    """Whittaker's curve, and minus twice its restricted log likelihood."""
    n, stiffness = values.size, scale**4 / _HALF_POWER
    bands = np.zeros((3, n))
    bands[0] = weight
    # second differences: 1 -2 1
    for offset, row in ((0, (1.0, 4.0, 1.0)), (1, (-2.0, -2.0)), (2, (1.0,))):
        for start, factor in enumerate(row):
            bands[offset, start : n - 2 + start] += stiffness * factor
    factor_ = cholesky_banded(bands, lower=True)
    smooth = cho_solve_banded((factor_, True), weight * values)
    freedom = max(np.count_nonzero(weight) - 2, 1)
    misfit = max(float(np.sum(weight * values * (values - smooth))), 1e-300)
    logdet = 2.0 * float(np.log(factor_[0]).sum())
    return smooth, freedom * np.log(misfit) + logdet - (n - 2) * np.log(stiffness)


def _shrunk(
    residual: NDArray, noise: NDArray, known: NDArray[np.bool_]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    total = _mad(residual[known]) ** 2
    quiet = float(np.median(noise[known])) ** 2
    signal = max(total - quiet, 0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.where(known, signal / (signal + noise**2), 0.0)
        single = np.where(known, 1.0 - 16.0 * noise**2 / residual**2, 0.0)
    share = np.nan_to_num(np.clip(np.maximum(share, np.nan_to_num(single, neginf=0.0)), 0.0, 1.0))
    return share * residual, np.sqrt(share) * noise


def _smoothed(line: NDArray[np.float64]) -> NDArray[np.float64]:
    """Gaussian mean of the known values; NaN if there is none."""
    known = np.isfinite(line)
    if not known.any():
        return np.full(line.shape, np.nan)
    weight = gaussian_filter1d(known.astype(float), _BAND_SCALE, mode="nearest")
    level = float(np.median(line[known]))
    total = gaussian_filter1d(np.where(known, line - level, 0.0), _BAND_SCALE, mode="nearest")
    return level + np.where(weight > 1e-6, total / np.maximum(weight, 1e-6), 0.0)


def _median(stack: NDArray[np.float64]) -> NDArray[np.float64]:
    ranked, count = np.sort(stack, axis=0), np.isfinite(stack).sum(axis=0)  # NaN last
    line = np.arange(stack.shape[1])
    return np.asarray(0.5 * (ranked[np.maximum(count - 1, 0) // 2, line] + ranked[count // 2, line]))


def _mad(values: NDArray[np.float64]) -> float:
    return 1.4826 * float(np.median(np.abs(values - np.median(values)))) if values.size else 0.0
