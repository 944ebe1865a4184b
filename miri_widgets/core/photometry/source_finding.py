"""Find sources in an image, for a quick table beside any mosaic."""

from __future__ import annotations

import warnings
from collections.abc import Callable

import numpy as np
from astropy.stats import sigma_clipped_stats
from astropy.table import Table
from numpy.typing import NDArray
from photutils.background import Background2D, MedianBackground
from photutils.detection import find_peaks
from photutils.utils.exceptions import NoDetectionsWarning

__all__ = ["find_sources"]


def find_sources(
    image: NDArray[np.floating],
    *,
    fwhm: float,
    nsigma: float = 5.0,
    most: int = 2000,
    to_sky: Callable[..., tuple[NDArray[np.floating], NDArray[np.floating]]] | None = None,
) -> Table:
    """
    List the local maxima that stand out of the sky.

    Parameters
    ----------
    image : ndarray of float, shape (ny, nx)
        Surface brightness; NaN where bad. Not modified.
    fwhm : float
        FWHM of the PSF, pixels: two maxima closer than this are one source.
    nsigma : float
        Threshold above the local sky, in standard deviations of the sky.
    most : int
        At most this many, the brightest first.
    to_sky : callable, optional
        From 0-based pixels (x, y) to (RA, Dec) in degrees.

    Returns
    -------
    astropy.table.Table
        Columns ``x``, ``y`` (0-based pixels), ``peak`` (unit of the image,
        above the sky), ``nsigma`` and, with `to_sky`, ``ra`` and ``dec``
        (degrees); brightest first. Empty when nothing stands out.
    """
    bad = ~np.isfinite(image)
    names = ["x", "y", "peak", "nsigma"] + (["ra", "dec"] if to_sky else [])
    if bad.all():
        return Table(names=names)
    flat = np.where(bad, 0.0, image - _local_sky(image, bad, fwhm))
    _, _, sigma = sigma_clipped_stats(flat, mask=bad, sigma=3.0)
    if not sigma > 0:
        return Table(names=names)
    radius = max(1, round(fwhm / 2))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NoDetectionsWarning)
        peaks = find_peaks(flat, threshold=nsigma * sigma, box_size=2 * radius + 1, mask=bad, n_peaks=most)
    if peaks is None:
        return Table(names=names)
    x, y = np.asarray(peaks["x_peak"]), np.asarray(peaks["y_peak"])
    height = np.asarray(peaks["peak_value"], float)
    order = np.argsort(-height, kind="stable")
    x, y, height = x[order], y[order], height[order]
    xc, yc = _centroids(flat, x, y)
    columns = [xc, yc, height, height / sigma]
    if to_sky is not None:
        columns += [np.asarray(value, float) for value in to_sky(xc, yc)]
    return Table(columns, names=names)


def _local_sky(image: NDArray[np.floating], bad: NDArray[np.bool_], fwhm: float) -> NDArray[np.floating]:
    # wide enough for a star, narrow enough for nebulae
    box = max(12, round(6 * fwhm))
    if min(image.shape) < 2 * box or bad.mean() > 0.8:
        return np.full(image.shape, sigma_clipped_stats(image, mask=bad, sigma=3.0)[1])
    sky = Background2D(
        np.where(bad, 0.0, image),
        box,
        mask=bad,
        filter_size=3,
        bkg_estimator=MedianBackground(),
        exclude_percentile=90,
    )
    return np.asarray(sky.background, float)


def _centroids(
    image: NDArray[np.floating], x: NDArray[np.integer], y: NDArray[np.integer]
) -> tuple[NDArray[np.floating], NDArray[np.floating]]:
    """Centres from the three pixels around each maximum; exact for a Gaussian profile."""
    ny, nx = image.shape

    def shift(
        before: NDArray[np.floating], here: NDArray[np.floating], after: NDArray[np.floating]
    ) -> NDArray:
        floor = 1e-3 * here
        low, middle, high = (np.log(np.maximum(value, floor)) for value in (before, here, after))
        curvature = low - 2 * middle + high
        return np.clip(
            np.where(curvature < 0, 0.5 * (low - high) / np.minimum(curvature, -1e-12), 0.0), -0.5, 0.5
        )

    here = image[y, x].astype(float)
    dx = shift(image[y, np.maximum(x - 1, 0)], here, image[y, np.minimum(x + 1, nx - 1)])
    dy = shift(image[np.maximum(y - 1, 0), x], here, image[np.minimum(y + 1, ny - 1), x])
    return x + dx, y + dy
