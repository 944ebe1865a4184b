"""
Regions that astronomers draw, as values: where a shape lies on an exposure, in pixels or on the sky.

They come from DS9 files (`miri_widgets.products.region_files`) or from a viewer, and corrections take them as
arguments. A region on the sky finds its pixels through the exposure's own WCS.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from miri_widgets.core.planes import Planes
from miri_widgets.errors import ParameterError

__all__ = ["SHAPES", "Region", "mask_of"]

SHAPES: Mapping[str, int] = {"circle": 1, "ellipse": 2, "rectangle": 2, "polygon": 0, "point": 0}
"""How many sizes each shape has: radius; two semi-axes; width and height; none."""

_ARCSEC = 3600.0
_CORNERS = 96  # of the outline of a circle on the sky: its radius is right within 0.06 %
_Points = tuple[NDArray[np.floating], NDArray[np.floating]]


@dataclass(frozen=True)
class Region:
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
        Radius of a circle, semi-axes of an ellipse, width and height of a rectangle: pixels, or arcsec on the sky.
    angle : float
        Degrees by which the first size is turned: from +x to +y; on the sky from west to north, as in DS9.
    sky : bool
        Whether positions are on the sky.
    include : bool
        False for a region that cuts a hole into others (a minus sign in DS9).
    text : str
        What is written beside it.
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
    def words(self) -> frozenset[str]:
        """The words of `text`, in small letters."""
        return frozenset(self.text.lower().replace(",", " ").split())

    def to_dict(self) -> dict[str, Any]:
        """Return the region as plain values, for settings and records."""
        return {
            "shape": self.shape,
            "points": [list(pair) for pair in self.points],
            "sizes": list(self.sizes),
            "angle": self.angle,
            "sky": self.sky,
            "include": self.include,
            "text": self.text,
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Region:
        """Rebuild a region from `to_dict`; ParameterError when the values do not fit."""
        try:
            points = tuple((float(x), float(y)) for x, y in values["points"])
            sizes = tuple(float(size) for size in values.get("sizes", ()))
            angle = float(values.get("angle", 0.0))
        except (KeyError, TypeError, ValueError) as error:
            raise ParameterError(
                f"a region that cannot be read ({str(error)[:80]})", "a shape with positions", "draw it again"
            ) from error
        return cls(
            str(values.get("shape")),
            points,
            sizes,
            angle,
            bool(values.get("sky", False)),
            bool(values.get("include", True)),
            str(values.get("text", "")),
        )

    def position(self, planes: Planes) -> tuple[float, float]:
        """
        Return the centre, or the mean of the corners, in 0-based pixels of an exposure.

        Parameters
        ----------
        planes : Planes
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
            x, y = self._to_pixel(planes, x, y)
        return float(x.mean()), float(y.mean())

    def mask(self, planes: Planes) -> NDArray[np.bool_]:
        """
        Tell which pixels of an exposure have their centre inside the shape.

        Parameters
        ----------
        planes : Planes
            The exposure. Not modified.

        Returns
        -------
        ndarray of bool, shape (ny, nx)
            A new array; all False when the region is elsewhere. A point gives the pixel that it lies in.

        Raises
        ------
        ParameterError
            If the region is on the sky and the exposure has no WCS.

        Notes
        -----
        An outline on the sky becomes a polygon of many corners in pixels, so that distortion bends it as it
        bends the sky. Where the WCS does not reach a corner, the positions of all pixels are taken to the sky
        instead, and tested there.
        """
        if self.shape == "point":
            return _pixel_of(self.position(planes), planes.shape)
        if not self.sky and self.shape in ("circle", "ellipse"):
            return self._inside_ellipse(planes.shape)
        x, y = self.outline()
        if not self.sky:
            return _inside_polygon(x, y, planes.shape)
        columns, rows = self._to_pixel(planes, x, y)
        if np.isfinite(columns).all() and np.isfinite(rows).all():
            return _inside_polygon(columns, rows, planes.shape)
        return self._inside_on_sky(planes, x, y)

    def on_sky(self, planes: Planes) -> Region:
        """
        Return the region on the sky, as seen through an exposure's WCS; itself when it is there already.

        Parameters
        ----------
        planes : Planes
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
        if planes.to_sky is None:
            raise ParameterError(
                f"a region drawn on {planes.root or 'an exposure'}, which has no WCS",
                "an exposure with a WCS (cal)",
                "draw it on a calibrated exposure",
            )
        x, y = np.array(self.points, float).T
        ra, dec = planes.to_sky(x, y)
        points = tuple((float(a) % 360, float(d)) for a, d in zip(ra, dec, strict=True))
        if not self.sizes:
            return replace(self, points=points, sky=True)
        turns = np.deg2rad(self.angle) + np.array([0.0, np.pi / 2])
        tips = planes.to_sky(x[0] + np.cos(turns), y[0] + np.sin(turns))
        west = -((tips[0] - ra[0] + 180) % 360 - 180) * np.cos(np.deg2rad(dec[0])) * _ARCSEC
        north = (tips[1] - dec[0]) * _ARCSEC
        scales = np.hypot(west, north)
        sizes = tuple(float(size * scale) for size, scale in zip(self.sizes, scales, strict=False))
        if len(sizes) == 1:
            sizes = (float(self.sizes[0] * np.sqrt(scales.prod())),)
        angle = float(np.rad2deg(np.arctan2(north[0], west[0])))
        return replace(self, points=points, sizes=sizes, angle=angle, sky=True)

    def _to_pixel(self, planes: Planes, ra: NDArray, dec: NDArray) -> _Points:
        if planes.to_pixel is None:
            raise ParameterError(
                f"a {self.shape} on the sky, but {planes.root or 'the exposure'} has no WCS",
                "exposures with a WCS (cal), or regions in image pixels",
                "run image2 first, or save the regions in image coordinates",
            )
        x, y = planes.to_pixel(ra, dec)
        return np.asarray(x, float), np.asarray(y, float)

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
            edge, one = along / 2, np.full(16, 0.5)
            u = np.concatenate([edge, one, -edge, -one]) * self.sizes[0]
            v = np.concatenate([-one, edge, one, -edge]) * self.sizes[1]
        else:
            turn = np.arange(_CORNERS) * (2 * math.pi / _CORNERS)
            u, v = self.sizes[0] * np.cos(turn), self.sizes[-1] * np.sin(turn)
        tilt = math.radians(self.angle)
        right, up = u * math.cos(tilt) - v * math.sin(tilt), u * math.sin(tilt) + v * math.cos(tilt)
        ((x0, y0),) = self.points
        if not self.sky:
            return x0 + right, y0 + up
        # west is to the right
        return _from_tangent(x0, y0, -right, up)

    def _inside_ellipse(self, shape: tuple[int, int]) -> NDArray[np.bool_]:
        rows, columns = np.ogrid[: shape[0], : shape[1]]
        ((x0, y0),) = self.points
        tilt = math.radians(self.angle)
        u = (columns - x0) * math.cos(tilt) + (rows - y0) * math.sin(tilt)
        v = (rows - y0) * math.cos(tilt) - (columns - x0) * math.sin(tilt)
        return np.asarray((u / self.sizes[0]) ** 2 + (v / self.sizes[-1]) ** 2 <= 1.0)

    def _inside_on_sky(self, planes: Planes, x: NDArray, y: NDArray) -> NDArray[np.bool_]:
        if planes.to_sky is None:
            return np.zeros(planes.shape, bool)
        rows, columns = np.indices(planes.shape, dtype=float)
        ra, dec = planes.to_sky(columns.ravel(), rows.ravel())
        ra0, dec0 = self.points[0]
        u, v = _to_tangent(ra0, dec0, np.asarray(ra, float), np.asarray(dec, float))
        corners = _to_tangent(ra0, dec0, x, y)
        return _points_in_polygon(u, v, *corners).reshape(planes.shape)


def mask_of(regions: Iterable[Region], planes: Planes) -> NDArray[np.bool_]:
    """
    Tell which pixels lie in any of some regions, and in none that cuts a hole.

    Parameters
    ----------
    regions : iterable of Region
        Their order does not matter.
    planes : Planes
        The exposure. Not modified.

    Returns
    -------
    ndarray of bool, shape (ny, nx)
    """
    inside, holes = np.zeros(planes.shape, bool), np.zeros(planes.shape, bool)
    for region in regions:
        part = inside if region.include else holes
        part |= region.mask(planes)
    return inside & ~holes


def _pixel_of(position: tuple[float, float], shape: tuple[int, int]) -> NDArray[np.bool_]:
    mask = np.zeros(shape, bool)
    x, y = position
    if math.isfinite(x) and math.isfinite(y) and -0.5 <= x < shape[1] - 0.5 and -0.5 <= y < shape[0] - 0.5:
        mask[math.floor(y + 0.5), math.floor(x + 0.5)] = True
    return mask


def _inside_polygon(x: NDArray, y: NDArray, shape: tuple[int, int]) -> NDArray[np.bool_]:
    """Pixels whose centre is inside, by the parity of the edges crossed from the left in each row."""
    ny, nx = shape
    turns = np.zeros((ny, nx + 1), np.uint16)
    for x0, y0, x1, y1 in zip(x, y, np.roll(x, -1), np.roll(y, -1), strict=True):
        low, high = sorted((y0, y1))
        # an edge owns the rows low <= row < high, so that a corner counts once
        rows = np.arange(max(0, math.ceil(low)), min(ny, math.ceil(high)))
        if rows.size:
            crossing = x0 + (rows - y0) * ((x1 - x0) / (y1 - y0))
            turns[rows, np.clip(np.ceil(crossing), 0, nx).astype(int)] += 1
    return np.cumsum(turns[:, :-1], axis=1, dtype=np.uint16) % 2 == 1


def _points_in_polygon(u: NDArray, v: NDArray, x: NDArray, y: NDArray) -> NDArray[np.bool_]:
    inside = np.zeros(u.shape, bool)
    near = np.flatnonzero((u >= x.min()) & (u <= x.max()) & (v >= y.min()) & (v <= y.max()))
    for x0, y0, x1, y1 in zip(x, y, np.roll(x, -1), np.roll(y, -1), strict=True):
        if y0 != y1:
            across = (y0 <= v[near]) != (y1 <= v[near])
            inside[near] ^= across & (u[near] < x0 + (v[near] - y0) * ((x1 - x0) / (y1 - y0)))
    return inside


def _from_tangent(ra0: float, dec0: float, east: NDArray, north: NDArray) -> _Points:
    """Offsets in the tangent plane, arcsec, to ra and dec in degrees."""
    u, v = np.radians(east / _ARCSEC), np.radians(north / _ARCSEC)
    sin0, cos0 = math.sin(math.radians(dec0)), math.cos(math.radians(dec0))
    ra = ra0 + np.degrees(np.arctan2(u, cos0 - v * sin0))
    dec = np.degrees(np.arctan2(sin0 + v * cos0, np.hypot(u, cos0 - v * sin0)))
    return ra, dec


def _to_tangent(ra0: float, dec0: float, ra: NDArray, dec: NDArray) -> _Points:
    """Inverse of `_from_tangent`; NaN for the far half of the sky."""
    away, sin, cos = np.radians(ra - ra0), np.sin(np.radians(dec)), np.cos(np.radians(dec))
    sin0, cos0 = math.sin(math.radians(dec0)), math.cos(math.radians(dec0))
    depth = sin0 * sin + cos0 * cos * np.cos(away)
    depth = np.where(depth > 0, depth, np.nan)
    east, north = cos * np.sin(away) / depth, (cos0 * sin - sin0 * cos * np.cos(away)) / depth
    return np.degrees(east) * _ARCSEC, np.degrees(north) * _ARCSEC
