"""Offsets between positions on the sky, in arcsec along RA cos(Dec) and Dec."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["group_rms", "sky_offset"]


def sky_offset(
    ra: NDArray[np.floating],
    dec: NDArray[np.floating],
    ra_true: NDArray[np.floating],
    dec_true: NDArray[np.floating],
) -> tuple[NDArray[np.floating], NDArray[np.floating]]:
    """
    Return measured minus true position.

    Parameters
    ----------
    ra, dec, ra_true, dec_true : ndarray, shape (n,)
        Degrees, ICRS; any RA convention.

    Returns
    -------
    dra, ddec : ndarray, shape (n,)
        Arcsec; dra is along RA times cos(Dec).

    Notes
    -----
    First order in the offset, which holds to 1e-6 for offsets below 10 arcsec
    more than a degree away from the poles.
    """
    turn = (np.asarray(ra) - np.asarray(ra_true) + 180.0) % 360.0 - 180.0
    dra = turn * np.cos(np.deg2rad(dec_true)) * 3600.0
    return dra, (np.asarray(dec) - np.asarray(dec_true)) * 3600.0


def group_rms(
    dra: NDArray[np.floating], ddec: NDArray[np.floating], group: NDArray[np.integer]
) -> tuple[float, dict[int, tuple[float, float]]]:
    """
    Return how far groups of exposures lie apart, common offset removed.

    Parameters
    ----------
    dra, ddec : ndarray, shape (n,)
        Offset of each exposure, in any one unit.
    group : ndarray of int, shape (n,)
        The group (tile) of each exposure.

    Returns
    -------
    rms : float
        Root mean square over groups of the length of the group's mean offset
        from the mean of all groups; the unit of the offsets.
    means : dict of int to (float, float)
        Mean offset of each group relative to the mean of all groups.
    """
    names = np.unique(group)
    means = np.array([[np.mean(dra[group == name]), np.mean(ddec[group == name])] for name in names])
    means = means - means.mean(axis=0)
    rms = float(np.sqrt(np.mean(np.sum(means**2, axis=1))))
    return rms, {int(name): (float(mean[0]), float(mean[1])) for name, mean in zip(names, means, strict=True)}
