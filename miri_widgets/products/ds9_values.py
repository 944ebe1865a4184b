"""Numbers of DS9 regions: positions, sizes and angles, in pixels or on the sky."""

from __future__ import annotations

import math
import re

__all__ = ["angle_of", "point_of", "shortened", "size_of", "values_of"]


_SKY_SIZES = {
    '"': 1.0,
    "arcsec": 1.0,
    "'": 60.0,
    "arcmin": 60.0,
    "": 3600.0,
    "d": 3600.0,
    "deg": 3600.0,
    "r": math.degrees(1) * 3600,
    "rad": math.degrees(1) * 3600,
}


_PIXEL_SIZES = {"": 1.0, "i": 1.0, "p": 1.0, "pix": 1.0}


_NUMBER = re.compile(r"([-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?)([a-z]*|'|\")", re.IGNORECASE)


_SEXAGESIMAL = re.compile(r"([-+]?)(\d+)(?:[:hd])(\d+)(?:[:m'])(\d+\.?\d*|\.\d+)?(?:s|\")?", re.IGNORECASE)


def values_of(rest: str) -> list[str]:
    """
    Numbers between commas or spaces, with or without parentheses.

    Parameters
    ----------
    rest : str
        What follows the name of a shape.
    """
    rest = rest.strip()
    if rest.startswith("("):
        if not rest.endswith(")"):
            raise ValueError(f"{shortened(rest)} is not closed, or goes on after its parenthesis")
        rest = rest[1:-1]
    for odd, plain in (("''", '"'), ("″", '"'), ("”", '"'), ("′", "'"), ("’", "'"), ("°", "d"), ("−", "-")):
        rest = rest.replace(odd, plain)
    if re.search(r",\s*,|^\s*,|,\s*$", rest):
        raise ValueError(f"{shortened(rest)} lacks a number between commas")
    return [part for part in re.split(r"[\s,]+", rest.strip()) if part]


def _number(text: str) -> tuple[float, str]:
    match = _NUMBER.fullmatch(text)
    if match is None:
        raise ValueError(f"{shortened(text)} is no number")
    value = float(match[1])
    if not math.isfinite(value):
        raise ValueError(f"{shortened(text)} is too large")
    return value, match[2].lower()


def point_of(first: str, second: str, frame: str) -> tuple[float, float]:
    """
    Return a position: pixels (x, y), or longitude and latitude in degrees.

    Parameters
    ----------
    first, second : str
        Both coordinates as they are written.
    frame : str
        Name of the frame in DS9; ``image`` for pixels.
    """
    if frame == "image":
        pair = []
        for text in (first, second):
            value, unit = _number(text)
            if unit not in ("", "i", "p"):
                raise ValueError(f"{shortened(text)} is no pixel; name the frame of the sky")
            pair.append(value)
        return pair[0], pair[1]
    longitude = _degrees(first, hours=frame in ("icrs", "fk5", "fk4"))
    latitude = _degrees(second, hours=False)
    if abs(latitude) > 90:
        raise ValueError(f"a latitude of {latitude:g} degrees")
    if abs(longitude) > 720:
        raise ValueError(f"a longitude of {longitude:g} degrees")
    return longitude % 360, latitude


def _degrees(text: str, *, hours: bool) -> float:
    """Read a coordinate: degrees, radians, or sexagesimal, whose longitude is in hours in equatorial frames."""
    parts = _SEXAGESIMAL.fullmatch(text)
    if parts is None:
        value, unit = _number(text)
        if unit in ("i", "p"):
            raise ValueError(f"{shortened(text)} in pixels within a frame of the sky")
        factors = {"": 1.0, "d": 1.0, "deg": 1.0, "r": math.degrees(1), "rad": math.degrees(1), "h": 15.0}
        if unit not in factors:
            raise ValueError(f"{shortened(text)} is no coordinate")
        return value * factors[unit]
    sign, whole, minutes, seconds = parts[1], float(parts[2]), float(parts[3]), float(parts[4] or 0)
    if minutes >= 60 or seconds > 60:
        raise ValueError(f"{shortened(text)} has 60 minutes or seconds")
    in_hours = "h" in text.lower() or (hours and ":" in text)
    return (-1 if sign == "-" else 1) * (whole + minutes / 60 + seconds / 3600) * (15 if in_hours else 1)


def size_of(text: str, frame: str) -> float:
    """
    Return a size: pixels in an image, else arcsec.

    Parameters
    ----------
    text : str
        The size as it is written, with its unit.
    frame : str
        Name of the frame in DS9; ``image`` for pixels.
    """
    value, unit = _number(text)
    known, other = (_PIXEL_SIZES, _SKY_SIZES) if frame == "image" else (_SKY_SIZES, _PIXEL_SIZES)
    if unit in known:
        return value * known[unit]
    if unit in other:
        kinds = ("pixels", "an angle") if frame == "image" else ("an angle", "pixels")
        raise ValueError(f"the size {shortened(text)} is {kinds[1]}, its position is not; give {kinds[0]}")
    raise ValueError(f"the size {shortened(text)} has an unknown unit")


def angle_of(text: str) -> float:
    """
    Return an angle in degrees.

    Parameters
    ----------
    text : str
        The angle as it is written; degrees without a unit.
    """
    value, unit = _number(text)
    if unit not in ("", "d", "deg", "r", "rad"):
        raise ValueError(f"{shortened(text)} is no angle")
    return math.degrees(value) if unit in ("r", "rad") else value


def shortened(text: str) -> str:
    """
    Return a piece of a file as a message quotes it.

    Parameters
    ----------
    text : str
        Any text.
    """
    text = " ".join(text.split())
    return repr(text if len(text) <= 40 else f"{text[:37]}...")
