"""Match the levels of overlapping tiles: a constant for each, or a plane where there is one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from miri_widgets.core.exposure_arrays import CorrectionResult, ExposureArrays, Lazy
from miri_widgets.core.levels.exposure_level import robust_sigma
from miri_widgets.core.levels.groups import GROUPS, Sets, group_exposures
from miri_widgets.core.levels.solution import LevelSolution, Measurements, components_of, solve
from miri_widgets.core.sky.cells import HALF_FIELD, Grid, detector_coordinates, sky_cells
from miri_widgets.errors import ParameterError

__all__ = ["MODELS", "REFERENCES", "match_levels"]

MODELS = ("constant", "plane")
REFERENCES = ("mean", "lowest")

_PATTERN, _FIELD = 0.1, 32
_WORTH = 0.5
"""Least change by a plane from the centre to the edge of the field, in units of the scatter of cells."""


def match_levels(
    exposures: Sequence[ExposureArrays],
    *,
    model: str = "constant",
    group: str | Callable[[str], str] = "tile",
    reference: str = "mean",
    box: int = 16,
    min_cells: int = 10,
    plane_sigma: float = 5.0,
) -> CorrectionResult:
    """
    Bring overlapping exposures to one level, measured where they see the same sky.

    Parameters
    ----------
    exposures : sequence of ExposureArrays
        Exposures of one filter, with sky positions. Not modified; each is asked for twice, one at a time, and again
        when its result is.
    model : str
        "constant": one number for each group. "plane": also a tilted plane, for groups that have one.
    group : str or callable
        What shares one correction: "tile" (exposures of one visit that point near each other), "exposure", or a
        function from an exposure's root to the name of its group.
    reference : str
        "mean": the mean correction of the groups is zero. "lowest": all come down to the lowest group.
    box : int
        Side of the cells of sky that are compared, pixels.
    min_cells : int
        Exposures hang together when they share so many cells.
    plane_sigma : float
        A group has a plane when its slopes differ from zero by so many standard deviations.

    Returns
    -------
    CorrectionResult
        Exposures, each made when asked for. Fact ``level_match`` of each: ``group``, ``component``, ``level``
        subtracted and ``level_err``, ``plane`` (change over 512 pixels along x and y). Common facts: ``groups``,
        ``components`` (groups in each), ``cells`` compared, ``step_rms`` of the levels found, ``left_rms`` of cells
        after the correction, ``plane_groups``, ``planes_seen`` (groups that show a plane where constants were asked for),
        ``plane_misfit`` (rms of what these planes do to the levels), and ``pattern_rms``, what left-overs have in common on
        the detector.

    Raises
    ------
    InputError
        If an exposure has no sky positions.
    MixedExposuresError
        If exposures differ in filter or unit.
    ParameterError
        If a setting is out of bounds.

    Notes
    -----
    Each exposure is measured in cells of a common grid on the sky (`miri_widgets.core.sky.cells`), in the imager
    field alone: the Lyot area and the coronagraphs see another background. A cell that two exposures cover wholly
    holds the same sources in both, so that their difference is free of the scene. Levels of all exposures are solved
    together with the sky of each cell (`miri_widgets.core.levels.solution`), and averaged over each group.

    A plane is not invented: all groups begin with one, and the least significant ones are dropped until all that are
    left are significant, and larger than half of the scatter of the cells. A plane that all groups have in common
    cannot be told from the sky, and stays; where all groups of a component have planes, this is said.

    Constants are not believed before planes are tested: where groups show planes, the levels that the planes would give
    differ from the constants by what the planes do in the overlaps. The square of this misfit is added to the variance of the
    level, and said.

    Groups that overlap no other are left as they are, and reported. The variance of the correction is added to that
    of ERR and of the read noise; its errors are the same all over an exposure.

    A pattern fixed to the detector is taken for a step where tiles overlap with opposite edges: subtract the sky image
    first.

    References
    ----------
    Same aim as skymatch of the official pipeline, which compares whole outlines, the Lyot area included, and knows
    constants only; planes between tiles as in the reductions of mosaics of nearby galaxies.
    """
    _require_known("model", model, MODELS)
    if not callable(group):
        _require_known("group", group, GROUPS)
    _require_known("reference", reference, REFERENCES)
    sets = group_exposures(exposures, group)
    measurements = _measured(exposures, sets, box)
    components = components_of(measurements, sets.groups, min_cells)
    measurements = measurements.apart(components)
    solution = _solved(measurements, sets, components, model == "plane", plane_sigma)
    result = _Result.of(sets.groups, components, solution, reference)
    tilts: dict[str, Any] = {"planes_seen": [], "plane_misfit": 0.0}
    if model == "constant":
        tilted = _solved(measurements, sets, components, True, plane_sigma)
        other = _Result.of(sets.groups, components, tilted, reference)
        result, tilts = result.with_misfit(other, sets.names)
    facts = tilts | _facts(sets, components, measurements, solution, result, model)
    correct = partial(
        _corrected,
        exposures=exposures,
        sets=sets,
        components=components,
        result=result,
        note=f"{model} by {'own groups' if callable(group) else group}",
    )
    return CorrectionResult(Lazy(len(exposures), correct), facts, {}, _warnings(facts, sets, components))


def _measured(exposures: Sequence[ExposureArrays], sets: Sets, box: int) -> Measurements:
    """Cells of all exposures, in the order of time."""
    parts = [sky_cells(exposures[index], sets.grid(box)) for index in sets.order]
    if not parts:
        return Measurements(*(np.zeros(0, np.int64),) * 3, *(np.zeros(0),) * 4)
    numbers = np.repeat(np.arange(len(parts)), [part.key.size for part in parts])
    key, value, err, u, v = (
        np.concatenate([getattr(part, name) for part in parts]) for name in ("key", "value", "err", "u", "v")
    )
    # differences alone matter, and keep their digits
    level = float(np.median(value)) if value.size else 0.0
    cell = np.unique(key, return_inverse=True)[1]
    return Measurements(cell, numbers, Grid.blocks(key), value - level, err, u, v)


def _solved(
    measurements: Measurements, sets: Sets, components: NDArray[np.integer], with_slopes: bool, least: float
) -> LevelSolution:
    """Solve, and drop planes until all that are left are significant."""
    groups = sets.groups
    own = [np.unique(groups[components == component]) for component in np.unique(components)]
    tilted = np.zeros(len(sets.names), bool)
    for several in own:
        tilted[several] = with_slopes and several.size > 1
    while True:
        solution = solve(measurements, groups, components, tilted, sets.axes)
        slopes = solution.slopes.copy()
        for several in own:
            if tilted[several].all():
                slopes[several] = _beside_the_usual(slopes[several], sets.axes[several])
        used = np.flatnonzero(tilted)
        smallest = _WORTH * robust_sigma(solution.residual, 0.0)
        sizes = np.array(
            [
                solution.significance(int(component), slopes[component])
                * (np.abs(slopes[component]).sum() > smallest)
                for component in used
            ]
        )
        order = np.argsort(sizes, kind="stable")
        weak = used[order[sizes[order] < least]]
        if not weak.size:
            return solution
        # those that differ from the usual least go first: without them, others may well be significant
        tilted[weak[: max(1, weak.size // 2)]] = False


def _beside_the_usual(slopes: NDArray[np.float64], axes: NDArray[np.float64]) -> NDArray[np.float64]:
    """Slopes without what most groups have in common on the sky; both of shape (ngroup, 2), on the detector."""
    sky = np.linalg.solve(axes, slopes[..., np.newaxis])[..., 0]
    sky -= np.median(sky, axis=0)
    return np.asarray((axes @ sky[..., np.newaxis])[..., 0], float)


@dataclass(frozen=True, eq=False)
class _Result:
    """What is subtracted from each group: level and slopes, shape (ngroup, 3), and covariances, (ngroup, 3, 3)."""

    values: NDArray[np.float64]
    covariance: NDArray[np.float64]

    @classmethod
    def of(
        cls,
        groups: NDArray[np.integer],
        components: NDArray[np.integer],
        solution: LevelSolution,
        reference: str,
    ) -> _Result:
        """Average the levels of exposures over each group, relative to the reference of its component."""
        number = len(groups)
        count = solution.slopes.shape[0]
        every = np.concatenate([solution.levels, solution.slopes.ravel()])
        mean = np.zeros((count, every.size))
        mean[groups, np.arange(number)] = 1
        mean /= np.maximum(mean.sum(1, keepdims=True), 1)
        levels, relative = mean @ every, mean.copy()
        for component in np.unique(components):
            own = np.unique(groups[components == component])
            base = mean[own].mean(0) if reference == "mean" else mean[own[np.argmin(levels[own])]]
            relative[own] -= base
        values, covariances = np.zeros((count, 3)), np.zeros((count, 3, 3))
        for group in range(count):
            part = np.zeros((3, every.size))
            part[0] = relative[group]
            part[1, number + 2 * group] = part[2, number + 2 * group + 1] = 1
            values[group], covariances[group] = part @ every, part @ solution.covariance @ part.T
        return cls(values, covariances)

    def with_misfit(self, other: _Result, names: Sequence[str]) -> tuple[_Result, dict[str, Any]]:
        """
        Add to the variance of each level what planes would change it by.

        Parameters
        ----------
        other : _Result
            The same groups with planes; without any, nothing changes.
        names : sequence of str
            Names of the groups.

        Returns
        -------
        _Result, dict
            And facts: which groups show planes, and the rms of the change.
        """
        seen = [name for name, row in zip(names, other.values, strict=True) if row[1:].any()]
        if not seen:
            return self, {"planes_seen": [], "plane_misfit": 0.0}
        moved = self.values[:, 0] - other.values[:, 0]
        covariance = self.covariance.copy()
        covariance[:, 0, 0] += moved**2 + np.maximum(other.covariance[:, 0, 0], 0)
        misfit = float(np.sqrt(np.mean(moved**2)))
        return _Result(self.values, covariance), {"planes_seen": seen, "plane_misfit": misfit}

    def image(self, group: int, exposure: ExposureArrays) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return what is subtracted from an exposure and its variance; shapes that broadcast to (ny, nx)."""
        (level, a, b), c = self.values[group], self.covariance[group]
        if a == 0 and b == 0:
            return np.array(level), np.array(c[0, 0])
        u, v = detector_coordinates(exposure.shape, exposure.corner)
        variance = (
            c[0, 0] + 2 * (c[0, 1] * u + c[0, 2] * v + c[1, 2] * u * v) + c[1, 1] * u**2 + c[2, 2] * v**2
        )
        return level + a * u + b * v, np.maximum(variance, 0)


def _corrected(
    index: int,
    *,
    exposures: Sequence[ExposureArrays],
    sets: Sets,
    components: NDArray[np.integer],
    result: _Result,
    note: str,
) -> ExposureArrays:
    exposure, at = exposures[index], sets.order.index(index)
    group = int(sets.groups[at])
    level, slope_x, slope_y = (float(value) for value in result.values[group])
    own = {
        "group": sets.names[group],
        "component": int(components[at]),
        "level": level,
        "level_err": float(np.sqrt(max(result.covariance[group, 0, 0], 0.0))),
        "plane": [slope_x, slope_y],
    }
    text = (
        f"level {level:.5g} +- {own['level_err']:.2g} {exposure.unit} of {own['group']} subtracted ({note})"
    )
    if slope_x or slope_y:
        text += f", with {slope_x:.3g} and {slope_y:.3g} per 512 pixels along x and y"
    facts, notes = {**exposure.facts, "level_match": own}, (*exposure.notes, text)
    if not result.values[group].any():
        return exposure.replace(facts=facts, notes=notes)
    subtracted, variance = result.image(group, exposure)
    rnoise = exposure.var_rnoise
    return exposure.replace(
        sci=(exposure.sci - subtracted).astype(np.float32),
        err=np.sqrt(exposure.err.astype(np.float64) ** 2 + variance).astype(np.float32),
        var_rnoise=None if rnoise is None else (rnoise + variance).astype(np.float32),
        facts=facts,
        notes=notes,
    )


def _facts(
    sets: Sets,
    components: NDArray[np.integer],
    measurements: Measurements,
    solution: LevelSolution,
    result: _Result,
    model: str,
) -> dict[str, Any]:
    levels = result.values[:, 0]
    errors = np.sqrt(np.maximum(result.covariance[:, 0, 0], 0))
    by_component = [
        [sets.names[group] for group in np.unique(sets.groups[components == component])]
        for component in np.unique(components)
    ]
    linked = [sets.names.index(name) for names in by_component if len(names) > 1 for name in names]
    return {
        "model": model,
        "exposures": len(sets.order),
        "groups": len(sets.names),
        "components": by_component,
        "cells": measurements.cells,
        "step_rms": float(np.std(levels[linked])) if linked else 0.0,
        "level_err_max": float(errors.max()) if errors.size else 0.0,
        "left_rms": robust_sigma(solution.residual, 0.0),
        "plane_groups": [name for name, row in zip(sets.names, result.values, strict=True) if row[1:].any()],
        "pattern_rms": _pattern(measurements, solution),
    }


def _pattern(measurements: Measurements, solution: LevelSolution) -> float:
    """
    Return what the left-overs of all exposures have in common on the detector.

    Rms of their means in fields of 32 pixels, what noise makes of it taken off (at four standard deviations); a lower
    limit, since what differs little within a dither is taken for sky.
    """
    if not measurements.cell.size:
        return 0.0
    column, row = (np.floor((axis + 1) * HALF_FIELD / _FIELD) for axis in (measurements.u, measurements.v))
    number = np.unique(column * 1000 + row, return_inverse=True)[1]
    total = np.bincount(number, solution.weight)
    mean = np.bincount(number, solution.weight * solution.residual) / total
    noise = np.bincount(number, (solution.weight * solution.residual) ** 2) / total**2
    usual = np.mean(noise) * (1 + 4 * np.sqrt(2 / total.size))
    return float(np.sqrt(np.maximum(np.mean(mean**2) - usual, 0)))


def _warnings(facts: dict[str, Any], sets: Sets, components: NDArray[np.integer]) -> tuple[str, ...]:
    lines, parts = [], facts["components"]
    alone = [names[0] for names in parts if len(names) == 1]
    if len(parts) == len(sets.names):
        lines.append("No two groups of exposures share enough sky: nothing is changed.")
    elif alone:
        lines.append(f"{', '.join(alone)}: no overlap with others, left as they are.")
    linked = [names for names in parts if len(names) > 1]
    if len(linked) > 1:
        lines.append(f"{len(linked)} sets of groups do not overlap each other: each is matched by itself.")
    if facts["planes_seen"]:
        lines.append(
            f"{len(facts['planes_seen'])} groups show planes ({', '.join(facts['planes_seen'][:3])}), which constants do not take off: "
            f"levels are wrong by about {facts['plane_misfit']:.2g}, and ERR says so; choose the model plane, or find what tilts them."
        )
    degenerate = [names for names in linked if set(names) <= set(facts["plane_groups"])]
    if degenerate:
        lines.append(
            f"All {len(degenerate[0])} groups that overlap have planes: a plane that they share cannot be told from the sky, and "
            "was left in."
        )
    if facts["pattern_rms"] > min(_PATTERN * facts["step_rms"], facts["level_err_max"]) > 0:
        lines.append(
            f"What is left has a pattern fixed to the detector, {facts['pattern_rms']:.2g} rms: levels can be wrong by "
            "several times as much; subtract the sky image first."
        )
        if facts["plane_groups"]:
            lines.append(
                f"Planes were fitted to {len(facts['plane_groups'])} groups beside that pattern, which tilts overlaps as planes do: "
                "they may be worse than none; compare with the model constant."
            )
    return tuple(lines)


def _require_known(name: str, value: str, known: Sequence[str]) -> None:
    if value not in known:
        raise ParameterError(f"{name} = {value!r}", "one of " + ", ".join(known), "choose one of them")
