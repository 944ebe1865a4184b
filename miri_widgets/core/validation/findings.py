"""The figures of a proof as graded sentences for an astronomer."""

from __future__ import annotations

import math
from collections.abc import Sequence

from miri_widgets.core.validation.extended_findings import extended_findings, is_structured
from miri_widgets.core.validation.figures import Proof
from miri_widgets.core.validation.verdicts import GRADES, Finding, grade, is_significant, worst
from miri_widgets.core.validation.wording import SMALL, changes, finite_or_zero, is_small

__all__ = ["CROWDED", "FEW_SOURCES", "HEADLINES", "MIN_BIN", "findings", "headline"]

CROWDED = 0.5
"""With more of the imager under sources than this, the empty part says little about the rest."""

MIN_BIN = 8
"""Measurements that a bin needs to be looked at by itself."""

FEW_SOURCES = 20
"""With fewer measurements of added sources a bias of a per cent may hide."""

HEADLINES = {"good": "no harm found", "doubtful": "doubtful", "harm": "harm"}
"""What a verdict is called."""

_NAMES = {
    "column_rms": "Columns", "row_rms": "Rows", "gradient": "The gradient over the field", "box_rms": "Patches of 32 pixels"
}  # fmt: skip


def findings(proof: Proof) -> list[Finding]:
    """
    Return what a proof says: the flux of sources first, then the rest, the worst before the better.

    Parameters
    ----------
    proof : Proof
        Its verdict and sentences are not looked at.
    """
    rest = [
        *_bins(proof),
        *_noise(proof),
        *_structure(proof),
        *extended_findings(proof),
        *_field(proof),
        *_flags(proof),
    ]
    rest.sort(key=lambda finding: -GRADES.index(finding.grade))
    return [_flux(proof), *rest]


def headline(verdict: str, sentences: Sequence[str]) -> str:
    """
    Return the few words above the sentences of a proof.

    Parameters
    ----------
    verdict : str
        The worst of its grades.
    sentences : sequence of str
        What it says. One that tells of a significant change, however small, is never headed by "no harm found".
    """
    if verdict == "good" and any(SMALL in line for line in sentences):
        return f"{SMALL} change"
    return HEADLINES.get(verdict, verdict)


def _flux(proof: Proof) -> Finding:
    if proof.sources < FEW_SOURCES:
        few = "no source" if not proof.sources else f"only {proof.sources} sources"
        return Finding(
            "doubtful",
            f"{few[0].upper() + few[1:]} could be added and measured: the change of fluxes is not known.",
        )
    verdict = _flux_grade(proof)
    text = {
        "good": SMALL if is_small(proof.flux_bias, proof.flux_bias_err) else "unharmed",
        "doubtful": "look before you trust photometry",
        "harm": "photometry is harmed",
    }[verdict]
    if verdict == "doubtful" and not is_significant(proof.flux_bias, proof.flux_bias_err):
        text = "too uncertain to tell whether they are harmed"
    return Finding(
        verdict,
        f"Fluxes of added sources {changes(proof.flux_bias, proof.flux_bias_err)} "
        f"({proof.sources} measurements, S/N 10 to 100): {text}.",
    )


def _flux_grade(proof: Proof) -> str:
    return grade("flux", abs(proof.flux_bias), proof.flux_bias_err)


def _bins(proof: Proof) -> list[Finding]:
    """What a bin tells that all sources together do not."""
    if proof.unchanged or proof.sources < FEW_SOURCES:
        return []
    results, missing = [], []
    for part in proof.bins:
        if part.count < MIN_BIN or not (math.isfinite(part.bias) and math.isfinite(part.err)):
            missing.append(f"{part.low:.0f} to {part.high:.0f}")
            continue
        verdict = grade("flux_bin", abs(part.bias), part.err)
        if GRADES.index(verdict) > GRADES.index(_flux_grade(proof)):
            text = f"Sources of S/N {part.low:.0f} to {part.high:.0f} {changes(part.bias, part.err)}."
            results.append(Finding(verdict, text))
    if missing:
        results.append(
            Finding(
                "doubtful",
                f"Too few added sources of S/N {' and '.join(missing)} could be measured: what the step does to them "
                "is not known.",
            )
        )
    return results


def _noise(proof: Proof) -> list[Finding]:
    if proof.unchanged:
        return []
    if math.isnan(proof.noise_ratio):
        reason = proof.noise_reason or "No empty apertures are left in the field"
        return [Finding("doubtful", f"{reason}: the noise could not be compared.")]
    change, err = proof.noise_ratio - 1, proof.noise_ratio_err
    verdict = grade("noise", change, err)
    text = {"good": "", "doubtful": ": more than it should", "harm": ": a loss of depth"}[verdict]
    if verdict == "doubtful" and not is_significant(change, err):
        text = ": too uncertain to tell whether depth is lost"
    results = [Finding(verdict, f"The noise in empty apertures {changes(change, err, many=False)}{text}.")]
    over = proof.noise_over_err
    if not (math.isfinite(over.before) and math.isfinite(over.after)):
        results.append(Finding("doubtful", "Whether ERR still tells the noise could not be measured."))
    elif math.isfinite(over.before) and math.isfinite(over.after):
        worse = abs(math.log(max(over.after, 1e-9))) - abs(math.log(max(over.before, 1e-9)))
        verdict = grade(
            "err", worse, math.hypot(finite_or_zero(over.before_err), finite_or_zero(over.after_err))
        )
        if verdict != "good":
            results.append(
                Finding(
                    verdict,
                    f"ERR no longer tells the noise: it is {over.after:.2f} of ERR, before {over.before:.2f}.",
                )
            )
    return results


def _structure(proof: Proof) -> list[Finding]:
    results = []
    fallen, unknown = [], []
    for name, change in proof.structure.items():
        if not (math.isfinite(change.before) and math.isfinite(change.after) and proof.pixel_noise > 0):
            unknown.append(_NAMES.get(name, name).lower())
            continue
        # new structure adds in quadrature to what was there
        new = max(change.after**2 - change.before**2, 0.0) ** 0.5
        err = math.hypot(
            change.before * finite_or_zero(change.before_err), change.after * finite_or_zero(change.after_err)
        )
        verdict = (
            grade("structure", new / proof.pixel_noise, err / new / proof.pixel_noise) if new else "good"
        )
        numbers = f"from {change.before:.2g} to {change.after:.2g} {proof.unit}"
        if verdict != "good":
            results.append(Finding(verdict, f"{_NAMES.get(name, name)} got more structure: {numbers}."))
        elif change.after < 0.7 * change.before and change.before > 0.05 * proof.pixel_noise:
            fallen.append(f"{_NAMES.get(name, name).lower()} {numbers}")
    if unknown and not proof.unchanged:
        listed = ", ".join(unknown)
        results.append(Finding("doubtful", f"Residual structure could not be measured: {listed}."))
    if fallen:
        results.append(Finding("good", "Residual structure falls: " + "; ".join(fallen) + "."))
    return results


def _field(proof: Proof) -> list[Finding]:
    """In which fields a step that changes the signal should not be used."""
    if not _changes_signal(proof):
        return []
    results = []
    if is_structured(proof):
        ratio = proof.sky_structure / proof.pixel_noise
        results.append(
            Finding(
                "good",
                f"The field shows extended emission ({ratio:.2g} times the noise of a pixel, over 16 pixels): do not "
                "use steps here that make a pattern of these exposures themselves.",
            )
        )
    if proof.masked_fraction > CROWDED:
        harmed = worst([finding.grade for finding in (*_noise(proof), *_structure(proof))]) != "good"
        results.append(
            Finding(
                "doubtful" if harmed else "good",
                f"{100 * proof.masked_fraction:.0f} % of the imager lies under sources: the field is crowded, and "
                "little of it is empty enough to tell a pattern from stars. Better make patterns of exposures of an "
                "emptier field.",
            )
        )
    return results


def _changes_signal(proof: Proof) -> bool:
    same = {
        0.0: (proof.flux_bias, proof.level_change),
        1.0: (proof.noise_ratio, *(disc.kept for disc in proof.extended)),
    }
    return any(math.isfinite(value) and value != still for still, group in same.items() for value in group)


def _flags(proof: Proof) -> list[Finding]:
    results = []
    verdict = grade("area", proof.area_lost)
    if math.isnan(proof.area_lost):
        results.append(Finding("doubtful", "The exposures have no usable pixel that could be lost or kept."))
    elif verdict != "good":
        results.append(
            Finding(verdict, f"{100 * proof.area_lost:.1f} % of the usable imager becomes unusable.")
        )
    elif proof.newly_flagged > 5e-5:
        results.append(
            Finding(
                "good",
                f"{100 * proof.newly_flagged:.2f} % of all pixels gain flags; {100 * proof.area_lost:.2f} % of the "
                "usable imager becomes unusable.",
            )
        )
    if grade("broken", proof.unflagged_nan) != "good":
        results.append(
            Finding("harm", f"{proof.unflagged_nan} usable pixels became NaN without the flag DO_NOT_USE.")
        )
    if grade("broken", proof.flags_taken) != "good":
        results.append(Finding("harm", f"{proof.flags_taken} pixels lost data-quality flags."))
    return results
