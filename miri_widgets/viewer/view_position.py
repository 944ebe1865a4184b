"""
The visible part of an image as plain values that outlive the page.

A view position is a dict: ``center`` (two numbers), ``width`` and ``sky``. On the sky the centre is (RA, Dec) in
degrees, ICRS, and the width in arcsec; else both are in 0-based pixels.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from astropy.wcs import WCS

from miri_widgets.products.image_wcs import inverse_of

__all__ = ["is_view_position", "view_on_image", "view_position_of"]


def view_position_of(wcs: WCS | None, x: float, y: float, width: float) -> dict[str, Any] | None:
    """
    Return the view position: on the sky if the image has a WCS, else in pixels.

    Parameters
    ----------
    wcs : WCS or None
        WCS of the image on top.
    x, y, width : float
        Centre of the view and its width, 0-based pixels.

    Returns
    -------
    dict or None
        The position; None if a number is not finite, as before the first image.
    """
    if not (all(map(math.isfinite, (x, y, width))) and width > 0):
        return None
    if wcs is not None:
        scale = _scale(wcs, x, y)
        world = wcs.pixel_to_world(x, y).icrs
        if math.isfinite(scale) and math.isfinite(world.ra.deg) and math.isfinite(world.dec.deg):
            return {
                "center": [float(world.ra.deg), float(world.dec.deg)],
                "width": float(width * scale),
                "sky": True,
            }
    return {"center": [float(x), float(y)], "width": float(width), "sky": False}


def view_on_image(wcs: WCS | None, position: Mapping[str, Any]) -> tuple[float, float, float] | None:
    """
    Return the centre and width of a view position on an image.

    Parameters
    ----------
    wcs : WCS or None
        WCS of the image.
    position : mapping
        A valid view position; see `is_view_position`.

    Returns
    -------
    tuple of float or None
        x, y and width in 0-based pixels; None if the position is not on the image.
    """
    x, y = position["center"]
    width = position["width"]
    if position["sky"]:
        inverse = inverse_of(wcs)
        if inverse is None:
            return None
        x, y = map(float, inverse(x, y))
        scale = _scale(wcs, x, y) if wcs is not None and math.isfinite(x) and math.isfinite(y) else math.nan
        # the scale that `view_position_of` used: that of the whole image differs by up to a percent
        width = width / (scale if scale > 0 else inverse.scale)
        shape = getattr(wcs, "array_shape", None)
        if shape and not all(
            -width < center < side + width for center, side in zip((x, y), shape[::-1], strict=True)
        ):
            return None  # another part of the sky
    return (x, y, width) if all(map(math.isfinite, (x, y, width))) else None


def is_view_position(value: Any) -> bool:
    """
    Return whether a value, for example from a file, is a view position.

    Parameters
    ----------
    value : object
        Any value.

    Returns
    -------
    bool
        Whether it is valid.
    """
    if not isinstance(value, Mapping) or not isinstance(value.get("center"), list | tuple):
        return False
    numbers = [*value["center"], value.get("width")]
    valid = all(isinstance(number, int | float) and math.isfinite(number) for number in numbers)
    if len(numbers) != 3 or not valid or numbers[2] <= 0 or not isinstance(value.get("sky"), bool):
        return False
    return not value["sky"] or abs(numbers[1]) <= 90


def _scale(wcs: WCS, x: float, y: float) -> float:
    """Arcsec per pixel along x, at a position."""
    left, right = wcs.pixel_to_world(x - 0.5, y), wcs.pixel_to_world(x + 0.5, y)
    return float(left.separation(right).arcsec)
