"""
Column and row cleaning of the first MIRI imaging notebooks, as they are described, defects and all.

Written anew from the description (`cal_column_clean`, `cal_row_clean`), on arrays instead of files. Kept are: medians
of whole columns, structure wider than a Gaussian of 20 pixels put back, no mask of sources, `exclude_above` that
columns never use, new NaN from columns without pixels, one row profile for imager and coronagraphs, no errors.
"""

from __future__ import annotations

import warnings

import numpy as np
from astropy.convolution import Gaussian1DKernel, convolve
from numpy.typing import NDArray

__all__ = ["clean_columns", "clean_rows"]

_KERNEL = Gaussian1DKernel(stddev=20)
_LEFT_OF_THE_IMAGER = 325


def clean_columns(sci: NDArray, dq: NDArray, exclude_above: float | None = None) -> NDArray[np.float64]:
    """Return an exposure, shape (ny, nx), without its column profile; `exclude_above` is not used."""
    bad = dq & 1 > 0
    masked = np.where(bad, np.nan, sci).astype(float)
    return _without(sci, _pattern(masked, axis=0), bad)


def clean_rows(sci: NDArray, dq: NDArray, exclude_above: float | None = None) -> NDArray[np.float64]:
    """Return an exposure, shape (ny, nx), without its row profile."""
    bad = dq & 1 > 0
    masked = np.where(bad | (sci == 0), np.nan, sci).astype(float)
    if exclude_above is not None:
        masked[masked > exclude_above] = np.nan
    masked[:, :_LEFT_OF_THE_IMAGER] = np.nan
    return _without(sci, _pattern(masked, axis=1), bad)


def _pattern(masked: NDArray, axis: int) -> NDArray:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        profile = np.nanmedian(masked, axis=axis)
        smooth = convolve(profile - np.nanmedian(profile), _KERNEL)
    return np.broadcast_to(np.expand_dims(profile - smooth, axis), masked.shape).copy()


def _without(sci: NDArray, pattern: NDArray, bad: NDArray) -> NDArray[np.float64]:
    pattern[bad] = np.nan
    pattern -= np.nanmedian(pattern)
    pattern[bad] = 0
    return sci - pattern
