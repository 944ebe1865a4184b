"""Sources and patches of known flux, added to a copy of exposures at the same places of the sky in all of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import maximum_filter, uniform_filter
from scipy.spatial import cKDTree

from miri_widgets.core.areas import imager_area
from miri_widgets.core.exposure_arrays import ExposureArrays, Lazy
from miri_widgets.core.levels.surfaces import smooth_surface
from miri_widgets.core.validation.point_spread import PointSpread, model_psf

__all__ = ["Injection", "bright_mask", "injected", "pixel_noise", "plan_injection", "usable_imager"]

SNR = (10.0, 100.0)
"""Range of signal to noise of added sources, in the aperture of `PointSpread.radius`."""

PATCH_SIGMA = 25.0
"""Sigma of the Gaussian patches, pixels (2.8 arcsec): larger than any source that a mask finds as compact."""

PATCH_BRIGHTNESS = 1.5
"""Peak of the patches, in standard deviations of one pixel."""

PATCH_REACH = 3.0
"""Sources stay this many sigma away from the middle of a patch."""

_SPACING = 8.0
_BRIGHT = 25.0
_PATCHES = 3
_PATCH_SHARE = 0.25

Pairs = NDArray[np.float64]


def usable_imager(planes: ExposureArrays) -> NDArray[np.bool_]:
    """Return True on good pixels of the imager field; of the whole exposure where it does not see the imager."""
    good, area = planes.good, imager_area(planes.shape, planes.corner)
    return good & area if (good & area).any() else good


def bright_mask(planes: ExposureArrays, usable: NDArray[np.bool_], noise: float) -> NDArray[np.bool_]:
    """Return True within two FWHM of pixels that stand out by 25 times the noise; shape (ny, nx)."""
    surface = smooth_surface(planes.sci, usable, box=32)
    with np.errstate(invalid="ignore"):
        high = usable & (planes.sci - surface > _BRIGHT * noise)
    return maximum_filter(high.view(np.uint8), 2 * round(2 * planes.fwhm) + 1).view(bool)


def pixel_noise(planes: ExposureArrays, usable: NDArray[np.bool_]) -> float:
    """Return the median error of usable pixels; where there is none, their scatter from pixel to pixel."""
    err = planes.err[usable]
    err = err[np.isfinite(err) & (err > 0)]
    if err.size:
        return float(np.median(err))
    step = np.diff(planes.sci, axis=1)[usable[:, 1:] & usable[:, :-1]]
    return float(1.4826 * np.median(np.abs(step)) / 2**0.5) if step.size else float("nan")


@dataclass(frozen=True, eq=False)
class Injection:
    """
    What is added to exposures.

    Attributes
    ----------
    places : ndarray, shape (n, 2)
        (RA, Dec) of the sources in degrees; pixels (x, y) where exposures have no WCS.
    fluxes : ndarray, shape (n,)
        Their sums over all pixels, in the unit of the exposures.
    snrs : ndarray, shape (n,)
        Their signal to noise.
    patch_places, patch_peaks : ndarray, shapes (m, 2) and (m,)
        Gaussian patches: middle, and surface brightness there.
    patch_sigma : float
        Their sigma, pixels.
    only, patch_only : ndarray of int, shapes (n,) and (m,)
        The one exposure that a source or patch is added to; -1 for all that see its place.
    """

    places: Pairs
    fluxes: NDArray[np.float64]
    snrs: NDArray[np.float64]
    patch_places: Pairs
    patch_peaks: NDArray[np.float64]
    patch_sigma: float
    only: NDArray[np.intp]
    patch_only: NDArray[np.intp]
    _known: dict[tuple[int, bool], Pairs] = field(default_factory=dict)

    def pixels(self, index: int, planes: ExposureArrays, *, patches: bool = False) -> Pairs:
        """Return where the sources (or patches) lie on an exposure: (x, y), shape (n, 2); NaN for those elsewhere."""
        key = (index, patches)
        if key not in self._known:
            places, only = (self.patch_places, self.patch_only) if patches else (self.places, self.only)
            found = _to_pixels(planes, places)
            found[(only >= 0) & (only != index)] = np.nan
            self._known[key] = found
        return self._known[key]

    def image(self, index: int, planes: ExposureArrays) -> NDArray[np.float32]:
        """Return what is added to an exposure, in its unit; shape (ny, nx)."""
        added = np.zeros(planes.shape, np.float64)
        psf = model_psf(planes.fwhm)
        for (x, y), flux in zip(self.pixels(index, planes), self.fluxes, strict=True):
            _add_stamp(added, psf, x, y, flux)
        for (x, y), peak in zip(self.pixels(index, planes, patches=True), self.patch_peaks, strict=True):
            _add_patch(added, x, y, peak, self.patch_sigma)
        return added.astype(np.float32)


def injected(exposures: Sequence[ExposureArrays], injection: Injection) -> Lazy:
    """
    Return exposures with sources and patches added; each is made when asked for.

    Notes
    -----
    Signal alone is added. Errors and flags stay as they are: what is added is weak.
    """

    def make(index: int) -> ExposureArrays:
        planes = exposures[index]
        return planes.replace(sci=planes.sci + injection.image(index, planes))

    return Lazy(len(exposures), make)


def plan_injection(
    exposures: Sequence[ExposureArrays], measured: Sequence[int], *, sources: int = 200, seed: int = 0
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

    Notes
    -----
    Signal to noise is drawn evenly in its logarithm (`SNR`), for the aperture with 70 per cent of the flux and the
    error of the pixels around. Places are usable, away from bright sources where there is room, and 8 FWHM from each
    other. What is placed on one exposure is added to all that see the place. Without a WCS each measured exposure
    has places of its own.
    """
    rng = np.random.default_rng([seed, 7])
    want = -(-sources // max(len(measured), 1))
    plan = _Plan(rng)
    for index in measured:
        plan.fill(index, exposures[index], want)
    return plan.injection()


class _Plan:
    """Places chosen so far."""

    def __init__(self, rng: np.random.Generator) -> None:
        self.rng = rng
        self.places: list[tuple[float, float]] = []
        self.fluxes: list[float] = []
        self.snrs: list[float] = []
        self.only: list[int] = []
        self.patches: list[tuple[float, float]] = []
        self.peaks: list[float] = []
        self.patch_only: list[int] = []
        self.sigma = 0.0

    def fill(self, index: int, planes: ExposureArrays, want: int) -> None:
        """Add places until an exposure has enough."""
        usable = usable_imager(planes)
        noise = pixel_noise(planes, usable)
        if not noise > 0:
            return
        self.sigma = self.sigma or min(PATCH_SIGMA, min(np.ptp(_box(usable), axis=0)) / 8)
        fixed = planes.to_sky is None or planes.to_pixel is None
        patches = self._fill_patches(index, planes, usable, noise, fixed)
        self._fill_sources(index, planes, usable, noise, want, patches, fixed)

    def _fill_patches(
        self, index: int, planes: ExposureArrays, usable: NDArray[np.bool_], noise: float, fixed: bool
    ) -> Pairs:
        area = np.pi * (PATCH_REACH * self.sigma) ** 2
        room = int(min(_PATCHES, max(1, _PATCH_SHARE * usable.sum() // area)))
        there = _inside(self._seen(planes, self.patches, self.patch_only, index), planes.shape)
        if self.sigma < 3 * planes.fwhm:  # no longer extended
            return there
        side = 2 * round(1.5 * self.sigma) + 1
        whole = uniform_filter(usable.astype(np.float32), side, mode="constant") > 0.7
        new = _scatter(self.rng, whole, there, room - len(there), 2.5 * PATCH_REACH * self.sigma)
        self.patches += _outside(planes, new, fixed)
        self.peaks += [PATCH_BRIGHTNESS * noise] * len(new)
        self.patch_only += [index if fixed else -1] * len(new)
        return np.concatenate([there, new])

    def _fill_sources(
        self,
        index: int,
        planes: ExposureArrays,
        usable: NDArray[np.bool_],
        noise: float,
        want: int,
        patches: Pairs,
        fixed: bool,
    ) -> None:
        psf = model_psf(planes.fwhm)
        width = 2 * int(np.ceil(psf.radius)) + 1
        whole = uniform_filter(usable.astype(np.float32), width, mode="constant") > 1 - 0.5 / width**2
        y, x = np.ogrid[: planes.shape[0], : planes.shape[1]]
        for px, py in patches:
            whole &= (x - px) ** 2 + (y - py) ** 2 > (PATCH_REACH * self.sigma) ** 2
        spacing = _SPACING * planes.fwhm
        most = max(1, int(0.5 * whole.sum() / spacing**2))
        there = _inside(self._seen(planes, self.places, self.only, index), planes.shape)
        count = min(want, most) - len(there)
        quiet = whole & ~bright_mask(planes, usable, noise)
        # a field may be bright everywhere
        new = _scatter(self.rng, quiet if quiet.sum() > 0.1 * whole.sum() else whole, there, count, spacing)
        snrs = np.exp(self.rng.uniform(np.log(SNR[0]), np.log(SNR[1]), len(new)))
        pixels = np.sqrt(np.pi) * psf.radius
        local = np.array([_local_noise(planes, usable, noise, *place) for place in new])
        self.fluxes += (snrs * local * pixels / 0.7).tolist()
        self.snrs += snrs.tolist()
        self.places += _outside(planes, new, fixed)
        self.only += [index if fixed else -1] * len(new)

    def _seen(
        self, planes: ExposureArrays, places: list[tuple[float, float]], only: list[int], index: int
    ) -> Pairs:
        found = _to_pixels(planes, np.array(places, float).reshape(-1, 2))
        here = np.array([one in (-1, index) for one in only], bool)
        return found[here]

    def injection(self) -> Injection:
        """Return what was chosen."""
        return Injection(
            np.array(self.places, float).reshape(-1, 2),
            np.array(self.fluxes, float),
            np.array(self.snrs, float),
            np.array(self.patches, float).reshape(-1, 2),
            np.array(self.peaks, float),
            self.sigma,
            np.array(self.only, np.intp),
            np.array(self.patch_only, np.intp),
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
    for place in range(len(tries)):
        if left[place]:
            kept.append(tries[place])
            if len(kept) == count:
                break
            left &= np.hypot(*(tries - tries[place]).T) >= spacing
    return np.array(kept, float).reshape(-1, 2)


def _outside(planes: ExposureArrays, pixels: Pairs, fixed: bool) -> list[tuple[float, float]]:
    """Pixels as sky positions, where there is a WCS."""
    if fixed or not len(pixels):
        return [(float(x), float(y)) for x, y in pixels]
    assert planes.to_sky is not None
    ra, dec = planes.to_sky(pixels[:, 0], pixels[:, 1])
    return list(zip(np.asarray(ra, float).tolist(), np.asarray(dec, float).tolist(), strict=True))


def _to_pixels(planes: ExposureArrays, places: Pairs) -> Pairs:
    if planes.to_sky is None or planes.to_pixel is None or not len(places):
        return places.copy()
    return np.column_stack(planes.inverse("sources on the sky")(places[:, 0], places[:, 1]))


def _inside(pixels: Pairs, shape: tuple[int, int]) -> Pairs:
    with np.errstate(invalid="ignore"):
        here = np.all((pixels > -0.5) & (pixels < np.array(shape[::-1]) - 0.5), axis=1)
    return pixels[here]


def _box(mask: NDArray[np.bool_]) -> NDArray[np.intp]:
    """Rows and columns of the first and the last True pixel, shape (2, 2)."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if not rows.size:
        return np.zeros((2, 2), np.intp)
    return np.array([[rows[0], columns[0]], [rows[-1] + 1, columns[-1] + 1]])


def _local_noise(
    planes: ExposureArrays, usable: NDArray[np.bool_], noise: float, x: float, y: float
) -> float:
    row, column = round(y), round(x)
    window = slice(max(row - 8, 0), row + 9), slice(max(column - 8, 0), column + 9)
    err = planes.err[window][usable[window]]
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


def _add_patch(image: NDArray[np.float64], x: float, y: float, peak: float, sigma: float) -> None:
    reach = 5 * sigma
    ny, nx = image.shape
    if not (-reach < x < nx + reach and -reach < y < ny + reach):
        return
    rows = slice(max(int(y - reach), 0), min(int(y + reach) + 1, ny))
    columns = slice(max(int(x - reach), 0), min(int(x + reach) + 1, nx))
    wy = np.exp(-0.5 * ((np.arange(rows.start, rows.stop) - y) / sigma) ** 2)
    wx = np.exp(-0.5 * ((np.arange(columns.start, columns.stop) - x) / sigma) ** 2)
    image[rows, columns] += peak * wy[:, None] * wx[None, :]
