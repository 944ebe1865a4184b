"""
The sky on scenes that were not used to choose any constant, and that share nothing with our simulator.

Three algorithms in one run: ours, ours with masks from single exposures (as it was before), and the notebooks'.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parent / "scenes"))

import held_level_match
import held_persistence
import held_shifts
import held_stripes
import held_warm_pixels
import notebook_sky
import numpy as np
import proof_table
from catalogue import SCENES, scene
from keys import Key
from material import missing
from measure import flux_bias, kept, light_lost, residuals
from scene import Scene

from miri_widgets.core.exposure_arrays import ExposureArrays
from miri_widgets.core.sky.subtraction import subtract_sky

__all__ = ["KEYS", "measure"]

DEEP = ("sparse", "sparse_long", "crowded")
FEW = ("few_four", "few_five", "few_longest", "few_longest_five")
CLUSTERS = ("cluster", "cluster_long")
DISCS = ((7.0, 0.3), (7.0, 1.0))
SEEN = 1.0
"""Light, in the noise of a pixel, that a mask of the truth covers: at 0.1, 0.3, 1 and 3 the residual of `crowded` is 1.39, 1.12, 1.08, 1.08."""

PLACES = ((0.3, 0.7), (0.68, 0.34))

_SKY = (
    ("residual_over_noise", "ratio", {"at_most": 1.03}),
    ("flux_bias", "fraction", {"at_most": 0.005}),
    ("pattern_few", "sigma", {"at_most": 0.12}),
    ("halo_lost", "fraction", {"at_most": 0.08}),
    ("kept_7", "fraction", {"at_least": 0.80}),
    ("level_error", "sigma", {}),
    ("err_over_scatter", "ratio", {}),
)
_SKY_KEYS = tuple(
    Key(f"held.sky.{name}{whose}", unit, **(bounds if not whose else {}))
    for name, unit, bounds in _SKY
    for whose in ("", ".exposure_masks", ".notebook")
)
OTHERS = (held_shifts, held_persistence, held_warm_pixels, held_stripes, held_level_match)
"""The other steps, each with keys and scenes of its own."""
KEYS = _SKY_KEYS + tuple(key for part in OTHERS for key in part.KEYS)

KEYS += (
    Key("held.sky.residual_over_noise.true_masks", "ratio"),
    Key("held.proof.missed", "scene-steps", at_most=0),
    Key("held.proof.false", "fraction", at_most=0.05),
    Key("held.proof.scene_steps", "scene-steps", at_least=40),
    Key("held.proof.light_error", "fraction"),
)

Correct = Callable[[Sequence[ExposureArrays]], Sequence[ExposureArrays]]


def ours(exposures: Sequence[ExposureArrays], **settings: object) -> Sequence[ExposureArrays]:
    """Our correction with its defaults, or with others."""
    return list(subtract_sky(exposures, **settings).exposures)  # type: ignore[arg-type]


def notebook(exposures: Sequence[ExposureArrays]) -> Sequence[ExposureArrays]:
    """The notebooks' correction, levels matched."""
    sky, levels = notebook_sky.make_sky(exposures, scalebkg=True)
    return list(notebook_sky.subtract(exposures, sky, levels, scalebkg=True))


def true_masks(field: Scene, exposures: Sequence[ExposureArrays]) -> Sequence[ExposureArrays]:
    """Our correction told which pixels see light: what better masks could give at most."""
    limit = SEEN * field.sigma
    hidden = [
        planes.replace(sci=np.where(light < limit, planes.sci, np.float32(np.nan)))
        for planes, light in zip(exposures, field.light, strict=True)
    ]
    return ours(hidden, mask_sources=False)


BEFORE: dict[str, object] = {"sources_from": "exposures"}
"""Settings of our correction that give masks of single exposures, and nothing that moves taken off."""

ALGORITHMS: dict[str, Correct] = {
    "": ours,
    ".exposure_masks": partial(ours, **BEFORE),
    ".notebook": notebook,
}


def measure_sky(suffix: str = ".held") -> tuple[dict[str, float | None], list[str]]:
    """Return the figures of the sky on the scenes whose names end in `suffix`; the worst scene counts."""
    values: dict[str, float | None] = {}
    notes: list[str] = []

    def worse(key: str, value: float, largest: bool = True) -> None:
        old = values.get(key)
        values[key] = value if old is None else (max if largest else min)(old, value)

    for name in (*DEEP, *FEW, *CLUSTERS):
        field = scene(name + suffix)
        for whose, correct in ALGORITHMS.items():
            line = f"sky{whose or '.ours'} {name}{suffix}:"
            if name in DEEP or name in FEW:
                found = residuals(field, correct)
                line += (
                    f" residual {found.over_noise:.3f}, pattern {found.pattern:.3f}, level {found.level:.3f}"
                )
                worse(f"held.sky.level_error{whose}", found.level)
            if name in DEEP and not whose:
                limit = residuals(field, partial(true_masks, field)).over_noise
                line += f" (with true masks {limit:.3f})"
                worse("held.sky.residual_over_noise.true_masks", limit)
            if name in DEEP:
                worse(f"held.sky.residual_over_noise{whose}", found.over_noise)
                bias = flux_bias(field, correct)
                line += f", flux bias {bias[0]:+.5f} ± {bias[1]:.5f}, ERR {found.err:.3f}"
                worse(f"held.sky.flux_bias{whose}", abs(bias[0]))
                worse(f"held.sky.err_over_scatter{whose}", found.err)
            if name in FEW:
                worse(f"held.sky.pattern_few{whose}", found.pattern)
            if name in CLUSTERS:
                lost = light_lost(field, correct)
                discs = {
                    one: kept(field, correct, *one, place) for one, place in zip(DISCS, PLACES, strict=True)
                }
                worse(f"held.sky.halo_lost{whose}", lost)
                for part in discs.values():
                    worse(f"held.sky.kept_7{whose}", part, largest=False)
                told = ", ".join(
                    f'{size:g}" at {mean:g} sigma {part:.3f}' for (size, mean), part in discs.items()
                )
                line += f" light lost {lost:.3f}, kept {told}"
            notes.append(line)
    return values, notes


def measure() -> tuple[dict[str, float | None], list[str]]:
    """Measure the held scenes."""
    assert all(SCENES[name].held for name in SCENES if name.endswith(".held"))
    values, notes = measure_sky()
    verdicts, told = proof_table.measure([f"{name}.held" for name in proof_table.SCENES_OF_THE_TABLE])
    values |= verdicts
    notes += told
    for part in OTHERS:
        measured, said = part.measure()
        values |= measured
        notes += said
    return values, [*missing(), *notes]


if __name__ == "__main__":
    from tables import write

    raise SystemExit(int(bool(write("held_science", KEYS, *measure()))))
