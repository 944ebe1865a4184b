"""
Masks of after-images against injected truth, beside the notebook's algorithm on the same simulated raw exposures.

The simulated detector traps a part of the charge of every pixel that a noiseless integration saturates, and gives
it back with a time constant of its own. An after-image counts as injected where its mean rate exceeds the noise of
a pixel that sees the sky alone; a pixel counts as falsely masked where no charge was trapped at all.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).parent))

import notebook_persistence
from keys import Key

from miri_widgets.core.dq import has
from miri_widgets.simulation import simulate, write_reference_cache
from miri_widgets.simulation.effects import Effects
from miri_widgets.simulation.instrument import FILTERS
from miri_widgets.simulation.program import ProgramField, SimulatedProgram, SimulatedTile
from miri_widgets.simulation.readout import Readout
from miri_widgets.simulation.truth import Truth, load_truth

__all__ = ["KEYS", "measure"]

KEYS = (
    Key("persistence.found", "fraction", at_least=0.99),
    Key("persistence.found.notebook", "fraction"),
    Key("persistence.found.three_groups", "fraction"),
    Key("persistence.false", "fraction", at_most=0.001),
    Key("persistence.false.notebook", "fraction"),
    Key("persistence.false.three_groups", "fraction"),
    Key("persistence.false.with_neighbours", "fraction"),
    Key("persistence.injected", "pixels"),
    Key("persistence.masked_after_window", "pixels"),
    Key("persistence.masked_after_window.notebook", "pixels"),
    Key("persistence.short_ramp_masked", "fraction", at_most=0.1),
    Key("persistence.short_ramp_masked.notebook", "fraction"),
)

PROGRAM = SimulatedProgram(
    name="persistence",
    program="01099",
    title="After-images across dithers, filters and visits in SUB256",
    filters=("F560W", "F1500W"),
    subarray="SUB256",
    ngroups=10,
    nints=2,
    tiles=(SimulatedTile(visit=1), SimulatedTile(visit=2, offset_ra=3.0, offset_dec=1.0)),
    dithers=((0.0, 0.0), (3.4, 2.1), (-2.7, 3.3), (-3.6, -2.4)),
    field=ProgramField(stars=60, flux_min=2e4, flux_max=3e6, flux_slope=1.3, separation=2.0, galaxies=0),
    seed=99,
    effects=Effects().also("persistence"),
)
SHORT = PROGRAM.replace(
    name="short", program="01098", ngroups=3, nints=1, tiles=(SimulatedTile(),), filters=("F560W",)
)
VISIT = len(PROGRAM.filters) * len(PROGRAM.dithers)


def measure() -> tuple[dict[str, float | None], list[str]]:
    """Simulate, mask through the step and by the notebook's algorithm, and compare with what was injected."""
    with tempfile.TemporaryDirectory(prefix="persistence-") as name:
        folder = Path(name)
        cache = write_reference_cache(folder / "crds", filters=PROGRAM.filters, subarrays=("SUB256",))
        os.environ.update(cache.environment())
        values, notes = _long(folder / "long")
        more, also = _short(folder / "short")
    return values | more, notes + also


def _long(folder: Path) -> tuple[dict[str, float | None], list[str]]:
    made = simulate(PROGRAM, folder, processes=1)
    truth = load_truth(made.truth)
    # every pixel that saturates traps charge in this simulation, whenever it does; none loses response for long
    ours = {
        "": masks(made.uncal, negative_hours=0.0),
        ".three_groups": masks(made.uncal, unsaturated_groups=3, negative_hours=0.0),
        ".notebook": notebook(made.uncal),
        ".with_neighbours": masks(made.uncal, negative_hours=0.0, grow_pixels=1),
    }
    values: dict[str, float | None] = {}
    for label, found in ours.items():
        found_part, false_part, injected = score(made.uncal, found, truth)
        if label != ".with_neighbours":
            values[f"persistence.found{label}"] = found_part
        values[f"persistence.false{label}"] = false_part
        values["persistence.injected"] = float(injected)
    # the first exposure of the second visit begins half an hour after the last of the first
    for label in ("", ".notebook"):
        values[f"persistence.masked_after_window{label}"] = float(ours[label][VISIT].sum())
    notes = [
        f"persistence: {len(made.uncal)} exposures of SUB256 in {', '.join(PROGRAM.filters)}, two visits; "
        f"{values['persistence.injected']:.0f} pixels with an after-image above the noise; found "
        f"{values['persistence.found']:.4f} (notebook {values['persistence.found.notebook']:.4f}), false "
        f"{values['persistence.false']:.5f} (notebook {values['persistence.false.notebook']:.5f})",
        "persistence: with the notebook's threshold of 3 unsaturated groups, pixels that saturate later in the ramp "
        f"stay: found {values['persistence.found.three_groups']:.4f}",
        "persistence: the simulated detector spills no charge, so that neighbours of saturated pixels, which the "
        f"saturation step adds by itself, are false ones ({values['persistence.false.with_neighbours']:.4f}); "
        "the grow_pixels of our step is therefore 0 unless it is set",
        "persistence: long-lived negative after-images are not simulated: the 24 h window is tested by its laws only",
    ]
    return values, notes


def _short(folder: Path) -> tuple[dict[str, float | None], list[str]]:
    made = simulate(SHORT, folder, processes=1)
    parts = {"": masks(made.uncal), ".notebook": notebook(made.uncal)}
    values: dict[str, float | None] = {
        f"persistence.short_ramp_masked{label}": float(np.mean([one.mean() for one in found[1:]]))
        for label, found in parts.items()
    }
    note = (
        f"persistence: ramps of {SHORT.ngroups} groups lose {values['persistence.short_ramp_masked']:.4f} of their "
        f"pixels (notebook {values['persistence.short_ramp_masked.notebook']:.4f})"
    )
    return values, [note]


def masks(uncal: tuple[Path, ...], **settings: object) -> list[NDArray[np.bool_]]:
    """Masks of the step, in the order of the files; it is given them backwards."""
    from miri_widgets.steps.persistence import PersistenceMaskStep

    step = PersistenceMaskStep()
    # the simulated detector traps charge of saturated pixels alone; `held.persistence` judges the dose
    for name, value in {"trigger": "saturation", **settings}.items():
        setattr(step, name, value)
    found = step.process([str(path) for path in reversed(uncal)])
    return [has(found[place].dq, "PERSISTENCE") for place in range(len(uncal))][::-1]


def notebook(uncal: tuple[Path, ...]) -> list[NDArray[np.bool_]]:
    """Masks of the notebook's algorithm."""
    from jwst.dq_init import DQInitStep
    from jwst.saturation import SaturationStep

    flags, times = [], []
    for path in uncal:
        ramp = SaturationStep.call(DQInitStep.call(str(path), configure_log=False), configure_log=False)
        flags.append(np.array(ramp.groupdq))
        times.append(float(ramp.meta.exposure.mid_time))
        ramp.close()
    return notebook_persistence.masks(flags, times)


def score(uncal: tuple[Path, ...], found: list[NDArray[np.bool_]], truth: Truth) -> tuple[float, float, int]:
    """Return the part of the injected pixels that is masked, the part of the others that is, and their number."""
    hits = injected = false = clean = 0
    for path, mask in zip(uncal, found, strict=True):
        after_image = truth.artefacts(path.name)["persistence"]
        seen = after_image > usual_noise(truth.exposures[path.name].filter)
        hits, injected = hits + int((mask & seen).sum()), injected + int(seen.sum())
        none = after_image == 0
        false, clean = false + int((mask & none).sum()), clean + int(none.sum())
    return hits / max(injected, 1), false / max(clean, 1), injected


def usual_noise(filter_name: str) -> float:
    """Standard deviation of the rate of a pixel that sees the sky alone, DN/s."""
    band = FILTERS[filter_name]
    readout = Readout(1.0, PROGRAM.window.frame_time, PROGRAM.ngroups, PROGRAM.nints)
    rate = np.full((1, 1), band.sky / band.photmjsr)
    return float(np.sqrt(sum(readout.variances(rate, readout.groups(rate))))[0, 0])


if __name__ == "__main__":
    from tables import write

    raise SystemExit(int(bool(write("persistence_science", KEYS, *measure()))))
