"""Cells of a table that is text: numbers as any program writes them, missing values, sexagesimal angles."""

from __future__ import annotations

import math
import re

__all__ = ["MISSING", "is_missing", "parse_number", "parse_sexagesimal"]

MISSING = frozenset(
    (
        "", "null", "none", "nil", "n/a", "na", "n.a.", "nan", "-nan", "+nan", "inf", "-inf", "+inf", "infinity",
        "-", "--", "---", "—", "–", "...", "…", "..", "indef", "undef", "masked", "<na>", "nat", "\\n", "missing",
    )
)  # fmt: skip
"""Marks of missing values, in lower case. A number such as 99.99 is a number: no file says what it means."""

_SPACES = re.compile("[\u00a0\u2000-\u200b\u202f\u205f\u2060\u3000]")
_MINUS = str.maketrans("\u2212\u2013\u2012\u2010\u2011\uff0d", "------")
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eEdDqQ][+-]?\d+)?")
_COMMA = re.compile(r"[+-]?\d*,\d+([eEdDqQ][+-]?\d+)?")
_SEXAGESIMAL = re.compile(
    r"(?P<sign>[+-]?)\s*(?P<first>\d{1,3})\s*(?P<mark>[hd:°\s])\s*(?P<minutes>\d{1,2})\s*(?:[m:'′\s]\s*"
    r"(?P<seconds>\d{1,2}(?:[.,]\d*)?)\s*[s\"″]?|[m'′]?)\s*"
)


def is_missing(text: str) -> bool:
    """
    Tell whether a cell is one of the marks of missing values.

    Parameters
    ----------
    text : str
        The cell.
    """
    return text.strip().lower() in MISSING


def parse_number(text: str) -> float:
    """
    Read a number: Fortran exponents, a decimal comma, Unicode minus signs and thin spaces included.

    Parameters
    ----------
    text : str
        The cell.

    Returns
    -------
    float
        NaN where the value is missing.

    Raises
    ------
    ValueError
        If it is no number.
    """
    if is_missing(text):
        return math.nan
    plain = _SPACES.sub("", text).strip().translate(_MINUS)
    if is_missing(plain):
        return math.nan
    if _COMMA.fullmatch(plain):
        plain = plain.replace(",", ".")
    if not _NUMBER.fullmatch(plain):
        raise ValueError(f"{text.strip()[:40]!r} is no number")
    value = float(re.sub("[dDqQ]", "e", plain))
    if not math.isfinite(value):
        raise ValueError(f"{text.strip()[:40]!r} is too large")
    return value


def parse_sexagesimal(text: str) -> tuple[float, str]:
    """
    Read an angle such as ``05:35:17.3``, ``-69 30 08`` or ``5h35m17.3s``.

    Parameters
    ----------
    text : str
        The cell.

    Returns
    -------
    (float, str)
        In units of its first part, and the letter after that: "h", "d" or "" for colons and spaces.

    Raises
    ------
    ValueError
        If it is no such angle.
    """
    match = _SEXAGESIMAL.fullmatch(_SPACES.sub(" ", text).strip().translate(_MINUS).lower())
    if match is None:
        raise ValueError(f"{text.strip()[:40]!r} is no angle")
    minutes = float(match["minutes"])
    seconds = float((match["seconds"] or "0").replace(",", "."))
    if minutes >= 60 or seconds > 60:
        raise ValueError(f"{text.strip()[:40]!r} has 60 or more minutes or seconds")
    value = float(match["first"]) + minutes / 60 + seconds / 3600
    mark = {"h": "h", "d": "d", "°": "d"}.get(match["mark"], "")
    return (-value if match["sign"] == "-" else value), mark
