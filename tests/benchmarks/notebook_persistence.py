"""
The persistence notebook's algorithm, as it is described, defects and all: what ours is held against.

Masks of all earlier exposures, without regard to time, from the first integration, by equality of the flag.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

__all__ = ["masked_rate", "masks"]


def masks(
    groupdqs: Sequence[NDArray[np.integer]], mid_mjds: Sequence[float], *, unsaturated_groups: int = 3
) -> list[NDArray[np.bool_]]:
    """
    Return the pixels that each exposure loses, in the order of the input.

    Parameters
    ----------
    groupdqs : sequence of ndarray of int, shape (nints, ngroups, ny, nx)
        Flags after the saturation step.
    mid_mjds : sequence of float
        Middle of each exposure.
    unsaturated_groups : int
        Pixels with at most so many groups whose flag is not exactly 2 are masked from then on.
    """
    found: dict[int, NDArray[np.bool_]] = {}
    earlier = np.zeros(groupdqs[0].shape[2:], bool)
    for index in np.argsort(mid_mjds, kind="stable"):
        found[int(index)] = earlier.copy()
        earlier |= (groupdqs[index][0] != 2).sum(axis=0) <= unsaturated_groups
    return [found[index] for index in range(len(groupdqs))]


def masked_rate(
    sci: NDArray[np.floating], dq: NDArray[np.integer]
) -> tuple[NDArray[np.float32], NDArray[np.uint32]]:
    """
    Return the rate from the rates of integrations, as the helper that repairs them.

    Parameters
    ----------
    sci : ndarray, shape (nints, ny, nx)
        Rates of the integrations.
    dq : ndarray of int, shape (ny, nx)
        Flags of the rate.
    """
    values = np.where(sci == 0, np.nan, sci)
    count = np.isfinite(values).sum(axis=0)
    total = np.nansum(values, axis=0)
    rate = np.where(count > 0, total / np.maximum(count, 1), 0)
    return rate.astype(np.float32), np.where(count > 0, dq, 3).astype(np.uint32)
