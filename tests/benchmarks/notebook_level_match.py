"""Levels of tiles as one would match them otherwise: by medians of exposures, or by whole outlines that overlap."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from miri_widgets.core.dq import has
from miri_widgets.core.exposure_arrays import ExposureArrays


def mean_of_medians(exposures: Sequence[ExposureArrays]) -> NDArray[np.float64]:
    """Return what each exposure's median exceeds the mean of all medians by; the Lyot area and zeros count."""
    medians = np.array([np.nanmedian(planes.sci) for planes in exposures])
    return medians - medians.mean()


def whole_outlines(exposures: Sequence[ExposureArrays], step: int = 4) -> NDArray[np.float64]:
    """
    Return a constant per exposure from the clipped means of the pixels inside each overlap, mean 0.

    Notes
    -----
    As the official skymatch goes about it: outlines are those of the whole array, the Lyot area included; pixels
    flagged DO_NOT_USE or NON_SCIENCE are left out; weights are the areas of the overlaps. Every `step`-th pixel.
    """
    number = len(exposures)
    rows, right = [], []
    for i in range(number):
        for j in range(i + 1, number):
            one, other = (_inside(exposures[a], exposures[b], step) for a, b in ((i, j), (j, i)))
            if min(one.size, other.size) > 100:
                weight = np.sqrt(min(one.size, other.size))
                row = np.zeros(number)
                row[i], row[j] = weight, -weight
                rows.append(row)
                right.append(weight * (_clipped(one) - _clipped(other)))
    rows.append(np.ones(number))
    right.append(0.0)
    return np.linalg.lstsq(np.array(rows), np.array(right), rcond=None)[0]


def _inside(planes: ExposureArrays, other: ExposureArrays, step: int) -> NDArray[np.float64]:
    """Good values of an exposure inside the outline of another."""
    y, x = np.mgrid[: planes.shape[0] : step, : planes.shape[1] : step]
    where = other.to_pixel(*planes.to_sky(x.astype(float), y.astype(float)))
    good = np.isfinite(planes.sci) & ~has(planes.dq, "DO_NOT_USE", "NON_SCIENCE")
    with np.errstate(invalid="ignore"):
        inside = (where[0] > -0.5) & (where[0] < other.shape[1] - 0.5)
        inside &= (where[1] > -0.5) & (where[1] < other.shape[0] - 0.5)
    return planes.sci[::step, ::step][inside & good[::step, ::step]].astype(float)


def _clipped(values: NDArray[np.float64]) -> float:
    for _ in range(5):
        middle, sigma = np.median(values), np.std(values)
        values = values[np.abs(values - middle) <= 4 * sigma]
    return float(values.mean())
