"""
The flight distortion of the imager: detector pixels to V2, V3 and back, in plain NumPy.

References
----------
MIRI-TN-00070-ATC, "MIRI Imager distortion"; the coefficients are the flight product
``MIRI_FM_MIRIMAGE_DISTORTION_*.fits`` that `pysiaf` ships.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from numpy.polynomial.polynomial import polyval2d
from numpy.typing import ArrayLike, NDArray
from scipy.interpolate import RectBivariateSpline

from miri_widgets.errors import MissingFileError
from miri_widgets.simulation.instrument import FULL_SHAPE, REFERENCE_COLUMNS

__all__ = ["Distortion", "flight_distortion", "pixel_areas"]

_RELEASED = "source_data/MIRI/delivery"
_NEWTON_STEPS = 4
_LARGEST_DISTORTION = 100.0  # pixels; 15 in the corners of the detector


@dataclass(frozen=True, eq=False)
class Distortion:
    """
    The chain pixel -> focal plane -> polynomial -> (V2, V3).

    Attributes
    ----------
    pixel_to_plane, plane_to_pixel : ndarray, shape (3, 3)
        Affine maps MI and M between pixels without reference columns and the focal plane [mm].
    forward_x, forward_y, backward_x, backward_y : ndarray, shape (5, 5)
        Polynomials AI, BI, A, B; element [i, j] multiplies x**i y**j.
    plane_to_sky, sky_to_plane : ndarray, shape (3, 3)
        Affine maps TI and T between the corrected plane and (V2, V3) in arcsec.
    boresight : mapping
        Shift (dx, dy) in pixels of an image in each filter, relative to F770W.
    """

    pixel_to_plane: NDArray[np.float64]
    plane_to_pixel: NDArray[np.float64]
    forward_x: NDArray[np.float64]
    forward_y: NDArray[np.float64]
    backward_x: NDArray[np.float64]
    backward_y: NDArray[np.float64]
    plane_to_sky: NDArray[np.float64]
    sky_to_plane: NDArray[np.float64]
    boresight: Mapping[str, tuple[float, float]]

    def to_v2v3(self, x: ArrayLike, y: ArrayLike, filter_name: str = "F770W") -> tuple[NDArray, NDArray]:
        """
        Transform detector pixels to V2, V3.

        Parameters
        ----------
        x, y : array_like of float
            0-based full-frame pixels, reference columns included. Not modified.
        filter_name : str
            Filter whose boresight shift applies.

        Returns
        -------
        v2, v3 : ndarray of float
            Arcsec, not corrected for velocity aberration.
        """
        dx, dy = self.boresight[filter_name]
        column = np.asarray(x, float) - dx - REFERENCE_COLUMNS
        u, v = _affine(self.pixel_to_plane, column, np.asarray(y, float) - dy)
        return _affine(self.plane_to_sky, polyval2d(u, v, self.forward_x), polyval2d(u, v, self.forward_y))

    def to_pixel(self, v2: ArrayLike, v3: ArrayLike, filter_name: str = "F770W") -> tuple[NDArray, NDArray]:
        """
        Transform V2, V3 [arcsec] to 0-based full-frame pixels: the exact inverse of `to_v2v3`.

        Parameters
        ----------
        v2 : array_like
            V2, arcsec.
        v3 : array_like
            V3, arcsec.
        filter_name : str
            Name of the filter, such as ``F770W``.

        Notes
        -----
        The delivered backward polynomials are good to 0.06 pixel only. They give the first guess of a Newton
        iteration on the forward transform, which is the one that the pipeline uses. Minutes of arc away, where the
        polynomials turn back, a position gets the pixel of the linear terms, which is as far away.
        """
        v2, v3 = np.asarray(v2, float), np.asarray(v3, float)
        u, v = _affine(self.sky_to_plane, v2, v3)
        x, y = _affine(
            self.plane_to_pixel, polyval2d(u, v, self.backward_x), polyval2d(u, v, self.backward_y)
        )
        dx, dy = self.boresight[filter_name]
        x, y = x + REFERENCE_COLUMNS + dx, y + dy
        for _ in range(_NEWTON_STEPS):
            a, b = self.to_v2v3(x, y, filter_name)
            (ax, ay), (bx, by) = self.jacobian(x, y, filter_name)
            determinant = ax * by - ay * bx
            x = x + (by * (v2 - a) - ay * (v3 - b)) / determinant
            y = y + (ax * (v3 - b) - bx * (v2 - a)) / determinant
        # without the terms that fold: constant and linear ones
        linear = (
            series[0, 0] + series[1, 0] * u + series[0, 1] * v
            for series in (self.backward_x, self.backward_y)
        )
        near_x, near_y = _affine(self.plane_to_pixel, *linear)
        near_x, near_y = near_x + REFERENCE_COLUMNS + dx, near_y + dy
        beyond = ~(np.hypot(x - near_x, y - near_y) < _LARGEST_DISTORTION)
        return np.where(beyond, near_x, x), np.where(beyond, near_y, y)

    def jacobian(self, x: ArrayLike, y: ArrayLike, filter_name: str = "F770W") -> tuple[tuple, tuple]:
        """
        Return ((dV2/dx, dV2/dy), (dV3/dx, dV3/dy)) in arcsec per pixel, by central differences of one pixel.

        Parameters
        ----------
        x : array_like
            Columns, 0-based pixels.
        y : array_like
            Rows, 0-based pixels.
        filter_name : str
            Name of the filter, such as ``F770W``.
        """
        x, y = np.asarray(x, float), np.asarray(y, float)
        right, left = self.to_v2v3(x + 0.5, y, filter_name), self.to_v2v3(x - 0.5, y, filter_name)
        up, down = self.to_v2v3(x, y + 0.5, filter_name), self.to_v2v3(x, y - 0.5, filter_name)
        return (right[0] - left[0], up[0] - down[0]), (right[1] - left[1], up[1] - down[1])

    def with_origin(self, v2: float, v3: float) -> Distortion:
        """
        Return the same distortion with other constants of the affine map TI, in arcsec; for other epochs of the SIAF.

        Parameters
        ----------
        v2 : float
            Constant of V2, arcsec.
        v3 : float
            Constant of V3, arcsec.
        """
        forward = self.plane_to_sky.copy()
        forward[:2, 2] = (v2, v3)
        return replace(self, plane_to_sky=forward, sky_to_plane=np.linalg.inv(forward).astype(float))


@lru_cache(maxsize=1)
def flight_distortion() -> Distortion:
    """
    Read the flight distortion that `pysiaf` ships.

    Raises
    ------
    MissingFileError
        If this installation of `pysiaf` has no such file.
    """
    from astropy.io import fits

    with fits.open(_delivered_file()) as hdus:
        table = {
            name: np.array(hdus[f"{name} matrix"].data, float)
            for name in ("A", "B", "AI", "BI", "M", "MI", "T", "TI")
        }
        shifts = {
            str(row[0]).strip(): (float(row[1]), float(row[2])) for row in hdus["Boresight offsets"].data
        }
    # the file holds polynomials as [power of y, power of x]
    return Distortion(
        pixel_to_plane=table["MI"],
        plane_to_pixel=table["M"],
        forward_x=table["AI"].T,
        forward_y=table["BI"].T,
        backward_x=table["A"].T,
        backward_y=table["B"].T,
        plane_to_sky=table["TI"],
        sky_to_plane=table["T"],
        boresight=shifts,
    )


@lru_cache(maxsize=1)
def pixel_areas() -> NDArray[np.float64]:
    """Return the area of each pixel on the sky, shape (1024, 1032), in square arcsec; shared, do not modify."""
    # smooth: cubic splines through every 16th pixel are exact to 1e-9
    rows, columns = (np.arange(-8, length + 24, 16.0) for length in FULL_SHAPE)
    y, x = np.meshgrid(rows, columns, indexing="ij")
    (ax, ay), (bx, by) = flight_distortion().jacobian(x, y)
    spline = RectBivariateSpline(rows, columns, np.abs(ax * by - ay * bx))
    area = spline(np.arange(FULL_SHAPE[0]), np.arange(FULL_SHAPE[1]))
    area.setflags(write=False)
    return area


def _delivered_file() -> Path:
    spec = find_spec("pysiaf")
    if spec is not None and spec.origin is not None:
        files = sorted((Path(spec.origin).parent / _RELEASED).glob("MIRI_FM_MIRIMAGE_DISTORTION_*.fits"))
        if files:
            return files[-1]
    raise MissingFileError(
        "no flight distortion of MIRI in this installation of pysiaf",
        f"pysiaf with a file MIRI_FM_MIRIMAGE_DISTORTION_*.fits in {_RELEASED}",
        "install pysiaf 0.24 or newer",
    )


def _affine(matrix: NDArray, x: NDArray, y: NDArray) -> tuple[NDArray, NDArray]:
    return (
        matrix[0, 0] * x + matrix[0, 1] * y + matrix[0, 2],
        matrix[1, 0] * x + matrix[1, 1] * y + matrix[1, 2],
    )
