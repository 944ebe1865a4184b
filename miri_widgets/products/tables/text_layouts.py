"""Layouts of tables that are text: separators, comment blocks, titles, rows of units, of types and of dashes."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from typing import Any

from miri_widgets.products.tables.cells import is_missing, parse_number
from miri_widgets.products.tables.structured_layouts import is_ipac, parse_ecsv, parse_ipac, parse_sextractor
from miri_widgets.products.tables.text_table import TextTable
from miri_widgets.products.tables.units import SEXAGESIMAL, parse_unit

__all__ = ["parse_text_table"]

_SEPARATORS = ("\t", ";", "|", ",")
_DASHES = re.compile(r"[-=+]+")
_NAME = re.compile(r"[A-Za-z_]")
_COMMENT = re.compile(r"\s*(#|//|!|%|;(?![^;]*;))")
"""What begins a line of comment; a semicolon that is the only one of its line divides no cells."""
_RULE = re.compile(r"[\s|+=:-]*(\+-{2}|={3}|-{3})[\s|+=:-]*")
_TYPES = re.compile(r"\d*[NSnsMm]")
"""Row of types of RDB tables."""
_MARKUP = re.compile(r"\s*<(!doctype\s+html|html|head|body)\b", re.IGNORECASE)


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
        return parse_ecsv(numbered)
    if _MARKUP.match(first):
        raise ValueError("is a page of HTML, no table")
    if first.startswith("\\") or (first.startswith("|") and is_ipac(numbered)):
        return parse_ipac(numbered)
    comments: list[tuple[int, str]] = []
    data: list[tuple[int, str]] = []
    notes: list[str] = []
    for number, line in numbered:
        if not _COMMENT.match(line):
            data.append((number, line))
        elif not data:
            comments.append((number, re.sub(r"^\s*(#|//|!|%|;)", "", line)))
        elif re.match(r"#\s*(Table|RESOURCE)\b", line.lstrip()):
            notes.append(f"a second table begins in line {number}: only the first is used")
            break
    if not data:
        if len(comments) == 1 or not comments:
            raise ValueError("has no lines below its header")
        raise ValueError("holds comments only")
    table = parse_sextractor(comments, data) or _delimited(comments, _without_rules(data), notes)
    table.meta = {**_comment_facts(comments), "comments": [line.strip() for _, line in comments]}
    _describe(table, comments)
    return table


def _without_rules(data: list[tuple[int, str]]) -> list[tuple[int, str]]:
    """Leave out lines that frame a table (those below names and units say where its numbers begin), and titles above it."""
    data = [(number, line) for number, line in data if not line.lstrip().startswith("+-")]
    while data and _RULE.fullmatch(data[0][1]):
        data = data[1:]
    while data and _RULE.fullmatch(data[-1][1]) and len(data) > 2:
        data = data[:-1]
    while len(data) > 1 and _is_title(data[0][1], data[1][1]):
        data = data[1:]
    if not data:
        raise ValueError("has no lines below its header")
    return data


def _is_title(line: str, below: str) -> bool:
    """Whether a line has no cells while that below it has names of columns."""
    separator = _separator(below)
    if separator == " " or _separator(line) != " ":
        return False
    return all(cell and not _is_value(cell) and _NAME.search(cell) for cell in _split(below, separator))


def _split(line: str, separator: str, *, framed: bool | None = None) -> list[str]:
    """Cells of a line; those of a table that bars frame begin behind the first bar, of others before it."""
    if separator == " ":
        reader = csv.reader(io.StringIO(re.sub(r"\s+", " ", line.strip())), delimiter=" ")
    else:
        if separator == "|" and (line.strip().startswith("|") if framed is None else framed):
            line = line.strip().removeprefix("|").removesuffix("|")
        reader = csv.reader(io.StringIO(line), delimiter=separator, skipinitialspace=True)
    return [cell.strip() for cell in next(reader)]


def _separator(header: str) -> str:
    counts = {mark: header.count(mark) for mark in _SEPARATORS}
    best = max(_SEPARATORS, key=lambda mark: counts[mark])
    return best if counts[best] else " "


def _delimited(
    comments: Sequence[tuple[int, str]], data: Sequence[tuple[int, str]], notes: list[str]
) -> TextTable:
    first = data[0][1]
    # Excel says its separator so
    forced = match[1] if (match := re.fullmatch(r"sep=(.)\s*", first)) else ""
    data = data[1:] if forced else data
    separator = forced or _separator(data[0][1])
    framed = data[0][1].strip().startswith("|")
    names = _split(data[0][1], separator, framed=framed)
    below = list(data[1:])
    if any(_is_value(cell) for cell in names):
        # its names stand in the comment above it
        titles = _titles(comments, len(names))
        if titles:
            names, below = titles, list(data)
        elif all(not cell or _is_value(cell) for cell in names):
            raise ValueError("has no line with the names of its columns")
    while names and not names[-1]:
        names.pop()
    cells = [
        (number, _without_comment(_split(line, separator, framed=framed), separator, len(names)))
        for number, line in below
    ]
    table = TextTable(names, [""] * len(names), notes=notes, separator=separator)
    table.fill(_header_rows(table, cells))
    return table


def _titles(comments: Sequence[tuple[int, str]], count: int) -> list[str]:
    """Names of columns in the last comment above them; [] when it is none. SIMBAD calls its first column ``#``."""
    above = next((line for _, line in reversed(comments) if line.strip()), "")
    if not above:
        return []
    for line in (above, f"#{above}"):
        titles = _split(line, _separator(above))
        if len(titles) == count and all(_NAME.search(cell) or cell == "#" for cell in titles):
            return titles
    return []


def _without_comment(row: list[str], separator: str, count: int) -> list[str]:
    """Take off what stands behind ``#`` at the end of a row of columns that spaces divide."""
    if separator != " " or len(row) <= count:
        return row
    index = next((index for index, cell in enumerate(row) if cell.startswith("#")), len(row))
    return row[:index]


def _header_rows(table: TextTable, cells: list[tuple[int, list[str]]]) -> list[tuple[int, list[str]]]:
    """Take the rows of units and of dashes off."""

    def dashes(row: list[str]) -> bool:
        return (
            bool(row)
            and all(_DASHES.fullmatch(cell) for cell in row if cell)
            and any(len(cell) > 2 for cell in row)
        )

    if cells and all(_TYPES.fullmatch(cell) for cell in cells[0][1]):
        return cells[1:]
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


def _comment_facts(comments: Sequence[tuple[int, str]]) -> dict[str, Any]:
    """Lines such as ``epoch = 2015.5`` or ``equinox: J2000``."""
    facts: dict[str, Any] = {}
    for _, line in comments:
        if match := re.match(r"\s*([A-Za-z_]+)\s*[:=]\s*(\S+)\s*$", line):
            facts[match[1].lower()] = match[2]
    return facts


def _describe(table: TextTable, comments: Sequence[tuple[int, str]]) -> None:
    """Take what VizieR says of each column: ``#Column<tab>name<tab>(format)<tab>description``."""
    names_of = {
        match[1]: match[2]
        for _, line in comments
        if (match := re.match(r"Column\t([^\t]+)\t[^\t]*\t(.*)", line.strip()))
    }
    if names_of and not table.descriptions:
        table.descriptions = [names_of.get(name, "") for name in table.names]
