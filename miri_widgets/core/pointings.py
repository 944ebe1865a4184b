"""Where exposures point, and which of them point at the same place."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from miri_widgets.core.planes import Planes
from miri_widgets.errors import InputError

__all__ = ["pointing_of", "pointings"]


def pointing_of(planes: Planes) -> tuple[float, float, float]:
    """
    Return where an exposure points and how wide its PSF is on the sky.

    Parameters
    ----------
    planes : Planes
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
    if planes.to_sky is None:
        raise InputError(
            f"{planes.root or 'an exposure'} has no sky positions",
            "exposures with a WCS, to know which are dithered",
            "use cal exposures",
        )
    ny, nx = planes.shape
    ra, dec = planes.to_sky(np.array([nx / 2, nx / 2 + 1]), np.array([ny / 2, ny / 2]))
    east = ((ra[1] - ra[0] + 180) % 360 - 180) * math.cos(math.radians(dec[0]))
    return float(ra[0]), float(dec[0]), planes.fwhm * math.hypot(east, dec[1] - dec[0])


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
