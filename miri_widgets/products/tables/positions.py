"""Positions on the sky in a table: any names, units and frames that catalogues use, brought to ICRS degrees."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from miri_widgets.products.tables.cells import parse_number, parse_sexagesimal
from miri_widgets.products.tables.frames import frame_label, sky_columns, table_frame
from miri_widgets.products.tables.position_columns import PositionColumns, find_positions
from miri_widgets.products.tables.reader import FileTable
from miri_widgets.products.tables.units import SEXAGESIMAL

__all__ = ["sky_positions"]

_SINGLE_DEG = 1e-6
"""Steps of numbers of single precision that are worth a word: 4 mas."""


def sky_positions(table: FileTable) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """
    Return RA and Dec.

    Parameters
    ----------
    table : FileTable
        It is given notes about rows whose position cannot be read, and about frames that the header states.

    Returns
    -------
    tuple of ndarray of float64, shape (n,)
        Degrees, ICRS; NaN where there is no position.

    Raises
    ------
    BadTableError
        If there are no columns of positions, their units are no angles, or most of them lie off the sky.

    Notes
    -----
    Numbers without unit are degrees. Text in three parts is hours in RA, unless a unit says degrees or a first part is
    above 24. J2000 is taken as ICRS (they differ by less than 0.03 arcsec), all other frames and equinoxes are brought
    to it. The frame is that of a SkyCoord column, else of the names of the columns, of their descriptions, of the
    header, of its comments.
    """
    if stored := sky_columns(table):
        first, second, frame = stored
        lon, lat = _angles(table, first, hours=False), _angles(table, second, hours=False)
        return _to_icrs(*_on_the_sky(table, lon, lat), frame, table)
    columns = find_positions(table)
    if columns is None:
        raise table.wrong(
            f"has the columns {', '.join(table.names)[:120] or 'none'}",
            "columns ra and dec",
            "rename the columns of its positions",
        )
    frame = _frame(table, columns)
    if not columns.second:
        lon, lat = _from_one_cell(table, columns.first[0])
    elif len(columns.first) > 1:
        lon, lat = _in_parts(table, columns.first, 15.0), _in_parts(table, columns.second, 1.0)
    else:
        lon = _angles(table, columns.first[0], hours=columns.is_equatorial)
        lat = _angles(table, columns.second[0], hours=False)
    return _to_icrs(*_on_the_sky(table, lon, lat), frame, table)


def _frame(table: FileTable, columns: PositionColumns) -> Any:
    """The frame of positions: that of the names, else the one that is stated elsewhere, with a note."""
    from astropy.coordinates import FK4, ICRS, BarycentricMeanEcliptic, Galactic

    if columns.is_stated or columns.frame in ("galactic", "ecliptic"):
        return {"fk4": FK4, "galactic": Galactic, "ecliptic": BarycentricMeanEcliptic}.get(
            columns.frame, ICRS
        )()
    stated = table_frame(table, columns.first[0])
    name = table.names[columns.first[0]]
    if stated is None:
        if columns.frame:
            return ICRS()
        raise table.wrong(
            f"does not say what frame its columns {name} and {table.names[columns.second[0]]} are in",
            "columns ra and dec, or l and b", "rename the columns of its positions",
        )  # fmt: skip
    if columns.frame and stated.name in ("galactic", "barycentricmeanecliptic"):
        raise table.wrong(
            f"says that its frame is {frame_label(stated)} while its positions are called {name}",
            "names and frame that agree", "rename the columns, or correct the frame",
        )  # fmt: skip
    if columns.frame and not _is_icrs(stated):
        table.notes.append(f"positions are brought from {frame_label(stated)} to ICRS, as the file states it")
    return stated


def _is_icrs(frame: Any) -> bool:
    return frame.name == "icrs" or (frame.name == "fk5" and abs(frame.equinox.jyear - 2000) < 1e-6)


def _angles(table: FileTable, index: int, *, hours: bool) -> NDArray[np.float64]:
    """Degrees, whether numbers or in three parts."""
    from astropy import units

    sexagesimal = table.units[index].strip("'\" ").lower() in SEXAGESIMAL
    cells = table.columns[index]
    is_text = isinstance(cells, list) or np.ma.asarray(cells).dtype.kind not in "fiu"
    texts = table.text(index) if is_text else []
    if not sexagesimal and not any(_in_three(cell) for cell in texts):
        unit = table.unit(index)
        if not is_text:
            _note_precision(table, index)
        if hours and unit is not None and unit == units.h:
            return table.numbers(index) * 15.0
        return table.numbers(index, units.deg)
    unit = None if sexagesimal else table.unit(index)
    degrees = table.units[index].strip("'\" ").lower() in ("d:m:s", "dms", "dd:mm:ss", "dd mm ss") or (
        unit is not None and unit == units.deg
    )
    return _in_three_parts(table, index, texts, hours=hours and not degrees, stated=unit is not None)


def _in_three_parts(
    table: FileTable, index: int, texts: Sequence[str], *, hours: bool, stated: bool
) -> NDArray[np.float64]:
    """Degrees of cells of which some are written in three parts."""
    first = [abs(parse_sexagesimal(cell)[0]) for cell in texts if _in_three(cell)]
    if not stated and max(first, default=0.0) > 24:
        hours = False
    values, bad = np.full(len(texts), np.nan), []
    for row, cell in enumerate(texts):
        if not cell:
            continue
        try:
            values[row] = _angle(cell, hours=hours, latitude=not hours and not _is_longitude(table, index))
        except ValueError:
            bad.append(row)
    table.note_rows(bad, [f"{table.names[index]} is {texts[row][:40]!r}, no angle" for row in bad])
    return values


def _is_longitude(table: FileTable, index: int) -> bool:
    return not re.search(r"de|lat|δ|^_?b$", table.names[index].lower())


def _in_three(cell: str) -> bool:
    try:
        parse_sexagesimal(cell)
    except ValueError:
        return False
    return True


def _angle(cell: str, *, hours: bool, latitude: bool = False) -> float:
    if not _in_three(cell):
        # a number among angles in three parts is degrees
        return parse_number(cell)
    value, mark = parse_sexagesimal(cell)
    if mark == "h" and latitude:
        raise ValueError(f"{cell[:40]!r} is a latitude in hours")
    return value * {"h": 15.0, "d": 1.0}.get(mark, 15.0 if hours else 1.0)


def _from_one_cell(table: FileTable, index: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Right ascension and declination that stand in one cell, divided by the sign, a comma or in the middle."""
    texts = table.text(index)
    lon, lat = np.full(len(texts), np.nan), np.full(len(texts), np.nan)
    bad = []
    for row, cell in enumerate(texts):
        if not cell:
            continue
        try:
            first, second = _halves(cell)
            lon[row], lat[row] = _angle(first, hours=True), _angle(second, hours=False, latitude=True)
        except ValueError:
            bad.append(row)
    table.note_rows(bad, [f"{table.names[index]} is {texts[row][:40]!r}, no position" for row in bad])
    return lon, lat


def _halves(cell: str) -> tuple[str, str]:
    if match := re.fullmatch(r"(.*\S)\s*[,\s]\s*([+\-−].*)", cell.strip()):
        return match[1].rstrip(", "), match[2]
    cells = re.split(r"[,\s]+", cell.strip())
    if len(cells) % 2:
        raise ValueError(cell)
    middle = len(cells) // 2
    return " ".join(cells[:middle]), " ".join(cells[middle:])


def _in_parts(table: FileTable, columns: Sequence[int], factor: float) -> NDArray[np.float64]:
    """Angles in columns of their own: first part, minutes, seconds, sign; without sign that of the first part."""
    *parts, sign = columns
    total = np.zeros(len(table))
    for part, size in zip(parts, (1.0, 60.0, 3600.0), strict=True):
        if part >= 0:
            total = total + np.abs(table.numbers(part)) / size
    negative = np.array(
        [cell.strip().startswith(("-", "−")) for cell in _raw(table, sign if sign >= 0 else parts[0])]
    )
    return np.where(negative, -total, total) * factor


def _raw(table: FileTable, index: int) -> list[str]:
    """Cells as they stand: "-" is a sign here, no missing value, and "-0" is below zero."""
    column = table.columns[index]
    if isinstance(column, list):
        return list(column)
    return ["" if cell is np.ma.masked else str(cell) for cell in np.ma.asarray(column)]


def _note_precision(table: FileTable, index: int) -> None:
    from astropy import units

    cells = np.ma.asarray(table.columns[index])
    if cells.dtype.kind != "f" or cells.dtype.itemsize > 4:
        return
    known = np.ma.masked_invalid(cells).compressed()
    unit = table.unit(index) or units.deg
    if not known.size or not unit.is_equivalent(units.deg):
        return
    step = float(np.spacing(np.float32(np.abs(known).max()))) * float(unit.to(units.deg))
    if step > _SINGLE_DEG:
        table.notes.append(
            f"{table.names[index]} has single precision: its positions are steps of {step * 3600:.2g} arcsec apart"
        )


def _on_the_sky(
    table: FileTable, lon: NDArray[np.float64], lat: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Positions off the sky are no positions (fillings such as -999); most of them off it: the columns are others."""
    known = np.isfinite(lon) & np.isfinite(lat)
    off = known & ((np.abs(lat) > 90) | (lon < -180) | (lon > 360))
    rows = np.flatnonzero(off)
    if not len(rows):
        return lon, lat
    if 2 * len(rows) >= np.count_nonzero(known):
        raise table.wrong(
            f"has positions such as RA {lon[rows[0]]:g}, Dec {lat[rows[0]]:g}",
            "RA from 0 to 360 and Dec from -90 to 90 degrees",
            "check its units and which column is which",
        )
    table.note_rows(
        rows.tolist(), [f"RA {lon[row]:g}, Dec {lat[row]:g} is no place on the sky" for row in rows]
    )
    return np.where(off, np.nan, lon), np.where(off, np.nan, lat)


def _to_icrs(
    lon: NDArray[np.float64], lat: NDArray[np.float64], frame: Any, table: FileTable
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    if _is_icrs(frame):
        return lon, lat
    from astropy import units
    from astropy.coordinates import SkyCoord

    good = np.isfinite(lon) & np.isfinite(lat)
    ra, dec = np.full(len(lon), np.nan), np.full(len(lat), np.nan)
    try:
        coordinates = SkyCoord(lon[good] * units.deg, lat[good] * units.deg, frame=frame).icrs
    except Exception as error:  # frames of the horizon and others need what a catalogue does not have
        raise table.wrong(
            f"gives positions in the frame {frame.name[:40]!r}",
            "ICRS, FK4, FK5, galactic or ecliptic",
            "convert its positions",
        ) from error
    ra[good], dec[good] = coordinates.ra.deg, coordinates.dec.deg
    return ra, dec
