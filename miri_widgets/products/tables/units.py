"""Units of columns: as headers, rows of units and names of columns give them."""

from __future__ import annotations

import re
import warnings
from typing import Any

__all__ = ["SEXAGESIMAL", "parse_unit", "split_name"]

SEXAGESIMAL = frozenset(
    ("h:m:s", "d:m:s", "hms", "dms", "hh:mm:ss", "dd:mm:ss", "hh mm ss", "dd mm ss", "hour:min:sec")
)
"""What rows of units say of angles that are written in three parts."""

_SYNONYMS = {
    '"': "arcsec", "″": "arcsec", "''": "arcsec", "asec": "arcsec", "arcseconds": "arcsec", "arcs": "arcsec",
    "arc second": "arcsec", "arc sec": "arcsec", "arcsecs": "arcsec",
    "'": "arcmin", "′": "arcmin", "arcminutes": "arcmin", "amin": "arcmin", "arcmins": "arcmin",
    "°": "deg", "degree": "deg", "degrees": "deg", "degs": "deg",
    "radian": "rad", "radians": "rad", "mrad": "mrad",
    "milliarcsec": "mas", "milliarcsecond": "mas", "milliarcseconds": "mas", "mas.": "mas",
    "microarcsec": "uas", "microarcsecond": "uas", "microarcseconds": "uas", "μas": "uas", "µas": "uas",
    "hours": "hourangle", "hour": "hourangle", "hr": "hourangle", "hrs": "hourangle",
    "pixel": "pix", "pixels": "pix", "px": "pix", "mags": "mag", "magnitude": "mag",
    "days": "d", "day": "d", "years": "yr", "year": "yr", "mjd": "d", "jd": "d",
    "microjy": "uJy", "ujy": "uJy", "µjy": "uJy", "μjy": "uJy", "mjy": "mJy", "jy": "Jy", "njy": "nJy", "abmag": "ABmag",
}  # fmt: skip
_IN_NAMES = "arcsec|arcmin|mas|uas|deg|rad|hourangle|hours|pix|pixels|pixel|px|masyr|mas_yr|arcsec_yr|deg_yr"
_BRACKETS = re.compile(r"^(?P<name>.+?)[\s_]*[\[({](?P<unit>[^\[\](){}]*)[\])}]$")
_FRAME = re.compile(
    r"\s*(?:icrs|fk[45]|gal\w*|[jb]?(?:1950|2000)(?:\.0)?)(?:[\s,/]+(?:icrs|fk[45]|[jb]?(?:1950|2000)(?:\.0)?))*\s*",
    re.IGNORECASE,
)
"""A frame in brackets, as ``RA (J2000)``: no unit."""
_WHOLE = re.compile(r"^(?P<name>_?(?:ra|de|dec))(?P<unit>deg|rad)$")
"""``RAdeg``, ``DEdeg``: the names of CDS tables."""
_ENDING = re.compile(rf"^(?P<name>.*[a-z0-9])_(?P<unit>{_IN_NAMES})$", re.IGNORECASE)


def parse_unit(text: str) -> Any:
    """
    Read a unit.

    Parameters
    ----------
    text : str
        As astropy, FITS, CDS, the Gaia archive or a person writes it.

    Returns
    -------
    astropy.units.UnitBase or None
        None for no unit.

    Raises
    ------
    ValueError
        If it is no unit.
    """
    from astropy import units

    plain = text.strip()
    if not plain or set(plain) <= set("-–—") or plain.lower() in ("none", "null", "n/a", "unitless", "---"):
        return None
    plain = plain.strip("'\"[]() ") or plain
    # milli and mega differ by case alone
    if plain not in ("MJy", "Mas"):
        plain = _SYNONYMS.get(plain, _SYNONYMS.get(plain.lower(), plain))
    plain = re.sub(r"\b(year|years|annum|a)\b", "yr", plain).replace("masyr", "mas/yr")
    plain = re.sub(r"^(mas|arcsec|deg)_yr$", r"\1/yr", plain)
    plain = plain.replace("µ", "u").replace("μ", "u").replace("″", "arcsec").replace('"', "arcsec")
    plain = re.sub(r"^(arcsecs|arcseconds|as)(?=\W|$)", "arcsec", plain)
    if plain == "hourangle":
        return units.hourangle
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", units.UnitsWarning)
        for form in ({}, {"format": "cds"}, {"format": "fits"}):
            for name in dict.fromkeys((plain, plain.lower())):
                try:
                    return units.Unit(name, **form)
                except (ValueError, TypeError):
                    continue
    raise ValueError(f"{text.strip()[:40]!r} is no unit")


def split_name(name: str) -> tuple[str, str]:
    """
    Divide the name of a column from the unit that it carries.

    Parameters
    ----------
    name : str
        Such as ``dx [mas]``, ``dx (mas)``, ``dx_mas``, ``RAdeg`` or ``RA (J2000) [deg]``.

    Returns
    -------
    (str, str)
        Name in lower case with ``_`` for spaces and before a frame in brackets, and unit; "" when it carries none.
    """
    plain, unit, frame = name.strip().strip("'\"").strip(), "", ""
    while match := _BRACKETS.match(plain):
        *others, last = match["unit"].split(",")
        if _FRAME.fullmatch(match["unit"]) and not frame:
            frame = match["unit"]
        elif (
            others
            and not unit
            and not frame
            and (_FRAME.fullmatch(",".join(others)) or _FRAME.fullmatch(last))
        ):
            # both in one pair of brackets
            unit, frame = (last, ",".join(others)) if not _FRAME.fullmatch(last) else (",".join(others), last)
        elif not unit:
            unit = match["unit"]
        else:
            break
        plain = match["name"]
    plain = re.sub(r"\s+", "_", plain.strip().lower())
    if frame:
        plain = f"{plain}_{re.split(r'[,/]', frame.strip().lower())[0].strip()}"
    if match := _ENDING.match(plain) or _WHOLE.match(plain):
        plain = match["name"]
        unit = unit or match["unit"]
    return plain, unit
