"""Pull-up and pull-down against injected strips, beside the notebooks' algorithm on the same exposures."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))

import notebook_pullupdown
from keys import Key

from miri_widgets.core.areas import IMAGER_COLUMN
from miri_widgets.core.stripes.pullupdown import correct_pullupdown
from miri_widgets.simulation.calibrated import calibrated_program

__all__ = ["KEYS", "measure"]

EFFECTS = ("noise", "bad_pixels", "coronagraphs", "pullupdown")
FILTERS = ("F770W", "F1500W")
SEEDS = {"sparse": range(1, 8), "crowded": range(1, 4), "extended": range(1, 4)}
ENDS = ("", ".notebook", ".notebook_defaults")

KEYS = (
    Key("pullupdown.residual", "ratio", at_most=0.20),
    Key("pullupdown.residual.best_exposure", "ratio"),
    Key("pullupdown.residual.worst_exposure", "ratio"),
    Key("pullupdown.residual.notebook", "ratio"),
    Key("pullupdown.residual.notebook_defaults", "ratio"),
    Key("pullupdown.harm_outside", "sigma", at_most=0.05),
    Key("pullupdown.harm_outside.notebook", "sigma"),
    Key("pullupdown.new_nan", "pixels", at_most=0),
    Key("pullupdown.new_nan.notebook", "pixels"),
    Key("pullupdown.without_strips", "sigma", at_most=0.05),
    Key("pullupdown.without_strips.notebook", "sigma"),
    Key("pullupdown.crowded.residual", "ratio"),
    Key("pullupdown.crowded.residual.notebook", "ratio"),
    Key("pullupdown.extended.residual", "ratio"),
    Key("pullupdown.extended.residual.notebook", "ratio"),
    Key("pullupdown.extended.harm_outside", "sigma"),
    Key("pullupdown.extended.harm_outside.notebook", "sigma"),
)


def _rms(values: np.ndarray) -> float:
    return float(np.sqrt(np.mean(np.square(values, dtype=float)))) if values.size else 0.0


def _one(kind: str, filter_name: str, seed: int, effects: tuple[str, ...] = EFFECTS) -> dict[str, float]:
    """Correct one exposure both ways. The notebooks are told where the sources are, ours finds them."""
    program = calibrated_program(kind, filter_name, dithers=1, seed=seed, effects=effects)
    planes, truth = program[0].arrays, program[0].truth
    use = planes.good
    use[:, :IMAGER_COLUMN] = False
    strips = truth.pullupdown
    inside, outside = use & (strips != 0), use & (strips == 0)
    bright = truth.sources[truth.bright]
    places = list(zip(bright["x"], bright["y"], strict=True))
    injected, found = _rms(strips[inside]), {"sources": float(len(bright)), "injected": 0.0}
    for end, sci in (
        ("", correct_pullupdown([planes]).exposures[0].sci),
        (".notebook", notebook_pullupdown.fix_strips(planes.sci, places)),
        (".notebook_defaults", notebook_pullupdown.fix_strips(planes.sci, places, width=60, offset=20)),
    ):
        known = np.isfinite(sci)
        wrong = planes.sci - sci - strips
        if injected:
            scored = inside & known
            found["injected"] = injected / program.usual_noise
            # a correction that leaves NaN in the strips is held against what was injected in the others
            found["residual" + end] = _rms(wrong[scored]) / _rms(strips[scored]) if scored.any() else np.nan
            found["scored" + end] = np.count_nonzero(scored) / np.count_nonzero(inside)
        found["outside" + end] = _rms(wrong[outside & known]) / program.usual_noise
        found["nan" + end] = float(np.count_nonzero(~known & np.isfinite(planes.sci)))
    return found


def _note(kind: str, name: str, mean: dict[str, float], several: list[dict[str, float]]) -> str:
    ours, theirs = ([one["residual" + end] for one in several] for end in ("", ".notebook"))
    return (
        f"pull-up/pull-down, {kind} {name}: {mean['sources']:.1f} sources with strips of {mean['injected']:.1f} "
        f"sigma; residual {mean['residual']:.3f}, single exposures {min(ours):.3f} to {max(ours):.3f}; notebooks "
        f"{mean['residual.notebook']:.3f}, {np.nanmin(theirs):.3f} to {np.nanmax(theirs):.3f}, where they left "
        f"no NaN, {mean['scored.notebook']:.2f} of the strips (with the defaults of the function "
        f"{mean['residual.notebook_defaults']:.3f} in {mean['scored.notebook_defaults']:.2f})"
    )


def measure() -> tuple[dict[str, float | None], list[str]]:
    """Return the figures and a note per field."""
    values: dict[str, float | None] = {}
    notes = []
    found = {
        (kind, name): [one for seed in SEEDS[kind] if (one := _one(kind, name, seed))["injected"]]
        for kind in SEEDS
        for name in FILTERS
    }
    for kind in SEEDS:
        key = "pullupdown" if kind == "sparse" else f"pullupdown.{kind}"
        means = []
        for name in FILTERS:
            several = found[kind, name]
            means.append({item: float(np.nanmean([one[item] for one in several])) for item in several[0]})
            notes.append(_note(kind, name, means[-1], several))
        for end in ENDS:
            values[f"{key}.residual{end}"] = max(one["residual" + end] for one in means)
            values[f"{key}.harm_outside{end}"] = max(one["outside" + end] for one in means)
    single = [one["residual"] for name in FILTERS for one in found["sparse", name]]
    values["pullupdown.residual.best_exposure"] = min(single)
    values["pullupdown.residual.worst_exposure"] = max(single)
    quiet = [_one(kind, name, 1, EFFECTS[:-1]) for kind in ("sparse", "crowded") for name in FILTERS]
    for end in ENDS:
        every = [one for several in found.values() for one in several] + quiet
        values[f"pullupdown.new_nan{end}"] = max(one["nan" + end] for one in every)
        values[f"pullupdown.without_strips{end}"] = max(one["outside" + end] for one in quiet)
    return {key.name: values[key.name] for key in KEYS}, notes


def main() -> int:
    """Print the table; exit with 1 when a bound is missed."""
    from tables import write

    return int(bool(write("pullupdown_science", KEYS, *measure())))


if __name__ == "__main__":
    raise SystemExit(main())
