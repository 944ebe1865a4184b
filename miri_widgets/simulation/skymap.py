"""From pixels of a window to the sky and back, exact and fast enough for all pixels of an exposure."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.polynomial.chebyshev import chebval2d, chebvander2d
from numpy.typing import ArrayLike, NDArray

from miri_widgets.simulation.distortion import flight_distortion
from miri_widgets.simulation.instrument import FULL_SHAPE
from miri_widgets.simulation.pointing import Pointing

__all__ = ["SkyMap"]

_DEGREE = 7
_MARGIN = 60
"""Pixels beyond the edges of the detector to which the map reaches."""


class SkyMap:
    """
    The true WCS of one exposure.

    Parameters
    ----------
    pointing : Pointing
        Attitude.
    filter_name : str
        Filter, whose boresight shift applies.
    corner : tuple of int
        (x, y) of the first pixel of the window on the full detector, 0-based.
    """

    def __init__(self, pointing: Pointing, filter_name: str, corner: tuple[int, int] = (0, 0)) -> None:
        self.pointing, self.filter, self.corner = pointing, filter_name, corner

    def to_sky(self, x: ArrayLike, y: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """
        Transform 0-based pixels of the window to ICRS degrees.

        Parameters
        ----------
        x : array_like
            Columns, 0-based pixels.
        y : array_like
            Rows, 0-based pixels.
        """
        column, row = np.asarray(x, float) + self.corner[0], np.asarray(y, float) + self.corner[1]
        return self.pointing.to_sky(*flight_distortion().to_v2v3(column, row, self.filter))

    def to_pixel(self, ra: ArrayLike, dec: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """
        Transform ICRS degrees to 0-based pixels of the window; NaN far away from the detector.

        Parameters
        ----------
        ra : array_like
            Right ascension, degrees.
        dec : array_like
            Declination, degrees.
        """
        ra, dec = np.asarray(ra, float), np.asarray(dec, float)
        near = np.abs((ra - self.pointing.ra + 180) % 360 - 180) * np.cos(np.deg2rad(dec)) < 1
        near &= np.abs(dec - self.pointing.dec) < 1
        v2, v3 = self.pointing.to_v2v3(ra, dec)
        x, y = _pixels(v2, v3, self.filter)
        outside = ~near | ~_on_detector(x, y)
        return np.where(outside, np.nan, x - self.corner[0]), np.where(outside, np.nan, y - self.corner[1])


def _on_detector(x: NDArray, y: NDArray) -> NDArray[np.bool_]:
    """True within the detector and its margin."""
    inside = (x > -_MARGIN) & (x < FULL_SHAPE[1] + _MARGIN)
    return inside & (y > -_MARGIN) & (y < FULL_SHAPE[0] + _MARGIN)


def _pixels(v2: NDArray, v3: NDArray, filter_name: str) -> tuple[NDArray, NDArray]:
    centre, scale, to_x, to_y = _inverse(filter_name)
    u, v = (v2 - centre[0]) / scale[0], (v3 - centre[1]) / scale[1]
    # beyond the range of the fit a polynomial of high degree runs away
    far = (np.abs(u) > 1.02) | (np.abs(v) > 1.02)
    u, v = np.where(far, np.nan, u), np.where(far, np.nan, v)
    return chebval2d(u, v, to_x), chebval2d(u, v, to_y)


@lru_cache(maxsize=9)
def _inverse(filter_name: str) -> tuple[NDArray, NDArray, NDArray, NDArray]:
    """
    Fit the inverse of the distortion: centre and scale of (V2, V3), Chebyshev coefficients of x and of y.

    Notes
    -----
    The forward distortion is a polynomial of fourth degree and nearly linear: its inverse is one of seventh degree to
    better than 1e-4 pixel, and needs no iteration.
    """
    axes = [
        np.linspace(-_MARGIN - 20, length + _MARGIN + 20, 50) for length in (FULL_SHAPE[1], FULL_SHAPE[0])
    ]
    x, y = (grid.ravel() for grid in np.meshgrid(*axes))
    v2, v3 = flight_distortion().to_v2v3(x, y, filter_name)
    centre = np.array([v2.max() + v2.min(), v3.max() + v3.min()]) / 2
    scale = np.array([np.ptp(v2), np.ptp(v3)]) / 2
    matrix = chebvander2d((v2 - centre[0]) / scale[0], (v3 - centre[1]) / scale[1], [_DEGREE, _DEGREE])
    solution = np.linalg.lstsq(matrix, np.column_stack([x, y]), rcond=None)[0]
    shape = (_DEGREE + 1, _DEGREE + 1)
    return centre, scale, solution[:, 0].reshape(shape), solution[:, 1].reshape(shape)
