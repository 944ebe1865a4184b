"""
Shifts of one filter for another: a guide star is wrong by the same in every filter, but a run has its own zero point.

Shifts to an absolute catalogue have one zero point in all filters. Relative ones are counted from a group that the
run chose; the groups that two filters share tell by how much their zero points differ, and whether they agree.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, replace

import numpy as np

from miri_widgets.core.shifts.choices import TrustedShift
from miri_widgets.core.shifts.judgement import ShiftRun
from miri_widgets.core.shifts.verdicts import Limits, Verdict

__all__ = ["Transfer", "transfer_shifts"]

_LEAST_ERR = 0.001
"""Arcsec; a group that is zero by definition has no error, which says nothing of its stars."""


@dataclass(frozen=True)
class Transfer:
    """
    Shifts of another filter, in the frame of a run.

    Attributes
    ----------
    shifts : tuple of TrustedShift
        Those that can be taken.
    notes : tuple of str
        Why others cannot, and what was found on the way.
    """

    shifts: tuple[TrustedShift, ...]
    notes: tuple[str, ...] = ()


def transfer_shifts(other: ShiftRun, run: ShiftRun, limits: Limits | None = None) -> Transfer:
    """
    Bring the believed shifts of a run in another filter to the zero point of a run.

    Parameters
    ----------
    other : ShiftRun
        In the other filter.
    run : ShiftRun
        In the reference filter, of the same groups.
    limits : Limits, optional
        How far filters may disagree, as the two estimates of one shift may.

    Returns
    -------
    Transfer
        When nothing of `run` is believed, the zero point of `other` stands. A shift with another zero point and no
        shared group to compare is not taken, nor is one where the shared groups disagree beyond what fails; beyond
        what is weak it is WEAK. Errors contain that of the difference of zero points.
    """
    limits = limits or Limits()
    believed = {
        shift.group.name: shift for shift in run.shifts if shift.own and shift.verdict is not Verdict.FAIL
    }
    taken, notes = [], []
    for shift in other.shifts:
        if not shift.own or shift.verdict is Verdict.FAIL or shift.group.name in believed:
            continue
        if not believed:
            taken.append(shift)
            continue
        moved, reason = _moved(shift, other, run, believed, limits)
        notes += [reason] if reason else []
        taken += [moved] if moved else []
    return Transfer(tuple(taken), tuple(dict.fromkeys(notes)))


def _moved(
    shift: TrustedShift, other: ShiftRun, run: ShiftRun, believed: dict[str, TrustedShift], limits: Limits
) -> tuple[TrustedShift | None, str]:
    """Return a shift in the frame of the run, or nothing; and a note about it."""
    shared = _shared(shift, other, run, believed)
    absolute = _frame(other, shift.group.name) == "sky" and any(
        _frame(run, name) == "sky" for name in believed
    )
    if not shared:
        if absolute:
            return shift, ""
        return None, (
            f"the shift of {shift.group.name} in {shift.filter} has a zero point of its own, and no group that was believed "
            "in both filters tells it"
        )
    apart, err, spread = _difference(shared)
    wrong = max(spread, float(np.hypot(*apart)) if absolute else 0.0)
    if wrong > limits.disagreement[1]:
        return None, (
            f"{shift.filter} is not asked for {shift.group.name}: for groups that both filters know they disagree by "
            f"{wrong * 1000:.0f} mas"
        )
    if wrong > limits.disagreement[0]:
        reason = f"the filters disagree by {wrong * 1000:.0f} mas on groups that both know"
        shift = replace(shift, verdict=Verdict.WEAK, reason=f"{shift.reason}; {reason}")
    if absolute:
        return shift, ""
    moved = replace(
        shift,
        dx=shift.dx + float(apart[0]),
        dy=shift.dy + float(apart[1]),
        dx_err=math.hypot(shift.dx_err, err),
        dy_err=math.hypot(shift.dy_err, err),
    )
    count = f"{len(shared)} group{'' if len(shared) == 1 else 's'}"
    return (
        moved,
        f"the zero point of {shift.filter} was brought to that of the other filter by {count} that both know",
    )


def _shared(
    shift: TrustedShift, other: ShiftRun, run: ShiftRun, believed: dict[str, TrustedShift]
) -> list[tuple[TrustedShift, TrustedShift]]:
    """Return (this filter, other filter) of the groups whose zero points are those of `shift` and of one another."""
    frame = _frame(other, shift.group.name)
    both = [
        (believed[each.group.name], each)
        for each in other.shifts
        if each.group.name in believed
        and each.own
        and each.verdict is not Verdict.FAIL
        and _frame(other, each.group.name) == frame
    ]
    frames = Counter(_frame(run, mine.group.name) for mine, _ in both)
    largest = max(sorted(frames), key=lambda name: frames[name], default="")
    return [pair for pair in both if _frame(run, pair[0].group.name) == largest]


def _frame(run: ShiftRun, name: str) -> str:
    """What the zero point of a group is: the sky, or that of its connected set."""
    solved = run.solution.shifts[name]
    return "sky" if solved.tied else str(solved.component)


def _difference(pairs: list[tuple[TrustedShift, TrustedShift]]) -> tuple[np.ndarray, float, float]:
    """Return by how much the first ones are larger, its error on an axis, and the largest disagreement; arcsec."""
    apart = np.array([(mine.dx - its.dx, mine.dy - its.dy) for mine, its in pairs])
    sigma = np.array(
        [
            max(math.hypot(max(mine.dx_err, mine.dy_err), max(its.dx_err, its.dy_err)), _LEAST_ERR)
            if math.isfinite(mine.dx_err + its.dx_err)
            else 0.01
            for mine, its in pairs
        ]
    )
    weight = 1 / sigma**2
    mean = (weight[:, None] * apart).sum(axis=0) / weight.sum()
    spread = float(np.hypot(*(apart - mean).T).max())
    return mean, float(1 / math.sqrt(weight.sum())), spread
