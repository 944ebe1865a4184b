"""The verdicts of the validation against the truth of scenes: every step on every scene of one half."""

from __future__ import annotations

import itertools
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parent / "scenes"))

import notebook_sky
from catalogue import scene
from truth import EXTENDED, truth_of

from miri_widgets.core.exposure_arrays import CorrectionResult, ExposureArrays
from miri_widgets.core.levels.level_match import match_levels
from miri_widgets.core.sky.subtraction import subtract_sky
from miri_widgets.core.stripes.pullupdown import correct_pullupdown
from miri_widgets.core.stripes.stripes import clean_stripes
from miri_widgets.core.validation.validation import prove
from miri_widgets.core.validation.verdicts import GRADES
from miri_widgets.core.warm_pixels import flag_warm_pixels
from miri_widgets.errors import MiriWidgetsError

__all__ = ["SCENES_OF_THE_TABLE", "STEPS", "confusion", "measure", "measured_scene", "table"]

Correct = Callable[[Sequence[ExposureArrays]], CorrectionResult]


def notebook(exposures: Sequence[ExposureArrays]) -> CorrectionResult:
    """The sky of the notebooks, levels matched."""
    sky, levels = notebook_sky.make_sky(exposures, scalebkg=True)
    return CorrectionResult(list(notebook_sky.subtract(exposures, sky, levels, scalebkg=True)))


STEPS: dict[str, Correct] = {
    "sky": subtract_sky,
    "sky of the notebooks": notebook,
    "stripes": clean_stripes,
    "pull-up/pull-down": correct_pullupdown,
    "level match": match_levels,
    "warm pixels": flag_warm_pixels,
}
"""Steps by name, with their defaults, and a sky that is known to take light."""

STATES = ("harmed", "slight", "fine")

SCENES_OF_THE_TABLE = ("sparse", "crowded", "few_four", "cluster", "cirrus", "nebula", "galaxies")
"""Kinds of scenes in the table, some of each sort of field."""

ALONE = ("stripes", "pull-up/pull-down")
"""Steps that correct each exposure by itself: three exposures tell what they do."""

EXPOSURES = 3
"""Exposures that are measured, fewer than in a run: the table is about verdicts, and they must not lean on many."""


def measured_scene(name: str) -> list[dict[str, Any]]:
    """Return truth and verdict of every step that runs on a scene."""
    whole = scene(name)
    few = whole.first(EXPOSURES)
    rows = []
    for step, correct in STEPS.items():
        field = few if step in ALONE else whole
        exposures = field.exposures(1)
        try:
            outcome = correct(exposures)
        except MiriWidgetsError:
            continue  # too few exposures for this step: it says so itself
        rows.append(
            {
                "scene": name,
                "step": step,
                "truth": truth_of(field, correct).plain(),
                "proof": prove(correct, exposures, outcome, most_exposures=EXPOSURES).to_dict(),
            }
        )
    return rows


def confusion(rows: Sequence[dict[str, Any]]) -> dict[tuple[str, str], int]:
    """Return how often each truth met each verdict."""
    found = dict.fromkeys(itertools.product(STATES, GRADES), 0)
    for row in rows:
        found[row["truth"]["state"], row["proof"]["verdict"]] += 1
    return found


def table(rows: Sequence[dict[str, Any]]) -> list[str]:
    """Return the confusion table as lines of a Markdown table."""
    counts = confusion(rows)
    head = "| truth | " + " | ".join(f"verdict {grade}" for grade in GRADES) + " |"
    lines = [head, "|---|" + "---|" * len(GRADES)]
    lines += [
        f"| {state} | " + " | ".join(str(counts[state, grade]) for grade in GRADES) + " |" for state in STATES
    ]
    return lines


def measure(names: Sequence[str]) -> tuple[dict[str, float | None], list[str]]:
    """
    Return the figures of the verdicts on some scenes, and the table in words.

    Parameters
    ----------
    names : sequence of str
        Scenes.
    """
    rows = [row for name in names for row in measured_scene(name)]
    counts = confusion(rows)
    fine = sum(counts["fine", grade] for grade in GRADES)
    values: dict[str, float | None] = {
        "held.proof.missed": float(counts["harmed", "good"]),
        "held.proof.false": counts["fine", "harm"] / fine if fine else None,
        "held.proof.scene_steps": float(len(rows)),
        "held.proof.light_error": _light_error(rows),
    }
    notes = [f"proof: {line}" for line in table(rows)]
    notes += [
        f"proof: {row['step']} on {row['scene']}: {row['truth']['state']} "
        f"({', '.join(f'{key} {value:.3f}' for key, value in row['truth']['damage'].items())}), "
        f"called {row['proof']['verdict']}"
        for row in rows
    ]
    return values, notes


def _light_error(rows: Sequence[dict[str, Any]]) -> float | None:
    """The most by which the measured loss of the field's light is off, where the field shows extended light."""
    errors = [
        abs(row["proof"]["sky_structure_lost"] - row["truth"]["light"])
        for row in rows
        if row["truth"]["light_rms"] > EXTENDED and row["proof"]["sky_structure_lost"] is not None
    ]
    return max(errors, default=None)


if __name__ == "__main__":
    from catalogue import SCENES

    wanted = sys.argv[1:] or [name for name, spec in SCENES.items() if not spec.held]
    figures, words = measure(wanted)
    print("\n".join([*words, *(f"{key} {value}" for key, value in figures.items())]))
