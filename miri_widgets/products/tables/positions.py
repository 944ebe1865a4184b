"""Positions on the sky in a table: any names, units and frames that catalogues use, brought to ICRS degrees."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from miri_widgets.products.tables.cells import parse_number, parse_sexagesimal
from miri_widgets.products.tables.reader import FileTable
from miri_widgets.products.tables.units import SEXAGESIMAL

__all__ = ["sky_positions"]

# in the order of preference; compared without case, units in names taken off
_RA = (
    "ra_icrs", "ra", "raj2000", "ra_j2000", "_raj2000", "_ra", "_ra_icrs", "alpha", "right_ascension", "sky_centroid.ra",
    "alpha_j2000", "alphawin_j2000", "ra2000",
)  # fmt: skip
_DEC = (
    "de_icrs", "dec_icrs", "dec", "de", "dej2000", "decj2000", "dec_j2000", "_dej2000", "_de", "_de_icrs", "_dec", "delta",
    "declination", "sky_centroid.dec", "delta_j2000", "deltawin_j2000", "dec2000",
)  # fmt: skip
_OTHERS = (
    (
        ("rab1950", "ra_b1950", "ra1950", "_rab1950"),
        ("deb1950", "decb1950", "dec_b1950", "dec1950", "_deb1950"),
        "fk4",
    ),
    (("glon", "_glon", "gal_l", "l", "l_gal"), ("glat", "_glat", "gal_b", "b", "b_gal"), "galactic"),
    (("elon", "_elon", "ecl_lon"), ("elat", "_elat", "ecl_lat"), "barycentricmeanecliptic"),
)
_AXES = (("ra", "dec", "icrs"), ("l", "b", "galactic"), ("lon", "lat", "barycentricmeanecliptic"))


def sky_positions(table: FileTable) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """
    Return RA and Dec.

    Parameters
    ----------
    table : FileTable
        It is given notes about rows whose position cannot be read.

    Returns
    -------
    tuple of ndarray of float64, shape (n,)
        Degrees, ICRS; NaN where there is no position.

    Raises
    ------
    BadTableError
        If there are no columns of positions, or their units are no angles.

    Notes
    -----
    Numbers without unit are degrees. Text in three parts is hours in RA, unless a unit says degrees. J2000 is taken as
    ICRS (they differ by less than 0.03 arcsec), B1950 is brought to it.
    """
    found = _columns(table)
    if found is None:
        raise table.wrong(
            f"has the columns {', '.join(table.names)[:120] or 'none'}",
            "columns ra and dec",
            "rename the columns of its positions",
        )
    first, second, frame = found
    if isinstance(first, int):
        hours = frame in ("icrs", "fk4", "fk5")
        lon, lat = _angles(table, first, hours=hours), _angles(table, second, hours=False)
    else:
        lon, lat = _in_parts(table, first, 15.0), _in_parts(table, second, 1.0)
    return _to_icrs(lon, lat, frame, table)


def _columns(table: FileTable) -> tuple[Any, Any, str] | None:
    first, second = table.find(_RA), table.find(_DEC)
    if first >= 0 and second >= 0:
        return first, second, _stated_frame(table, table.names[first])
    names = {name.lower(): index for index, name in enumerate(table.names)}
    if {"rah", "ram", "ded", "dem"} <= set(names):
        return (
            [names.get(one, -1) for one in ("", "rah", "ram", "ras")],
            [names.get(one, -1) for one in ("de-", "ded", "dem", "des")], "icrs",
        )  # fmt: skip
    # SkyCoord columns, as astropy writes them: NAME.ra and NAME.dec
    for lon, lat, frame in _AXES:
        for name in table.names:
            stem, point, axis = name.rpartition(".")
            if point and axis.lower() == lon and f"{stem}.{lat}" in table.names:
                return (
                    table.names.index(name),
                    table.names.index(f"{stem}.{lat}"),
                    _stated_frame(table, name, frame),
                )
    for lons, lats, frame in _OTHERS:
        first, second = table.find(lons), table.find(lats)
        if first >= 0 and second >= 0:
            return first, second, frame
    return None


def _stated_frame(table: FileTable, name: str, default: str = "icrs") -> str:
    """The frame of a SkyCoord column, or the equinox of the table."""
    stem = name.rpartition(".")[0]
    stored = table.meta.get("__serialized_columns__", {}) if stem else {}
    if isinstance(stored, dict) and isinstance(stored.get(stem), dict):
        return str(stored[stem].get("frame") or default).lower()
    for key, value in table.meta.items():
        word = str(value).strip().upper()
        if str(key).lower() in ("equinox", "frame", "radesys", "coosys", "radecsys") and (
            word in ("B1950", "1950", "1950.0", "B1950.0", "FK4")
        ):
            return "fk4"
    return default


def _angles(table: FileTable, index: int, *, hours: bool) -> NDArray[np.float64]:
    """Degrees, whether numbers or in three parts."""
    from astropy import units

    sexagesimal = table.units[index].strip("'\" ").lower() in SEXAGESIMAL
    cells = table.columns[index]
    is_text = isinstance(cells, list) or np.ma.asarray(cells).dtype.kind not in "fiu"
    texts = table.text(index) if is_text else []
    if not sexagesimal and not any(_in_three(cell) for cell in texts):
        unit = table.unit(index)
        if hours and unit is not None and unit == units.h:
            return table.numbers(index) * 15.0
        return table.numbers(index, units.deg)
    unit = None if sexagesimal else table.unit(index)
    degrees = table.units[index].strip("'\" ").lower() in ("d:m:s", "dms", "dd:mm:ss", "dd mm ss") or (
        unit is not None and unit == units.deg
    )
    values, bad = np.full(len(texts), np.nan), []
    for row, cell in enumerate(texts):
        if not cell:
            continue
        try:
            values[row] = _angle(cell, 15.0 if hours and not degrees else 1.0)
        except ValueError:
            bad.append(row)
    table.note_rows(bad, [f"{table.names[index]} is {texts[row][:40]!r}, no angle" for row in bad])
    return values


def _in_three(cell: str) -> bool:
    try:
        parse_sexagesimal(cell)
    except ValueError:
        return False
    return True


def _angle(cell: str, factor: float) -> float:
    if not _in_three(cell):
        # a number among angles in three parts is degrees
        return parse_number(cell)
    value, mark = parse_sexagesimal(cell)
    return value * {"h": 15.0, "d": 1.0}.get(mark, factor)


def _in_parts(table: FileTable, places: list[int], factor: float) -> NDArray[np.float64]:
    """Angles in columns of their own, as CDS tables have them: sign, first part, minutes, seconds."""
    sign, *parts = places
    total = np.zeros(len(table))
    for place, size in zip(parts, (1.0, 60.0, 3600.0), strict=True):
        if place >= 0:
            values = table.numbers(place)
            total = total + (np.abs(values) if size > 1 or sign >= 0 else values) / size
    if sign >= 0:
        total = np.where(np.array([cell.startswith(("-", "−")) for cell in _raw(table, sign)]), -total, total)
    return total * factor


def _raw(table: FileTable, index: int) -> list[str]:
    """Cells as they stand: "-" is a sign here, no missing value."""
    column = table.columns[index]
    return list(column) if isinstance(column, list) else [str(one) for one in np.ma.filled(column, "")]


def _to_icrs(
    lon: NDArray[np.float64], lat: NDArray[np.float64], frame: str, table: FileTable
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    if frame in ("icrs", "fk5"):
        return lon, lat
    from astropy import units
    from astropy.coordinates import SkyCoord

    good = np.isfinite(lon) & np.isfinite(lat) & (np.abs(lat) <= 90)
    ra, dec = np.full(len(lon), np.nan), np.full(len(lat), np.nan)
    try:
        places = SkyCoord(lon[good] * units.deg, lat[good] * units.deg, frame=frame).icrs
    except (ValueError, TypeError) as error:
        raise table.wrong(
            f"gives positions in the frame {frame[:40]!r}",
            "ICRS, FK4, FK5, galactic or ecliptic",
            "convert its positions",
        ) from error
    ra[good], dec[good] = places.ra.deg, places.dec.deg
    return ra, dec
