"""What the step of shifts tells of itself, as plain values: for tables, charts and the record of a run."""

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
    trusted = {root: one for one in run.shifts for root in one.group.roots}
    matches = _matches(field, trusted)
    return {
        "filter": field.shifts.filter,
        "catalog": field.shifts.catalog,
        "reference": field.shifts.reference,
        "gauge": run.solution.gauge,
        "warnings": list(warnings),
        "notes": list(run.solution.notes),
        "groups": [_group(one, run, field) for one in run.shifts],
        "exposures": {
            one.root: _exposure(one, header, run)
            for one, header in zip(field.shifts.exposures, field.exposures, strict=True)
        },
        "overlaps": _overlaps(run, field, trusted),
        "histograms": _histograms(field),
        "matches": matches,
    }


def _group(one: TrustedShift, run: ShiftRun, field: MeasuredField) -> dict[str, Any]:
    name = one.group.name
    solved = run.solution.shifts.get(name)
    weights = run.solution.weights
    used = [part for part in run.measurements if part.group == name and weights.get(part.root)]
    apart = [
        part.disagreement for part in field.shifts.exposures if part.group == name and weights.get(part.root)
    ]
    headers = [header for header in field.exposures if header.root in one.group.roots]
    plain = run.plain.get(name)
    return {
        "group": name,
        "observation": one.group.observation,
        "visit": one.group.visit,
        "guide_star": one.group.guide_star,
        "filter": one.filter,
        "mjd": _plain(one.group.mjd),
        "ra": _mean([header.ra for header in headers]),
        "dec": _mean([header.dec for header in headers]),
        **{key: _plain(getattr(one, key)) for key in ("dx", "dy", "dx_err", "dy_err", "corr", "rotation")},
        "verdict": str(one.verdict),
        "reason": one.reason,
        "source": one.source,
        "exposures": one.exposures,
        "used": one.used,
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
        "roots": list(one.group.roots),
    }


def _exposure(one: ExposureShift, header: Exposure, run: ShiftRun) -> dict[str, Any]:
    solved = run.solution.shifts.get(one.group)
    return {
        "group": one.group,
        "filter": header.filter,
        "mjd": _plain(header.start_mjd),
        "ra": _plain(header.ra),
        "dec": _plain(header.dec),
        "s_region": header.s_region,
        "stars": one.stars,
        "tweakreg": _estimate(one.tweakreg),
        "histogram": _estimate(one.histogram),
        "disagreement": _plain(one.disagreement),
        "fitted": one.used,
        "cal_step": one.cal_step,
        "weight": _plain(run.solution.weights.get(one.root, 0.0)),
        "left_out": dict(solved.left_out).get(one.root, "") if solved else "",
    }


def _estimate(one: Measurement) -> dict[str, Any]:
    numbers = ("dx", "dy", "sigma", "rms", "significance", "rotation")
    values = {name: _plain(getattr(one, name)) for name in numbers}
    return {**values, "matches": one.matches, "status": str(one.status), "relative": one.relative}


def _overlaps(
    run: ShiftRun, field: MeasuredField, trusted: Mapping[str, TrustedShift]
) -> list[dict[str, Any]]:
    rejected = {(one.root_a, one.root_b) for one in run.solution.rejected}
    return [
        {
            "a": one.root_a,
            "b": one.root_b,
            "group_a": trusted[one.root_a].group.name,
            "group_b": trusted[one.root_b].group.name,
            "dx": _plain(one.dx),
            "dy": _plain(one.dy),
            "sigma": _plain(one.sigma),
            "n": one.n,
            # an overlap measures the shift of a minus that of b
            "residual_dx": _plain(one.dx - trusted[one.root_a].dx + trusted[one.root_b].dx),
            "residual_dy": _plain(one.dy - trusted[one.root_a].dy + trusted[one.root_b].dy),
            "rejected": (one.root_a, one.root_b) in rejected,
        }
        for one in field.shifts.overlaps
    ]


def _histograms(field: MeasuredField) -> dict[str, Any]:
    """Return the offset histogram of each group: of its best exposure, to the catalogue or to another group."""
    owner = {one.root: one.group for one in field.shifts.exposures}
    best: dict[str, tuple[Offset, list[str]]] = {}

    def offer(group: str, offset: Offset, of: list[str]) -> None:
        if group not in best or offset.significance > best[group][0].significance:
            best[group] = offset, of

    if field.catalog is None:
        for (a, b), offset in sorted(field.offsets.items()):
            offer(owner[a], offset, [a, b])
            offer(owner[b], offset, [a, b])
    else:
        for group in sorted(set(owner.values())):
            stars = max((one for one in field.stars if owner[one.root] == group), key=len)
            there = field.catalog
            offset = offset_histogram(
                stars.ra, stars.dec, there.ra, there.dec, search_radius=field.search_radius
            )
            offer(group, offset, [stars.root, field.catalog.name])
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
        "edges": [round(float(one), 4) for one in offset.edges[: count * factor + 1 : factor]],
    }


def _matches(field: MeasuredField, trusted: Mapping[str, TrustedShift]) -> dict[str, list[Any]]:
    """Return stars with their residuals before and after: to the catalogue, or to the exposures of other groups."""
    after = {
        stars.root: _corrected(stars, trusted[stars.root], header)
        for stars, header in zip(field.stars, field.exposures, strict=True)
    }
    by_root = {one.root: one for one in field.stars}
    rows: list[tuple[Any, ...]] = []
    if field.catalog is not None:
        there = np.column_stack([field.catalog.ra, field.catalog.dec])
        for root, stars in by_root.items():
            rows += _rows(stars, after[root], "", there, there, _PER_EXPOSURE)
    else:
        for one in field.shifts.overlaps:
            a, b = by_root[one.root_a], by_root[one.root_b]
            before = np.column_stack([b.ra, b.dec])
            rows += _rows(a, after[a.root], b.root, before, after[b.root], _PER_EXPOSURE)
    if len(rows) > _ALL:  # evenly, so that every exposure is seen
        rows = [rows[int(place)] for place in np.linspace(0, len(rows) - 1, _ALL)]
    return {name: [row[place] for row in rows] for place, name in enumerate(_COLUMNS)}


def _rows(
    stars: StarPositions,
    after: NDArray[np.float64],
    other: str,
    before_b: NDArray[np.float64],
    after_b: NDArray[np.float64],
    most: int,
) -> list[tuple[Any, ...]]:
    found = match_pairs(*after.T, *after_b.T, radius=_RADIUS)
    rows = []
    # the brightest come first in lists of stars
    for place in np.argsort(found.index_a)[:most]:
        a, b = found.index_a[place], found.index_b[place]
        ra, dec = stars.ra[a], stars.dec[a]
        dx = ((before_b[b, 0] - ra + 180) % 360 - 180) * math.cos(math.radians(dec)) * 3600
        dy = (before_b[b, 1] - dec) * 3600
        values = (stars.x[a], stars.y[a], ra, dec, dx, dy, found.dx[place], found.dy[place])
        numbers = zip(_COLUMNS[2:], values, strict=True)
        rows.append(
            (stars.root, other, *(round(float(one), _DECIMALS.get(name, 4)) for name, one in numbers))
        )
    return rows


def _corrected(stars: StarPositions, shift: TrustedShift, header: Exposure) -> NDArray[np.float64]:
    """Return the positions (RA, Dec) of stars after their exposure was shifted, shape (n, 2)."""
    if not shift.known:
        return np.column_stack((stars.ra, stars.dec))
    centre = (header.ra, header.dec)
    move, turn = moved_in_plane(shift.dx, shift.dy, shift.rotation, *centre)
    places = np.column_stack(to_plane(stars.ra, stars.dec, centre)) @ rotation_matrix(turn).T + np.array(move)
    return np.column_stack(from_plane(places[:, 0], places[:, 1], centre))


def _plain(value: float | None) -> float | None:
    return float(value) if value is not None and math.isfinite(value) else None


def _mean(values: Sequence[float]) -> float | None:
    return _plain(float(np.mean(values))) if values else None


def _median(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None and math.isfinite(value)]
    return float(np.median(known)) if known else None
