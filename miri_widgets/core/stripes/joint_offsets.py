"""
Offsets of rows and columns and the sky beneath them, estimated together by generalised least squares.

Source: best linear unbiased prediction (Robinson 1991, Statistical Science 6, 15): the sky is a random sheet and the
offsets are random too, each with a covariance that the exposure itself suggests.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.fft import dct, idct
from scipy.linalg import cho_factor, cho_solve, cholesky, solve_triangular

from miri_widgets.core.stripes.offset_priors import offset_power
from miri_widgets.core.stripes.sky_splines import SkySplines

__all__ = ["AxisOffsets", "joint_offsets"]

_TURNS = 2  # estimates of the power of the offsets
_SHORTEST_WAVE = 20.0  # pixels: the splines of the sky, 24 apart, hold nothing of shorter ones
_WIDE = 100.0  # times the variance of a pixel: offsets before anything is known
_SLOPES = np.concatenate([[0.0], 4.0 ** np.arange(-1, 9)])  # of the sky, over those of offsets, squares
_SLOPE = (
    0.3  # square of the slope over the spectral density: the integral of the power over a decade of waves
)
_FAINTEST = 1e-8  # of the variance of a pixel: no offsets at all


@dataclass(eq=False)
class AxisOffsets:
    """
    Offsets of the rows, or of the columns, of an area.

    Attributes
    ----------
    value : ndarray of float64, shape (n,)
        In the unit of the exposure; the mean is 0.
    variance : ndarray of float64, shape (n,)
        What they may be wrong by, low frequencies included.
    power : ndarray of float64, shape (n - 1,)
        Variance of their orthonormal cosines, from order 1 on.
    facts : dict
        What the power comes from; see `offset_power`.
    """

    value: NDArray[np.float64]
    variance: NDArray[np.float64]
    power: NDArray[np.float64]
    facts: dict[str, float]


def joint_offsets(
    image: NDArray[np.floating],
    weight: NDArray[np.float64],
    splines: SkySplines,
    roughness: tuple[NDArray[np.float64], NDArray[np.float64]],
    start: dict[int, NDArray[np.float64]],
) -> tuple[dict[int, AxisOffsets], NDArray[np.float64]]:
    """
    Estimate offsets and sky together.

    Parameters
    ----------
    image : ndarray of float, shape (ny, nx)
        Exposure. Not modified.
    weight : ndarray of float64, shape (ny, nx)
        Inverse variance of each pixel; 0 where it does not count. Not modified.
    splines : SkySplines
        The sheet that the sky is.
    roughness : tuple of ndarray of float64, shape (my, mx)
        Spectral density of the sky; see `sky_roughness`. Not modified.
    start : dict
        By axis, 0 for rows and 1 for columns, a first estimate of the offsets; an axis that is absent has none.

    Returns
    -------
    offsets : dict of int to AxisOffsets
        By axis, as in `start`.
    sky : ndarray of float64, shape (ny, nx)

    Notes
    -----
    Sky and slow cosines of rows and columns are one linear problem. The sky is eliminated first (Schur complement);
    the cosines are solved for, first hardly constrained, then with the power that `offset_power` finds in them and in
    the fast ones. Fast cosines, which no sheet of splines holds, are weighted means of what is left. The covariance
    holds what sky and offsets cannot be told apart by. Straight lines are shared at last, by how
    likely the two slopes are for offsets of that power alone and for skies of several slopes (Bayesian model averaging).
    """
    problem = _Problem(image, weight, splines, roughness, start)
    fast = {axis: problem.fast(axis, value) for axis, value in start.items()}
    for _ in range(_TURNS):
        problem.solve_slow(fast)
        fast = problem.solve_fast()
        problem.find_power(fast)
    problem.solve_slow(fast)
    solved, sky = problem.result(fast)
    _share_lines(solved, sky, _SLOPE * float(np.median(roughness[0])))
    return solved, sky


class _Problem:
    """Normal equations of sky and slow cosines, and what is left for fast ones."""

    def __init__(
        self,
        image: NDArray[np.floating],
        weight: NDArray[np.float64],
        splines: SkySplines,
        roughness: tuple[NDArray[np.float64], NDArray[np.float64]],
        start: dict[int, NDArray[np.float64]],
    ) -> None:
        self.weight, self.splines, self.axes = weight, splines, sorted(start)
        self.level = float(np.sum(weight * np.where(weight > 0, image, 0.0)) / np.sum(weight))
        self.rest = np.where(weight > 0, image - self.level, 0.0)
        self.unit = 1.0 / float(np.median(weight[weight > 0]))
        self.sums = {axis: weight.sum(axis=1 - axis) for axis in self.axes}
        self.waves = {axis: _cosines(image.shape[axis]) for axis in self.axes}
        matrix = splines.normal_matrix(weight) + splines.penalty(*roughness)
        self.factor = cholesky(matrix, lower=True, overwrite_a=True, check_finite=False)
        products = {0: splines.row_products, 1: splines.column_products}
        self.crossed = np.concatenate(
            [products[axis](weight, self.waves[axis]) for axis in self.axes], axis=1
        )
        half = solve_triangular(self.factor, self.crossed, lower=True, check_finite=False)
        self.half, self.information = half, self._products() - half.T @ half
        self.priors = {axis: np.full(image.shape[axis] - 1, _WIDE * self.unit, float) for axis in self.axes}
        self.facts: dict[int, dict[str, float]] = {}

    def _products(self) -> NDArray[np.float64]:
        """Weighted products of all pairs of cosines."""
        rows = []
        for axis in self.axes:
            mine = self.waves[axis]
            rows.append(
                np.concatenate(
                    [
                        mine.T @ (self.sums[axis][:, None] * mine)
                        if other == axis
                        else mine.T @ (self.weight if axis == 0 else self.weight.T) @ self.waves[other]
                        for other in self.axes
                    ],
                    axis=1,
                )
            )
        return np.concatenate(rows)

    def fast(self, axis: int, value: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return offsets without their level and slow cosines."""
        waves = self.waves[axis]
        return np.asarray(value - value.mean() - waves @ (waves.T @ value))

    def solve_slow(self, fast: dict[int, NDArray[np.float64]]) -> None:
        """Solve for slow cosines and sky, beside fast ones."""
        weighted = self.rest.copy()
        for axis, value in fast.items():
            weighted -= np.expand_dims(value, 1 - axis)
        weighted *= self.weight
        right = np.concatenate([self.waves[axis].T @ weighted.sum(axis=1 - axis) for axis in self.axes])
        sums = self.splines.projected(weighted)
        vector = right - self.half.T @ solve_triangular(self.factor, sums, lower=True, check_finite=False)
        matrix = self.information.copy()
        slow = np.concatenate([self.priors[axis][: self.waves[axis].shape[1]] for axis in self.axes])
        matrix[np.diag_indices_from(matrix)] += 1.0 / slow
        self.covariance = cho_solve(cho_factor(matrix, lower=True, overwrite_a=True), np.eye(len(matrix)))
        self.slow = self.covariance @ vector
        rest = sums - self.crossed @ self.slow
        self.sky = self.splines.sheet(cho_solve((self.factor, True), rest, check_finite=False))
        self.whole = {axis: self.waves[axis] @ self.slow[part] for axis, part in self._parts().items()}

    def _parts(self) -> dict[int, slice]:
        edges = np.cumsum([0, *(self.waves[axis].shape[1] for axis in self.axes)])
        return {axis: slice(edges[index], edges[index + 1]) for index, axis in enumerate(self.axes)}

    def solve_fast(self) -> dict[int, NDArray[np.float64]]:
        """Return fast offsets as weighted means of what slow ones and the sky leave; rows and columns in turn."""
        rest = self.rest - self.sky
        for axis, value in self.whole.items():
            rest -= np.expand_dims(value, 1 - axis)
        rest *= self.weight
        values = {axis: np.zeros(self.weight.shape[axis]) for axis in self.axes}
        for axis in self.axes * 2:
            others = [
                (self.weight if axis == 0 else self.weight.T) @ values[other]
                for other in self.axes
                if other != axis
            ]
            total = rest.sum(axis=1 - axis) - sum(others)
            known = self.sums[axis] > 0
            raw = np.zeros(total.size)
            raw[known] = total[known] / self.sums[axis][known]
            values[axis] = self.fast(axis, raw)
        return values

    def find_power(self, fast: dict[int, NDArray[np.float64]]) -> None:
        """Find the power of all cosines; each slow one is judged by its own data, the prior divided out."""
        spread = np.diag(self.covariance)
        for axis, part in self._parts().items():
            count = self.waves[axis].shape[1]
            own = 1.0 / np.maximum(1.0 / spread[part] - 1.0 / self.priors[axis][:count], 1e-9 / spread[part])
            measured = dct(fast[axis], norm="ortho")[1:]
            measured[:count] = own * self.slow[part] / spread[part]
            variance = np.full(measured.size, self._mean_variance(axis))
            variance[:count] = own
            power, self.facts[axis] = offset_power(measured, variance)
            self.priors[axis] = np.maximum(power, _FAINTEST * self.unit)

    def _mean_variance(self, axis: int) -> float:
        sums = self.sums[axis]
        return float(np.mean(1.0 / sums[sums > 0]))

    def result(
        self, fast: dict[int, NDArray[np.float64]]
    ) -> tuple[dict[int, AxisOffsets], NDArray[np.float64]]:
        """Return offsets, fast ones shrunk by how far they stand out of the noise, and the sky."""
        solved = {}
        for axis, part in self._parts().items():
            waves, n = self.waves[axis], self.weight.shape[axis]
            power = self.priors[axis][waves.shape[1] :]
            typical = self._mean_variance(axis)
            noise = 1.0 / np.maximum(self.sums[axis], 1.0 / (_WIDE * typical))
            gain = np.zeros(n)
            gain[waves.shape[1] + 1 :] = power / (power + typical)
            value = idct(gain * dct(fast[axis], norm="ortho"), norm="ortho") + self.whole[axis]
            own = noise * float(np.sum(gain)) / n
            own += _waves_variance(waves, self.covariance[part, part])
            solved[axis] = AxisOffsets(value, own, self.priors[axis], self.facts[axis])
        return solved, self.sky + self.level


def _waves_variance(waves: NDArray[np.float64], covariance: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the variance of a sum of waves, shape (n,), but for that of its straight line."""
    run, line = _line(len(waves))
    bent = waves - np.outer(run, line @ waves)
    return np.asarray(np.sum((bent @ covariance) * bent, axis=1))


def _share_lines(solved: dict[int, AxisOffsets], sky: NDArray[np.float64], least: float) -> None:
    """Give offsets their share of the slopes of the sky, in place; `least` is the square of a slope of the sky."""
    slopes, chance = {}, {}
    for axis, offsets in solved.items():
        run, line = _line(offsets.value.size)
        own, under = float(line @ offsets.value), float(line @ sky.mean(axis=1 - axis))
        slopes[axis] = own + under
        chance[axis] = float(np.sum(offsets.power * dct(line, norm="ortho")[1:] ** 2))
        offsets.value -= own * run
        sky -= np.expand_dims(under * run, 1 - axis)
    mean = sum(chance.values()) / len(chance)
    wide = np.maximum(_SLOPES * mean, least)
    score = sum(
        np.log(chance[axis] + wide) + slope**2 / (chance[axis] + wide) for axis, slope in slopes.items()
    )
    # no slope at all is as likely beforehand as all others together
    likely = np.exp(-0.5 * (score - np.min(score))) * np.where(_SLOPES == 0.0, _SLOPES.size - 1, 1.0)
    likely /= likely.sum()
    for axis, offsets in solved.items():
        run, _ = _line(offsets.value.size)
        share = chance[axis] / (chance[axis] + wide)
        taken = float(likely @ share)
        spread = float(likely @ (share * wide + (share - taken) ** 2 * slopes[axis] ** 2))
        offsets.value += taken * slopes[axis] * run
        offsets.variance += spread * run**2
        sky += np.expand_dims((1 - taken) * slopes[axis] * run, 1 - axis)


def _line(n: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """A straight line of slope 1 and mean 0, and what a profile is multiplied by for its slope."""
    run = np.asarray(np.arange(n) - 0.5 * (n - 1), float)
    return run, np.asarray(run / np.sum(run**2), float)


def _cosines(n: int) -> NDArray[np.float64]:
    """Slow orthonormal cosines, from order 1 on, shape (n, m)."""
    count = int(np.clip(2 * n / _SHORTEST_WAVE, 1, n - 1))
    order = np.arange(1, count + 1)
    return np.asarray(np.sqrt(2.0 / n) * np.cos(np.pi * np.outer(np.arange(n) + 0.5, order) / n))
