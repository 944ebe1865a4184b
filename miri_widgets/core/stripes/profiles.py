"""
Profiles: the level of each column (or row) of an area, free of sources, and the part that is of the detector.

An offset of the detector is the same along a whole column. Sky, emission and noise are not: bands of rows tell them
apart.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.fft import dct
from scipy.ndimage import gaussian_filter1d

from miri_widgets.core.levels.exposure_level import robust_sigma
from miri_widgets.core.stripes.smooth_curves import Curves

__all__ = [
    "HUBER",
    "Bands",
    "Offsets",
    "band_edges",
    "common_offsets",
    "levels_of_bands",
    "location",
    "rough_rms",
]

HUBER = 1.5
"""Standard deviations beyond which values pull no more."""

_BAND_SCALE = 20.0  # pixels; rougher than this, bands are compared
_EXCESS = 4.0  # times the power of noise


@dataclass(frozen=True, eq=False)
class Bands:
    """
    Levels of the columns of an area, in several bands of rows.

    Attributes
    ----------
    level : ndarray of float64, shape (bands, n)
        NaN where too few pixels count.
    count : ndarray of int, shape (bands, n)
        Pixels that each level comes from.
    """

    level: NDArray[np.float64]
    count: NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Offsets:
    """
    What is common to all bands.

    Attributes
    ----------
    value : ndarray of float64, shape (n,)
        Offset of each column, as far as it stands out of emission and noise; 0 where nothing was measured.
    err : ndarray of float64, shape (n,)
        Its standard deviation; 0 where the offset is 0 by decision.
    emission : int
        Order of the cosine transform up to which the profile is emission; 0 for none.
    known : ndarray of bool, shape (n,)
        Where there were enough pixels.
    """

    value: NDArray[np.float64]
    err: NDArray[np.float64]
    emission: int
    known: NDArray[np.bool_]

    @classmethod
    def none(cls, n: int) -> Offsets:
        """
        Return no offsets, for `n` columns.

        Parameters
        ----------
        n : int
            Number of columns.
        """
        return cls(np.zeros(n), np.zeros(n), 0, np.zeros(n, bool))


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
    limit = HUBER * sigma
    pulled = np.nansum(np.clip(distance, -limit, limit), axis=1, dtype=np.float64)
    inside = np.count_nonzero(np.abs(distance) < limit, axis=1)
    # in a row of few values the step could go past all of them
    return middle + np.where(inside > 0, pulled / np.maximum(inside, 1), 0.0), count


def band_edges(length: int, *, bands: int = 8, least: int = 20) -> NDArray[np.int64]:
    """
    Return where bands begin and end, shape (number + 1,): at most `bands`, none narrower than `least`.

    Parameters
    ----------
    length : int
        Number of pixels along the axis.
    bands : int
        Largest number of bands.
    least : int
        Least width of a band, pixels.
    """
    return np.linspace(0, length, max(1, min(bands, length // max(least, 1))) + 1).astype(np.int64)


def levels_of_bands(values: NDArray[np.floating], edges: NDArray[np.integer], *, least: int = 20) -> Bands:
    """
    Return the level of each row of values in each band.

    Parameters
    ----------
    values : ndarray of float, shape (n, m)
        One line per column of the exposure; NaN does not count. Not modified.
    edges : ndarray of int, shape (bands + 1,)
        Of the bands, along the second axis.
    least : int
        Lines with fewer values, in all bands together, have no level.
    """
    parts = [location(np.ascontiguousarray(values[:, low:high])) for low, high in pairwise(edges)]
    level, count = np.array([part[0] for part in parts]), np.array([part[1] for part in parts])
    known = (count >= max(1, least // len(parts) // 2)) & (count.sum(axis=0) >= least)
    return Bands(np.where(known, level, np.nan), np.where(known, count, 0))


def common_offsets(
    bands: Bands,
    before: NDArray[np.float64] | None = None,
    *,
    scale: float = 60.0,
    adaptive: bool = True,
    emission: bool = False,
) -> Offsets:
    """
    Return the offsets that all bands have in common.

    Parameters
    ----------
    bands : Bands
        Levels. Not modified.
    before : ndarray of float64, shape (n,), optional
        Offsets that were taken off the levels already, and count again.
    scale : float
        The finest structure along the profile that may be sky though all bands have it, pixels (sigma of a
        Gaussian).
    adaptive : bool
        Follow such structure only as far as the profile shows it; else all that is wider than `scale` is sky.
    emission : bool
        Leave alone also what is finer, where bands differ.

    Notes
    -----
    The profile, the mean of the bands weighted by how quiet they are, is a smooth curve plus offsets plus noise:

    1. Emission is not the same in all bands. From the lowest frequency (cosine transform) up to where the bands
       differ no more than by noise, the curve takes everything.
    2. Gradients may be the same in all. Above that frequency the curve is a straight line plus a random curve with
       power falling as the fourth power of frequency, never finer than `scale`. Random offsets have a line and a
       curve of their own: the mean over slopes and scales, each as much as the values make it likely, follows what
       stands out of them, and in an empty field nothing. What it may be wrong by is part of the variance.
    3. Offsets are multiplied by their variance without noise over their variance, and by more for a single column
       of many sigma: what is not there is not subtracted.
    """
    n = bands.level.shape[1]
    known = np.asarray(np.isfinite(bands.level).any(axis=0))
    if np.count_nonzero(known) < 8:
        return Offsets.none(n)
    profile, variance, _ = _mean_of_bands(bands)
    order = _emission_order(bands, profile) if emission else 0
    profile = profile if before is None else profile + before
    level = float(np.median(profile[known]))
    values, weight = np.where(known, profile - level, 0.0), known.astype(float)
    scales = np.geomspace(scale, max(n, scale), 6) if adaptive else np.array([scale])
    curves = Curves(n, order, scale)
    for _ in range(2):
        curves.weigh(values, weight)
        curve, doubt = curves.mean(scales, any_slope=not adaptive)
        residual = np.where(known, values - curve, 0.0)
        # a single column far off must not bend the curve
        weight = known / np.maximum(
            1.0, np.abs(residual) / (3.0 * max(robust_sigma(residual[known]), 1e-300))
        )
    return Offsets(*_shrunk(residual, np.where(known, np.sqrt(variance), 0.0), doubt, known), order, known)


def _emission_order(bands: Bands, profile: NDArray[np.float64]) -> int:
    """Lowest order of a cosine transform, beyond 0, at which bands differ by noise alone; 0 for no emission."""
    if len(bands.level) < 3:
        return 0
    columns = np.flatnonzero(np.isfinite(profile))
    differ = np.nan_to_num(bands.level - profile)[:, columns[0] : columns[-1] + 1]
    # steep ends would leak into all orders
    differ = differ * np.hanning(differ.shape[1])
    # one band may hold a bright source
    power = _running_mean(np.median(dct(differ, norm="ortho", axis=1) ** 2, axis=0))
    floor = float(np.median(power[power.size // 2 :]))
    return int(np.argmax(power <= _EXCESS * floor))


def rough_rms(values: NDArray[np.float64]) -> float | None:
    """
    Return the robust rms of a profile, shape (n,), without what is wider than 20 pixels; None for no profile.

    Parameters
    ----------
    values : ndarray
        The profile, shape (n,), or None.
    """
    known = np.isfinite(values)
    if np.count_nonzero(known) < 8:
        return None
    return robust_sigma((values - _smoothed(values))[known])


def _mean_of_bands(bands: Bands) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Mean profile and its variance, shape (n,), and the share of each band, shape (bands,)."""
    known = np.isfinite(bands.level)
    wide = np.array([_smoothed(line) for line in bands.level])
    present = np.isfinite(wide).any(axis=1)
    rough = bands.level - wide
    spread = _spread(rough, known)
    typical = np.array(
        [np.median(line[mask]) if mask.any() else 1.0 for line, mask in zip(bands.count, known, strict=True)]
    )
    weight = np.where(known, bands.count / typical[:, None] / spread[:, None] ** 2, 0.0)
    total = weight.sum(axis=0)
    share = weight.sum(axis=1) / total.sum()
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = (weight * np.nan_to_num(rough)).sum(axis=0) / total
        variance = 1.0 / total
    # what is wide is weighted alike in all columns, so that a mask makes no step
    return mean + share[present] @ wide[present] / share[present].sum(), variance, share


def _spread(rough: NDArray[np.float64], known: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Standard deviation of the levels of each band, from how it differs from the others."""
    several = known.sum(axis=0) > 1
    if len(rough) == 1 or not several.any():
        spread = np.array([robust_sigma(line[np.isfinite(line)]) for line in rough])
    else:
        # the median of all holds a part of each
        differ = (rough[:, several] - _median(rough[:, several])) * np.sqrt(len(rough) / (len(rough) - 1))
        spread = np.array([robust_sigma(line[np.isfinite(line)]) for line in differ])
    return np.maximum(spread, max(1e-3 * float(spread.max()), 1e-30))


def _running_mean(power: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mean over neighbouring frequencies: five, and more as they grow."""
    order = np.arange(power.size)
    half = 2 + order // 6
    total = np.concatenate([[0.0], np.cumsum(power)])
    low, high = np.maximum(order - half, 0), np.minimum(order + half + 1, power.size)
    return (total[high] - total[low]) / (high - low)


def _shrunk(
    residual: NDArray[np.float64],
    noise: NDArray[np.float64],
    doubt: NDArray[np.float64],
    known: NDArray[np.bool_],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    quiet = float(np.median(noise[known])) ** 2
    signal = max(robust_sigma(residual[known]) ** 2 - quiet, 0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.where(known, signal / (signal + noise**2), 0.0)
        single = np.where(known, 1.0 - 16.0 * noise**2 / residual**2, 0.0)
    share = np.clip(np.maximum(np.nan_to_num(share), np.nan_to_num(single, neginf=0.0)), 0.0, 1.0)
    return share * residual, np.sqrt(share * noise**2 + share**2 * doubt)


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
