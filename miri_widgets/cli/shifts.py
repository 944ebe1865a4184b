"""Print what a table of measured shifts is worth: groups, robust and plain shifts, verdicts."""

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
    """Read, judge, print and, when asked, compare and write."""
    judged = judge_shifts(
        options.file, made_by="miri-widgets shifts", other_guide_stars=options.other_guide_stars
    )
    runs, made = judged.runs, judged.table
    print(report(runs, exposures=options.exposures))
    for line in shift_signs(made):
        print(line)
    if options.compare:
        told = compare_tables(made, read_shift_table(options.compare))
        print("\n".join(told) or f"{shown_name(options.compare)} agrees within 0.5 mas.")
    if options.out:
        write_shift_table(made, options.out)
        print(f"written to {options.out}")
    return 0


def report(runs: Mapping[str, ShiftRun], *, exposures: bool = False) -> str:
    """Return everything about the runs as text."""
    lines = ["Shifts in arcsec, added to RA cos(Dec) and Dec.", ""]
    for name, run in runs.items():
        lines += [*_run_lines(name, run), *(_exposure_lines(run) if exposures else ()), ""]
    total = [one.verdict for run in runs.values() for one in run.shifts]
    counts = ", ".join(f"{total.count(verdict)} {verdict}" for verdict in Verdict)
    left = sum(len(one.members) for run in runs.values() for one in run.shared)
    lines.append(f"{len(total)} groups: {counts}; {left} exposures are fall-backs and left out.")
    return "\n".join(lines)


def _run_lines(name: str, run: ShiftRun) -> list[str]:
    table = [("group", "used", "robust dx", "dy", "+-mas", "plain dx", "dy", "verdict", "reason")]
    for one in run.shifts:
        solved = run.solution.shifts[one.group.name]
        plain = run.plain.get(one.group.name, (math.nan, math.nan))
        table.append(
            (
                one.group.name, f"{solved.used}/{solved.exposures}", _signed(solved.dx), _signed(solved.dy),
                _mas(max(solved.dx_err, solved.dy_err)), _signed(plain[0], 9), _signed(plain[1], 9),
                str(one.verdict), one.reason,
            )
        )  # fmt: skip
    count = len(run.measurements)
    lines = [f"{name}: {count} exposure{'' if count == 1 else 's'}", *_aligned(table)]
    lines += [f"  fall-back: {one.sentence}" for one in run.shared] or ["  fall-back: none"]
    values = np.array([(one.dx, one.dy) for one in run.measurements])
    if (step := rounding(values)) > COARSEST:
        lines.append(
            f"  values are given to {step:g} arcsec only: shared ones cannot be told from measured ones"
        )
    for one in run.shifts:
        outliers = [root for root, why in run.solution.shifts[one.group.name].left_out if "disagrees" in why]
        lines += [
            f"  left out of {one.group.name}: {root}, which disagrees with the others" for root in outliers
        ]
        if not one.own:
            lines.append(f"  {one.group.name} takes ({one.dx:+.6f}, {one.dy:+.6f}) from {one.source}")
    if not run.solution.gauge.startswith("The zero point is that of the absolute measurements."):
        lines.append(f"  {run.solution.gauge}")
    return lines


def _exposure_lines(run: ShiftRun) -> list[str]:
    table = [("exposure", "group", "dx", "dy", "weight", "status")]
    for one in run.measurements:
        weight = f"{run.solution.weights.get(one.root, 0.0):.2f}"
        table.append((one.root, one.group, _signed(one.dx), _signed(one.dy), weight, str(one.status)))
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
