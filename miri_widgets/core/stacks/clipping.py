"""Bounds of clipped means, and sums of the samples within them, of ordered samples with infinity for absent ones."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from miri_widgets.core.stacks.fast_masking import keep
from miri_widgets.core.stacks.order_statistics import at_rank, inner_ranks

__all__ = [
    "Plane",
    "all_within",
    "clipping_bounds",
    "kept_samples",
    "number_within",
    "six_bounds",
    "sums_of_all",
    "sums_within",
]


Plane = NDArray[np.float32]


def _spreads(most: int) -> Plane:
    """Expected distance between the low and the high order statistic of normal samples; Blom (1958)."""
    count = np.arange(most + 1)
    last = np.maximum(count - 1, 0)
    rank = last - (2 * last + 5) // 10 + 1
    spread = 2 * ndtri((rank - 0.375) / (count + 0.25))
    return np.where(count > 1, spread, 1.0).astype(np.float32)


def clipping_bounds(
    order: list[Plane], count: NDArray[np.intp], low: float, high: float, noise: float, fixed: bool
) -> tuple[Plane, Plane]:
    """
    Return the bounds of what counts around the median, from four order statistics; shape (npix,) each.

    Parameters
    ----------
    order : list of Plane
        Samples at the ranks of `inner_ranks`, shape (npix,) each.
    count : ndarray of int, shape (npix,)
        How many samples there are.
    low, high : float
        Clipping limits, sigma.
    noise : float
        Least width, in the unit of the samples.
    fixed : bool
        Whether the width is `noise`, whatever the samples.
    """
    with np.errstate(invalid="ignore"):
        sigma = (order[3] - order[0]) / _spreads(int(count.max(initial=0)))[count]
        middle = (order[1] + order[2]) * np.float32(0.5)
    # no sample, no bounds: absent ones, which are infinite, must not be within them
    middle[~np.isfinite(middle)] = np.nan
    sigma = np.maximum(np.where(np.isfinite(sigma) & (not fixed), sigma, np.float32(0)), np.float32(noise))
    return middle - np.float32(low) * sigma, middle + np.float32(high) * sigma


def kept_samples(ordered: Plane, below: Plane, above: Plane) -> tuple[Plane, Plane, Plane]:
    """
    Samples within bounds, 0 for others, shape (n, npix); their sum and their number, shape (npix,).

    Parameters
    ----------
    ordered : Plane
        Sorted samples, shape (n, npix); absent ones are infinite.
    below, above : Plane
        Bounds, shape (npix,).
    """
    within = ordered >= below
    within &= ordered <= above
    inside = ordered.copy()
    keep(inside, within)
    number = within.view(np.uint8).sum(axis=0, dtype=np.uint16)
    return inside, inside.sum(axis=0), number.astype(np.float32)


def sums_within(ordered: Plane, below: Plane, above: Plane) -> tuple[Plane, Plane, Plane]:
    """
    Sum, sum of squares and number of the samples within bounds, shape (npix,) each.

    Parameters
    ----------
    ordered : Plane
        Sorted samples, shape (n, npix); absent ones are infinite.
    below, above : Plane
        Bounds, shape (npix,).
    """
    inside, total, number = kept_samples(ordered, below, above)
    return total, np.einsum("ij,ij->j", inside, inside), number


def number_within(ordered: Plane, below: Plane, above: Plane) -> Plane:
    """
    Count the samples within bounds, shape (npix,).

    Parameters
    ----------
    ordered : Plane
        Sorted samples, shape (n, npix); absent ones are infinite.
    below, above : Plane
        Bounds, shape (npix,).
    """
    within = ordered >= below
    within &= ordered <= above
    return within.view(np.uint8).sum(axis=0, dtype=np.uint16).astype(np.float32)


def sums_of_all(ordered: Plane, count: NDArray[np.intp]) -> tuple[Plane, Plane, Plane]:
    """
    Sum, sum of squares and number of all samples, shape (npix,) each.

    Parameters
    ----------
    ordered : Plane
        Sorted samples, shape (n, npix); absent ones are infinite.
    count : ndarray of int, shape (npix,)
        How many are there.
    """
    full = int(count.min(initial=len(ordered)))
    some = ordered[full:]
    present = np.where(np.isfinite(some), some, np.float32(0))
    total = ordered[:full].sum(axis=0)
    squares = np.einsum("ij,ij->j", ordered[:full], ordered[:full])
    total += present.sum(axis=0)
    squares += np.einsum("ij,ij->j", present, present)
    return total, squares, count.astype(np.float32)


def all_within(
    ordered: Plane, count: NDArray[np.intp], low: float, high: float, noise: float, least: int
) -> NDArray[np.bool_]:
    """
    Tell where no sample can be clipped, whichever is left out: the median is among four, the width is `noise`.

    Parameters
    ----------
    ordered : Plane
        Sorted samples, shape (n, npix); absent ones are infinite.
    count : ndarray of int, shape (npix,)
        How many are there.
    low, high : float
        Clipping limits, sigma.
    noise : float
        Least width, in the unit of the samples.
    least : int
        Fewest samples that count.
    """
    last = np.maximum(count - 1, 0)
    lowest = at_rank(ordered, np.maximum(last // 2 - 1, 0))
    highest = at_rank(ordered, np.minimum(count // 2 + 1, last))
    within = ordered[0] >= highest - np.float32(low * noise)
    within &= at_rank(ordered, last) <= lowest + np.float32(high * noise)
    within &= count > least
    return within


def six_bounds(
    ordered: Plane, count: NDArray[np.intp], low: float, high: float, noise: float, fixed: bool
) -> NDArray[np.float32]:
    """
    Bounds without one of the samples, for five cases of its rank, and with all of them; shape (6, 2, npix).

    Parameters
    ----------
    ordered : Plane
        Sorted samples, shape (n, npix); absent ones are infinite.
    count : ndarray of int, shape (npix,)
        How many are there.
    low, high : float
        Clipping limits, sigma.
    noise : float
        Least width, in the unit of the samples.
    fixed : bool
        Whether the width is `noise`, whatever the samples.
    """
    last = np.maximum(count - 1, 0)
    positions = inner_ranks(last, count)
    here = [at_rank(ordered, where) for where in positions]
    after = [at_rank(ordered, np.minimum(where + 1, len(ordered) - 1)) for where in positions]
    cases = [[(here[j] if j < case else after[j]) for j in range(4)] for case in range(5)]
    bounds = [clipping_bounds(case, last, low, high, noise, fixed) for case in cases]
    bounds.append(
        clipping_bounds(
            [at_rank(ordered, where) for where in inner_ranks(count, count)], count, low, high, noise, fixed
        )
    )
    return np.array(bounds)
