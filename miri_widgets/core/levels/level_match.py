"""Match the levels of overlapping tiles: a constant for each, or a plane where there is one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from miri_widgets.core.exposure_arrays import CorrectionResult, ExposureArrays, Lazy
from miri_widgets.core.levels.cell_measurements import Measurements, components_of
from miri_widgets.core.levels.groups import GROUPS, Sets, group_exposures
from miri_widgets.core.levels.level_facts import PATTERN, level_facts, pattern_rms, step_rms, warnings_of
from miri_widgets.core.levels.plane_selection import significant_slopes, solve_with_shapes
from miri_widgets.core.levels.solution import LevelSolution
from miri_widgets.core.sky.cells import Grid, detector_coordinates, sky_cells
from miri_widgets.errors import ParameterError

__all__ = ["MODELS", "REFERENCES", "match_levels"]

MODELS = ("constant", "plane")
REFERENCES = ("mean", "lowest")


def match_levels(
    exposures: Sequence[ExposureArrays],
    *,
    model: str = "constant",
    group: str | Callable[[str], str] = "tile",
    reference: str = "mean",
    box: int = 16,
    min_cells: int = 10,
    plane_sigma: float = 5.0,
    own_shapes: bool = True,
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
    own_shapes : bool
        Where tiles show planes, or a pattern of the detector is left, take in the level and slope of each tile's own dark
        sky, as far as the sky in the tiles is even, and fit that pattern. False: overlaps alone, as before version 4.

    Returns
    -------
    CorrectionResult
        Exposures, each made when asked for. Fact ``level_match`` of each: ``group``, ``component``, ``level``
        subtracted and ``level_err``, ``plane`` (change over 512 pixels along x and y). Common facts: ``groups``,
        ``components`` (groups in each), ``cells`` compared, ``step_rms`` of the levels found, ``left_rms`` of cells
        after the correction, ``plane_groups``, ``planes_seen`` (groups that show a plane where constants were asked for),
        ``plane_misfit`` (rms of what these planes do to the levels), ``own_shapes`` (whether the tiles' own levels count),
        and ``pattern_rms``, what left-overs have in common on the detector.

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

    Constants are not believed before planes are tested. Overlaps lie at edges, where planes and a pattern of the detector
    are largest, and a slope that all tiles share looks like levels that rise from tile to tile. So, where all tiles that
    hang together show planes or where what is left has a pattern, planes, that pattern and the levels are fitted together,
    and each tile's dark sky (`miri_widgets.core.levels.tile_shapes`) counts beside the overlaps, by how even the sky in the
    tiles is. With the model "constant" the planes stay in the image: their mean square is added to the variance, and they
    are said. Without `own_shapes`, constants fit the overlaps, and the square of what planes would change a level by is
    added to its variance.

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
    every, measurements = measurements, measurements.apart(components)
    solution = significant_slopes(measurements, sets, components, model == "plane", plane_sigma)
    result = _Result.of(sets.groups, components, solution, reference)
    tilted = (
        significant_slopes(measurements, sets, components, True, plane_sigma)
        if model == "constant"
        else solution
    )
    pattern = pattern_rms(measurements, solution)
    errors = result.errors
    tilts: dict[str, Any] = {"planes_seen": [], "plane_misfit": 0.0, "own_shapes": False}
    step = step_rms(result.values[:, 0], sets, components)
    tilts["pattern_left"] = bool(pattern > min(PATTERN * step, errors.max(initial=0.0)) > 0)
    undecided = pattern > 0 or tilted.all_tilted(sets.groups, components)
    if own_shapes and undecided and np.unique(components).size < len(sets.names):
        tilted = solve_with_shapes(every, measurements, sets, components, tilted, pattern, plane_sigma)
        tilts["own_shapes"] = True
    if model == "constant":
        other = _Result.of(sets.groups, components, tilted, reference)
        result, more = result.with_misfit(other, sets.names, believe=tilts["own_shapes"])
        tilts |= more
    elif tilts["own_shapes"]:
        solution = tilted.with_common_slope(sets.groups, components)
        result = _Result.of(sets.groups, components, solution, reference)
    facts = (
        tilts
        | level_facts(sets, components, measurements, solution, result.values, result.errors, model)
        | {"pattern_rms": pattern}
    )
    correct = partial(
        _corrected,
        exposures=exposures,
        sets=sets,
        components=components,
        result=result,
        note=f"{model} by {'own groups' if callable(group) else group}",
    )
    return CorrectionResult(Lazy(len(exposures), correct), facts, {}, warnings_of(facts, sets, components))


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


@dataclass(frozen=True, eq=False)
class _Result:
    """What is subtracted from each group: level and slopes, shape (ngroup, 3); covariances, (ngroup, 3, 3); mean squares left in, (ngroup,)."""

    values: NDArray[np.float64]
    covariance: NDArray[np.float64]
    left: NDArray[np.float64]

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
        return cls(values, covariances, np.zeros(count))

    @property
    def errors(self) -> NDArray[np.float64]:
        """Standard deviations of the levels, shape (ngroup,)."""
        return np.sqrt(np.maximum(self.covariance[:, 0, 0], 0))

    def with_misfit(
        self, other: _Result, names: Sequence[str], *, believe: bool
    ) -> tuple[_Result, dict[str, Any]]:
        """
        Add to the variance of each level what planes would change it by.

        Parameters
        ----------
        other : _Result
            The same groups with planes; without any, nothing changes.
        names : sequence of str
            Names of the groups.
        believe : bool
            Take the levels of `other`, and leave its planes in, which ERR then holds; else keep these, and add the change
            to their variance.

        Returns
        -------
        _Result, dict
            And facts: which groups show planes, and the rms of the change.
        """
        seen = [name for name, row in zip(names, other.values, strict=True) if row[1:].any()]
        moved = self.values[:, 0] - other.values[:, 0]
        misfit = float(np.sqrt(np.mean(moved**2))) if moved.size else 0.0
        if believe:
            values, covariance = np.zeros_like(self.values), np.zeros_like(self.covariance)
            values[:, 0], covariance[:, 0, 0] = other.values[:, 0], other.covariance[:, 0, 0]
            # a plane over the field, from -1 to 1
            left = (other.values[:, 1:] ** 2).sum(axis=1) / 3
            return _Result(values, covariance, left), {"planes_seen": seen, "plane_misfit": misfit}
        if not seen:
            return self, {"planes_seen": [], "plane_misfit": 0.0}
        covariance = self.covariance.copy()
        covariance[:, 0, 0] += moved**2 + np.maximum(other.covariance[:, 0, 0], 0)
        return _Result(self.values, covariance, self.left), {"planes_seen": seen, "plane_misfit": misfit}

    def image(self, group: int, exposure: ExposureArrays) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return what is subtracted from an exposure and its variance; shapes that broadcast to (ny, nx)."""
        (level, a, b), c = self.values[group], self.covariance[group]
        if a == 0 and b == 0:
            return np.array(level), np.array(c[0, 0] + self.left[group])
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


def _require_known(name: str, value: str, known: Sequence[str]) -> None:
    if value not in known:
        raise ParameterError(f"{name} = {value!r}", "one of " + ", ".join(known), "choose one of them")
