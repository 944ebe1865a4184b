"""Masks of sources, on exposures whose sky is already near zero: found after smoothing, and grown."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from miri_widgets.errors import ParameterError

__all__ = ["binned", "robust_level", "source_mask", "unbinned"]

_WIDTHS = (1.0, 3.0)
"""Smoothing, in FWHM of the PSF: one for point sources, one for faint extended light and the wings of stars."""

_TIERS = ((1.0, 1.0), (10.0, 2.0), (100.0, 4.0))
"""Threshold and growth, in those of the user: the wings of brighter sources reach further."""

_SAMPLE = 8192
"""So many values are enough for the noise: 1.5 per cent."""

_LEAST = 1000

_COARSE = 3.0
"""Smoothing, FWHM in pixels, from which half the resolution is enough."""


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
    """
    Return masks of 2 x 2 pixels, shape (..., rows, columns), as those of pixels, shape (..., ny, nx).

    Parameters
    ----------
    mask : ndarray of bool
        Mask of 2 x 2 pixels, shape (..., rows, columns).
    shape : tuple of int
        (ny, nx) of the pixels.
    """
    # two bytes at once: a repeat of single ones is ten times slower
    pairs = (mask.astype(np.uint16, order="C") * np.uint16(0x0101)).view(np.bool_)
    return np.repeat(pairs, 2, axis=-2)[..., : shape[0], : shape[1]]


def robust_level(
    image: NDArray[np.floating], use: NDArray[np.bool_], most: int = 65536
) -> tuple[float, float]:
    """
    Return median and robust standard deviation of some pixels.

    Parameters
    ----------
    image : ndarray of float, any shape
        Not modified.
    use : ndarray of bool, the shape of `image`
        True where a finite value counts.
    most : int
        About so many evenly spaced pixels are looked at, or all that count where that leaves fewer than a thousand.

    Returns
    -------
    level : float
        Median after values beyond three standard deviations are left out; NaN for no value.
    sigma : float
        1.4826 times the median absolute deviation.
    """
    # odd: not always the same of the four outputs, which read interleaved columns
    step = max(image.size // most, 1) | 1
    some = image.reshape(-1)[::step][use.reshape(-1)[::step]]
    if some.size < _LEAST:
        some = image[use]
    if some.size == 0:
        return float("nan"), float("nan")
    middle = _median(some)
    distance = np.abs(some - np.asarray(middle, some.dtype))
    sigma = 1.4826 * _median(distance)
    kept = some[distance <= 3 * sigma]
    return _median(kept) if kept.size else middle, sigma


def _median(values: NDArray[np.floating]) -> float:
    """Return the median of finite values; NumPy's also looks for NaN, which takes as long again."""
    half = values.size // 2
    upper = np.partition(values, half)
    if values.size % 2:
        return float(upper[half])
    return 0.5 * (float(upper[:half].max()) + float(upper[half]))


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
    level, sigma = robust_level(np.asarray(image, dtype=np.float32), present, _SAMPLE)
    if not sigma > 0:
        return mask
    flat = np.subtract(image, np.float32(level), dtype=np.float32)
    np.copyto(flat, 0, where=~present)
    masks = [np.zeros(image.shape, bool) for _ in _TIERS]
    for width in _WIDTHS:
        smooth, there, wide = flat, present, width * fwhm
        # smooth enough for half the resolution, at a quarter of the cost
        coarse = wide >= _COARSE
        if coarse:
            smooth, there, wide = np.nan_to_num(binned(flat)), present[::2, ::2], wide / 2
        smooth = gaussian_filter(smooth, wide / 2.3548, truncate=3.0)
        middle, noise = robust_level(smooth, there, _SAMPLE)
        for (times, _), tier in zip(_TIERS, masks, strict=True):
            above = smooth > middle + threshold * times * noise
            tier |= unbinned(above, flat.shape) if coarse else above
    for (_, wider), tier in zip(_TIERS, masks, strict=True):
        if not tier.any():
            break
        mask |= _grown(tier, grow * wider * fwhm)
    return mask


def _grown(mask: NDArray[np.bool_], radius: float) -> NDArray[np.bool_]:
    """Widen a mask by a square, only where there is something to widen."""
    reach = round(radius)
    rows, columns = (np.flatnonzero(mask.any(axis=axis)) for axis in (1, 0))
    box = tuple(slice(max(part[0] - reach, 0), part[-1] + reach + 1) for part in (rows, columns))
    grown = np.zeros_like(mask)
    grown[box] = _widened(_widened(mask[box], reach).T, reach).T
    return grown


def _widened(mask: NDArray[np.bool_], reach: int) -> NDArray[np.bool_]:
    """Widen a mask by some rows on each side: by a window that doubles until it is wide enough."""
    wide = np.pad(mask, ((reach, reach), (0, 0)))
    window, full = 1, 2 * reach + 1
    while window < full:
        step = min(window, full - window)
        wide = wide[:-step] | wide[step:]
        window += step
    return wide
