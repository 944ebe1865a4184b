"""Facts of a match of levels, and sentences about when not to believe it."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from miri_widgets.core.levels.cell_measurements import Measurements
from miri_widgets.core.levels.exposure_level import robust_sigma
from miri_widgets.core.levels.groups import Sets
from miri_widgets.core.levels.solution import LevelSolution
from miri_widgets.core.sky.cells import HALF_FIELD

__all__ = ["PATTERN", "level_facts", "pattern_rms", "step_rms", "warnings_of"]

PATTERN, _FIELD = 0.1, 32


def level_facts(
    sets: Sets,
    components: NDArray[np.integer],
    measurements: Measurements,
    solution: LevelSolution,
    values: NDArray[np.float64],
    errors: NDArray[np.float64],
    model: str,
) -> dict[str, Any]:
    """
    Return facts of a match.

    Parameters
    ----------
    sets : Sets
        Groups of the exposures.
    components : ndarray of int, shape (nexp,)
        Which exposures hang together.
    measurements : Measurements
        Cells that several exposures share.
    solution : LevelSolution
        Their fit.
    values : ndarray of float64, shape (ngroup, 3)
        Level and slopes that are subtracted.
    errors : ndarray of float64, shape (ngroup,)
        Of the levels.
    model : str
        "constant" or "plane".
    """
    levels = values[:, 0]
    by_component = [
        [sets.names[group] for group in np.unique(sets.groups[components == component])]
        for component in np.unique(components)
    ]
    return {
        "model": model,
        "exposures": len(sets.order),
        "groups": len(sets.names),
        "components": by_component,
        "cells": measurements.cells,
        "step_rms": step_rms(levels, sets, components),
        "level_err_max": float(errors.max()) if errors.size else 0.0,
        "left_rms": robust_sigma(solution.residual, 0.0),
        "plane_groups": [name for name, row in zip(sets.names, values, strict=True) if row[1:].any()],
    }


def step_rms(levels: NDArray[np.float64], sets: Sets, components: NDArray[np.integer]) -> float:
    """
    Return the standard deviation of the levels of groups that overlap others; 0 without any.

    Parameters
    ----------
    levels : ndarray of float64, shape (ngroup,)
        Of the groups.
    sets : Sets
        Groups of the exposures.
    components : ndarray of int, shape (nexp,)
        Which exposures hang together.
    """
    parts = [np.unique(sets.groups[components == component]) for component in np.unique(components)]
    linked = [part for part in parts if part.size > 1]
    return float(np.std(levels[np.concatenate(linked)])) if linked else 0.0


def pattern_rms(measurements: Measurements, solution: LevelSolution) -> float:
    """
    Return what the left-overs of all exposures have in common on the detector.

    Parameters
    ----------
    measurements : Measurements
        Cells that several exposures share.
    solution : LevelSolution
        Their fit.

    Notes
    -----
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


def warnings_of(facts: dict[str, Any], sets: Sets, components: NDArray[np.integer]) -> tuple[str, ...]:
    """
    Return sentences about when not to believe the levels.

    Parameters
    ----------
    facts : dict
        As of `level_facts`, with what was seen of planes and patterns.
    sets : Sets
        Groups of the exposures.
    components : ndarray of int, shape (nexp,)
        Which exposures hang together.
    """
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
        first = f"{len(facts['planes_seen'])} groups show planes ({', '.join(facts['planes_seen'][:3])}), which constants do not take off: "
        lines.append(
            first
            + (
                "levels are those in the middle of each tile, from which constants that fit the overlaps would differ by "
                f"{facts['plane_misfit']:.2g} rms, and ERR holds the planes; choose the model plane, or find what tilts them."
                if facts["own_shapes"]
                else f"levels are wrong by about {facts['plane_misfit']:.2g}, and ERR says so; choose the model plane, or find "
                "what tilts them."
            )
        )
    if facts["own_shapes"]:
        lines.append(
            "A plane that all tiles share cannot be told from the sky by overlaps: it looks like levels that rise from tile to "
            "tile. Levels rest on the dark sky of each tile as far as that is even; a gradient of the sky over the whole mosaic "
            "may be in them."
        )
    else:
        degenerate = [names for names in linked if set(names) <= set(facts["plane_groups"])]
        if degenerate:
            lines.append(
                f"All {len(degenerate[0])} groups that overlap have planes: a plane that they share cannot be told from the sky, "
                "and was left in."
            )
    if facts["pattern_left"]:
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
