"""
What shift every group is given: its own when it is believed, else one along a stated chain.

A group whose verdict is FAIL keeps its verdict, and the source of what it took is stated, with how it was judged there:

1. the same group in another filter, the shortest first;
2. the nearest in time of the groups on the same guide star: they share its position error;
3. only where that is asked for: the mean of the groups on two or more other guide stars, when they agree among
   themselves, with their scatter as its error. Another guide star has another error, so that this is a guess;
4. the common shift of the run, when that is all its exposures carry;
5. zero.

Nothing is ever taken from another program or another target (`miri_widgets.core.shifts.groups.share_field`).

A group that has no exposures in the filter has failed at nothing: it is judged by what it takes, as in the other
filter, or WEAK when it comes from the same guide star. A guess and zero are FAIL.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from miri_widgets.core.shifts.groups import Group, share_field
from miri_widgets.core.shifts.measurements import GroupShift
from miri_widgets.core.shifts.verdicts import Judgement, Verdict

__all__ = ["TrustedShift", "trust_shifts"]

_SAME_STAR_ERR = 0.010
"""Arcsec; two visits on one guide star differ by 11 mas in the LMC field (visits 3 and 4)."""

_AGREEMENT = 0.1
"""Arcsec, a pixel of the imager; groups on several guide stars farther than this from their mean do not agree. Four
visits of the LMC field on three guide stars lie within 15 mas, a fifth 1.6 arcsec away."""


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
    def known(self) -> bool:
        """Whether there is a shift to apply; a table from elsewhere may have none for a group that failed."""
        return math.isfinite(self.dx) and math.isfinite(self.dy)

    @property
    def leaves_mosaics(self) -> bool:
        """Whether its world coordinates are known to be wrong and nothing corrects them."""
        return self.group.displaced and not (self.own and self.known)

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
    other_guide_stars: bool = False,
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
        Of other filters, the shortest first, in the same frame.
    shared : mapping of str to (float, float), optional
        The common shift of the run, by group whose exposures carry it, arcsec.
    other_guide_stars : bool, optional
        Whether a group may be given the mean of the groups on other guide stars, when these agree.

    Returns
    -------
    tuple of TrustedShift
        In the order of `groups`; each has a finite shift.
    """
    others = [shift for shift in shorter if shift.own and shift.verdict is not Verdict.FAIL]
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
            _chain(
                group,
                [shift for shift in believed.values() if share_field(shift.group, group)],
                [shift for shift in others if share_field(shift.group, group)],
                (shared or {}).get(group.name),
                other_guide_stars,
            ),
        )
        for group in groups
    )


@dataclass(frozen=True)
class _Value:
    """A value taken from elsewhere, its source in words, and how far it is to be believed."""

    dx: float
    dy: float
    dx_err: float
    dy_err: float
    corr: float
    rotation: float
    source: str
    verdict: Verdict = Verdict.FAIL
    reason: str = ""


def _chain(
    group: Group,
    believed: Sequence[TrustedShift],
    others: Sequence[TrustedShift],
    shared: tuple[float, float] | None,
    other_guide_stars: bool,
) -> _Value:
    if group.displaced:
        return _Value(
            0.0, 0.0, math.nan, math.nan, math.nan, 0.0,
            "nothing: its world coordinates are wrong and no overlap corrects them; it leaves the mosaics",
        )  # fmt: skip
    believed, others = ([shift for shift in part if not shift.group.displaced] for part in (believed, others))
    for shift in others:
        if shift.group.name == group.name:
            source = f"filter {shift.filter}, where it is {shift.verdict}"
            return _copied(shift, source, 0.0, shift.verdict, f"in {shift.filter}: {shift.reason}")
    near = [
        shift
        for some in (believed, others)
        for shift in sorted(some, key=lambda shift: (_apart_in_time(shift.group, group), shift.group.name))
    ]
    for shift in near:
        if group.guide_star and shift.group.guide_star == group.guide_star:
            source = f"group {shift.group.name}, on the same guide star"
            return _copied(shift, source, _SAME_STAR_ERR, Verdict.WEAK, "taken from another group")
    guess, hint = _mean_of_groups(near)
    if guess is not None and other_guide_stars:
        return guess
    if shared is not None:
        return _Value(*shared, math.nan, math.nan, math.nan, 0.0, f"the common shift of the run{hint}")
    return _Value(0.0, 0.0, math.nan, math.nan, math.nan, 0.0, f"zero: no shift can stand in{hint}")


def _mean_of_groups(near: Sequence[TrustedShift]) -> tuple[_Value | None, str]:
    """Return the mean of groups on other guide stars when they agree, and a hint for those who have not asked for it."""
    groups = list({shift.group.name: shift for shift in reversed(near)}.values())
    if len({shift.group.guide_star or shift.group.name for shift in groups}) < 2:
        # visits on one guide star agree whatever its error is
        return None, ""
    dx, dy = np.array([(shift.dx, shift.dy) for shift in groups]).T
    apart = float(np.hypot(dx - dx.mean(), dy - dy.mean()).max())
    count = f"{len(groups)} groups on other guide stars"
    if apart > _AGREEMENT:
        return None, f" (the {count} disagree: up to {apart:.2f} arcsec from their mean)"
    scatter = float(dx.std(ddof=1)), float(dy.std(ddof=1))
    value = _Value(
        float(dx.mean()), float(dy.mean()), *scatter, math.nan,
        0.0, f"the mean of {count}, which agree within {apart * 1000:.0f} mas: a guess",
    )  # fmt: skip
    hint = (
        f" ({count} agree within {apart * 1000:.0f} mas on ({value.dx:+.3f}, {value.dy:+.3f}) arcsec; "
        "this is taken only when other_guide_stars is set)"
    )
    return value, hint


def _copied(
    shift: TrustedShift, source: str, err: float, verdict: Verdict = Verdict.FAIL, reason: str = ""
) -> _Value:
    return _Value(
        shift.dx,
        shift.dy,
        math.hypot(shift.dx_err, err),
        math.hypot(shift.dy_err, err),
        shift.corr,
        shift.rotation,
        source,
        verdict,
        reason,
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
    verdict, reason = Verdict.FAIL, judgement.reason if judgement else "not measured in this filter"
    if shift is None or not (shift.exposures or shift.overlaps):
        verdict, reason = value.verdict, "; ".join(filter(None, (reason, value.reason)))
    return TrustedShift(
        group, filter_name, value.dx, value.dy, value.dx_err, value.dy_err, value.corr, value.rotation,
        shift.exposures if shift else 0, shift.used if shift else 0, verdict, reason, value.source,
    )  # fmt: skip


def _apart_in_time(group: Group, other: Group) -> float:
    """Days; visits are made in the order of their numbers where times are not known."""
    apart = abs(group.mjd - other.mjd)
    if math.isfinite(apart):
        return apart
    return float(abs(_visit_number(group) - _visit_number(other)))


def _visit_number(group: Group) -> int:
    digits = "".join(part for part in (group.observation[:3], group.visit[:3]) if part.isdecimal())
    return int(digits or 0)
