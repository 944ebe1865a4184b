"""
Exposures whose world coordinates are known to be wrong: they disagree with the others on their guide star.

Dithers on one guide star agree to milliarcseconds. One that is arcseconds away from the others has a wrong WCS, whatever the
error of the guide star is: its overlaps with the others tell where it lies, or it must leave the mosaics.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from miri_widgets.core.shifts.groups import Group
from miri_widgets.core.shifts.merged_stars import merged_stars
from miri_widgets.core.shifts.offset_histogram import Offset, offset_histogram
from miri_widgets.core.shifts.offset_peaks import peak_significance
from miri_widgets.core.shifts.star_overlaps import LEAST_SIGNIFICANCE, within
from miri_widgets.core.shifts.star_positions import StarPositions
from miri_widgets.core.tangent_plane import mean_position, to_plane

__all__ = ["Displaced", "displaced_groups", "displaced_offsets", "find_displaced"]

_AGREE = 0.3
"""Arcsec; dithers on one guide star agree to a hundredth of it, and a turn of the telescope moves no star by as much."""
_ENOUGH = 8
"""Stars that two exposures must both show where they overlap before it says something that they agree on none."""
_SHARED = 0.2
"""Part of the stars that agree at most when two exposures do not see the same sky."""


@dataclass(frozen=True, eq=False)
class Displaced:
    """
    Exposures of one group that lie elsewhere than the others of it.

    Attributes
    ----------
    roots : tuple of str
        Their names.
    group : str
        The group that they leave.
    name : str
        Name of the group that they make.
    others : tuple of str
        Exposures that agree with each other.
    offset : Offset or None
        What brings them onto the others; None when nothing tells it.
    doubtful : bool
        Whether as many exposures are on either side, so that the others may be the wrong ones.
    """

    roots: tuple[str, ...]
    group: str
    name: str
    others: tuple[str, ...]
    offset: Offset | None
    doubtful: bool = False

    @property
    def text(self) -> str:
        """What was result, as a sentence."""
        whose = f"{', '.join(self.roots)}: its world coordinates are wrong"
        if self.doubtful:
            whose = f"{', '.join((*self.roots, *self.others))} of one guide star disagree, and which of them is wrong is not known"
        if self.offset is None:
            return f"{whose}; it shares no stars with the other exposures of {self.group}, and leaves the mosaics"
        return (
            f"{whose}, by ({-self.offset.dx:+.3f}, {-self.offset.dy:+.3f}) arcsec against the other exposures of {self.group}; "
            "it is corrected by its overlaps with them"
        )


def find_displaced(
    stars: Sequence[StarPositions], groups: Mapping[str, str], *, reach: float = 60.0
) -> tuple[Displaced, ...]:
    """
    Find exposures that do not lie where the others on their guide star lie.

    Parameters
    ----------
    stars : sequence of StarPositions
        One per exposure, with sky positions.
    groups : mapping of str to str
        Group of each exposure, by root.
    reach : float
        Largest error that is searched, arcsec.

    Returns
    -------
    tuple of Displaced
        Sorted by name. An exposure with so few stars that it cannot disagree is none of them.

    Notes
    -----
    Exposures of a group whose stars coincide by more than chance belong together; the largest set is right, of equal ones
    that with most stars. Others are displaced when one offset brings their stars onto those of the set, or when both show
    many stars in the same place and none coincides.
    """
    result = []
    for group in sorted(set(groups.values())):
        own = sorted(
            (part for part in stars if groups[part.root] == group and len(part)), key=lambda part: part.root
        )
        if len(own) > 1:
            result += _displaced_of(group, own, reach)
    return tuple(sorted(result, key=lambda exposure_set: exposure_set.name))


def displaced_offsets(
    displaced: Sequence[Displaced], stars: Sequence[StarPositions], *, reach: float = 60.0
) -> dict[tuple[str, str], Offset]:
    """
    Return the offsets of displaced exposures against the others of their group, by root.

    Parameters
    ----------
    displaced : sequence of Displaced
        Of `find_displaced`.
    stars : sequence of StarPositions
        One per exposure.
    reach : float
        As in `find_displaced`, arcsec.
    """
    by_root = {star.root: star for star in stars}
    offsets = {}
    for exposure_set in displaced:
        for root, other in (
            (root, other)
            for root in exposure_set.roots
            for other in exposure_set.others
            if exposure_set.offset
        ):
            a, b = by_root[root], by_root[other]
            centre = mean_position(np.concatenate([a.ra, b.ra]), np.concatenate([a.dec, b.dec]))
            near = exposure_set.offset.shift if exposure_set.offset else None
            offset = offset_histogram(a.ra, a.dec, b.ra, b.dec, search_radius=reach, centre=centre, near=near)
            if offset.matches and exposure_set.offset:
                offsets[root, other] = replace(offset, significance=exposure_set.offset.significance)
    return offsets


def displaced_groups(groups: Sequence[Group], displaced: Sequence[Displaced]) -> tuple[Group, ...]:
    """
    Take displaced exposures out of their groups; each set of them makes one of its own.

    Parameters
    ----------
    groups : sequence of Group
        Not modified.
    displaced : sequence of Displaced
        Of `find_displaced`.
    """
    result = []
    away = {root: exposure_set for exposure_set in displaced for root in exposure_set.roots}
    for group in groups:
        times = group.times or (float("nan"),) * len(group.roots)
        pairs = list(zip(group.roots, times, strict=True))
        parts = dict.fromkeys(away.get(root) for root in group.roots)
        for part in parts:
            kept = [pair for pair in pairs if away.get(pair[0]) is part]
            roots, own_times = tuple(root for root, _ in kept), tuple(time for _, time in kept)
            if part is None:
                result.append(group if len(parts) == 1 else replace(group, roots=roots, times=own_times))
            else:
                # it shares neither the error of the guide star nor that of its visit
                result.append(
                    Group(
                        part.name, roots, group.program, times=own_times, target=group.target, displaced=True
                    )
                )
    return tuple(sorted(result, key=lambda group: group.name))


def _displaced_of(group: str, own: Sequence[StarPositions], reach: float) -> list[Displaced]:
    centre = mean_position(
        np.concatenate([part.ra for part in own]), np.concatenate([part.dec for part in own])
    )
    lists = [np.column_stack(to_plane(part.ra, part.dec, centre)) for part in own]
    links = np.array([[_coincide(a, b) for b in lists] for a in lists])
    labels = connected_components(csr_array(links), directed=False)[1]
    sizes = np.bincount(labels)
    if sizes.size == 1:
        return []
    number = np.bincount(labels, [len(part) for part in own])
    right = max(range(sizes.size), key=lambda label: (sizes[label], number[label], -label))
    others = [own[i] for i in np.flatnonzero(labels == right).tolist()]
    result = []
    for label in range(sizes.size):
        if label == right:
            continue
        mine = [own[i] for i in np.flatnonzero(labels == label).tolist()]
        offset = _offset(mine, others, reach)
        if offset is None and not _disagree(mine, others, centre):
            continue
        roots = tuple(part.root for part in mine)
        result.append(
            Displaced(
                roots,
                group,
                f"{group}/displaced {roots[0]}",
                tuple(part.root for part in others),
                offset,
                doubtful=sizes[label] == sizes[right],
            )
        )
    return result


def _coincide(a: NDArray[np.float64], b: NDArray[np.float64]) -> bool:
    """Whether stars of two lists coincide more often than by chance."""
    pairs = int(np.count_nonzero(cKDTree(b).query(a, distance_upper_bound=_AGREE)[0] < np.inf))
    area = max(float(np.prod(np.ptp(b, axis=0))), 100.0)
    chance = max(len(a) * len(b) * np.pi * _AGREE**2 / area, 1e-3)
    return pairs > 1 and peak_significance(pairs, chance, 1.0) >= LEAST_SIGNIFICANCE - 1


def _offset(mine: Sequence[StarPositions], others: Sequence[StarPositions], reach: float) -> Offset | None:
    a, b = merged_stars(mine), merged_stars(others)
    offset = offset_histogram(a.ra, a.dec, b.ra, b.dec, search_radius=reach)
    if offset.significance < LEAST_SIGNIFICANCE or offset.ambiguous:
        return None
    return offset if np.hypot(offset.dx, offset.dy) > _AGREE else None


def _disagree(
    mine: Sequence[StarPositions], others: Sequence[StarPositions], centre: tuple[float, float]
) -> bool:
    """Whether both show many stars where they claim to overlap, and hardly any coincide."""
    a, b = (
        np.column_stack(to_plane(merged.ra, merged.dec, centre))
        for merged in (merged_stars(mine), merged_stars(others))
    )
    a, b = a[within(a, b, 0.0)], b[within(b, a, 0.0)]
    if min(len(a), len(b)) < _ENOUGH:
        return False
    shared = np.count_nonzero(cKDTree(b).query(a, distance_upper_bound=_AGREE)[0] < np.inf)
    return bool(shared <= _SHARED * min(len(a), len(b)))
