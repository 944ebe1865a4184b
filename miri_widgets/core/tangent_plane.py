"""
Positions on the sky as positions in a plane that touches it, in arcsec.

In this plane x is along RA cos(Dec), to the east, and y along Dec, to the north, at the point of contact. It knows
no step at RA 0 and no pole.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["ARCSEC", "from_plane", "in_one_plane", "mean_position", "rotation_matrix", "to_plane"]

ARCSEC = float(np.rad2deg(1) * 3600)
"""Arcseconds in one radian."""


def mean_position(ra: ArrayLike, dec: ArrayLike) -> tuple[float, float]:
    """
    Return the mean of directions, ICRS degrees; NaN are left out.

    Parameters
    ----------
    ra, dec : array_like, shape (n,)
        Degrees; at least one finite.
    """
    alpha, delta = np.deg2rad(np.asarray(ra, float)), np.deg2rad(np.asarray(dec, float))
    x, y, z = (
        float(np.nanmean(part))
        for part in (np.cos(delta) * np.cos(alpha), np.cos(delta) * np.sin(alpha), np.sin(delta))
    )
    return float(np.rad2deg(np.arctan2(y, x)) % 360), float(np.rad2deg(np.arctan2(z, np.hypot(x, y))))


def to_plane(
    ra: ArrayLike, dec: ArrayLike, centre: tuple[float, float]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """
    Project positions onto the plane (gnomonic).

    Parameters
    ----------
    ra, dec : array_like
        ICRS degrees, of one shape.
    centre : tuple of float
        (RA, Dec) of the point of contact, degrees.

    Returns
    -------
    x, y : ndarray
        Arcsec to the east and to the north; NaN for the half of the sky that the plane does not see.
    """
    alpha = np.deg2rad(np.asarray(ra, float) - centre[0])
    delta, delta0 = np.deg2rad(np.asarray(dec, float)), np.deg2rad(centre[1])
    depth = np.sin(delta0) * np.sin(delta) + np.cos(delta0) * np.cos(delta) * np.cos(alpha)
    depth = np.where(depth > 0, depth, np.nan)
    # written with the half angle: cos(alpha) alone loses the digits of small separations
    north = np.sin(delta - delta0) + 2 * np.sin(delta0) * np.cos(delta) * np.sin(alpha / 2) ** 2
    return np.cos(delta) * np.sin(alpha) / depth * ARCSEC, north / depth * ARCSEC


def from_plane(
    x: ArrayLike, y: ArrayLike, centre: tuple[float, float]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """
    Return (RA, Dec) in degrees of positions in the plane: the inverse of `to_plane`.

    Parameters
    ----------
    x : array_like
        Offsets to the east, arcsec.
    y : array_like
        Offsets to the north, arcsec.
    centre : tuple of float
        Point of contact of the plane, (RA, Dec) in degrees.
    """
    east, north = np.asarray(x, float) / ARCSEC, np.asarray(y, float) / ARCSEC
    delta0 = np.deg2rad(centre[1])
    outward = np.cos(delta0) - north * np.sin(delta0)
    alpha = np.arctan2(east, outward)
    delta = np.arctan2(np.sin(delta0) + north * np.cos(delta0), np.hypot(east, outward))
    return (centre[0] + np.rad2deg(alpha)) % 360, np.rad2deg(delta)


def rotation_matrix(rotation: float) -> NDArray[np.float64]:
    """
    Return the matrix that turns positions (x, y) in the plane.

    Parameters
    ----------
    rotation : float
        Degrees, from north through east, as position angles and the roll of the telescope count.
    """
    angle = np.deg2rad(rotation)
    return np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])


def in_one_plane(
    a: tuple[ArrayLike, ArrayLike], b: tuple[ArrayLike, ArrayLike], centre: tuple[float, float] | None = None
) -> tuple[NDArray[np.float64], NDArray[np.float64], tuple[float, float]]:
    """
    Project two lists of positions onto one plane.

    Parameters
    ----------
    a, b : tuple of array_like
        RA and Dec of each list, degrees.
    centre : tuple of float, optional
        (RA, Dec) of the point of contact; by default the mean of list b, or of list a when b is empty.

    Returns
    -------
    a, b : ndarray, shapes (na, 2) and (nb, 2)
        (x, y) in arcsec.
    centre : tuple of float
        The point of contact.
    """
    lists = [tuple(np.atleast_1d(np.asarray(part, float)) for part in positions) for positions in (a, b)]
    if centre is None:
        filled = [
            positions for positions in reversed(lists) if np.isfinite(positions[0] + positions[1]).any()
        ]
        centre = mean_position(*filled[0]) if filled else (0.0, 0.0)
    plane_a, plane_b = (np.column_stack(to_plane(positions[0], positions[1], centre)) for positions in lists)
    return plane_a, plane_b, centre
