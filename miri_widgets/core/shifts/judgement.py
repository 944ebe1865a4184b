"""From the measured shifts of one run to shifts to apply: fall-backs, solution, verdicts, choices."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from miri_widgets.core.shifts.choices import TrustedShift, trust_shifts
from miri_widgets.core.shifts.fallbacks import SharedValue
from miri_widgets.core.shifts.groups import Group, check_groups
from miri_widgets.core.shifts.measurements import Measurement, Overlap, Solution, mark_fallbacks
from miri_widgets.core.shifts.robust_location import plain_average
from miri_widgets.core.shifts.solution import solve_shifts
from miri_widgets.core.shifts.verdicts import Judgement, Limits, evidence_for, judge

__all__ = ["ShiftRun", "plain_averages", "trust_run"]


@dataclass(frozen=True)
class ShiftRun:
    """
    What was found in one run: exposures of one program and filter that were aligned together.

    Attributes
    ----------
    measurements : tuple of Measurement
        As given, with fall-backs marked.
    shared : tuple of SharedValue
        The fall-backs; members are indices of `measurements`.
    solution : Solution
        Robust shifts of the groups.
    judgements : mapping of str to Judgement
        By group.
    shifts : tuple of TrustedShift
        What to apply, in the order of the groups.
    plain : mapping of str to (float, float)
        The plain average of all values of each group, arcsec, for comparison.
    """

    measurements: tuple[Measurement, ...]
    shared: tuple[SharedValue, ...]
    solution: Solution
    judgements: Mapping[str, Judgement]
    shifts: tuple[TrustedShift, ...]
    plain: Mapping[str, tuple[float, float]]


def trust_run(
    measurements: Sequence[Measurement],
    groups: Sequence[Group],
    *,
    overlaps: Sequence[Overlap] = (),
    second: Sequence[Measurement] = (),
    reference: str | None = None,
    rotation: bool = False,
    filter_name: str = "",
    shorter: Sequence[TrustedShift] = (),
    limits: Limits | None = None,
    find_shared: bool = True,
    other_guide_stars: bool = False,
) -> ShiftRun:
    """
    Find fall-backs, solve, judge and choose.

    Parameters
    ----------
    measurements : sequence of Measurement
        Of one run; `group` of each is the name of one of `groups`.
    groups : sequence of Group
        All groups of the program.
    overlaps : sequence of Overlap
        Offsets between exposures.
    second : sequence of Measurement
        An independent estimate of the same shifts, such as offset histograms; it is compared, not averaged.
    reference : str, optional
        The group that stays where it is, as in `solve_shifts`.
    rotation : bool
        Whether to solve for rotations.
    filter_name : str
        Filter of the run, for reasons.
    shorter : sequence of TrustedShift
        Shifts of a filter of shorter wavelength, as in `trust_shifts`.
    limits : Limits, optional
        Other limits of the verdicts than the usual ones.
    find_shared : bool
        Whether to search for shared values; False when the fit of every measurement gives its status.
    other_guide_stars : bool
        Whether shifts of groups on other guide stars may be taken, as in `trust_shifts`.

    Raises
    ------
    ParameterError
        As `solve_shifts` and `check_groups`.
    """
    check_groups(groups)
    marked, shared = mark_fallbacks(measurements) if find_shared else (tuple(measurements), ())
    owners = {root: group.name for group in groups for root in group.roots}
    solution = solve_shifts(marked, overlaps, groups=owners, reference=reference, rotation=rotation)
    other = solve_shifts(second, groups=owners, reference=reference).shifts if second else {}
    judgements = {
        name: judge(evidence_for(shift, marked, other.get(name)), limits)
        for name, shift in solution.shifts.items()
    }
    common = {
        marked[index].group: (average.dx, average.dy)
        for average in reversed(shared)
        if not average.zero
        for index in average.members
    }
    shifts = trust_shifts(
        groups,
        solution.shifts,
        judgements,
        filter_name=filter_name,
        shorter=shorter,
        shared=common,
        other_guide_stars=other_guide_stars,
    )
    return ShiftRun(marked, shared, solution, judgements, shifts, plain_averages(measurements))


def plain_averages(measurements: Sequence[Measurement]) -> dict[str, tuple[float, float]]:
    """
    Return the `plain_average` of all finite values of each group, fall-backs included, arcsec.

    Parameters
    ----------
    measurements : sequence of Measurement
        Measurements of exposures.
    """
    values: dict[str, list[tuple[float, float]]] = {}
    for measurement in measurements:
        if math.isfinite(measurement.dx) and math.isfinite(measurement.dy):
            values.setdefault(measurement.group, []).append((measurement.dx, measurement.dy))
    return {name: plain_average(*np.array(pairs).T) for name, pairs in values.items()}
