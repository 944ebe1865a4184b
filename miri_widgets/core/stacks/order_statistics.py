"""Order statistics over exposures, of each pixel; absent samples come last."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

__all__ = ["at_rank", "in_order", "inner_ranks"]

Plane = NDArray[np.float32]

_NETWORK, _WIDE = 32, 2048
"""Up to so many samples, and from so many pixels on, a sorting network is faster than a sort of each pixel."""


def in_order(values: Plane) -> tuple[Plane, NDArray[np.intp]]:
    """
    Samples in rising order, absent ones last as infinity, and the number of samples of each pixel.

    Parameters
    ----------
    values : Plane
        Samples, shape (n, npix); NaN where there is none.
    """
    number, pixels = values.shape
    count = np.isfinite(values).view(np.uint8).sum(axis=0, dtype=np.uint16).astype(np.intp)
    # where one is NaN, fmin returns the other
    if number > _NETWORK or pixels < _WIDE:
        # a sort along contiguous memory is twice as fast
        turned = np.fmin(values.T, np.float32(np.inf), order="C")
        turned.sort(axis=1)
        return np.ascontiguousarray(turned.T), count
    rows = list(np.fmin(values, np.float32(np.inf)))
    spare = np.empty(pixels, np.float32)
    for first, other in _exchanges(number):
        np.minimum(rows[first], rows[other], out=spare)
        np.maximum(rows[first], rows[other], out=rows[other])
        rows[first], spare = spare, rows[first]
    return np.array(rows), count


@cache
def _exchanges(number: int) -> tuple[tuple[int, int], ...]:
    """Pairs of a sorting network: the lesser of each two goes first; merge exchange of Batcher (1968)."""
    pairs, run = [], 1
    while run < number:
        step = run
        while step:
            for start in range(step % run, number - step, 2 * step):
                for index in range(start, min(start + step, number - step)):
                    if index // (2 * run) == (index + step) // (2 * run):
                        pairs.append((index, index + step))
            step //= 2
        run *= 2
    return tuple(pairs)


def inner_ranks(count: NDArray[np.intp], held: NDArray[np.intp]) -> list[NDArray[np.intp]]:
    """
    0-based ranks, among `count` samples, of the low, the two middle and the high order statistic.

    Parameters
    ----------
    count : ndarray of int
        Number of samples of each pixel, shape (npix,).
    held : ndarray of int
        Number of samples that are left out at each end, shape (npix,).
    """
    last = np.maximum(count - 1, 0)
    low = (2 * last + 5) // 10
    return [np.minimum(rank, np.maximum(held - 1, 0)) for rank in (low, last // 2, count // 2, last - low)]


def at_rank(ordered: Plane, where: NDArray[np.intp]) -> Plane:
    """
    Return sample number `where` of each pixel.

    Parameters
    ----------
    ordered : Plane
        Samples in rising order, shape (n, npix).
    where : ndarray of int
        0-based rank for each pixel, shape (npix,).
    """
    if where.size and where[0] == where[-1] and np.all(where == where[0]):
        return ordered[where[0]].copy()
    return ordered.take(where * ordered.shape[1] + np.arange(ordered.shape[1]))
