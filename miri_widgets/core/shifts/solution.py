"""
One shift per group of exposures, from all measurements and all overlaps together.

The shift of a group is what must be added to positions in its exposures, (dRA cos Dec, dDec) in arcsec,
ICRS, so that they become true. `Measurement`, `Overlap`, `GroupShift` and `Solution` are values of
`miri_widgets.core.shifts.measurements`, given here too.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from miri_widgets.core.shifts.measurements import GroupShift, Measurement, Overlap, Solution, Status
from miri_widgets.core.shifts.network import Network, connect
from miri_widgets.core.shifts.robust_location import SCATTER_FLOOR, Fit, robust_fit, robust_location
from miri_widgets.core.shifts.roll_errors import roll_covariances, roll_sigmas
from miri_widgets.errors import ParameterError

__all__ = ["LEFT_OUT_BY_USER", "GroupShift", "Measurement", "Overlap", "Solution", "Status", "solve_shifts"]

_TYPICAL = 0.005
"""Arcsec; scatter of one exposure where nothing tells it: dithers on one guide star in the LMC field."""
_ENOUGH = 5
"""From so many exposures on, the scatter of a group is believed against that of all groups."""

LEFT_OUT_BY_USER = "was taken out by the user"
"""Why an exposure does not count that was excluded."""

_REASONS = {
    Status.SHARED: "carries only the shift of the whole run",
    Status.FAILED: "was not corrected",
    Status.EXCLUDED: LEFT_OUT_BY_USER,
    Status.AMBIGUOUS: "is ambiguous: another offset fits as well",
}


def solve_shifts(
    measurements: Sequence[Measurement],
    overlaps: Sequence[Overlap] = (),
    *,
    groups: Mapping[str, str] | None = None,
    reference: str | None = None,
    rotation: bool = False,
) -> Solution:
    """
    Solve one shift per group from all measurements and overlaps together.

    Parameters
    ----------
    measurements : sequence of Measurement
        Those that are not `usable` are counted and named, not used.
    overlaps : sequence of Overlap
        Within a group they say nothing about its shift and are not used.
    groups : mapping of str to str, optional
        Group of exposures that have no measurement, by exposure.
    reference : str, optional
        Group whose shift is 0 where no absolute measurement fixes the zero point; by default, in each such
        component, the group with most exposures (the first by name of several).
    rotation : bool
        Also solve one rotation per group, from measurements that have one.

    Returns
    -------
    Solution
        Independent of the order of the input, to rounding.

    Raises
    ------
    ParameterError
        If there is nothing to solve, if an overlap names an exposure of no known group, if an exposure is
        measured twice, if the reference is no group, or if a standard deviation is not above 0.

    Notes
    -----
    Robust weighted least squares (`robust_fit`). Stated errors of measurements and of overlaps
    are each enlarged by one factor when the residuals ask for it; where none is stated, the scatter within
    groups gives it. What the rolls do that nothing measures is added to the errors (`roll_covariances`): it is the same in
    all overlaps of a group, and no number of them averages it away. Dithers of one group are taken to share their shift; what they scatter is part of the
    error. Errors are relative to the zero point: that of the reference group is 0.
    """
    owners = _owners(measurements, overlaps, groups or {}, reference)
    used = [measurement for measurement in measurements if measurement.usable]
    between = [overlap for overlap in overlaps if owners[overlap.root_a] != owners[overlap.root_b]]
    network = connect(sorted(set(owners.values())), owners, used, between, reference)
    design, sigma, fit = _fit(network, owners, used, between)
    weights = {
        measurement.root: float(weight) for measurement, weight in zip(used, fit.weights, strict=False)
    }
    counts = Counter(
        owners[root]
        for overlap, counts in zip(between, fit.used[len(used) :], strict=True)
        if counts
        for root in (overlap.root_a, overlap.root_b)
    )
    measured_turns = _rotations(used, weights)
    turns = measured_turns if rotation else {}
    swings = roll_covariances(
        fit,
        design,
        sigma,
        (*used, *between),
        owners,
        roll_sigmas(network.names, turns, measured_turns, between),
        frozenset(measured_turns),
    )
    shifts = {
        name: _group_shift(name, network, fit, swings, measurements, weights, counts[name], turns.get(name))
        for name in network.names
    }
    rejected = (overlap for overlap, kept in zip(between, fit.used[len(used) :], strict=True) if not kept)
    return Solution(shifts, weights, tuple(rejected), network.gauge, network.notes)


def _owners(
    measurements: Sequence[Measurement],
    overlaps: Sequence[Overlap],
    groups: Mapping[str, str],
    reference: str | None,
) -> dict[str, str]:
    """Group by exposure; everything that could be wrong with the input is found here."""
    owners = dict(groups)
    for root, count in Counter(measurement.root for measurement in measurements).items():
        if count > 1:
            raise ParameterError(f"{root} is measured {count} times", "one shift per exposure", "keep one")
    owners |= {measurement.root: measurement.group for measurement in measurements}
    if not owners:
        raise ParameterError("no measured shifts", "one exposure or more", "measure shifts first")
    for overlap in overlaps:
        for root in (overlap.root_a, overlap.root_b):
            if root not in owners:
                raise ParameterError(
                    f"an overlap names {root}", "exposures of known groups", "give its group"
                )
        if not (math.isfinite(overlap.dx) and math.isfinite(overlap.dy)):
            raise ParameterError(
                f"the overlap of {overlap.root_a} and {overlap.root_b} has no offset",
                "finite numbers",
                "leave it out",
            )
    everything: tuple[Measurement | Overlap, ...] = (*measurements, *overlaps)
    for what in everything:
        if what.sigma <= 0 or math.isinf(what.sigma):
            name = what.root if isinstance(what, Measurement) else what.root_a
            raise ParameterError(
                f"the standard deviation of {name} is {what.sigma} arcsec", "a number above 0", "correct it"
            )
    if reference is not None and reference not in owners.values():
        raise ParameterError(
            f"there is no group {reference}",
            "one of " + ", ".join(sorted(set(owners.values()))),
            "choose one",
        )
    return owners


def _fit(
    network: Network, owners: Mapping[str, str], used: Sequence[Measurement], between: Sequence[Overlap]
) -> tuple[NDArray[np.float64], NDArray[np.float64], Fit]:
    """Rows: first the measurements, then the overlaps."""
    unknowns = len(network.columns) + (network.frame >= 0)
    rows = len(used) + len(between)
    design = np.zeros((rows, unknowns + 1))  # the last column takes what is zero by definition
    zero = unknowns
    for row, measurement in enumerate(used):
        design[row, network.columns.get(measurement.group, zero)] += 1
        if measurement.relative:
            design[row, network.frame] += 1
    for row, overlap in enumerate(between, start=len(used)):
        design[row, network.columns.get(owners[overlap.root_a], zero)] += 1
        design[row, network.columns.get(owners[overlap.root_b], zero)] -= 1
    lines: tuple[Measurement | Overlap, ...] = (*used, *between)
    values = np.array([(line.dx, line.dy) for line in lines]).reshape(rows, 2)
    sigma = np.concatenate([_measurement_sigmas(used), _overlap_sigmas(between)])
    kinds = np.repeat([0, 1], [len(used), len(between)])
    return design[:, :zero], sigma, robust_fit(design[:, :zero], values, sigma, kinds)


def _measurement_sigmas(used: Sequence[Measurement]) -> NDArray[np.float64]:
    """Stated errors; else the scatter of the group, or of all groups where it has few exposures."""
    by_group: dict[str, list[Measurement]] = {}
    for measurement in used:
        by_group.setdefault(measurement.group, []).append(measurement)
    scatter = {
        name: robust_location(
            np.array([measurement.dx for measurement in rows]),
            np.array([measurement.dy for measurement in rows]),
        ).scatter
        for name, rows in by_group.items()
        if len(rows) > 2
    }
    common = float(np.median(list(scatter.values()))) if scatter else _TYPICAL
    typical = {
        name: scatter[name] if len(rows) >= _ENOUGH else max(scatter.get(name, common), common)
        for name, rows in by_group.items()
    }
    return np.array(
        [
            math.hypot(measurement.sigma, SCATTER_FLOOR)
            if measurement.sigma > 0
            else typical[measurement.group]
            for measurement in used
        ]
    )


def _overlap_sigmas(between: Sequence[Overlap]) -> NDArray[np.float64]:
    return np.array(
        [math.hypot(overlap.sigma, SCATTER_FLOOR) if overlap.sigma > 0 else _TYPICAL for overlap in between]
    )


def _rotations(used: Sequence[Measurement], weights: Mapping[str, float]) -> dict[str, tuple[float, float]]:
    """Rotation and its error by group, degrees, from exposures whose shift counts."""
    turns = {}
    for name in {measurement.group for measurement in used}:
        rows = [
            measurement
            for measurement in used
            if measurement.group == name
            and math.isfinite(measurement.rotation)
            and weights[measurement.root] > 0
        ]
        if not rows:
            continue
        values = np.array([[measurement.rotation] for measurement in rows])
        stated = np.array(
            [measurement.rotation_err if measurement.rotation_err > 0 else math.nan for measurement in rows]
        )
        typical = np.nanmedian(stated) if np.isfinite(stated).any() else max(float(np.std(values)), 1e-4)
        fit = robust_fit(np.ones((len(rows), 1)), values, np.where(np.isfinite(stated), stated, typical))
        turns[name] = float(fit.values[0, 0]), math.sqrt(fit.covariance[0, 0] * fit.scatter[0, 0])
    return turns


def _group_shift(
    name: str,
    network: Network,
    fit: Fit,
    swings: NDArray[np.float64],
    measurements: Sequence[Measurement],
    weights: Mapping[str, float],
    overlaps: int,
    turn: tuple[float, float] | None,
) -> GroupShift:
    own = [measurement for measurement in measurements if measurement.group == name]
    left_out = []
    for measurement in own:
        if not measurement.usable:
            left_out.append((measurement.root, _REASONS.get(measurement.status, "has no finite shift")))
        elif weights[measurement.root] <= 0.1:
            left_out.append((measurement.root, "disagrees with the other exposures"))
    common = max((measurement.common_sigma for measurement in own if measurement.usable), default=0.0)
    value, err, corr = _value(name, network, fit, swings, common)
    return GroupShift(
        name, *value, *err, corr,
        exposures=len(own),
        used=len(own) - len(left_out),
        overlaps=overlaps,
        tied=name in network.tied,
        component=network.component[name],
        rotation=turn[0] if turn else math.nan,
        rotation_err=turn[1] if turn else math.nan,
        left_out=tuple(left_out),
    )  # fmt: skip


def _value(
    name: str, network: Network, fit: Fit, swings: NDArray[np.float64], common: float
) -> tuple[tuple[float, float], tuple[float, float], float]:
    """Shift, standard errors and their correlation."""
    if name in network.fixed:
        return (0.0, 0.0), (0.0, 0.0), 0.0
    if name not in network.columns:
        return (math.nan, math.nan), (math.nan, math.nan), math.nan
    column = network.columns[name]
    covariance = fit.covariance[column, column] * fit.scatter + swings[column] + common**2 * np.eye(2)
    err = np.sqrt(np.diag(covariance))
    corr = float(covariance[0, 1] / (err[0] * err[1]))
    return (float(fit.values[column, 0]), float(fit.values[column, 1])), (float(err[0]), float(err[1])), corr
