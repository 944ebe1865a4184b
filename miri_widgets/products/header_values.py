"""Values of header cards, whatever stands there: a card that is missing, blank or unreadable gives the default."""

from __future__ import annotations

import math
from typing import Any, TypeAlias

from astropy.io import fits

from miri_widgets.products.fits_headers import LightHeader

__all__ = ["Header", "header_flag", "header_integer", "header_number", "header_text"]

Header: TypeAlias = fits.Header | LightHeader

_LARGEST_INTEGER = 2**31


def header_text(header: Header, key: str) -> str:
    """
    Return the text of a keyword on one line; empty when it is missing, blank or no card that FITS allows.

    Parameters
    ----------
    header : Header
        Header of an extension.
    key : str
        Keyword.
    """
    value = _value(header, key)
    return "" if value is None else " ".join(str(value).split())


def header_number(header: Header, key: str, default: float = math.nan) -> float:
    """
    Return the finite number of a keyword, also when it is written as text; else the default.

    Parameters
    ----------
    header : Header
        Header of an extension.
    key : str
        Keyword.
    default : float
        Returned when there is no such value.
    """
    value = _value(header, key)
    if isinstance(value, bool):
        return default
    try:
        number = float(value)
    except (TypeError, ValueError):
        return default
    return number if math.isfinite(number) else default


def header_integer(header: Header, key: str, default: int = 0) -> int:
    """
    Return the whole number of a keyword, also when it is written as text; else the default.

    Parameters
    ----------
    header : Header
        Header of an extension.
    key : str
        Keyword.
    default : int
        Returned when there is no such value.
    """
    number = header_number(header, key)
    return int(number) if number.is_integer() and abs(number) < _LARGEST_INTEGER else default


def header_flag(header: Header, key: str) -> bool:
    """
    Return whether a keyword is true, also when it is written as text; False when it is missing.

    Parameters
    ----------
    header : Header
        Header of an extension.
    key : str
        Keyword.
    """
    value = _value(header, key)
    if isinstance(value, str):
        return value.strip().upper() in ("T", "TRUE", "YES", "1")
    return isinstance(value, (bool, int)) and bool(value)


def _value(header: Header, key: str) -> Any:
    try:
        value = header.get(key)
    except (fits.VerifyError, ValueError, TypeError, KeyError, IndexError):
        return None
    return None if isinstance(value, fits.card.Undefined) else value
