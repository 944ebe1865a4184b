"""What detector and optics add to a calibrated image and the official pipeline leaves in: each effect by itself."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from miri_widgets.simulation.detector import coronagraph_areas, detector_maps
from miri_widgets.simulation.instrument import FULL_SHAPE

__all__ = [
    "IMAGER_COLUMN",
    "LYOT_BACKGROUND",
    "dark_columns",
    "pull_strips",
    "sky_pattern",
    "stripes",
    "tilted_plane",
    "usable_imager",
    "warm_pixels",
]

IMAGER_COLUMN = 360
"""First column of the imager field, 0-based; to its left are the coronagraphs."""

LYOT_BACKGROUND = 0.92 * 1.06 - 1
"""What the Lyot area adds to the sky level: transmission of its window and stray light."""

Window = tuple[slice, slice]


@lru_cache(maxsize=1)
def usable_imager() -> NDArray[np.bool_]:
    """True in the imager field where pixels are good, shape (1024, 1032); shared, do not modify."""
    x = np.arange(FULL_SHAPE[1])
    good = (detector_maps().dq & 1 == 0) & ~detector_maps().reference & (x >= IMAGER_COLUMN)
    good.setflags(write=False)
    return good


@lru_cache(maxsize=1)
def sky_pattern() -> NDArray[np.float32]:
    """
    Return what the flat field leaves of the sky, per unit of its level; shape (1024, 1032), shared, do not modify.

    Notes
    -----
    A gradient of 3 % over the field, a glow of 2 % beside the coronagraphs that falls within 45 pixels, and tree
    rings, concentric around a point outside the upper right corner, 0.4 % of the level where they are strongest.
    Sizes as in the sky images of public programs.
    """
    y, x = np.indices(FULL_SHAPE, dtype=np.float32)
    u, v = (x - 694) / 334, (y - 512) / 512
    pattern = 0.010 * u - 0.006 * v + 0.004 * u * v + 0.003 * (u**2 + v**2)
    pattern += 0.02 * np.exp(-np.abs(x - IMAGER_COLUMN) / 45) * (1 + 0.4 * np.sin(y / 170))
    radius = np.hypot(x - 1075, y - 1080)
    rings = np.cos(2 * np.pi * radius / 22 + 1.5 * np.sin(radius / 60))
    pattern += 0.004 * np.exp(-((radius / 420) ** 2)) * rings
    frozen: NDArray[np.float32] = pattern.astype(np.float32)
    frozen.setflags(write=False)
    return frozen


def dark_columns() -> NDArray[np.float32]:
    """Return what the dark leaves in each column, always the same: rms 1, shape (1032,)."""
    draw = np.random.default_rng(20220713).standard_normal(FULL_SHAPE[1])
    return (draw / draw.std()).astype(np.float32)


def stripes(
    shape: tuple[int, int], corner: tuple[int, int], rms: float, rng: np.random.Generator
) -> NDArray[np.float32]:
    """
    Return offsets of columns and rows, other ones for each exposure.

    Parameters
    ----------
    shape : tuple of int
        (ny, nx).
    corner : tuple of int
        (x, y) of the first pixel on the detector.
    rms : float
        Of the columns, and of the rows.
    rng : Generator
        Source of the offsets.

    Returns
    -------
    ndarray of float32, shape (ny, nx)

    Notes
    -----
    Neighbours are slightly correlated. The rows of imager and Lyot area are not the same.
    """
    columns = _offsets(FULL_SHAPE[1], rms, rng)[corner[0] : corner[0] + shape[1]]
    sides = [_offsets(FULL_SHAPE[0], rms, rng)[corner[1] : corner[1] + shape[0]] for _ in range(2)]
    imager = np.arange(corner[0], corner[0] + shape[1]) >= IMAGER_COLUMN
    return (columns + np.where(imager, sides[0][:, None], sides[1][:, None])).astype(np.float32)


def _offsets(count: int, rms: float, rng: np.random.Generator) -> NDArray[np.float64]:
    offsets = gaussian_filter1d(rng.standard_normal(count), 0.6)
    offsets -= offsets.mean()
    return offsets * (rms / offsets.std())


def pull_strips(
    shape: tuple[int, int],
    centre: tuple[float, float],
    half_width: float,
    sigma: float,
    rng: np.random.Generator,
) -> NDArray[np.float32]:
    """
    Return the pull-up and pull-down that one very bright source makes in its columns and rows.

    Parameters
    ----------
    shape : tuple of int
        (ny, nx).
    centre : tuple of float
        (x, y) of the source, pixels.
    half_width : float
        Of the strips, pixels.
    sigma : float
        Unit of the amplitude: each of four arms has 2 to 6 of it, up or down.
    rng : Generator
        Draws the four arms.

    Returns
    -------
    ndarray of float32, shape (ny, nx)

    Notes
    -----
    An arm is constant or falls along its length by a factor e within 150 to 500 pixels. Edges are soft by a pixel.
    """
    y, x = (np.arange(length, dtype=float) for length in shape)
    across_x, across_y = (
        _strip(axis - position, half_width) for axis, position in ((x, centre[0]), (y, centre[1]))
    )
    strips = np.zeros(shape)
    for axis, offset, across in ((0, y - centre[1], across_x), (1, x - centre[0], across_y)):
        for side in (-1, 1):
            amplitude = sigma * rng.uniform(2, 6) * rng.choice((-1, 1))
            length = rng.uniform(150, 500) if rng.random() < 0.5 else np.inf
            along = np.where(offset * side >= 0, amplitude * np.exp(-np.abs(offset) / length), 0)
            strips += np.outer(along, across) if axis == 0 else np.outer(across, along)
    return strips.astype(np.float32)


def _strip(offset: NDArray, half_width: float) -> NDArray[np.float64]:
    return np.clip(half_width + 0.5 - np.abs(offset), 0, 1)


def warm_pixels(window: Window, fraction: float, seed: int) -> NDArray[np.float32]:
    """
    Return the excess of warm pixels in units of the noise, 0 elsewhere; the same in all exposures of a seed.

    Parameters
    ----------
    window : Window
        Slices (rows, columns) that cut the window out of a full frame.
    fraction : float
        Fraction of the pixels that are warm.
    seed : int
        Seed of all random numbers.

    Notes
    -----
    5 to 50 of the noise, equal numbers per decade; only in pixels that no other flag marks.
    """
    rng = np.random.default_rng([seed, 13])
    draw, size = rng.random(FULL_SHAPE), rng.random(FULL_SHAPE)
    good = (detector_maps().dq & 1 == 0) & ~detector_maps().reference & (coronagraph_areas()[2] == 0)
    return np.where((draw < fraction) & good, 5 * 10**size, 0)[window].astype(np.float32)


def tilted_plane(
    shape: tuple[int, int], corner: tuple[int, int], amplitude: float, rng: np.random.Generator
) -> NDArray[np.float32]:
    """
    Return a plane that is 0 at the centre of the window and `amplitude` at an edge of the full detector, at most.

    Parameters
    ----------
    shape : tuple of int
        (ny, nx).
    corner : tuple of int
        (x, y) of the first pixel on the detector.
    amplitude : float
        Largest value at an edge of the full detector.
    rng : numpy.random.Generator
        Source of random numbers.
    """
    slope = rng.uniform(-1, 1, 2) * amplitude / 512
    y, x = np.indices(shape, dtype=np.float32)
    return (slope[0] * (x - (shape[1] - 1) / 2) + slope[1] * (y - (shape[0] - 1) / 2)).astype(np.float32)
