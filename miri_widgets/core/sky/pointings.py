"""Where exposures point, and which of them point at the same place."""

from __future__ import annotations

import math
import re

import numpy as np
from numpy.typing import NDArray

from miri_widgets.core.exposure_arrays import ExposureArrays
from miri_widgets.errors import InputError

__all__ = ["axes_of", "pointing_of", "pointings", "whole_exposure"]

_SEGMENT = re.compile(r"-seg\d{3}", re.IGNORECASE)


def whole_exposure(root: str) -> str:
    """Return the root of an exposure without its segment: parts of one exposure show one sky at one place."""
    return _SEGMENT.sub("", root)


def pointing_of(planes: ExposureArrays) -> tuple[float, float, float]:
    """
    Return where an exposure points and how wide its PSF is on the sky.

    Parameters
    ----------
    planes : ExposureArrays
        An exposure with sky positions.

    Returns
    -------
    ra, dec : float
        Of the centre of its array, degrees.
    fwhm : float
        Degrees.

    Raises
    ------
    InputError
        If it has no sky positions.
    """
    (ra, dec), axes = _centre(planes)
    return ra, dec, planes.fwhm * math.hypot(*axes[0])


def axes_of(planes: ExposureArrays) -> NDArray[np.float64]:
    """
    Return which way the axes of an exposure point on the sky.

    Parameters
    ----------
    planes : ExposureArrays
        An exposure with sky positions.

    Returns
    -------
    ndarray of float64, shape (2, 2)
        Rows: along x and along y; columns: to the east and to the north; in units of the pixel along x.

    Raises
    ------
    InputError
        If it has no sky positions.
    """
    axes = _centre(planes)[1]
    return axes / math.hypot(*axes[0])


def _centre(planes: ExposureArrays) -> tuple[tuple[float, float], NDArray[np.float64]]:
    """Position of the centre, and steps (east, north) of one pixel along x and y; degrees."""
    if planes.to_sky is None:
        raise InputError(
            f"{planes.root or 'an exposure'} has no sky positions",
            "exposures with a WCS, to know where they point",
            "use cal exposures",
        )
    ny, nx = planes.shape
    ra, dec = planes.to_sky(nx / 2 + np.array([0.0, 1.0, 0.0]), ny / 2 + np.array([0.0, 0.0, 1.0]))
    east = ((ra[1:] - ra[0] + 180) % 360 - 180) * math.cos(math.radians(dec[0]))
    return (float(ra[0]), float(dec[0])), np.column_stack([east, dec[1:] - dec[0]])


def pointings(
    ra: NDArray[np.floating], dec: NDArray[np.floating], limit: float | NDArray[np.floating]
) -> list[list[int]]:
    """
    Group positions that are closer than a limit.

    Parameters
    ----------
    ra, dec : ndarray of float, shape (n,)
        Degrees.
    limit : float or ndarray of float, shape (n,)
        Degrees.

    Returns
    -------
    list of list of int
        Indices; each position joins the first group whose first member is closer than its limit.
    """
    groups: list[list[int]] = []
    limits = np.broadcast_to(limit, np.shape(ra))
    for index in range(len(ra)):
        for group in groups:
            first = group[0]
            east = ((ra[index] - ra[first] + 180) % 360 - 180) * math.cos(math.radians(dec[first]))
            if math.hypot(east, dec[index] - dec[first]) < max(limits[index], limits[first]):
                group.append(index)
                break
        else:
            groups.append([index])
    return groups
