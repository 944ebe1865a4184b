"""
Looking for showers: differences of groups for the eye, and suggestions of extended faint excesses in them.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from miri_widgets.core.dq import has
from miri_widgets.core.levels.exposure_level import clipped_level
from miri_widgets.core.regions import Region
from miri_widgets.core.showers.showers import ShowerMask, blank_exposure
from miri_widgets.errors import ParameterError

__all__ = ["find_showers", "group_differences"]

_ROWS = 128


def group_differences(
    ramp: NDArray[np.floating],
    groupdq: NDArray[np.integer],
    integration: int,
    group: int,
    *,
    typical: bool = True,
) -> NDArray[np.float32]:
    """
    Return what one group added, for the eye: a shower stands out, the sky does not.

    Parameters
    ----------
    ramp : ndarray, shape (nints, ngroups, ny, nx)
        Ramps, DN. Not modified.
    groupdq : ndarray of int, shape (nints, ngroups, ny, nx)
        Flags of groups. Not modified.
    integration, group : int
        0-based; `group` is at least 1.
    typical : bool
        Subtract what the pixel gains in its other groups (their median), so that stars vanish too.

    Returns
    -------
    ndarray of float32, shape (ny, nx)
        DN, median subtracted; NaN where one of both groups is saturated or not to be used.

    Raises
    ------
    ParameterError
        If there is no such group.
    """
    nints, ngroups = ramp.shape[:2]
    if not (0 <= integration < nints and 1 <= group < ngroups):
        raise ParameterError(
            f"group {group + 1} of integration {integration + 1}",
            f"groups 2 to {ngroups} of integrations 1 to {nints}",
            "choose another group",
        )
    step = _gain(ramp[integration], groupdq[integration], group)
    if typical and ngroups > 3:
        step = step - _typical_gain(ramp[integration], groupdq[integration], leave_out=group)
    return _centred(step)


def _gain(ramp: NDArray[np.floating], dq: NDArray[np.integer], group: int) -> NDArray[np.float32]:
    bad = has(dq[group - 1 : group + 1], "DO_NOT_USE", "SATURATED").any(axis=0)
    # integers of raw ramps would wrap around
    gain = ramp[group].astype(np.float32) - ramp[group - 1].astype(np.float32)
    return np.where(bad, np.float32(np.nan), gain)


def _centred(step: NDArray[np.float32]) -> NDArray[np.float32]:
    level = clipped_level(step).median
    return (step - np.float32(level if np.isfinite(level) else 0.0)).astype(np.float32)


def _typical_gain(
    ramp: NDArray[np.floating], dq: NDArray[np.integer], leave_out: int | None = None
) -> NDArray[np.float32]:
    """Median of what the groups of an integration add, all or all but one; in blocks of rows to save memory."""
    groups = [group for group in range(1, len(ramp)) if group != leave_out]
    typical = np.empty(ramp.shape[1:], np.float32)
    for start in range(0, ramp.shape[1], _ROWS):
        rows = slice(start, start + _ROWS)
        typical[rows] = _median(np.stack([_gain(ramp[:, rows], dq[:, rows], group) for group in groups]))
    return typical


def _median(stack: NDArray[np.float32]) -> NDArray[np.float32]:
    """Median along the first axis over finite values; NaN where there is none. Faster than nanmedian."""
    ordered = np.sort(stack, axis=0)  # NaN last
    count = np.isfinite(stack).sum(axis=0)
    low = np.take_along_axis(ordered, np.maximum(count - 1, 0)[None] // 2, axis=0)[0]
    high = np.take_along_axis(ordered, np.minimum(count // 2, len(stack) - 1)[None], axis=0)[0]
    return np.where(count > 0, (low + high) / np.float32(2), np.float32(np.nan)).astype(np.float32)


def find_showers(
    ramp: NDArray[np.floating],
    groupdq: NDArray[np.integer],
    *,
    size: float = 10.0,
    threshold: float = 5.0,
    most: int = 20,
) -> tuple[ShowerMask, ...]:
    """
    Suggest showers: extended faint excesses in the differences of groups. To be looked at before they are masked.

    Parameters
    ----------
    ramp, groupdq : ndarray, shape (nints, ngroups, ny, nx)
        Ramps in DN and their flags, best after the jump step. Not modified.
    size : float
        Scale of a shower: sigma of the smoothing, pixels.
    threshold : float
        Excess of the smoothed difference over its own noise, sigma.
    most : int
        At most so many, the most significant first.

    Returns
    -------
    tuple of ShowerMask
        Ellipses of twice the rms radii of the excess.

    Notes
    -----
    Each difference, cut at 5 sigma so that single hits and stars weigh little, is smoothed with a Gaussian and
    divided by the noise that the pixels there give. The unit is the robust spread of the result. An excess smaller
    than a quarter of the smoothing area is no shower.
    """
    result: list[tuple[float, ShowerMask]] = []
    nints, ngroups = ramp.shape[:2]
    bin_pixels = max(1, int(size / 3))
    frame = blank_exposure(ramp.shape[2:])
    for integration in range(nints):
        resultants, dq = ramp[integration], groupdq[integration]
        typical = _typical_gain(resultants, dq) if ngroups > 3 else np.float32(0)
        earlier = np.zeros(ramp.shape[2:], bool)
        for group in range(1, ngroups):
            step = _gain(resultants, dq, group) - typical
            # one pixel of a few tells the spread as well
            level = clipped_level(step[:: 1 + step.shape[0] // 256])
            if level.count == 0 or level.sigma == 0:
                continue
            cut = np.clip(step - np.float32(level.median), -5 * level.sigma, 5 * level.sigma)
            smooth = _smooth(cut, size / bin_pixels, bin_pixels)
            for peak, region in _excesses(smooth, size / bin_pixels, threshold, bin_pixels):
                mask = region.mask(frame)
                # the glow of a shower that has been found goes on
                if not earlier[mask].any():
                    result.append((peak, ShowerMask(region, integration, group)))
                earlier |= mask
    result.sort(key=lambda shower: (-shower[0], shower[1].integration, shower[1].first_group))
    return tuple(shower for _, shower in result[:most])


def _smooth(image: NDArray[np.float32], size: float, bin_pixels: int) -> NDArray[np.float32]:
    """
    Sum under a Gaussian over its expected noise: of one spread everywhere, at edges and gaps too.

    The image is binned first, and `size` counts bins: a third of the smoothing scale costs no detail.
    """
    finite = np.isfinite(image)
    weight = _binned(finite, bin_pixels)
    values = _binned(np.where(finite, image, 0), bin_pixels)
    total = ndimage.gaussian_filter(values, size, mode="constant", truncate=3)
    # the square of a Gaussian is a narrower one
    noise = ndimage.gaussian_filter(weight, size / 2**0.5, mode="constant", truncate=4)
    least = 0.1 * bin_pixels**2
    return np.where(noise > least, total / np.sqrt(np.maximum(noise, least)), 0).astype(np.float32)


def _binned(image: NDArray[Any], bin_pixels: int) -> NDArray[np.float32]:
    """Sum in squares; zeros beyond the edge."""
    ny, nx = image.shape
    padded = np.pad(image, ((0, -ny % bin_pixels), (0, -nx % bin_pixels)))
    rows, columns = (length // bin_pixels for length in padded.shape)
    shape = (rows, bin_pixels, columns, bin_pixels)
    return np.asarray(padded.reshape(shape).sum(axis=(1, 3), dtype=np.float32))


def _excesses(
    smooth: NDArray[np.float32], size: float, threshold: float, bin_pixels: int
) -> list[tuple[float, Region]]:
    level = clipped_level(smooth)
    if level.sigma == 0:
        return []
    significance = (smooth - level.median) / level.sigma
    labels, _ = ndimage.label(significance > threshold)
    result = []
    for number, box in enumerate(ndimage.find_objects(labels), start=1):
        inside = labels[box] == number
        if inside.sum() < 0.25 * np.pi * size**2:
            continue
        rows, columns = np.nonzero(inside)
        weight = significance[box][inside]
        y = float(np.average(rows, weights=weight)) + box[0].start
        x = float(np.average(columns, weights=weight)) + box[1].start
        spread = np.cov(np.stack([columns, rows]), aweights=weight) + np.eye(2) / 12
        lengths, axes = np.linalg.eigh(spread)
        turn = float(np.degrees(np.arctan2(axes[1, 1], axes[0, 1])) % 180)
        # from bins to the centres of pixels
        centre = ((x + 0.5) * bin_pixels - 0.5, (y + 0.5) * bin_pixels - 0.5)
        sizes = tuple(float(2 * length**0.5 * bin_pixels) for length in lengths[::-1])
        result.append((float(weight.max()), Region("ellipse", (centre,), sizes, turn)))
    return result
