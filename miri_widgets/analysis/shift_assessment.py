"""A table of shifts from anywhere, judged: groups, robust averages, fall-backs, verdicts."""

from __future__ import annotations

import importlib.metadata
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from miri_widgets.analysis.shift_diagnostics import ShiftFacts
from miri_widgets.analysis.shift_files import read_shift_facts
from miri_widgets.core.shifts.judgement import ShiftRun, trust_run
from miri_widgets.core.shifts.measurements import Measurement, Status
from miri_widgets.errors import BadTableError
from miri_widgets.products.fits_reader import shown_name
from miri_widgets.products.tables.exposure_shifts import ExposureShift, ExposureShifts
from miri_widgets.products.tables.measured_shifts import MeasuredShifts, read_measured_shifts
from miri_widgets.products.tables.shift_tables import ShiftTable

__all__ = ["JudgedShifts", "judge_shifts", "read_any_shifts"]

_UNNAMED = "a catalogue that the file does not name"


@dataclass(frozen=True)
class JudgedShifts:
    """
    What a table of measured shifts is worth.

    Attributes
    ----------
    measured : MeasuredShifts
        As read.
    runs : mapping of str to ShiftRun
        By field and filter, the shortest wavelength first: the longer fall back on the shorter.
    table : ShiftTable
        One row per group, to be applied.
    """

    measured: MeasuredShifts
    runs: Mapping[str, ShiftRun]
    table: ShiftTable


def judge_shifts(
    path: Path, *, made_by: str = "miri_widgets", other_guide_stars: bool = False
) -> JudgedShifts:
    """
    Judge shifts that were measured exposure by exposure.

    Parameters
    ----------
    path : Path
        A table as `miri_widgets.products.tables.measured_shifts.read_measured_shifts` takes it.
    made_by : str
        Origin of the judged table.
    other_guide_stars : bool, optional
        As in `miri_widgets.core.shifts.choices.trust_shifts`.

    Raises
    ------
    MissingFileError, BadTableError
        As `read_measured_shifts`.
    ParameterError
        As `miri_widgets.core.shifts.judgement.trust_run`.
    """
    measured = read_measured_shifts(path)
    runs: dict[str, ShiftRun] = {}
    parts = {name: measured.run(name) for name in dict.fromkeys(measured.runs)}
    for name, part in sorted(parts.items(), key=lambda item: _wavelength(item[1])):
        # other filters of the same field stand in, never another field
        shorter = [
            shift
            for other, run in runs.items()
            if _field(parts[other], other) == _field(part, name)
            for shift in run.shifts
        ]
        runs[name] = trust_run(
            part.measurements,
            part.groups,
            filter_name=part.filters[0],
            shorter=shorter,
            other_guide_stars=other_guide_stars,
        )
    return JudgedShifts(measured, runs, _table(runs, measured, made_by))


def read_any_shifts(path: Path, other_guide_stars: bool = False) -> ShiftFacts:
    """
    Read a table of shifts for the charts: one that is judged as it is, one of measured shifts judged now.

    Parameters
    ----------
    path : Path
        A judged table (``shifts.ecsv``), or one of measured shifts (CSV or ECSV).
    other_guide_stars : bool, optional
        As in `judge_shifts`; says nothing about a table that was judged before.

    Raises
    ------
    MissingFileError, BadTableError
        If it is neither; the sentence is about measured shifts.
    """
    path = Path(path)
    if path.suffix.lower() == ".ecsv":
        try:
            return read_shift_facts(path)
        except BadTableError:
            pass  # no judged one
    judged = judge_shifts(path, other_guide_stars=other_guide_stars)
    return ShiftFacts(path=path, table=judged.table, measured=_by_exposure(judged))


def _by_exposure(judged: JudgedShifts) -> ExposureShifts:
    """Return the measurements with the fall-backs that were found, for the charts."""
    none = math.nan
    rows = [
        ExposureShift(
            measurement, Measurement(measurement.root, measurement.group, none, none, status=Status.FAILED), 0
        )
        for run in judged.runs.values()
        for measurement in run.measurements
    ]
    filters = [name for name in dict.fromkeys(judged.measured.filters) if name]
    return ExposureShifts(", ".join(filters), "", "", tuple(sorted(rows, key=lambda row: row.root)))


def _table(runs: Mapping[str, ShiftRun], measured: MeasuredShifts, made_by: str) -> ShiftTable:
    notes = list(measured.notes)
    for name, run in runs.items():
        notes.append(f"{name}: {run.solution.gauge}")
        notes += [f"{name}: {shared.sentence}" for shared in run.shared]
        notes += [
            f"{shift.group.name}: {shift.reason}; takes {shift.source}"
            for shift in run.shifts
            if not shift.own
        ]
    programs = sorted({part for group in measured.groups for part in group.program.split("+") if part})
    return ShiftTable(
        tuple(shift for run in runs.values() for shift in run.shifts),
        program="+".join(programs),
        reference_catalog=""
        if all(measurement.relative for measurement in measured.measurements)
        else _UNNAMED,
        made_by=f"{made_by} {shown_name(measured.path)}",
        versions={"miri_widgets": importlib.metadata.version("miri_widgets")},
        notes=tuple(notes),
    )


def _field(table: MeasuredShifts, run: str) -> str:
    """Field or program of a run, whose name ends in its filter."""
    return run.removesuffix(table.filters[0]).strip()


def _wavelength(table: MeasuredShifts) -> int:
    """The number in the filter's name; 0 when the file names none."""
    return int("".join(letter for letter in table.filters[0] if letter.isdecimal()) or 0)
