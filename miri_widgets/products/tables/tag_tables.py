"""Tags as tables for people and spreadsheets: CSV and JSON, out and in again."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from typing import Any

from miri_widgets.errors import BadTableError, ParameterError
from miri_widgets.products.exposure import Exposure
from miri_widgets.products.tags import Tag, tag_from

__all__ = ["parse_tags", "tags_as_csv", "tags_as_json"]

_COLUMNS = ("exposure", "filter", "tile", "dither", "verdict", "anomalies", "comment", "seen")
_TAG_COLUMNS = ("verdict", "anomalies", "comment", "seen")
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
"""Beginnings of what spreadsheets take for a formula: OWASP, "CSV Injection"."""


def tags_as_csv(exposures: Sequence[Exposure], tags: Mapping[str, Tag]) -> str:
    """
    Return the tags of exposures as CSV, one line each, those without a tag included.

    Text that a spreadsheet would take for a formula gets an apostrophe before it, which `parse_tags` takes away.

    Parameters
    ----------
    exposures : sequence of Exposure
        The exposures.
    tags : mapping of str to Tag
        Tags by root.
    """
    stream = io.StringIO()
    table = csv.writer(stream, lineterminator="\r\n")
    table.writerow(_COLUMNS)
    for row in _rows(exposures, tags):
        cells = {**row, "anomalies": " ".join(row["anomalies"]), "seen": "yes" if row["seen"] else "no"}
        table.writerow([_as_text(str(cells[name])) for name in _COLUMNS])
    return stream.getvalue()


def tags_as_json(exposures: Sequence[Exposure], tags: Mapping[str, Tag]) -> str:
    """
    Return the tags of exposures as JSON: a list of one object per exposure.

    Parameters
    ----------
    exposures : sequence of Exposure
        The exposures.
    tags : mapping of str to Tag
        Tags by root.
    """
    return json.dumps(_rows(exposures, tags), indent=1) + "\n"


def parse_tags(text: str) -> dict[str, dict[str, Any]]:
    """
    Read what `tags_as_csv` or `tags_as_json` gave, perhaps changed by hand.

    Parameters
    ----------
    text : str
        CSV with the columns exposure and any of verdict, anomalies, comment, seen; or JSON with these keys.

    Returns
    -------
    dict of str to dict
        Changes by root, for `miri_widgets.products.tags.change_tags`; what is not named stays.

    Raises
    ------
    BadTableError
        If it is neither, or a value is not allowed: it says in which line or entry.
    """
    text = text.removeprefix("\ufeff")
    is_json = text.lstrip().startswith(("[", "{"))
    tags: dict[str, dict[str, Any]] = {}
    for source, row in _json_rows(text) if is_json else _csv_rows(text):
        root = str(row.get("exposure") or "").strip()
        if not root:
            raise BadTableError(f"{source} names no exposure", "the column exposure", "add the name")
        values = {name: value for name, value in row.items() if name in _TAG_COLUMNS}
        try:
            tag_from(values)
        except (ParameterError, TypeError) as error:
            raise BadTableError(f"{source}: {error}", "tags as they are exported", "correct it") from error
        tags[root] = values
    return tags


def _rows(exposures: Sequence[Exposure], tags: Mapping[str, Tag]) -> list[dict[str, Any]]:
    rows = []
    for exposure in exposures:
        tag = tags.get(exposure.root, Tag())
        rows.append(
            {
                "exposure": exposure.root, "filter": exposure.filter, "tile": exposure.tile, "dither": exposure.dither,
                "verdict": str(tag.verdict), "anomalies": list(tag.anomalies), "comment": tag.comment,
                "seen": tag.seen,
            }
        )  # fmt: skip
    return rows


def _as_text(cell: str) -> str:
    return "'" + cell if cell.lstrip("'").startswith(_FORMULA) else cell


def _from_text(cell: str) -> str:
    bare = cell.lstrip("'")
    return cell[1:] if bare != cell and bare.startswith(_FORMULA) else cell


def _csv_rows(text: str) -> list[tuple[str, dict[str, Any]]]:
    try:
        table = csv.DictReader(io.StringIO(text, newline=""), strict=True)
        rows = [(f"line {table.line_num}", row) for row in table]
    except csv.Error as error:
        raise BadTableError(f"the table is no CSV ({error})", "CSV or JSON", "export it anew") from error
    if not rows or "exposure" not in rows[0][1]:
        raise BadTableError(
            "the table has no column exposure", ", ".join(_COLUMNS), "export it anew and change that"
        )
    rows_of_tags = []
    for source, row in rows:
        cells: dict[str, Any] = {
            name: _from_text(cell) for name, cell in row.items() if name and cell is not None
        }
        if "anomalies" in cells:
            cells["anomalies"] = cells["anomalies"].split()
        if "seen" in cells:
            cells["seen"] = cells["seen"].strip().lower() in ("yes", "true", "1")
        rows_of_tags.append((source, cells))
    return rows_of_tags


def _json_rows(text: str) -> list[tuple[str, dict[str, Any]]]:
    try:
        rows = json.loads(text)
    except ValueError as error:
        raise BadTableError(f"the table is no JSON ({error})", "CSV or JSON", "export it anew") from error
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise BadTableError("the JSON is no list of exposures", "a list of objects", "export it anew")
    return [(f"entry {number}", row) for number, row in enumerate(rows, 1)]
