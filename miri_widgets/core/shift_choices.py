"""
What shift every group is given: its own when it is believed, else one along a stated chain.

A group whose verdict is FAIL keeps its verdict, and the source of what it took is stated:

1. the same group in a shorter filter;
2. the nearest in time of the groups on the same guide star: they share its position error;
3. the nearest in time of all groups: only a guess, for another guide star has another error;
4. the common shift of the run, when that is all its exposures carry;
5. zero.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from miri_widgets.core.shift_groups import Group
from miri_widgets.core.shift_measurements import GroupShift
from miri_widgets.core.shift_verdicts import Judgement, Verdict

__all__ = ["TrustedShift", "trust_shifts"]

_SAME_STAR_ERR = 0.010
"""Arcsec; two visits on one guide star differ by 11 mas in the LMC field (visits 3 and 4)."""


@dataclass(frozen=True)
class TrustedShift:
    """
    The shift that a group is to be given, where it comes from and how far to believe it.

    Attributes
    ----------
    group : Group
        Its exposures.
    filter : str
        Filter that it was measured in, or was to be.
    dx, dy : float
        What to apply, arcsec along RA cos(Dec) and Dec.
    dx_err, dy_err, corr : float
        Standard errors, arcsec, and their correlation; NaN when not known.
    rotation : float
        Degrees; 0 when none was solved.
    exposures, used : int
        As in `GroupShift`.
    verdict : Verdict
        On the group's own measurement, also when another value was taken.
    reason : str
        Why.
    source : str
        Where `dx`, `dy` come from.
    """

    group: Group
    filter: str
    dx: float
    dy: float
    dx_err: float
    dy_err: float
    corr: float
    rotation: float
    exposures: int
    used: int
    verdict: Verdict
    reason: str
    source: str = "measured"

    @property
    def own(self) -> bool:
        """Whether the value was measured on the group itself."""
        return self.source == "measured"


def trust_shifts(
    groups: Sequence[Group],
    shifts: Mapping[str, GroupShift],
    judgements: Mapping[str, Judgement],
    *,
    filter_name: str = "",
    shorter: Sequence[TrustedShift] = (),
    shared: Mapping[str, tuple[float, float]] | None = None,
) -> tuple[TrustedShift, ...]:
    """
    Give every group the shift to apply, along the chain of the module's description.

    Parameters
    ----------
    groups : sequence of Group
        All groups of the program; some may have no shift.
    shifts : mapping of str to GroupShift
        By group.
    judgements : mapping of str to Judgement
        By group.
    filter_name : str
        Filter of the measurements.
    shorter : sequence of TrustedShift
        Of shorter filters, the shortest first.
    shared : mapping of str to (float, float), optional
        The common shift of the run, by group whose exposures carry it, arcsec.

    Returns
    -------
    tuple of TrustedShift
        In the order of `groups`; each has a finite shift.
    """
    believed: dict[str, TrustedShift] = {}
    for group in groups:
        verdict = judgements[group.name].verdict if group.name in judgements else Verdict.FAIL
        if verdict is not Verdict.FAIL and math.isfinite(shifts[group.name].dx):
            believed[group.name] = _own(group, shifts[group.name], judgements[group.name], filter_name)
    return tuple(
        believed.get(group.name)
        or _instead(
            group,
            shifts.get(group.name),
            judgements.get(group.name),
            filter_name,
            _chain(group, list(believed.values()), shorter, (shared or {}).get(group.name)),
        )
        for group in groups
    )


@dataclass(frozen=True)
class _Value:
    """A value taken from elsewhere, and its source in words."""

    dx: float
    dy: float
    dx_err: float
    dy_err: float
    corr: float
    rotation: float
    source: str


def _chain(
    group: Group,
    believed: Sequence[TrustedShift],
    shorter: Sequence[TrustedShift],
    shared: tuple[float, float] | None,
) -> _Value:
    for one in shorter:
        if one.group.name == group.name and one.own and one.verdict is not Verdict.FAIL:
            return _copied(one, f"filter {one.filter}", 0.0)
    near = sorted(believed, key=lambda one: (_apart_in_time(one.group, group), one.group.name))
    for one in near:
        if group.guide_star and one.group.guide_star == group.guide_star:
            return _copied(one, f"group {one.group.name}, on the same guide star", _SAME_STAR_ERR)
    for one in near:
        return _copied(
            one, f"group {one.group.name}, nearest in time, on another guide star: a guess", math.nan
        )
    if shared is not None:
        return _Value(*shared, math.nan, math.nan, math.nan, 0.0, "the common shift of the run")
    return _Value(0.0, 0.0, math.nan, math.nan, math.nan, 0.0, "zero: nothing was found to take")


def _copied(one: TrustedShift, source: str, err: float) -> _Value:
    return _Value(
        one.dx,
        one.dy,
        math.hypot(one.dx_err, err),
        math.hypot(one.dy_err, err),
        one.corr,
        one.rotation,
        source,
    )


def _own(group: Group, shift: GroupShift, judgement: Judgement, filter_name: str) -> TrustedShift:
    return TrustedShift(
        group, filter_name, shift.dx, shift.dy, shift.dx_err, shift.dy_err, shift.corr,
        shift.rotation if math.isfinite(shift.rotation) else 0.0,
        shift.exposures, shift.used, judgement.verdict, judgement.reason,
    )  # fmt: skip


def _instead(
    group: Group, shift: GroupShift | None, judgement: Judgement | None, filter_name: str, value: _Value
) -> TrustedShift:
    return TrustedShift(
        group, filter_name, value.dx, value.dy, value.dx_err, value.dy_err, value.corr, value.rotation,
        shift.exposures if shift else 0, shift.used if shift else 0,
        Verdict.FAIL, judgement.reason if judgement else "not measured in this filter", value.source,
    )  # fmt: skip


def _apart_in_time(one: Group, other: Group) -> float:
    """Days; visits are made in the order of their numbers where times are not known."""
    apart = abs(one.mjd - other.mjd)
    if math.isfinite(apart):
        return apart
    return float(abs(_visit_number(one) - _visit_number(other)))


def _visit_number(group: Group) -> int:
    digits = "".join(part for part in (group.observation[:3], group.visit[:3]) if part.isdecimal())
    return int(digits or 0)
