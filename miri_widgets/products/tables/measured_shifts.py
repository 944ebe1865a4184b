"""
Tables of shifts that were measured exposure by exposure: CSV or ECSV, from any pipeline.

Needed are a column with the exposure's file name and two with its shift; see `COLUMNS` for the names that are
understood. Example::

    field,exposure,dx_arcsec,dy_arcsec,guidestar
    LMC,jw01040001001_03101_00001,0.1046129,-0.10911081,S1HP090792
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from miri_widgets.core.shifts.groups import Group, group_exposures
from miri_widgets.core.shifts.measurements import Measurement, Status
from miri_widgets.errors import BadTableError
from miri_widgets.products.fits_reader import shown_name
from miri_widgets.products.tables import FileTable, read_table

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
"""Names of columns that are understood; the unit of lengths is that of the header or of the name, else arcsec."""

_NUMBERS = ("dx", "dy", "sigma", "rms", "matches", "significance", "rotation", "mjd")
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
    notes : tuple of str
        Rows that were left out, and values that could not be read.
    """

    measurements: tuple[Measurement, ...]
    runs: tuple[str, ...]
    groups: tuple[Group, ...]
    filters: tuple[str, ...]
    path: Path
    notes: tuple[str, ...] = ()

    def run(self, name: str) -> MeasuredShifts:
        """
        Return one run of the file.

        Parameters
        ----------
        name : str
            Name of the run.
        """
        rows = [index for index, run in enumerate(self.runs) if run == name]
        names = {self.measurements[index].group for index in rows}
        return MeasuredShifts(
            tuple(self.measurements[index] for index in rows),
            tuple(self.runs[index] for index in rows),
            tuple(group for group in self.groups if group.name in names),
            tuple(self.filters[index] for index in rows),
            self.path,
            self.notes,
        )


@dataclass(frozen=True)
class _Row:
    """One line, as text by our names; it has what grouping asks for."""

    source: str
    text: Mapping[str, str]
    number: Mapping[str, float]
    root: str
    program: str
    observation: str
    visit: str
    guide_star: str
    start_mjd: float
    target: str


def read_measured_shifts(path: Path) -> MeasuredShifts:
    """
    Read shifts that were measured exposure by exposure.

    Parameters
    ----------
    path : Path
        Any table that `miri_widgets.products.tables.read_table` takes.

    Returns
    -------
    MeasuredShifts
        An exposure without a shift, or with one that is no number, is kept, as failed.

    Raises
    ------
    MissingFileError
        If there is no such file.
    BadTableError
        If it is no such table: the sentence names the column or the line.
    """
    path = Path(path)
    table = read_table(path, "a CSV or ECSV file with one line per exposure", "choose the table of shifts")
    chosen = _choose(table)
    texts = {what: table.text(index) for what, index in chosen.items() if what not in _NUMBERS}
    numbers = {
        what: table.numbers(index, *_units(what)) for what, index in chosen.items() if what in _NUMBERS
    }
    rows = [
        _row(table, row, {what: cells[row] for what, cells in texts.items()},
             {what: float(values[row]) for what, values in numbers.items()})
        for row in range(len(table))
    ]  # fmt: skip
    _check_names(rows, path)
    if table.notes and not any(math.isfinite(row.number["dx"] + row.number["dy"]) for row in rows):
        raise table.wrong(
            f"has no row with a shift ({table.notes[0]})", "numbers in dx and dy", "correct its rows"
        )
    rows = _distinguished(rows)
    groups = _groups(rows)
    owner = {root: group.name for group in groups for root in group.roots}
    return MeasuredShifts(
        tuple(_measurement(row, owner[row.root], path) for row in rows),
        _runs(rows),
        groups,
        tuple(row.text.get("filter", "").upper() for row in rows),
        path,
        tuple(table.notes),
    )


def _units(what: str) -> tuple[Any, Any]:
    """Unit that a number is wanted in, and that of a column without one."""
    from astropy import units

    if what in ("dx", "dy", "sigma", "rms"):
        return units.arcsec, units.arcsec
    return {"rotation": (units.deg, units.deg), "mjd": (units.d, units.d)}.get(what, (None, None))


def _choose(table: FileTable) -> dict[str, int]:
    """Columns by our names."""
    chosen = {what: index for what, names in COLUMNS.items() if (index := table.find(names)) >= 0}
    missing = [what for what in ("root", "dx", "dy") if what not in chosen]
    if not missing:
        return chosen
    names = [name.lower() for name in table.names]
    odd = [name for name in names if re.match(r"(d?v2|d?v3)", name)]
    if odd:
        raise table.wrong(
            f"has shifts along V2 and V3 ({', '.join(odd)})", "shifts along RA cos(Dec) and Dec",
            "turn them by the roll angle and name them dx_arcsec, dy_arcsec",
        )  # fmt: skip
    pixels = [name for name in names if re.match(r"d[xy]_?pix", name)]
    if pixels:
        raise table.wrong(f"has shifts in pixels ({', '.join(pixels)})", "arcsec on the sky", "convert them")
    expected = {"root": "exposure", "dx": "dx_arcsec", "dy": "dy_arcsec"}
    lacking = " nor ".join(expected[what] for what in missing)
    raise table.wrong(
        f"has no column {lacking} (it has {', '.join(names)[:100]})",
        "exposure, dx_arcsec, dy_arcsec and, if known, guidestar, filter, matches, rms",
        "rename its columns or choose the table of shifts",
    )  # fmt: skip


def _row(table: FileTable, index: int, text: Mapping[str, str], number: Mapping[str, float]) -> _Row:
    match = _NAME.search(Path(text["root"]).name)
    if match is None and not text.get("group"):
        raise table.wrong(
            f"names an exposure {text['root'][:60]!r} in {table.sources[index]}",
            "a JWST name such as jw01040001001_03101_00001, or a column group",
            "write names as the archive gives them",
        )  # fmt: skip
    root, program, observation, visit = match.groups() if match else (text["root"], "", "", "")
    return _Row(
        table.sources[index], text, number, root.lower() if match else root, program, observation, visit,
        text.get("guide_star", ""), number.get("mjd", math.nan), text.get("field", ""),
    )  # fmt: skip


def _check_names(rows: Sequence[_Row], path: Path) -> None:
    seen: dict[str, str] = {}
    for row in rows:
        if row.root in seen:
            raise _wrong(
                path, f"has {row.root} in {seen[row.root]} and again in {row.source}",
                "one line per exposure", "remove one of them",
            )  # fmt: skip
        seen[row.root] = row.source


def _distinguished(rows: Sequence[_Row]) -> list[_Row]:
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
    owners: dict[str, set[str]] = {}
    for row in rows:
        owners.setdefault(row.text.get("group", ""), set()).add(row.program)
    for row in rows:
        if label := row.text.get("group"):
            # one label in two programs is two groups
            name = f"jw{row.program}:{label}" if len(owners[label]) > 1 and row.program else label
            named.setdefault(name, []).append(row)
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
                _values(row.target for row in ordered),
            )
        )
    return tuple(sorted(groups, key=lambda group: group.name))


def _values(cells: Iterable[str]) -> str:
    return "+".join(sorted(set(cells) - {""}))


def _runs(rows: Sequence[_Row]) -> tuple[str, ...]:
    """Field, or program, and filter; a field of several programs is a run in each: shifts never cross programs."""
    programs: dict[str, set[str]] = {}
    for row in rows:
        programs.setdefault(row.target, set()).add(row.program)
    runs = []
    for row in rows:
        several = bool(row.target) and len(programs[row.target]) > 1
        cells = (
            row.target,
            row.program if several or not row.target else "",
            row.text.get("filter", "").upper(),
        )
        runs.append(" ".join(cell for cell in cells if cell))
    return tuple(runs)


def _field(row: _Row) -> str:
    return row.target or row.program


def _measurement(row: _Row, group: str, path: Path) -> Measurement:
    def number(what: str) -> float:
        return row.number.get(what, math.nan)

    dx, dy, sigma, matches = number("dx"), number("dy"), number("sigma"), number("matches")
    if max(abs(dx), abs(dy)) > _LARGEST:
        raise _wrong(
            path, f"shifts {row.root} by {max(abs(dx), abs(dy)):g} arcsec in {row.source}",
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


def _status(text: str) -> Status:
    """Words of ours; any other (tweakreg says COMPLETE whatever happened) says nothing."""
    return Status(text.lower()) if text.lower() in set(Status) else Status.MEASURED


def _wrong(path: Path, found: str, expected: str, remedy: str) -> BadTableError:
    return BadTableError(f"{shown_name(path)} {found}", expected, remedy)
