"""Where the telescope points: sky to V2, V3 and back, and the aberration by the motion of the observatory."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["Pointing", "moved", "velocity_aberration_scale"]

_ARCSEC = np.deg2rad(1 / 3600)
_LIGHT_KM_PER_S = 299792.458


@dataclass(frozen=True)
class Pointing:
    """
    Attitude of the telescope, given by its reference point.

    Attributes
    ----------
    v2, v3 : float
        Reference point in the focal plane, arcsec.
    ra, dec : float
        The same point on the sky, ICRS degrees.
    roll : float
        Position angle of the V3 axis at this point, degrees.
    scale : float
        Velocity aberration: true over apparent separation.
    """

    v2: float
    v3: float
    ra: float
    dec: float
    roll: float
    scale: float = 1.0

    def attitude(self) -> NDArray[np.float64]:
        """Return the rotation matrix, shape (3, 3), that takes unit vectors of V1 V2 V3 to the sky."""
        # Wertz (1978), as in the JWST pipeline: R3(ra) R2(-dec) R1(-roll) R2(v3) R3(-v2)
        return (
            _about_z(np.deg2rad(self.ra))
            @ _about_y(-np.deg2rad(self.dec))
            @ _about_x(-np.deg2rad(self.roll))
            @ _about_y(self.v3 * _ARCSEC)
            @ _about_z(-self.v2 * _ARCSEC)
        )

    def to_v2v3(self, ra: ArrayLike, dec: ArrayLike) -> tuple[NDArray, NDArray]:
        """
        Transform ICRS degrees to the V2, V3 [arcsec] at which a detector sees them.

        Parameters
        ----------
        ra : array_like
            Right ascension, degrees.
        dec : array_like
            Declination, degrees.
        """
        vectors = np.tensordot(self.attitude().T, _unit(np.deg2rad(ra), np.deg2rad(dec)), 1)
        v2, v3 = _angles(vectors)
        # the pipeline multiplies offsets from the reference point by `scale`; here the way back
        return self._rescaled(v2 / _ARCSEC, self.v2), self._rescaled(v3 / _ARCSEC, self.v3)

    def to_sky(self, v2: ArrayLike, v3: ArrayLike) -> tuple[NDArray, NDArray]:
        """
        Transform V2, V3 [arcsec] on the detector to ICRS degrees: the inverse of `to_v2v3`.

        Parameters
        ----------
        v2 : array_like
            V2, arcsec.
        v3 : array_like
            V3, arcsec.
        """
        true_v2 = self.v2 + (np.asarray(v2, float) - self.v2) * self.scale
        true_v3 = self.v3 + (np.asarray(v3, float) - self.v3) * self.scale
        ra, dec = _angles(np.tensordot(self.attitude(), _unit(true_v2 * _ARCSEC, true_v3 * _ARCSEC), 1))
        return np.rad2deg(ra) % 360.0, np.rad2deg(dec)

    def boresight(self) -> tuple[float, float, float]:
        """Return RA, Dec and the position angle of V3 at the V1 axis, degrees."""
        matrix = self.attitude()
        ra, dec = _angles(matrix[:, :1])
        # V3 axis decomposed along north and east at V1
        north = np.array([-np.sin(dec[0]) * np.cos(ra[0]), -np.sin(dec[0]) * np.sin(ra[0]), np.cos(dec[0])])
        east = np.array([-np.sin(ra[0]), np.cos(ra[0]), 0.0])
        angle = np.arctan2(matrix[:, 2] @ east, matrix[:, 2] @ north)
        return float(np.rad2deg(ra[0]) % 360.0), float(np.rad2deg(dec[0])), float(np.rad2deg(angle) % 360.0)

    def _rescaled(self, value: NDArray, centre: float) -> NDArray:
        return centre + (value - centre) / self.scale


def moved(ra: float, dec: float, east: Any, north: Any) -> tuple[Any, Any]:
    """
    Move a position by (dRA cos Dec, dDec) = (`east`, `north`) arcsec, numbers or arrays; return ICRS degrees.

    Parameters
    ----------
    ra : float
        Right ascension, degrees.
    dec : float
        Declination, degrees.
    east : object
        Offset to the east, arcsec.
    north : object
        Offset to the north, arcsec.
    """
    return ra + east / 3600.0 / np.cos(np.deg2rad(dec)), dec + north / 3600.0


def velocity_aberration_scale(ra: float, dec: float, mjd: float) -> float:
    """
    Scale change by the motion of the observatory, to first order.

    Parameters
    ----------
    ra, dec : float
        Direction, ICRS degrees.
    mjd : float
        Time.

    Returns
    -------
    float
        True over apparent angular separation, 1 +- 1e-4: larger than 1 when moving towards the field.

    Notes
    -----
    The velocity is the one of the Earth from the analytic ephemeris of ERFA (no file, no network); JWST moves
    within 0.5 km/s of it, 2e-6 in scale.
    """
    from astropy.coordinates import get_body_barycentric_posvel
    from astropy.time import Time

    time = Time(mjd, format="mjd", scale="tdb")
    _, velocity = get_body_barycentric_posvel("earth", time, ephemeris="builtin")
    direction = _unit(np.deg2rad(ra), np.deg2rad(dec))
    return float(1.0 + velocity.xyz.to_value("km/s") @ direction / _LIGHT_KM_PER_S)


def _unit(longitude: ArrayLike, latitude: ArrayLike) -> NDArray[np.float64]:
    return np.array(
        [np.cos(latitude) * np.cos(longitude), np.cos(latitude) * np.sin(longitude), np.sin(latitude)]
    )


def _angles(vectors: NDArray) -> tuple[NDArray, NDArray]:
    return np.arctan2(vectors[1], vectors[0]), np.arctan2(vectors[2], np.hypot(vectors[0], vectors[1]))


def _about_x(angle: float) -> NDArray[np.float64]:
    c, s = np.cos(angle), np.sin(angle)
    return np.array([[1.0, 0.0, 0.0], [0.0, c, -s], [0.0, s, c]])


def _about_y(angle: float) -> NDArray[np.float64]:
    c, s = np.cos(angle), np.sin(angle)
    return np.array([[c, 0.0, s], [0.0, 1.0, 0.0], [-s, 0.0, c]])


def _about_z(angle: float) -> NDArray[np.float64]:
    c, s = np.cos(angle), np.sin(angle)
    return np.array([[c, -s, 0.0], [s, c, 0.0], [0.0, 0.0, 1.0]])
