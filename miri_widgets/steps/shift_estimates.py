"""The two estimates of each exposure's shift: what tweakreg did to it, and its offset histogram."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from miri_widgets.core.shifts.measurements import Measurement, Overlap, Status
from miri_widgets.core.shifts.merged_stars import merged_stars
from miri_widgets.core.shifts.offset_histogram import Offset, offset_histogram
from miri_widgets.core.shifts.star_overlaps import LEAST_SIGNIFICANCE
from miri_widgets.core.shifts.star_positions import StarPositions
from miri_widgets.products.tables.reference_catalogs import ReferenceCatalog
from miri_widgets.steps.shifted_wcs import plane_turn
from miri_widgets.steps.tweakreg_shifts import TweakregResult

__all__ = ["catalog_estimate", "catalog_estimates", "group_estimate", "group_turns", "tweakreg_estimate"]

_USUAL_SCATTER = 0.02
"""Arcsec; residual of the stars in good fits (0.015 to 0.026 in the LMC field, F560W)."""


def tweakreg_estimate(
    root: str, group: str, result: TweakregResult | None, absolute: bool, members: int, groups: int
) -> Measurement:
    """
    Return what tweakreg measured; the status is that of its fits.

    Parameters
    ----------
    root, group : str
        The exposure and its group.
    result : TweakregResult or None
        What tweakreg did to it; None when it failed.
    absolute : bool
        Whether there was an absolute catalogue.
    members : int
        Exposures that moved together with it, itself included.
    groups : int
        How many such sets there were.
    """
    if result is None:
        return Measurement(root, group, math.nan, math.nan, status=Status.FAILED, relative=not absolute)
    fit, whole = result.fit, result.whole
    chosen = whole if absolute and not fit.used else fit
    aligned = fit.used > 0 or fit.reference or groups == 1
    if absolute and not whole.used:
        status = Status.FAILED
    elif absolute and not aligned:
        status = Status.SHARED
    elif fit.reference:
        status = Status.REFERENCE
    else:
        status = Status.MEASURED if fit.used > 0 or absolute else Status.FAILED
    # one fit for all exposures of a group: together they are as good as it
    fits = [fit_result for fit_result in (fit, whole) if fit_result.used and fit_result.rmse_mas]
    variance = sum((fit.rmse_mas or 0.0) ** 2 / 2e6 / fit.used for fit in fits) * members
    return Measurement(
        root,
        group,
        dx=result.shift.dx,
        dy=result.shift.dy,
        sigma=math.sqrt(variance) if variance else math.nan,
        matches=chosen.matches,
        rms=math.nan if chosen.rmse_mas is None else chosen.rmse_mas / 1000,
        status=status,
        relative=not absolute,
        rotation=result.shift.rotation,
    )


def catalog_estimate(
    stars: StarPositions, group: str, table: ReferenceCatalog, radius: float, centre: tuple[float, float]
) -> Measurement:
    """
    Return the shift of an exposure to an absolute catalogue, from the offset histogram.

    Parameters
    ----------
    stars : StarPositions
        Of the exposure.
    group : str
        Its group.
    table : ReferenceCatalog
        Positions at the epoch of the exposure.
    radius : float
        Largest shift, arcsec.
    centre : tuple of float
        Reference point of the exposure, (RA, Dec) in degrees, at which the shift holds.
    """
    offset = _catalog_offset(stars, table, radius, centre)
    return _catalog_measurement(stars, group, offset, centre, offset)


def catalog_estimates(
    stars: Sequence[StarPositions],
    groups: Mapping[str, str],
    table: ReferenceCatalog,
    radius: float,
    centres: Mapping[str, tuple[float, float]],
) -> list[Measurement]:
    """
    Return the shifts of exposures to an absolute catalogue, those of a group together where they are not believed alone.

    Parameters
    ----------
    stars : sequence of StarPositions
        Of the exposures.
    groups : mapping of str to str
        Group of each exposure.
    table : ReferenceCatalog
        Positions at the epoch of the exposures.
    radius : float
        Largest shift, arcsec.
    centres : mapping of str to (float, float)
        Reference point of each exposure, (RA, Dec) in degrees.

    Notes
    -----
    Dithers of a group share its shift: their stars are merged, each counted once, and the offset of all is searched. Where it
    stands out and that of an exposure does not, or lies elsewhere, the exposure is measured about the offset of the group.
    An offset of the group that is ambiguous is ambiguous in each exposure.
    """
    alone = {star.root: _catalog_offset(star, table, radius, centres[star.root]) for star in stars}
    members: dict[str, list[StarPositions]] = {}
    for star in stars:
        members.setdefault(groups[star.root], []).append(star)
    result = {}
    for own in members.values():
        doubt = [
            star
            for star in own
            if alone[star.root].significance < LEAST_SIGNIFICANCE or alone[star.root].ambiguous
        ]
        joint = None
        if len(own) > 1:
            joint = _catalog_offset(merged_stars(own), table, radius, centres[own[0].root])
        near = {}
        if joint is not None and joint.significance >= LEAST_SIGNIFICANCE:
            near = {
                star.root: _catalog_offset(star, table, radius, centres[star.root], joint.shift)
                for star in doubt
            }
        total = round(sum((near.get(star.root) or alone[star.root]).matches for star in own))
        for star in own:
            offset = near.get(star.root, alone[star.root])
            judged = joint if star.root in near and joint is not None else offset
            result[star.root] = _catalog_measurement(
                star,
                groups[star.root],
                offset,
                centres[star.root],
                judged,
                total if joint and joint.significance >= LEAST_SIGNIFICANCE else None,
                _common_sigma(joint),
            )
    return [result[star.root] for star in stars]


def _common_sigma(joint: Offset | None) -> float:
    """What the dithers of a group share, arcsec: the catalogue's errors of their stars; a usual scatter counts as two stars."""
    if joint is None or not joint.significance >= LEAST_SIGNIFICANCE or not joint.matches > 1:
        return 0.0
    number = joint.matches
    variance = (number * joint.rms**2 + 2 * _USUAL_SCATTER**2) / (number + 1)
    return math.sqrt(variance / number)


def _catalog_offset(
    stars: StarPositions,
    table: ReferenceCatalog,
    radius: float,
    centre: tuple[float, float],
    near: tuple[float, float] | None = None,
) -> Offset:
    return offset_histogram(
        *(stars.ra, stars.dec, table.ra, table.dec),
        search_radius=radius,
        fit_rotation=True,
        centre=centre,
        near=near,
    )


def _catalog_measurement(
    stars: StarPositions,
    group: str,
    offset: Offset,
    centre: tuple[float, float],
    judged: Offset,
    together: int | None = None,
    common: float = 0.0,
) -> Measurement:
    """Return an offset as a measurement, with the significance of the offset that it is judged by."""
    good = judged.significance >= LEAST_SIGNIFICANCE and math.isfinite(offset.dx)
    status = Status.MEASURED if good else Status.FAILED
    if good and judged.ambiguous:
        status = Status.AMBIGUOUS
    turned = good and math.isfinite(offset.rotation_sigma)
    return Measurement(
        stars.root,
        group,
        dx=offset.dx,
        dy=offset.dy,
        sigma=offset.sigma,
        matches=round(offset.matches),
        rms=offset.rms,
        status=status,
        significance=judged.significance,
        rotation=offset.rotation - plane_turn(offset.dx, offset.dy, *centre) if turned else math.nan,
        rotation_err=offset.rotation_sigma,
        joint_matches=together,
        common_sigma=common,
        alternative=judged.runner_up_shift if status is Status.AMBIGUOUS else (math.nan, math.nan),
        lever=(math.nan, math.nan) if turned else offset.middle,
    )


def group_estimate(
    root: str,
    owners: Mapping[str, str],
    overlaps: Sequence[Overlap],
    offsets: Mapping[tuple[str, str], Offset],
    reference: str,
) -> Measurement:
    """
    Return the shift of an exposure to the reference group: the weighted mean of its overlaps with it.

    Parameters
    ----------
    root : str
        The exposure.
    owners : mapping of str to str
        Group of each exposure.
    overlaps : sequence of Overlap
        Of `believed_overlaps`.
    offsets : mapping of (str, str) to Offset
        The same, with significance and scatter.
    reference : str
        The group whose shift is zero.
    """
    group = owners[root]
    if group == reference:
        return Measurement(root, group, 0.0, 0.0, status=Status.REFERENCE, relative=True)
    rows = []
    for overlap in overlaps:
        other = {overlap.root_a: overlap.root_b, overlap.root_b: overlap.root_a}.get(root, "")
        if other and owners[other] == reference:
            sign, offset = (1 if overlap.root_a == root else -1), offsets[overlap.root_a, overlap.root_b]
            rows.append(
                (
                    sign * overlap.dx,
                    sign * overlap.dy,
                    overlap.sigma,
                    overlap.n,
                    offset.rms,
                    offset.significance,
                )
            )
    if not rows:
        return Measurement(
            *(root, group, math.nan, math.nan),
            matches=0,
            status=Status.FAILED,
            relative=True,
            significance=0.0,
        )
    dx, dy, sigma, matches, rms, significance = np.array(rows, float).T
    weight = 1 / sigma**2
    return Measurement(
        root,
        group,
        dx=float((weight * dx).sum() / weight.sum()),
        dy=float((weight * dy).sum() / weight.sum()),
        sigma=float(1 / np.sqrt(weight.sum())),
        matches=round(float(matches.max())),
        rms=float(np.median(rms)),
        relative=True,
        significance=float(significance.max()),
    )


def group_turns(
    measurements: Sequence[Measurement], references: Mapping[str, tuple[float, float]]
) -> dict[str, float]:
    """
    Return the turn of each exposure in its tangent plane when its group is shifted and rotated.

    Parameters
    ----------
    measurements : sequence of Measurement
        With rotations; those without count as their group does.
    references : mapping of str to (float, float)
        Reference point of each exposure, (RA, Dec) in degrees.

    Returns
    -------
    dict of str to float
        Degrees from north through east; groups without a rotation are absent.
    """
    turns = {}
    for group in {measurement.group for measurement in measurements}:
        members = [measurement for measurement in measurements if measurement.group == group]
        usable = [member for member in members if member.usable and math.isfinite(member.rotation)]
        if usable:
            dx, dy, angle = (
                float(np.median([getattr(measurement, name) for measurement in usable]))
                for name in ("dx", "dy", "rotation")
            )
            for member in members:
                turns[member.root] = angle + plane_turn(dx, dy, *references[member.root])
    return turns
