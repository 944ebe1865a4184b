"""Levels, and planes, that bring measurements of the same places to agreement: robust least squares."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from miri_widgets.core.levels.cell_measurements import Measurements, Pattern, Prior
from miri_widgets.core.sky.cells import HALF_FIELD

__all__ = ["LevelSolution", "solve"]

_TUKEY = 6.0
_MAXITERS, _SETTLED = 25, 0.01
_LINES = 16
_WEAK = 1e-7
"""Weight of what only decides where the measurements do not, relative to that of a measured level."""


@dataclass(frozen=True, eq=False)
class LevelSolution:
    """
    Levels of exposures and slopes of groups.

    Attributes
    ----------
    levels : ndarray of float64, shape (nexp,)
        Mean 0 in each component.
    slopes : ndarray of float64, shape (ngroup, 2)
        Along u and v; 0 for groups without a plane.
    covariance : ndarray of float64, shape (nexp + 2 ngroup, nexp + 2 ngroup)
        Of levels, and of the slopes in the order of `slopes`, flattened.
    residual : ndarray of float64, shape (n,)
        What is left of each measurement.
    weight : ndarray of float64, shape (n,)
        Final weights; almost 0 for outliers.
    pattern : ndarray of float64, shape (n,)
        Of the detector in each measurement; 0 where none was fitted.
    slope : ndarray of float64, shape (2,)
        Of that pattern, along u and v.
    """

    levels: NDArray[np.float64]
    slopes: NDArray[np.float64]
    covariance: NDArray[np.float64]
    residual: NDArray[np.float64]
    weight: NDArray[np.float64]
    pattern: NDArray[np.float64]
    slope: NDArray[np.float64]

    def all_tilted(self, groups: NDArray[np.integer], components: NDArray[np.integer]) -> bool:
        """
        Tell whether all groups of a component have planes, so that their levels depend on what these have in common.

        Parameters
        ----------
        groups, components : ndarray of int, shape (nexp,)
            Of each exposure.
        """
        return any(self._tilted(own) for own in _members(groups, components))

    def with_common_slope(
        self, groups: NDArray[np.integer], components: NDArray[np.integer]
    ) -> LevelSolution:
        """
        Return the same with the slope of the detector's pattern in the slopes where all groups of a component have one.

        Parameters
        ----------
        groups, components : ndarray of int, shape (nexp,)
            Of each exposure.
        """
        slopes = self.slopes.copy()
        for own in _members(groups, components):
            if self._tilted(own):
                slopes[own] += self.slope
        return replace(self, slopes=slopes)

    def common_slope_rms(self, groups: NDArray[np.integer], components: NDArray[np.integer]) -> float:
        """
        Return the standard deviation of the mean of planes that differ as those of the groups do; 0 without any.

        Parameters
        ----------
        groups, components : ndarray of int, shape (nexp,)
            Of each exposure.
        """
        variances = [
            float(self.slopes[own].var(axis=0, ddof=1).mean()) / own.size
            for own in _members(groups, components)
            if own.size > 1
        ]
        return float(np.sqrt(max(variances, default=0.0)))

    def _tilted(self, own: NDArray[np.integer]) -> bool:
        return own.size > 1 and bool(self.slopes[own].any(axis=1).all())

    def significance(self, group: int, slope: NDArray[np.float64]) -> float:
        """
        Return how many standard deviations of its slopes a group is from zero with slopes (2,).

        Parameters
        ----------
        group : int
            Index of the group.
        slope : ndarray
            Slopes along x and y, shape (2,), in the unit of the levels per pixel.
        """
        at = len(self.levels) + 2 * group
        spread = self.covariance[at : at + 2, at : at + 2]
        return float(np.sqrt(np.maximum(slope @ np.linalg.pinv(spread) @ slope, 0)))


def _members(groups: NDArray[np.integer], components: NDArray[np.integer]) -> list[NDArray[np.integer]]:
    """Groups of each component."""
    return [np.unique(groups[components == component]) for component in np.unique(components)]


def solve(
    measurements: Measurements,
    groups: NDArray[np.integer],
    components: NDArray[np.integer],
    tilted: NDArray[np.bool_],
    axes: NDArray[np.float64],
    *,
    prior: Prior | None = None,
    pattern: Pattern | None = None,
) -> LevelSolution:
    """
    Fit the level of each exposure, and planes of some groups, such that cells agree.

    Parameters
    ----------
    measurements : Measurements
        Cells that several exposures share.
    groups, components : ndarray of int, shape (nexp,)
        Of each exposure.
    tilted : ndarray of bool, shape (ngroup,)
        Which groups have a plane.
    axes : ndarray of float64, shape (ngroup, 2, 2)
        Which way the axes of the detector point on the sky; rows: along x and y.
    prior : Prior, optional
        What else is known of levels and slopes.
    pattern : Pattern, optional
        Fit a pattern of the detector beside them.

    Returns
    -------
    LevelSolution

    Notes
    -----
    The model is ``value = sky of the cell + level of the exposure + plane of the group``; the sky of each cell is
    free and eliminated, so that any scene cancels. Outliers lose weight by Tukey's biweight, at 6 robust standard
    deviations. The covariance is made of the scores themselves ("sandwich"), summed over the parts of the sky and over
    the rows and the columns of each exposure: it holds when the errors of the cells are wrong, and when cells err
    together, as with stripes or in a nebula.

    Where measurements leave it open, exposures of one group have one level, and levels of a component have the mean 0.
    A slope on the sky that all groups have in common cannot be told from the sky itself: where all groups of a
    component have planes, what they have in common is 0. For the same reason a pattern that rises along the detector looks
    like levels that rise from tile to tile: only a `prior` tells them apart.
    """
    design = _design(measurements, groups, tilted, pattern)
    penalty = _penalty(groups, components, tilted, axes)
    known, pulled = _known(prior, pattern, tilted, len(groups), design.shape[1])
    penalty = np.pad(penalty, (0, design.shape[1] - len(penalty)))
    base = 1.0 / measurements.err**2
    weight = base.copy()
    scale = float(np.median(base)) if base.size else 1.0
    before = np.full(design.shape[1], np.inf)
    for _ in range(_MAXITERS):
        normal, right, sky_of = _normal(measurements, design, weight)
        typical = max([scale * _WEAK, *np.sort(np.diag(normal)[: len(groups)])[len(groups) // 2 :][:1]])
        full = normal + typical * penalty + known
        answer = np.asarray(np.linalg.solve(full, right + pulled), np.float64)
        rest = measurements.value - design @ answer
        residual = rest - sky_of(rest)
        pull = np.abs(residual) * np.sqrt(base)
        spread = 1.4826 * float(np.median(pull)) if pull.size else 0.0
        # never quite 0: the sky of a cell of outliers alone must be known
        new = base * np.clip(1 - (pull / (_TUKEY * max(spread, 0.05))) ** 2, 1e-4, None) ** 2
        moved = np.abs(answer - before) * np.sqrt(np.diag(full))
        weight, before = new, answer
        if moved.max(initial=0) < _SETTLED:
            break
    inverse = np.linalg.inv(full)
    size = len(groups) + 2 * len(tilted)
    covariance = inverse @ (_meat(measurements, design, weight, residual) + known) @ inverse
    levels, slopes, rest = np.split(np.asarray(answer, np.float64), [len(groups), size])
    detector = np.asarray(design[:, size:] @ rest, np.float64)
    slope = rest[:2] if rest.size else np.zeros(2)
    return LevelSolution(
        levels, slopes.reshape(-1, 2), covariance[:size, :size], residual, weight, detector, slope
    )


def _known(
    prior: Prior | None, pattern: Pattern | None, tilted: NDArray[np.bool_], number: int, size: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Inverse covariance of all unknowns before anything is measured, and that times their expected values."""
    precision, pulled = np.zeros((size, size)), np.zeros(size)
    first = number + 2 * len(tilted)
    if prior is not None:
        flat = number + np.flatnonzero(np.repeat(~tilted, 2))
        pulled[:first] = prior.precision @ prior.centre
        precision[:first, :first] = prior.precision
        # slopes that are not used are 0, whatever is known
        precision[flat], precision[:, flat], pulled[flat] = 0, 0, 0
    if pattern is not None:
        boxes = range(first + 2, size)
        precision[boxes, boxes] = 1 / max(pattern.rms, 1e-30) ** 2
        precision[[first, first + 1], [first, first + 1]] = 1 / max(pattern.slope_rms, 1e-30) ** 2
    return precision, pulled


def _meat(
    measurements: Measurements, design: csr_array, weight: NDArray[np.float64], residual: NDArray[np.float64]
) -> NDArray[np.float64]:
    """
    Covariance of the scores.

    Notes
    -----
    Cluster-robust covariance in several ways at once (Cameron, Gelbach & Miller 2011): that of the cells, and what
    blocks, rows and columns add to it, never take from it: there may be few of them. What rows and columns add counts
    twice, since either residual of two exposures that share a cell holds half of the difference.
    """
    means = _means(measurements, design, weight)
    pull = weight * residual

    def of(number: NDArray[np.integer]) -> NDArray[np.float64]:
        gather = measurements.sums(number, pull)
        to_cell = csr_array(gather @ measurements.sums(measurements.cell, np.ones(pull.size)).T)
        scores = gather @ design - to_cell @ means
        return np.asarray((scores.T @ scores).toarray(), float)

    lines = int(2 * HALF_FIELD // _LINES) + 1
    rows, columns = (
        measurements.exposure * lines + np.floor((1 + axis) * HALF_FIELD / _LINES).astype(np.int64)
        for axis in (measurements.v, measurements.u)
    )
    cells, single = of(measurements.cell), of(np.arange(pull.size))
    together = _positive(of(measurements.block) - cells)
    together += 2 * _positive(of(rows) - single) + 2 * _positive(of(columns) - single)
    free = max(measurements.cells - np.linalg.matrix_rank(cells), 1)
    return (cells + together) * (measurements.cells / free)


def _positive(matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    """The part of a symmetric matrix with eigenvalues above zero."""
    size, vectors = np.linalg.eigh((matrix + matrix.T) / 2)
    return np.asarray((vectors * np.maximum(size, 0)) @ vectors.T, float)


def _design(
    measurements: Measurements,
    groups: NDArray[np.integer],
    tilted: NDArray[np.bool_],
    pattern: Pattern | None,
) -> csr_array:
    """Matrix from parameters to measurements."""
    number, rows = len(groups), np.arange(measurements.cell.size)
    slope = number + 2 * groups[measurements.exposure]
    used = tilted[groups[measurements.exposure]].astype(float)
    columns = np.concatenate([measurements.exposure, slope, slope + 1])
    values = np.concatenate([np.ones(rows.size), measurements.u * used, measurements.v * used])
    size = number + 2 * len(tilted)
    if pattern is not None:
        slopes = np.repeat([size, size + 1], rows.size)
        columns = np.concatenate([columns, slopes])
        values = np.concatenate([values, measurements.u, measurements.v])
        if pattern.boxes:
            columns = np.concatenate([columns, size + 2 + pattern.box])
            values = np.concatenate([values, np.ones(rows.size)])
        size += 2 + pattern.boxes
    return csr_array((values, (np.tile(rows, columns.size // max(rows.size, 1)), columns)), (rows.size, size))


def _penalty(
    groups: NDArray[np.integer],
    components: NDArray[np.integer],
    tilted: NDArray[np.bool_],
    axes: NDArray[np.float64],
) -> NDArray[np.float64]:
    """What decides where measurements do not, relative to the weight of a level."""
    number, size = len(groups), len(groups) + 2 * len(tilted)
    penalty = np.zeros((size, size))
    same = groups[:, np.newaxis] == groups
    together = components[:, np.newaxis] == components
    penalty[:number, :number] = _WEAK * (np.eye(number) - same / same.sum(1, keepdims=True))
    penalty[:number, :number] += together / together.sum(1, keepdims=True)
    # a slope that is not used stays at zero
    penalty[range(number, size), range(number, size)] = np.where(np.repeat(tilted, 2), _WEAK, 1.0)
    for component in np.unique(components):
        own = np.unique(groups[components == component])
        if tilted[own].all():
            common = np.zeros((size, 2))
            for group in own:
                common[number + 2 * group : number + 2 * group + 2] = axes[group]
            common = np.linalg.qr(common)[0]
            penalty += common @ common.T
    return penalty


def _means(measurements: Measurements, design: csr_array, weight: NDArray[np.float64]) -> csr_array:
    """Weighted mean of the design in each cell."""
    cells = measurements.sums(measurements.cell, weight)
    return csr_array((cells @ design).multiply(1 / cells.sum(axis=1)[:, np.newaxis]))


def _normal(
    measurements: Measurements, design: csr_array, weight: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64], Callable[[NDArray[np.float64]], NDArray[np.float64]]]:
    """Normal equations without the sky of the cells, and the function that gives that sky."""
    cells, means = measurements.sums(measurements.cell, weight), _means(measurements, design, weight)
    weighted = csr_array(design.multiply(weight[:, np.newaxis]))
    normal = (weighted.T @ design - (cells @ design).T @ means).toarray()
    right = weighted.T @ measurements.value - means.T @ (cells @ measurements.value)
    total = cells.sum(axis=1)

    def sky_of(rest: NDArray[np.float64]) -> NDArray[np.float64]:
        """Weighted mean of what is left, for the cell of each measurement."""
        return np.asarray((cells @ rest) / total, float)[measurements.cell]

    return normal, right, sky_of
