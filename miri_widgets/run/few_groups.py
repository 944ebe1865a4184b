"""Ramps of few groups: what the pipeline does not do to them, said before the run."""

from __future__ import annotations

from collections.abc import Sequence

from miri_widgets.products.exposure import Exposure

__all__ = ["MOST_GROUPS_NOTED", "few_groups_notes"]

MOST_GROUPS_NOTED = 5
"""MIRI observations have at least five groups; with up to so many the pipeline flags fewer first groups."""

_WHAT = {
    1: "a single group has no slope: the rate is the signal of that group, its bias level included",
    2: "jwst leaves out lastframe, rscd and jump: cosmic rays and reset effects stay in the rate",
    3: "jump finds nothing in so few usable groups, and rscd flags no first group: reset effects stay in the rate",
    4: "jump finds little in so few usable groups, and rscd flags fewer first groups: rates can be far too high",
    5: "rscd flags fewer first groups: rates can be too high",
}


def few_groups_notes(exposures: Sequence[Exposure]) -> tuple[str, ...]:
    """
    Return a sentence for each small number of groups among exposures; none when all have enough.

    Parameters
    ----------
    exposures : sequence of Exposure
        Raw exposures.

    References
    ----------
    The steps lastframe, rscd and jump of jwst 3.0.
    """
    by_number: dict[int, list[str]] = {}
    for exposure in exposures:
        if exposure.suffix == "uncal" and 0 < exposure.ngroups <= MOST_GROUPS_NOTED:
            by_number.setdefault(exposure.ngroups, []).append(exposure.root)
    lines = []
    for number, roots in sorted(by_number.items()):
        who = roots[0] if len(roots) == 1 else f"{len(roots)} exposures, such as {roots[0]},"
        have = "has" if len(roots) == 1 else "have"
        lines.append(f"{who} {have} {number} group{'s' if number > 1 else ''}: {_WHAT[number]}.")
    return tuple(lines)
