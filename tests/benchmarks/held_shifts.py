"""
Shifts of few stars, of catalogues that list stars twice, of tiles without a measured roll and of exposures with a wrong WCS.

An exposure counts when it ends within 5 mas of the truth, or when the user is told: its group failed, it leaves the mosaics,
or the stated error covers the true one (three standard deviations). The notebooks average what they have and tell nothing.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parent / "scenes"))

from keys import Key
from star_lists import CASES, StarField, make_field

from miri_widgets.core.shifts.displaced_exposures import displaced_groups, displaced_offsets, find_displaced
from miri_widgets.core.shifts.judgement import trust_run
from miri_widgets.core.shifts.measurements import Status
from miri_widgets.core.shifts.robust_location import plain_average
from miri_widgets.core.shifts.star_overlaps import believed_overlaps, pair_offsets
from miri_widgets.core.shifts.verdicts import Verdict
from miri_widgets.products.tables.reference_catalogs import ReferenceCatalog

__all__ = ["KEYS", "measure"]

KEYS = (
    Key("held.shifts.told", "fraction", at_least=1.0),
    Key("held.shifts.told.alone", "fraction"),
    Key("held.shifts.told.notebook", "fraction"),
    Key("held.shifts.right", "fraction"),
    Key("held.shifts.right.alone", "fraction"),
    Key("held.shifts.right.notebook", "fraction"),
    Key("held.shifts.agb_told", "fraction", at_least=1.0),
    Key("held.shifts.agb_right", "fraction"),
)
HELD_SEEDS, TUNING_SEEDS = range(500, 508), range(8)
RIGHT = 0.005
AGB = Path(__file__).parents[3] / "shared" / "data" / "catalogs" / "ngc0628_agb_cat.fits"

Result = dict[str, tuple[np.ndarray, float, bool]]
"""By root: shift, its standard error on an axis, and whether the user is told that it is not to be believed."""


def ours(field: StarField) -> Result:
    """What the step of shifts does with lists of stars, its tweakreg apart."""
    from miri_widgets.steps.shift_estimates import catalog_estimates

    owners = {root: group.name for group in field.groups for root in group.roots}
    displaced = find_displaced(field.stars, owners)
    owners |= {root: one.name for one in displaced for root in one.roots}
    table = ReferenceCatalog("c", *field.catalog, None, 0)
    rows = catalog_estimates(field.stars, owners, table, 3.0, field.centres)
    offsets = pair_offsets(field.stars, owners) | displaced_offsets(displaced, field.stars)
    overlaps = believed_overlaps(offsets, references=field.centres)
    groups = displaced_groups(field.groups, displaced)
    run = trust_run(rows, groups, overlaps=overlaps, find_shared=False)
    unsure = {root for one in displaced if one.doubtful for root in (*one.roots, *one.others)}
    return _result(run, unsure)


def alone(field: StarField) -> Result:
    """Each exposure by itself, as before."""
    from miri_widgets.steps.shift_estimates import catalog_estimate

    owners = {root: group.name for group in field.groups for root in group.roots}
    table = ReferenceCatalog("c", *field.catalog, None, 0)
    rows = [
        catalog_estimate(star, owners[star.root], table, 3.0, field.centres[star.root])
        for star in field.stars
    ]
    rows = [replace(row, status=Status.MEASURED) if row.status is Status.AMBIGUOUS else row for row in rows]
    overlaps = believed_overlaps(pair_offsets(field.stars, owners))
    return _result(
        trust_run(rows, field.groups, overlaps=overlaps, find_shared=False), set(), told_left_out=False
    )


def notebook(field: StarField) -> Result:
    """The plain average of what each exposure gives, whatever its peak."""
    from miri_widgets.steps.shift_estimates import catalog_estimate

    owners = {root: group.name for group in field.groups for root in group.roots}
    table = ReferenceCatalog("c", *field.catalog, None, 0)
    values: dict[str, list[tuple[float, float]]] = {}
    for star in field.stars:
        row = catalog_estimate(star, owners[star.root], table, 3.0, field.centres[star.root])
        if np.isfinite(row.dx):
            values.setdefault(row.group, []).append((row.dx, row.dy))
    result = {}
    for root, group in owners.items():
        mean = plain_average(*np.array(values[group]).T) if group in values else (0.0, 0.0)
        result[root] = np.array(mean), 0.0, False
    return result


def _result(run, unsure: set[str], told_left_out: bool = True) -> Result:
    result = {}
    for shift in run.shifts:
        solved = run.solution.shifts.get(shift.group.name)
        out = {root for root, _ in solved.left_out} if solved else set()
        told = shift.verdict is Verdict.FAIL or shift.leaves_mosaics
        for root in shift.group.roots:
            error = float(np.nanmax([shift.dx_err, shift.dy_err, 0.0]))
            result[root] = (
                np.array([shift.dx, shift.dy]),
                error,
                told or root in unsure or (told_left_out and root in out),
            )
    return result


def score(field: StarField, result: Result) -> tuple[int, int, int, float]:
    """Exposures, those that are right, those that are right or told, and the worst that is neither, mas."""
    right = told = 0
    worst = 0.0
    for root, (shift, error, said) in result.items():
        wrong = float(np.hypot(*(shift - field.shifts[root])))
        is_right = wrong <= RIGHT
        is_told = is_right or said or wrong <= 3 * error
        right, told = right + is_right, told + is_told
        if not is_told:
            worst = max(worst, wrong * 1000)
    return len(result), right, told, worst


def agb_field(seed: int) -> StarField | None:
    """The field of NGC 628 with its real AGB stars, all of the positions of the catalogue; None without the file."""
    if not AGB.is_file():
        return None
    from astropy.table import Table

    table = Table.read(AGB)
    ra, dec = (
        np.array(table[next(one for one in table.colnames if one.lower() == name)], float)
        for name in ("ra", "dec")
    )
    xi = (ra - 24.17) * np.cos(np.deg2rad(15.78)) * 3600
    eta = (dec - 15.78) * 3600
    from star_lists import Field

    return make_field(Field(stars=60, listed=10**6, dithers=4, groups=1), seed, np.column_stack([xi, eta]))


def measure_shifts(seeds=HELD_SEEDS) -> tuple[dict[str, float | None], list[str]]:
    """Return the figures on some seeds, and a note per case."""
    ways = {"": ours, ".alone": alone, ".notebook": notebook}
    totals = {way: np.zeros(3) for way in ways}
    notes = []
    for name, case in CASES.items():
        line = []
        for way, function in ways.items():
            count, worst = np.zeros(3), 0.0
            for seed in seeds:
                field = make_field(case, seed)
                *numbers, neither = score(field, function(field))
                count, worst = count + numbers, max(worst, neither)
            totals[way] += count
            line.append(
                f"{way[1:] or 'ours'} right {count[1] / count[0]:.2f}, right or told {count[2] / count[0]:.2f}"
                + (f" (worst {worst:.0f} mas)" if worst else "")
            )
        notes.append(f"shifts, {name}: " + "; ".join(line))
    values: dict[str, float | None] = {}
    for way, total in totals.items():
        values[f"held.shifts.told{way}"] = float(total[2] / total[0])
        values[f"held.shifts.right{way}"] = float(total[1] / total[0])
    values |= {"held.shifts.agb_told": None, "held.shifts.agb_right": None}
    fields = [agb_field(seed) for seed in seeds]
    if all(fields):
        counts = np.sum([score(field, ours(field))[:3] for field in fields], axis=0)
        values["held.shifts.agb_told"] = float(counts[2] / counts[0])
        values["held.shifts.agb_right"] = float(counts[1] / counts[0])
    else:
        notes.append(f"shifts: the catalogue of NGC 628 is not at {AGB}")
    return values, notes


def measure() -> tuple[dict[str, float | None], list[str]]:
    """Measure on the held seeds."""
    return measure_shifts()


if __name__ == "__main__":
    from tables import write

    chosen = TUNING_SEEDS if "--tuning" in sys.argv else HELD_SEEDS
    raise SystemExit(int(bool(write("held_shifts", KEYS, *measure_shifts(chosen)))))
