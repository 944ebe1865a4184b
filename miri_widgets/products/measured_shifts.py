"""
Tables of shifts that were measured exposure by exposure: CSV or ECSV, from any pipeline.

Needed are a column with the exposure's file name and two with its shift; see `COLUMNS` for the names that are
understood. Example::

    field,exposure,dx_arcsec,dy_arcsec,guidestar
    LMC,jw01040001001_03101_00001,0.1046129,-0.10911081,S1HP090792
"""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from miri_widgets.core.shift_groups import Group, group_exposures
from miri_widgets.core.shift_measurements import Measurement, Status
from miri_widgets.errors import BadTableError, MissingFileError
from miri_widgets.products.fits_files import shown_name

__all__ = ["COLUMNS", "MeasuredShifts", "read_measured_shifts"]

COLUMNS: Mapping[str, tuple[str, ...]] = {
    "root": ("exposure", "root", "file", "filename", "image", "name"),
    "dx": ("dx", "dra", "dra_cosdec", "shift_ra"),
    "dy": ("dy", "ddec", "shift_dec"),
    "sigma": ("sigma", "err"),
    "rms": ("rms", "rmse"),
    "guide_star": ("guidestar", "guide_star", "gs_id", "gdstarid"),
    "filter": ("filter",),
    "field": ("field", "run", "target"),
    "group": ("group",),
    "matches": ("matches", "nmatches", "n_matches"),
    "significance": ("significance",),
    "status": ("status",),
    "relative": ("relative",),
    "rotation": ("rotation",),
    "mjd": ("mjd", "start_mjd"),
}
"""Names of columns that are understood; those of lengths may end in ``_arcsec`` (the default) or ``_mas``."""

_LENGTHS = ("dx", "dy", "sigma", "rms")
_UNITS = {"": 1.0, "_arcsec": 1.0, "_mas": 1e-3}
_NAME = re.compile(r"(jw(\d{5})(\d{3})(\d{3})_[0-9a-z]{5}_\d{5}(?:-seg\d{3})?(?:_mirimage)?)", re.IGNORECASE)
_LARGEST = 60.0
"""Arcsec; guide-star errors are below 2, and search radii below 30."""


@dataclass(frozen=True)
class MeasuredShifts:
    """
    Shifts by exposure, as read.

    Attributes
    ----------
    measurements : tuple of Measurement
        In the order of the file.
    runs : tuple of str
        Field (or program) and filter of each: exposures that were aligned together.
    groups : tuple of Group
        By visit and guide star, or as the file says.
    filters : tuple of str
        Filter of each measurement; empty when the file does not say.
    path : Path
        The file.
    """

    measurements: tuple[Measurement, ...]
    runs: tuple[str, ...]
    groups: tuple[Group, ...]
    filters: tuple[str, ...]
    path: Path

    def run(self, name: str) -> MeasuredShifts:
        """Return one run of the file."""
        rows = [index for index, run in enumerate(self.runs) if run == name]
        names = {self.measurements[index].group for index in rows}
        return MeasuredShifts(
            tuple(self.measurements[index] for index in rows),
            tuple(self.runs[index] for index in rows),
            tuple(group for group in self.groups if group.name in names),
            tuple(self.filters[index] for index in rows),
            self.path,
        )


@dataclass(frozen=True)
class _Row:
    """One line, as text by our names; it has what grouping asks for."""

    line: int
    text: Mapping[str, str]
    root: str
    program: str
    observation: str
    visit: str
    guide_star: str
    start_mjd: float


def read_measured_shifts(path: Path) -> MeasuredShifts:
    """
    Read shifts that were measured exposure by exposure.

    Parameters
    ----------
    path : Path
        A CSV (comma, semicolon or tab) or ECSV file.

    Returns
    -------
    MeasuredShifts
        An exposure without finite shift is kept, as failed.

    Raises
    ------
    MissingFileError
        If there is no such file.
    BadTableError
        If it is no such table: the sentence names the column or the line.
    """
    path = Path(path)
    names, lines = _records(path)
    chosen = _choose(names, path)
    rows = [_row(number, dict(zip(names, line, strict=False)), chosen, path) for number, line in lines]
    if not rows:
        raise _wrong(path, "has no lines below its header", "one line per exposure", "give the whole table")
    _check_names(rows, path)
    units = {what: _unit(chosen[what]) for what in _LENGTHS if what in chosen}
    rows = _told_apart(rows)
    groups = _groups(rows)
    owner = {root: group.name for group in groups for root in group.roots}
    return MeasuredShifts(
        tuple(_measurement(row, owner[row.root], units, path) for row in rows),
        tuple(_run(row) for row in rows),
        groups,
        tuple(row.text.get("filter", "").upper() for row in rows),
        path,
    )


def _records(path: Path) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """The header and the lines below it, with their numbers, as text."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError as error:
        raise MissingFileError(
            f"no file {shown_name(path)}", f"a file in {path.parent}", "correct its name"
        ) from error
    except IsADirectoryError as error:
        raise _wrong(path, "is a folder", "a CSV or ECSV file", "choose a file in it") from error
    except UnicodeDecodeError as error:
        raise _wrong(path, "is no text file", "a CSV or ECSV file", "choose the table of shifts") from error
    numbered = [
        (number, line)
        for number, line in enumerate(text.splitlines(), start=1)
        if line.strip() and not line.lstrip().startswith("#")
    ]
    if not numbered:
        raise _wrong(path, "is empty", "a header and one line per exposure", "choose the table of shifts")
    separator = _separator(text, numbered[0][1])
    parsed = [
        (number, [cell.strip() for cell in next(csv.reader(io.StringIO(line), delimiter=separator))])
        for number, line in numbered
    ]
    # "dx [arcsec]" is dx_arcsec
    names = [re.sub(r"[\s\[\]()]+", "_", name.lower()).strip("_") for name in parsed[0][1]]
    return names, parsed[1:]


def _separator(text: str, header: str) -> str:
    if text.startswith("# %ECSV"):
        return "," if "delimiter: ','" in text else " "
    return max(",;\t", key=header.count)


def _choose(names: Sequence[str], path: Path) -> dict[str, str]:
    """Our names to the file's."""
    chosen = {}
    for what, words in COLUMNS.items():
        endings = tuple(_UNITS) if what in _LENGTHS else ("",)
        known = [word + ending for word in words for ending in endings]
        if found := [name for name in names if name in known]:
            if len(found) > 1 and what in ("dx", "dy"):
                raise _wrong(path, f"has the columns {' and '.join(found)}", "one of them", "remove one")
            chosen[what] = min(found, key=known.index)
    missing = [what for what in ("root", "dx", "dy") if what not in chosen]
    if not missing:
        return chosen
    odd = [name for name in names if re.match(r"(d?v2|d?v3)", name)]
    if odd:
        raise _wrong(
            path, f"has shifts along V2 and V3 ({', '.join(odd)})", "shifts along RA cos(Dec) and Dec",
            "turn them by the roll angle and name them dx_arcsec, dy_arcsec",
        )  # fmt: skip
    pixels = [name for name in names if re.match(r"d[xy]_?pix", name)]
    if pixels:
        raise _wrong(path, f"has shifts in pixels ({', '.join(pixels)})", "arcsec on the sky", "convert them")
    expected = {"root": "exposure", "dx": "dx_arcsec", "dy": "dy_arcsec"}
    lacking = " nor ".join(expected[what] for what in missing)
    raise _wrong(
        path, f"has no column {lacking} (it has {', '.join(names)[:100]})",
        "exposure, dx_arcsec, dy_arcsec and, if known, guidestar, filter, matches, rms",
        "rename its columns or choose the table of shifts",
    )  # fmt: skip


def _row(number: int, cells: Mapping[str, str], chosen: Mapping[str, str], path: Path) -> _Row:
    text = {what: cells.get(name, "") for what, name in chosen.items()}
    match = _NAME.search(Path(text["root"]).name)
    if match is None and not text.get("group"):
        raise _wrong(
            path, f"names an exposure {text['root'][:60]!r} in line {number}",
            "a JWST name such as jw01040001001_03101_00001, or a column group",
            "write names as the archive gives them",
        )  # fmt: skip
    root, program, observation, visit = match.groups() if match else (text["root"], "", "", "")
    star = text.get("guide_star", "")
    return _Row(
        number, text, root.lower() if match else root, program, observation, visit,
        "" if star.lower() in ("nan", "none", "n/a", "-") else star,
        _number(text.get("mjd", ""), "mjd", number, path),
    )  # fmt: skip


def _check_names(rows: Sequence[_Row], path: Path) -> None:
    seen: dict[str, int] = {}
    for row in rows:
        if row.root in seen:
            raise _wrong(
                path, f"has {row.root} in line {seen[row.root]} and again in line {row.line}",
                "one line per exposure", "remove one of them",
            )  # fmt: skip
        seen[row.root] = row.line


def _told_apart(rows: Sequence[_Row]) -> list[_Row]:
    """Put the field before the names of groups that are given in several fields: each field has its own."""
    fields: dict[str, set[str]] = {}
    for row in rows:
        fields.setdefault(row.text.get("group", ""), set()).add(_field(row))
    return [
        replace(row, text={**row.text, "group": f"{_field(row)} {group}"})
        if (group := row.text.get("group", "")) and len(fields[group]) > 1
        else row
        for row in rows
    ]


def _groups(rows: Sequence[_Row]) -> tuple[Group, ...]:
    """By visit and guide star; rows that name their group are grouped as they say."""
    named: dict[str, list[_Row]] = {}
    for row in rows:
        if row.text.get("group"):
            named.setdefault(row.text["group"], []).append(row)
    groups = list(group_exposures(row for row in rows if not row.text.get("group")))
    for name, members in named.items():
        ordered = sorted(members, key=lambda row: row.root)
        groups.append(
            Group(
                name,
                tuple(row.root for row in ordered),
                _values(row.program for row in ordered),
                _values(row.observation for row in ordered),
                _values(row.visit for row in ordered),
                _values(row.guide_star for row in ordered),
                tuple(row.start_mjd for row in ordered),
            )
        )
    return tuple(sorted(groups, key=lambda group: group.name))


def _values(words: Iterable[str]) -> str:
    return "+".join(sorted(set(words) - {""}))


def _field(row: _Row) -> str:
    return row.text.get("field", "") or row.program


def _run(row: _Row) -> str:
    return " ".join(word for word in (_field(row), row.text.get("filter", "").upper()) if word)


def _measurement(row: _Row, group: str, units: Mapping[str, float], path: Path) -> Measurement:
    def number(what: str) -> float:
        return _number(row.text.get(what, ""), what, row.line, path) * units.get(what, 1.0)

    dx, dy, sigma, matches = number("dx"), number("dy"), number("sigma"), number("matches")
    if max(abs(dx), abs(dy)) > _LARGEST:
        raise _wrong(
            path, f"shifts {row.root} by {max(abs(dx), abs(dy)):g} arcsec in line {row.line}",
            f"less than {_LARGEST:g} arcsec", "give shifts in arcsec, or name the columns dx_mas, dy_mas",
        )  # fmt: skip
    status = _status(row.text.get("status", ""))
    if not (math.isfinite(dx) and math.isfinite(dy)):
        status = Status.FAILED
    return Measurement(
        row.root, group, dx, dy,
        sigma=sigma if sigma > 0 else math.nan,
        matches=int(matches) if math.isfinite(matches) else None,
        rms=number("rms"),
        status=status,
        relative=row.text.get("relative", "").lower() in ("true", "1", "yes"),
        significance=number("significance"),
        rotation=number("rotation"),
    )  # fmt: skip


def _status(word: str) -> Status:
    """Words of ours; any other (tweakreg says COMPLETE whatever happened) says nothing."""
    return Status(word.lower()) if word.lower() in set(Status) else Status.MEASURED


def _number(text: str, what: str, line: int, path: Path) -> float:
    if text.lower() in ("", "nan", "none", "--", "null"):
        return math.nan
    try:
        value = float(text)
    except ValueError as error:
        raise _wrong(path, f"has {what} = {text[:40]!r} in line {line}", "a number", "correct it") from error
    return value if math.isfinite(value) else math.nan


def _unit(name: str) -> float:
    return next((factor for ending, factor in _UNITS.items() if ending and name.endswith(ending)), 1.0)


def _wrong(path: Path, found: str, expected: str, remedy: str) -> BadTableError:
    return BadTableError(f"{shown_name(path)} {found}", expected, remedy)
