"""Photometry of extended sources in several filters: images brought to one resolution first."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from miri_widgets.core.photometry.aperture import ApertureFlux, aperture_flux

__all__ = ["matched_flux", "smoothed_to"]

_FWHM = 2.3548


def smoothed_to(image: NDArray[np.floating], fwhm: float, target: float) -> NDArray[np.float64]:
    """
    Return an image at the resolution of a wider PSF.

    Parameters
    ----------
    image : ndarray of float, shape (ny, nx)
        NaN where there is no value. Not modified.
    fwhm, target : float
        FWHM of its PSF and of the wanted one, pixels.

    Returns
    -------
    ndarray of float, shape (ny, nx)
        NaN where `image` is, and elsewhere the mean of what there is, weighted by a Gaussian. Unchanged when the PSF
        is as wide already.

    Notes
    -----
    Assumes PSFs that differ by a Gaussian: their cores do, their diffraction wings do not quite.
    """
    values = np.asarray(image, float)
    if target <= fwhm:
        return values.copy()
    sigma = float(np.sqrt(target**2 - fwhm**2)) / _FWHM
    present = np.isfinite(values)
    total = gaussian_filter(np.where(present, values, 0.0), sigma, mode="constant")
    weight = gaussian_filter(present.astype(float), sigma, mode="constant")
    return np.where(present, total / np.where(weight > 0, weight, 1), np.nan)


def matched_flux(
    image: NDArray[np.floating],
    err: NDArray[np.floating],
    x: NDArray[np.floating],
    y: NDArray[np.floating],
    *,
    fwhm: float,
    target: float,
    radius: float,
    sky_inner: float,
    sky_outer: float,
) -> ApertureFlux:
    """
    Measure sources of any shape so that filters can be compared.

    Parameters
    ----------
    image, err : ndarray of float, shape (ny, nx)
        Surface brightness and its standard deviation; NaN where bad. Not modified.
    x, y : ndarray of float, shape (n,)
        Positions, 0-based pixels.
    fwhm, target : float
        FWHM of the PSF of this filter, and the widest of all filters, pixels.
    radius, sky_inner, sky_outer : float
        Aperture and annulus, pixels, the same for all filters.

    Returns
    -------
    ApertureFlux
        Ratios between filters are those of the light within the aperture, for a source whose shape is the same in
        all. The errors are those of the unsmoothed image: an aperture wider than the PSF sums the same pixels.
    """
    reach = int(np.ceil(sky_outer + 2 * target)) + 3
    nothing = np.array([np.nan])
    fluxes = [ApertureFlux(nothing[:0], nothing[:0], nothing[:0], np.empty(0, bool))]
    # only where sources are: a mosaic of a hundred million pixels is not smoothed for ten of them
    for px, py in zip(np.atleast_1d(x), np.atleast_1d(y), strict=True):
        window = _window(image.shape, float(px), float(py), reach)
        if window is None:
            fluxes.append(ApertureFlux(nothing, nothing, nothing, np.array([False])))
            continue
        rows, columns = window
        fluxes.append(
            aperture_flux(
                smoothed_to(image[window], fwhm, target), err[window],
                np.array([px - columns.start]), np.array([py - rows.start]),
                radius=radius, sky_inner=sky_inner, sky_outer=sky_outer,
            )
        )  # fmt: skip
    flux, sigma, sky, whole = (
        np.concatenate([getattr(flux, name) for flux in fluxes])
        for name in ("flux", "err", "sky", "complete")
    )
    return ApertureFlux(flux, sigma, sky, whole)


def _window(shape: tuple[int, ...], x: float, y: float, reach: int) -> tuple[slice, slice] | None:
    """Return the rows and columns around a position, as far as there are any; None off the image."""
    ny, nx = shape
    if not (-0.5 <= x <= nx - 0.5 and -0.5 <= y <= ny - 0.5):  # NaN is off the image, too
        return None
    return (
        slice(max(round(y) - reach, 0), min(round(y) + reach + 1, ny)),
        slice(max(round(x) - reach, 0), min(round(x) + reach + 1, nx)),
    )
