"""The shifts of a program, read from its two files."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from miri_widgets.analysis.footprints import read_footprints
from miri_widgets.analysis.shift_diagnostics import ShiftFacts
from miri_widgets.analysis.shift_residuals import star_matches, stored_histograms
from miri_widgets.errors import MiriWidgetsError
from miri_widgets.products.tables.exposure_shifts import read_exposure_shifts
from miri_widgets.products.tables.shift_tables import read_shift_table

__all__ = ["read_shift_facts"]

_MEASURED = "_measured.ecsv"


def read_shift_facts(
    table: Path,
    measured: Path | None = None,
    *,
    files: Mapping[str, Path] | None = None,
    footprints: Mapping[str, Any] | None = None,
    report: Mapping[str, Any] | None = None,
) -> ShiftFacts:
    """
    Read a table of shifts, and what was measured of each exposure where that is at hand.

    Parameters
    ----------
    table : Path
        ``NAME_shifts.ecsv``.
    measured : Path, optional
        ``NAME_shifts_measured.ecsv``; by default the one beside the table.
    files : mapping of str to Path, optional
        Exposures by name without suffix, for their footprints and for the viewer.
    footprints : mapping, optional
        Corners by exposure, for exposures without a file.
    report : mapping, optional
        The step's report: histograms and matched stars.

    Raises
    ------
    MiriWidgetsError
        If the table cannot be read. The other file may be missing or damaged: a sentence says so.
    """
    shifts = read_shift_table(table)
    beside = measured or table.with_name(table.stem + _MEASURED)
    read, sentence = None, ""
    try:
        read = read_exposure_shifts(beside)
    except MiriWidgetsError as error:
        sentence = str(error)
    report, files = report or {}, dict(files or {})
    return ShiftFacts(
        path=Path(table),
        table=shifts,
        measured=read,
        sentence=sentence,
        footprints={**(footprints or {}), **read_footprints(files.values())},
        files=files,
        histograms=stored_histograms(report),
        matches=star_matches(report),
    )
