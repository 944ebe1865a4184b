"""
Sky subtraction against injected truth, beside the algorithm of the notebooks on the same exposures.

Noise is drawn here, twice, over exposures without noise: what two independent noises have in common is no noise.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).parent))

import notebook_sky
from keys import Key

from miri_widgets.core.exposure_arrays import ExposureArrays
from miri_widgets.core.sky.subtraction import subtract_sky
from miri_widgets.simulation.calibrated import calibrated_program
from miri_widgets.simulation.instrument import FILTERS
from miri_widgets.simulation.psf import point_spread

__all__ = ["KEYS", "measure"]

DITHERS = 10
SOURCES = 250
BOX = 32
IMAGER = slice(376, 1016)
EFFECTS = ("bad_pixels", "coronagraphs", "sky_pattern", "drift")
SPARSE = ("F770W", "F1500W")
ALLOWED = (1 + 1 / (DITHERS - 1)) ** 0.5  # what a sky of the other exposures must add

KEYS = (
    Key("sky.residual_over_noise", "ratio", at_most=1.03),
    Key("sky.residual_over_noise.notebook", "ratio"),
    Key("sky.pattern_left_ratio", "ratio", at_most=1 / 3),
    Key("sky.pattern_left", "sigma"),
    Key("sky.pattern_left.notebook", "sigma"),
    Key("sky.level_error", "sigma"),
    Key("sky.level_error.notebook", "sigma"),
    Key("sky.err_over_scatter", "ratio"),
    Key("sky.err_over_scatter.notebook", "ratio"),
    Key("sky.flux_bias", "fraction", at_most=0.005),
    Key("sky.flux_bias_err", "fraction"),
    Key("sky.flux_bias.notebook", "fraction"),
    Key("sky.wiped_flags.notebook", "pixels"),
    *(
        Key(f"sky.{kind}.{name}", unit)
        for kind in ("crowded", "extended")
        for name, unit in (
            ("residual_over_noise", "ratio"),
            ("residual_over_noise.notebook", "ratio"),
            ("pattern_left", "sigma"),
            ("pattern_left.notebook", "sigma"),
            ("flux_bias", "fraction"),
            ("flux_bias_err", "fraction"),
            ("flux_bias.notebook", "fraction"),
            ("warnings", "sentences"),
        )
    ),
)

Correct = Callable[[Sequence[ExposureArrays]], Sequence[ExposureArrays]]


@dataclass(frozen=True)
class Field:
    """Exposures without noise, and their truth."""

    filter: str
    planes: list[ExposureArrays]
    scenes: list[NDArray[np.float32]]
    offsets: list[float]
    sigmas: list[NDArray[np.float32]]
    injected: list[NDArray[np.float32]]
    positions: list[tuple[NDArray, NDArray]]
    fluxes: NDArray[np.float64]

    def noisy(self, seed: int, *, injected: bool = False) -> list[ExposureArrays]:
        """Return the exposures with noise, and with sources that the field does not have."""
        found = []
        for index, (planes, sigma) in enumerate(zip(self.planes, self.sigmas, strict=True)):
            noise = np.random.default_rng([seed, index]).standard_normal(planes.shape, np.float32) * sigma
            sci = planes.sci + noise + (self.injected[index] if injected else np.float32(0))
            found.append(planes.replace(sci=sci))
        return found


def field(kind: str, filter_name: str) -> Field:
    """Simulate a field, and sources of S/N 10 to 100 in one exposure beside its own."""
    program = calibrated_program(kind, filter_name, dithers=DITHERS, effects=EFFECTS)
    planes, truths = zip(*((one.arrays, one.truth) for one in program), strict=True)
    rng, spread = np.random.default_rng(77), point_spread(filter_name)
    x, y = rng.uniform(420, 960, SOURCES), rng.uniform(60, 960, SOURCES)
    ra, dec = truths[0].to_sky(x, y)
    quiet = float(np.median(truths[0].noise_sigma[:, IMAGER]))
    effective = 1 / float((spread.on_pixels(20) ** 2).sum())
    fluxes = 10 ** rng.uniform(1, 2, SOURCES) * quiet * effective**0.5
    injected, positions = [], []
    for truth in truths:
        image = np.zeros(truth.scene.shape, np.float64)
        px, py = (np.asarray(part) for part in truth.to_pixel(ra, dec))
        for one, two, flux in zip(px, py, fluxes, strict=True):
            spread.add(image, float(one), float(two), float(flux), radius=60)
        injected.append(image.astype(np.float32))
        positions.append((px, py))
    return Field(
        filter_name, list(planes), [truth.scene for truth in truths], [truth.level_offset for truth in truths],
        [truth.noise_sigma for truth in truths], injected, positions, fluxes,
    )  # fmt: skip


def ours(exposures: Sequence[ExposureArrays]) -> Sequence[ExposureArrays]:
    """Our correction as it is by default."""
    return list(subtract_sky(exposures).exposures)


def notebook(exposures: Sequence[ExposureArrays]) -> Sequence[ExposureArrays]:
    """The notebooks' correction, levels matched."""
    sky, levels = notebook_sky.make_sky(exposures, scalebkg=True)
    return list(notebook_sky.subtract(exposures, sky, levels, scalebkg=True))


def _free(data: Field, index: int) -> NDArray[np.bool_]:
    """Pixels of the imager without sources: less than a tenth of the noise."""
    free = data.planes[index].good & (data.scenes[index] < 0.1 * data.sigmas[index])
    free[:, : IMAGER.start] = False
    free[:, IMAGER.stop :] = False
    if np.count_nonzero(free) < 0.02 * free.size:  # a field without sky: its faintest tenth
        usable = data.planes[index].good[:, IMAGER]
        scene = data.scenes[index]
        limit = np.quantile(scene[:, IMAGER][usable], 0.1)
        free[:, IMAGER] = usable & (scene[:, IMAGER] < limit)
    return free


def _boxes(image: NDArray, free: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Mean of the free pixels of each box; NaN where less than a third are free."""
    shape = (image.shape[0] // BOX, BOX, -1, BOX)
    kept = free[:, IMAGER].reshape(shape)
    count = kept.sum(axis=(1, 3))
    total = np.where(kept, image[:, IMAGER].reshape(shape), 0.0).sum(axis=(1, 3))
    return np.where(count >= BOX * BOX / 3, total / np.maximum(count, 1), np.nan)


def residuals(data: Field, correct: Correct) -> dict[str, float]:
    """How residuals compare with the noise, what is left of the pattern, and whether errors tell the scatter."""
    runs = [correct(data.noisy(seed)) for seed in (1, 2)]
    ratios, left, levels, honest = [], [], [], []
    for index, sigma in enumerate(data.sigmas):
        free = _free(data, index)
        rests = [run[index].sci - data.scenes[index] for run in runs]
        unit = float(np.median(sigma[free]))
        # a level that is left has a figure of its own; over sigma, which follows the pattern, it would hide pattern
        ratios += [
            float(np.std((rest[free] - np.mean(rest[free])) / sigma[free])) / ALLOWED for rest in rests
        ]
        honest.append(float(np.mean(runs[0][index].err[free] / sigma[free])) / (ratios[-2] * ALLOWED))
        levels.append(abs(float(np.mean(rests[0][free]))) / unit)
        one, two = (_boxes(rest, free) for rest in rests)
        # means of boxes, less their own mean; two noises have nothing in common
        left.append(float(np.nanmean((one - np.nanmean(one)) * (two - np.nanmean(two)))) / unit**2)
    return {
        "residual_over_noise": float(np.mean(ratios)),
        "pattern_left": max(float(np.mean(left)), 0.0) ** 0.5,
        "level_error": float(np.mean(levels)),
        "err_over_scatter": float(np.mean(honest)),
    }


def flux_bias(data: Field, correct: Correct) -> tuple[float, float, int]:
    """Mean and its error of the relative change of flux, the same exposures with minus without the sources."""
    reach = 12
    without, with_sources = correct(data.noisy(1)), correct(data.noisy(1, injected=True))
    sums = np.zeros((2, SOURCES))
    for index, (before, after) in enumerate(zip(without, with_sources, strict=True)):
        change = after.sci - before.sci
        good = after.good & before.good & data.planes[index].good
        for number, (x, y) in enumerate(zip(*data.positions[index], strict=True)):
            column, row = round(float(x)), round(float(y))
            window = slice(row - reach, row + reach + 1), slice(column - reach, column + reach + 1)
            light, usable = data.injected[index][window], good[window]
            if usable.mean() < 0.9:
                continue
            # the best linear measure of a known shape
            sums[0, number] += float((light * change[window])[usable].sum())
            sums[1, number] += float((light * light)[usable].sum())
    known = sums[1] > 0
    ratio = sums[0, known] / sums[1, known] - 1
    return float(ratio.mean()), float(ratio.std() / known.sum() ** 0.5), int(known.sum())


def _wiped(exposures: Sequence[ExposureArrays]) -> float:
    """Pixels per exposure that the notebooks' subtraction takes flags from."""
    nothing = np.zeros(exposures[0].shape), np.zeros(len(exposures))
    after = notebook_sky.subtract(exposures, *nothing)
    return float(np.mean([np.count_nonzero(a.dq != b.dq) for a, b in zip(after, exposures, strict=True)]))


def measure() -> tuple[dict[str, float | None], list[str]]:
    """Measure sparse fields in two filters, the worse one counts, and a crowded and an extended field."""
    values: dict[str, float | None] = {}
    notes: list[str] = []
    sparse = []
    for name in SPARSE:
        data = field("sparse", name)
        mine, theirs = residuals(data, ours), residuals(data, notebook)
        bias, plain = flux_bias(data, ours), flux_bias(data, notebook)
        idle = residuals(data, list)
        sparse.append((mine, theirs, bias, plain, _wiped(data.planes)))
        notes.append(
            f"sky: sparse {name}, level {FILTERS[name].sky:g} MJy/sr: {bias[2]} sources, flux bias {bias[0]:+.5f} "
            f"(notebook {plain[0]:+.5f}); pattern left {mine['pattern_left']:.4f} sigma (notebook "
            f"{theirs['pattern_left']:.4f}); residual {mine['residual_over_noise']:.4f} (notebook "
            f"{theirs['residual_over_noise']:.4f}); doing nothing scores {idle['residual_over_noise']:.4f}, bound "
            f"{KEYS[0].bound}, and leaves {idle['pattern_left']:.4f} sigma of pattern"
        )
    for key in ("residual_over_noise", "pattern_left", "level_error"):
        values[f"sky.{key}"] = max(one[0][key] for one in sparse)
        values[f"sky.{key}.notebook"] = max(one[1][key] for one in sparse)
    values["sky.err_over_scatter"] = max(
        (one[0]["err_over_scatter"] for one in sparse), key=lambda v: abs(v - 1)
    )
    values["sky.err_over_scatter.notebook"] = max(
        (one[1]["err_over_scatter"] for one in sparse), key=lambda v: abs(v - 1)
    )
    values["sky.pattern_left_ratio"] = max(
        one[0]["pattern_left"] / max(one[1]["pattern_left"], 1e-12) for one in sparse
    )
    worst = max(sparse, key=lambda one: abs(one[2][0]))
    values |= {"sky.flux_bias": abs(worst[2][0]), "sky.flux_bias_err": worst[2][1]}
    values["sky.flux_bias.notebook"] = max(abs(one[3][0]) for one in sparse)
    values["sky.wiped_flags.notebook"] = max(one[4] for one in sparse)
    for kind in ("crowded", "extended"):
        data = field(kind, "F770W")
        warnings = subtract_sky(data.noisy(1)).warnings
        mine, theirs = residuals(data, ours), residuals(data, notebook)
        bias, plain = flux_bias(data, ours), flux_bias(data, notebook)
        for key in ("residual_over_noise", "pattern_left"):
            values[f"sky.{kind}.{key}"], values[f"sky.{kind}.{key}.notebook"] = mine[key], theirs[key]
        values[f"sky.{kind}.flux_bias"], values[f"sky.{kind}.flux_bias_err"] = bias[:2]
        values[f"sky.{kind}.flux_bias.notebook"] = plain[0]
        values[f"sky.{kind}.warnings"] = float(len(warnings))
        notes.append(
            f"sky: {kind} F770W, not a field for this step, and it says so: {' '.join(warnings) or 'NOTHING'}"
        )
    return values, notes


if __name__ == "__main__":
    from tables import write

    raise SystemExit(int(bool(write("sky_science", KEYS, *measure()))))
