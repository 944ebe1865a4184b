"""
Warm pixels that are warm always, or 60 % of the time, in fields made by other code, with errors of the flat from pixel to pixel.

Injected pixels exceed their neighbours by 5 to 50 times what a pixel of one exposure scatters by, noise and flat together,
equally many per decade. Beside ours stand
the former way (blinking and pattern_sigma 0) and what a careful user does by hand.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parent / "scenes"))

import warm_pixels_by_hand
from catalogue import SCENES
from keys import Key
from scene import make_scene

from miri_widgets.core.warm_pixels import flag_warm_pixels

__all__ = ["KEYS", "measure"]

WAYS = ("", ".former", ".by_hand")
KEYS = tuple(
    Key(f"held.warm_pixels.{name}{way}", "fraction", **(bounds if not way else {}))
    for name, bounds in (
        ("found", {"at_least": 0.95}),
        ("blinking_found", {"at_least": 0.8}),
        ("false", {"at_most": 1e-4}),
    )
    for way in WAYS
)
FIELDS = (
    ("sparse", {}),
    ("sparse_long", {}),
    ("crowded", {}),
    ("sparse_long", {"seconds": 3000.0, "flat": 0.015}),
)
SHARE = 0.6


def _injected(field, rng):
    """Pixels, their excess in sigma and whether they blink; planes to add to each exposure."""
    shape = field.spec.shape
    unit = float(np.hypot(field.sigma, 0.2 * field.spec.flat * np.mean(field.levels)))
    chosen = rng.permutation(np.flatnonzero(~field.bad.ravel()))[:600]
    excess = np.exp(rng.uniform(np.log(5), np.log(50), chosen.size)) * unit
    blinks = np.arange(chosen.size) % 2 == 0
    planes = []
    for _ in range(field.spec.dithers):
        plane = np.zeros(shape, np.float32)
        on = ~blinks | (rng.random(chosen.size) < SHARE)
        plane.ravel()[chosen[on]] = excess[on]
        planes.append(plane)
    return chosen, blinks, planes


def measure_warm(suffix: str = ".held") -> tuple[dict[str, float | None], list[str]]:
    """Return the figures on the scenes whose names end in `suffix`; the worst scene counts."""
    values: dict[str, float | None] = {}
    notes = []
    for number, (name, changes) in enumerate(FIELDS):
        field = make_scene(replace(SCENES[name + suffix], **changes))
        rng = np.random.default_rng([field.spec.seed, number, 5])
        chosen, blinks, planes = _injected(field, rng)
        exposures = field.exposures(0, planes)
        usable = (2 * sum(one.good.astype(int) for one in exposures) >= len(exposures)).ravel()
        others = usable.copy()
        others[chosen] = False
        ours = flag_warm_pixels(exposures)
        masks = {
            "": ours.images["warm"] == 1,
            ".former": flag_warm_pixels(exposures, blinking=0.0, pattern_sigma=0.0).images["warm"] == 1,
            ".by_hand": warm_pixels_by_hand.warm_pixels(exposures),
        }
        for way, mask in masks.items():
            flagged = mask.ravel()
            figures = {
                "found": float(flagged[chosen[~blinks]].mean()),
                "blinking_found": float(flagged[chosen[blinks]].mean()),
                "false": float(flagged[others].mean()),
            }
            for what, value in figures.items():
                key = f"held.warm_pixels.{what}{way}"
                old = values.get(key)
                values[key] = value if old is None else (max if what == "false" else min)(old, value)
            notes.append(
                f"warm_pixels{way or '.ours'}, {name}{suffix} {changes or ''}: found {figures['found']:.3f}, blinking "
                f"{figures['blinking_found']:.3f}, false {figures['false']:.1e}"
                + (f", flat residual {ours.facts['flat_residual']:.2f} sigma" if not way else "")
            )
    return values, notes


def measure() -> tuple[dict[str, float | None], list[str]]:
    """Measure on the held scenes."""
    return measure_warm()


if __name__ == "__main__":
    from tables import write

    raise SystemExit(
        int(bool(write("held_warm_pixels", KEYS, *measure_warm("" if "--tuning" in sys.argv else ".held"))))
    )
