"""
Groups of exposures as the user wants them, one line each::

    merge GROUP GROUP ...
    split GROUP EXPOSURE ...

A group is called by its name, ``jw01040001001:S1HP090792``, or by its visit alone when that has one group; an exposure
by its name without suffix. Lines act one after the other: parts of a split group, ``GROUP/1`` (those that stay) and
``GROUP/2`` (those that are named), can be split and merged again.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from miri_widgets.core.shifts.groups import Group, merge, split
from miri_widgets.errors import ParameterError

__all__ = ["regroup"]


def regroup(groups: Sequence[Group], lines: Iterable[str]) -> tuple[Group, ...]:
    """
    Split and merge groups.

    Parameters
    ----------
    groups : sequence of Group
        As found by visit and guide star.
    lines : iterable of str
        In the grammar of this module; empty ones do nothing.

    Returns
    -------
    tuple of Group
        Sorted by name.

    Raises
    ------
    ParameterError
        If a line cannot be read, or names a group or an exposure that does not exist.
    """
    regrouped = list(groups)
    for line in lines:
        verb, *names = str(line).split() or [""]
        if verb == "merge" and len(names) > 1:
            chosen = [_called(regrouped, name) for name in dict.fromkeys(names)]
            made: tuple[Group, ...] = (merge(chosen),)
        elif verb == "split" and len(names) > 1:
            chosen = [_called(regrouped, names[0])]
            made = split(chosen[0], names[1:])
        elif verb:
            raise ParameterError(
                f"the line {str(line)[:100]!r}",
                "'merge GROUP GROUP ...' or 'split GROUP EXPOSURE ...'",
                "correct it",
            )
        else:
            continue
        regrouped = [group for group in regrouped if group not in chosen] + list(made)
    return tuple(sorted(regrouped, key=lambda group: group.name))


def _called(groups: Sequence[Group], name: str) -> Group:
    exact = [group for group in groups if group.name == name]
    matching = exact or [group for group in groups if group.name.partition(":")[0] == name]
    if len(matching) != 1:
        raise ParameterError(
            f"{name[:60]!r} names {len(matching) or 'no'} group{'s' if len(matching) > 1 else ''}",
            "one of " + ", ".join(group.name for group in (matching or groups)),
            "give the whole name",
        )
    return matching[0]
