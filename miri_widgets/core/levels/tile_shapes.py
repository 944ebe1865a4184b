"""What each tile shows by itself: its level, its slope, and how uneven the sky in it is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from miri_widgets.core.levels.cell_measurements import Measurements, Prior
from miri_widgets.core.sky.cells import HALF_FIELD

__all__ = ["PATTERN_BOX", "TileShapes", "pattern_boxes", "tile_shapes"]

PATTERN_BOX = 32
"""Side, pixels, of the boxes in which a pattern of the detector is described."""

_CLIP = 3.0
_ROUNDS = 8

_FINE, _COARSE = 8, 4
"""Boxes along a side of a tile, in which structure of the sky is measured."""

_WHITE, _RED = 0.25, 1.0
"""Least and largest ratio of its variances from one size to the double."""

Array = NDArray[np.float64]


def pattern_boxes(measurements: Measurements) -> NDArray[np.int64]:
    """
    Number the boxes of the detector that cells lie in, in steps of `PATTERN_BOX`.

    Parameters
    ----------
    measurements : Measurements
        The cells.

    Returns
    -------
    ndarray of int, shape (n,)
        Not consecutive.
    """
    column, row = (
        np.floor((axis + 1) * HALF_FIELD / PATTERN_BOX).astype(np.int64)
        for axis in (measurements.u, measurements.v)
    )
    return np.asarray(column * 1000 + row, np.int64)


@dataclass(frozen=True, eq=False)
class TileShapes:
    """
    Planes through the dark sky of exposures, and what the sky itself may add to them.

    Attributes
    ----------
    levels : ndarray of float64, shape (nexp,)
        In the middle of the imager field.
    slopes : ndarray of float64, shape (ngroup, 2)
        Along u and v.
    level_var, slope_var : float
        Variances of the level and of a slope of a tile by structure of the sky.
    residual : ndarray of float64, shape (n,)
        Cells less these planes.
    weight : ndarray of float64, shape (n,)
        0 to 1; 0 for sources.
    """

    levels: Array
    slopes: Array
    level_var: float
    slope_var: float
    residual: Array
    weight: Array

    def pattern(self, boxes: NDArray[np.integer]) -> Array:
        """
        Return the mean residual in the box of each cell.

        Parameters
        ----------
        boxes : ndarray of int, shape (n,)
            As of `pattern_boxes`.
        """
        number = np.unique(boxes, return_inverse=True)[1]
        total = np.bincount(number, self.weight)
        mean = np.bincount(number, self.weight * self.residual) / np.maximum(total, 1e-9)
        return np.asarray(mean[number], float)

    def prior(self, groups: NDArray[np.integer], components: NDArray[np.integer]) -> Prior:
        """
        Return what the shapes say of levels and slopes of tiles that hang together, but for what they have in common.

        Parameters
        ----------
        groups, components : ndarray of int, shape (nexp,)
            Of each exposure.
        """
        number, count = len(groups), len(self.slopes)
        size = number + 2 * count
        precision = np.zeros((size, size))
        for component in np.unique(components):
            own = np.unique(groups[components == component])
            rows = np.zeros((3, own.size, size))
            for number_in_component, group in enumerate(own):
                members = np.flatnonzero(groups == group)
                rows[0, number_in_component, members] = 1 / members.size
                rows[1, number_in_component, number + 2 * group] = rows[
                    2, number_in_component, number + 2 * group + 1
                ] = 1
            for part, variance in zip(rows, (self.level_var, self.slope_var, self.slope_var), strict=True):
                part = part - part.mean(axis=0)
                precision += part.T @ part / max(variance, 1e-30)
        return Prior(np.concatenate([self.levels, self.slopes.ravel()]), precision)


def tile_shapes(
    measurements: Measurements, groups: NDArray[np.integer], count: int, pattern: Array | None = None
) -> TileShapes:
    """
    Fit a plane to the cells of each exposure, sources left out.

    Parameters
    ----------
    measurements : Measurements
        All cells of all exposures.
    groups : ndarray of int, shape (nexp,)
        Group of each exposure.
    count : int
        Number of groups.
    pattern : ndarray of float64, shape (n,), optional
        What the detector adds to each cell; taken off first.

    Returns
    -------
    TileShapes

    Notes
    -----
    Structure of the sky is measured as the variance of means of 1/4 and 1/8 of the side of a tile about its plane, noise
    taken off. Their ratio, between 1/4 (no correlation) and 1 (structure much wider than a tile), is carried on to halves
    and to the whole: the variance of a level is that of the whole, and that of a change from the middle to the edge that
    of halves.
    """
    value = measurements.value if pattern is None else measurements.value - pattern
    number = len(groups)
    fits, weight, residual = np.zeros((number, 3)), np.zeros(value.size), value.copy()
    boxes = np.zeros((2, value.size), np.int64)
    reach = 0.0
    for index in range(number):
        own = np.flatnonzero(measurements.exposure == index)
        if not own.size:
            continue
        u, v = measurements.u[own], measurements.v[own]
        fits[index], weight[own] = _dark_plane(u, v, value[own], measurements.err[own])
        residual[own] -= fits[index] @ np.stack([np.ones_like(u), u, v])
        reach = max(reach, float(np.ptp(u)) / 2, float(np.ptp(v)) / 2)
        for scale, parts in enumerate((_FINE, _COARSE)):
            at = [
                np.minimum((parts * (x - x.min()) / max(np.ptp(x), 1e-9)).astype(int), parts - 1)
                for x in (u, v)
            ]
            boxes[scale, own] = (groups[index] * parts + at[1]) * parts + at[0]
    fine, coarse = (
        _structure(part, residual, weight, measurements.err, side)
        for part, side in zip(boxes, (_FINE, _COARSE), strict=True)
    )
    ratio = float(np.clip(coarse / max(fine, 1e-30), _WHITE, _RED))
    halves, whole = ratio * coarse, ratio**2 * coarse
    least = float(np.median(measurements.err) ** 2) / max(value.size / max(number, 1), 1)
    slopes = np.array([fits[groups == group, 1:].mean(axis=0) for group in range(count)]).reshape(-1, 2)
    return TileShapes(
        fits[:, 0], slopes, whole + least, (halves + 3 * least) / max(reach, 1e-9) ** 2, residual, weight
    )


def _dark_plane(u: Array, v: Array, value: Array, err: Array) -> tuple[Array, Array]:
    """Plane through most cells, shape (3,), and their weights: sources are on one side, and lose theirs."""
    design = np.stack([np.ones_like(u), u, v], axis=1)
    weight = np.ones(value.size)
    plane = np.zeros(3)
    for _ in range(_ROUNDS):
        root = np.sqrt(weight)
        plane = np.linalg.lstsq(design * root[:, np.newaxis], value * root, rcond=None)[0]
        rest = value - design @ plane
        rest -= np.median(rest)
        below = rest[rest < 0]
        # half of a symmetric scatter, which sources do not widen
        sigma = max(1.4826 * float(np.median(-below)) if below.size else 0.0, float(np.median(err)), 1e-30)
        weight = np.clip(1 - (rest / (_CLIP * sigma)) ** 2, 0, None) ** 2
    return plane, weight


def _structure(number: NDArray[np.integer], residual: Array, weight: Array, err: Array, side: int) -> float:
    """Mean square of means of boxes of `side` squared of each tile, less noise, in which planes were fitted."""
    if not residual.size:
        return 0.0
    index = np.unique(number, return_inverse=True)[1]
    total = np.bincount(index, weight)
    known = total > 0.2 * np.median(total)
    mean = np.bincount(index, weight * residual)[known] / total[known]
    noise = np.bincount(index, (weight * err) ** 2)[known] / total[known] ** 2
    free = side**2 / (side**2 - 3)
    return max(float(np.mean(mean**2)) * free - float(np.mean(noise)), 0.0)
