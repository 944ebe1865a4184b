"""
Jump detection with medians by sorting.

References
----------
``stcal.jump.twopoint_difference.run_jump_detection`` of stcal 1.1x (BSD-3-Clause, STScI), whose arithmetic this
follows to the bit.
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["BLOCK", "calc_med_first_diffs", "median_without_nan", "run_jump_detection"]

BLOCK = 4_000_000
"""Values that are sorted at once; keeps the copy small."""

_MANY = 600
"""Values behind a median from which on ``numpy.nanmedian`` does without masked arrays."""


def run_jump_detection(
    dat: NDArray[np.floating],
    gdq: NDArray[np.integer],
    ndiffs: int,
    read_noise_2: NDArray[np.floating],
    nints: int,
    ngroups: int,
    total_groups: int,
    min_usable_diffs: int,
    twopt_p: Any,
) -> tuple[NDArray, NDArray, NDArray, NDArray]:
    """
    Detect jumps, as the pipeline's function of this name.

    Parameters
    ----------
    dat : ndarray, shape (nints, ngroups, ny, nx)
        Ramps; flagged groups become NaN.
    gdq : ndarray of int, shape (nints, ngroups, ny, nx)
        Flags of the groups.
    ndiffs : int
        Number of differences.
    read_noise_2 : ndarray, shape (ny, nx)
        Variance of the read noise.
    nints, ngroups : int
        Number of integrations and groups.
    total_groups : int
        Usable groups.
    min_usable_diffs : int
        Usable differences of the poorest pixel.
    twopt_p : stcal.jump.twopoint_difference_class.TwoPointParams
        Parameters.

    Returns
    -------
    tuple of ndarray
        Flags, first differences, their medians, and their sigma.

    Notes
    -----
    ``numpy.nanmedian`` works on masked arrays where few values are behind each median. Sorted values, with NaN last,
    give the same two middle values.
    """
    from stcal.jump import twopoint_difference as stock

    dat[gdq & (twopt_p.fl_dnu | twopt_p.fl_sat) != 0] = np.nan
    first_diffs = np.diff(dat, axis=1) / twopt_p.dt_group[None, :, None, None]
    finite = np.isfinite(first_diffs)
    medians = median_without_nan(first_diffs)
    sigma = np.sqrt(
        np.abs(medians) * twopt_p.dt_group[:, None, None]
        + read_noise_2 / (0.5 * twopt_p.n_reads_groupdiff[:, None, None])
    )
    sigma /= twopt_p.dt_group[:, None, None]
    # pixels without read noise are no jumps
    sigma[sigma == 0.0] = np.nan
    if stock.check_sigma_clip_groups(nints, total_groups, twopt_p):
        gdq = stock.det_jump_sigma_clipping(gdq, nints, ngroups, total_groups, finite, first_diffs, twopt_p)
    elif min_usable_diffs >= twopt_p.min_diffs_single_pass:
        gdq = stock.look_for_more_than_one_jump(gdq, nints, first_diffs, medians, sigma, finite, twopt_p)
    else:
        gdq = stock.iterative_jump(gdq, ndiffs, first_diffs, read_noise_2, twopt_p)
    return gdq, first_diffs, medians, sigma


def calc_med_first_diffs(in_first_diffs: NDArray[np.floating]) -> NDArray[np.floating]:
    """
    Return medians of first differences without the largest one, as the pipeline's function of this name.

    Parameters
    ----------
    in_first_diffs : ndarray, shape (nints, ndiffs, ...)
        First differences; NaN do not count. Not modified.

    Returns
    -------
    ndarray, shape (...)
        The median without the largest where 4 or more count, the median of 3, the smaller of 2, else NaN.
    """
    diffs = in_first_diffs.copy()
    usable = diffs.shape[0] * diffs.shape[1] - np.sum(np.isnan(diffs), axis=(0, 1))
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", ".*All-NaN slice encountered.*", RuntimeWarning)
        diffs[(usable >= 4) & (diffs == np.nanmax(diffs, axis=(0, 1)))] = np.nan
        medians = median_without_nan(diffs)
        medians[usable == 2] = np.nanmin(diffs, axis=(0, 1))[usable == 2]
    medians[usable < 2] = np.nan
    return medians


def median_without_nan(values: NDArray[np.floating]) -> NDArray[np.floating]:
    """
    Return what ``numpy.nanmedian(values, axis=(0, 1))`` gives, without its warnings.

    Parameters
    ----------
    values : ndarray, shape (n, m, ...)
        Floating-point numbers; NaN do not count.

    Returns
    -------
    ndarray, shape (...)
        Of the same type; NaN where there is no value.
    """
    rest = values.shape[2:]
    flat = values.reshape(values.shape[0] * values.shape[1], -1)
    medians = np.empty(flat.shape[1], values.dtype)
    step = max(1, BLOCK // max(1, len(flat)))
    for start in range(0, len(medians), step):
        medians[start : start + step] = _sorted_median(flat[:, start : start + step])
    return medians.reshape(rest)


def _sorted_median(block: NDArray[np.floating]) -> NDArray[np.floating]:
    if len(block) == 0:
        return np.full(block.shape[1:], np.nan, block.dtype)
    count = (len(block) - np.isnan(block).sum(axis=0))[np.newaxis]
    # contiguous values of each pixel are sorted by vector instructions
    ordered = np.sort(np.moveaxis(block, 0, -1), axis=-1)
    ordered = np.moveaxis(ordered, -1, 0)
    high = np.take_along_axis(ordered, np.minimum(count // 2, len(block) - 1), axis=0)[0]
    low = np.take_along_axis(ordered, np.maximum(count // 2 - 1, 0), axis=0)[0]
    odd = count[0] % 2 == 1
    with np.errstate(invalid="ignore", over="ignore"):
        if len(block) < _MANY:
            # masked medians halve the sum of one value and itself, which overflows for the largest
            return (np.where(odd, high, low) + high) / block.dtype.type(2)
        return np.where(odd, high, (low + high) / block.dtype.type(2))
