"""Stacks of exposures, aligned in detector pixels: robust means of all samples, or of all but one's own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from miri_widgets.core.stacks.clipping import (
    Plane,
    all_within,
    clipping_bounds,
    kept_samples,
    number_within,
    six_bounds,
    sums_of_all,
    sums_within,
)
from miri_widgets.core.stacks.fast_masking import keep
from miri_widgets.core.stacks.order_statistics import at_rank, in_order, inner_ranks

__all__ = [
    "LeaveOneOutMean",
    "Stack",
    "clipped_mean",
    "clipped_means_of_others",
    "leave_one_out",
    "mean_without",
    "median_plane",
    "median_stack",
]


_PRIOR = 4.0
"""The `noise` counts as so many samples in the variance of a mean, which few samples alone determine poorly."""


@dataclass(frozen=True, eq=False)
class Stack:
    """
    A mean and how well it is known.

    Attributes
    ----------
    mean : ndarray of float32
        NaN where there is no sample.
    var : ndarray of float32
        Variance of the mean; NaN where there is no sample.
    count : ndarray of float32
        Number of samples in the mean.
    """

    mean: Plane
    var: Plane
    count: Plane


def clipped_mean(
    values: Plane, *, low: float = 3.0, high: float = 3.0, noise: float = 0.0, fixed: bool = False
) -> Stack:
    """
    Return the mean over exposures after clipping.

    Parameters
    ----------
    values : ndarray of float32, shape (n, npix)
        Samples of each pixel, NaN where there is none. Not modified.
    low, high : float
        Leave out samples below the median minus `low` and above the median plus `high` standard deviations.
    noise : float
        Standard deviation that samples have at least, unit of `values`.
    fixed : bool
        Clip by `noise` alone, whatever the samples scatter: where a fifth of few samples may be outliers, their
        scatter says little.

    Returns
    -------
    Stack
        Arrays of shape (npix,).

    Notes
    -----
    The standard deviation is that of a normal distribution with the same spread between two inner order statistics,
    about the 20 and 80 per cent ones, so that a fifth of the samples at either end may be outliers; it is not taken
    below `noise`, since that of few samples is often small by chance. One round: bounds that start from robust
    numbers need no second. The result does not depend on the order of the exposures, to the last bit.
    """
    ordered, count = in_order(values)
    positions = inner_ranks(count, count)
    centre = _finite(at_rank(ordered, positions[2]))
    ordered -= centre
    order = [at_rank(ordered, where) for where in positions]
    below, above = clipping_bounds(order, count, low, high, noise, fixed)
    return _stack(sums_within(ordered, below, above), centre, noise)


def clipped_means_of_others(
    values: Plane,
    *,
    low: float = 3.0,
    high: float = 3.0,
    noise: float = 0.0,
    least: int = 1,
    fixed: bool = False,
) -> tuple[Plane, Stack]:
    """
    Return, for each exposure, the clipped mean of all the other ones, and that of all.

    Parameters
    ----------
    values : ndarray of float, shape (n, npix)
        Samples; NaN where there is none. Not modified.
    low, high : float
        Samples farther below or above the median than so many standard deviations do not count.
    noise : float
        Least standard deviation of a sample, in the unit of the values.
    least : int
        A mean of fewer samples is NaN.
    fixed : bool
        Clip by `noise` alone, whatever the samples scatter.

    Returns
    -------
    others : ndarray of float32, shape (n, npix)
        Row k is the mean of `clipped_mean` of `values` without row k.
    everything : Stack
        Arrays of shape (npix,): `clipped_mean` of `values`.
    """
    leave_out = leave_one_out(values, low=low, high=high, noise=noise, least=least, fixed=fixed)
    others = np.empty_like(values)
    for row, own, exact in zip(others, values, leave_out.exact, strict=True):
        row[:] = leave_out.without(own)
        row[leave_out.hard] = exact
    return others, leave_out.everything


@dataclass(frozen=True, eq=False)
class LeaveOneOutMean:
    """
    What the clipped mean of a pixel becomes without one of its samples.

    Attributes
    ----------
    everything : Stack
        From all samples; arrays of shape (npix,).
    below, above : ndarray of float32, shape (npix,)
        Samples within these bounds are in the mean.
    hard : ndarray of int, shape (nhard,)
        Indices of the pixels where the bounds depend on which sample is left out.
    exact : ndarray of float32, shape (n, nhard)
        The means there, for each exposure left out.
    """

    everything: Stack
    below: Plane
    above: Plane
    hard: NDArray[np.integer]
    exact: Plane

    def without(self, own: Plane) -> Plane:
        """
        Return the mean without samples `own`, NaN where there is none, shape (npix,); not for `hard` pixels.

        Parameters
        ----------
        own : Plane
            The sample to leave out of each pixel, shape (npix,).
        """
        return mean_without(own, self.everything.mean, self.everything.count, self.below, self.above)


def mean_without(own: Plane, mean: Plane, count: Plane, below: Plane, above: Plane) -> Plane:
    """
    Return means, each without one of its samples where that is within bounds; all arrays of one shape.

    Parameters
    ----------
    own : Plane
        The sample to leave out.
    mean : Plane
        Mean of the samples within bounds.
    count : Plane
        Number of samples within bounds.
    below : Plane
        Lower bound of the samples.
    above : Plane
        Upper bound of the samples.
    """
    change = mean - own
    change /= np.maximum(count - 1, np.float32(1))
    within = own >= below
    within &= own <= above
    keep(change, within)
    change += mean
    return change


def leave_one_out(
    values: Plane,
    *,
    low: float = 3.0,
    high: float = 3.0,
    noise: float = 0.0,
    least: int = 1,
    fixed: bool = False,
) -> LeaveOneOutMean:
    """
    Return how clipped means change when one sample is left out.

    Parameters
    ----------
    values : ndarray of float, shape (n, npix)
        Samples; NaN where there is none. Not modified.
    low, high : float
        Samples farther below or above the median than so many standard deviations do not count.
    noise : float
        Least standard deviation of a sample, in the unit of the values.
    least : int
        A mean of fewer samples is NaN.
    fixed : bool
        Clip by `noise` alone, whatever the samples scatter.

    Notes
    -----
    Exact. Without its value of rank r, the j-th order statistic of the others is the j-th of all where r > j and the
    next one elsewhere. Four order statistics define the bounds, so that there are five sets of bounds, and a sixth
    for exposures that have no sample themselves. Where no sample can be out of bounds, or where all six sets hold the
    same samples, which is the rule, a sample within bounds leaves the mean and the others stay. Elsewhere the sums
    within each set of bounds are made once, and an exposure takes those of its case.
    """
    ordered, count = in_order(values)
    centre = _finite(at_rank(ordered, count // 2))
    ordered -= centre
    everything = _stack(sums_of_all(ordered, count), centre, noise)
    above = np.full(centre.shape, np.finfo(np.float32).max)
    below = -above
    doubtful = np.flatnonzero(~all_within(ordered, count, low, high, noise, least) & (count > 0))
    few, some, middle = ordered[:, doubtful], count[doubtful], centre[doubtful]
    bounds = six_bounds(few, some, low, high, noise, fixed)
    lowest, highest = bounds[:, 0].min(axis=0), bounds[:, 1].max(axis=0)
    sums = sums_within(few, lowest, highest)
    same = (sums[2] == number_within(few, bounds[:, 0].max(axis=0), bounds[:, 1].min(axis=0))) & (
        sums[2] > least
    )
    below[doubtful], above[doubtful] = lowest + middle, highest + middle
    rest = np.flatnonzero(~same)
    hard = doubtful[rest]
    exact, general = _within_bounds(
        values[:, hard] - middle[rest],
        few[:, rest],
        some[rest],
        middle[rest],
        bounds[:, :, rest],
        noise,
        least,
    )
    stack = _stack(sums, middle, noise)
    for name in ("mean", "var", "count"):
        getattr(everything, name)[doubtful] = getattr(stack, name)
        getattr(everything, name)[hard] = getattr(general, name)
    return LeaveOneOutMean(everything, below, above, hard, exact)


def median_stack(values: Plane, *, noise: float = 0.0) -> Stack:
    """
    Return the median over exposures, the mean of the middle two for an even number.

    Parameters
    ----------
    values : ndarray of float, shape (n, npix)
        Samples; NaN where there is none. Not modified.
    noise : float
        Least standard deviation of a sample, in the unit of the values.

    Returns
    -------
    Stack
        Arrays of shape (npix,). The variance is pi / 2 times that of a mean, as for many normal samples.
    """
    ordered, count = in_order(values)
    centre = _middle(ordered, count)
    ordered -= _finite(centre)
    mean = _stack(sums_of_all(ordered, count), centre, noise)
    return Stack(centre, mean.var * np.float32(np.pi / 2), mean.count)


def median_plane(values: Plane) -> Plane:
    """
    Return the median over exposures alone: the mean of `median_stack`, NaN where there is no sample.

    Parameters
    ----------
    values : Plane
        Samples, shape (n, npix); NaN where there is none.
    """
    ordered, count = in_order(values)
    return _middle(ordered, count)


def _middle(ordered: Plane, count: NDArray[np.intp]) -> Plane:
    low, high = (at_rank(ordered, where) for where in inner_ranks(count, count)[1:3])
    centre = (low + high) * np.float32(0.5)
    centre[count == 0] = np.nan
    return centre


def _finite(centre: Plane) -> Plane:
    return np.where(np.isfinite(centre), centre, np.float32(0))


def _stack(sums: Any, centre: Plane, noise: float) -> Stack:
    """Mean, its variance and the count from sums of samples relative to a centre."""
    total, squares, count = sums
    prior = np.float32(_PRIOR if noise > 0 else 0.0)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = total / count
        scatter = np.maximum(squares - total * mean, np.float32(0))
        scatter += prior * np.float32(noise) ** 2
        scatter /= np.maximum(count - 1 + prior, 1)
        # without samples: 0 / 0 is NaN, as it should be
        scatter /= count
        scatter[count == 0] = np.nan
    return Stack(centre + mean, scatter, count)


def _within_bounds(
    own: Plane,
    ordered: Plane,
    count: NDArray[np.intp],
    centre: Plane,
    bounds: NDArray[np.float32],
    noise: float,
    least: int,
) -> tuple[Plane, Stack]:
    """Means of the others, and of all, within the bounds of six cases; samples are relative to `centre`."""
    below, above = bounds[:, 0], bounds[:, 1]
    totals, numbers = (
        np.array(part) for part in zip(*(kept_samples(ordered, *pair)[1:] for pair in bounds), strict=True)
    )
    case = np.zeros(own.shape, np.int32)
    for where in inner_ranks(np.maximum(count - 1, 0), count):
        case += own > at_rank(ordered, where)
    case[np.isnan(own)] = 5
    case *= np.int32(own.shape[1])
    case += np.arange(own.shape[1], dtype=np.int32)
    inside = (own >= below.ravel().take(case)) & (own <= above.ravel().take(case))
    number = numbers.take(case) - inside
    total = totals.take(case) - np.where(inside, own, np.float32(0))
    with np.errstate(divide="ignore", invalid="ignore"):
        others = np.where(number >= max(least, 1), centre + total / number, np.float32(np.nan))
    return others, _stack(sums_within(ordered, *bounds[5]), centre, noise)
