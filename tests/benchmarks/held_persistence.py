"""
After-images, positive and negative, of pixels that saturated and of others, on ramps made by other code.

An after-image counts where its rate exceeds the noise of a pixel that sees the sky; a mask is false where the after-image
is below a tenth of it. The former trigger (saturation, with its defaults) and the notebook's masks stand beside ours.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parent / "scenes"))

import notebook_persistence
from keys import Key
from latents import FULL_WELL, GROUP_SECONDS, PEDESTAL, SHAPE, LatentExposure, latent_program

from miri_widgets.core.persistence.persistence import persistence_masks
from miri_widgets.core.persistence.saturated_pixels import Target, saturated_map

__all__ = ["KEYS", "measure"]

_WAYS = ("", ".saturation", ".notebook")
_FIGURES = (
    ("found", {"at_least": 0.98}),
    ("found_negative", {}),
    ("found_positive", {}),
    ("false", {"at_most": 0.005}),
)
KEYS = (
    *(
        Key(f"held.persistence.{name}{whose}", "fraction", **(bounds if not whose else {}))
        for name, bounds in _FIGURES
        for whose in _WAYS
    ),
    Key("held.persistence.unsaturated", "fraction"),
)
HELD_SEEDS, TUNING_SEEDS = range(700, 706), range(6)


def defaults() -> dict[str, object]:
    """Defaults of the step."""
    from miri_widgets.steps.persistence import PersistenceMaskStep

    step = PersistenceMaskStep()
    names = ("trigger", "dose", "negative_dose", "positive_minutes", "negative_hours", "negative_groups")
    return {name: getattr(step, name) for name in names}


def ours(program: list[LatentExposure], **settings: object) -> list[np.ndarray]:
    """Masks with the defaults of the step, or with others."""
    chosen = defaults() | settings
    events = []
    for number, one in enumerate(program):
        groups = one.ramp.shape[1]
        target = Target(
            f"e{number}", one.filter, one.start, one.start + groups * GROUP_SECONDS / 86400, SHAPE, (500, 500)
        )
        events.append(
            saturated_map(
                one.groupdq, target, [one.start], group_seconds=GROUP_SECONDS, data=one.ramp,
                full_well=np.full(SHAPE, FULL_WELL + PEDESTAL), least_dose=float(chosen["dose"]),
            )
        )  # fmt: skip
    masks = persistence_masks(events, [event.target for event in events], **chosen)
    return [mask.dq() != 0 for mask in masks]


def notebook(program: list[LatentExposure]) -> list[np.ndarray]:
    """Masks of the notebook."""
    return notebook_persistence.masks([one.groupdq for one in program], [one.start for one in program])


def measure_persistence(seeds=HELD_SEEDS) -> tuple[dict[str, float | None], list[str]]:
    """Return the figures, the worst seed of each, and notes."""
    ways = {
        "": ours,
        ".saturation": lambda program: ours(program, trigger="saturation"),
        ".notebook": notebook,
    }
    values: dict[str, float | None] = {}
    lines = []
    for seed in seeds:
        program = latent_program(seed)
        filled = [one.groupdq.any(axis=(0, 1)) for one in program]
        for way, function in ways.items():
            counts = np.zeros(8)
            for index, (one, mask) in enumerate(zip(program, function(program), strict=True)):
                positive, negative = one.positive > 1, one.negative > 1
                seen, none = positive | negative, (one.positive < 0.1) & (one.negative < 0.1)
                earlier = np.logical_or.reduce([*filled[:index], np.zeros(SHAPE, bool)])
                counts += [
                    (mask & seen).sum(), seen.sum(), (mask & negative).sum(), negative.sum(), (mask & positive).sum(),
                    positive.sum(), (mask & none).sum(), none.sum(),
                ]  # fmt: skip
                if not way:
                    values["unsaturated"] = values.get("unsaturated", 0) + int((seen & ~earlier).sum())
                    values["all"] = values.get("all", 0) + int(seen.sum())
            figures = {
                "found": counts[0] / max(counts[1], 1),
                "found_negative": counts[2] / max(counts[3], 1),
                "found_positive": counts[4] / max(counts[5], 1),
                "false": counts[6] / max(counts[7], 1),
            }
            for name, value in figures.items():
                key = f"held.persistence.{name}{way}"
                old = values.get(key)
                values[key] = value if old is None else (max if name == "false" else min)(old, value)
            lines.append(
                f"persistence{way or '.ours'} seed {seed}: {counts[1]:.0f} after-images ({counts[3]:.0f} negative), found "
                f"{figures['found']:.3f}, negative {figures['found_negative']:.3f}, false {figures['false']:.5f}"
            )
    share = values.pop("unsaturated") / max(values.pop("all"), 1)
    values["held.persistence.unsaturated"] = share
    lines.append(f"persistence: {share:.1%} of the after-images are of pixels that never saturated before")
    return values, lines


def measure() -> tuple[dict[str, float | None], list[str]]:
    """Measure on the held seeds."""
    return measure_persistence()


if __name__ == "__main__":
    from tables import write

    chosen = TUNING_SEEDS if "--tuning" in sys.argv else HELD_SEEDS
    raise SystemExit(int(bool(write("held_persistence", KEYS, *measure_persistence(chosen)))))
