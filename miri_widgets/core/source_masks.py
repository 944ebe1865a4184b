"""Masks of sources, on exposures whose sky is already near zero: found after smoothing, and grown."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter, maximum_filter

from miri_widgets.errors import ParameterError

__all__ = ["binned", "robust_level", "source_mask", "unbinned"]

_WIDTHS = (1.0, 3.0)
"""Smoothing, in FWHM of the PSF: one for point sources, one for faint extended light and the wings of stars."""

_TIERS = ((1.0, 1.0), (10.0, 2.0), (100.0, 4.0))
"""Threshold and growth, in those of the user: the wings of brighter sources reach further."""

_SAMPLE = 16384
"""So many values are enough for the noise: 1 per cent."""


def binned(image: NDArray[np.floating]) -> NDArray[np.float32]:
    """
    Return the mean of each 2 x 2 pixels.

    Parameters
    ----------
    image : ndarray of float, shape (ny, nx)
        NaN where there is no value. Not modified.

    Returns
    -------
    ndarray of float32, shape (ceil(ny / 2), ceil(nx / 2))
        NaN where one of the four pixels is NaN, and where the last row or column has no partner.
    """
    ny, nx = image.shape
    if ny % 2 or nx % 2:
        image = np.pad(image, ((0, ny % 2), (0, nx % 2)), constant_values=np.nan)
    rows = np.asarray(image[0::2] + image[1::2], dtype=np.float32)
    result: NDArray[np.float32] = (rows[:, 0::2] + rows[:, 1::2]) * np.float32(0.25)
    return result


def unbinned(mask: NDArray[np.bool_], shape: tuple[int, int]) -> NDArray[np.bool_]:
    """Return a mask of 2 x 2 pixels as one of pixels, of a shape (ny, nx)."""
    return np.repeat(np.repeat(mask, 2, axis=0), 2, axis=1)[: shape[0], : shape[1]]


def robust_level(values: NDArray[np.floating], most: int = 32768) -> tuple[float, float]:
    """
    Return median and robust standard deviation.

    Parameters
    ----------
    values : ndarray of float, shape (n,)
        Finite values. Not modified.
    most : int
        About so many of them are used, evenly spaced; the level is then known to 0.7 per cent of their spread.

    Returns
    -------
    level : float
        Median after values beyond three standard deviations are left out; NaN for no value.
    sigma : float
        1.4826 times the median absolute deviation.
    """
    if values.size == 0:
        return float("nan"), float("nan")
    some = values[:: max(values.size // most, 1)]
    middle = np.median(some)
    distance = np.abs(some - middle)
    sigma = 1.4826 * float(np.median(distance))
    kept = some[distance <= 3 * sigma]
    return float(np.median(kept)) if kept.size else float(middle), sigma


def source_mask(
    image: NDArray[np.floating], *, fwhm: float, threshold: float = 3.0, grow: float = 2.0
) -> NDArray[np.bool_]:
    """
    Tell which pixels show sources.

    Parameters
    ----------
    image : ndarray of float, shape (ny, nx)
        Surface brightness without its sky pattern; NaN where there is no value. Not modified.
    fwhm : float
        FWHM of the PSF, pixels of `image`.
    threshold : float
        Standard deviations of the smoothed image above its level.
    grow : float
        By how much masks are widened on each side, FWHM.

    Returns
    -------
    ndarray of bool, shape (ny, nx)
        True on sources and around them, also where there is no value.

    Raises
    ------
    ParameterError
        If a setting is not positive.

    Notes
    -----
    The image is smoothed with Gaussians of one and of three FWHM; what stands out of either, by its own robust noise,
    is a source, and grows by a square of half width `grow` times the FWHM: by twice as much where it stands out ten
    times more, and four times as much where a hundred times more. Absent values count as sky.
    """
    if not (fwhm > 0 and threshold > 0 and grow >= 0):
        raise ParameterError(
            f"fwhm={fwhm:g}, threshold={threshold:g}, grow={grow:g}",
            "positive numbers",
            "correct the setting of the source mask",
        )
    present = np.isfinite(image)
    mask = np.zeros(image.shape, bool)
    level, sigma = robust_level(np.asarray(image[present], dtype=np.float32), _SAMPLE)
    if not sigma > 0:
        return mask
    flat = np.where(present, image - np.float32(level), np.float32(0)).astype(np.float32)
    smooth = [gaussian_filter(flat, width * fwhm / 2.3548, truncate=3.0) for width in _WIDTHS]
    limits = [robust_level(one[present], _SAMPLE) for one in smooth]
    for times, wider in _TIERS:
        found = np.zeros(image.shape, bool)
        for one, (middle, noise) in zip(smooth, limits, strict=True):
            found |= one > middle + threshold * times * noise
        if not found.any():
            break
        size = 2 * round(grow * wider * fwhm) + 1
        mask |= maximum_filter(found.view(np.uint8), size).view(bool)
    return mask
