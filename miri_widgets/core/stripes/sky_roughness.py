"""How rough the sky is beneath stripes, from place to place, by differences that stripes do not change."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter, map_coordinates

__all__ = ["sky_roughness"]

_CELL = 8  # pixels: blocks whose scatter is the noise
_DISTANCES = (16, 32, 64, 128, 256)  # pixels between the corners of a mixed difference
_LEAST = 0.25  # part of the pixels of a block that must count
_WINDOW = 1.4  # blocks: sigma of the Gaussian over which squares of differences are averaged
_WAVE = 2.5  # over the distance: the wave number that a mixed difference sees most
_SURE = 2.0  # standard errors by which structure must exceed noise
_NOTHING = 1e-10  # of the variance of the noise: a sky without structure


def sky_roughness(
    image: NDArray[np.floating],
    use: NDArray[np.bool_],
    noise: float,
    rows: NDArray[np.float64],
    columns: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """
    Return the spectral density of the sky at some places: q and p of a power 1 / (k^4 / q + k^6 / p).

    Parameters
    ----------
    image : ndarray of float, shape (ny, nx)
        Exposure, stripes included or not. Not modified.
    use : ndarray of bool, shape (ny, nx)
        True where a pixel counts; finite there.
    noise : float
        Standard deviation of a pixel.
    rows, columns : ndarray of float64, shape (my,) and (mx,)
        Positions of the places, pixels.

    Returns
    -------
    plate : ndarray of float64, shape (my, mx)
        q, positive; in the square of the unit of `image` per square pixel.
    smooth : ndarray of float64, shape (my, mx)
        p, positive, infinite where the power falls no more steeply; per pixel to the fourth power.

    Notes
    -----
    The mixed difference of four corners, ``a - b - c + d``, is free of every offset of a row or a column. For a sky
    whose power falls as q / k^4 its square has the mean C q s^2 for corners s pixels apart, plus that of the noise.
    Blocks of half of s pixels are averaged first; the largest q of all distances counts, each less two standard errors
    that noise gives it, so that the sky is rather taken for too rough than for too smooth. Where shorter distances show
    less than that, the power falls more steeply, as that of galaxies does: p is the largest that they need.
    """
    spacing = _block_variance(image, use, noise)
    grid = np.meshgrid(rows, columns, indexing="ij")
    plate = np.full(grid[0].shape, _NOTHING * noise**2)
    densities: list[tuple[int, NDArray[np.float64]]] = []
    for distance in _DISTANCES:
        side = distance // 2
        mean, count = _blocks(image, use, side)
        if min(mean.shape) <= 2:
            continue
        known = count >= _LEAST * side**2
        whole = _four(known.astype(int), 2) == 4
        if not whole.any():
            continue
        expected = spacing * _four(np.where(known, 1.0 / np.maximum(count, 1), 0.0), 2)
        excess = np.where(whole, _mixed(mean, 2) ** 2 - expected, 0.0)
        weight = gaussian_filter(np.pad(whole.astype(float), 1), _WINDOW, mode="constant")
        density = gaussian_filter(np.pad(excess, 1), _WINDOW, mode="constant") / np.maximum(weight, 1e-3)
        # corners are shared by neighbours: two blocks along each axis hold one independent difference
        several = np.maximum(weight * np.pi * _WINDOW**2, 0.5)
        density -= _SURE * float(np.mean(expected[whole])) * np.sqrt(2.0 / several)
        density /= _factor(distance, side) * distance**2
        positions = [(axis + 0.5) / side - 0.5 for axis in grid]
        here = map_coordinates(density, positions, order=1, mode="nearest")
        densities.append((distance, np.maximum(here, _NOTHING * noise**2)))
        plate = np.maximum(plate, here)
    smooth = np.zeros(plate.shape)
    for distance, here in densities:
        needed = (_WAVE / distance) ** 2 * here / np.maximum(1.0 - here / plate, 0.5)
        smooth = np.maximum(smooth, needed)
    return plate, np.where(smooth > 0, smooth, np.inf)


def _block_variance(image: NDArray[np.floating], use: NDArray[np.bool_], noise: float) -> float:
    """Variance of a pixel as averages of blocks show it: more than that of single pixels where noise is correlated."""
    mean, count = _blocks(image, use, _CELL)
    known = count >= _LEAST * _CELL**2
    whole = _four(known.astype(int), 1) == 4
    if np.count_nonzero(whole) < 8:
        return noise**2
    unit = _four(np.where(known, 1.0 / np.maximum(count, 1), 0.0), 1)
    # the median of a square of a normal deviate is 0.4549
    return float(np.median(_mixed(mean, 1)[whole] ** 2 / unit[whole])) / 0.4549


def _blocks(
    image: NDArray[np.floating], use: NDArray[np.bool_], side: int
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Means of blocks and the number of pixels in each."""
    ny, nx = image.shape
    edges = [np.arange(0, length, side) for length in (ny, nx)]
    values = np.where(use, image, 0.0).astype(float)
    total = np.add.reduceat(np.add.reduceat(values, edges[0], axis=0), edges[1], axis=1)
    count = np.add.reduceat(np.add.reduceat(use.astype(np.int64), edges[0], axis=0), edges[1], axis=1)
    return total / np.maximum(count, 1), count


def _four(values: NDArray, step: int) -> NDArray:
    return values[step:, step:] + values[:-step, step:] + values[step:, :-step] + values[:-step, :-step]


def _mixed(values: NDArray[np.float64], step: int) -> NDArray[np.float64]:
    difference = values[step:, step:] - values[:-step, step:] - values[step:, :-step] + values[:-step, :-step]
    return np.asarray(difference)


@lru_cache(maxsize=16)
def _factor(distance: int, side: int) -> float:
    """C of the notes: the integral of 16 sin^2 sin^2 / k^4 over wave numbers, blocks averaged, over 4 pi^2 s^2."""
    wave = np.geomspace(1e-3, 200, 800)[:, None]
    angle = (np.arange(64) + 0.5) / 64 * np.pi / 2
    power = 16.0 / wave**4 * np.ones_like(angle)
    for part in (np.cos(angle), np.sin(angle)):
        power = power * (np.sin(wave * part / 2) * np.sinc(wave * part * side / distance / 2 / np.pi)) ** 2
    return float(np.trapezoid(power.mean(axis=1) * wave[:, 0], wave[:, 0]) / (2 * np.pi))
