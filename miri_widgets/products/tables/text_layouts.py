"""Layouts of tables that are text: separators, comment blocks, rows of units and of dashes, ECSV, IPAC."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from miri_widgets.products.tables.cells import is_missing, parse_number
from miri_widgets.products.tables.units import SEXAGESIMAL, parse_unit

__all__ = ["TextTable", "parse_text_table"]

_SEPARATORS = ("\t", ";", "|", ",")
_DASHES = re.compile(r"[-=+]+")
_NAME = re.compile(r"[A-Za-z_]")


@dataclass
class TextTable:
    """
    A table as text.

    Attributes
    ----------
    names, units : list of str
        Of the columns; "" for no unit.
    rows : list of list of str
        Cells, as many as names.
    lines : list of int
        Line of the file of each row, from 1.
    meta : dict
        What the header says.
    notes : list of str
        Rows that were left out, and why.
    """

    names: list[str]
    units: list[str]
    rows: list[list[str]] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    meta: dict[str, Any] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def parse_text_table(text: str) -> TextTable:
    """
    Take a text apart into columns and cells.

    Parameters
    ----------
    text : str
        Lines ended by a line feed, no byte-order mark.

    Returns
    -------
    TextTable

    Raises
    ------
    ValueError
        If it is no table; the text completes "the file ...".
    """
    numbered = [(number, line) for number, line in enumerate(text.split("\n"), 1) if line.strip()]
    if not numbered:
        raise ValueError("is empty")
    first = numbered[0][1].lstrip()
    if first.startswith("# %ECSV"):
        return _ecsv(numbered)
    if first.startswith("\\") or (first.startswith("|") and _is_ipac(numbered)):
        return _ipac(numbered)
    comments: list[tuple[int, str]] = []
    data: list[tuple[int, str]] = []
    notes: list[str] = []
    for number, line in numbered:
        if not line.lstrip().startswith("#"):
            data.append((number, line))
        elif not data:
            comments.append((number, line.lstrip()[1:]))
        elif re.match(r"#\s*Table\b", line.lstrip()):
            notes.append(f"a second table begins in line {number}: only the first is used")
            break
    if not data:
        if len(comments) == 1 or not comments:
            raise ValueError("has no lines below its header")
        raise ValueError("holds comments only")
    return _delimited(comments, data, notes)


def _split(line: str, separator: str) -> list[str]:
    if separator == " ":
        reader = csv.reader(io.StringIO(re.sub(r"\s+", " ", line.strip())), delimiter=" ")
    else:
        if separator == "|":
            line = line.strip().strip("|")
        reader = csv.reader(io.StringIO(line), delimiter=separator, skipinitialspace=True)
    return [cell.strip() for cell in next(reader)]


def _separator(header: str) -> str:
    counts = {mark: header.count(mark) for mark in _SEPARATORS}
    best = max(_SEPARATORS, key=lambda mark: counts[mark])
    return best if counts[best] else " "


def _delimited(
    comments: Sequence[tuple[int, str]], data: Sequence[tuple[int, str]], notes: list[str]
) -> TextTable:
    header = data[0][1]
    separator = _separator(header)
    names = _split(header, separator)
    below = list(data[1:])
    if all(not cell or _is_value(cell) for cell in names):
        # a table of numbers: its names stand in the comment above it
        above = next((line for _, line in reversed(comments) if line.strip()), "")
        titles = _split(above, _separator(above)) if above else []
        if len(titles) != len(names) or not all(_NAME.search(cell) for cell in titles):
            raise ValueError("has no line with the names of its columns")
        names, below = titles, list(data)
    while names and not names[-1]:
        names.pop()
    cells = [(number, _split(line, separator)) for number, line in below]
    units = [""] * len(names)
    table = TextTable(names, units, notes=notes)
    table.meta = _comment_facts(comments)
    cells = _header_rows(table, cells)
    _fill(table, cells)
    return table


def _header_rows(table: TextTable, cells: list[tuple[int, list[str]]]) -> list[tuple[int, list[str]]]:
    """Take the rows of units and of dashes off."""

    def dashes(row: list[str]) -> bool:
        return (
            bool(row)
            and all(_DASHES.fullmatch(cell) for cell in row if cell)
            and any(len(cell) > 2 for cell in row)
        )

    if cells and dashes(cells[0][1]):
        return cells[1:]
    if len(cells) > 1 and dashes(cells[1][1]):
        table.units = _padded(cells[0][1], len(table.names))
        return cells[2:]
    if len(cells) > 1 and _is_unit_row(cells[0][1]) and any(_is_value(cell) for cell in cells[1][1]):
        table.units = _padded(cells[0][1], len(table.names))
        return cells[1:]
    return cells


def _is_unit_row(row: list[str]) -> bool:
    known = 0
    for cell in row:
        if is_missing(cell):
            continue
        if _is_value(cell):
            return False
        if cell.strip("'\"").lower() in SEXAGESIMAL:
            known += 1
            continue
        try:
            known += parse_unit(cell) is not None
        except ValueError:
            return False
    return known > 0


def _is_value(cell: str) -> bool:
    try:
        return parse_number(cell) == parse_number(cell)
    except ValueError:
        return bool(re.fullmatch(r"[+-]?\d{1,3}[:\s]\d{1,2}[:\s][\d.]+", cell))


def _padded(row: list[str], count: int) -> list[str]:
    return (row + [""] * count)[:count]


def _fill(table: TextTable, cells: Sequence[tuple[int, list[str]]]) -> None:
    """Put rows into the table; those with other numbers of cells are named and left out."""
    count = len(table.names)
    for number, row in cells:
        while len(row) > count and not row[-1]:
            row = row[:-1]
        if len(row) != count:
            table.notes.append(f"line {number} is left out: it has {len(row)} cells, the header has {count}")
            continue
        table.rows.append(row)
        table.lines.append(number)


def _comment_facts(comments: Sequence[tuple[int, str]]) -> dict[str, Any]:
    """Lines such as ``epoch = 2015.5`` or ``equinox: J2000``."""
    facts: dict[str, Any] = {}
    for _, line in comments:
        if match := re.match(r"\s*([A-Za-z_]+)\s*[:=]\s*(\S+)\s*$", line):
            facts[match[1].lower()] = match[2]
    return facts


def _ecsv(numbered: Sequence[tuple[int, str]]) -> TextTable:
    from astropy.table.meta import get_header_from_yaml

    head = []
    for _, line in numbered[1:]:
        if not line.startswith("#"):
            break
        head.append(line[2:] if line.startswith("# ") else line[1:])
    data = numbered[1 + len(head) :]
    try:
        header: Mapping[str, Any] = get_header_from_yaml(head)
    except Exception as error:  # yaml and astropy raise without a common base
        raise ValueError(
            f"has an ECSV header that cannot be read ({str(error).splitlines()[0][:80]})"
        ) from error
    if not data:
        raise ValueError("has no lines below its header")
    separator = str(header.get("delimiter") or " ")
    columns = {str(one["name"]): one for one in header.get("datatype", ())}
    names = _split_ecsv(data[0][1], separator)
    if columns and (other := [name for name in names if name not in columns]):
        # a unit that stands beside another name would be lost
        raise ValueError(f"is no whole ECSV table: its header does not name the column {other[0][:40]}")
    units = [str(columns.get(name, {}).get("unit") or "") for name in names]
    table = TextTable(names, units, meta=dict(header.get("meta") or {}))
    _fill(table, [(number, _split_ecsv(line, separator)) for number, line in data[1:]])
    return table


def _split_ecsv(line: str, separator: str) -> list[str]:
    return [
        cell.strip()
        for cell in next(
            csv.reader(io.StringIO(line), delimiter=separator, skipinitialspace=separator == " ")
        )
    ]


def _is_ipac(numbered: Sequence[tuple[int, str]]) -> bool:
    """Its header has bars, its rows have none."""
    below = [line for _, line in numbered if not line.lstrip().startswith(("|", "\\"))]
    return bool(below) and all("|" not in line for line in below)


def _ipac(numbered: Sequence[tuple[int, str]]) -> TextTable:
    heads = [line for _, line in numbered if line.startswith("|")]
    if not heads:
        raise ValueError("has no line with the names of its columns")
    bars = [place for place, letter in enumerate(heads[0]) if letter == "|"]
    spans = list(zip(bars, [*bars[1:-1], None] if len(bars) > 1 else [None], strict=False))

    def cut(line: str) -> list[str]:
        return [line[start:stop].strip(" |") for start, stop in spans]

    names = cut(heads[0])
    table = TextTable(names, cut(heads[2]) if len(heads) > 2 else [""] * len(names))
    nulls = cut(heads[3]) if len(heads) > 3 else [""] * len(names)
    for number, line in numbered:
        if line.startswith("\\"):
            if match := re.match(r"\\\s*(\w+)\s*=\s*'?([^']*)'?", line):
                table.meta[match[1]] = match[2].strip()
        elif not line.startswith("|"):
            row = cut(line)
            table.rows.append(
                ["" if cell == null and null else cell for cell, null in zip(row, nulls, strict=True)]
            )
            table.lines.append(number)
    return table
