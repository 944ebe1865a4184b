"""Structure that moves with the sky from dither to dither, and how much of it a correction takes away."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter, map_coordinates

__all__ = ["BoxMap", "SkyPicture", "SkyStructure", "sky_picture", "sky_structure"]

MIN_EXPOSURES = 3
"""With fewer, detector and sky cannot be told apart from noise."""

_SMOOTH = 1.0  # cells: the noise of single cells is not the sky's
_ROUNDS = 12
_MIN_BOXES = 50
_GROUPS = 8

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class BoxMap:
    """
    Averages over boxes of one exposure, before and after a correction.

    Attributes
    ----------
    before, removed : ndarray, shape (my, mx)
        Averages before, and what the correction took away from them; NaN where there is none.
    ra, dec : ndarray, shape (my, mx)
        Middles of the boxes, degrees.
    """

    before: Array
    removed: Array
    ra: Array
    dec: Array


@dataclass(frozen=True)
class SkyStructure:
    """
    Structure that moves with the sky.

    Attributes
    ----------
    rms, rms_err : float
        Of the structure that moves with the sky, unit of the exposures; NaN when it cannot be told.
    lost, lost_err : float
        The part of it that the correction takes away.
    """

    rms: float = float("nan")
    rms_err: float = float("nan")
    lost: float = float("nan")
    lost_err: float = float("nan")


def sky_structure(maps: Sequence[BoxMap]) -> SkyStructure:
    """
    Tell sky from detector by dithers.

    Parameters
    ----------
    maps : sequence of BoxMap
        Of at least three exposures of one shape, dithered.

    Notes
    -----
    The boxes of all exposures but one are written as the sum of a picture of the detector, one of the sky in cells as
    large as a box, and a constant each; by turns, the detector first, so that what may be either counts as detector.
    On the exposure left out, ``before`` and ``removed`` are regressed on both pictures: the covariance with the sky
    is free of noise, and the two coefficients of the sky give the part of it that was taken away. A step that leaves
    the exposures alone loses nothing exactly; one that takes away a picture of the detector alone loses nothing
    within the error. The error of the rms comes from leaving out parts of the field, that of the loss from
    leaving out exposures.
    """
    if len(maps) < MIN_EXPOSURES:
        return SkyStructure()
    cells, number = _cells(maps)
    before = np.stack([one.before for one in maps]).reshape(len(maps), -1)
    removed = np.stack([one.removed for one in maps]).reshape(len(maps), -1)
    # parts of the field: large, so that neighbours that share cells of the sky stay together
    my, mx = maps[0].before.shape
    y, x = np.indices((my, mx))
    group = ((y * 4 // max(my, 1)) * 2 + x * 2 // max(mx, 1)).ravel()
    sums = np.zeros((len(maps), _GROUPS, 4))
    for index in range(len(maps)):
        others = [one for one in range(len(maps)) if one != index]
        detector, sky = _pictures(before[others], cells[others], number)
        here = sky[cells[index]]
        use = (
            np.isfinite(before[index])
            & np.isfinite(removed[index])
            & np.isfinite(here)
            & np.isfinite(detector)
        )
        if use.sum() < _MIN_BOXES:
            continue
        # of the sky, what neither the detector nor a constant explains
        rest = _residual(here[use], detector[use])
        clean = _residual(before[index][use], detector[use])
        products = (rest * clean, rest * removed[index][use], np.ones_like(rest))
        for column, product in enumerate(products):
            sums[index, :, column] += np.bincount(group[use], product, _GROUPS)
    if not sums[..., 2].any():
        return SkyStructure()
    power, power_err = _jackknife(sums.sum(axis=0), 2)
    # the field is what it is: how well its loss is known, the exposures tell
    lost, lost_err = _jackknife(sums.sum(axis=1)[:, [1, 0]], 1)
    rms = max(power, 0.0) ** 0.5
    rms_err = power_err / (2 * max(rms, power_err**0.5, 1e-30))
    # no sky, no share of it
    known = power > 3 * power_err and power > 0
    return SkyStructure(rms, rms_err, lost if known else float("nan"), lost_err if known else float("nan"))


@dataclass(frozen=True, eq=False)
class SkyPicture:
    """
    What moves with the sky, in cells.

    Attributes
    ----------
    light : ndarray of float32, shape (rows, columns)
        About its median, unit of the exposures; 0 where no exposure looked.
    ra, dec : float
        Where the tangent plane of the cells begins, degrees.
    side : float
        Side of a cell, degrees.
    first : (int, int)
        Row and column of the first cell.
    """

    light: NDArray[np.float32]
    ra: float
    dec: float
    side: float
    first: tuple[int, int]

    def at(self, ra: Array, dec: Array) -> NDArray[np.float32]:
        """Return the light at places, degrees, linear between the middles of cells."""
        x, y = _plane(ra, dec, self.ra, self.dec)
        rows, columns = (
            part / self.side - 0.5 - first for part, first in ((y, self.first[0]), (x, self.first[1]))
        )
        values: NDArray[np.float32] = map_coordinates(self.light, [rows, columns], order=1, mode="constant")
        return values


def sky_picture(maps: Sequence[BoxMap]) -> SkyPicture | None:
    """
    Return what moves with the sky, told from the detector as in `sky_structure`; None when it cannot be told.

    Parameters
    ----------
    maps : sequence of BoxMap
        Of at least three exposures of one shape, dithered.
    """
    if len(maps) < MIN_EXPOSURES:
        return None
    ra0, dec0, side, row, column = _grid(maps)
    first = int(row.min()), int(column.min())
    shape = int(row.max()) - first[0] + 1, int(column.max()) - first[1] + 1
    number = ((row - first[0]) * shape[1] + column - first[1]).reshape(len(maps), -1)
    before = np.stack([one.before for one in maps]).reshape(len(maps), -1)
    if np.isfinite(before).sum(axis=1).min() < _MIN_BOXES:
        return None
    sky = _pictures(before, number, shape[0] * shape[1])[1].reshape(shape)
    seen = np.isfinite(sky)
    rest = np.where(seen, sky - np.median(sky[seen]), 0.0)
    weight = gaussian_filter(seen.astype(float), _SMOOTH, mode="constant")
    light = np.where(seen, gaussian_filter(rest, _SMOOTH, mode="constant") / np.maximum(weight, 0.1), 0.0)
    return SkyPicture(light.astype(np.float32), ra0, dec0, side, first)


def _plane(ra: Array, dec: Array, ra0: float, dec0: float) -> tuple[Array, Array]:
    return ((np.asarray(ra) - ra0 + 180) % 360 - 180) * np.cos(np.deg2rad(dec0)), np.asarray(dec) - dec0


def _grid(maps: Sequence[BoxMap]) -> tuple[float, float, float, NDArray[np.int64], NDArray[np.int64]]:
    """Origin and side of the cells, degrees, and the row and column of the cell of each box."""
    ra, dec = (np.stack([getattr(one, name) for one in maps]) for name in ("ra", "dec"))
    ra0, dec0 = float(ra.ravel()[0]), float(np.mean(dec))
    x, y = _plane(ra, dec, ra0, dec0)
    side = float(np.median(np.hypot(np.diff(x, axis=2), np.diff(y, axis=2)))) or 1.0
    column, row = (np.floor(part / side).astype(np.int64) for part in (x, y))
    return ra0, dec0, side, row, column


def _cells(maps: Sequence[BoxMap]) -> tuple[NDArray[np.intp], int]:
    """Number of the cell of the sky in which each box of each exposure lies, shape (n, boxes)."""
    _, _, _, row, column = _grid(maps)
    column, row = column - column.min(), row - row.min()
    _, number = np.unique(row * (column.max() + 1) + column, return_inverse=True)
    return number.reshape(len(maps), -1), int(number.max()) + 1


def _pictures(values: Array, cells: NDArray[np.intp], number: int) -> tuple[Array, Array]:
    """Detector (boxes,) and sky (cells,) whose sum, with a constant per exposure, is nearest to the values."""
    known = np.isfinite(values)
    filled = np.where(known, values, 0.0)
    constant = np.array(
        [np.median(one[ok]) if ok.any() else 0.0 for one, ok in zip(values, known, strict=True)]
    )
    sky = np.zeros(number)
    times = known.sum(axis=0)
    seen = np.bincount(cells[known], minlength=number)
    detector = np.zeros(values.shape[1])
    for _ in range(_ROUNDS):
        rest = np.where(known, filled - constant[:, None] - sky[cells], 0.0)
        detector = rest.sum(axis=0) / np.maximum(times, 1)
        rest = np.where(known, filled - constant[:, None] - detector, 0.0)
        sky = np.bincount(cells[known], rest[known], number) / np.maximum(seen, 1)
        rest = np.where(known, filled - detector - sky[cells], 0.0)
        constant = rest.sum(axis=1) / np.maximum(known.sum(axis=1), 1)
    return np.where(times > 0, detector, np.nan), np.where(seen > 0, sky, np.nan)


def _residual(values: Array, detector: Array) -> Array:
    basis = np.column_stack([np.ones_like(detector), detector - detector.mean()])
    rest: Array = values - basis @ np.linalg.lstsq(basis, values, rcond=None)[0]
    return rest


def _jackknife(sums: Array, below: int) -> tuple[float, float]:
    """Return the first column over another, both summed over rows, and its error from leaving out each row."""
    total = sums.sum(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        whole = float(total[0] / total[below])
        left = total - sums[sums[:, below] != 0]
        parts = left[:, 0] / left[:, below]
    parts = parts[np.isfinite(parts)]
    if parts.size < 3:
        return whole, float("inf")
    return whole, float(np.sqrt((parts.size - 1) * np.mean((parts - parts.mean()) ** 2)))
