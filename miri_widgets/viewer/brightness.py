"""From pixel values to brightness between 0 and 1."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from miri_widgets.errors import ParameterError
from miri_widgets.viewer.protocol import StretchFunction

__all__ = ["check_stretch", "limits", "to_brightness"]

#: Curves from [0, 1] to [0, 1]; softening as in astropy.visualization (a = 0.1 and 1000).
_CURVES: dict[str, Callable[[NDArray[Any]], NDArray[Any]]] = {
    "linear": lambda part: part,
    "sqrt": np.sqrt,
    "log": lambda part: np.log1p(1000.0 * part) / np.log1p(1000.0),
    "arcsinh": lambda part: np.arcsinh(part / 0.1) / np.arcsinh(10.0),
}


def check_stretch(function: str, percentile: float) -> None:
    """
    Refuse a stretch that does not exist.

    Raises
    ------
    ParameterError
        If the function is unknown or the percentile is not in (50, 100].
    """
    if function not in _CURVES:
        raise ParameterError(f"No stretch is called {function!r}", ", ".join(_CURVES), "choose one of these")
    if not 50 < percentile <= 100:
        raise ParameterError(f"The percentile is {percentile}", "more than 50 and at most 100", "correct it")


def limits(pixels: NDArray[Any], percentile: float) -> tuple[float, float]:
    """
    Return the values that become black and white.

    Black is a little below the sky, so that the sky is dark and its noise just seen, whatever lies
    below it; percentiles alone make the sky of a deep mosaic grey.

    Parameters
    ----------
    pixels : ndarray, shape (ny, nx)
        Values; not finite where a pixel does not count. Not modified.
    percentile : float
        Percentage of pixels between black and white, in the middle of the distribution.

    Returns
    -------
    low, high : float
        NaN when no pixel counts.
    """
    finite = pixels[np.isfinite(pixels)]
    if finite.size == 0:
        return float("nan"), float("nan")
    edge = (100.0 - percentile) / 2
    least, low, middle, high = np.percentile(finite, [edge, 16.0, 50.0, 100.0 - edge])
    return float(max(least, middle - 2.0 * (middle - low))), float(high)


def to_brightness(
    pixels: NDArray[Any],
    function: StretchFunction,
    percentile: float,
    *,
    like: NDArray[Any] | None = None,
) -> NDArray[np.float32]:
    """
    Map values to brightness.

    Parameters
    ----------
    pixels : ndarray, shape (ny, nx)
        Values; not finite where a pixel does not count. Not modified.
    function : {"linear", "sqrt", "log", "arcsinh"}
        Shape of the curve.
    percentile : float
        Percentage of pixels between black and white, in the middle of the distribution.
    like : ndarray, optional
        An image whose black and white are taken; those of `pixels` by default.

    Returns
    -------
    ndarray of float32, shape (ny, nx)
        In [0, 1]; NaN stays NaN.
    """
    check_stretch(function, percentile)
    low, high = limits(pixels if like is None else like, percentile)
    if not np.isfinite(low):
        return np.full(pixels.shape, np.nan, dtype=np.float32)
    span = high - low if high > low else 1.0
    part = np.clip((np.where(np.isfinite(pixels), pixels, np.nan) - low) / span, 0.0, 1.0)
    return np.asarray(_CURVES[function](part), dtype=np.float32)
