"""Point sources of known flux, added to a copy of exposures at the same places of the sky in all of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import maximum_filter, uniform_filter
from scipy.spatial import cKDTree

from miri_widgets.core.areas import imager_area
from miri_widgets.core.exposure_arrays import ExposureArrays, Lazy
from miri_widgets.core.levels.surfaces import smooth_surface
from miri_widgets.core.validation.point_spread import PointSpread, model_psf

__all__ = [
    "Injection",
    "Layer",
    "bright_mask",
    "injected",
    "pixel_noise",
    "plan_injection",
    "to_pixels",
    "to_positions",
    "usable_imager",
]

SNR = (10.0, 100.0)
"""Range of signal to noise of added sources, in the aperture of `PointSpread.radius`."""

_SPACING = 8.0
_BRIGHT = 25.0

Pairs = NDArray[np.float64]


def usable_imager(arrays: ExposureArrays) -> NDArray[np.bool_]:
    """
    Return True on good pixels of the imager field; of the whole exposure where it does not see the imager.

    Parameters
    ----------
    arrays : ExposureArrays
        An exposure; its DQ, shape and corner are used.
    """
    good, area = arrays.good, imager_area(arrays.shape, arrays.corner)
    return good & area if (good & area).any() else good


def bright_mask(arrays: ExposureArrays, usable: NDArray[np.bool_], noise: float) -> NDArray[np.bool_]:
    """
    Return True within two FWHM of pixels that stand out by 25 times the noise; shape (ny, nx).

    Parameters
    ----------
    arrays : ExposureArrays
        An exposure; its SCI and FWHM are used. Not modified.
    usable : ndarray of bool, shape (ny, nx)
        Pixels of which the surface below the sources is made.
    noise : float
        Noise of a pixel, in the unit of the exposure.
    """
    surface = smooth_surface(arrays.sci, usable, box=32)
    with np.errstate(invalid="ignore"):
        high = usable & (arrays.sci - surface > _BRIGHT * noise)
    return maximum_filter(high.view(np.uint8), 2 * round(2 * arrays.fwhm) + 1).view(bool)


def pixel_noise(arrays: ExposureArrays, usable: NDArray[np.bool_]) -> float:
    """
    Return the median error of usable pixels; where there is none, their scatter from pixel to pixel.

    Parameters
    ----------
    arrays : ExposureArrays
        An exposure; its ERR, or else its SCI, is used.
    usable : ndarray of bool, shape (ny, nx)
        Pixels that count.
    """
    err = arrays.err[usable]
    err = err[np.isfinite(err) & (err > 0)]
    if err.size:
        return float(np.median(err))
    step = np.diff(arrays.sci, axis=1)[usable[:, 1:] & usable[:, :-1]]
    return float(1.4826 * np.median(np.abs(step)) / 2**0.5) if step.size else float("nan")


@dataclass(frozen=True, eq=False)
class Injection:
    """
    What is added to exposures.

    Attributes
    ----------
    positions : ndarray, shape (n, 2)
        (RA, Dec) of the sources in degrees; pixels (x, y) where exposures have no WCS.
    fluxes : ndarray, shape (n,)
        Their sums over all pixels, in the unit of the exposures.
    snrs : ndarray, shape (n,)
        Their signal to noise.
    only : ndarray of int, shape (n,)
        The one exposure that a source is added to; -1 for all that see its place.
    """

    positions: Pairs
    fluxes: NDArray[np.float64]
    snrs: NDArray[np.float64]
    only: NDArray[np.intp]
    _known: dict[int, Pairs] = field(default_factory=dict)

    def pixels(self, index: int, arrays: ExposureArrays) -> Pairs:
        """
        Return where the sources lie on an exposure: (x, y), shape (n, 2); NaN for those elsewhere.

        Parameters
        ----------
        index : int
            Number of the exposure among all, from 0.
        arrays : ExposureArrays
            That exposure; its WCS is used.
        """
        if index not in self._known:
            positions = to_pixels(arrays, self.positions)
            positions[(self.only >= 0) & (self.only != index)] = np.nan
            self._known[index] = positions
        return self._known[index]

    def image(self, index: int, arrays: ExposureArrays) -> NDArray[np.float32]:
        """
        Return what is added to an exposure, in its unit; shape (ny, nx).

        Parameters
        ----------
        index : int
            Number of the exposure among all, from 0.
        arrays : ExposureArrays
            That exposure; its shape, FWHM and WCS are used.
        """
        added = np.zeros(arrays.shape, np.float64)
        psf = model_psf(arrays.fwhm)
        for (x, y), flux in zip(self.pixels(index, arrays), self.fluxes, strict=True):
            _add_stamp(added, psf, x, y, flux)
        return added.astype(np.float32)


class Layer(Protocol):
    """Something that is added to exposures."""

    def image(self, index: int, arrays: ExposureArrays) -> NDArray[np.float32]:
        """Return what is added to an exposure, in its unit; shape (ny, nx)."""


def injected(exposures: Sequence[ExposureArrays], *layers: Layer) -> Lazy:
    """
    Return exposures with sources added; each is made when asked for.

    Parameters
    ----------
    exposures : sequence of ExposureArrays
        Not modified.
    *layers : Layer
        What is added.

    Notes
    -----
    Signal alone is added. Errors and flags stay as they are: what is added is weak.
    """

    def make(index: int) -> ExposureArrays:
        arrays = exposures[index]
        # their sum first: rounded as the measurement rounds it
        images = [layer.image(index, arrays) for layer in layers]
        return arrays.replace(sci=arrays.sci + sum(images[1:], start=images[0]))

    return Lazy(len(exposures), make)


def plan_injection(
    exposures: Sequence[ExposureArrays],
    measured: Sequence[int],
    *,
    sources: int = 200,
    seed: int = 0,
    avoid: Sequence[tuple[tuple[float, float], float]] = (),
) -> Injection:
    """
    Choose places and fluxes.

    Parameters
    ----------
    exposures : sequence of ExposureArrays
        All exposures. Not modified.
    measured : sequence of int
        Those on which the sources will be measured.
    sources : int
        About so many measurements, all measured exposures together, if they fit without crowding.
    seed : int
        Equal seeds give equal places.
    avoid : sequence of ((float, float), float)
        Places, as of `Injection`, and pixels around them in which no source is added.

    Notes
    -----
    Signal to noise is drawn evenly in its logarithm (`SNR`), for the aperture with 70 per cent of the flux and the
    error of the pixels around. Places are usable, away from bright sources where there is room, and 8 FWHM from each
    other. What is placed on one exposure is added to all that see the place. Without a WCS each measured exposure
    has places of its own.
    """
    rng = np.random.default_rng([seed, 7])
    want = -(-sources // max(len(measured), 1))
    plan = _Plan(rng, tuple(avoid))
    for index in measured:
        plan.fill(index, exposures[index], want)
    return plan.injection()


class _Plan:
    """Places chosen so far."""

    def __init__(
        self, rng: np.random.Generator, avoid: tuple[tuple[tuple[float, float], float], ...]
    ) -> None:
        self.rng, self.avoid = rng, avoid
        self.positions: list[tuple[float, float]] = []
        self.fluxes: list[float] = []
        self.snrs: list[float] = []
        self.only: list[int] = []

    def fill(self, index: int, arrays: ExposureArrays, want: int) -> None:
        """Add places until an exposure has enough."""
        usable = usable_imager(arrays)
        noise = pixel_noise(arrays, usable)
        if not noise > 0:
            return
        fixed = arrays.to_sky is None or arrays.to_pixel is None
        self._fill_sources(index, arrays, usable, noise, want, fixed)

    def _fill_sources(
        self,
        index: int,
        arrays: ExposureArrays,
        usable: NDArray[np.bool_],
        noise: float,
        want: int,
        fixed: bool,
    ) -> None:
        psf = model_psf(arrays.fwhm)
        width = 2 * int(np.ceil(psf.radius)) + 1
        whole = uniform_filter(usable.astype(np.float32), width, mode="constant") > 1 - 0.5 / width**2
        y, x = np.ogrid[: arrays.shape[0], : arrays.shape[1]]
        for position, reach in self.avoid:
            ((px, py),) = to_pixels(arrays, np.array([position], float))
            whole &= (x - px) ** 2 + (y - py) ** 2 > reach**2
        spacing = _SPACING * arrays.fwhm
        most = max(1, int(0.5 * whole.sum() / spacing**2))
        there = _inside(self._seen(arrays, self.positions, self.only, index), arrays.shape)
        count = min(want, most) - len(there)
        quiet = whole & ~bright_mask(arrays, usable, noise)
        # a field may be bright everywhere
        new = _scatter(self.rng, quiet if quiet.sum() > 0.1 * whole.sum() else whole, there, count, spacing)
        snrs = np.exp(self.rng.uniform(np.log(SNR[0]), np.log(SNR[1]), len(new)))
        pixels = np.sqrt(np.pi) * psf.radius
        local = np.array([_local_noise(arrays, usable, noise, *position) for position in new])
        self.fluxes += (snrs * local * pixels / 0.7).tolist()
        self.snrs += snrs.tolist()
        self.positions += to_positions(arrays, new, fixed)
        self.only += [index if fixed else -1] * len(new)

    def _seen(
        self, arrays: ExposureArrays, positions: list[tuple[float, float]], only: list[int], index: int
    ) -> Pairs:
        pixels = to_pixels(arrays, np.array(positions, float).reshape(-1, 2))
        here = np.array([number in (-1, index) for number in only], bool)
        return pixels[here]

    def injection(self) -> Injection:
        """Return what was chosen."""
        return Injection(
            np.array(self.positions, float).reshape(-1, 2),
            np.array(self.fluxes, float),
            np.array(self.snrs, float),
            np.array(self.only, np.intp),
        )


def _scatter(
    rng: np.random.Generator, allowed: NDArray[np.bool_], taken: Pairs, count: int, spacing: float
) -> Pairs:
    """Random places (x, y) on allowed pixels, apart from each other and from those taken."""
    flat = np.flatnonzero(allowed)
    if count <= 0 or flat.size == 0:
        return np.zeros((0, 2))
    rows, columns = np.divmod(rng.choice(flat, min(30 * count, flat.size), replace=False), allowed.shape[1])
    tries = np.column_stack([columns, rows]) + rng.uniform(-0.5, 0.5, (rows.size, 2))
    if len(taken):
        tries = tries[cKDTree(taken).query(tries)[0] >= spacing]
    left = np.ones(len(tries), bool)
    kept: list[Pairs] = []
    for index in range(len(tries)):
        if left[index]:
            kept.append(tries[index])
            if len(kept) == count:
                break
            left &= np.hypot(*(tries - tries[index]).T) >= spacing
    return np.array(kept, float).reshape(-1, 2)


def to_positions(arrays: ExposureArrays, pixels: Pairs, fixed: bool) -> list[tuple[float, float]]:
    """
    Return pixels as places on the sky, where there is a WCS.

    Parameters
    ----------
    arrays : ExposureArrays
        An exposure.
    pixels : ndarray, shape (n, 2)
        (x, y), 0-based.
    fixed : bool
        Whether places are pixels.
    """
    if fixed or not len(pixels):
        return [(float(x), float(y)) for x, y in pixels]
    assert arrays.to_sky is not None
    ra, dec = arrays.to_sky(pixels[:, 0], pixels[:, 1])
    return list(zip(np.asarray(ra, float).tolist(), np.asarray(dec, float).tolist(), strict=True))


def to_pixels(arrays: ExposureArrays, positions: Pairs) -> Pairs:
    """
    Return where places lie on an exposure, (x, y); the places themselves where there is no WCS.

    Parameters
    ----------
    arrays : ExposureArrays
        An exposure.
    positions : ndarray, shape (n, 2)
        (RA, Dec) in degrees.
    """
    if arrays.to_sky is None or arrays.to_pixel is None or not len(positions):
        return positions.copy()
    return np.column_stack(arrays.inverse("sources on the sky")(positions[:, 0], positions[:, 1]))


def _inside(pixels: Pairs, shape: tuple[int, int]) -> Pairs:
    with np.errstate(invalid="ignore"):
        here = np.all((pixels > -0.5) & (pixels < np.array(shape[::-1]) - 0.5), axis=1)
    return pixels[here]


def _local_noise(
    arrays: ExposureArrays, usable: NDArray[np.bool_], noise: float, x: float, y: float
) -> float:
    row, column = round(y), round(x)
    window = slice(max(row - 8, 0), row + 9), slice(max(column - 8, 0), column + 9)
    err = arrays.err[window][usable[window]]
    err = err[np.isfinite(err) & (err > 0)]
    return float(np.median(err)) if err.size else noise


def _add_stamp(image: NDArray[np.float64], psf: PointSpread, x: float, y: float, flux: float) -> None:
    if not (np.isfinite(x) and np.isfinite(y)):
        return
    reach, column, row = psf.half_width, round(x), round(y)
    ny, nx = image.shape
    if not (-reach <= column < nx + reach and -reach <= row < ny + reach):
        return
    stamp = flux * psf.stamp(x - column, y - row)
    x0, x1 = max(column - reach, 0), min(column + reach + 1, nx)
    y0, y1 = max(row - reach, 0), min(row + reach + 1, ny)
    image[y0:y1, x0:x1] += stamp[
        y0 - row + reach : y1 - row + reach, x0 - column + reach : x1 - column + reach
    ]
