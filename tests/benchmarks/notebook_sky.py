"""
The sky step of the MIRI imaging notebooks, as it is described, defects and all: what ours is held against.

Written anew from its description (K. Gordon 2022, `make_sky`), on arrays instead of files. Its defects are kept: a
cube of all exposures in float64, levels over the whole array before anything but `exclude_above` is left out,
an asymmetric clip, each exposure in its own sky, no uncertainty, and pixels without a value become zero and lose all
flags but DO_NOT_USE. (Versions that look for NaN with an equals sign find none, and leave such pixels alone.)
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence

import numpy as np
from astropy.stats import sigma_clipped_stats
from numpy.typing import NDArray

from miri_widgets.core.exposure_arrays import ExposureArrays

__all__ = ["make_sky", "subtract"]


def make_sky(
    exposures: Sequence[ExposureArrays],
    *,
    scalebkg: bool = False,
    exclude_above: float | None = None,
    exclude_delta: float | None = None,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """
    Return the sky, shape (ny, nx), and the level of each exposure, shape (n,).

    Parameters
    ----------
    exposures : sequence of ExposureArrays
        Exposures of one filter. Not modified.
    scalebkg : bool
        Whether exposures are brought to the mean level by adding.
    exclude_above, exclude_delta : float, optional
        Values above this, and above the level by this, are left out.
    """
    cube = np.zeros((*exposures[0].shape, len(exposures)))
    levels = np.zeros(len(exposures))
    for index, planes in enumerate(exposures):
        image = np.array(planes.sci, dtype=float)
        if exclude_above is not None:
            image[image > exclude_above] = np.nan
        levels[index] = np.nanmedian(image)
        if exclude_delta is not None:
            image[image > levels[index] + exclude_delta] = np.nan
        cube[:, :, index] = image
    if scalebkg:
        for index in range(len(exposures)):
            cube[:, :, index] += np.mean(levels) - levels[index]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # pixels without any value
        sky, _, _ = sigma_clipped_stats(cube, sigma_lower=3, sigma_upper=1, axis=2)
    return sky, levels


def subtract(
    exposures: Sequence[ExposureArrays],
    sky: NDArray[np.float64],
    levels: NDArray[np.float64],
    *,
    scalebkg: bool = False,
) -> Iterator[ExposureArrays]:
    """Give each exposure without its sky."""
    for index, planes in enumerate(exposures):
        data = planes.sci - sky
        if scalebkg:
            data += np.mean(levels) - levels[index]
        unknown = np.isnan(data)
        data[unknown] = 0.0
        dq = np.where(unknown, planes.dq & np.uint32(1), planes.dq)
        yield planes.replace(sci=data.astype(np.float32), dq=dq)
