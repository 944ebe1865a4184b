"""Which groups of exposures have planes, and what levels are with them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from miri_widgets.core.levels.cell_measurements import Measurements, Pattern, Prior
from miri_widgets.core.levels.exposure_level import robust_sigma
from miri_widgets.core.levels.groups import Sets
from miri_widgets.core.levels.solution import LevelSolution, solve
from miri_widgets.core.levels.tile_shapes import pattern_boxes, tile_shapes

__all__ = ["significant_slopes", "solve_with_shapes"]

_WIDER = 4.0
"""Standard deviation of the pattern before it is fitted, over what left-overs show of it."""
_TURNS = 3
_WORTH = 0.5
"""Least change by a plane from the centre to the edge of the field, in units of the scatter of cells."""


def solve_with_shapes(
    every: Measurements,
    shared: Measurements,
    sets: Sets,
    components: NDArray[np.integer],
    tilted: LevelSolution,
    pattern_rms: float,
    least: float,
) -> LevelSolution:
    """Solve with planes, a pattern of the detector where there is one, and what tiles show by themselves; by turns.

    Parameters
    ----------
    every, shared : Measurements
        All cells, and those that several exposures of a component share.
    sets : Sets
        Groups of the exposures.
    components : ndarray of int, shape (nexp,)
        Which exposures hang together.
    tilted : LevelSolution
        Planes by overlaps alone.
    pattern_rms : float
        What left-overs have in common on the detector; 0 without a pattern.
    least : float
        Planes of fewer standard deviations are dropped.
    """
    count, every_box = len(sets.names), pattern_boxes(every)
    shapes = tile_shapes(every, sets.groups, count)
    box = np.unique(pattern_boxes(shared), return_inverse=True)[1].astype(np.int64)
    # the slope of a pattern is like the rest of it, and the planes of some tiles do not cancel
    slope = float(
        np.hypot(np.sqrt(3) * _WIDER * pattern_rms, tilted.common_slope_rms(sets.groups, components))
    )
    rms, detector = (
        _WIDER * pattern_rms,
        shapes.pattern(every_box) if pattern_rms else np.zeros(every_box.size),
    )
    for _ in range(_TURNS if pattern_rms else 1):
        shapes = tile_shapes(every, sets.groups, count, detector)
        prior = shapes.prior(sets.groups, components)
        pattern = Pattern(box, rms, slope)
        solution = significant_slopes(shared, sets, components, True, least, prior=prior, pattern=pattern)
        detector = _everywhere(solution, shared, every)
    return solution


def _everywhere(solution: LevelSolution, shared: Measurements, every: Measurements) -> NDArray[np.float64]:
    """Pattern of the detector without its slope in all cells; 0 in boxes where no shared cell lies."""
    flat = solution.pattern - shared.u * solution.slope[0] - shared.v * solution.slope[1]
    known, first = np.unique(pattern_boxes(shared), return_index=True)
    boxes = pattern_boxes(every)
    nearest = np.minimum(np.searchsorted(known, boxes), known.size - 1)
    return np.where(known[nearest] == boxes, flat[first][nearest], 0.0)


def significant_slopes(
    measurements: Measurements,
    sets: Sets,
    components: NDArray[np.integer],
    with_slopes: bool,
    least: float,
    *,
    prior: Prior | None = None,
    pattern: Pattern | None = None,
) -> LevelSolution:
    """
    Solve, and drop planes until all that are left are significant.

    Parameters
    ----------
    measurements : Measurements
        Cells that several exposures share.
    sets : Sets
        Groups of the exposures.
    components : ndarray of int, shape (nexp,)
        Which exposures hang together.
    with_slopes : bool
        Whether groups may have planes.
    least : float
        Planes of fewer standard deviations are dropped.
    prior : Prior, optional
        What else is known of levels and slopes.
    pattern : Pattern, optional
        Fit a pattern of the detector beside them.
    """
    groups = sets.groups
    own = [np.unique(groups[components == component]) for component in np.unique(components)]
    tilted = np.zeros(len(sets.names), bool)
    for several in own:
        tilted[several] = with_slopes and several.size > 1
    while True:
        solution = solve(measurements, groups, components, tilted, sets.axes, prior=prior, pattern=pattern)
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
