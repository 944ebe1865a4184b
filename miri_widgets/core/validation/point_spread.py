"""A round point-spread function, good enough for sources that are added to exposures."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import RectBivariateSpline
from scipy.ndimage import uniform_filter1d
from scipy.special import j1

__all__ = ["PointSpread", "model_psf"]

_OBSCURED = 0.2
_OVERSAMPLING = 5


@dataclass(frozen=True, eq=False)
class PointSpread:
    """
    A round point-spread function, integrated over pixels.

    Attributes
    ----------
    half_width : int
        Half width of its stamp, pixels; the flux inside is 1.
    radius : float
        Radius of the circle that holds 70 per cent of the flux, pixels.
    """

    half_width: int
    radius: float
    _spline: RectBivariateSpline

    def stamp(self, dx: float, dy: float) -> NDArray[np.float64]:
        """
        Return the function, its middle (dx, dy) pixels off that of the stamp; shape (2 half_width + 1,) * 2.

        Parameters
        ----------
        dx, dy : float
            Offset of the source from the middle of the stamp, pixels; half a pixel at most.
        """
        offsets = np.arange(-self.half_width, self.half_width + 1)
        values: NDArray[np.float64] = self._spline(offsets - dy, offsets - dx)
        return values


@lru_cache(maxsize=16)
def model_psf(fwhm: float) -> PointSpread:
    """
    Return the point-spread function of a telescope with a central obscuration.

    Parameters
    ----------
    fwhm : float
        Full width at half maximum on the detector, pixels.

    Notes
    -----
    The diffraction pattern of a ring-shaped aperture, averaged over a band of 20 per cent, with its wings up to 12
    FWHM; integrated over pixels. A pixel widens as much as a Gaussian of FWHM 0.68 pixels does.
    """
    reach = int(np.clip(round(12 * fwhm), 12, 60))
    axis = np.arange(-(reach + 1) * _OVERSAMPLING, (reach + 1) * _OVERSAMPLING + 1) / _OVERSAMPLING
    optical = np.sqrt(max(fwhm**2 - 0.68**2, 0.5 * fwhm**2))
    radius = np.hypot(axis[:, None], axis[None, :])
    fine = np.linspace(0, radius.max() + 1, 8000)
    profile = np.mean([_airy(fine / (optical * scale)) for scale in np.linspace(0.9, 1.1, 9)], axis=0)
    values = np.interp(radius, fine, profile)
    # a pixel wide: the samples at its two edges count half
    for way in (0, 1):
        values = 0.5 * (
            uniform_filter1d(values, _OVERSAMPLING, way) + uniform_filter1d(values, _OVERSAMPLING + 2, way)
        )
    middle = slice(_OVERSAMPLING, -_OVERSAMPLING, _OVERSAMPLING)
    values /= values[middle, middle].sum()
    order = np.argsort(radius, axis=None, kind="stable")
    inside = np.cumsum(values.ravel()[order]) / _OVERSAMPLING**2
    most = float(np.interp(0.7, inside, radius.ravel()[order]))
    return PointSpread(reach, most, RectBivariateSpline(axis, axis, values))


def _airy(radius: NDArray[np.float64]) -> NDArray[np.float64]:
    """Intensity at radii in FWHM; 1 in the middle."""
    # half maximum of this obscuration lies at 1.59
    u = np.maximum(2 * 1.59 * radius, 1e-6)
    full, hole = 2 * j1(u) / u, 2 * j1(_OBSCURED * u) / (_OBSCURED * u)
    return ((full - _OBSCURED**2 * hole) / (1 - _OBSCURED**2)) ** 2
