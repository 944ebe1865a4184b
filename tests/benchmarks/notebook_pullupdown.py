"""
Row and column correction around bright sources of the first MIRI imaging notebooks, as described, defects and all.

Written anew from the description (`fix_rowcol_pull_updown`, `get_subregion`), on arrays instead of files. Kept are:
the test of the row where the column is meant, axis sizes that are swapped, profiles that no flags mask, and NaN that
spread over whole strips.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

__all__ = ["fix_strips"]

_EDGE = 10


def fix_strips(
    sci: NDArray, positions: Sequence[tuple[float, float]], *, width: int = 40, offset: int = 100
) -> NDArray[np.float64]:
    """Return an exposure, shape (ny, nx), without the strips of sources at (x, y); all four of each."""
    fixed = np.array(sci, float)
    ny, nx = fixed.shape
    for x, y in positions:
        row, column = round(y), round(x)
        if row < 300 or not (0 <= row < ny and 0 <= column < nx):  # meant to be the column
            continue
        half = width // 2
        across = slice(max(column - half, 0), column + half)
        beside = slice(max(row - half, 0), row + half)
        # the sizes of the axes are exchanged
        for strip, axis in (
            ((slice(_EDGE, max(row - offset, _EDGE)), across), 0),
            ((slice(row + offset, nx - _EDGE), across), 0),
            ((beside, slice(_EDGE, max(column - offset, _EDGE))), 1),
            ((beside, slice(column + offset, ny - _EDGE)), 1),
        ):
            part = fixed[strip]
            if min(part.shape) < 2:
                continue
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                profile = np.median(part, axis=axis)
            place = np.arange(profile.size, dtype=float)
            # a least-squares line gives NaN as soon as one value is NaN
            line = np.polyval(np.polyfit(place, profile, 1), place) if np.isfinite(profile).all() else np.nan
            fixed[strip] = part - np.expand_dims(profile - line, axis)
    return fixed
