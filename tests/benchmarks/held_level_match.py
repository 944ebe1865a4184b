"""
Levels of tiles with planes and a part of the detector's pattern, on fields made by other code.

Planes change the sky by 1 to 2 % from the middle to an edge, and 30 % of the residual of the flat and of the glow is left.
Beside ours stand overlaps alone, as before version 4, plain medians and whole outlines.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parent / "scenes"))

import notebook_level_match
from keys import Key
from tiles import TILES, TiledScene, make_tiles

from miri_widgets.core.exposure_arrays import ExposureArrays
from miri_widgets.core.levels.level_match import match_levels

__all__ = ["KEYS", "measure"]

KEYS = (
    Key("held.level_match.ratio", "ratio", at_most=0.5),
    Key("held.level_match.ratio.overlaps", "ratio"),
    Key("held.level_match.ratio.outlines", "ratio"),
    Key("held.level_match.ratio.cirrus", "ratio"),
    Key("held.level_match.pull", "ratio", at_least=0.7, at_most=1.5),
    Key("held.level_match.pull.overlaps", "ratio"),
    Key("held.level_match.warned", "fraction", at_least=1.0),
)
KINDS = ("sparse", "galaxies", "cluster", "cirrus", "strip")
SEEDS = (0, 10, 20)
"""Added to the seed of a kind: medians of one field can be right by chance."""


def _left(
    field: TiledScene, exposures: list[ExposureArrays], **settings: object
) -> tuple[NDArray[np.float64], NDArray[np.float64], bool]:
    """Levels of tiles that are left, their stated errors, and whether planes or pattern are said."""
    outcome = match_levels(exposures, **settings)  # type: ignore[arg-type]
    facts = [one.facts["level_match"] for one in outcome.exposures]
    left = field.by_tile(field.levels - np.array([fact["level"] for fact in facts]))
    errors = field.by_tile(np.array([fact["level_err"] for fact in facts]))
    warned = any("planes" in line or "pattern" in line for line in outcome.warnings)
    return left - left.mean(), errors, warned


def measure_levels(suffix: str = ".held") -> tuple[dict[str, float | None], list[str]]:
    """Return the figures on the fields whose names end in `suffix`; the worst kind counts, seeds by rms."""
    ratios: dict[str, dict[str, float]] = {}
    pulls: dict[str, list[float]] = {"ours": [], "overlaps": []}
    notes, warnings = [], []
    for kind in KINDS:
        squares: dict[str, list[float]] = {}
        for seed in SEEDS:
            field = make_tiles(replace(TILES[kind + suffix], seed=TILES[kind + suffix].seed + seed))
            exposures = field.scene.exposures(1)
            for name, settings in (("ours", {}), ("overlaps", {"own_shapes": False})):
                left, errors, warned = _left(field, exposures, **settings)
                squares.setdefault(name, []).append(float(np.mean(left**2)))
                pulls[name].append(float(np.mean((left / errors) ** 2)))
                if name == "ours":
                    warnings.append(warned)
            for name, levels in (
                ("medians", notebook_level_match.mean_of_medians(exposures)),
                ("outlines", notebook_level_match.whole_outlines(exposures)),
            ):
                squares.setdefault(name, []).append(float(np.var(field.by_tile(field.levels - levels))))
        rms = {name: float(np.sqrt(np.mean(values))) for name, values in squares.items()}
        ratios[kind] = {name: value / rms["medians"] for name, value in rms.items()}
        sigma = field.scene.sigma
        notes.append(
            f"level_match {kind}{suffix}: levels are off by {rms['ours'] / sigma:.3f} sigma (overlaps alone "
            f"{rms['overlaps'] / sigma:.3f}, medians {rms['medians'] / sigma:.3f}, outlines {rms['outlines'] / sigma:.3f})"
        )
    values: dict[str, float | None] = {
        "held.level_match.ratio": max(ratios[kind]["ours"] for kind in KINDS),
        "held.level_match.ratio.overlaps": max(ratios[kind]["overlaps"] for kind in KINDS),
        "held.level_match.ratio.outlines": max(ratios[kind]["outlines"] for kind in KINDS),
        "held.level_match.ratio.cirrus": ratios["cirrus"]["ours"],
        "held.level_match.pull": float(np.sqrt(np.mean(pulls["ours"]))),
        "held.level_match.pull.overlaps": float(np.sqrt(np.mean(pulls["overlaps"]))),
        "held.level_match.warned": float(np.mean(warnings)),
    }
    return values, notes


def measure() -> tuple[dict[str, float | None], list[str]]:
    """Measure on the held fields."""
    return measure_levels()


if __name__ == "__main__":
    from tables import write

    suffix = "" if "--tuning" in sys.argv else ".held"
    raise SystemExit(int(bool(write("held_level_match", KEYS, *measure_levels(suffix)))))
