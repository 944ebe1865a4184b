"""The two estimates of each exposure's shift: what tweakreg did to it, and its offset histogram."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from miri_widgets.core.shifts.measurements import Measurement, Overlap, Status
from miri_widgets.core.shifts.offset_histogram import Offset, offset_histogram
from miri_widgets.core.shifts.star_overlaps import LEAST_SIGNIFICANCE
from miri_widgets.core.shifts.star_positions import StarPositions
from miri_widgets.products.tables.reference_catalogs import ReferenceCatalog
from miri_widgets.steps.shifted_wcs import plane_turn
from miri_widgets.steps.tweakreg_shifts import TweakregResult

__all__ = ["catalog_estimate", "group_estimate", "group_turns", "tweakreg_estimate"]


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
    offset = offset_histogram(
        stars.ra, stars.dec, table.ra, table.dec, search_radius=radius, fit_rotation=True, centre=centre
    )
    good = offset.significance >= LEAST_SIGNIFICANCE
    return Measurement(
        stars.root,
        group,
        dx=offset.dx,
        dy=offset.dy,
        sigma=offset.sigma,
        matches=round(offset.matches),
        rms=offset.rms,
        status=Status.MEASURED if good else Status.FAILED,
        significance=offset.significance,
        rotation=offset.rotation - plane_turn(offset.dx, offset.dy, *centre) if good else math.nan,
        rotation_err=offset.rotation_sigma,
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
