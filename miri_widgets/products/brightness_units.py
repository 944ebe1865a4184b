"""The unit of an image (BUNIT), however a build or an editor has spelled it."""

from __future__ import annotations

import math
import warnings
from typing import Any

__all__ = ["mjy_per_sr", "unit_name"]

_SPELLINGS = {
    "mjy/sr": "MJy/sr",
    "mjysr-1": "MJy/sr",
    "mjysr^-1": "MJy/sr",
    "mjysr**-1": "MJy/sr",
    "mjy.sr-1": "MJy/sr",
    "mjy*sr-1": "MJy/sr",
    "dn/s": "DN/s",
    "dns-1": "DN/s",
    "dn.s-1": "DN/s",
    "dn": "DN",
}
"""Spellings without blanks, in lower case, and the name that the pipeline of today writes."""


def unit_name(header: Any) -> str:
    """
    Return the unit of an image as the pipeline of today spells it; "" when the header names none.

    Parameters
    ----------
    header : mapping
        Header of the extension.

    Notes
    -----
    ``mJy`` is milli and is kept: only ``MJY/SR``, ``Mjy/sr`` and other spellings that name no unit of the FITS
    standard are read as ``MJy/sr``.
    """
    text = str(header.get("BUNIT", "") or "").strip()
    if text.startswith("mJy"):
        return text
    return _SPELLINGS.get("".join(text.split()).lower(), text)


def mjy_per_sr(header: Any) -> float:
    """
    Return how many MJy/sr the unit of an image is; NaN when it is no surface brightness, such as DN/s.

    Parameters
    ----------
    header : mapping
        Header of the extension. One that names no unit is taken as MJy/sr, the unit of calibrated products.
    """
    text = unit_name(header)
    if text in ("", "MJy/sr"):
        return 1.0
    from astropy import units

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", units.UnitsWarning)
            return float(units.Unit(text).to("MJy/sr"))
    except (ValueError, TypeError):  # unknown, or not to be converted
        return math.nan
