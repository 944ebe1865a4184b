"""Which columns of a table are positions on the sky, by the names that catalogues use."""

from __future__ import annotations

import re
from dataclasses import dataclass

from miri_widgets.products.tables.reader import FileTable
from miri_widgets.products.tables.units import split_name

__all__ = ["PositionColumns", "find_positions"]

# in the order of preference; compared without case, units in names taken off
_RA = (
    "ra_icrs", "ra", "raj2000", "ra_j2000", "_raj2000", "_ra", "_ra_icrs", "alpha", "right_ascension", "sky_centroid.ra",
    "alpha_j2000", "alphawin_j2000", "ra2000",
)  # fmt: skip
_DEC = (
    "de_icrs", "dec_icrs", "dec", "de", "dej2000", "decj2000", "dec_j2000", "_dej2000", "_de", "_de_icrs", "_dec", "delta",
    "declination", "sky_centroid.dec", "delta_j2000", "deltawin_j2000", "dec2000",
)  # fmt: skip
_GALACTIC = (
    ("glon", "_glon", "gal_l", "l", "l_gal", "gal_lon", "galactic_l", "galactic_lon", "galactic_longitude"),
    ("glat", "_glat", "gal_b", "b", "b_gal", "gal_lat", "galactic_b", "galactic_lat", "galactic_latitude"),
)
_ECLIPTIC = (
    ("elon", "_elon", "ecl_lon", "ecliptic_lon", "ecliptic_longitude"),
    ("elat", "_elat", "ecl_lat", "ecliptic_lat", "ecliptic_latitude"),
)
_PLAIN = (("lon", "long", "longitude"), ("lat", "latitude"))
"""Of a frame that the header must state."""
_BOTH = ("coord", "coords", "coordinate", "coordinates", "radec", "skycoord", "position", "coord1", "pos")
"""Right ascension and declination in one cell."""

# a prefix and an ending are kept: both columns of a pair must have the same
_PREFIX = r"(?P<prefix>(?:.*[._])?(?:cat|gaia|main|match|targ|target|pos|position|coord|src|source|obj|star|sky|c|s)?_?|_)"
_ENDING = (
    r"[_.]*(?P<kind>sky|win_sky|winsky|peak_sky|win|peak|mean|psf|world)?[_.]*(?P<deg>d|deg|degrees)?"
    r"[_.]*(?P<frame>icrs|j2000|j2000\.0|2000|2000\.0|epoch2000|fk5|fk4|b1950|b1950\.0|1950|1950\.0)?"
)
_LON = re.compile(rf"{_PREFIX}(?:ra|r\.a\.?|rightascension|right_ascension|alpha|α|x(?=_world)){_ENDING}")
_LAT = re.compile(rf"{_PREFIX}(?:dec|de|decl\.?|declination|delta|δ|y(?=_world)){_ENDING}")
_ONE_CELL = re.compile(rf"(?:{'|'.join(_BOTH)})(?:_(?P<frame>icrs|j2000|j2000\.0|fk5|fk4|b1950|b1950\.0))?")
_AXES = (("l", "b", "galactic"), ("lon", "lat", "ecliptic"))
_OLD = ("fk4", "b1950", "b1950.0", "1950", "1950.0")
_PARTS = re.compile(r"_*(?P<axis>ra|dec|de)_*(?P<part>h|hours?|d|deg|m|min|s|sec|-|sign|sgn)")
_PART_INDEX = {"h": 0, "hour": 0, "hours": 0, "d": 0, "deg": 0, "m": 1, "min": 1, "s": 2, "sec": 2, "-": 3, "sign": 3, "sgn": 3}  # fmt: skip


@dataclass(frozen=True)
class PositionColumns:
    """
    Columns of positions.

    Attributes
    ----------
    first, second : tuple of int
        Indices of one column; of degrees or hours, minutes, seconds and sign (-1 for none) when each part has its own;
        `second` is empty when both angles stand in one cell.
    frame : str
        What the names say: "icrs" (J2000 or nothing), "fk4", "galactic", "ecliptic"; "" for nothing but that the header must
        say it.
    is_stated : bool
        Whether the names state the equinox.
    """

    first: tuple[int, ...]
    second: tuple[int, ...]
    frame: str
    is_stated: bool = False

    @property
    def is_equatorial(self) -> bool:
        """Whether longitudes may be hours."""
        return self.frame in ("icrs", "fk4")


def find_positions(table: FileTable) -> PositionColumns | None:
    """
    Find the columns of positions.

    Parameters
    ----------
    table : FileTable
        As read.

    Returns
    -------
    PositionColumns or None
        None when there are none.

    Raises
    ------
    BadTableError
        If a name stands twice.
    """
    first, second = table.find(_RA), table.find(_DEC)
    if first >= 0 and second >= 0:
        name = split_name(table.names[first])[0]
        return PositionColumns((first,), (second,), "icrs", "2000" in name or "icrs" in name)
    if columns := _in_parts(table) or _pair(table):
        return columns
    for (lons, lats), frame in ((_GALACTIC, "galactic"), (_ECLIPTIC, "ecliptic"), (_PLAIN, "")):
        first, second = table.find(lons), table.find(lats)
        if first >= 0 and second >= 0:
            return PositionColumns((first,), (second,), frame, bool(frame))
    return _axes(table) or _one_cell(table)


def _axes(table: FileTable) -> PositionColumns | None:
    """Columns of a SkyCoord in a file that does not say so: NAME.l and NAME.b."""
    for lon, lat, frame in _AXES:
        for index, name in enumerate(table.names):
            stem, point, axis = name.rpartition(".")
            if point and axis.lower() == lon and f"{stem}.{lat}" in table.names:
                return PositionColumns((index,), (table.names.index(f"{stem}.{lat}"),), frame, True)
    return None


def _one_cell(table: FileTable) -> PositionColumns | None:
    for index, name in enumerate(table.names):
        if match := _ONE_CELL.fullmatch(split_name(name)[0]):
            frame = match["frame"] or ""
            return PositionColumns((index,), (), "fk4" if frame in _OLD else "icrs", bool(frame))
    return None


def _in_parts(table: FileTable) -> PositionColumns | None:
    """Hours, minutes and seconds in columns of their own, as CDS tables have them."""
    columns = {"ra": [-1] * 4, "de": [-1] * 4}
    for index, name in enumerate(table.names):
        if match := _PARTS.fullmatch(name.strip().lower()):
            columns["ra" if match["axis"] == "ra" else "de"][_PART_INDEX[match["part"]]] = index
    if min(columns["ra"][:2] + columns["de"][:2]) < 0:
        return None
    return PositionColumns(tuple(columns["ra"]), tuple(columns["de"]), "icrs")


def _pair(table: FileTable) -> PositionColumns | None:
    """Two names that differ in RA and Dec alone; those without prefix first."""
    lons: dict[tuple[str, str, str], int] = {}
    lats: dict[tuple[str, str, str], int] = {}
    for index, name in enumerate(table.names):
        plain = split_name(name)[0]
        for pattern, known in ((_LON, lons), (_LAT, lats)):
            if match := pattern.fullmatch(plain):
                known.setdefault((match["prefix"], match["kind"] or "", match["frame"] or ""), index)
    shared = [key for key in lons if key in lats]
    if not shared:
        return None
    prefix, kind, frame = min(shared, key=lambda key: (len(key[0]), key[2] in _OLD, lons[key]))
    others = [key for key in shared if len(key[0]) == len(prefix) and key[1:] == (kind, frame)]
    if len(others) > 1:
        raise table.wrong(
            f"has positions in {' and in '.join(table.names[lons[key]] for key in others)}",
            "one pair of columns ra and dec", "remove or rename the others",
        )  # fmt: skip
    key = (prefix, kind, frame)
    return PositionColumns((lons[key],), (lats[key],), "fk4" if frame in _OLD else "icrs", bool(frame))
