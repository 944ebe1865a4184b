"""What a proof says of extended light: of added discs by size, and of the light of the field itself."""

from __future__ import annotations

import math

from miri_widgets.core.validation.figures import Extended, Proof
from miri_widgets.core.validation.verdicts import Finding, grade, is_significant, worst
from miri_widgets.core.validation.wording import SMALL, finite_or_zero, is_small, percent

__all__ = ["LARGE", "ROUNDED", "STRUCTURED", "extended_findings", "is_structured"]

STRUCTURED = 0.1
"""Rms of what moves with the sky, in the noise of a pixel: what faint sources alone do not reach."""

LARGE = (4.0, 10.0)
"""Half-light radii, arcsec, above which objects are larger than the galaxies of a deep field, and than dithers."""

ROUNDED = 5e-5
"""A part of the light that rounds to 0.00 per cent."""


def is_structured(proof: Proof) -> bool:
    """
    Tell whether the field shows light that moves with the sky and is not in compact sources.

    Parameters
    ----------
    proof : Proof
        Its `sky_structure` with error, and its `pixel_noise`.
    """
    least = proof.sky_structure - 2 * finite_or_zero(proof.sky_structure_err)
    return bool(least > STRUCTURED * proof.pixel_noise)


def _discs(proof: Proof, size: float, structured: bool) -> Finding:
    """What the step does to discs of one size, faint and bright."""
    name = f"{size:.0f} arcsec" if size >= 1.5 else f"{size:.1f} arcsec"
    some = [disc for disc in proof.extended if disc.half_light == size]
    known = [disc for disc in some if math.isfinite(disc.kept)]
    if len(known) < len(some):
        missing = " and ".join(f"{disc.brightness:g}" for disc in some if not math.isfinite(disc.kept))
        return Finding(
            "doubtful",
            f"Added discs of half-light radius {name} could not be measured (brightness {missing} times the noise "
            "of a pixel): what the step does to objects so large is not known.",
        )
    limit = _disc_limit(size, structured)
    grades = [grade(limit, abs(1 - disc.kept), _disc_err(disc)) for disc in known]
    verdict = worst(grades)
    parts = [
        f"{_kept_text(disc)} at {disc.brightness:g} times the noise of a pixel"
        for disc in sorted(known, key=lambda disc: -disc.brightness)
    ]
    advice = {
        "good": ": this field shows none so large"
        if limit == "huge_unseen"
        and any(grade("large", abs(1 - disc.kept), _disc_err(disc)) != "good" for disc in known)
        else f": {SMALL}"
        if any(is_small(1 - disc.kept, _disc_err(disc)) for disc in known)
        else "",
        "doubtful": f": take care with nebulae, and with galaxies of {name} and more",
        "harm": f": do not use this step on nebulae, nor on galaxies of {name} and more",
    }[verdict]
    if verdict == "doubtful" and not any(is_significant(1 - disc.kept, _disc_err(disc)) for disc in known):
        advice = ": too uncertain to tell whether they are harmed"
    return Finding(verdict, f"Added discs of half-light radius {name} {', '.join(parts)}{advice}.")


def _kept_text(disc: Extended) -> str:
    lost = 1 - disc.kept
    if abs(lost) < ROUNDED and not disc.err > ROUNDED:
        return "keep all of their light"
    return f"{'lose' if lost >= 0 else 'gain'} {percent(abs(lost), disc.err, sign=False)} of their light"


def _disc_limit(size: float, structured: bool) -> str:
    """Name of the limits for discs of a size."""
    if size <= LARGE[0]:
        return "disc"
    return ("large" if size <= LARGE[1] else "huge") + ("" if structured else "_unseen")


def _disc_err(disc: Extended) -> float:
    # of a single measurement the error is not known
    return disc.err if math.isfinite(disc.err) else 0.02


def extended_findings(proof: Proof) -> list[Finding]:
    """
    Return what a proof says of extended light, discs by size first.

    Parameters
    ----------
    proof : Proof
        Its figures.
    """
    structured = is_structured(proof)
    sizes = sorted({disc.half_light for disc in proof.extended})
    findings = [_discs(proof, size, structured) for size in sizes]
    if not sizes and not proof.unchanged:
        findings.append(
            Finding(
                "doubtful",
                "Extended emission could not be added and measured: what the step does to it is not known.",
            )
        )
    lost = proof.sky_structure_lost
    verb = "gains" if lost < 0 else "loses"
    if structured and math.isfinite(lost):
        verdict = grade("sky", abs(lost), finite_or_zero(proof.sky_structure_lost_err))
        findings.append(
            Finding(
                verdict,
                f"The light of this field that moves with the sky, sources aside, {verb} "
                f"{percent(abs(lost), proof.sky_structure_lost_err, sign=False)} of its contrast.",
            )
        )
    elif structured and not proof.unchanged:
        findings.append(
            Finding(
                "doubtful",
                "The field shows light that moves with the sky, and what part of it is lost could not be measured.",
            )
        )
    return findings
