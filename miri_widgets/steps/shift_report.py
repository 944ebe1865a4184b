"""The report of the step of shifts, as plain values: for tables, charts and the record of a run."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from miri_widgets.core.shifts.choices import TrustedShift
from miri_widgets.core.shifts.judgement import ShiftRun
from miri_widgets.core.shifts.matches import match_pairs
from miri_widgets.core.shifts.measurements import Measurement
from miri_widgets.core.shifts.offset_histogram import Offset, offset_histogram
from miri_widgets.core.shifts.star_positions import StarPositions
from miri_widgets.core.tangent_plane import from_plane, rotation_matrix, to_plane
from miri_widgets.products.exposure import Exposure
from miri_widgets.products.tables.exposure_shifts import ExposureShift
from miri_widgets.steps.measure_shifts import MeasuredField
from miri_widgets.steps.shifted_wcs import moved_in_plane

__all__ = ["shift_report"]

_BINS = 40
"""Bins of a histogram along an axis, at most: a picture, not a measurement."""
_PER_EXPOSURE, _ALL = 15, 400
"""Stars in the table of matches, the brightest first: enough to see a pattern, few enough for a record."""
_RADIUS = 0.15
_COLUMNS = ("root", "other", "x", "y", "ra", "dec", "dx_before", "dy_before", "dx", "dy")
_DECIMALS = {"x": 2, "y": 2, "ra": 8, "dec": 8}


def shift_report(run: ShiftRun, field: MeasuredField, warnings: Sequence[str]) -> dict[str, Any]:
    """
    Return all that a panel shows of measured shifts.

    Parameters
    ----------
    run : ShiftRun
        Solution, verdicts and choices.
    field : MeasuredField
        What was measured, and the stars.
    warnings : sequence of str
        Sentences.

    Returns
    -------
    dict
        ``filter``, ``catalog``, ``reference``, ``gauge``, ``warnings``, ``notes``, ``groups`` (a list), ``exposures``
        (by root), ``overlaps`` (a list), ``histograms`` (by group) and ``matches`` (lists by column). Lengths in
        arcsec, angles in degrees; what is not known is None.
    """
    trusted = {root: shift for shift in run.shifts for root in shift.group.roots}
    matches = _matches(field, trusted)
    return {
        "filter": field.shifts.filter,
        "catalog": field.shifts.catalog,
        "reference": field.shifts.reference,
        "gauge": run.solution.gauge,
        "warnings": list(warnings),
        "notes": list(run.solution.notes),
        "groups": [_group(shift, run, field) for shift in run.shifts],
        "exposures": {
            exposure.root: _exposure(exposure, header, run)
            for exposure, header in zip(field.shifts.exposures, field.exposures, strict=True)
        },
        "overlaps": _overlaps(run, field, trusted),
        "histograms": _histograms(field),
        "matches": matches,
    }


def _group(shift: TrustedShift, run: ShiftRun, field: MeasuredField) -> dict[str, Any]:
    name = shift.group.name
    solved = run.solution.shifts.get(name)
    weights = run.solution.weights
    used = [part for part in run.measurements if part.group == name and weights.get(part.root)]
    apart = [
        part.disagreement for part in field.shifts.exposures if part.group == name and weights.get(part.root)
    ]
    headers = [header for header in field.exposures if header.root in shift.group.roots]
    plain = run.plain.get(name)
    return {
        "group": name,
        "observation": shift.group.observation,
        "visit": shift.group.visit,
        "guide_star": shift.group.guide_star,
        "filter": shift.filter,
        "mjd": _plain(shift.group.mjd),
        "ra": _mean([header.ra for header in headers]),
        "dec": _mean([header.dec for header in headers]),
        **{key: _plain(getattr(shift, key)) for key in ("dx", "dy", "dx_err", "dy_err", "corr", "rotation")},
        "verdict": str(shift.verdict),
        "reason": shift.reason,
        "source": shift.source,
        "exposures": shift.exposures,
        "used": shift.used,
        "overlaps": solved.overlaps if solved else 0,
        "tied": bool(solved and solved.tied),
        "matches": _median([part.matches for part in used]),
        "significance": _median([part.significance for part in used]),
        "rms": _median([part.rms for part in used]),
        "disagreement": _median(apart),
        "measured_dx": _plain(solved.dx) if solved else None,
        "measured_dy": _plain(solved.dy) if solved else None,
        "plain_dx": _plain(plain[0]) if plain else None,
        "plain_dy": _plain(plain[1]) if plain else None,
        "roots": list(shift.group.roots),
    }


def _exposure(shift: ExposureShift, header: Exposure, run: ShiftRun) -> dict[str, Any]:
    solved = run.solution.shifts.get(shift.group)
    return {
        "group": shift.group,
        "filter": header.filter,
        "mjd": _plain(header.start_mjd),
        "ra": _plain(header.ra),
        "dec": _plain(header.dec),
        "s_region": header.s_region,
        "stars": shift.stars,
        "tweakreg": _estimate(shift.tweakreg),
        "histogram": _estimate(shift.histogram),
        "disagreement": _plain(shift.disagreement),
        "fitted": shift.used,
        "cal_step": shift.cal_step,
        "weight": _plain(run.solution.weights.get(shift.root, 0.0)),
        "left_out": dict(solved.left_out).get(shift.root, "") if solved else "",
    }


def _estimate(measurement: Measurement) -> dict[str, Any]:
    numbers = ("dx", "dy", "sigma", "rms", "significance", "rotation")
    values = {name: _plain(getattr(measurement, name)) for name in numbers}
    return {
        **values,
        "matches": measurement.matches,
        "status": str(measurement.status),
        "relative": measurement.relative,
    }


def _overlaps(
    run: ShiftRun, field: MeasuredField, trusted: Mapping[str, TrustedShift]
) -> list[dict[str, Any]]:
    rejected = {(overlap.root_a, overlap.root_b) for overlap in run.solution.rejected}
    return [
        {
            "a": overlap.root_a,
            "b": overlap.root_b,
            "group_a": trusted[overlap.root_a].group.name,
            "group_b": trusted[overlap.root_b].group.name,
            "dx": _plain(overlap.dx),
            "dy": _plain(overlap.dy),
            "sigma": _plain(overlap.sigma),
            "n": overlap.n,
            # an overlap measures the shift of a minus that of b
            "residual_dx": _plain(overlap.dx - trusted[overlap.root_a].dx + trusted[overlap.root_b].dx),
            "residual_dy": _plain(overlap.dy - trusted[overlap.root_a].dy + trusted[overlap.root_b].dy),
            "rejected": (overlap.root_a, overlap.root_b) in rejected,
        }
        for overlap in field.shifts.overlaps
    ]


def _histograms(field: MeasuredField) -> dict[str, Any]:
    """Return the offset histogram of each group: of its best exposure, to the catalogue or to another group."""
    owner = {exposure.root: exposure.group for exposure in field.shifts.exposures}
    best: dict[str, tuple[Offset, list[str]]] = {}

    def consider(group: str, offset: Offset, of: list[str]) -> None:
        if group not in best or offset.significance > best[group][0].significance:
            best[group] = offset, of

    if field.catalog is None:
        for (a, b), offset in sorted(field.offsets.items()):
            consider(owner[a], offset, [a, b])
            consider(owner[b], offset, [a, b])
    else:
        for group in sorted(set(owner.values())):
            stars = max((star for star in field.stars if owner[star.root] == group), key=len)
            there = field.catalog
            offset = offset_histogram(
                stars.ra, stars.dec, there.ra, there.dec, search_radius=field.search_radius
            )
            consider(group, offset, [stars.root, field.catalog.name])
    return {group: _histogram(offset, of) for group, (offset, of) in best.items()}


def _histogram(offset: Offset, of: list[str]) -> dict[str, Any]:
    factor = math.ceil(len(offset.histogram) / _BINS)
    count = len(offset.histogram) // factor
    kept = offset.histogram[: count * factor, : count * factor]
    counts = kept.reshape(count, factor, count, factor).sum(axis=(1, 3))
    return {
        "of": of,
        "dx": _plain(offset.dx),
        "dy": _plain(offset.dy),
        "significance": _plain(offset.significance),
        "counts": counts.tolist(),
        "edges": [round(float(edge), 4) for edge in offset.edges[: count * factor + 1 : factor]],
    }


def _matches(field: MeasuredField, trusted: Mapping[str, TrustedShift]) -> dict[str, list[Any]]:
    """Return stars with their residuals before and after: to the catalogue, or to the exposures of other groups."""
    after = {
        stars.root: _corrected(stars, trusted[stars.root], header)
        for stars, header in zip(field.stars, field.exposures, strict=True)
    }
    by_root = {star.root: star for star in field.stars}
    rows: list[tuple[Any, ...]] = []
    if field.catalog is not None:
        there = np.column_stack([field.catalog.ra, field.catalog.dec])
        for root, stars in by_root.items():
            rows += _rows(stars, after[root], "", there, there, _PER_EXPOSURE)
    else:
        for overlap in field.shifts.overlaps:
            a, b = by_root[overlap.root_a], by_root[overlap.root_b]
            before = np.column_stack([b.ra, b.dec])
            rows += _rows(a, after[a.root], b.root, before, after[b.root], _PER_EXPOSURE)
    if len(rows) > _ALL:  # evenly, so that every exposure is seen
        rows = [rows[int(index)] for index in np.linspace(0, len(rows) - 1, _ALL)]
    return {name: [row[index] for row in rows] for index, name in enumerate(_COLUMNS)}


def _rows(
    stars: StarPositions,
    after: NDArray[np.float64],
    other: str,
    before_b: NDArray[np.float64],
    after_b: NDArray[np.float64],
    most: int,
) -> list[tuple[Any, ...]]:
    pairs = match_pairs(*after.T, *after_b.T, radius=_RADIUS)
    rows = []
    # the brightest come first in lists of stars
    for index in np.argsort(pairs.index_a)[:most]:
        a, b = pairs.index_a[index], pairs.index_b[index]
        ra, dec = stars.ra[a], stars.dec[a]
        dx = ((before_b[b, 0] - ra + 180) % 360 - 180) * math.cos(math.radians(dec)) * 3600
        dy = (before_b[b, 1] - dec) * 3600
        values = (stars.x[a], stars.y[a], ra, dec, dx, dy, pairs.dx[index], pairs.dy[index])
        numbers = zip(_COLUMNS[2:], values, strict=True)
        rows.append(
            (stars.root, other, *(round(float(value), _DECIMALS.get(name, 4)) for name, value in numbers))
        )
    return rows


def _corrected(stars: StarPositions, shift: TrustedShift, header: Exposure) -> NDArray[np.float64]:
    """Return the positions (RA, Dec) of stars after their exposure was shifted, shape (n, 2)."""
    if not shift.known:
        return np.column_stack((stars.ra, stars.dec))
    centre = (header.ra, header.dec)
    move, turn = moved_in_plane(shift.dx, shift.dy, shift.rotation, *centre)
    positions = np.column_stack(to_plane(stars.ra, stars.dec, centre)) @ rotation_matrix(turn).T + np.array(
        move
    )
    return np.column_stack(from_plane(positions[:, 0], positions[:, 1], centre))


def _plain(value: float | None) -> float | None:
    return float(value) if value is not None and math.isfinite(value) else None


def _mean(values: Sequence[float]) -> float | None:
    return _plain(float(np.mean(values))) if values else None


def _median(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None and math.isfinite(value)]
    return float(np.median(known)) if known else None
