"""
Row and column correction around bright sources of the MIRI imaging notebooks, as described, defects and all.

Written anew from the description (`fix_rowcol_pull_updown`, `get_subregion`; K. Gordon), on arrays instead of
files. Kept are: the test of the row where the column is meant, lengths of rows and columns that are exchanged,
strips that no flags mask, and left strips that turn into NaN when they end before the columns do that are
blanked as being outside of the imager field.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

__all__ = ["fix_strips"]

_EDGE = 10
_FIRST_ROW = 300
_BLANKED = 350  # columns of the left strip, counted from its own first one

Strip = tuple[slice, slice]


def fix_strips(
    sci: NDArray, positions: Sequence[tuple[float, float]], *, width: int = 40, offset: int = 100
) -> NDArray[np.float64]:
    """
    Return an exposure without the strips of sources, all four of each, one after the other.

    Parameters
    ----------
    sci : ndarray, shape (ny, nx)
        Exposure. Not modified.
    positions : sequence of (x, y)
        Sources, 0-based pixels.
    width, offset : int
        Width of a strip and its distance from the source, pixels: as the notebooks call it. The defaults of their
        function are 60 and 20.

    Returns
    -------
    ndarray of float64, shape (ny, nx)
        In the unit of `sci`; NaN in strips without a profile.
    """
    fixed = np.array(sci, float)
    ny, nx = fixed.shape
    for x, y in positions:
        row, column = round(y), round(x)
        if not (_FIRST_ROW <= row < ny and 0 <= column < nx):  # the row; the column is meant
            continue
        for strip, axis, blanked in _strips(row, column, (ny, nx), width, offset):
            part = fixed[strip].copy()
            if part.size:
                part[:, :blanked] = np.nan
                fixed[strip] -= np.expand_dims(_wiggle(part, axis), axis)
    return fixed


def _strips(
    row: int, column: int, shape: tuple[int, int], width: int, offset: int
) -> Iterator[tuple[Strip, int, int]]:
    """Give bottom, top, right and left strip, the axis along it, and how many columns of it are blanked."""
    ny, nx = shape
    half = 0.5 * width
    # rows end where columns should, and the other way round
    across = slice(int(max(column - half, 0)), int(min(column + half, ny)))
    beside = slice(int(max(row - half, 0)), int(min(row + half, nx)))
    yield (slice(_EDGE, max(row - offset, _EDGE)), across), 0, 0
    yield (slice(row + offset, nx - _EDGE), across), 0, 0
    yield (beside, slice(column + offset, ny - _EDGE)), 1, 0
    yield (beside, slice(_EDGE, max(column - offset, _EDGE))), 1, _BLANKED


def _wiggle(part: NDArray[np.float64], axis: int) -> NDArray[np.float64]:
    """Return the profile across a strip, the median along it, minus the straight line through it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # all of a strip may be blanked
        profile = np.nanmedian(part, axis=axis)
    if not np.isfinite(profile).all():
        return np.full(profile.shape, np.nan)  # what a linear fit makes of one NaN
    place = np.arange(profile.size, dtype=float)
    return profile - np.polyval(np.polyfit(place, profile, min(1, profile.size - 1)), place)
