"""
Dates of exposures and catalogues: one reader, whatever keyword or form they are given in.

References
----------
FITS Standard 4.0, section 9 (time coordinates); JWST keyword dictionary, ``EXPSTART``, ``MJD-BEG``, ``DATE-BEG``.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

__all__ = ["exposure_times", "iso_mjd", "julian_years", "start_text"]

_FIRST_MJD, _LAST_MJD = 40000.0, 100000.0
"""1968 to 2132: 0 and other fillings are no dates."""
_J2000_MJD, _JULIAN_YEAR = 51544.5, 365.25
_MJD_OF_JD = 2400000.5
_ISO = re.compile(
    r"(?P<day>\d{4}-\d{2}-\d{2})(?:[T ](?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2}(?:\.\d*)?))?)?Z?"
)


class _Header(Protocol):
    def get(self, key: str, default: Any = None, /) -> Any:
        """Value of a keyword."""


def exposure_times(header: _Header) -> tuple[float, float]:
    """
    Return when an exposure started and ended.

    Parameters
    ----------
    header : mapping
        Primary header, or keywords and values.

    Returns
    -------
    (float, float)
        MJD, UTC; NaN where no keyword says it, never 0.

    Notes
    -----
    The start is that of EXPSTART, MJD-BEG, DATE-BEG, DATE-OBS with TIME-OBS; else the middle (EXPMID, MJD-AVG, DATE-AVG)
    less half of the exposure time; else the day DATE-OBS. The end is that of EXPEND, MJD-END, DATE-END; else the start
    plus the exposure time.
    """
    seconds = _number(header.get("EFFEXPTM")) or _number(header.get("XPOSURE"))
    days = seconds / 86400 if seconds and seconds > 0 and math.isfinite(seconds) else 0.0
    start = _first(
        _mjd(header.get("EXPSTART")),
        _mjd(header.get("MJD-BEG")),
        iso_mjd(header.get("DATE-BEG")),
        _observed(header),
    )
    if math.isnan(start):
        middle = _first(
            _mjd(header.get("EXPMID")), _mjd(header.get("MJD-AVG")), iso_mjd(header.get("DATE-AVG"))
        )
        start = _first(middle - days / 2, _mjd(header.get("MJD-OBS")), iso_mjd(header.get("DATE-OBS")))
    end = _first(_mjd(header.get("EXPEND")), _mjd(header.get("MJD-END")), iso_mjd(header.get("DATE-END")))
    if math.isnan(end) or end < start:
        end = start + days
    return start, end


def start_text(header: _Header) -> str:
    """
    Return the start of an exposure as ISO text, UTC; "" when no keyword says it.

    Parameters
    ----------
    header : mapping
        Primary header, or keywords and values.
    """
    for text in (
        _text(header.get("DATE-BEG")),
        f"{_text(header.get('DATE-OBS'))}T{_text(header.get('TIME-OBS'))}",
    ):
        if math.isfinite(iso_mjd(text.removesuffix("T"))):
            return text.removesuffix("T")
    start = exposure_times(header)[0]
    return (
        str(np.datetime64("1858-11-17", "ms") + np.timedelta64(round(start * 86400000), "ms"))
        if start == start
        else ""
    )


def iso_mjd(value: Any) -> float:
    """
    Return the MJD of an ISO date, with or without a time; NaN for anything else.

    Parameters
    ----------
    value : object
        Text such as ``2022-07-14T03:12:04.1``, UTC. Neither time zones nor languages of the machine matter.
    """
    match = _ISO.fullmatch(_text(value))
    if match is None:
        return math.nan
    try:
        day = np.datetime64(match["day"], "D")
    except ValueError:
        return math.nan
    days = float((day - np.datetime64("1858-11-17", "D")).astype(int))
    seconds = (
        3600 * float(match["hour"] or 0) + 60 * float(match["minute"] or 0) + float(match["second"] or 0)
    )
    return _mjd(days + seconds / 86400)


def julian_years(values: Iterable[str]) -> NDArray[np.float64]:
    """
    Return epochs as Julian years.

    Parameters
    ----------
    values : iterable of str
        Julian years (``2016.0``, ``J2015.5``), Besselian ones (``B1950``), MJD, JD, or ISO dates.

    Returns
    -------
    ndarray of float64
        NaN where there is no epoch.
    """
    known: dict[str, float] = {}
    return np.array([known.setdefault(date, _year(date)) for date in map(_text, values)], dtype=np.float64)


def _year(text: str) -> float:
    bare = text.upper().replace(",", ".")
    if math.isfinite(mjd := iso_mjd(bare)) or re.fullmatch(r"\d{4}-\d{2}-\d{2}.*", bare):
        return 2000 + (mjd - _J2000_MJD) / _JULIAN_YEAR
    besselian = bare.startswith("B")
    value = _number(re.sub(r"^(JD|MJD|J|B)\s*", "", bare))
    if value is None or not math.isfinite(value):
        return math.nan
    if besselian:
        mjd = 15019.81352 + (value - 1900) * 365.242198781
        return 2000 + (mjd - _J2000_MJD) / _JULIAN_YEAR
    if 1800 < value < 2200:
        return value
    if math.isfinite(mjd := _mjd(value)):
        return 2000 + (mjd - _J2000_MJD) / _JULIAN_YEAR
    if math.isfinite(mjd := _mjd(value - _MJD_OF_JD)):
        return 2000 + (mjd - _J2000_MJD) / _JULIAN_YEAR
    return math.nan


def _observed(header: _Header) -> float:
    day, time = _text(header.get("DATE-OBS")), _text(header.get("TIME-OBS"))
    return iso_mjd(f"{day}T{time}") if day and time else iso_mjd(day) if "T" in day else math.nan


def _mjd(value: Any) -> float:
    number = _number(value)
    return number if number is not None and _FIRST_MJD < number < _LAST_MJD else math.nan


def _number(value: Any) -> float | None:
    if value is None or isinstance(value, bool):
        return None
    try:
        return float(value)
    except (TypeError, ValueError):
        return None


def _text(value: Any) -> str:
    return "" if value is None else str(value).strip()


def _first(*values: float) -> float:
    return next((value for value in values if math.isfinite(value)), math.nan)
