"""Values and positions as text, with the digits that the image has."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from astropy import units
from astropy.coordinates import SkyCoord
from numpy.typing import NDArray

from miri_widgets.core.display_range import thinned
from miri_widgets.core.levels.exposure_level import robust_sigma

__all__ = ["decimals_of", "position_text", "unit_text", "value_text"]

_MOST_DECIMALS = 6


def decimals_of(pixels: NDArray[Any]) -> int | None:
    """
    Return how many decimals of a value are worth reading: two digits of the scatter of the pixels.

    Parameters
    ----------
    pixels : ndarray, shape (ny, nx)
        Values; not finite where a pixel does not count.

    Returns
    -------
    int or None
        None where the pixels do not scatter, or so little that only an exponent tells.
    """
    few = thinned(pixels)
    values = few[np.isfinite(few)]
    scatter = float(robust_sigma(values, float(np.median(values)))) if values.size else 0.0
    if not scatter > 0:
        return None
    decimals = 1 - math.floor(math.log10(scatter))
    return max(decimals, 0) if decimals <= _MOST_DECIMALS else None


def unit_text(unit: units.UnitBase | str) -> str:
    """
    Return a unit as it is written in tables: ``MJy/sr``.

    Parameters
    ----------
    unit : Unit or str
        The unit.
    """
    return str(unit).replace(" / ", "/")


def value_text(value: float, unit: units.UnitBase | str = "", decimals: int | None = None) -> str:
    """
    Return a value with its unit: ``5.342 MJy/sr``.

    Parameters
    ----------
    value : float
        The value; NaN for a pixel that must not be used.
    unit : Unit or str
        Its unit.
    decimals : int, optional
        See `decimals_of`; four significant digits by default.
    """
    if not math.isfinite(value):
        return "no usable value"
    number = f"{value:.4g}" if decimals is None else f"{value:.{decimals}f}"
    return f"{number} {unit_text(unit)}".strip()


def position_text(sky: SkyCoord) -> str:
    """
    Return a position, ICRS, to a tenth of a pixel of the imager: ``07h23m15.98s -73d27'29.4"``.

    Parameters
    ----------
    sky : SkyCoord
        The position.
    """
    position = sky.icrs
    if not (math.isfinite(position.ra.deg) and math.isfinite(position.dec.deg)):
        return ""
    ra = position.ra.to_string(unit=units.hourangle, sep="hms", precision=2, pad=True)
    dec = position.dec.to_string(unit=units.deg, sep=("d", "'", '"'), precision=1, pad=True, alwayssign=True)
    return f"{ra} {dec}"
