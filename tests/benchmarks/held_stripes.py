"""
Stripes over bright galaxies and slow noise of rows, in fields made by other code.

Beside ours stand the former way (profiles of bands), the same with all that is wider than 20 pixels protected, and the
notebooks' algorithm.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parent / "scenes"))

import notebook_stripes
from keys import Key
from stripe_fields import FIELDS, SHAPE, StripedExposure, striped_exposures

from miri_widgets.core.areas import IMAGER_COLUMN
from miri_widgets.core.exposure_arrays import ExposureArrays
from miri_widgets.core.stripes.stripes import clean_stripes

__all__ = ["KEYS", "measure"]

GALAXIES = ("galaxy_40_14", "galaxy_80_10", "galaxy_40_20", "galaxy_60_12")
FLICKER = ("flicker", "flicker_long")
OTHERS = ("rows_alone", "crowded", "cirrus", "nebula")
HELD, TUNING = range(950, 953), range(1, 3)
WAYS = ("", ".former", ".former_20", ".notebook", ".limit")

_BOUNDS: dict[str, dict[str, float]] = {"galaxy": {"at_most": 0.12}, "flicker": {"at_most": 0.25}}
KEYS = (
    *(
        Key(f"held.stripes.{name}{way}", "ratio", **(_BOUNDS.get(name, {}) if not way else {}))
        for name in ("galaxy", "flicker", *OTHERS)
        for way in WAYS
    ),
    Key("held.stripes.error_ratio", "ratio", at_most=1.25, at_least=0.8),
    Key("held.stripes.error_ratio_largest", "ratio", at_most=1.25, at_least=0.8),
    Key("held.stripes.error_ratio.former", "ratio"),
    Key("held.stripes.seconds_over_former", "ratio"),
)


def _cleaned(exposure: ExposureArrays, **settings: object) -> ExposureArrays:
    return clean_stripes([exposure], **settings).exposures[0]  # type: ignore[arg-type]


def _notebook(exposure: ExposureArrays) -> ExposureArrays:
    columns = notebook_stripes.clean_columns(exposure.sci, exposure.dq)
    return exposure.replace(sci=notebook_stripes.clean_rows(columns, exposure.dq).astype(np.float32))


ALGORITHMS: dict[str, Callable[[ExposureArrays], ExposureArrays]] = {
    "": _cleaned,
    ".former": lambda exposure: _cleaned(exposure, method="profiles"),
    ".former_20": lambda exposure: _cleaned(exposure, method="profiles", protect_scale=20.0, adaptive=False),
    ".notebook": _notebook,
}


def _figures(striped: StripedExposure, after: ExposureArrays) -> tuple[float, float, float]:
    """Mean squares of the error, of what was injected, and of the error that ERR states; in the imager."""
    use = striped.exposure.good & np.isfinite(after.sci)
    use[:, :IMAGER_COLUMN] = False
    wrong = (striped.exposure.sci - after.sci - striped.offset)[use]
    stated = (after.err**2 - striped.exposure.err**2)[use]
    return (
        float(np.var(wrong, dtype=float)),
        float(np.var(striped.offset[use])),
        float(np.mean(stated, dtype=float)),
    )


def _limit(striped: StripedExposure) -> float:
    """Mean square of the error of weighted means without any light: noise of the pixels, known to the estimator."""
    use = striped.exposure.good.copy()
    use[:, :IMAGER_COLUMN] = False
    weight: NDArray[np.float64] = np.where(use, 1.0 / np.where(use, striped.exposure.err, 1.0) ** 2, 0.0)
    sums = [weight.sum(axis=0)[IMAGER_COLUMN:], weight.sum(axis=1)]
    return float(sum(np.mean(1.0 / some[some > 0]) for some in sums))


def measure_stripes(seeds: range = HELD) -> tuple[dict[str, float | None], list[str]]:
    """Return the figures over some seeds; of the fields of a key the worst counts."""
    values: dict[str, float | None] = {}
    notes: list[str] = []
    seconds = dict.fromkeys(ALGORITHMS, 0.0)
    ratios: dict[str, list[float]] = {"": [], ".former": []}
    for name in (*GALAXIES, *FLICKER, *OTHERS):
        key = "galaxy" if name in GALAXIES else "flicker" if name in FLICKER else name
        sums = {way: np.zeros(3) for way in ALGORITHMS}
        limit = 0.0
        for striped in striped_exposures(name, seeds if key in ("galaxy", "flicker") else seeds[:1], SHAPE):
            for way, correct in ALGORITHMS.items():
                begun = time.process_time()
                after = correct(striped.exposure)
                seconds[way] += time.process_time() - begun
                sums[way] += _figures(striped, after)
            limit += _limit(striped)
        line = f"stripes, {name} ({FIELDS[name].filter}): left of the injected rms"
        for way, (wrong, injected, stated) in sums.items():
            left = float(np.sqrt(wrong / injected))
            values[f"held.stripes.{key}{way}"] = max(left, values.get(f"held.stripes.{key}{way}") or 0.0)
            line += f" {way[1:] or 'ours'} {left:.3f}"
            if way in ratios:
                ratio = float(np.sqrt(stated / wrong))
                line += f" (error stated over true {ratio:.2f})"
                if key in ("galaxy", "flicker"):
                    ratios[way].append(ratio)
        least = float(np.sqrt(limit / sums[""][1]))
        values[f"held.stripes.{key}.limit"] = max(least, values.get(f"held.stripes.{key}.limit") or 0.0)
        notes.append(f"{line}; noise of the pixels alone {least:.3f}")
    values["held.stripes.error_ratio"] = min(ratios[""])
    values["held.stripes.error_ratio_largest"] = max(ratios[""])
    values["held.stripes.error_ratio.former"] = min(ratios[".former"])
    values["held.stripes.seconds_over_former"] = seconds[""] / seconds[".former"]
    return values, notes


def measure() -> tuple[dict[str, float | None], list[str]]:
    """Measure on the held seeds."""
    return measure_stripes()


if __name__ == "__main__":
    from tables import write

    raise SystemExit(
        int(bool(write("held_stripes", KEYS, *measure_stripes(TUNING if "--tuning" in sys.argv else HELD))))
    )
