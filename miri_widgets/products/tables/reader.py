"""Read a table of any common format: columns with units, missing values as missing, rows with their numbers."""

from __future__ import annotations

import re
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from miri_widgets.errors import BadTableError, MissingFileError
from miri_widgets.products.fits_reader import shown_name
from miri_widgets.products.tables.astropy_readers import READERS, read_mrt
from miri_widgets.products.tables.cells import is_missing, parse_number
from miri_widgets.products.tables.text_layouts import TextTable, parse_text_table
from miri_widgets.products.tables.units import parse_unit, split_name
from miri_widgets.products.text_files import read_text

__all__ = ["FileTable", "read_table"]

_BINARY = re.compile(r"\.(fits|fit|fts)(\.gz)?$", re.IGNORECASE)
_VOTABLE = re.compile(r"\.(vot|votable|xml)(\.gz)?$", re.IGNORECASE)
_SHOWN_ROWS = 3
_THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2}(,\d{3})+")
_DECIMAL_COMMA = re.compile(r"[+-]?\d*,\d+([eEdD][+-]?\d+)?")


@dataclass
class FileTable:
    """
    A table as a file gives it.

    Attributes
    ----------
    path : Path
        The file.
    names, units : list of str
        Of the columns, as written; "" for no unit.
    columns : list
        Cells of each column: list of str (text files) or masked array (FITS, VOTable).
    sources : list of str
        What a sentence calls each row: "line 12" or "row 12".
    meta : dict
        What the header says.
    notes : list of str
        Sentences for the user: rows that were left out, values that could not be read.
    descriptions : list of str
        What the header says of each column, its coordinate system included; empty when it says nothing of any.
    separator : str
        What divides the cells of a text; "" for other files and layouts.
    """

    path: Path
    names: list[str]
    units: list[str]
    columns: list[Any]
    sources: list[str]
    meta: dict[str, Any] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    descriptions: list[str] = field(default_factory=list)
    separator: str = ""

    def __len__(self) -> int:
        return len(self.sources)

    def find(self, wanted: Sequence[str]) -> int:
        """
        Return the index of the first column of some names, without case and unit; -1 for none.

        Parameters
        ----------
        wanted : sequence of str
            Lower case, the preferred first.

        Raises
        ------
        BadTableError
            If the table has two columns of that name.
        """
        plain = [name.strip().lower() for name in self.names]
        bare = [split_name(name)[0] for name in self.names]
        for name in wanted:
            for known in (plain, bare):
                indices = [index for index, other in enumerate(known) if other == name]
                if len(indices) > 1:
                    raise self.wrong(
                        f"has the columns {' and '.join(self.names[index] for index in indices)}",
                        "one of them", "remove or rename the other",
                    )  # fmt: skip
                if indices:
                    return indices[0]
        return -1

    def unit(self, index: int) -> Any:
        """
        Return the unit of a column; None when nothing says it.

        Parameters
        ----------
        index : int
            The column.

        Raises
        ------
        BadTableError
            If the unit is none, or the header and the name of the column contradict each other.
        """
        name = split_name(self.names[index])[1]
        try:
            stated, named = parse_unit(self.units[index]), parse_unit(name)
        except ValueError as error:
            raise self.wrong(
                f"gives {self.names[index]} in {(self.units[index] or name)[:40]!r}", "a unit such as arcsec, mas or deg",
                "correct the unit",
            ) from error  # fmt: skip
        if stated is not None and named is not None and stated != named:
            raise self.wrong(
                f"gives the column {self.names[index]} the unit {self.units[index]}",
                "one unit",
                "correct either of them",
            )
        return stated if stated is not None else named

    def text(self, index: int) -> list[str]:
        """
        Return a column as text; "" where it is missing.

        Parameters
        ----------
        index : int
            The column.
        """
        column = self.columns[index]
        if isinstance(column, list):
            return ["" if is_missing(cell) else cell for cell in column]
        mask = np.ma.getmaskarray(np.ma.asarray(column))
        cells = [
            value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
            for value in np.ma.getdata(column)
        ]
        return [
            "" if gone or is_missing(cell) else cell.strip() for cell, gone in zip(cells, mask, strict=True)
        ]

    def numbers(self, index: int, wanted: Any = None, default: Any = None) -> NDArray[np.float64]:
        """
        Return a column as numbers; NaN where it is missing or, with a note, where it is no number.

        Parameters
        ----------
        index : int
            The column.
        wanted : astropy.units.UnitBase, optional
            Unit to convert to; without it numbers are as written.
        default : astropy.units.UnitBase, optional
            Unit of a column that has none; `wanted` when not given.

        Raises
        ------
        BadTableError
            If the unit cannot be converted, or decimal points and commas are mixed.
        """
        factor = self._factor(index, wanted, default)
        column = self.columns[index]
        if not isinstance(column, list) and np.ma.asarray(column).dtype.kind in "fiub":
            return np.ma.filled(np.ma.asarray(column, dtype=np.float64), np.nan) * factor
        cells = self.text(index)
        commas = [cell for cell in cells if "," in cell]
        points = [cell for cell in cells if "." in cell]
        if commas and points:
            raise self.wrong(
                f"writes {self.names[index]} as {commas[0][:20]!r} and as {points[0][:20]!r}",
                "decimal points or decimal commas, not both", "write numbers in one way",
            )  # fmt: skip
        if commas and all(_THOUSANDS.fullmatch(cell) for cell in commas):
            self._require_decimal_commas(index, commas[0])
        values = np.full(len(cells), np.nan)
        bad = []
        for row, cell in enumerate(cells):
            try:
                values[row] = parse_number(cell)
            except ValueError:
                bad.append(row)
        self.note_rows(bad, [f"{self.names[index]} is {cells[row][:40]!r}, no number" for row in bad])
        return values * factor

    def note_rows(self, rows: Sequence[int], reasons: Sequence[str]) -> None:
        """
        Note what is wrong with some rows: the first few by name, the number of the rest.

        Parameters
        ----------
        rows : sequence of int
            Their indices.
        reasons : sequence of str
            What is wrong with each.
        """
        for row, reason in list(zip(rows, reasons, strict=True))[:_SHOWN_ROWS]:
            self.notes.append(f"{shown_name(self.path)}, {self.sources[row]}: {reason}")
        if len(rows) > _SHOWN_ROWS:
            self.notes.append(
                f"{shown_name(self.path)}: the same kind in {len(rows) - _SHOWN_ROWS} more rows"
            )

    def wrong(self, what: str, expected: str, remedy: str) -> BadTableError:
        """
        Return an error about this file.

        Parameters
        ----------
        what, expected, remedy : str
            As `BadTableError`; the name of the file comes before `what`.
        """
        return BadTableError(f"{shown_name(self.path)} {what}", expected, remedy)

    def _require_decimal_commas(self, index: int, cell: str) -> None:
        """Refuse ``1,234``, which may be 1.234 or 1234, unless the table shows elsewhere what its commas are."""
        if self.separator == ";":
            # a semicolon divides cells where the comma divides numbers
            return
        texts = (cell.strip() for column in self.columns if isinstance(column, list) for cell in column)
        if not any(_DECIMAL_COMMA.fullmatch(text) and not _THOUSANDS.fullmatch(text) for text in texts):
            raise self.wrong(
                f"writes {self.names[index]} as {cell[:20]!r}, which may be {cell.replace(',', '.')[:20]} or "
                f"{cell.replace(',', '')[:20]}",
                "numbers with decimal points", "write them so",
            )  # fmt: skip

    def _factor(self, index: int, wanted: Any, default: Any) -> float:
        if wanted is None:
            return 1.0
        unit = self.unit(index) or default or wanted
        if not unit.is_equivalent(wanted):
            raise self.wrong(
                f"gives {self.names[index]} in {unit}", f"a unit that can be converted to {wanted}",
                "convert the column, or correct its unit",
            )  # fmt: skip
        return float(unit.to(wanted))


def read_table(path: Path, content: str = "a table", remedy: str = "choose another file") -> FileTable:
    """
    Read a table.

    Parameters
    ----------
    path : Path
        ECSV, CSV (comma, semicolon, tab or bar), FITS, VOTable, IPAC, CDS or AAS machine-readable tables, what VizieR
        writes, or columns divided by spaces.
    content : str, optional
        What the table is of, such as "a table of sources"; completes "expected ...".
    remedy : str, optional
        What the user can do.

    Returns
    -------
    FileTable
        At least one row.

    Raises
    ------
    MissingFileError
        If there is no such file.
    BadTableError
        If it is no table, or has no rows.
    """
    path = Path(path)
    if _BINARY.search(path.name) or _VOTABLE.search(path.name):
        table = _from_astropy(path, "fits" if _BINARY.search(path.name) else "votable", content, remedy)
    else:
        text = read_text(path, content, remedy)
        if not text.strip():
            raise BadTableError(f"{shown_name(path)} is empty", content, remedy)
        if "Byte-by-byte Description" in text:
            table = _from_astropy(path, "mrt", content, remedy, text)
        elif text.lstrip().startswith(("<?xml", "<VOTABLE")):
            table = _from_astropy(path, "votable", content, remedy)
        else:
            try:
                table = _from_text(path, parse_text_table(text))
            except ValueError as error:
                raise BadTableError(f"{shown_name(path)} {error}", content, remedy) from error
    if not len(table):
        why = f" ({table.notes[0]})" if table.notes else ""
        state = "has no row that can be read" if table.notes else "has no rows, no lines below its header"
        raise BadTableError(f"{shown_name(path)} {state}{why}", content, remedy)
    return table


def _from_text(path: Path, parsed: TextTable) -> FileTable:
    columns = [list(cells) for cells in zip(*parsed.rows, strict=True)] or [[] for _ in parsed.names]
    sources = [f"line {number}" for number in parsed.lines]
    notes = [f"{shown_name(path)}: {note}" for note in parsed.notes]
    if len(notes) > _SHOWN_ROWS:
        notes = [
            *notes[:_SHOWN_ROWS],
            f"{shown_name(path)}: the same in {len(notes) - _SHOWN_ROWS} more lines",
        ]
    return FileTable(
        path,
        parsed.names,
        parsed.units,
        columns,
        sources,
        parsed.meta,
        notes,
        parsed.descriptions,
        parsed.separator,
    )


def _from_astropy(path: Path, kind: str, content: str, remedy: str, text: str = "") -> FileTable:
    if not path.is_file():
        raise MissingFileError(f"no file {shown_name(path)}", f"{content} in {path.parent}", remedy)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            read = read_mrt(text) if kind == "mrt" else READERS[kind](path)
    except Exception as error:  # every reader has errors of its own
        reason = str(error).splitlines()[0][:80] if str(error) else type(error).__name__
        raise BadTableError(f"{shown_name(path)} cannot be read ({reason})", content, remedy) from error
    names, units, columns, descriptions = [], [], [], []
    for name in read.table.colnames:
        column = read.table[name]
        if hasattr(column, "transform_to"):
            for axis, values in zip(("ra", "dec"), _icrs_degrees(path, column), strict=True):
                names.append(f"{name}.{axis}")
                units.append("deg")
                columns.append(np.ma.asarray(values))
                descriptions.append("ICRS")
        elif getattr(column, "ndim", 1) == 1 and hasattr(column, "dtype"):
            names.append(name)
            units.append(str(column.unit or ""))
            columns.append(np.ma.array(np.asarray(column), mask=np.asarray(getattr(column, "mask", False))))
            descriptions_of_column = (getattr(column.info, "description", None), read.systems.get(name))
            descriptions.append("; ".join(str(text) for text in descriptions_of_column if text))
    sources = [f"row {number}" for number in range(1, len(read.table) + 1)]
    notes = [f"{shown_name(path)} {note}" for note in read.notes]
    return FileTable(path, names, units, columns, sources, dict(read.table.meta), notes, descriptions)


def _icrs_degrees(path: Path, column: Any) -> tuple[Any, Any]:
    try:
        icrs = column.icrs
    except Exception as error:  # frames of the horizon need what a catalogue does not have
        raise BadTableError(
            f"{shown_name(path)} gives positions in the frame {getattr(column, 'name', '')[:40]!r}",
            "ICRS, FK4, FK5, galactic or ecliptic", "convert its positions",
        ) from error  # fmt: skip
    return icrs.ra.deg, icrs.dec.deg
