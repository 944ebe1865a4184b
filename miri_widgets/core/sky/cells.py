"""Cells of the sky: what an exposure shows in each square of a grid that several exposures share."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import RectBivariateSpline

from miri_widgets.core.areas import imager_area
from miri_widgets.core.exposure_arrays import ExposureArrays
from miri_widgets.errors import InputError

__all__ = ["HALF_FIELD", "Cells", "Grid", "detector_coordinates", "sky_cells"]

HALF_FIELD = 512.0
"""Pixels; unit of the detector coordinates u and v, which are 0 at the centre of the imager field."""

_CENTRE = (693.5, 511.5)
_NODES = 24
_WHOLE, _GOOD = 0.9, 0.5
_HALF_KEYS = 1 << 20


@dataclass(frozen=True)
class Grid:
    """Squares on the plane that touches the sky at (`ra`, `dec`), with sides of `size`; all in degrees."""

    ra: float
    dec: float
    size: float

    def keys(self, xi: NDArray[np.floating], eta: NDArray[np.floating]) -> NDArray[np.int64]:
        """Return a number for the square of each position on the plane [degrees]."""
        column, row = (np.floor(axis / self.size).astype(np.int64) + _HALF_KEYS for axis in (xi, eta))
        return column * (2 * _HALF_KEYS) + row

    @staticmethod
    def blocks(keys: NDArray[np.int64], size: int = 8) -> NDArray[np.int64]:
        """Return a number for the `size` x `size` squares around each square."""
        column, row = keys // (2 * _HALF_KEYS) // size, keys % (2 * _HALF_KEYS) // size
        return column * (2 * _HALF_KEYS) + row

    def project(
        self, ra: NDArray[np.floating], dec: NDArray[np.floating]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return gnomonic coordinates (to the east, to the north) in degrees."""
        turn, north, south = np.deg2rad(ra - self.ra), np.deg2rad(dec), math.radians(self.dec)
        depth = math.sin(south) * np.sin(north) + math.cos(south) * np.cos(north) * np.cos(turn)
        xi = np.cos(north) * np.sin(turn) / depth
        eta = (math.cos(south) * np.sin(north) - math.sin(south) * np.cos(north) * np.cos(turn)) / depth
        return np.asarray(np.rad2deg(xi), float), np.asarray(np.rad2deg(eta), float)


@dataclass(frozen=True, eq=False)
class Cells:
    """
    What one exposure shows; arrays of shape (n,).

    Attributes
    ----------
    key : ndarray of int64
        Squares of the grid, ascending.
    value, err : ndarray of float64
        Mean of the middle half of the good pixels, and its standard deviation; unit of the exposure.
    u, v : ndarray of float64
        Mean detector coordinates of the good pixels, see `detector_coordinates`.
    """

    key: NDArray[np.int64]
    value: NDArray[np.float64]
    err: NDArray[np.float64]
    u: NDArray[np.float64]
    v: NDArray[np.float64]


def detector_coordinates(
    shape: tuple[int, int], corner: tuple[int, int]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return u, shape (1, nx), and v, shape (ny, 1): distance to the centre of the imager in units of `HALF_FIELD`."""
    u: NDArray[np.float64] = (np.arange(shape[1], dtype=float) + (corner[0] - _CENTRE[0])) / HALF_FIELD
    v: NDArray[np.float64] = (np.arange(shape[0], dtype=float) + (corner[1] - _CENTRE[1])) / HALF_FIELD
    return u[np.newaxis, :], v[:, np.newaxis]


def sky_cells(planes: ExposureArrays, grid: Grid) -> Cells:
    """
    Measure an exposure in the cells of a grid.

    Parameters
    ----------
    planes : ExposureArrays
        An exposure with sky positions. Not modified.
    grid : Grid
        Squares, some ten pixels wide.

    Returns
    -------
    Cells
        Cells that lie within the imager field by 90 %, and of which half is good.

    Raises
    ------
    InputError
        If there are no sky positions.

    Notes
    -----
    The mean of the middle half has 84 % of the efficiency of the mean for normal noise, and a quarter of the pixels
    may be outliers on either side. Sources stay in: other exposures see the same ones in the same cell. Where the good
    pixels of a cell lie off its centre, the slope between its neighbours brings the value to the centre. Sky positions
    are computed at nodes 24 pixels apart, and by cubic splines between them.
    """
    inside = imager_area(planes.shape, planes.corner)
    xi, eta = _on_plane(planes, grid)
    pixel = float(np.median(np.hypot(np.diff(xi, axis=1), np.diff(eta, axis=1))))
    nominal = (grid.size / pixel) ** 2
    known, number = np.unique(grid.keys(xi, eta)[inside], return_counts=True)
    whole = known[number >= _WHOLE * nominal]

    use = inside & planes.good
    values, keys = planes.sci[use].astype(np.float64), grid.keys(xi[use], eta[use])
    order = np.lexsort((values, keys))
    key, start, count = np.unique(keys[order], return_index=True, return_counts=True)
    value, sigma = _middle_half(values[order], start, count)

    def mean(axis: NDArray[np.float64]) -> NDArray[np.float64]:
        part = np.broadcast_to(axis, planes.shape)[use][order]
        return np.add.reduceat(part, start) / count if count.size else np.zeros(0)

    value = value - _tilt(grid, key, value, mean(xi), mean(eta))
    u, v = (mean(axis) for axis in detector_coordinates(planes.shape, planes.corner))
    keep = (count >= max(_GOOD * nominal, 8)) & np.isin(key, whole) & (sigma > 0)
    # variance of the mean of the middle half of a normal distribution: 1.19 sigma**2 / n
    err = 1.09 * sigma / np.sqrt(np.maximum(count, 1))
    return Cells(key[keep], *(part[keep] for part in (value, err, u, v)))


def _tilt(
    grid: Grid,
    key: NDArray[np.int64],
    value: NDArray[np.float64],
    xi: NDArray[np.float64],
    eta: NDArray[np.float64],
) -> NDArray[np.float64]:
    """What a cell gains because the centre of its good pixels is not its own, from its neighbours on either side."""
    column, row = key // (2 * _HALF_KEYS), key % (2 * _HALF_KEYS)
    gain = np.zeros(key.size)
    own = np.arange(key.size)
    for axis, number, step in ((xi, column, 2 * _HALF_KEYS), (eta, row, 1)):
        before, after = (
            np.clip(np.searchsorted(key, key + way), 0, max(key.size - 1, 0)) for way in (-step, step)
        )
        # at the edge of the field the cell itself stands for the neighbour that is not there
        before = np.where(key[before] == key - step, before, own)
        after = np.where(key[after] == key + step, after, own)
        distance = axis[after] - axis[before]
        known = distance > 0.5 * grid.size
        slope = np.where(known, value[after] - value[before], 0.0) / np.where(known, distance, 1.0)
        gain += slope * (axis - (number - _HALF_KEYS + 0.5) * grid.size)
    return gain


def _middle_half(
    values: NDArray[np.float64], start: NDArray[np.int64], count: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Mean between the quartiles, and standard deviation from them, of sorted runs of values."""
    if not count.size:
        return np.zeros(0), np.zeros(0)
    first, last = start + count // 4, start + count - 1 - count // 4
    # sums of differences to a common level keep their digits
    level = float(np.median(values))
    total = np.concatenate([[0.0], np.cumsum(values - level)])
    return level + (total[last + 1] - total[first]) / (last + 1 - first), (
        values[last] - values[first]
    ) / 1.349


def _on_plane(planes: ExposureArrays, grid: Grid) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    if planes.to_sky is None:
        raise InputError(
            f"{planes.root or 'an exposure'} has no sky positions",
            "exposures with a WCS, to know where they overlap",
            "use cal exposures",
        )
    rows, columns = (
        np.linspace(0, length - 1, max(4, math.ceil(length / _NODES) + 1)) for length in planes.shape
    )
    x, y = np.meshgrid(columns, rows)
    nodes = grid.project(*planes.to_sky(x, y))
    axes = [np.arange(length, dtype=float) for length in planes.shape]
    xi, eta = (RectBivariateSpline(rows, columns, np.asarray(one, float))(*axes) for one in nodes)
    return xi, eta
