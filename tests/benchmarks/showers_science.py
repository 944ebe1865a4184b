"""
Suggestions of showers against injected ones, and what masking them does to the rate under them.

A suggestion is right when it lies on a shower of the same integration and begins within a group of it. Showers count
as visible when what comes in their first group, summed over their area, is ten times its noise.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).parent))

from keys import Key

from miri_widgets.core.levels.exposure_level import clipped_level
from miri_widgets.core.showers.search import find_showers, group_differences
from miri_widgets.core.showers.showers import ShowerMask, mask_showers
from miri_widgets.simulation import simulate, write_reference_cache
from miri_widgets.simulation.effects import Effects
from miri_widgets.simulation.program import ProgramField, SimulatedProgram
from miri_widgets.simulation.ramp_artefacts import Shower
from miri_widgets.simulation.truth import load_truth

__all__ = ["KEYS", "measure"]

KEYS = (
    Key("showers.visible", "showers"),
    Key("showers.found", "fraction"),
    Key("showers.false", "suggestions per exposure"),
    Key("showers.excess_left", "fraction"),
)

PROGRAM = SimulatedProgram(
    name="showers",
    program="01097",
    title="Showers in SUB256",
    filters=("F770W",),
    subarray="SUB256",
    ngroups=16,
    nints=2,
    dithers=tuple((0.7 * number, 0.4 * number) for number in range(12)),
    field=ProgramField(stars=20, flux_min=100.0, flux_max=5000.0, galaxies=3),
    seed=97,
    effects=Effects().also("showers"),
)


def measure() -> tuple[dict[str, float | None], list[str]]:
    """Simulate raw exposures with showers, suggest, and compare."""
    with tempfile.TemporaryDirectory(prefix="showers-") as name:
        folder = Path(name)
        cache = write_reference_cache(folder / "crds", filters=PROGRAM.filters, subarrays=("SUB256",))
        os.environ.update(cache.environment())
        made = simulate(PROGRAM, folder, processes=1)
        truth = load_truth(made.truth)
        visible = found = false = 0
        before, after = [], []
        for path in made.uncal:
            data, flags = corrected(path)
            showers = truth.exposures[path.name].showers
            suggested = find_showers(data, flags)
            seen = [shower for shower in showers if is_visible(shower, data, flags)]
            visible += len(seen)
            found += sum(any(matches(one, shower) for one in suggested) for shower in seen)
            false += sum(not any(matches(one, shower) for shower in showers) for one in suggested)
            right = [one for one in suggested if any(matches(one, shower) for shower in showers)]
            masked, _ = mask_showers(flags, right)
            for shower in seen:
                before.append(excess(shower, flags))
                after.append(excess(shower, masked))
    values: dict[str, float | None] = {
        "showers.visible": float(visible),
        "showers.found": found / max(visible, 1),
        "showers.false": false / len(made.uncal),
        "showers.excess_left": float(np.sum(after) / np.sum(before)) if before else None,
    }
    note = (
        f"showers: {len(made.uncal)} exposures of SUB256, {visible} visible showers, {found} suggested, {false} false "
        f"suggestions; {values['showers.excess_left']:.2f} of their signal is left in the groups that are used"
    )
    return values, [note]


def corrected(path: Path) -> tuple[NDArray[np.float32], NDArray[np.uint8]]:
    """Return ramps and flags after the steps of the pipeline up to the jump step, its own finder of showers off."""
    from jwst.pipeline import Detector1Pipeline

    steps: dict[str, Any] = {
        "jump": {"find_showers": False},
        "ramp_fit": {"skip": True},
        "gain_scale": {"skip": True},
    }
    ramp = Detector1Pipeline.call(str(path), steps=steps, configure_log=False)
    data, flags = np.array(ramp.data), np.array(ramp.groupdq)
    ramp.close()
    return data, flags


def is_visible(shower: Shower, data: NDArray[np.float32], flags: NDArray[np.uint8]) -> bool:
    """Tell whether a matched filter would see what comes in the first group with a signal of ten times its noise."""
    noise = clipped_level(group_differences(data, flags, shower.integration, shower.group)).sigma
    image = shower.image(data.shape[2:]) * shower.share(shower.group)
    return float(np.sqrt((image**2).sum()) / noise) > 10


def matches(suggestion: ShowerMask, shower: Shower) -> bool:
    """Tell whether a suggestion is about a shower."""
    x, y = suggestion.shape.points[0]
    near = np.hypot(x - shower.x, y - shower.y) < shower.semimajor
    when = suggestion.integration == shower.integration and abs(suggestion.first_group - shower.group) <= 1
    return bool(near and when)


def excess(shower: Shower, flags: NDArray[np.uint8]) -> float:
    """Signal of a shower in the groups that are used, DN summed over pixels and groups."""
    image = shower.image(flags.shape[2:])
    total = 0.0
    for group in range(shower.group, flags.shape[1]):
        used = (flags[shower.integration, group] & 1) == 0
        total += float((image * shower.share(group))[used].sum())
    return total


if __name__ == "__main__":
    from tables import write

    raise SystemExit(int(bool(write("showers_science", KEYS, *measure()))))
