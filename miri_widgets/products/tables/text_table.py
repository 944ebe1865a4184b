"""A table as text: names, units, cells, and the lines of the file that they stand in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

__all__ = ["TextTable"]


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
    descriptions : list of str
        What the header says of each column; empty when it says nothing of any.
    separator : str
        What divides the cells; "" where the layout says it.
    """

    names: list[str]
    units: list[str]
    rows: list[list[str]] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    meta: dict[str, Any] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    descriptions: list[str] = field(default_factory=list)
    separator: str = ""

    def fill(self, cells: Sequence[tuple[int, list[str]]]) -> None:
        """
        Put rows into the table; those with other numbers of cells are left out, with a note that names them.

        Parameters
        ----------
        cells : sequence of (int, list of str)
            Line of the file and cells of each row.
        """
        count = len(self.names)
        for number, row in cells:
            while len(row) > count and not row[-1]:
                row = row[:-1]
            if len(row) != count:
                self.notes.append(
                    f"line {number} is left out: it has {len(row)} cells, the header has {count}"
                )
                continue
            self.rows.append(row)
            self.lines.append(number)
