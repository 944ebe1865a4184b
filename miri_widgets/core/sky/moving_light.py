"""
Extended light that moves with the sky, told from what stays on the detector by the dithers.

Averages of boxes of all exposures are written as the sum of the sky at their places, a picture of the detector and a
level for each exposure.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter
from scipy.sparse import csr_matrix, diags, hstack
from scipy.sparse.linalg import LinearOperator, cg

from miri_widgets.core.sky.sky_grid import SkyGrid, bilinear_matrix

__all__ = ["MovingLight", "box_side", "light_rows", "moving_light", "zero_of"]

_MOST_BOXES = 90_000
"""Boxes of all exposures together: what keeps memory and time flat."""

_SIDES = (16, 32, 64)

_PRIOR = 1.0
"""Standard deviation of extended light before anything is known, in the noise of a pixel."""

_LEAST = 0.02
"""The same after a first solution: never less, in the noise of a pixel."""

_OUTLIER = 4.0
"""Boxes farther off than this, in their noise, count less: residuals of cosmic rays."""

_SIGNIFICANT = 1.5
"""Light is there when its power is so many times that of noise alone."""

_WIDER = 4.0
"""The prior of the light over what its power says: its bright parts are few, and must not be held back."""

_ITERATIONS = 40

Array = NDArray[np.floating]


@dataclass(frozen=True, eq=False)
class MovingLight:
    """
    Light on the sky in cells, zero where the sky is dark.

    Attributes
    ----------
    grid : SkyGrid
        Of the exposures.
    side : int
        Side of a cell, pixels.
    light : ndarray of float32, shape (rows, columns)
        Unit of the exposures.
    rms : float
        Standard deviation of the light that the data show, the same unit.
    """

    grid: SkyGrid
    side: int
    light: NDArray[np.float32]
    rms: float

    def boxes(self, index: int, shape: tuple[int, int]) -> NDArray[np.float32]:
        """Return the light in the boxes of an exposure, shape (ny, nx) of the boxes."""
        columns, weights = _neighbours(self.grid, index, self.side, shape)
        values = self.light.reshape(-1)[columns]
        return np.einsum("ij,ij->i", values, weights).reshape(shape).astype(np.float32)


def light_rows(
    boxes: NDArray[np.float32], box: int, side: int, rows: slice, width: int
) -> NDArray[np.float32]:
    """
    Return rows of an exposure's light, interpolated between the middles of its boxes.

    Parameters
    ----------
    boxes : ndarray of float32, shape (my, mx)
        Light in the boxes.
    box, side : int
        Sides of a box and of a wanted pixel, in pixels of the detector.
    rows : slice
        Wanted rows.
    width : int
        Wanted columns.

    Returns
    -------
    ndarray of float32, shape (rows, width)
    """
    middles = [(np.arange(length) + 0.5) * box - 0.5 for length in boxes.shape]
    at = [(np.arange(length) + 0.5) * side - 0.5 for length in (rows.stop, width)]
    down, across = bilinear_matrix(middles[0], at[0][rows.start :]), bilinear_matrix(middles[1], at[1])
    light: NDArray[np.float32] = ((down @ boxes) @ across.T).astype(np.float32, copy=False)
    return light


def box_side(count: int, shape: tuple[int, int]) -> int:
    """Return the side of the boxes, pixels, for `count` exposures of some shape: the smallest that is cheap."""
    for side in _SIDES:
        if count * (shape[0] // side) * (shape[1] // side) <= _MOST_BOXES:
            return side
    return _SIDES[-1]


def moving_light(
    grid: SkyGrid,
    side: int,
    values: NDArray[np.float32],
    weights: NDArray[np.float32],
    noise: float,
    least: float = 0.0,
) -> MovingLight:
    """
    Tell the sky from the detector.

    Parameters
    ----------
    grid : SkyGrid
        Of n exposures.
    side : int
        Side of boxes and cells, pixels.
    values : ndarray of float32, shape (n, my, mx)
        Averages of the boxes, in the order of the grid's members; NaN where there is none.
    weights : ndarray of float32, shape (n, my, mx)
        Number of pixels in each average.
    noise : float
        Standard deviation of a pixel, unit of `values`.
    least : float
        Standard deviation of the light that is known before, as of a round with fewer masks; the same unit.

    Notes
    -----
    For box k of exposure i::

        value_ik = sum_c B_ikc light_c + detector_k + level_i + noise

    where B interpolates linearly between four cells. Weighted least squares with a Gaussian prior of the light, whose
    width comes from the data (a first solution with a wide one), by conjugate gradients. What dithers cannot tell
    apart, structure much wider than they are, stays small in the light and counts as detector. Outlying boxes are
    weighted down once.
    """
    number, my, mx = values.shape
    known = np.isfinite(values)
    # in units of the noise: single precision is enough, and twice as fast
    data = np.where(known, values / np.float32(noise), 0).ravel().astype(np.float32)
    weight = np.where(known, weights, 0).ravel().astype(np.float32)
    shape = grid.shape(side)
    matrix = _design(grid, side, (my, mx), shape)
    cells = shape[0] * shape[1]
    solution = np.zeros(matrix.shape[1], np.float32)
    prior = 1 / _PRIOR**2
    solution = _solve(matrix, weight, data, cells, prior, solution)
    rest = (data - matrix @ solution) * np.sqrt(weight)
    # averages of pixels are noisier than the pixels say: residuals of cosmic rays are wider than a pixel
    free = max(1 - (cells + mx * my) / max(np.count_nonzero(known), 1), 0.2)
    scatter = 1.4826 * float(np.median(np.abs(rest[known.ravel()]))) / free**0.5
    rest /= max(scatter, 1.0)
    weight /= max(scatter, 1.0) ** 2 * np.maximum((np.abs(rest) / _OUTLIER) ** 2, 1)
    precision = np.asarray(matrix[:, :cells].power(2).T @ weight).ravel()
    seen = precision > 0.5 * np.median(precision[precision > 0])
    # what the same noise makes where nothing moves with the sky: every second exposure turned over
    aside = matrix[:, cells:] @ solution[cells:]
    turned = np.repeat(np.where(np.arange(number) % 2, np.float32(1), np.float32(-1)), mx * my) * (
        data - aside
    )
    nothing = _solve(matrix, weight, turned, cells, prior, np.zeros_like(solution))
    power, null = (_power(part[:cells], seen, shape) for part in (solution, nothing))
    width = _WIDER * max(power - null, 0.0) ** 0.5
    if power < _SIGNIFICANT * null:
        width = 0.0
    width = max(width, least / noise)
    if width < _LEAST:
        return MovingLight(grid, side, np.zeros(shape, np.float32), 0.0)
    solution = _solve(matrix, weight, data, cells, 1 / width**2, solution)
    light = solution[:cells].reshape(shape)
    dark = zero_of(light.ravel()[seen])
    return MovingLight(grid, side, (light - np.float32(dark)) * np.float32(noise), width * noise)


def _power(light: NDArray[np.float32], seen: NDArray[np.bool_], shape: tuple[int, int]) -> float:
    """Mean square of averages over 3 x 3 cells about their median."""
    smooth = uniform_filter(np.where(seen, light, 0).reshape(shape), 3).ravel()[seen]
    return float(np.mean((smooth - np.median(smooth)) ** 2))


def zero_of(light: Array) -> float:
    """
    Return the level of a dark sky among values with light that is never negative.

    Parameters
    ----------
    light : ndarray of float
        Not modified.

    Notes
    -----
    The half-sample mode (Bickel and Fruehwirth 2006), ended at a tenth of the values: where they lie closest. Bright
    objects, however large, do not move it as long as some sky is dark, as they would a median.
    """
    values = np.sort(np.asarray(light, np.float64).ravel())
    least = max(values.size // 10, 16)
    while values.size > least:
        half = (values.size + 1) // 2
        if half < 2:
            break
        spans = values[half - 1 :] - values[: values.size - half + 1]
        start = int(np.argmin(spans))
        values = values[start : start + half]
    return float(np.mean(values))


def _neighbours(
    grid: SkyGrid, index: int, side: int, shape: tuple[int, int]
) -> tuple[NDArray[np.intp], NDArray[np.float32]]:
    """Cells around each box of an exposure, and their weights; shape (boxes, 4)."""
    x, y = (part.ravel() for part in grid.positions(index, side, shape))
    width = grid.shape(side)[1]
    # positions begin half a box from the edge, and a box with its centre at -0.4 is possible
    x, y = np.maximum(x, 0), np.maximum(y, 0)
    column, row = np.floor(x).astype(np.intp), np.floor(y).astype(np.intp)
    fx, fy = x - column, y - row
    first = row * width + column
    cells = np.stack([first, first + 1, first + width, first + width + 1], axis=1)
    weights = np.stack([(1 - fx) * (1 - fy), fx * (1 - fy), (1 - fx) * fy, fx * fy], axis=1)
    return cells, weights.astype(np.float32)


def _design(grid: SkyGrid, side: int, boxes: tuple[int, int], shape: tuple[int, int]) -> csr_matrix:
    """Columns: cells of the sky, boxes of the detector, levels; rows: boxes of all exposures."""
    number, each = len(grid.members), boxes[0] * boxes[1]
    parts = [_neighbours(grid, index, side, boxes) for index in grid.members]
    columns = np.concatenate([part[0] for part in parts]).ravel()
    values = np.concatenate([part[1] for part in parts]).ravel()
    rows = np.arange(0, 4 * number * each + 1, 4)
    sky = csr_matrix((values, columns, rows), shape=(number * each, shape[0] * shape[1]))
    ones, one = np.ones(number * each, np.float32), np.arange(number * each + 1)
    detector = csr_matrix((ones, np.tile(np.arange(each), number), one), shape=(number * each, each))
    level = csr_matrix((ones, np.repeat(np.arange(number), each), one), shape=(number * each, number))
    return hstack([sky, detector, level], format="csr")


def _solve(
    matrix: csr_matrix,
    weight: NDArray[np.float32],
    data: NDArray[np.float32],
    cells: int,
    prior: float,
    start: NDArray[np.float32],
) -> NDArray[np.float32]:
    """Minimize the weighted squares, and `prior` times the squares of the first `cells` unknowns."""
    extra = np.zeros(matrix.shape[1], np.float32)
    extra[:cells] = prior
    across = matrix.T.tocsr()

    def product(vector: NDArray[np.float32]) -> NDArray[np.float32]:
        result: NDArray[np.float32] = across @ (weight * (matrix @ vector)) + extra * vector
        return result

    size = matrix.shape[1]
    diagonal = np.asarray(matrix.power(2).T @ weight).ravel() + extra
    scaled = diags(1 / np.where(diagonal > 0, diagonal, 1))
    operator = LinearOperator((size, size), matvec=product, dtype=np.float32)
    found, _ = cg(operator, across @ (weight * data), x0=start, rtol=1e-3, maxiter=_ITERATIONS, M=scaled)
    return np.asarray(found, np.float32)
