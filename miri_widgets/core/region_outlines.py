"""
Outlines of regions on the sky in the pixels of an exposure, and the pixels within an outline.

An outline has corners so close together, where it passes the array, that distortion bends it by less than a
fiftieth of a pixel between them; far from the array a few are enough.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from miri_widgets.core.inverse_wcs import InverseWcs
from miri_widgets.core.tangent_plane import ARCSEC

__all__ = ["inside_polygon", "sky_outline"]

Pair = tuple[NDArray[np.float64], NDArray[np.float64]]
Curve = Callable[[NDArray[np.float64]], NDArray[np.float64]]

_PIECES = 96  # of a round outline, before it is refined
_LONG, _SHORT = 512.0, 16.0  # pixels: pieces of edges before and after
_MOST_PIECES = 128
_SAGITTA = 0.02  # pixels between an arc and its chord
_NEAR = 16.0  # pixels around the array
_HORIZON = 1e-3  # depth in radians at which outlines are cut: nearly 90 degrees from the middle of the array


def sky_outline(
    shape: str,
    points: Sequence[tuple[float, float]],
    sizes: Sequence[float],
    angle: float,
    inverse: InverseWcs,
) -> Pair:
    """
    Return the outline of a shape on the sky in the pixels of an array.

    Parameters
    ----------
    shape : str
        "circle", "ellipse", "rectangle" or "polygon".
    points : sequence of (float, float)
        The centre, or the corners: (ra, dec) in degrees, ICRS.
    sizes : sequence of float
        Radius, semi-axes, or width and height, arcsec in the tangent plane at the centre.
    angle : float
        Degrees by which the first size is turned, from west to north.
    inverse : InverseWcs
        Of the exposure.

    Returns
    -------
    x, y : ndarray, shape (n,)
        Corners in order, 0-based pixels, finite; the last is joined to the first. Empty when the shape lies on the
        half of the sky that the exposure does not see.

    Notes
    -----
    Edges of rectangles and polygons are arcs of great circles, which are straight in every tangent plane.
    """
    frame = _frame(*inverse.centre)
    if shape == "polygon":
        corners = np.array([_frame(*point)[2] for point in points]) @ frame.T
        return _followed(_edges(corners), len(corners), inverse, round_=False, largest=0.0)
    own = _frame(*points[0]) @ frame.T
    tilt = math.radians(angle)
    # west is to the right
    turned = np.array([[-math.cos(tilt), math.sin(tilt)], [math.sin(tilt), math.cos(tilt)]])
    if shape == "rectangle":
        across = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * np.array(sizes) / 2 / ARCSEC
        corners = np.column_stack([across @ turned.T, np.ones(4)]) @ own
        return _followed(_edges(corners), 4, inverse, round_=False, largest=0.0)
    semi = np.array([sizes[0], sizes[-1]]) / ARCSEC

    def arc(position: NDArray[np.float64]) -> NDArray[np.float64]:
        turn = position * (2 * math.pi / _PIECES)
        across = np.column_stack([semi[0] * np.cos(turn), semi[1] * np.sin(turn)]) @ turned.T
        return np.column_stack([across, np.ones(len(position))]) @ own

    largest = max(sizes) / inverse.scale
    return _followed(arc, _PIECES, inverse, round_=True, largest=largest)


def _frame(ra: float, dec: float) -> NDArray[np.float64]:
    """Unit vectors to the east, to the north and to a position itself, in rows."""
    a, d = math.radians(ra), math.radians(dec)
    sin_a, cos_a, sin_d, cos_d = math.sin(a), math.cos(a), math.sin(d), math.cos(d)
    return np.array(
        [
            [-sin_a, cos_a, 0.0],
            [-sin_d * cos_a, -sin_d * sin_a, cos_d],
            [cos_d * cos_a, cos_d * sin_a, sin_d],
        ]
    )


def _edges(corners: NDArray[np.float64]) -> Curve:
    """Points on the closed polygon of corners, shape (n, 3); whole numbers are corners."""

    def edge(position: NDArray[np.float64]) -> NDArray[np.float64]:
        first = np.floor(position).astype(int)
        share = (position - first)[:, None]
        count = len(corners)
        return np.asarray((1 - share) * corners[first % count] + share * corners[(first + 1) % count])

    return edge


def _followed(curve: Curve, count: int, inverse: InverseWcs, *, round_: bool, largest: float) -> Pair:
    """Corners of a closed curve, given for places from 0 to `count`, refined where it passes the array."""
    positions = np.arange(count, dtype=float)
    if not round_:
        length = _lengths(*_seen(curve(positions), inverse))
        positions = _divided(positions, count, np.clip(np.ceil(length / _LONG), 1, _MOST_PIECES))
    x, y = _seen(curve(positions), inverse)
    ny, nx = inverse.shape
    length = _lengths(x, y)
    margin = 0.25 * length + _NEAR
    near = np.ones(len(x), bool)
    for value, side in ((x, nx), (y, ny)):
        other = np.roll(value, -1)
        near &= (np.fmax(value, other) > -margin) & (np.fmin(value, other) < side + margin)
    if round_:
        step = min(math.sqrt(8 * _SAGITTA / largest), _SHORT / largest)
        pieces = np.full(len(x), math.ceil(2 * math.pi / count / step))
    else:
        pieces = np.ceil(length / _SHORT)
    positions = _divided(positions, count, np.where(near, np.clip(pieces, 1, 8 * _MOST_PIECES), 1))
    corners = curve(positions)
    if not (corners[:, 2] > _HORIZON).all():
        corners = _before_horizon(corners)
    return _seen(corners, inverse)


def _lengths(x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.float64]:
    """Pixels from each corner to the next; infinite where one of them is not seen."""
    length = np.hypot(np.roll(x, -1) - x, np.roll(y, -1) - y)
    return np.where(np.isfinite(length), length, np.inf)


def _divided(positions: NDArray[np.float64], count: int, pieces: NDArray[np.floating]) -> NDArray[np.float64]:
    """Put more places after each, so that its step to the next falls into so many pieces."""
    counts = np.minimum(pieces, 8 * _MOST_PIECES).astype(np.intp)
    steps = np.diff(np.append(positions, float(count)))
    index = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    return np.asarray(np.repeat(positions, counts) + index * np.repeat(steps / counts, counts))


def _seen(corners: NDArray[np.float64], inverse: InverseWcs) -> Pair:
    """Pixels of directions in the frame of the exposure; NaN beyond its horizon."""
    depth = np.where(corners[:, 2] > 0.5 * _HORIZON, corners[:, 2], np.nan)
    return inverse.pixels(corners[:, 0] / depth * ARCSEC, corners[:, 1] / depth * ARCSEC)


def _before_horizon(corners: NDArray[np.float64]) -> NDArray[np.float64]:
    """Cut a closed polygon at the horizon: what is beyond is left out, and the cut closed along it."""
    kept = []
    for corner, other in zip(corners, np.roll(corners, -1, axis=0), strict=True):
        if corner[2] >= _HORIZON:
            kept.append(corner)
        if (corner[2] >= _HORIZON) != (other[2] >= _HORIZON):
            share = (_HORIZON - corner[2]) / (other[2] - corner[2])
            kept.append(corner + share * (other - corner))
    return np.array(kept, float).reshape(-1, 3)


def inside_polygon(
    x: NDArray[np.floating], y: NDArray[np.floating], shape: tuple[int, int]
) -> NDArray[np.bool_]:
    """
    Tell which pixels of an array have their centre inside a polygon.

    Parameters
    ----------
    x, y : ndarray, shape (n,)
        Corners in order, 0-based pixels, finite; the last is joined to the first. No corners hold no pixel.
    shape : tuple of int
        (ny, nx).

    Returns
    -------
    ndarray of bool, shape (ny, nx)

    Notes
    -----
    By the parity of the edges that are crossed from the left in each row: where a polygon covers itself twice is
    outside, as in DS9. Neighbours with a common edge share no pixel and leave none out.
    """
    ny, nx = shape
    inside = np.zeros((ny, nx), bool)
    if not len(x) or x.max() < 0 or x.min() > nx - 1 or y.max() < 0 or y.min() > ny - 1:
        return inside
    top, bottom = max(0, math.ceil(y.min())), min(ny, math.floor(y.max()) + 1)
    left, right = max(0, math.ceil(x.min())), min(nx, math.floor(x.max()) + 1)
    x1, y1 = np.roll(x, -1), np.roll(y, -1)
    # an edge owns the rows low <= row < high, so that a corner counts once
    first = np.clip(np.ceil(np.minimum(y, y1)), top, bottom).astype(int)
    last = np.clip(np.ceil(np.maximum(y, y1)), top, bottom).astype(int)
    edges = np.flatnonzero(last > first)
    rows = np.concatenate([np.arange(first[edge], last[edge]) for edge in edges] or [np.zeros(0, int)])
    edges = np.repeat(edges, (last - first)[edges])
    intersection = x[edges] + (rows - y[edges]) * ((x1[edges] - x[edges]) / (y1[edges] - y[edges]))
    columns = np.clip(np.ceil(intersection), left, right).astype(int) - left
    wide, tall = right - left + 1, bottom - top
    if wide <= 1 or tall <= 0:
        return inside
    crossed, times = np.unique((rows - top) * wide + columns, return_counts=True)
    odd = np.zeros(wide * tall, bool)
    odd[crossed] = times % 2
    window = np.logical_xor.accumulate(odd.reshape(tall, wide)[:, :-1], axis=1)
    inside[top:bottom, left:right] = window
    return inside
