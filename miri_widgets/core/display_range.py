"""Black and white of an image: measured from its values, and judged against them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from astropy.visualization import ZScaleInterval
from numpy.typing import NDArray

from miri_widgets.errors import ParameterError

__all__ = [
    "PLAIN",
    "RANGE_METHODS",
    "RangeVerdict",
    "check_range",
    "difference_range",
    "find_range",
    "judge_range",
    "middle_of",
    "thinned",
]

RANGE_METHODS = ("percentile", "zscale", "min-max")
"""How black and white can be measured."""

PLAIN = 0.95
"""Share of pixels at or beyond one end of a range from which on the image shows nothing."""

_ENOUGH = 250_000  # pixels: the error of a percentile of 0.25 is then a hundredth of it


@dataclass(frozen=True)
class RangeVerdict:
    """
    How a range stands against an image.

    Attributes
    ----------
    black, white : float
        The range, in the unit of the image.
    middle : float
        Median of the image: its sky; NaN when no pixel counts.
    as_black, as_white : float
        Shares of pixels at or below black, and at or above white.
    """

    black: float
    white: float
    middle: float
    as_black: float
    as_white: float

    @property
    def plain(self) -> str:
        """What the image shows instead of itself: "black", "white", or nothing."""
        if self.as_white >= PLAIN:
            return "white"
        return "black" if self.as_black >= PLAIN else ""


def check_range(black: float, white: float) -> None:
    """
    Refuse a range that cannot be shown.

    Parameters
    ----------
    black : float
        Value that is drawn black, in the unit of the image.
    white : float
        Value that is drawn white, in the unit of the image.

    Raises
    ------
    ParameterError
        If an end is not finite, or white is not above black.
    """
    if not (math.isfinite(black) and math.isfinite(white) and white > black):
        raise ParameterError(
            f"A display range of {black:g} to {white:g}",
            "two numbers, white above black",
            "correct one of the two",
        )


def thinned(pixels: NDArray[Any], enough: int = _ENOUGH) -> NDArray[Any]:
    """
    Return pixels on a regular grid, `enough` at least, as a view; by default enough to know percentiles.

    Parameters
    ----------
    pixels : ndarray
        An image, shape (ny, nx). Not modified.
    enough : int
        Least number of pixels to return.
    """
    step = max(1, int(math.sqrt(pixels.size / enough)))
    return pixels[::step, ::step]


def find_range(
    pixels: NDArray[np.floating], percentile: float = 99.5, method: str = "percentile"
) -> tuple[float, float]:
    """
    Return the values that become black and white.

    Black is a little below the sky, so that the sky is dark and its noise just seen, whatever lies
    below it; percentiles alone make the sky of a deep mosaic grey.

    Parameters
    ----------
    pixels : ndarray of float, shape (ny, nx)
        Values; not finite where a pixel does not count. Not modified. Large images are thinned.
    percentile : float
        Percentage of pixels between black and white, in the middle of the distribution.
    method : {"percentile", "zscale", "min-max"}
        ``zscale`` is that of IRAF, ``min-max`` the extreme values of all pixels; neither needs a percentile.

    Returns
    -------
    black, white : float
        NaN when no pixel counts; equal where all pixels are equal.

    Notes
    -----
    `astropy.visualization.ZScaleInterval` does the zscale.
    """
    if method == "min-max":
        finite = pixels[np.isfinite(pixels)]  # an extreme pixel is easily missed among a few
        return (float(finite.min()), float(finite.max())) if finite.size else (float("nan"), float("nan"))
    finite = _counting(pixels)
    if finite.size == 0:
        return float("nan"), float("nan")
    if method == "zscale":
        low, high = ZScaleInterval().get_limits(finite)
        return float(low), float(high)
    edge = (100.0 - percentile) / 2
    least, low, middle, high = np.percentile(finite, [edge, 16.0, 50.0, 100.0 - edge])
    return float(max(least, middle - 2.0 * (middle - low))), float(high)


def difference_range(pixels: NDArray[np.floating], percentile: float = 99.5) -> tuple[float, float]:
    """
    Return the ends of a diverging scale for differences, symmetric about its middle.

    Parameters
    ----------
    pixels : ndarray of float, shape (ny, nx)
        Differences; not finite where a pixel does not count. Not modified. Large images are thinned.
    percentile : float
        Percentage of the pixels that differ, between both ends.

    Returns
    -------
    low, high : float
        Around 0; around the median where it is so far from 0 that nearly all pixels would have one colour, as after a
        sky subtraction. -1 to 1 where nothing differs; NaN when no pixel counts.
    """
    finite = _counting(pixels)
    if finite.size == 0:
        return float("nan"), float("nan")
    middle = float(np.median(finite))
    around_middle = _half_width(finite - middle, percentile)
    if around_middle > 0 and abs(middle) > around_middle:
        return middle - around_middle, middle + around_middle
    half = _half_width(finite, percentile) or 1.0
    return -half, half


def _half_width(values: NDArray[np.floating], percentile: float) -> float:
    """Return the size that a percentage of the values other than 0 do not exceed; 0 where there are none."""
    sizes = np.abs(values[values != 0])
    return float(np.percentile(sizes, percentile)) if sizes.size else 0.0


def middle_of(pixels: NDArray[np.floating]) -> float:
    """
    Return the median of an image: its sky level.

    Parameters
    ----------
    pixels : ndarray of float, shape (ny, nx)
        Values; not finite where a pixel does not count. Not modified. Large images are thinned.

    Returns
    -------
    float
        NaN when no pixel counts.
    """
    finite = _counting(pixels)
    return float(np.median(finite)) if finite.size else float("nan")


def judge_range(pixels: NDArray[np.floating], black: float, white: float) -> RangeVerdict:
    """
    Tell what a range leaves of an image.

    Parameters
    ----------
    pixels : ndarray of float, shape (ny, nx)
        Values; not finite where a pixel does not count. Not modified. Large images are thinned.
    black, white : float
        The range, in the unit of the image.
    """
    finite = _counting(pixels)
    if finite.size == 0:
        return RangeVerdict(black, white, float("nan"), 0.0, 0.0)
    as_black, as_white = float(np.mean(finite <= black)), float(np.mean(finite >= white))
    return RangeVerdict(black, white, float(np.median(finite)), as_black, as_white)


def _counting(pixels: NDArray[Any]) -> NDArray[Any]:
    few = thinned(pixels)
    return few[np.isfinite(few)]
