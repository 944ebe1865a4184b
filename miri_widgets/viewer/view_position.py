"""
The part of an image that is in view, as plain values that outlive the page.

A place is a dict: ``center`` (two numbers), ``width`` and ``sky``. On the sky the centre is (RA, Dec) in
degrees, ICRS, and the width in arcsec; else both are in 0-based pixels.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from astropy.wcs import WCS

from miri_widgets.products.image_wcs import inverse_of

__all__ = ["is_place", "place_of", "place_on"]


def place_of(wcs: WCS | None, x: float, y: float, width: float) -> dict[str, Any] | None:
    """
    Return what is in view: on the sky when the image has a WCS, else in pixels.

    Parameters
    ----------
    wcs : WCS or None
        Of the image in front.
    x, y, width : float
        Middle of the view and its width, 0-based pixels.

    Returns
    -------
    dict or None
        None when a number is not finite, as before the first image.
    """
    if not (all(map(math.isfinite, (x, y, width))) and width > 0):
        return None
    if wcs is not None:
        scale = _scale(wcs, x, y)
        sky = wcs.pixel_to_world(x, y).icrs
        if math.isfinite(scale) and math.isfinite(sky.ra.deg) and math.isfinite(sky.dec.deg):
            return {
                "center": [float(sky.ra.deg), float(sky.dec.deg)],
                "width": float(width * scale),
                "sky": True,
            }
    return {"center": [float(x), float(y)], "width": float(width), "sky": False}


def place_on(wcs: WCS | None, place: Mapping[str, Any]) -> tuple[float, float, float] | None:
    """
    Return the middle (x, y) and the width of a place on an image, 0-based pixels; None when it is not there.

    Parameters
    ----------
    wcs : WCS or None
        Of the image.
    place : mapping
        For which `is_place` holds.
    """
    x, y = place["center"]
    width = place["width"]
    if place["sky"]:
        inverse = inverse_of(wcs)
        if inverse is None:
            return None
        x, y = map(float, inverse(x, y))
        scale = _scale(wcs, x, y) if wcs is not None and math.isfinite(x) and math.isfinite(y) else math.nan
        # the scale that `place_of` has used: that of the whole image differs by up to a percent
        width = width / (scale if scale > 0 else inverse.scale)
        known = getattr(wcs, "array_shape", None)
        if known and not all(
            -width < middle < side + width for middle, side in zip((x, y), known[::-1], strict=True)
        ):
            return None  # another part of the sky
    return (x, y, width) if all(map(math.isfinite, (x, y, width))) else None


def is_place(value: Any) -> bool:
    """Return whether a value, from a file, is a place."""
    if not isinstance(value, Mapping) or not isinstance(value.get("center"), list | tuple):
        return False
    numbers = [*value["center"], value.get("width")]
    good = all(isinstance(one, int | float) and math.isfinite(one) for one in numbers)
    if len(numbers) != 3 or not good or numbers[2] <= 0 or not isinstance(value.get("sky"), bool):
        return False
    return not value["sky"] or abs(numbers[1]) <= 90


def _scale(wcs: WCS, x: float, y: float) -> float:
    """Arcsec per pixel along x, at a position."""
    left, right = wcs.pixel_to_world(x - 0.5, y), wcs.pixel_to_world(x + 0.5, y)
    return float(left.separation(right).arcsec)
