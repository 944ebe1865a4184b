"""
Groups of exposures that share one pointing error: those of one visit on one guide star.

The position of a guide star in its catalogue is wrong by up to 2 arcsec, and every exposure that is
guided on it is wrong by the same; dithers on one guide star agree to milliarcseconds. Groups are values:
splitting and merging give new ones.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from miri_widgets.errors import ParameterError

__all__ = [
    "Group",
    "Pointed",
    "check_groups",
    "group_exposures",
    "group_name",
    "merge",
    "share_field",
    "split",
]


class Pointed(Protocol):
    """What grouping needs to know of an exposure; header facts have it."""

    @property
    def root(self) -> str:
        """Name without suffix."""

    @property
    def program(self) -> str:
        """Program number."""

    @property
    def observation(self) -> str:
        """Observation number."""

    @property
    def visit(self) -> str:
        """Visit number."""

    @property
    def guide_star(self) -> str:
        """Guide star identifier; empty when not known."""

    @property
    def start_mjd(self) -> float:
        """Start, MJD UTC; NaN or 0 when not known."""


@dataclass(frozen=True)
class Group:
    """
    Exposures that move together.

    Attributes
    ----------
    name : str
        Visit and guide star, such as ``jw01040001001:S1HP090792``; parts of a split group end in ``/1``,
        ``/2``.
    roots : tuple of str
        Names of its exposures without suffix, sorted.
    program, observation, visit, guide_star : str
        As in the headers; several values of a merged group are joined by ``+``.
    times : tuple of float
        Start of each exposure, MJD UTC; NaN when not known.
    target : str
        What was observed; several targets of a merged group are joined by ``+``; empty when not known.
    displaced : bool
        Whether its world coordinates are known to be wrong by themselves: it shares no error with others of its visit.
    """

    name: str
    roots: tuple[str, ...]
    program: str = ""
    observation: str = ""
    visit: str = ""
    guide_star: str = ""
    times: tuple[float, ...] = ()
    target: str = ""
    displaced: bool = False

    @property
    def mjd(self) -> float:
        """Mean start of its exposures, MJD UTC; NaN when no time is known."""
        known = [time for time in self.times if math.isfinite(time)]
        return sum(known) / len(known) if known else math.nan

    def __len__(self) -> int:
        return len(self.roots)


def group_name(program: str, observation: str, visit: str, guide_star: str = "") -> str:
    """
    Return the name of a group: the visit as in file names, and the guide star when it is known.

    Parameters
    ----------
    program : str
        Number of the program.
    observation : str
        Number of the observation.
    visit : str
        Number of the visit.
    guide_star : str
        Name of the guide star; empty when it is not known.
    """
    return f"jw{program}{observation}{visit}" + (f":{guide_star}" if guide_star else "")


def group_exposures(exposures: Iterable[Pointed]) -> tuple[Group, ...]:
    """
    Group exposures by visit and guide star.

    Parameters
    ----------
    exposures : iterable of Pointed
        In any order, of any filters.

    Returns
    -------
    tuple of Group
        Sorted by name; independent of the order of the input.

    Notes
    -----
    Never by counting: visits have different numbers of exposures, and one is often lost. An exposure without
    a guide star joins the group of its visit when the visit has one guide star only.
    """
    members: dict[tuple[str, str, str, str], dict[str, float]] = {}
    targets: dict[tuple[str, str, str, str], set[str]] = {}
    stars: dict[tuple[str, str, str], set[str]] = {}
    listed = sorted(exposures, key=lambda exposure: exposure.root)
    for exposure in listed:
        stars.setdefault((exposure.program, exposure.observation, exposure.visit), set()).add(
            exposure.guide_star
        )
    for exposure in listed:
        visit = (exposure.program, exposure.observation, exposure.visit)
        named = stars[visit] - {""}
        star = exposure.guide_star or (next(iter(named)) if len(named) == 1 else "")
        time = float(exposure.start_mjd)
        members.setdefault((*visit, star), {})[exposure.root] = time if time > 0 else math.nan
        # only exposures of the archive name their target, tables of measured shifts do not
        targets.setdefault((*visit, star), set()).add(str(getattr(exposure, "target", "")))
    groups = [
        Group(
            group_name(*key),
            tuple(members),
            *key,
            times=tuple(members.values()),
            target=_joined(targets[key]),
        )
        for key, members in members.items()
    ]
    return tuple(sorted(groups, key=lambda group: group.name))


def split(group: Group, roots: Iterable[str]) -> tuple[Group, Group]:
    """
    Divide a group in two.

    Parameters
    ----------
    group : Group
        Not modified.
    roots : iterable of str
        The exposures that leave; some, not all, of the group's.

    Returns
    -------
    (Group, Group)
        Those that stay (``/1``) and those that leave (``/2``).

    Raises
    ------
    ParameterError
        If an exposure is not in the group, or if one part would be empty.
    """
    removed = set(roots)
    if strangers := sorted(removed - set(group.roots)):
        raise ParameterError(
            f"{strangers[0]} is not in group {group.name}", "exposures of that group", "choose among its rows"
        )
    if not removed or len(removed) == len(group.roots):
        raise ParameterError(
            f"{len(removed)} of the {len(group.roots)} exposures of {group.name} would leave",
            "at least one exposure in each part",
            "choose some of its exposures",
        )
    times = group.times or (math.nan,) * len(group.roots)
    parts = []
    for number, wanted in enumerate((False, True), start=1):
        kept = [pair for pair in zip(group.roots, times, strict=True) if (pair[0] in removed) is wanted]
        parts.append(
            Group(
                f"{group.name}/{number}",
                tuple(root for root, _ in kept),
                group.program,
                group.observation,
                group.visit,
                group.guide_star,
                tuple(time for _, time in kept),
                group.target,
            )
        )
    return parts[0], parts[1]


def merge(groups: Sequence[Group]) -> Group:
    """
    Make one group of several.

    Merging the two parts of a split group gives the group back.

    Parameters
    ----------
    groups : sequence of Group
        The groups.

    Raises
    ------
    ParameterError
        If no group is given, or if an exposure is in two of them.
    """
    check_groups(groups)
    if not groups:
        raise ParameterError("no groups to merge", "two or more", "choose some rows")
    members = {
        root: time
        for group in groups
        for root, time in zip(group.roots, group.times or (math.nan,) * len(group.roots), strict=True)
    }
    ordered = sorted(members)
    return Group(
        _common_name([group.name for group in groups]),
        tuple(ordered),
        _joined(group.program for group in groups),
        _joined(group.observation for group in groups),
        _joined(group.visit for group in groups),
        _joined(group.guide_star for group in groups),
        tuple(members[root] for root in ordered),
        _joined(group.target for group in groups),
    )


def share_field(group: Group, other: Group) -> bool:
    """
    Tell whether two groups are of one program and target, so that one may stand in for the other.

    Parameters
    ----------
    group, other : Group
        Merged groups share a field when one of their programs and one of their targets is common. Values that are not
        known on both sides are no contradiction for targets; a program that only one side knows is.
    """
    programs, others = set(group.program.split("+")), set(other.program.split("+"))
    targets, other_targets = set(group.target.split("+")) - {""}, set(other.target.split("+")) - {""}
    return bool(programs & others) and (not targets or not other_targets or bool(targets & other_targets))


def check_groups(groups: Sequence[Group]) -> None:
    """
    Raise if groups overlap.

    Parameters
    ----------
    groups : sequence of Group
        The groups.

    Raises
    ------
    ParameterError
        If two groups have one name, or share an exposure.
    """
    names: set[str] = set()
    owners: dict[str, str] = {}
    for group in groups:
        if group.name in names:
            raise ParameterError(f"two groups are called {group.name}", "one", "merge them or rename one")
        names.add(group.name)
        for root in group.roots:
            if root in owners:
                raise ParameterError(
                    f"{root} is in the groups {owners[root]} and {group.name}",
                    "an exposure in one group only",
                    "take it out of one of them",
                )
            owners[root] = group.name


def _common_name(names: Sequence[str]) -> str:
    """``g/1`` and ``g/2`` are ``g`` again; unlike names are joined."""
    if len(names) == 1:
        return names[0]
    parts = [name.split("/") for name in names]
    if len({part[0] for part in parts}) > 1:
        return "+".join(sorted(names))
    shared = []
    for column in zip(*parts, strict=False):
        if len(set(column)) > 1:
            break
        shared.append(column[0])
    return "/".join(shared)


def _joined(values: Iterable[str]) -> str:
    """The different values, sorted; those of merged groups are taken apart first."""
    return "+".join(sorted({part for value in values for part in value.split("+") if part}))
