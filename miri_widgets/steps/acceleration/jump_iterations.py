"""
Jumps of short ramps, looked for again only where one was found.

References
----------
``stcal.jump.twopoint_difference.iterative_jump`` and ``get_cr_locs`` of stcal 1.1x and 1.2x (BSD-3-Clause, STScI),
whose arithmetic this follows to the bit.
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["BLOCK", "iterative_jump"]

BLOCK = 262_144
"""Differences that are worked on at once: they stay in the cache of the processor."""


def iterative_jump(
    gdq: NDArray[np.integer],
    ndiffs: int,
    first_diffs: NDArray[np.floating],
    read_noise_2: NDArray[np.floating],
    twopt_p: Any,
) -> NDArray[np.integer]:
    """
    Detect jumps one after the other, as the pipeline's function of this name.

    Parameters
    ----------
    gdq : ndarray of int, shape (nints, ngroups, ny, nx)
        Flags of the groups; changed in place.
    ndiffs : int
        Number of differences of all integrations.
    first_diffs : ndarray, shape (nints, ngroups - 1, ny, nx)
        First differences.
    read_noise_2 : ndarray, shape (ny, nx)
        Variance of the read noise.
    twopt_p : stcal.jump.twopoint_difference_class.TwoPointParams
        Parameters.

    Returns
    -------
    ndarray
        `gdq`.

    Notes
    -----
    The pipeline works on whole images in each round, with zeros for the pixels that had no jump in the last. Here a
    round takes the pixels with a jump only, and all pixels are gone through in pieces: no pixel looks at another. A
    pixel without a jump is never looked at again, so that thresholds below zero, which a zero exceeds, are left to
    the pipeline.
    """
    from miri_widgets.steps.acceleration.registry import stock_function

    thresholds = (
        twopt_p.normal_rej_thresh,
        twopt_p.two_diff_rej_thresh,
        twopt_p.three_diff_rej_thresh,
    )
    if not all(threshold >= 0 for threshold in thresholds):
        stock = stock_function("stcal.jump.twopoint_difference:iterative_jump")
        return stock(gdq, ndiffs, first_diffs, read_noise_2, twopt_p)
    nints, count, ny, nx = first_diffs.shape
    flags = gdq[:, 1:].reshape(nints, gdq.shape[1] - 1, ny * nx)
    diffs = first_diffs.reshape(nints, count, ny * nx)
    noise = read_noise_2.reshape(ny * nx)
    step = max(1, BLOCK // max(1, nints * count))
    for start in range(0, ny * nx, step):
        piece = slice(start, start + step)
        pixels, jumps = _search(np.abs(diffs[:, :, piece]), noise[piece], ndiffs, twopt_p)
        if len(pixels):
            flags[:, :, start + pixels] |= np.where(jumps, flags.dtype.type(twopt_p.fl_jump), 0).astype(
                flags.dtype
            )
    gdq[:, 1:] = flags.reshape(gdq[:, 1:].shape)
    return gdq


def _search(
    diffs: NDArray[np.floating], noise: NDArray[np.floating], ndiffs: int, twopt_p: Any
) -> tuple[NDArray[np.intp], NDArray[np.bool_]]:
    """Return the pixels of a piece that have jumps, and which of their differences are."""
    exceeding, ratio = _ratios(diffs, noise, ndiffs, twopt_p, single=False)
    pixels = np.flatnonzero(exceeding.any(axis=0))
    diffs, noise, ratio, exceeding = (
        diffs[:, :, pixels],
        noise[pixels],
        ratio[:, :, pixels],
        exceeding[:, pixels],
    )
    jumps = np.zeros(diffs.shape, dtype=bool)
    rest = np.arange(len(pixels))
    for _ in range(ndiffs):
        new = (ratio == _largest(ratio, (0, 1))) & exceeding[:, np.newaxis]
        again = new.any(axis=(0, 1))
        if not again.any():
            break
        jumps[:, :, rest] |= new
        diffs[new] = np.nan
        rest, diffs, noise = rest[again], diffs[:, :, again], noise[again]
        exceeding, ratio = _ratios(diffs, noise, ndiffs, twopt_p, single=True)
    return pixels, jumps


def _ratios(
    diffs: NDArray[np.floating], noise: NDArray[np.floating], ndiffs: int, twopt_p: Any, *, single: bool
) -> tuple[NDArray[np.bool_], NDArray[np.floating]]:
    """
    Return where the largest difference is a jump, and all differences over their sigma.

    In the first round medians are of the type of the differences, in later ones of single precision.
    """
    from stcal.jump import twopoint_difference as stock

    medians = stock.calc_med_first_diffs(diffs)
    if single:
        medians = medians.astype(np.float32, copy=False)
    sigma = np.sqrt(
        np.abs(medians) * twopt_p.dt_group[:, None] + noise / (0.5 * twopt_p.n_reads_groupdiff[:, None])
    )
    sigma /= twopt_p.dt_group[:, None]
    sigma[sigma == 0.0] = np.nan
    ratio = np.abs((diffs - medians).astype(np.float32, copy=False)) / sigma[None]
    largest = _largest(ratio, 1)
    usable = ndiffs - np.sum(np.isnan(diffs), axis=(0, 1))
    exceeding = (
        ((usable >= 4) & (largest > twopt_p.normal_rej_thresh))
        | ((usable == 3) & (largest > twopt_p.three_diff_rej_thresh))
        | ((usable == 2) & (largest > twopt_p.two_diff_rej_thresh))
    )
    return exceeding, ratio


def _largest(values: NDArray[np.floating], axis: int | tuple[int, ...]) -> NDArray[np.floating]:
    """Return ``numpy.nanmax``, without its warning."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", ".*All-NaN slice encountered.*", RuntimeWarning)
        return np.nanmax(values, axis=axis)
