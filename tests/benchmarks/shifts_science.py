"""
Shifts of groups from measured shifts: outliers, the published averages, fall-backs; and how long a solution takes.

Real values are those of the MIRI imaging example notebooks (LMC, 30 Doradus, SMACS 0723), where they are at hand.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).parent))

from keys import Key

from miri_widgets.core.shifts.fallbacks import find_fallbacks
from miri_widgets.core.shifts.groups import Group
from miri_widgets.core.shifts.judgement import trust_run
from miri_widgets.core.shifts.robust_location import plain_average
from miri_widgets.core.shifts.solution import Measurement, Overlap, solve_shifts

__all__ = ["BENCH_KEYS", "KEYS", "bench", "measure"]

KEYS = (
    Key("shifts.outlier_pull_mas", "mas", at_most=5.0),
    Key("shifts.outlier_pull_mas.plain", "mas"),
    Key("shifts.outlier_pull_mas.real", "mas"),
    Key("shifts.plain_average_error_arcsec", "arcsec", at_most=1e-8),
    Key("shifts.fallbacks_found", "fraction", at_least=1.0),
    Key("shifts.fallbacks_found.simulated", "fraction"),
    Key("shifts.fallbacks_false.simulated", "fraction"),
)
BENCH_KEYS = (Key("shifts.solve_45_s", "s", at_most=2.0),)

NUMBERS = Path(__file__).parents[3] / "shared" / "data" / "tables" / "notebook_numbers.json"
FALLEN_BACK = {"SMACS0723_2736": True, "LMCFlat_1040": False, "30Dor_2729": False}
"""Whether all or none of the exposures of a real program carry the common shift alone."""
DITHER_SCATTER = 0.003
"""Arcsec per axis; the scatter of dithers on one guide star in the LMC, along RA."""
WRONG = 1.5


def measure() -> tuple[dict[str, float | None], list[str]]:
    """Return the figures and notes."""
    rng = np.random.default_rng(20221)
    fours = [rng.normal(0, DITHER_SCATTER, (4, 2)) for _ in range(100)]
    found, false = simulated_fallbacks(rng)
    values: dict[str, float | None] = {
        "shifts.outlier_pull_mas": max(map(worst_pull, fours)),
        "shifts.outlier_pull_mas.plain": max(worst_pull(four, plain=True) for four in fours),
        "shifts.outlier_pull_mas.real": None,
        "shifts.plain_average_error_arcsec": None,
        "shifts.fallbacks_found": None,
        "shifts.fallbacks_found.simulated": found,
        "shifts.fallbacks_false.simulated": false,
    }
    if not NUMBERS.is_file():
        return values, [f"shifts: the real values are not at {NUMBERS}"]
    programs = json.loads(NUMBERS.read_text())["tweakreg_shifts"]["programs"]
    groups, error, tiles = published(programs)
    values["shifts.outlier_pull_mas.real"] = max(map(worst_pull, groups))
    values["shifts.plain_average_error_arcsec"] = error
    values["shifts.fallbacks_found"] = real_fallbacks(programs)
    return values, [f"shifts: {tiles} published averages of {len(programs)} real programs"]


def worst_pull(good: NDArray[np.float64], *, plain: bool = False) -> float:
    """By how much a group moves at most when one of its exposures is wrong by 1.5 arcsec, mas."""
    before = location(good, plain)
    pulls = []
    for which in range(len(good)):
        for angle in np.arange(4) * np.pi / 2 + 0.3:
            bad = good.copy()
            bad[which] += WRONG * np.array([np.cos(angle), np.sin(angle)])
            pulls.append(np.hypot(*(location(bad, plain) - before)) * 1000)
    return float(max(pulls))


def location(values: NDArray[np.float64], plain: bool) -> NDArray[np.float64]:
    """The shift of a group of exposures, arcsec."""
    if plain:
        return np.array(plain_average(*values.T))
    rows = [Measurement(f"e{index}", "g", *value) for index, value in enumerate(values.tolist())]
    one = solve_shifts(rows).shifts["g"]
    return np.array([one.dx, one.dy])


def published(programs: dict[str, Any]) -> tuple[list[NDArray[np.float64]], float, int]:
    """Groups of measured values, the largest difference from a published average, and how many there are."""
    groups, worst, count = [], 0.0, 0
    for name, program in programs.items():
        values = {one["file"]: (one["dx_arcsec"], one["dy_arcsec"]) for one in program["images"]}
        for tile in program["tiles"]:
            own = np.array([values[file] for file in tile["files"]])
            worst = max(
                worst, float(np.max(np.abs(plain_average(*own.T) - np.array(tile["notebook_average"]))))
            )
            count += 1
            if not FALLEN_BACK.get(name, True):
                groups.append(own)
    return groups, worst, count


def real_fallbacks(programs: dict[str, Any]) -> float | None:
    """Share of exposures that are rightly told to be measured or not, in programs where it is known."""
    right = total = 0
    for name, fallen in FALLEN_BACK.items():
        if name not in programs:
            continue
        x, y = (
            np.array([one[axis] for one in programs[name]["images"]]) for axis in ("dx_arcsec", "dy_arcsec")
        )
        shared = sum(len(one.members) for one in find_fallbacks(x, y))
        right += shared if fallen else len(x) - shared
        total += len(x)
    return right / total if total else None


def simulated_fallbacks(rng: np.random.Generator) -> tuple[float, float]:
    """Share of fall-backs found, and of runs without any in which some are found, in 200 runs of five tiles."""
    found = hidden = false = 0
    for _ in range(200):
        values = np.repeat(rng.normal(0, 0.3, (5, 2)), 8, axis=0) + rng.normal(0, DITHER_SCATTER, (40, 2))
        false += bool(find_fallbacks(*np.round(values, 8).T))
        chosen = rng.choice(40, 5, replace=False)
        length, angle = rng.uniform(0.1, 1.6), rng.uniform(0, 2 * np.pi) + rng.normal(0, 1e-3, 5)
        values[chosen] = length * np.column_stack([np.cos(angle), np.sin(angle)])
        told = {index for one in find_fallbacks(*np.round(values, 8).T) for index in one.members}
        found, hidden = found + len(told & set(chosen.tolist())), hidden + 5
    return found / hidden, false / 200


def bench() -> tuple[dict[str, float | None], list[str]]:
    """Time from the measured shifts and overlaps of 45 exposures to shifts with verdicts, the median of five."""
    rng = np.random.default_rng(45)
    true = rng.normal(0, 0.5, (5, 2))
    rows = [
        Measurement(
            f"g{tile}e{dither}", f"g{tile}", *(true[tile] + rng.normal(0, 0.003, 2)), 0.002, 150, 0.02
        )
        for tile in range(5)
        for dither in range(9)
    ]
    overlaps = [
        Overlap(one.root, two.root, *(true[int(one.group[1])] - true[int(two.group[1])]), 0.003, 40)
        for index, one in enumerate(rows)
        for two in rows[:index]
    ]
    groups = [
        Group(f"g{tile}", tuple(one.root for one in rows if one.group == f"g{tile}")) for tile in range(5)
    ]
    times = []
    for _ in range(5):
        start = time.perf_counter()
        trust_run(rows, groups, overlaps=overlaps, second=rows)
        times.append(time.perf_counter() - start)
    return {"shifts.solve_45_s": float(np.median(times))}, [f"shifts: 45 exposures, {len(overlaps)} overlaps"]


if __name__ == "__main__":
    from tables import write

    missed = write("shifts_science", KEYS, *measure())
    raise SystemExit(int(bool(missed + write("shifts_bench", BENCH_KEYS, *bench()))))
