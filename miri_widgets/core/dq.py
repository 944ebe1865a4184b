"""
Data-quality flags as bits: tested by bits, gained by OR, never taken away.

References
----------
JWST documentation, "Data quality flags" of science data.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

__all__ = ["BITS", "changes_by_flag", "count_by_flag", "has", "names_of"]

BITS: Mapping[str, int] = {
    "DO_NOT_USE": 0,
    "SATURATED": 1,
    "JUMP_DET": 2,
    "DROPOUT": 3,
    "OUTLIER": 4,
    "PERSISTENCE": 5,
    "AD_FLOOR": 6,
    "CHARGELOSS": 7,
    "UNRELIABLE_ERROR": 8,
    "NON_SCIENCE": 9,
    "DEAD": 10,
    "HOT": 11,
    "WARM": 12,
    "LOW_QE": 13,
    "RC": 14,
    "TELEGRAPH": 15,
    "NONLINEAR": 16,
    "BAD_REF_PIXEL": 17,
    "NO_FLAT_FIELD": 18,
    "NO_GAIN_VALUE": 19,
    "NO_LIN_CORR": 20,
    "NO_SAT_CHECK": 21,
    "UNRELIABLE_BIAS": 22,
    "UNRELIABLE_DARK": 23,
    "UNRELIABLE_SLOPE": 24,
    "UNRELIABLE_FLAT": 25,
    "OPEN": 26,
    "ADJ_OPEN": 27,
    "FLUX_ESTIMATED": 28,
    "MSA_FAILED_OPEN": 29,
    "OTHER_BAD_PIXEL": 30,
    "REFERENCE_PIXEL": 31,
}
"""Bit number of each flag of a JWST pixel."""


def has(dq: NDArray[np.integer], *flags: str) -> NDArray[np.bool_]:
    """
    Tell which pixels carry at least one of some flags.

    Parameters
    ----------
    dq : ndarray of int, any shape
        Flags. Not modified.
    *flags : str
        Names of flags, keys of `BITS`; KeyError for any other.

    Returns
    -------
    ndarray of bool, the shape of `dq`
    """
    mask = np.uint32(sum(1 << BITS[flag] for flag in set(flags)))
    return (dq.astype(np.uint32) & mask) != 0


def names_of(value: int) -> tuple[str, ...]:
    """
    Return the names of the flags that one DQ value carries, lowest bit first.

    Parameters
    ----------
    value : int
        Value of a DQ pixel.
    """
    return tuple(name for name, bit in BITS.items() if int(value) >> bit & 1)


def count_by_flag(dq: NDArray[np.integer]) -> dict[str, int]:
    """
    Return how many pixels carry each flag; flags that none carries are left out.

    Parameters
    ----------
    dq : ndarray of int
        DQ array, shape (ny, nx).
    """
    present = names_of(int(np.bitwise_or.reduce(dq.astype(np.uint32), axis=None)))
    return {name: int(np.count_nonzero(has(dq, name))) for name in present}


def changes_by_flag(
    before: NDArray[np.integer], after: NDArray[np.integer]
) -> tuple[dict[str, int], dict[str, int]]:
    """
    Count the pixels that have gained and that have lost each flag.

    Parameters
    ----------
    before, after : ndarray of int, any one shape
        Flags. Not modified.

    Returns
    -------
    gained, lost : dict of str to int
        By flag; flags that did not change are left out. A step of ours only gains flags.
    """
    old, new = before.astype(np.uint32), after.astype(np.uint32)
    return count_by_flag(new & ~old), count_by_flag(old & ~new)
