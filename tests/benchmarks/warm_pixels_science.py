"""
Warm pixels found by the dithers, against injected ones.

Injected pixels exceed their neighbours by 5 to 50 standard deviations of a single exposure that sees the sky alone,
equally many per decade. Found and false are fractions of the injected and of the other pixels of the imager field that
are good in at least half of the exposures. Beside it stands what a careful user would do by hand: pixels that are 5
sigma above the median of the 7 x 7 pixels around them in the median of the dithers.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import warm_pixels_by_hand
from keys import Key

from miri_widgets.core.areas import imager_area
from miri_widgets.core.warm_pixels import flag_warm_pixels
from miri_widgets.simulation.calibrated import calibrated_program

__all__ = ["KEYS", "measure"]

KEYS = (
    Key("warm_pixels.found", "fraction", at_least=0.95),
    Key("warm_pixels.found.by_hand", "fraction"),
    Key("warm_pixels.false", "fraction", at_most=1e-4),
    Key("warm_pixels.false.by_hand", "fraction"),
    Key("warm_pixels.crowded.found", "fraction"),
    Key("warm_pixels.crowded.found.by_hand", "fraction"),
    Key("warm_pixels.crowded.false", "fraction"),
    Key("warm_pixels.crowded.false.by_hand", "fraction"),
    Key("warm_pixels.extended.found", "fraction"),
    Key("warm_pixels.extended.found.by_hand", "fraction"),
    Key("warm_pixels.extended.false", "fraction"),
    Key("warm_pixels.extended.false.by_hand", "fraction"),
    Key("warm_pixels.four_dithers.found", "fraction"),
    Key("warm_pixels.four_dithers.false", "fraction"),
)

FIELDS = (
    ("sparse", "F770W", 10),
    ("sparse", "F1500W", 10),
    ("crowded", "F770W", 10),
    ("extended", "F770W", 10),
    ("sparse", "F770W", 4),
)
EFFECTS = ("noise", "bad_pixels", "coronagraphs", "sky_pattern", "drift", "stripes", "warm_pixels")


def _one(kind: str, name: str, dithers: int) -> tuple[dict[str, float], str]:
    program = calibrated_program(kind, name, dithers=dithers, effects=EFFECTS)
    exposures = [one.arrays.replace(var_poisson=None, var_rnoise=None, var_flat=None) for one in program]
    usable = imager_area(exposures[0].shape, exposures[0].corner)
    usable &= 2 * sum(planes.good.astype(int) for planes in exposures) >= dithers
    truth = program[0].truth
    warm = usable & (truth.warm_excess > 0)
    bright = warm & (truth.warm_excess >= 5 * truth.noise_sigma)
    outcome = flag_warm_pixels(exposures)
    values = {}
    for end, mask in (
        ("", outcome.images["warm"] == 1),
        (".by_hand", warm_pixels_by_hand.warm_pixels(exposures)),
    ):
        values[f"found{end}"] = float(mask[warm].mean())
        values[f"false{end}"] = float(mask[usable & ~warm].mean())
    note = (
        f"warm_pixels, {kind} {name}, {dithers} dithers: {values['found']:.4f} of {warm.sum()} found "
        f"({(outcome.images['warm'] == 1)[bright].mean():.4f} of those above 5 sigma of their own noise), "
        f"{values['false']:.1e} false; by hand {values['found.by_hand']:.4f}, "
        f"{values['false.by_hand']:.1e}; not judged {outcome.facts['unjudged']:.3f}"
    )
    return values, note


def measure() -> tuple[dict[str, float | None], list[str]]:
    """Return the figures and a note per field."""
    values: dict[str, float | None] = {}
    found, notes = {}, []
    for field in FIELDS:
        found[field], note = _one(*field)
        notes.append(note)
    sparse = [found[field] for field in FIELDS[:2]]
    for end in ("", ".by_hand"):
        values[f"warm_pixels.found{end}"] = min(one[f"found{end}"] for one in sparse)
        values[f"warm_pixels.false{end}"] = max(one[f"false{end}"] for one in sparse)
        for kind, field in (("crowded", FIELDS[2]), ("extended", FIELDS[3])):
            for what in ("found", "false"):
                values[f"warm_pixels.{kind}.{what}{end}"] = found[field][f"{what}{end}"]
    for what in ("found", "false"):
        values[f"warm_pixels.four_dithers.{what}"] = found[FIELDS[4]][what]
    return values, notes


def main() -> int:
    """Print the table; exit with 1 when a bound is missed."""
    from tables import write

    return int(bool(write("warm_pixels_science", KEYS, *measure())))


if __name__ == "__main__":
    raise SystemExit(main())
