"""Layouts of text tables whose header says all of their columns: ECSV, IPAC, SExtractor."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping, Sequence
from typing import Any

from miri_widgets.products.tables.text_table import TextTable

__all__ = ["is_ipac", "parse_ecsv", "parse_ipac", "parse_sextractor"]

_SEXTRACTOR = re.compile(
    r"\s*(?P<number>\d+)\s+(?P<name>\S+)\s*(?P<words>.*?)\s*(?:\[(?P<unit>[^\]]*)\])?\s*"
)


def parse_sextractor(
    comments: Sequence[tuple[int, str]], data: Sequence[tuple[int, str]]
) -> TextTable | None:
    """
    Take a table of SExtractor (``ASCII_HEAD``) apart.

    Parameters
    ----------
    comments, data : sequence of (int, str)
        Lines above the numbers without their ``#``, and the lines of numbers.

    Returns
    -------
    TextTable or None
        None when the comments do not number the columns. Columns of vectors are NAME, NAME_1, NAME_2 ...
    """
    heads = [match for _, line in comments if (match := _SEXTRACTOR.fullmatch(line))]
    numbers = [int(match["number"]) for match in heads]
    if len(heads) < 2 or numbers[0] != 1 or numbers != sorted(set(numbers)):
        return None
    cells = [(number, line.split()) for number, line in data]
    count = max(len(row) for _, row in cells)
    if numbers[-1] > count:
        return None
    table = TextTable([], [])
    for head, end in zip(heads, [*numbers[1:], count + 1], strict=True):
        for index in range(end - int(head["number"])):
            table.names.append(head["name"] + (f"_{index}" if index else ""))
            table.units.append((head["unit"] or "") if "pos" not in (head["unit"] or "") else "")
            table.descriptions.append(head["words"])
    table.fill(cells)
    return table


def parse_ecsv(numbered: Sequence[tuple[int, str]]) -> TextTable:
    """
    Take an ECSV table apart.

    Parameters
    ----------
    numbered : sequence of (int, str)
        Lines that are not blank, with their numbers.

    Raises
    ------
    ValueError
        If its header cannot be read or does not name its columns.
    """
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
    columns = {str(column["name"]): column for column in header.get("datatype", ())}
    names = _split_ecsv(data[0][1], separator)
    if columns and (other := [name for name in names if name not in columns]):
        # a unit that stands beside another name would be lost
        raise ValueError(f"is no whole ECSV table: its header does not name the column {other[0][:40]}")
    units = [str(columns.get(name, {}).get("unit") or "") for name in names]
    table = TextTable(names, units, meta=dict(header.get("meta") or {}))
    table.descriptions = [str(columns.get(name, {}).get("description") or "") for name in names]
    table.fill([(number, _split_ecsv(line, separator)) for number, line in data[1:]])
    return table


def _split_ecsv(line: str, separator: str) -> list[str]:
    return [
        cell.strip()
        for cell in next(
            csv.reader(io.StringIO(line), delimiter=separator, skipinitialspace=separator == " ")
        )
    ]


def is_ipac(numbered: Sequence[tuple[int, str]]) -> bool:
    """
    Tell an IPAC table: its header has bars, its rows have none.

    Parameters
    ----------
    numbered : sequence of (int, str)
        Lines that are not blank, with their numbers.
    """
    below = [line for _, line in numbered if not line.lstrip().startswith(("|", "\\"))]
    return bool(below) and all("|" not in line for line in below)


def parse_ipac(numbered: Sequence[tuple[int, str]]) -> TextTable:
    """
    Take an IPAC table apart.

    Parameters
    ----------
    numbered : sequence of (int, str)
        Lines that are not blank, with their numbers.

    Raises
    ------
    ValueError
        If it has no names of columns.
    """
    heads = [line for _, line in numbered if line.startswith("|")]
    if not heads:
        raise ValueError("has no line with the names of its columns")
    bars = [index for index, letter in enumerate(heads[0]) if letter == "|"]
    spans = list(zip(bars, [*bars[1:-1], None] if len(bars) > 1 else [None], strict=False))

    def cut(line: str) -> list[str]:
        return [line[start:end].strip(" |") for start, end in spans]

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
