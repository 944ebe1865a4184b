"""Whether the shift of a group is to be believed: PASS, WEAK or FAIL, with the reasons in words."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from miri_widgets.core.shifts.measurements import GroupShift, Measurement, Status

__all__ = [
    "Evidence",
    "Judgement",
    "Limits",
    "Verdict",
    "evidence_for",
    "judge",
]


class Verdict(StrEnum):
    """How far a shift is to be believed."""

    PASS = "PASS"
    WEAK = "WEAK"
    FAIL = "FAIL"


@dataclass(frozen=True)
class Limits:
    """
    Where evidence becomes weak, and where it fails: (weak, fail) of each.

    Attributes
    ----------
    matches : tuple of float
        Fewer matched stars in the typical exposure. MIRI's own parameter files ask tweakreg for 15, or 5 in
        sparse filters.
    significance : tuple of float
        Lower peak of the offset histogram, standard deviations above chance.
    rms : tuple of float
        Larger residual of the stars, arcsec. Good fits have 0.015 to 0.026 (LMC, F560W); a pixel is 0.11.
    disagreement : tuple of float
        Larger difference between the two estimates, arcsec.
    err : tuple of float
        Larger standard error on an axis, arcsec.
    """

    matches: tuple[float, float] = (10, 5)
    significance: tuple[float, float] = (7, 5)
    rms: tuple[float, float] = (0.05, 0.11)
    disagreement: tuple[float, float] = (0.015, 0.05)
    err: tuple[float, float] = (0.010, 0.05)


@dataclass(frozen=True)
class Evidence:
    """
    What is known about the shift of a group. What is not known (None, NaN) does not speak for it or against
    it.

    Attributes
    ----------
    exposures, used, shared, overlaps : int
        Exposures with a value, those that count, those that only carry the shift of the run, and overlaps
        with other groups that count.
    err : float
        The larger standard error of the two axes, arcsec.
    tied : bool
        Whether absolute measurements fix it.
    matches : float or None
        Matched stars of the typical exposure (median).
    significance : float
        Of the offset histogram's peak, standard deviations above chance (median).
    rms : float
        Residual of the stars, arcsec (median).
    disagreement : float
        Distance between the two estimates of the shift, arcsec.
    joint_matches : float or None
        Matched stars of all exposures, where they were searched together.
    ambiguous : tuple of ((float, float), (float, float))
        Two shifts that as many stars support, arcsec; empty when there is no doubt.
    """

    exposures: int
    used: int
    shared: int = 0
    overlaps: int = 0
    err: float = math.nan
    tied: bool = True
    matches: float | None = None
    significance: float = math.nan
    rms: float = math.nan
    disagreement: float = math.nan
    joint_matches: float | None = None
    ambiguous: tuple[tuple[float, float], ...] = ()


@dataclass(frozen=True)
class Judgement:
    """
    A verdict and why.

    Attributes
    ----------
    verdict : Verdict
        The worst of what each piece of evidence says.
    reasons : tuple of str
        What made it worse than PASS; for PASS, what speaks for it.
    """

    verdict: Verdict
    reasons: tuple[str, ...]

    @property
    def reason(self) -> str:
        """The reasons as one line."""
        return "; ".join(self.reasons)


def evidence_for(
    shift: GroupShift, measurements: Sequence[Measurement], second: GroupShift | None = None
) -> Evidence:
    """
    Gather what is known about the shift of a group.

    Parameters
    ----------
    shift : GroupShift
        Its solved shift.
    measurements : sequence of Measurement
        Of any groups.
    second : GroupShift, optional
        The same group solved from an independent estimate.
    """
    out = {root for root, _ in shift.left_out}
    own = [measurement for measurement in measurements if measurement.group == shift.group]
    used = [measurement for measurement in own if measurement.root not in out]
    matches = [measurement.matches for measurement in used if measurement.matches is not None]
    # shifts with other zero points, or zero by definition, cannot disagree
    same_zero = second is not None and shift.tied == second.tied and shift.dx_err > 0
    apart = math.hypot(shift.dx - second.dx, shift.dy - second.dy) if second and same_zero else math.nan
    return Evidence(
        exposures=shift.exposures,
        used=shift.used,
        shared=sum(measurement.status is Status.SHARED for measurement in own),
        overlaps=shift.overlaps,
        err=max(shift.dx_err, shift.dy_err),
        tied=shift.tied,
        matches=float(np.median(matches)) if matches else None,
        significance=_median([measurement.significance for measurement in used]),
        rms=_median([measurement.rms for measurement in used]),
        disagreement=apart,
        joint_matches=max(
            (float(part.joint_matches) for part in used if part.joint_matches is not None), default=None
        ),
        ambiguous=next(
            (
                ((part.dx, part.dy), part.alternative)
                for part in own
                if part.status is Status.AMBIGUOUS and math.isfinite(part.alternative[0])
            ),
            (),
        ),
    )


def judge(evidence: Evidence, limits: Limits | None = None) -> Judgement:
    """
    Judge the shift of a group.

    Parameters
    ----------
    evidence : Evidence
        What is known.
    limits : Limits, optional
        Other limits than the usual ones.

    Returns
    -------
    Judgement
        Better evidence never makes it worse.
    """
    limits = limits or Limits()
    ranked = _judge_counts(evidence)
    if evidence.used or evidence.overlaps:
        ranked += _judge_numbers(evidence, limits)
    worst = max((rank for rank, _ in ranked), default=0)
    verdict = (Verdict.PASS, Verdict.WEAK, Verdict.FAIL)[worst]
    reasons = tuple(text for rank, text in sorted(ranked, key=lambda reason: -reason[0]))
    return Judgement(verdict, reasons if worst else (*_praise(evidence), *reasons))


def _judge_counts(evidence: Evidence) -> list[tuple[int, str]]:
    """Rank (0 to know, 1 weak, 2 fail) and words about the number of exposures."""
    reasons = []
    of_all = f"{evidence.used} of {evidence.exposures} exposures"
    if evidence.shared:
        text = f"{evidence.shared} of {evidence.exposures} exposures carry only the shift of the whole run"
        reasons.append((1 if 2 * evidence.shared >= evidence.exposures else 0, text))
    if evidence.ambiguous:
        (dx, dy), (other_x, other_y) = evidence.ambiguous
        text = (
            f"ambiguous: shifts of ({dx:+.3f}, {dy:+.3f}) and ({other_x:+.3f}, {other_y:+.3f}) arcsec fit alike; the catalogue "
            "may list its stars twice"
        )
        reasons.append((2 if evidence.used == 0 and not evidence.overlaps else 1, text))
    if evidence.used == 0:
        if evidence.overlaps:
            reasons.append((1, f"known only through {_many(evidence.overlaps, 'overlap')} with other groups"))
        else:
            reasons.append(
                (2, "no exposure was measured" if evidence.exposures else "not measured in this filter")
            )
    elif evidence.used == 1:
        reasons.append((1, "one exposure only: nothing confirms it"))
    elif evidence.used == 2 and evidence.matches is None:
        reasons.append((1, "two exposures only, and their matches are not known"))
    if evidence.used > 0 and 2 * evidence.used < evidence.exposures:
        reasons.append((1, f"only {of_all} count"))
    if not evidence.tied and evidence.used + evidence.overlaps:
        reasons.append((1, "relative: no absolute measurement fixes it"))
    return reasons


def _judge_numbers(evidence: Evidence, limits: Limits) -> list[tuple[int, str]]:
    """Rank (1 weak, 2 fail) and words about numbers beyond their limits."""
    matches = math.nan if evidence.matches is None else evidence.matches
    few = _below(matches, limits.matches), f"{matches:.0f} matched stars in the typical exposure"
    together = evidence.joint_matches or 0
    if few[0] > 1 and together >= limits.matches[1] and evidence.significance >= limits.significance[1]:
        few = 1, f"{few[1]}, {together:.0f} in all of them together"
    reasons = [
        few,
        (
            _below(evidence.significance, limits.significance),
            f"peak of the offset histogram only {evidence.significance:.1f} sigma above chance",
        ),
        (_above(evidence.rms, limits.rms), f"residual of the stars {evidence.rms * 1000:.0f} mas"),
        (
            _above(evidence.disagreement, limits.disagreement),
            f"the two estimates differ by {evidence.disagreement * 1000:.0f} mas",
        ),
        (_above(evidence.err, limits.err), f"standard error {evidence.err * 1000:.0f} mas"),
    ]
    return [reason for reason in reasons if reason[0]]


def _praise(evidence: Evidence) -> tuple[str, ...]:
    """What speaks for a shift that passes."""
    texts = [f"{evidence.used} of {evidence.exposures} exposures agree"]
    if math.isfinite(evidence.err):
        texts[0] += f", standard error {evidence.err * 1000:.1f} mas"
    if evidence.matches is not None:
        texts.append(f"{evidence.matches:.0f} matched stars")
    if math.isfinite(evidence.disagreement):
        texts.append(f"two estimates agree within {max(evidence.disagreement * 1000, 0.1):.1f} mas")
    return tuple(texts)


def _below(value: float, limits: tuple[float, float]) -> int:
    return int(value < limits[0]) + int(value < limits[1])


def _above(value: float, limits: tuple[float, float]) -> int:
    return int(value > limits[0]) + int(value > limits[1])


def _many(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"


def _median(values: Sequence[float]) -> float:
    known = [value for value in values if math.isfinite(value)]
    return float(np.median(known)) if known else math.nan
