"""
Positions of stars in one exposure, good enough to align exposures: few, clean, and to a hundredth of a pixel.

References
----------
Stetson 1987, PASP 99, 191 (a star finder as a matched filter); Bertin, SExtractor manual, "Windowed positional
parameters" (centres by a Gaussian window).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import distance_transform_edt, gaussian_filter
from scipy.spatial import cKDTree

from miri_widgets.core.dq import has
from miri_widgets.core.exposure_arrays import ExposureArrays

__all__ = ["FINDERS", "Finder", "StarPositions", "find_stars", "finder_for"]

_FWHM = 2 * np.sqrt(2 * np.log(2))
_ITERATIONS = 25
_SKY_BOX = 48
_PIXEL_PHASE = 0.01
"""Pixels; scatter of windowed centres with the place in the pixel at 5.6 micron."""


@dataclass(frozen=True)
class Finder:
    """
    How stars are distinguished from everything else. Lengths are in FWHM of the PSF.

    Attributes
    ----------
    nsigma : float
        Least significance of the detection.
    separation : float
        Within this distance of a star, fainter peaks are taken for structure of its PSF...
    contrast : float
        ... when they have less than this fraction of its light.
    width : tuple of float
        Least and largest width, relative to a Gaussian of the PSF's FWHM, window undone: warm pixels and cosmic rays
        are narrower, galaxies wider.
    roundness : float
        Largest ellipticity (a - b) / (a + b) of the light in the window.
    most : int
        At most this many, the brightest first.
    """

    nsigma: float = 10.0
    separation: float = 7.0
    contrast: float = 0.1
    width: tuple[float, float] = (0.7, 1.35)
    roundness: float = 0.2
    most: int = 800


FINDERS: Mapping[str, Finder] = {
    # the PSF is undersampled: its width depends on where in the pixel the star falls
    "F560W": Finder(width=(0.65, 1.45), roundness=0.25),
    "F770W": Finder(width=(0.65, 1.45), roundness=0.25),
    "F1000W": Finder(),
    "F1130W": Finder(),
    "F1280W": Finder(),
    # stars become faint against the sky, and few
    "F1500W": Finder(nsigma=8.0, separation=5.0),
    "F1800W": Finder(nsigma=7.0, separation=4.0),
    # the sky is bright and the frame holds few stars: every one is needed, and rings drown in the noise
    "F2100W": Finder(nsigma=6.0, separation=3.0),
    "F2550W": Finder(nsigma=6.0, separation=3.0),
}
"""
Finder by filter.

A star of MIRI has a hexagon of knots at two to six FWHM with one to five percent of its light, and in F560W and F770W
a cross of the detector: to a finder without `Finder.separation` they are stars that turn with the telescope, and do
not move with the sky.
"""


@dataclass(frozen=True, eq=False)
class StarPositions:
    """
    Stars of one exposure, the brightest first. Arrays of shape (n,).

    Attributes
    ----------
    root : str
        The exposure.
    x, y : ndarray of float
        0-based pixels.
    ra, dec : ndarray of float
        Degrees, ICRS; NaN without a WCS.
    flux : ndarray of float
        In a Gaussian window of the PSF's width: relative only, unit of the image times pixel.
    snr : ndarray of float
        Significance of the detection.
    sigma : ndarray of float
        Standard deviation of the position per axis, pixels, from `snr`.
    """

    root: str
    x: NDArray[np.float64]
    y: NDArray[np.float64]
    ra: NDArray[np.float64]
    dec: NDArray[np.float64]
    flux: NDArray[np.float64]
    snr: NDArray[np.float64]
    sigma: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.x)


def finder_for(filter_name: str) -> Finder:
    """
    Return the finder of a filter; the usual one for a filter that we do not know.

    Parameters
    ----------
    filter_name : str
        Filter.
    """
    return FINDERS.get(filter_name, Finder())


def find_stars(exposure: ExposureArrays, finder: Finder | None = None) -> StarPositions:
    """
    Find stars and measure their positions.

    Parameters
    ----------
    exposure : ExposureArrays
        A calibrated exposure. Not modified.
    finder : Finder, optional
        By default that of the filter.

    Returns
    -------
    StarPositions
        Empty when there are none.

    Notes
    -----
    Detection is on the image filtered with a Gaussian of the PSF's width, in units of its noise, the local sky
    subtracted. Positions are centres in a Gaussian window of the PSF's width, iterated (twice the first moment, as
    the window itself pulls to the middle). A star with an unusable pixel within one FWHM is left out: its centre is
    saturated or missing, and what is left is not centred.
    """
    chosen = finder or finder_for(exposure.filter)
    sigma = exposure.fwhm / _FWHM
    usable = exposure.good & ~has(exposure.dq, "NON_SCIENCE")
    if usable.sum() < _SKY_BOX**2 / 4:
        return _none(exposure.root)
    flat, filtered = _flat_and_filtered(exposure.sci, usable, sigma)
    column, row, snr = _peaks(filtered, usable, exposure.fwhm, chosen)
    if not len(column):
        return _none(exposure.root)
    x, y, flux, width, roundness = _windowed(flat, column, row, sigma)
    low, high = (limit * sigma for limit in chosen.width)
    keep = np.isfinite(x) & (width >= low) & (width <= high) & (roundness <= chosen.roundness)
    keep &= _alone(x, y, flux, chosen.separation * exposure.fwhm, chosen.contrast)
    order = np.flatnonzero(keep)[np.argsort(-flux[keep], kind="stable")][: chosen.most]
    x, y, flux, snr = x[order], y[order], flux[order], snr[order]
    if exposure.to_sky is not None and len(x):
        ra, dec = (np.asarray(part, float) for part in exposure.to_sky(x, y))
    else:
        ra = dec = np.full(len(x), np.nan)
    # photon and sky noise (King 1983, PASP 95, 163), and what the size of a pixel leaves of a narrow PSF
    error = np.hypot(sigma / np.maximum(snr, 1.0), _PIXEL_PHASE)
    return StarPositions(exposure.root, x, y, ra, dec, flux, snr, error)


def _none(root: str) -> StarPositions:
    return StarPositions(root, *(np.zeros(0) for _ in range(7)))


def _flat_and_filtered(
    sci: NDArray[np.float32], usable: NDArray[np.bool_], sigma: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the image without its sky, 0 where unusable, and its matched filter in units of its noise."""
    from photutils.background import Background2D, MedianBackground

    box = min(_SKY_BOX, *sci.shape)
    sky = Background2D(
        np.where(usable, sci, 0.0).astype(float),
        box,
        mask=~usable,
        filter_size=3,
        bkg_estimator=MedianBackground(),
        exclude_percentile=95,
    )
    flat = np.where(usable, sci - sky.background, 0.0)
    weight = gaussian_filter(usable.astype(float), sigma)
    filtered = np.where(weight > 0.2, gaussian_filter(flat, sigma) / np.maximum(weight, 0.2), 0.0)
    # noise of the filtered image itself, with its structure, by boxes of the sky
    noise = Background2D(filtered, box, mask=~usable, filter_size=3, exclude_percentile=95).background_rms
    floor = max(float(np.median(noise[usable])) * 0.2, 1e-30)
    return flat, filtered / np.maximum(noise, floor)


def _peaks(
    filtered: NDArray[np.float64], usable: NDArray[np.bool_], fwhm: float, finder: Finder
) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.float64]]:
    from scipy.ndimage import maximum_filter

    reach = max(1, round(fwhm / 2))
    highest = maximum_filter(filtered, 2 * reach + 1) == filtered
    clear = distance_transform_edt(np.pad(usable, 1))[1:-1, 1:-1] > fwhm
    y, x = np.nonzero(highest & clear & (filtered >= finder.nsigma))
    return x, y, filtered[y, x]


def _windowed(
    flat: NDArray[np.float64], x: NDArray[np.intp], y: NDArray[np.intp], sigma: float
) -> tuple[NDArray[np.float64], ...]:
    """Return centres, flux, width (pixels) and roundness in a Gaussian window; NaN where the centre ran away."""
    half = max(3, int(np.ceil(3 * sigma)))
    padded = np.pad(flat, half)
    step = np.arange(-half, half + 1)
    stamps = padded[y[:, None, None] + half + step[:, None], x[:, None, None] + half + step]
    u, v = np.zeros(len(x)), np.zeros(len(x))
    for _ in range(_ITERATIONS):
        du, dv = step[None, None, :] - u[:, None, None], step[None, :, None] - v[:, None, None]
        light = stamps * np.exp(-0.5 * (du**2 + dv**2) / sigma**2)
        total = np.maximum(light.sum((1, 2)), 1e-30)
        move_u, move_v = 2 * (light * du).sum((1, 2)) / total, 2 * (light * dv).sum((1, 2)) / total
        u, v = u + np.clip(move_u, -0.5, 0.5), v + np.clip(move_v, -0.5, 0.5)
        if max(np.abs(move_u).max(), np.abs(move_v).max()) < 1e-4:
            break
    lost = np.hypot(u, v) > 1.5
    xx, yy, xy = (
        (light * product).sum((1, 2)) / total for product in (du**2, dv**2, du * dv * np.ones_like(du))
    )
    mean, half_difference = (xx + yy) / 2, np.hypot((xx - yy) / 2, xy)
    major, minor = (np.sqrt(np.maximum(part, 0)) for part in (mean + half_difference, mean - half_difference))
    # the window narrows a Gaussian of width s to 1/w^2 = 1/s^2 + 1/sigma^2; undone here
    narrowed = np.maximum(mean, 1e-9)
    width = np.sqrt(1 / np.maximum(1 / narrowed - 1 / sigma**2, 1e-3 / sigma**2))
    roundness = (major - minor) / np.maximum(major + minor, 1e-30)
    return np.where(lost, np.nan, x + u), y + v, total, width, roundness


def _alone(
    x: NDArray[np.float64], y: NDArray[np.float64], flux: NDArray[np.float64], radius: float, contrast: float
) -> NDArray[np.bool_]:
    """False for peaks that a much brighter one nearby explains."""
    alone = np.isfinite(x)
    positions = np.flatnonzero(alone)
    pairs = cKDTree(np.column_stack([x, y])[positions]).query_pairs(radius, output_type="ndarray")
    first, second = positions[pairs[:, 0]], positions[pairs[:, 1]]
    alone[first[flux[first] < contrast * flux[second]]] = False
    alone[second[flux[second] < contrast * flux[first]]] = False
    return alone
