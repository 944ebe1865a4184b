"""
What a correction does to the user's own exposures: to sources of known flux, to noise, structure and faint light.

`prove` sends a copy of the exposures, with known sources added, through the same correction, and compares it with
what the correction made of the exposures themselves.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from miri_widgets.core.exposure_arrays import CorrectionResult, ExposureArrays
from miri_widgets.core.validation.extended import DiscSet, plan_discs
from miri_widgets.core.validation.field_light import FieldLight
from miri_widgets.core.validation.figures import Bin, Change, Extended, Proof
from miri_widgets.core.validation.findings import findings, headline
from miri_widgets.core.validation.injection import injected, plan_injection
from miri_widgets.core.validation.measurements import Tally
from miri_widgets.core.validation.verdicts import worst

__all__ = ["MOST_EXPOSURES", "judged", "prove"]

MOST_EXPOSURES = 6
"""Exposures that are measured; the correction sees all of them."""


def prove(
    correct: Callable[[Sequence[ExposureArrays]], CorrectionResult],
    exposures: Sequence[ExposureArrays],
    result: CorrectionResult,
    *,
    sources: int = 200,
    most_exposures: int = MOST_EXPOSURES,
    seed: int = 0,
) -> Proof:
    """
    Tell what a correction did to exposures.

    Parameters
    ----------
    correct : callable
        The correction, with its settings: exposures to `CorrectionResult`. It is called once for each set of sources.
    exposures : sequence of ExposureArrays
        What went in. Not modified; asked for one at a time.
    result : CorrectionResult
        What the correction made of them.
    sources : int
        Wanted number of measurements of added sources, all measured exposures together; as many as fit without
        crowding the field.
    most_exposures : int
        Measure on at most so many exposures, evenly spread.
    seed : int
        Equal seeds give equal proofs.

    Returns
    -------
    Proof
        "doubtful", with the reason, when the measurement itself fails: see `judged`.

    Notes
    -----
    Costs up to seven more runs of the correction, on all exposures (one where exposures have no WCS and are too small
    for discs), and about two seconds for each measured one.

    *Flux.* Point sources (`miri_widgets.core.validation.injection`) are added at places of the sky, the same in all dithers. The
    difference of the two corrected exposures, over what was added, in the same circle and above the median of the
    same ring, is the change of flux, free of noise. Pixels that are flagged only when the source is there count as
    lost; those flagged without it, too, are left aside. The error of the mean is that of the places, which each
    count once.

    *Noise.* Sums over empty circles of one FWHM radius above the mean of the ring around them.

    *Extended light.* Discs of half-light radii 3, 7 and 15 arcsec, as bright as the noise of a pixel and a fifth of it, as
    far as the field holds them, are measured by ring photometry (`miri_widgets.core.validation.extended`): the mean
    within the half-light radius above that of a ring from twice to 2.6 times as far, after over before. A hole
    around a disc counts as a loss. What moves with the sky by itself is told from the detector by the dithers
    (`miri_widgets.core.sky.moving_structure`), and half of it is sent through the correction once more
    (`miri_widgets.core.validation.field_light`): what is lost of it is free of noise.

    Large discs count fully where the field shows light that moves with the sky; elsewhere their loss is doubtful at
    most. What could not be measured is doubtful, too.

    *Calibration.* Limits were chosen on scenes of another simulator and judged on others of seven kinds, six steps each
    (``.venv/bin/python tests/benchmarks/science.py held``; truth as in ``tests/benchmarks/scenes/truth.py``)::

        truth      good  doubtful  harm
        harmed        0         2     5
        slight        1         5     1
        fine         27         1     0

    Most of the fine ones change little: pull-up/pull-down, level match and warm pixels have little to do there. The
    lost part of the field's light is right to 0.1, but for the example notebooks' sky in the crowded scene (0.34 where
    truth is 0.11) and for a nebula wider than the dithers, which none of this can tell from the detector (0.02 where
    truth is all of it: there the discs make the verdict).
    """
    return judged(
        lambda: _measured(correct, exposures, result, sources, most_exposures, seed), len(exposures)
    )


def judged(measure: Callable[[], Proof], exposures: int = 0) -> Proof:
    """
    Return what a measurement finds; when it fails, a proof that says that nothing is known, and why.

    Nothing that judges a step may make the step fail: its products are good or bad without it.

    Parameters
    ----------
    measure : callable
        Makes the proof.
    exposures : int
        How many exposures went in.
    """
    try:
        return measure()
    except Exception as error:  # whatever the judge stumbled over, the judged one is there
        text = " ".join(str(error).split())[:200].rstrip(".")
        reason = f"{type(error).__name__}: {text}" if text else type(error).__name__
        sentence = f"What this step does to sources and noise could not be measured ({reason}); the products are complete."
        return Proof("doubtful", "could not be measured", (sentence,), ("doubtful",), exposures=exposures)


def _measured(
    correct: Callable[[Sequence[ExposureArrays]], CorrectionResult],
    exposures: Sequence[ExposureArrays],
    result: CorrectionResult,
    sources: int,
    most_exposures: int,
    seed: int,
) -> Proof:
    count = len(exposures)
    number = min(count, most_exposures)
    measured = sorted({round(index) for index in np.linspace(0, count - 1, number)}) if number else []
    fewer = measured[:: 2 if len(measured) > 3 else 1]
    discs = plan_discs(exposures, fewer, seed=seed)
    avoid = discs[0].reaches if discs else ()
    plan = plan_injection(exposures, measured, sources=sources, seed=seed, avoid=avoid)
    second = correct(injected(exposures, plan, *discs[:1])).exposures
    tally = Tally(plan, discs, seed)
    for index in measured:
        tally.add(index, exposures[index], result.exposures[index], second[index])
    light = tally.field_light()
    layers: list[DiscSet | FieldLight] = [*discs[1:]]
    if light is not None:
        layers.append(light)
    for layer in layers:
        second = correct(injected(exposures, layer)).exposures
        for index in fewer:
            tally.add_extended(layer, index, exposures[index], result.exposures[index], second[index])
    figures = tally.figures()
    figures["noise"], figures["noise_over_err"] = (
        Change(*figures["noise"]),
        Change(*figures["noise_over_err"]),
    )
    figures["structure"] = {name: Change(*values) for name, values in figures["structure"].items()}
    figures["extended"] = tuple(Extended(*values) for values in figures["extended"])
    figures["bins"] = tuple(Bin(*values) for values in figures["bins"])
    proof = Proof(exposures=count, measured=len(measured), **figures)
    results = findings(proof)
    sentences, verdict = (
        tuple(finding.sentence for finding in results),
        worst([finding.grade for finding in results]),
    )
    return replace(
        proof,
        verdict=verdict,
        headline=headline(verdict, sentences),
        sentences=sentences,
        grades=tuple(finding.grade for finding in results),
    )
