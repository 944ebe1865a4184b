"""
Regions that astronomers draw, as values: where a shape lies on an exposure, in pixels or on the sky.

They come from DS9 files (`miri_widgets.products.tables.region_files`) or from a viewer, and corrections take them as
arguments. A region on the sky finds its pixels through the exposure's own WCS, taken in its forward direction only
(`miri_widgets.core.inverse_wcs`).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from miri_widgets.core.exposure_arrays import ExposureArrays
from miri_widgets.core.inverse_wcs import InverseWcs
from miri_widgets.core.region_outlines import inside_polygon, sky_outline
from miri_widgets.core.tangent_plane import from_plane, to_plane
from miri_widgets.errors import ParameterError
from miri_widgets.serialization import Serializable

__all__ = ["SHAPES", "Region", "mask_of"]

SHAPES: Mapping[str, int] = {"circle": 1, "ellipse": 2, "rectangle": 2, "polygon": 0, "point": 0}
"""How many sizes each shape has: radius; two semi-axes; width and height; none."""

_CORNERS = 96  # of the outline of a circle in a picture
_Points = tuple[NDArray[np.floating], NDArray[np.floating]]


@dataclass(frozen=True)
class Region(Serializable):
    """
    One shape.

    Attributes
    ----------
    shape : str
        A key of `SHAPES`.
    points : tuple of pairs of float
        The centre, or the corners of a polygon in order: (x, y) in 0-based pixels of the exposure's array, or
        (ra, dec) in degrees, ICRS.
    sizes : tuple of float
        Radius of a circle, semi-axes of an ellipse, width and height of a rectangle: pixels, or arcsec on the sky,
        measured in the tangent plane at the centre.
    angle : float
        Degrees by which the first size is turned: from +x to +y; on the sky from west to north, as in DS9.
    sky : bool
        Whether positions are on the sky.
    include : bool
        False for a region that cuts a hole into others (a minus sign in DS9).
    text : str
        What is written beside it.

    Notes
    -----
    Sizes on the sky are those of an image without distortion whose reference point is the centre of the region,
    which is how DS9 and the package `regions` draw them. They differ from angular distances by the third order:
    the edge of a circle of 1000 arcsec lies 0.008 arcsec, that of a circle of one degree 0.37 arcsec, within the
    positions at the same angular distance. Edges of rectangles and polygons are arcs of great circles.
    """

    shape: str
    points: tuple[tuple[float, float], ...]
    sizes: tuple[float, ...] = ()
    angle: float = 0.0
    sky: bool = False
    include: bool = True
    text: str = ""

    def __post_init__(self) -> None:
        if self.shape not in SHAPES:
            raise ParameterError(
                f"a region of shape {self.shape!r}", f"one of {', '.join(SHAPES)}", "draw another region"
            )
        corners = "at least 3 corners" if self.shape == "polygon" else "one position"
        if len(self.points) < 3 if self.shape == "polygon" else len(self.points) != 1:
            raise ParameterError(
                f"a {self.shape} with {len(self.points)} positions", corners, "draw it again"
            )
        if len(self.sizes) != SHAPES[self.shape] or not all(size > 0 for size in self.sizes):
            raise ParameterError(
                f"a {self.shape} with sizes {self.sizes}",
                f"{SHAPES[self.shape]} sizes above 0",
                "draw it again",
            )
        if not all(map(math.isfinite, (self.angle, *self.sizes, *(v for pair in self.points for v in pair)))):
            raise ParameterError(
                f"a {self.shape} with a number that is not finite", "numbers", "draw it again"
            )

    @property
    def tokens(self) -> frozenset[str]:
        """The words of `text`, in small letters."""
        return frozenset(self.text.lower().replace(",", " ").split())

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Region:
        """
        Return the region of plain values; ParameterError when they do not fit.

        Parameters
        ----------
        values : mapping
            Plain values, as `to_dict` gives them.
        """
        try:
            return super().from_dict(values)
        except ValueError as error:
            raise ParameterError(
                f"a region that cannot be read ({str(error)[:80]})", "a shape with positions", "draw it again"
            ) from error

    def position(self, exposure: ExposureArrays) -> tuple[float, float]:
        """
        Return the centre, or the mean of the corners, in 0-based pixels of an exposure.

        Parameters
        ----------
        exposure : ExposureArrays
            The exposure. Not modified.

        Returns
        -------
        tuple of float
            (x, y); NaN where the WCS does not reach. It may lie outside of the exposure.

        Raises
        ------
        ParameterError
            If the region is on the sky and the exposure has no WCS.
        """
        x, y = np.array(self.points, float).T
        if self.sky:
            x, y = exposure.inverse(f"a {self.shape} on the sky")(x, y)
        return float(x.mean()), float(y.mean())

    def mask(self, exposure: ExposureArrays) -> NDArray[np.bool_]:
        """
        Tell which pixels of an exposure have their centre inside the shape.

        Parameters
        ----------
        exposure : ExposureArrays
            The exposure. Not modified.

        Returns
        -------
        ndarray of bool, shape (ny, nx)
            A new array; all False when the region is elsewhere, all True when it covers the exposure. A point gives
            the pixel that it lies in.

        Raises
        ------
        ParameterError
            If the region is on the sky and the exposure has no WCS.
        """
        if self.shape == "point":
            return _pixel_of(self.position(exposure), exposure.shape)
        if self.sky:
            return inside_polygon(
                *self.outline_on(exposure.inverse(f"a {self.shape} on the sky")), exposure.shape
            )
        if self.shape in ("circle", "ellipse"):
            return self._inside_ellipse(exposure.shape)
        return inside_polygon(*self.outline(), exposure.shape)

    def outline_on(self, inverse: InverseWcs) -> _Points:
        """
        Return the outline in the pixels of an array.

        Parameters
        ----------
        inverse : InverseWcs
            Of the array.

        Returns
        -------
        x, y : ndarray, shape (points,)
            0-based pixels; the last corner is joined to the first. Empty for what lies on the other half of the sky.
        """
        if not self.sky:
            return self.outline()
        if self.shape == "point":
            x, y = inverse(*np.array(self.points, float).T)
            seen = np.isfinite(x)
            return x[seen], y[seen]
        return sky_outline(self.shape, self.points, self.sizes, self.angle, inverse)

    def on_sky(self, exposure: ExposureArrays) -> Region:
        """
        Return the region on the sky, as seen through an exposure's WCS; itself when it is there already.

        Parameters
        ----------
        exposure : ExposureArrays
            The exposure on which the region lies. Not modified.

        Raises
        ------
        ParameterError
            If the exposure has no WCS.

        Notes
        -----
        Sizes and angle follow the WCS at the centre; distortion over the region is left out.
        """
        if self.sky:
            return self
        if exposure.to_sky is None:
            raise ParameterError(
                f"a region drawn on {exposure.root or 'an exposure'}, which has no WCS",
                "an exposure with a WCS (cal)",
                "draw it on a calibrated exposure",
            )
        x, y = np.array(self.points, float).T
        ra, dec = exposure.to_sky(x, y)
        points = tuple((float(a) % 360, float(d)) for a, d in zip(ra, dec, strict=True))
        if not self.sizes:
            return replace(self, points=points, sky=True)
        turns = np.deg2rad(self.angle) + np.array([0.0, np.pi / 2])
        tips = exposure.to_sky(x[0] + np.cos(turns), y[0] + np.sin(turns))
        east, north = to_plane(*tips, points[0])
        sizes, angle = self._scaled(-east, north)
        return replace(self, points=points, sizes=sizes, angle=angle, sky=True)

    def on_pixels(self, inverse: InverseWcs) -> Region:
        """
        Return the region in the pixels of an array; itself when it is there already. The inverse of `on_sky`.

        Parameters
        ----------
        inverse : InverseWcs
            Of the array.

        Raises
        ------
        ParameterError
            If it lies on the half of the sky that the array does not see.
        """
        if not self.sky:
            return self
        x, y = inverse(*np.array(self.points, float).T)
        points = tuple((float(a), float(b)) for a, b in zip(x, y, strict=True))
        if not self.sizes:
            return replace(self, points=points, sky=False)
        turns = np.deg2rad(self.angle) + np.array([0.0, np.pi / 2])
        tips = inverse(*from_plane(-np.cos(turns), np.sin(turns), self.points[0]))
        sizes, angle = self._scaled(tips[0] - x[0], tips[1] - y[0])
        return replace(self, points=points, sizes=sizes, angle=angle, sky=False)

    def _scaled(self, right: NDArray, up: NDArray) -> tuple[tuple[float, ...], float]:
        """Sizes and angle, where the axes of the region, one unit long, have got these components."""
        scales = np.hypot(right, up)
        sizes = tuple(float(size * scale) for size, scale in zip(self.sizes, scales, strict=False))
        if len(sizes) == 1:
            return (float(self.sizes[0] * np.sqrt(scales.prod())),), self.angle
        return sizes, float(np.rad2deg(np.arctan2(up[0], right[0])))

    def outline(self) -> _Points:
        """
        Return the corners of the shape; a circle or an ellipse has many.

        Returns
        -------
        x, y : ndarray, shape (points,)
            In the coordinates of `points`; the last corner is joined to the first. A point is one corner.
        """
        if self.shape in ("polygon", "point"):
            x, y = np.array(self.points, float).T
            return x, y
        if self.shape == "rectangle":
            # the edges in several pieces, since the sky bends them
            along = np.linspace(-1.0, 1.0, 17)[:-1]
            edge, half = along / 2, np.full(16, 0.5)
            u = np.concatenate([edge, half, -edge, -half]) * self.sizes[0]
            v = np.concatenate([-half, edge, half, -edge]) * self.sizes[1]
        else:
            turn = np.arange(_CORNERS) * (2 * math.pi / _CORNERS)
            u, v = self.sizes[0] * np.cos(turn), self.sizes[-1] * np.sin(turn)
        tilt = math.radians(self.angle)
        right, up = u * math.cos(tilt) - v * math.sin(tilt), u * math.sin(tilt) + v * math.cos(tilt)
        ((x0, y0),) = self.points
        if not self.sky:
            return x0 + right, y0 + up
        # west is to the right
        return from_plane(-right, up, (x0, y0))

    def _inside_ellipse(self, shape: tuple[int, int]) -> NDArray[np.bool_]:
        rows, columns = np.ogrid[: shape[0], : shape[1]]
        ((x0, y0),) = self.points
        tilt = math.radians(self.angle)
        u = (columns - x0) * math.cos(tilt) + (rows - y0) * math.sin(tilt)
        v = (rows - y0) * math.cos(tilt) - (columns - x0) * math.sin(tilt)
        return np.asarray((u / self.sizes[0]) ** 2 + (v / self.sizes[-1]) ** 2 <= 1.0)


def mask_of(regions: Iterable[Region], exposure: ExposureArrays) -> NDArray[np.bool_]:
    """
    Tell which pixels lie in any of some regions, and in none that cuts a hole.

    Parameters
    ----------
    regions : iterable of Region
        Their order does not matter.
    exposure : ExposureArrays
        The exposure. Not modified.

    Returns
    -------
    ndarray of bool, shape (ny, nx)
    """
    inside, holes = np.zeros(exposure.shape, bool), np.zeros(exposure.shape, bool)
    for region in regions:
        part = inside if region.include else holes
        part |= region.mask(exposure)
    return inside & ~holes


def _pixel_of(position: tuple[float, float], shape: tuple[int, int]) -> NDArray[np.bool_]:
    mask = np.zeros(shape, bool)
    x, y = position
    if math.isfinite(x) and math.isfinite(y) and -0.5 <= x < shape[1] - 0.5 and -0.5 <= y < shape[0] - 0.5:
        mask[math.floor(y + 0.5), math.floor(x + 0.5)] = True
    return mask
