"""Conversion of pixel values to brightness between 0 and 1."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from miri_widgets.core.display_range import RANGE_METHODS
from miri_widgets.errors import ParameterError
from miri_widgets.viewer.protocol import StretchFunction

__all__ = ["check_stretch", "curve_of", "to_brightness"]

#: Curves from [0, 1] to [0, 1]; softening as in astropy.visualization (a = 0.1 and 1000).
_CURVES: dict[str, Callable[[NDArray[Any]], NDArray[Any]]] = {
    "linear": lambda fraction: fraction,
    "sqrt": np.sqrt,
    "log": lambda fraction: np.log1p(1000.0 * fraction) / np.log1p(1000.0),
    "arcsinh": lambda fraction: np.arcsinh(fraction / 0.1) / np.arcsinh(10.0),
}


def check_stretch(function: str, percentile: float, method: str = "percentile") -> None:
    """
    Check that a stretch exists.

    Parameters
    ----------
    function : str
        Name of the function.
    percentile : float
        Percentage of pixels between black and white.
    method : str
        How black and white are measured.

    Raises
    ------
    ParameterError
        If the function or the method is unknown or the percentile is not in (50, 100].
    """
    if function not in _CURVES:
        raise ParameterError(f"No stretch is called {function!r}", ", ".join(_CURVES), "choose one of these")
    if method not in RANGE_METHODS:
        raise ParameterError(
            f"No range is measured by {method!r}", ", ".join(RANGE_METHODS), "choose one of these"
        )
    if not 50 < percentile <= 100:
        raise ParameterError(f"The percentile is {percentile}", "more than 50 and at most 100", "correct it")


def curve_of(function: str, fraction: NDArray[Any]) -> NDArray[Any]:
    """
    Return the brightness of values between black and white.

    Parameters
    ----------
    function : {"linear", "sqrt", "log", "arcsinh"}
        Shape of the curve.
    fraction : ndarray
        0 for black to 1 for white.

    Returns
    -------
    ndarray
        Brightness, 0 to 1.
    """
    return _CURVES[function](fraction)


def to_brightness(
    pixels: NDArray[Any], function: StretchFunction, black: float, white: float
) -> NDArray[np.float32]:
    """
    Map values to brightness.

    Parameters
    ----------
    pixels : ndarray, shape (ny, nx)
        Values; not finite for unusable pixels. Not modified.
    function : {"linear", "sqrt", "log", "arcsinh"}
        Shape of the curve.
    black, white : float
        Values that become 0 and 1, in the unit of the pixels; if they are NaN, so is the result.

    Returns
    -------
    ndarray of float32, shape (ny, nx)
        Brightness in [0, 1]; NaN stays NaN.
    """
    if not (np.isfinite(black) and np.isfinite(white)):
        return np.full(pixels.shape, np.nan, dtype=np.float32)
    span = white - black if white > black else 1.0
    fraction = np.clip((np.where(np.isfinite(pixels), pixels, np.nan) - black) / span, 0.0, 1.0)
    return np.asarray(_CURVES[function](fraction), dtype=np.float32)
