"""Assess a table of measured shifts: groups, robust and plain shifts, verdicts."""

from __future__ import annotations

import argparse
import math
from collections.abc import Mapping, Sequence

import numpy as np

from miri_widgets.analysis.shift_assessment import judge_shifts
from miri_widgets.core.shifts.fallbacks import COARSEST, rounding
from miri_widgets.core.shifts.judgement import ShiftRun
from miri_widgets.core.shifts.verdicts import Verdict
from miri_widgets.products.checks import shift_signs
from miri_widgets.products.fits_reader import shown_name
from miri_widgets.products.tables.shift_tables import compare_tables, read_shift_table, write_shift_table

__all__ = ["report", "run_shifts"]


def run_shifts(options: argparse.Namespace) -> int:
    """
    Solve the shifts of a table, print the assessment and, if requested, compare and write them.

    Parameters
    ----------
    options : Namespace
        Parsed options of ``miri-widgets shifts``.

    Returns
    -------
    int
        Exit status, 0.
    """
    assessment = judge_shifts(
        options.file, made_by="miri-widgets shifts", other_guide_stars=options.other_guide_stars
    )
    runs, table = assessment.runs, assessment.table
    print(report(runs, exposures=options.exposures))
    for line in shift_signs(table):
        print(line)
    if options.compare:
        differences = compare_tables(table, read_shift_table(options.compare))
        print("\n".join(differences) or f"{shown_name(options.compare)} agrees within 0.5 mas.")
    if options.out:
        write_shift_table(table, options.out)
        print(f"written to {options.out}")
    return 0


def report(runs: Mapping[str, ShiftRun], *, exposures: bool = False) -> str:
    """
    Format groups, shifts, verdicts and fall-backs as text.

    Parameters
    ----------
    runs : mapping of str to ShiftRun
        Solved runs by name.
    exposures : bool
        Whether to list every exposure, too.

    Returns
    -------
    str
        The text, several lines.
    """
    lines = ["Shifts in arcsec, added to RA cos(Dec) and Dec.", ""]
    for name, run in runs.items():
        lines += [*_run_lines(name, run), *(_exposure_lines(run) if exposures else ()), ""]
    verdicts = [shift.verdict for run in runs.values() for shift in run.shifts]
    counts = ", ".join(f"{verdicts.count(verdict)} {verdict}" for verdict in Verdict)
    fallbacks = sum(len(group.members) for run in runs.values() for group in run.shared)
    lines.append(f"{len(verdicts)} groups: {counts}; {fallbacks} exposures are fall-backs and left out.")
    return "\n".join(lines)


def _run_lines(name: str, run: ShiftRun) -> list[str]:
    table = [("group", "used", "robust dx", "dy", "+-mas", "plain dx", "dy", "verdict", "reason")]
    for shift in run.shifts:
        solved = run.solution.shifts[shift.group.name]
        plain = run.plain.get(shift.group.name, (math.nan, math.nan))
        table.append(
            (
                shift.group.name, f"{solved.used}/{solved.exposures}", _signed(solved.dx), _signed(solved.dy),
                _mas(max(solved.dx_err, solved.dy_err)), _signed(plain[0], 9), _signed(plain[1], 9),
                str(shift.verdict), shift.reason,
            )
        )  # fmt: skip
    count = len(run.measurements)
    lines = [f"{name}: {count} exposure{'' if count == 1 else 's'}", *_aligned(table)]
    lines += [f"  fall-back: {shared.sentence}" for shared in run.shared] or ["  fall-back: none"]
    values = np.array([(measurement.dx, measurement.dy) for measurement in run.measurements])
    if (step := rounding(values)) > COARSEST:
        lines.append(
            f"  values are given to {step:g} arcsec only: shared ones cannot be told from measured ones"
        )
    for shift in run.shifts:
        outliers = [
            root for root, reason in run.solution.shifts[shift.group.name].left_out if "disagrees" in reason
        ]
        lines += [
            f"  left out of {shift.group.name}: {root}, which disagrees with the others" for root in outliers
        ]
        if not shift.own:
            lines.append(f"  {shift.group.name} takes ({shift.dx:+.6f}, {shift.dy:+.6f}) from {shift.source}")
    if not run.solution.gauge.startswith("The zero point is that of the absolute measurements."):
        lines.append(f"  {run.solution.gauge}")
    return lines


def _exposure_lines(run: ShiftRun) -> list[str]:
    table = [("exposure", "group", "dx", "dy", "weight", "status")]
    for measurement in run.measurements:
        weight = f"{run.solution.weights.get(measurement.root, 0.0):.2f}"
        table.append(
            (
                measurement.root,
                measurement.group,
                _signed(measurement.dx),
                _signed(measurement.dy),
                weight,
                str(measurement.status),
            )
        )
    return _aligned(table)


def _aligned(table: Sequence[Sequence[str]]) -> list[str]:
    """Columns under each other; the last one is not padded."""
    widths = [max(len(row[column]) for row in table) for column in range(len(table[0]) - 1)]
    return [
        "  " + "  ".join([cell.ljust(width) for cell, width in zip(row, widths, strict=False)] + [row[-1]])
        for row in table
    ]


def _signed(value: float, digits: int = 6) -> str:
    return f"{value:+.{digits}f}" if math.isfinite(value) else "-"


def _mas(value: float) -> str:
    return f"{value * 1000:.1f}" if math.isfinite(value) else "-"
