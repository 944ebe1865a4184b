"""Colours of images: grey for values, diverging for differences, tints for what has no value."""

from __future__ import annotations

import numpy as np
from matplotlib import colormaps
from matplotlib.colors import Colormap
from numpy.typing import NDArray

__all__ = ["DIFFERENCES", "OUTSIDE", "UNUSABLE", "colour_map", "css_gradient", "hex_colours"]

UNUSABLE = "#5c3a4c"
"""Of pixels that must not be used: masked, or NaN."""

OUTSIDE = "#39424e"
"""Of what is outside of the image."""

DIFFERENCES = "RdBu_r"
"""Name of the colours of differences, in matplotlib."""

_VALUES = "gray"
_STEPS = 255


def colour_map(*, difference: bool, is_mosaic: bool = False) -> Colormap:
    """
    Return the colours of an image.

    Parameters
    ----------
    difference : bool
        From blue (less) over white (equal) to red (more); else from black to white.
    is_mosaic : bool
        Whether pixels without a value are outside of the image.

    Returns
    -------
    Colormap
        A copy, whose colour of bad values is that of pixels without a value.
    """
    colours = colormaps[DIFFERENCES if difference else _VALUES]
    return colours.with_extremes(bad=OUTSIDE if is_mosaic else UNUSABLE)


def hex_colours(*, difference: bool, count: int = _STEPS) -> list[str]:
    """
    Return the colours from the lower to the upper end.

    Parameters
    ----------
    difference : bool
        As for `colour_map`.
    count : int
        How many.

    Returns
    -------
    list of str
        As ``#rrggbb``.
    """
    values: NDArray[np.float64] = colour_map(difference=difference)(np.linspace(0.0, 1.0, count))[:, :3]
    return ["#" + bytes(np.round(255 * value).astype(np.uint8)).hex() for value in values]


def css_gradient(*, difference: bool) -> str:
    """
    Return the colours as a gradient of CSS, from left to right.

    Parameters
    ----------
    difference : bool
        As for `colour_map`.
    """
    return f"linear-gradient(to right, {', '.join(hex_colours(difference=difference, count=17))})"
