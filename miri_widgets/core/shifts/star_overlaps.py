"""Offsets between exposures that see the same stars: the second opinion on every shift."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import Delaunay, QhullError

from miri_widgets.core.shifts.measurements import Overlap
from miri_widgets.core.shifts.merged_stars import merged_stars
from miri_widgets.core.shifts.offset_histogram import Offset, offset_histogram
from miri_widgets.core.shifts.star_positions import StarPositions
from miri_widgets.core.tangent_plane import mean_position, to_plane

__all__ = ["LEAST_SIGNIFICANCE", "believed_overlaps", "overlap_offset", "pair_offsets", "within"]

LEAST_SIGNIFICANCE = 5.0
"""Peaks of the offset histogram below this are not told from chance: one in a million, anywhere in the search area."""

_FEWEST = 3


def believed_overlaps(
    offsets: Mapping[tuple[str, str], Offset],
    *,
    least_significance: float = LEAST_SIGNIFICANCE,
    references: Mapping[str, tuple[float, float]] | None = None,
    turns: Mapping[str, float] | None = None,
) -> tuple[Overlap, ...]:
    """
    Return the offsets that stand out of chance, as the solver of group shifts takes them.

    Parameters
    ----------
    offsets : mapping of (str, str) to Offset
        Of `pair_offsets`.
    least_significance : float
        Offsets whose peak is lower are left out, and those that are ambiguous.
    references : mapping of str to (float, float), optional
        Reference point of each exposure, (RA, Dec) in degrees.
    turns : mapping of str to float, optional
        Rotation that each exposure will get about its reference point, in the tangent plane, degrees from north
        through east: the offsets are then those that are left to the shifts.

    Returns
    -------
    tuple of Overlap
        Sorted by the names of the exposures.

    Notes
    -----
    An overlap lies at the edge of both exposures. There a roll that is wrong by 0.005 degrees looks like a shift of
    5 mas: an exposure that turns by t moves at the distance (x, y) of its reference point by t (y, -x).
    """
    overlaps = []
    for (a, b), offset in sorted(offsets.items()):
        if offset.significance < least_significance or offset.ambiguous:
            continue
        dx, dy = offset.dx, offset.dy
        levers: list[tuple[float, float]] = []
        for root, sign in ((a, 1), (b, -1)):
            x, y = math.nan, math.nan
            if references:
                x, y = (-float(part) for part in to_plane(*references[root], offset.centre))
            levers.append((x, y))
            if references and turns and turns.get(root):
                turn = np.deg2rad(turns[root])
                dx, dy = dx - sign * turn * y, dy + sign * turn * x
        overlaps.append(
            Overlap(
                a,
                b,
                float(dx),
                float(dy),
                offset.sigma,
                max(round(offset.matches), 1),
                lever_a=levers[0],
                lever_b=levers[1],
                turn=offset.rotation,
                turn_err=offset.rotation_sigma,
            )
        )
    return tuple(overlaps)


def pair_offsets(
    stars: Sequence[StarPositions], groups: Mapping[str, str], *, search_radius: float = 3.0
) -> dict[tuple[str, str], Offset]:
    """
    Measure the offset of every two exposures of different groups that see the same stars.

    Parameters
    ----------
    stars : sequence of StarPositions
        One per exposure, with sky positions; in any order.
    groups : mapping of str to str
        Group of each exposure, by root.
    search_radius : float
        Largest offset, arcsec.

    Returns
    -------
    dict of (str, str) to Offset
        By the roots of a and b, sorted; what must be added to positions in a to bring them onto b, believable or
        not. Independent of the order of the input.
    """
    ordered = sorted(stars, key=lambda star: star.root)
    offsets: dict[tuple[str, str], Offset] = {}
    by_groups: dict[tuple[str, ...], list[tuple[StarPositions, StarPositions]]] = {}
    for index, a in enumerate(ordered):
        for b in ordered[index + 1 :]:
            if groups[a.root] == groups[b.root]:
                continue
            offset = overlap_offset(a, b, search_radius=search_radius)
            if offset is not None:
                offsets[a.root, b.root] = offset
            by_groups.setdefault(tuple(sorted((groups[a.root], groups[b.root]))), []).append((a, b))
    for names, pairs in by_groups.items():
        believed = [
            offsets[a.root, b.root].significance >= LEAST_SIGNIFICANCE
            for a, b in pairs
            if (a.root, b.root) in offsets
        ]
        if not any(believed):
            members = [[star for star in ordered if groups[star.root] == name] for name in names]
            offsets |= _joint_offsets(members, pairs, groups, search_radius)
    return offsets


def _joint_offsets(
    members: Sequence[Sequence[StarPositions]],
    pairs: Sequence[tuple[StarPositions, StarPositions]],
    groups: Mapping[str, str],
    search_radius: float,
) -> dict[tuple[str, str], Offset]:
    """
    Measure two groups as a whole, and then each pair of exposures about the offset of the groups.

    Notes
    -----
    Dithers of a group are one measurement: three stars in each that agree are believed together where none of them is
    alone. Stars are counted once, for chance pairs repeat with the dithers as true ones do.
    """
    first, second = (merged_stars(part) for part in members)
    joint = overlap_offset(first, second, search_radius=search_radius)
    if joint is None or joint.significance < LEAST_SIGNIFICANCE:
        return {}
    offsets = {}
    for a, b in pairs:
        forward = groups[a.root] == groups[members[0][0].root]
        near = joint.shift if forward else (-joint.dx, -joint.dy)
        centre = mean_position(np.concatenate([a.ra, b.ra]), np.concatenate([a.dec, b.dec]))
        offset = offset_histogram(
            a.ra, a.dec, b.ra, b.dec, search_radius=search_radius, centre=centre, near=near
        )
        if offset.matches:
            rival = joint.runner_up_matches if joint.ambiguous else 0.0
            offsets[a.root, b.root] = replace(
                offset,
                significance=joint.significance,
                runner_up=joint.runner_up,
                runner_up_matches=rival * offset.matches / max(joint.matches, 1.0),
                runner_up_shift=joint.runner_up_shift,
            )
    return offsets


def overlap_offset(a: StarPositions, b: StarPositions, *, search_radius: float = 3.0) -> Offset | None:
    """
    Return what must be added to positions in a to bring them onto b, in the middle of their overlap.

    Parameters
    ----------
    a, b : StarPositions
        Two exposures.
    search_radius : float
        Largest offset, arcsec.

    Returns
    -------
    Offset or None
        None when they have fewer than three stars each where they overlap.

    Notes
    -----
    The overlap is what the convex hulls of the two lists have in common, `search_radius` wider.
    """
    if min(len(a), len(b)) < _FEWEST:
        return None
    middle = mean_position(np.concatenate([a.ra, b.ra]), np.concatenate([a.dec, b.dec]))
    positions = [np.column_stack(to_plane(stars.ra, stars.dec, middle)) for stars in (a, b)]
    inside = [
        within(mine, other, search_radius)
        for mine, other in ((positions[0], positions[1]), (positions[1], positions[0]))
    ]
    if min(part.sum() for part in inside) < _FEWEST:
        return None
    (ra_a, dec_a), (ra_b, dec_b) = (
        (stars.ra[part], stars.dec[part]) for stars, part in zip((a, b), inside, strict=True)
    )
    centre = mean_position(np.concatenate([ra_a, ra_b]), np.concatenate([dec_a, dec_b]))
    offset = offset_histogram(
        ra_a, dec_a, ra_b, dec_b, search_radius=search_radius, centre=centre, fit_rotation=True
    )
    plain = offset_histogram(ra_a, dec_a, ra_b, dec_b, search_radius=search_radius, centre=centre)
    # the roll of an overlap tells how far rolls are off, and is not taken into its shift
    return replace(plain, rotation=offset.rotation, rotation_sigma=offset.rotation_sigma)


def within(positions: NDArray[np.float64], others: NDArray[np.float64], margin: float) -> NDArray[np.bool_]:
    """
    Return True for positions in the convex hull of others, made wider.

    Parameters
    ----------
    positions, others : ndarray, shape (n, 2), (m, 2)
        In one plane, arcsec.
    margin : float
        By about so much wider, arcsec.
    """
    others = others[np.isfinite(others).all(axis=1)]
    middle = others.mean(axis=0) if len(others) else np.zeros(2)
    size = np.hypot(*(others - middle).T).max() if len(others) else 0.0
    if len(others) < _FEWEST or size == 0:
        return np.zeros(len(positions), bool)
    wider = middle + (others - middle) * (1 + margin / size)
    inside = np.zeros(len(positions), bool)
    finite = np.isfinite(positions).all(axis=1)
    try:
        inside[finite] = Delaunay(wider).find_simplex(positions[finite]) >= 0
    except QhullError:  # all on one line: no area
        return inside
    return inside
