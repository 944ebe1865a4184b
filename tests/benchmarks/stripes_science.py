"""Column and row cleaning against injected stripes, beside the algorithm of the notebooks on the same exposures."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).parent))

import flicker_noise
import notebook_stripes
from keys import Key

from miri_widgets.core.areas import IMAGER_COLUMN
from miri_widgets.core.stripes.stripes import clean_stripes
from miri_widgets.simulation.calibrated import CalibratedTruth, calibrated_program

__all__ = ["KEYS", "measure"]

EFFECTS = ("noise", "bad_pixels", "coronagraphs", "stripes")
FILTERS = ("F770W", "F1500W")
SEEDS = {"sparse": range(1, 8), "crowded": range(1, 4), "extended": range(1, 4)}

KEYS = (
    Key("stripes.residual", "ratio", at_most=0.10),
    Key("stripes.residual.notebook", "ratio"),
    Key("stripes.residual_limit", "ratio"),
    Key("stripes.extended_change", "fraction", at_most=0.01),
    Key("stripes.extended_change.notebook", "fraction"),
    Key("stripes.crowded.residual", "ratio"),
    Key("stripes.crowded.residual.notebook", "ratio"),
    Key("stripes.extended.residual", "ratio"),
    Key("stripes.extended.residual.notebook", "ratio"),
    Key("stripes.err_over_scatter", "ratio"),
    Key("stripes.new_nan", "pixels", at_most=0),
    Key("stripes.new_nan.notebook", "pixels"),
    *(Key(f"stripes.flicker_noise.{name}", "ratio") for name in flicker_noise.FIGURES),
)


def _rms(values: NDArray) -> float:
    return float(np.std(values, dtype=float))


def _one(kind: str, filter_name: str, seed: int) -> dict[str, float]:
    """Clean one exposure both ways; figures over the good pixels of the imager."""
    program = calibrated_program(kind, filter_name, dithers=1, seed=seed, effects=EFFECTS)
    planes, truth = program[0].arrays, program[0].truth
    use = planes.good
    use[:, :IMAGER_COLUMN] = False
    cleaned = clean_stripes([planes]).exposures[0]
    # the notebooks clean columns first
    plain = notebook_stripes.clean_rows(notebook_stripes.clean_columns(planes.sci, planes.dq), planes.dq)
    known = use & np.isfinite(plain)
    injected = _rms(truth.stripes[use])
    wrong = _wrong(planes.sci - cleaned.sci, truth, use)
    plain_wrong = _wrong(planes.sci - plain, truth, known)
    claimed = float(np.sqrt(np.mean((cleaned.err**2 - planes.err**2)[use])))
    nebula = _rms(truth.nebula[use])
    counts = [np.count_nonzero(use, axis=axis) for axis in (0, 1)]
    noise = float(np.median(truth.noise_sigma[use]))
    limit = noise * np.sqrt(sum(np.mean(1 / one[one > 100]) for one in counts))
    return {
        "residual": wrong / injected,
        "residual.notebook": plain_wrong / injected,
        "limit": float(limit) / injected,
        "change": wrong / nebula if nebula else 0.0,
        "change.notebook": plain_wrong / nebula if nebula else 0.0,
        "err": claimed / wrong,
        "nan": float(np.count_nonzero(np.isnan(cleaned.sci) & ~np.isnan(planes.sci))),
        "nan.notebook": float(np.count_nonzero(np.isnan(plain) & ~np.isnan(planes.sci))),
    }


def _wrong(removed: NDArray, truth: CalibratedTruth, use: NDArray[np.bool_]) -> float:
    """Rms of what was removed and is no stripe, and of stripes that were not removed; a constant aside."""
    return _rms((removed - truth.stripes)[use])


def _range(several: list[dict[str, float]]) -> str:
    found = [one["residual"] for one in several]
    return f"{min(found):.3f} to {max(found):.3f}"


def measure() -> tuple[dict[str, float | None], list[str]]:
    """Return the figures and a note per field."""
    fields = {kind: [] for kind in ("sparse", "crowded", "extended")}
    notes = []
    for kind, found in fields.items():
        for name in FILTERS:
            several = [_one(kind, name, seed) for seed in SEEDS[kind]]
            mean = {key: float(np.mean([one[key] for one in several])) for key in several[0]}
            found.append(mean)
            notes.append(
                f"stripes, {kind} {name}: residual {mean['residual']:.4f} (single exposures {_range(several)}) of the injected rms (notebooks "
                f"{mean['residual.notebook']:.3f}); means of all good pixels would leave {mean['limit']:.4f}"
            )
    notes.append("stripes: in the extended field the nebula has some 150 times the rms of the stripes")
    values: dict[str, float | None] = {}
    for kind, key in (
        ("sparse", "stripes"),
        ("crowded", "stripes.crowded"),
        ("extended", "stripes.extended"),
    ):
        for end in ("residual", "residual.notebook"):
            values[f"{key}.{end}"] = max(one[end] for one in fields[kind])
    values["stripes.residual_limit"] = max(one["limit"] for one in fields["sparse"])
    values["stripes.err_over_scatter"] = float(np.mean([one["err"] for one in fields["sparse"]]))
    for end in ("change", "change.notebook"):
        values[f"stripes.extended_{end}"] = max(one[end] for one in fields["extended"])
    everything = [one for found in fields.values() for one in found]
    values["stripes.new_nan"] = max(one["nan"] for one in everything)
    values["stripes.new_nan.notebook"] = max(one["nan.notebook"] for one in everything)
    left, told = flicker_noise.measure()
    values |= {f"stripes.flicker_noise.{name}": value for name, value in left.items()}
    return values, notes + told


def main() -> int:
    """Print the table; exit with 1 when a bound is missed."""
    from tables import write

    return int(bool(write("stripes_science", KEYS, *measure())))


if __name__ == "__main__":
    raise SystemExit(main())
