"""Extended sources of known light, added to copies of exposures: discs of several sizes and brightnesses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from miri_widgets.core.exposure_arrays import ExposureArrays
from miri_widgets.core.validation.injection import pixel_noise, to_pixels, to_positions, usable_imager

__all__ = [
    "BRIGHTNESSES", "SIZES", "Disc", "DiscSet", "arcsec_per_pixel", "disc_kept", "disc_profile", "plan_discs",
]  # fmt: skip

SIZES = (3.0, 7.0, 15.0)
"""Half-light radii of the discs, arcsec: a galaxy nearby, a large one, and the halo of a cluster's central galaxy."""

BRIGHTNESSES = (1.0, 0.2)
"""Mean brightnesses within the half-light radius, in the noise of a pixel: seen by eye, and found on a sum alone."""

RING = (2.0, 2.6)
"""Where the ring around the aperture lies, in half-light radii."""

LEAST_RING = 0.2
"""Part of the ring that must be usable: half of it beyond the edge, and sources in the rest."""

LEAST_APERTURE = 0.7
"""Part of the aperture that must be usable."""

_SCALE = 1.67835  # half-light radius of an exponential disc, in its scale length
_TRIES = 60
_REACH = 4.5  # half-light radii: 0.4 per cent of the light lies farther out
_WITH_SOURCES = 3
_MARGIN = 0.05  # a correction may flag some pixels
_LEAST_RADIUS = 2.0  # FWHM: smaller is not extended
_PIXEL = 0.11  # arcsec, where there is no WCS


@dataclass(frozen=True)
class Disc:
    """
    An exponential disc, seen from above.

    Attributes
    ----------
    position : (float, float)
        (RA, Dec) in degrees; pixels (x, y) where exposures have no WCS.
    half_light : float
        Half-light radius, arcsec.
    radius : float
        The same in pixels.
    brightness : float
        Mean within that radius, in the noise of a pixel.
    mean : float
        The same in the unit of the exposures.
    only : int
        The one exposure that it is added to; -1 for all that see its place.
    """

    position: tuple[float, float]
    half_light: float
    radius: float
    brightness: float
    mean: float
    only: int = -1


@dataclass(frozen=True)
class DiscSet:
    """Discs that are added together, for one run of a correction."""

    discs: tuple[Disc, ...]

    @property
    def reaches(self) -> tuple[tuple[tuple[float, float], float], ...]:
        """Place of each disc, and how far its aperture and ring go, pixels."""
        return tuple((disc.position, RING[1] * disc.radius) for disc in self.discs)

    def pixel(self, disc: Disc, index: int, arrays: ExposureArrays) -> tuple[float, float]:
        """
        Return where a disc lies on an exposure, (x, y); NaN when it is on another one.

        Parameters
        ----------
        disc : Disc
            One of `discs`.
        index : int
            Number of the exposure among all, from 0.
        arrays : ExposureArrays
            That exposure; its WCS is used.
        """
        if disc.only not in (-1, index):
            return float("nan"), float("nan")
        x, y = to_pixels(arrays, np.array([disc.position], float))[0]
        return float(x), float(y)

    def image(self, index: int, arrays: ExposureArrays) -> NDArray[np.float32]:
        """
        Return what is added to an exposure, in its unit; shape (ny, nx).

        Parameters
        ----------
        index : int
            Number of the exposure among all, from 0.
        arrays : ExposureArrays
            That exposure; its shape and WCS are used.
        """
        added = np.zeros(arrays.shape, np.float32)
        for disc in self.discs:
            x, y = self.pixel(disc, index, arrays)
            reach = _REACH * disc.radius
            ny, nx = arrays.shape
            if not (-reach < x < nx + reach and -reach < y < ny + reach):
                continue
            rows = slice(max(int(y - reach), 0), min(int(y + reach) + 1, ny))
            columns = slice(max(int(x - reach), 0), min(int(x + reach) + 1, nx))
            distance = np.hypot(
                np.arange(rows.start, rows.stop)[:, None] - y,
                np.arange(columns.start, columns.stop)[None] - x,
            )
            added[rows, columns] += disc_profile(distance, disc.radius, disc.mean).astype(np.float32)
        return added


def disc_profile(distance: NDArray[np.floating], radius: float, mean: float) -> NDArray[np.float64]:
    """
    Return the brightness of an exponential disc.

    Parameters
    ----------
    distance : ndarray of float
        From its middle, pixels.
    radius : float
        Half-light radius, pixels.
    mean : float
        Mean brightness within it.

    Notes
    -----
    With the scale length h = r / 1.678, half of the light ``2 pi h^2 I0`` lies within r, so that the mean there is
    ``I0 h^2 / r^2``.
    """
    central = mean * _SCALE**2
    profile: NDArray[np.float64] = central * np.exp(-_SCALE * np.asarray(distance, float) / radius)
    return profile


def arcsec_per_pixel(arrays: ExposureArrays) -> float:
    """
    Return the side of the central pixel on the sky, arcsec; that of the imager where there is no WCS.

    Parameters
    ----------
    arrays : ExposureArrays
        An exposure; its shape and WCS are used.
    """
    if arrays.to_sky is None:
        return _PIXEL
    ny, nx = arrays.shape
    x, y = np.array([nx / 2, nx / 2 + 1]), np.array([ny / 2, ny / 2])
    ra, dec = (np.asarray(angle, float) for angle in arrays.to_sky(x, y))
    turn = ((ra[1] - ra[0] + 180) % 360 - 180) * np.cos(np.deg2rad(dec[0]))
    side = float(3600 * np.hypot(turn, dec[1] - dec[0]))
    return side if side > 0 else _PIXEL


def plan_discs(
    exposures: Sequence[ExposureArrays], measured: Sequence[int], *, seed: int = 0
) -> tuple[DiscSet, ...]:
    """
    Choose discs and their places.

    Parameters
    ----------
    exposures : sequence of ExposureArrays
        All exposures. Not modified.
    measured : sequence of int
        Those on which the discs will be measured.
    seed : int
        Equal seeds give equal places.

    Returns
    -------
    tuple of DiscSet
        The first is small and goes with point sources. Sizes that the field cannot hold are left out; where it holds
        none, the smallest is made to fit.

    Notes
    -----
    A disc must be alone in its aperture and ring; small discs of one brightness share a copy with a larger one
    of the other where there is room.
    """
    if not measured:
        return ()
    index = measured[len(measured) // 2]
    arrays = exposures[index]
    usable = usable_imager(arrays)
    noise = pixel_noise(arrays, usable)
    scale = arcsec_per_pixel(arrays)
    if not (noise > 0 and usable.any()):
        return ()
    rows, columns = np.flatnonzero(usable.any(axis=1)), np.flatnonzero(usable.any(axis=0))
    box = (int(rows[0]), int(rows[-1]) + 1, int(columns[0]), int(columns[-1]) + 1)
    rng = np.random.default_rng([seed, 23])
    sizes = [size for size in SIZES if _holds(box, size / scale)] or [_largest(box) * scale]
    if sizes[0] / scale < _LEAST_RADIUS * arrays.fwhm:
        return ()
    fixed = arrays.to_sky is None or arrays.to_pixel is None
    placing = _Placing(arrays, usable, noise, scale, rng, index if fixed else -1)
    bright, faint = BRIGHTNESSES
    small, larger = sizes[0], sizes[1:]
    sets = [placing.discs(small, bright, _WITH_SOURCES)]
    beside: tuple[Disc, ...] = ()
    for size in larger:
        first = placing.discs(size, bright, 1)
        if not beside and first:
            beside = placing.discs(small, faint, _WITH_SOURCES, first)
            first += beside
        sets += [first, placing.discs(size, faint, 1)]
    if not beside:
        sets.append(placing.discs(small, faint, _WITH_SOURCES))
    return tuple(DiscSet(discs) for discs in sets)


def _holds(box: tuple[int, int, int, int], radius: float) -> bool:
    """Tell whether a field, (first row, end, first column, end), shows enough of aperture and ring somewhere."""
    height, width = box[1] - box[0], box[3] - box[2]
    # an aperture inside the field, and a quarter of the ring from one corner to the others
    return min(height, width) >= 2 * radius and np.hypot(height - radius, width - radius) >= RING[1] * radius


def _largest(box: tuple[int, int, int, int]) -> float:
    """Half-light radius in pixels that a small field holds."""
    return max(min(box[1] - box[0], box[3] - box[2]) / 6.0, 0.0)


@dataclass(frozen=True, eq=False)
class _Placing:
    """Chooses places on one exposure."""

    arrays: ExposureArrays
    usable: NDArray[np.bool_]
    noise: float
    scale: float
    rng: np.random.Generator
    only: int

    def discs(
        self, size: float, brightness: float, count: int, beside: Sequence[Disc] = ()
    ) -> tuple[Disc, ...]:
        """Return up to `count` discs that keep out of each other's way and of those `beside`."""
        radius = size / self.scale
        ys, xs = np.nonzero(self.usable[::4, ::4])
        taken = [(*to_pixels(self.arrays, np.array([disc.position]))[0], disc.radius) for disc in beside]
        placed: list[Disc] = []
        best: list[tuple[float, float, float]] = []
        for at in self.rng.integers(0, xs.size, _TRIES):
            x, y = 4.0 * xs[at], 4.0 * ys[at]
            if any(np.hypot(x - px, y - py) < RING[1] * other + RING[1] * radius for px, py, other in taken):
                continue
            inside, ring = _disc_parts(self.usable, x, y, radius)
            if inside > LEAST_APERTURE + _MARGIN and ring > LEAST_RING + _MARGIN:
                best.append((min(inside, 1.0) * min(ring, 0.8), x, y))
            if len(best) >= 12:
                break
        for _, x, y in sorted(best, reverse=True):
            if len(placed) == count:
                break
            if any(np.hypot(x - px, y - py) < 2 * RING[1] * radius for px, py, _ in taken):
                continue
            taken.append((x, y, radius))
            position = to_positions(self.arrays, np.array([[x, y]]), self.only >= 0)[0]
            placed.append(Disc(position, size, radius, brightness, brightness * self.noise, self.only))
        return tuple(placed)


def _disc_parts(usable: NDArray[np.bool_], x: float, y: float, radius: float) -> tuple[float, float]:
    """
    Return which parts of an aperture and of its ring are usable.

    Parameters
    ----------
    usable : ndarray of bool, shape (ny, nx)
        Usable pixels.
    x, y, radius : float
        Middle and half-light radius, pixels.
    """
    # every fourth pixel of a large disc is enough
    step = max(int(radius / 16), 1)
    rows, columns, distance = _window(usable.shape, x, y, radius, step)
    cut = usable[rows, columns]
    inside, ring = distance < radius, (distance >= RING[0] * radius) & (distance < RING[1] * radius)
    area = np.pi * radius**2 / step**2
    return (
        float((cut & inside).sum() / area),
        float((cut & ring).sum() / (area * (RING[1] ** 2 - RING[0] ** 2))),
    )


def _window(
    shape: tuple[int, ...], x: float, y: float, radius: float, step: int
) -> tuple[slice, slice, NDArray[np.float64]]:
    reach = RING[1] * radius + 1
    rows = slice(max(int(y - reach), 0), min(int(y + reach) + 2, shape[0]), step)
    columns = slice(max(int(x - reach), 0), min(int(x + reach) + 2, shape[1]), step)
    distance = np.hypot(
        np.arange(rows.start, max(rows.stop, rows.start), step)[:, None] - y,
        np.arange(columns.start, max(columns.stop, columns.start), step)[None] - x,
    )
    return rows, columns, distance


def disc_kept(
    use: NDArray[np.bool_],
    added: NDArray[np.floating],
    change: NDArray[np.floating],
    x: float,
    y: float,
    radius: float,
) -> float:
    """
    Return the part of a disc's light that ring photometry finds after a correction; NaN when it cannot be measured.

    Parameters
    ----------
    use : ndarray of bool, shape (ny, nx)
        Pixels that are usable before and after.
    added, change : ndarray of float, shape (ny, nx)
        What was added, and how the corrected exposure differs for it.
    x, y, radius : float
        Middle and half-light radius, pixels.

    Notes
    -----
    The mean within the half-light radius above that of the ring, after over before, on the same pixels: a hole
    that a correction digs around the disc counts as a loss.
    """
    if not (np.isfinite(x) and np.isfinite(y)):
        return float("nan")
    parts = _disc_parts(use, x, y, radius)
    if parts[0] < LEAST_APERTURE or parts[1] < LEAST_RING:
        return float("nan")
    rows, columns, distance = _window(use.shape, x, y, radius, 1)
    cut = use[rows, columns]
    inside, ring = (
        cut & (distance < radius),
        cut & (distance >= RING[0] * radius) & (distance < RING[1] * radius),
    )
    gave, left = (
        float(image[rows, columns][inside].mean(dtype=float) - image[rows, columns][ring].mean(dtype=float))
        for image in (added, change)
    )
    # a disc that is lost in the rounding of very large values shows nothing
    return left / gave if gave > 0 and np.isfinite(left) else float("nan")
