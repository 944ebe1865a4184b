"""The proof of every run against corrections whose effect is known, and what it says of skies of three fields."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))

import notebook_sky
from keys import Key

from miri_widgets.core.exposure_arrays import CorrectionResult, ExposureArrays, Lazy
from miri_widgets.core.sky.subtraction import subtract_sky
from miri_widgets.core.validation.figures import Proof
from miri_widgets.core.validation.validation import prove
from miri_widgets.simulation.calibrated import CalibratedProgram, calibrated_program

__all__ = ["KEYS", "measure"]

DITHERS = 8
FIELDS = ("sparse", "crowded", "extended")

KEYS = (
    Key("proof.known_bias_error", "fraction", at_most=0.002),
    Key("proof.known_noise_error", "ratio", at_most=0.03),
    Key("proof.known_nebula_lost_error", "fraction", at_most=0.05),
    Key("proof.pattern_taken_for_nebula", "fraction", at_most=0.02),
    Key("proof.identity_good", "fields", at_least=3),
    Key("proof.sky_sparse_good", "yes = 1", at_least=1),
    Key("proof.sky_crowded_flagged", "yes = 1"),
    Key("proof.sky_crowded_told", "yes = 1", at_least=1),
    Key("proof.sky_extended_flagged", "yes = 1", at_least=1),
    Key("proof.sky_sparse_good.notebook", "yes = 1"),
    Key("proof.sky_crowded_flagged.notebook", "yes = 1"),
    Key("proof.sky_extended_flagged.notebook", "yes = 1"),
    Key("proof.sources", "measurements", at_least=200),
    Key("proof.own_seconds", "s per measured exposure"),
)

Correction = Callable[[Sequence[ExposureArrays]], CorrectionResult]


def field(kind: str, **settings: Any) -> CalibratedProgram:
    """Exposures with noise, sky pattern and drift."""
    return calibrated_program(kind, "F770W", dithers=DITHERS, seed=3, **settings)


def proof_of(correct: Correction, program: CalibratedProgram) -> Proof:
    """Return what the proof says of a correction."""
    return prove(correct, program.arrays, correct(program.arrays))


def by_index(
    program: CalibratedProgram, change: Callable[[ExposureArrays, int], ExposureArrays]
) -> Correction:
    """A correction of each exposure that knows the truth of the exposure."""

    def correct(exposures: Sequence[ExposureArrays]) -> CorrectionResult:
        return CorrectionResult(Lazy(len(exposures), lambda index: change(exposures[index], index)))

    return correct


def notebook(exposures: Sequence[ExposureArrays]) -> CorrectionResult:
    """The notebooks' sky, defects and all."""
    sky, levels = notebook_sky.make_sky(exposures, scalebkg=True)

    def make(index: int) -> ExposureArrays:
        return next(
            notebook_sky.subtract([exposures[index]], sky - levels.mean() + levels[index], levels[:1])
        )

    return CorrectionResult(Lazy(len(exposures), make))


def known(values: dict[str, float | None], notes: list[str]) -> None:
    """Corrections whose effect is known: a factor, noise, a share of the nebula, the pattern of the detector."""
    sparse, nebula = field("sparse"), field("extended")
    factor = np.float32(0.98)
    scaled = proof_of(
        by_index(sparse, lambda one, _: one.replace(sci=one.sci * factor, err=one.err * factor)), sparse
    )
    values["proof.known_bias_error"] = abs(scaled.flux_bias - (float(factor) - 1))
    values["proof.sources"] = float(scaled.sources)
    notes.append(f"proof: times 0.98, {scaled.verdict}: {scaled.sentences[0]}")

    # no pattern: the scatter before is noise alone
    plain = field("sparse", effects=("noise", "bad_pixels", "coronagraphs"))

    def noisier(one: ExposureArrays, index: int) -> ExposureArrays:
        more = np.random.default_rng(index).normal(0, 0.75, one.shape) * plain[index].truth.noise_sigma
        return one.replace(sci=one.sci + more.astype(np.float32))

    noisy = proof_of(by_index(plain, noisier), plain)
    values["proof.known_noise_error"] = abs(noisy.noise_ratio - 1.25)
    notes.append(
        f"proof: noise times 1.25, {noisy.verdict}: ratio {noisy.noise_ratio:.3f} ± {noisy.noise_ratio_err:.3f}"
    )

    share = np.float32(0.3)

    def eats(one: ExposureArrays, index: int) -> ExposureArrays:
        # of the nebula and of light that is added to it alike, as a correction that knows neither does
        added = one.sci - nebula.arrays[index].sci
        return one.replace(sci=one.sci - share * (nebula[index].truth.nebula + np.nan_to_num(added)))

    eaten = proof_of(by_index(nebula, eats), nebula)
    values["proof.known_nebula_lost_error"] = abs(eaten.sky_structure_lost - float(share))
    clean = proof_of(
        by_index(nebula, lambda one, index: one.replace(sci=one.sci - nebula[index].truth.sky_pattern)),
        nebula,
    )
    values["proof.pattern_taken_for_nebula"] = abs(clean.sky_structure_lost)
    notes += [
        f"proof: 30 % of a nebula taken, {eaten.verdict}: "
        f"{eaten.sky_structure_lost:.3f} ± {eaten.sky_structure_lost_err:.3f} found",
        f"proof: the true pattern taken from a nebula, {clean.verdict}: {' '.join(clean.sentences)}",
    ]


def measure() -> tuple[dict[str, float | None], list[str]]:
    """Return the figures, and what the proofs say."""
    values: dict[str, float | None] = {}
    notes: list[str] = []
    known(values, notes)
    untouched = [proof_of(CorrectionResult, field(kind)).verdict for kind in FIELDS]
    values["proof.identity_good"] = float(untouched.count("good"))
    for name, correct in (("", subtract_sky), (".notebook", notebook)):
        for kind in FIELDS:
            program = field(kind)
            started = time.perf_counter()
            outcome = correct(program.arrays)
            between = time.perf_counter()
            found = prove(correct, program.arrays, outcome)
            spent = time.perf_counter() - between - (between - started)
            good = found.verdict == "good"
            key = f"proof.sky_{kind}_{'good' if kind == 'sparse' else 'flagged'}{name}"
            values[key] = float(good if kind == "sparse" else not good)
            if not name and kind == "sparse":
                values["proof.own_seconds"] = spent / max(found.measured, 1)
            if not name and kind == "crowded":
                values["proof.sky_crowded_told"] = float(any("crowded" in one for one in found.sentences))
            whose = "the notebooks' sky" if name else "sky"
            notes.append(f"proof: {whose} in the {kind} field, {found.verdict}: {' '.join(found.sentences)}")
    return values, notes


if __name__ == "__main__":
    from tables import write

    raise SystemExit(int(bool(write("proof_science", KEYS, *measure()))))
