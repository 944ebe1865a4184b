"""
Levels of four overlapping tiles against injected steps.

The residual is the rms, over the tiles, of the step that is left (mean of the exposures of a tile, drift of the sky
included) over the rms of the injected steps. A false plane is the largest change, from the centre to a corner of the
field, by planes that are subtracted where none was injected, over the noise of a pixel of one exposure.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).parent))

import notebook_level_match
from keys import Key

from miri_widgets.core.exposure_arrays import CorrectionResult
from miri_widgets.core.levels.level_match import match_levels
from miri_widgets.core.sky.cells import HALF_FIELD
from miri_widgets.simulation.calibrated import CalibratedProgram, calibrated_program

__all__ = ["KEYS", "measure"]

KEYS = (
    Key("level_match.residual", "fraction", at_most=0.02),
    Key("level_match.residual.notebook", "fraction"),
    Key("level_match.residual.outlines", "fraction"),
    Key("level_match.residual.exposure", "fraction"),
    Key("level_match.error_over_err", "ratio"),
    Key("level_match.false_plane", "fraction", at_most=0.02),
    Key("level_match.plane_residual", "fraction"),
    Key("level_match.plane_residual.with_stripes", "fraction"),
    Key("level_match.with_pattern.residual", "fraction"),
    Key("level_match.with_pattern.told", "yes = 1"),
)

TILES, DITHERS = 4, 4
FIELDS = (("sparse", "F770W"), ("sparse", "F1500W"), ("crowded", "F770W"), ("extended", "F770W"))
EFFECTS = ("noise", "bad_pixels", "coronagraphs", "drift", "stripes", "tile_steps")


class Steps:
    """A program's exposures, the levels that were injected, and what is left of them."""

    def __init__(self, kind: str, name: str, *more: str, without: str = "") -> None:
        effects = tuple(one for one in (*EFFECTS, *more) if one != without)
        self.program: CalibratedProgram = calibrated_program(
            kind, name, tiles=TILES, dithers=DITHERS, effects=effects
        )
        self.exposures, self.levels, self.slopes = [], [], []
        for one in self.program:
            planes, truth = one.arrays, one.truth
            self.exposures.append(planes.replace(var_poisson=None, var_rnoise=None, var_flat=None))
            self.levels.append(truth.sky_level + truth.level_offset)
            along = truth.plane[0, -1] - truth.plane[0, 0], truth.plane[-1, 0] - truth.plane[0, 0]
            self.slopes.append([along[0] / (planes.shape[1] - 1), along[1] / (planes.shape[0] - 1)])
        self.rms = float(np.std(self.by_tile(np.array(self.levels))))

    def by_tile(self, values: NDArray) -> NDArray:
        """Mean of each tile."""
        return values.reshape(TILES, DITHERS, *values.shape[1:]).mean(1)

    def residual(self, subtracted: NDArray) -> float:
        """What is left, over what was injected."""
        return float(np.std(self.by_tile(np.array(self.levels) - subtracted))) / self.rms


def _subtracted(outcome: CorrectionResult) -> tuple[NDArray, NDArray, NDArray]:
    """Levels, their errors, and slopes per pixel."""
    facts = [one.facts["level_match"] for one in outcome.exposures]
    levels, errors = (np.array([fact[name] for fact in facts]) for name in ("level", "level_err"))
    return levels, errors, np.array([fact["plane"] for fact in facts]) / HALF_FIELD


def _field(kind: str, name: str) -> tuple[dict[str, float], str]:
    steps = Steps(kind, name)
    levels, errors, _ = _subtracted(match_levels(steps.exposures))
    left = steps.by_tile(np.array(steps.levels) - levels)
    slopes = _subtracted(match_levels(steps.exposures, model="plane"))[2]
    values = {
        "residual": steps.residual(levels),
        "residual.notebook": steps.residual(notebook_level_match.mean_of_medians(steps.exposures)),
        "residual.outlines": steps.residual(notebook_level_match.whole_outlines(steps.exposures)),
        "residual.exposure": steps.residual(_subtracted(match_levels(steps.exposures, group="exposure"))[0]),
        "error_over_err": float(np.std(left) / np.sqrt(np.mean(errors**2))),
        "false_plane": float(np.abs(slopes).max(0) @ [334, 512]) / steps.program.usual_noise,
    }
    note = (
        f"level_match, {kind} {name}: {values['residual']:.5f} of the steps left (medians "
        f"{values['residual.notebook']:.3f}, outlines {values['residual.outlines']:.3f}), error over its ERR "
        f"{values['error_over_err']:.2f}, false plane {values['false_plane']:.4f} of the noise"
    )
    return values, note


def _planes(kind: str, name: str, without: str = "") -> float:
    """Rms of the slopes that are left over that of the injected ones, both without what all tiles have in common."""
    steps = Steps(kind, name, "planes", without=without)
    true = steps.by_tile(np.array(steps.slopes))
    true = true - true.mean(0)
    found = steps.by_tile(_subtracted(match_levels(steps.exposures, model="plane"))[2])
    wrong = true - (found - found.mean(0))
    return float(np.sqrt(np.mean(wrong**2) / np.mean(true**2)))


def measure() -> tuple[dict[str, float | None], list[str]]:
    """Return the figures and a note per field."""
    fields, notes = [], []
    for field in FIELDS:
        found, note = _field(*field)
        fields.append(found)
        notes.append(note)
    values: dict[str, float | None] = {
        f"level_match.{name}": max(one[name] for one in fields) for name in fields[0]
    }
    values["level_match.plane_residual"] = _planes("sparse", "F770W", without="stripes")
    values["level_match.plane_residual.with_stripes"] = _planes("sparse", "F770W")
    pattern = Steps("sparse", "F770W", "sky_pattern")
    outcome = match_levels(pattern.exposures)
    values["level_match.with_pattern.residual"] = pattern.residual(_subtracted(outcome)[0])
    told = any("subtract the sky image first" in line for line in outcome.warnings)
    values["level_match.with_pattern.told"] = float(told)
    notes.append(
        "level_match: with the sky pattern left in, edges of tiles differ by the pattern; sky comes first"
    )
    return values, notes


def main() -> int:
    """Print the table; exit with 1 when a bound is missed."""
    from tables import write

    return int(bool(write("level_match_science", KEYS, *measure())))


if __name__ == "__main__":
    raise SystemExit(main())
