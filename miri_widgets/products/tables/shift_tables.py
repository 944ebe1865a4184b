"""
The shifts of a program in one ECSV file: one row per group, readable by a person, loaded by any other
program.

Columns: group, observation, visit, guide_star, filter (measured in), dx, dy, dx_err, dy_err (arcsec along
RA cos(Dec) and Dec), corr, rotation (deg), n_exposures, n_used, verdict, reason, source, mjd, exposures. A group with the
verdict FAIL and nothing to take has no numbers.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from miri_widgets.core.shifts.choices import TrustedShift
from miri_widgets.core.shifts.groups import Group, Pointed
from miri_widgets.core.shifts.verdicts import Verdict
from miri_widgets.errors import BadTableError
from miri_widgets.products.atomic import new_file
from miri_widgets.products.fits_reader import shown_name
from miri_widgets.products.tables import FileTable, read_table

__all__ = ["FRAME", "ShiftTable", "compare_tables", "read_shift_table", "write_shift_table"]

FRAME = "ICRS; dx is added to RA cos(Dec), dy to Dec"
"""What the numbers of a table mean; a file that says something else is not read."""

_UNITS = {
    "dx": "arcsec",
    "dy": "arcsec",
    "dx_err": "arcsec",
    "dy_err": "arcsec",
    "rotation": "deg",
    "mjd": "d",
}
_NUMBERS = ("dx", "dy", "dx_err", "dy_err", "corr", "rotation", "mjd")
_COUNTS = ("n_exposures", "n_used")
_ORDER = (
    "group", "program", "observation", "visit", "guide_star", "filter", "dx", "dy", "dx_err", "dy_err",
    "corr", "rotation", "n_exposures", "n_used", "verdict", "source", "reason", "mjd", "exposures", "times",
    "target", "displaced",
)  # fmt: skip
_NEEDED = ("group", "dx", "dy", "verdict")


@dataclass(frozen=True)
class ShiftTable:
    """
    The shifts of a program.

    Attributes
    ----------
    shifts : tuple of TrustedShift
        One per group and filter.
    program : str
        Program number, or the program's name.
    reference_catalog : str
        Absolute catalogue; empty when there was none.
    made_by : str
        Who or what made the table.
    versions : mapping of str to str
        Of the software.
    notes : tuple of str
        Sentences that the user of the table must know: zero point, groups that are not connected, fall-backs.
    """

    shifts: tuple[TrustedShift, ...]
    program: str = ""
    reference_catalog: str = ""
    made_by: str = ""
    versions: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def shift_for(self, exposure: Pointed, filter_name: str = "") -> TrustedShift | None:
        """
        Return the shift of an exposure of any filter; None when its visit is not in the table.

        Parameters
        ----------
        exposure : Pointed
            Header facts.
        filter_name : str
            Its filter; a row that was measured in it is preferred to others, one with a shift to
            one without.

        Notes
        -----
        By the exposure's name where a row lists it, else by visit and guide star; of the parts of a split
        group, the nearest in time.
        """
        rows = [shift for shift in self.shifts if exposure.root in shift.group.roots]
        rows = rows or [shift for shift in self.shifts if _belongs(exposure, shift.group)]
        return min(
            rows,
            key=lambda row: (
                not row.known,
                row.filter != filter_name,
                _apart(row.group.mjd, exposure.start_mjd),
            ),
            default=None,
        )

    def uncovered(self, exposures: Iterable[Pointed]) -> tuple[str, ...]:
        """
        Return the names of exposures that the table has no shift for.

        Parameters
        ----------
        exposures : iterable of Pointed
            The exposures.
        """
        rows = {exposure.root: self.shift_for(exposure) for exposure in exposures}
        return tuple(root for root, shift in rows.items() if shift is None or not shift.known)


def write_shift_table(table: ShiftTable, path: Path) -> None:
    """
    Write a table as ECSV, atomically; reading it gives the same table.

    Parameters
    ----------
    table : ShiftTable
        What to write.
    path : Path
        Where to write.

    Raises
    ------
    NotWritableError, DiskFullError
        If it cannot be written.
    """
    from astropy.table import Table

    rows = [_to_row(shift) for shift in table.shifts]
    columns = {name: [row[name] for row in rows] for name in _ORDER}
    ecsv = Table(columns, dtype=[_dtype(name) for name in _ORDER])
    for name, unit in _UNITS.items():
        ecsv[name].unit = unit
    ecsv.meta |= {
        "program": table.program,
        "frame": FRAME,
        "reference_catalog": table.reference_catalog,
        "made_by": table.made_by,
        "versions": dict(table.versions),
        "notes": list(table.notes),
    }
    with new_file(Path(path)) as temporary:
        ecsv.write(temporary, format="ascii.ecsv", overwrite=True)


def read_shift_table(path: Path) -> ShiftTable:
    """
    Read a table of shifts, of this or another program.

    Parameters
    ----------
    path : Path
        The file.

    Raises
    ------
    MissingFileError
        If there is no such file.
    BadTableError
        If it is no table of shifts, or one in another frame.
    """
    path = Path(path)
    remedy = "choose another file, or make one with: miri-widgets shifts FILE.csv --out FILE.ecsv"
    table = read_table(path, "a table of shifts as this package writes it", remedy)
    missing = [name for name in _NEEDED if table.find((name,)) < 0]
    if missing:
        raise table.wrong(
            f"has no column {', '.join(missing)}", "a table of shifts with " + ", ".join(_NEEDED), remedy
        )
    if table.meta.get("frame") != FRAME:
        raise table.wrong(
            f"says frame {str(table.meta.get('frame'))[:60]!r}",
            FRAME,
            "convert the shifts and write that frame into its header",
        )
    shifts = _shifts(table)
    _check(shifts, path)
    meta = table.meta
    return ShiftTable(
        shifts,
        str(meta.get("program", "")),
        str(meta.get("reference_catalog", "")),
        str(meta.get("made_by", "")),
        {str(name): str(value) for name, value in (meta.get("versions") or {}).items()},
        (*(str(note) for note in meta.get("notes") or ()), *table.notes),
    )


def compare_tables(table: ShiftTable, other: ShiftTable, *, tolerance: float = 0.0005) -> tuple[str, ...]:
    """
    Tell in sentences how a table differs from another, such as one edited by hand from the measured one.

    Parameters
    ----------
    table, other : ShiftTable
        The trusted one, and the one to look at.
    tolerance : float
        Arcsec; smaller differences are not reported.

    Returns
    -------
    tuple of str
        Empty when they agree.
    """
    mine = {(shift.group.name, shift.filter): shift for shift in table.shifts}
    theirs = {(shift.group.name, shift.filter): shift for shift in other.shifts}
    differences = []
    for key, shift in mine.items():
        name = " in ".join(part for part in key if part)
        if key not in theirs:
            differences.append(f"{name} is missing in the other table.")
        elif sentence := _difference(name, (shift.dx, shift.dy), (theirs[key].dx, theirs[key].dy), tolerance):
            differences.append(sentence)
    differences += [f"{' in '.join(key)} is only in the other table." for key in theirs if key not in mine]
    return tuple(differences)


def _difference(name: str, mine: tuple[float, float], theirs: tuple[float, float], tolerance: float) -> str:
    """What happened to one pair of numbers; empty when nothing did."""
    lacking = [not all(map(math.isfinite, pair)) for pair in (mine, theirs)]
    if all(lacking):
        return ""
    if any(lacking):
        return f"{name} has no shift in {'this' if lacking[0] else 'the other'} table."
    both = f"({theirs[0]:+.4f}, {theirs[1]:+.4f}) instead of ({mine[0]:+.4f}, {mine[1]:+.4f}) arcsec"
    if _near(mine, theirs, tolerance):
        return ""
    if _near(mine, (theirs[1], theirs[0]), tolerance):
        return f"{name}: dx and dy are exchanged: {both}."
    lost = [
        axis
        for axis, ours, value in zip(("dx", "dy"), mine, theirs, strict=True)
        if abs(ours - value) > tolerance and abs(ours + value) <= max(tolerance, 0.02 * abs(ours))
    ]
    if lost:
        return f"{name}: the sign of {' and of '.join(lost)} was lost: {both}."
    apart = math.hypot(mine[0] - theirs[0], mine[1] - theirs[1])
    return f"{name} differs by {apart * 1000:.1f} mas: {both}."


def _near(first: tuple[float, float], other: tuple[float, float], tolerance: float) -> bool:
    return max(abs(first[0] - other[0]), abs(first[1] - other[1])) <= tolerance


def _belongs(exposure: Pointed, group: Group) -> bool:
    """Whether an exposure that no row lists is of a group's visit and guide star."""
    if group.displaced:
        return False
    same = (
        exposure.program in group.program.split("+")
        and exposure.observation in group.observation.split("+")
        and exposure.visit in group.visit.split("+")
    )
    return same and (
        not exposure.guide_star or not group.guide_star or exposure.guide_star in group.guide_star.split("+")
    )


def _apart(mjd: float, other: float) -> float:
    apart = abs(mjd - other)
    return apart if math.isfinite(apart) else math.inf


def _dtype(name: str) -> str:
    return "f8" if name in _NUMBERS else "i8" if name in _COUNTS else "str"


def _to_row(shift: TrustedShift) -> dict[str, Any]:
    group = shift.group
    return {
        "group": group.name, "program": group.program, "observation": group.observation, "visit": group.visit,
        "guide_star": group.guide_star, "filter": shift.filter,
        "dx": shift.dx, "dy": shift.dy, "dx_err": shift.dx_err, "dy_err": shift.dy_err, "corr": shift.corr,
        "rotation": shift.rotation, "n_exposures": shift.exposures, "n_used": shift.used,
        "verdict": str(shift.verdict), "source": shift.source, "reason": shift.reason, "mjd": group.mjd,
        "exposures": " ".join(group.roots), "times": " ".join(repr(time) for time in group.times),
        "target": group.target, "displaced": "yes" if group.displaced else "",
    }  # fmt: skip


def _shifts(table: FileTable) -> tuple[TrustedShift, ...]:
    """Rows as shifts: numbers in the units of this package, whatever those of the file."""
    from astropy import units

    columns = {name: table.find((name,)) for name in (*_NUMBERS, *_COUNTS)}
    numbers = {
        name: table.numbers(column, units.Unit(_UNITS[name]) if name in _UNITS else None)
        for name, column in columns.items()
        if column >= 0
    }
    if table.notes:  # a shift that cannot be read must not be taken for one that is missing
        raise table.wrong(f"cannot be read ({table.notes[0]})", "numbers and whole rows", "correct that row")
    texts = {
        name: table.text(column)
        for name in _ORDER
        if name not in columns and (column := table.find((name,))) >= 0
    }
    return tuple(
        _from_row(
            {name: cells[row] for name, cells in texts.items()},
            {name: float(values[row]) for name, values in numbers.items()},
            table,
            row,
        )
        for row in range(len(table))
    )


def _from_row(
    text: Mapping[str, str], number: Mapping[str, float], table: FileTable, row: int
) -> TrustedShift:
    def cell(name: str) -> str:
        return text.get(name, "")

    def value(name: str, default: float = math.nan) -> float:
        value_of_row = number.get(name, default)
        return value_of_row if math.isfinite(value_of_row) else default

    try:
        times = tuple(float(time) for time in cell("times").split())
        return TrustedShift(
            Group(
                cell("group"), tuple(cell("exposures").split()), cell("program"), cell("observation"),
                cell("visit"), cell("guide_star"), times, cell("target"), cell("displaced").lower() == "yes",
            ),
            cell("filter"), value("dx"), value("dy"), value("dx_err"), value("dy_err"), value("corr"),
            value("rotation", 0.0), int(value("n_exposures", 0)), int(value("n_used", 0)),
            Verdict(cell("verdict")), cell("reason"), cell("source"),
        )  # fmt: skip
    except ValueError as error:
        raise BadTableError(
            f"{shown_name(table.path)}: {table.sources[row]} ({cell('group')}) cannot be read ({str(error)[:80]})",
            "numbers, and a verdict of PASS, WEAK or FAIL",
            "correct that row",
        ) from error


def _check(shifts: Sequence[TrustedShift], path: Path) -> None:
    seen: set[tuple[str, str]] = set()
    for shift in shifts:
        finite = math.isfinite(shift.dx), math.isfinite(shift.dy)
        if not all(finite) and (any(finite) or shift.verdict is not Verdict.FAIL):
            raise BadTableError(
                f"{shown_name(path)}: {shift.group.name} has no shift",
                "finite dx and dy, or the verdict FAIL and neither",
                "correct or remove that row",
            )
        if (key := (shift.group.name, shift.filter)) in seen:
            raise BadTableError(
                f"{shown_name(path)}: {shift.group.name} has two rows",
                "one per group and filter",
                "remove one",
            )
        seen.add(key)
