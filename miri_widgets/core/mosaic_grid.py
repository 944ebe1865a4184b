"""
The pixel grid of mosaics: one for all filters, stages and runs of a program.

Pictures on one grid can be blinked and subtracted pixel by pixel, and the order of files cannot change them.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from miri_widgets.core.tangent_plane import from_plane, mean_position, rotation_matrix, to_plane
from miri_widgets.errors import InputError, ParameterError
from miri_widgets.serialization import Serializable

if TYPE_CHECKING:
    from astropy.wcs import WCS

__all__ = ["MosaicGrid", "grid_around", "parse_footprint", "tightest_rotation"]

Polygon = Sequence[tuple[float, float]]

_MARGIN = 4
_LARGEST = 60000
_DIGITS = 7
"""Decimals of the degrees of the reference point: 0.4 mas, so that a person can read and type it."""


@dataclass(frozen=True)
class MosaicGrid(Serializable):
    """
    A tangent-plane grid of square pixels.

    Attributes
    ----------
    ra, dec : float
        Middle of the array, ICRS degrees: the point where the plane touches the sky.
    scale : float
        Size of a pixel, arcsec.
    rotation : float
        Position angle of the y axis, degrees from north through east, as ``resample.rotation``.
    nx, ny : int
        Size, pixels.
    """

    ra: float
    dec: float
    scale: float
    rotation: float
    nx: int
    ny: int

    def __post_init__(self) -> None:
        angles = math.isfinite(self.ra) and -90 <= self.dec <= 90 and math.isfinite(self.rotation)
        if not (angles and 0.005 <= self.scale <= 10 and min(self.nx, self.ny) >= 1):
            raise ParameterError(
                f"a grid of {self.nx} x {self.ny} pixels of {self.scale} arcsec at RA {self.ra}, Dec {self.dec}",
                "a place on the sky, a pixel from 0.005 to 10 arcsec and a size of at least one pixel",
                "correct the grid",
            )
        if max(self.nx, self.ny) > _LARGEST:
            raise ParameterError(
                f"a grid of {self.nx} x {self.ny} pixels",
                f"at most {_LARGEST} a side",
                "take larger pixels, or leave out exposures that lie far from the others",
            )

    @property
    def shape(self) -> tuple[int, int]:
        """(ny, nx)."""
        return self.ny, self.nx

    @property
    def crpix(self) -> tuple[float, float]:
        """Reference pixel (x, y), 0-based: the middle of the array."""
        return (self.nx - 1) / 2, (self.ny - 1) / 2

    @property
    def pc(self) -> NDArray[np.float64]:
        """Matrix PC of FITS, shape (2, 2), for CDELT = (-scale, scale): x grows to the west when not rotated."""
        angle = math.radians(self.rotation)
        return np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])

    def wcs(self) -> WCS:
        """Return the grid as FITS world coordinates."""
        from astropy.wcs import WCS

        wcs = WCS(naxis=2)
        wcs.wcs.ctype = ["RA---TAN", "DEC--TAN"]
        wcs.wcs.cunit = ["deg", "deg"]
        wcs.wcs.crval = [self.ra, self.dec]
        wcs.wcs.crpix = [self.crpix[0] + 1, self.crpix[1] + 1]  # FITS counts from 1
        wcs.wcs.cdelt = [-self.scale / 3600, self.scale / 3600]
        wcs.wcs.pc = self.pc
        wcs.wcs.radesys = "ICRS"
        wcs.array_shape = self.shape
        return wcs

    def corners(self) -> tuple[tuple[float, float], ...]:
        """Return (RA, Dec) of the four outer corners, degrees, for a preview."""
        half_x, half_y = self.nx * self.scale / 2, self.ny * self.scale / 2
        # pixel x runs to the west
        box = np.array([(half_x, -half_y), (-half_x, -half_y), (-half_x, half_y), (half_x, half_y)])
        turned = box @ rotation_matrix(self.rotation).T
        ra, dec = from_plane(turned[:, 0], turned[:, 1], (self.ra, self.dec))
        return tuple((float(a), float(d)) for a, d in zip(ra, dec, strict=True))

    def pixels(self, corners: Polygon) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """
        Return the pixels of positions.

        Parameters
        ----------
        corners : sequence of (float, float)
            (RA, Dec), degrees.

        Returns
        -------
        x, y : ndarray, shape (n,)
            0-based pixels, also beyond the grid; NaN for the half of the sky that it does not see.
        """
        ra, dec = np.array(corners, float).reshape(-1, 2).T
        turned = np.column_stack(to_plane(ra, dec, (self.ra, self.dec))) @ rotation_matrix(self.rotation)
        # pixel x runs to the west
        return self.crpix[0] - turned[:, 0] / self.scale, self.crpix[1] + turned[:, 1] / self.scale

    def holds(self, corners: Polygon) -> bool:
        """
        Return whether all positions, (RA, Dec) in degrees, lie on the grid.

        Parameters
        ----------
        corners : Polygon
            Positions (RA, Dec), degrees.
        """
        x, y = self.pixels(corners)
        return bool(((x > -0.5) & (x < self.nx - 0.5) & (y > -0.5) & (y < self.ny - 0.5)).all())


def grid_around(
    footprints: Iterable[Polygon],
    *,
    scale: float = 0.11,
    rotation: float | None = 0.0,
    centre: tuple[float, float] | None = None,
    size: tuple[int, int] | None = None,
    margin: int = _MARGIN,
) -> MosaicGrid:
    """
    Return the grid that holds all footprints.

    Parameters
    ----------
    footprints : iterable of sequence of (float, float)
        Corners (RA, Dec) of each exposure, degrees; of all filters. Their order does not matter.
    scale : float
        Pixel, arcsec; by default the mean scale of the imager.
    rotation : float or None
        Position angle of the y axis, degrees; None takes the one with the smallest array (`tightest_rotation`).
    centre : tuple of float, optional
        (RA, Dec) of the middle; by default that of the box around the footprints.
    size : tuple of int, optional
        (nx, ny); by default as small as holds everything.
    margin : int
        Pixels added on every side, for shifts that come later.

    Raises
    ------
    InputError
        If there are no footprints, or they lie more than ten degrees apart.
    ParameterError
        If the grid is impossible or too large.
    """
    corners = _corners(footprints)
    middle = mean_position(*corners.T)
    positions = np.column_stack(to_plane(corners[:, 0], corners[:, 1], middle))
    if not np.isfinite(positions).all() or np.ptp(positions, axis=0).max() > 36000:
        raise InputError(
            "exposures more than ten degrees apart",
            "exposures of one field",
            "leave out those of other fields",
        )
    angle = tightest_rotation(corners) if rotation is None else float(rotation)
    # exposures share the box that a later run finds, so the middle is rounded before the size is taken from it
    if centre is None:
        turned = positions @ rotation_matrix(angle)
        box = (turned.min(axis=0) + turned.max(axis=0)) / 2
        east, north = rotation_matrix(angle) @ box
        ra, dec = from_plane(east, north, middle)
        centre = round(float(ra), _DIGITS) % 360, round(float(dec), _DIGITS)
    turned = np.column_stack(to_plane(corners[:, 0], corners[:, 1], centre)) @ rotation_matrix(angle)
    if size is None:
        half = np.abs(turned).max(axis=0) / scale
        nx, ny = (2 * (math.ceil(round(float(extent), 3)) + margin) for extent in half)
        size = nx, ny
    return MosaicGrid(centre[0], centre[1], float(scale), angle, int(size[0]), int(size[1]))


def tightest_rotation(footprints: Iterable[Polygon] | NDArray[np.float64]) -> float:
    """
    Return the position angle, -45 to 45 degrees and a multiple of 0.1, whose box around the footprints is smallest.

    Parameters
    ----------
    footprints : iterable of sequence of (float, float), or ndarray of shape (n, 2)
        Corners (RA, Dec), degrees.
    """
    corners = footprints if isinstance(footprints, np.ndarray) else _corners(footprints)
    positions = np.column_stack(to_plane(corners[:, 0], corners[:, 1], mean_position(*corners.T)))
    angles = np.arange(-450, 451) / 10
    areas = [float(np.prod(np.ptp(positions @ rotation_matrix(angle), axis=0))) for angle in angles]
    # equal areas differ by rounding: the smallest turn of those
    best = [angle for angle, area in zip(angles, areas, strict=True) if area <= min(areas) * (1 + 1e-9)]
    return float(min(best, key=lambda angle: (abs(angle), angle)))


def parse_footprint(s_region: str) -> tuple[tuple[float, float], ...]:
    """
    Return the corners (RA, Dec) of an S_REGION keyword, degrees.

    Parameters
    ----------
    s_region : str
        Value of the keyword, such as ``POLYGON ICRS ra1 dec1 ...``.

    Raises
    ------
    InputError
        If it is no polygon.
    """
    text = str(s_region).strip()
    numbers = [float(number) for number in re.findall(r"(?<![A-Za-z])[-+]?\d+\.?\d*(?:[eE][-+]?\d+)?", text)]
    if not text.upper().startswith("POLYGON") or len(numbers) < 6 or len(numbers) % 2:
        raise InputError(
            f"the footprint {text[:60]!r}", "POLYGON ICRS and pairs of RA and Dec", "run image2 again"
        )
    return tuple(zip(numbers[::2], numbers[1::2], strict=True))


def _corners(footprints: Iterable[Polygon]) -> NDArray[np.float64]:
    """All corners, each once, in an order of their own: sums in another order differ in the last digit."""
    corners = sorted({(float(ra) % 360, float(dec)) for polygon in footprints for ra, dec in polygon})
    if not corners:
        raise InputError("no footprints", "exposures with S_REGION, which image2 writes", "run image2 first")
    return np.array(corners)
