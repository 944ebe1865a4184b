"""Smooth curves through noisy profiles: as smooth as the values allow."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve

__all__ = ["Curves"]

_FREE = 1e6  # standard deviation of what has no prior, in that of the noise
_SLOPES = (0.0, 2.0, 6.0, 20.0, 60.0, _FREE)  # of a straight line, in the same unit
_BINS_PER_SCALE = 8.0


class Curves:
    """
    Smooth curves through one profile: a level, a straight line and cosines.

    Parameters
    ----------
    n : int
        Length of the profile.
    free : int
        Cosines up to this order follow the values as they are.
    scale : float
        The finest scale of the others, pixels (sigma of a Gaussian).

    Notes
    -----
    Cosines above `free` have a prior whose power falls as the fourth power of the order; at a curve's scale it equals
    that of the noise. Ends need no padding, and gaps (of weight 0) no filling. With free cosines the polynomial has
    degree 7, free too, which takes slopes and curvatures at the ends.

    Without free cosines the values go in as means of an eighth of `scale`: offsets of neighbours may be alike, and
    what counts is how strong they are at the scales of the curve, not from pixel to pixel.
    """

    def __init__(self, n: int, free: int, scale: float) -> None:
        count = int(min(n - 1, max(8, 1.25 * free, 1.5 * n / scale)))
        self.n, self.free = n, int(1.25 * free)
        self.order = np.arange(1, count + 1)
        position = (np.arange(n) + 0.5) / n
        cosines = np.cos(np.pi * np.outer(position, self.order))
        polynomial = np.polynomial.legendre.legvander(2 * position - 1, 7 if free else 1)
        self.basis = np.hstack([polynomial, cosines])
        width = 1 if free else max(1, min(int(scale / _BINS_PER_SCALE), n // 16))
        self.starts = np.arange(0, n, width)

    def weigh(self, values: NDArray[np.float64], weight: NDArray[np.float64]) -> None:
        """
        Take the values to follow, shape (n,), finite, and their weights, 0 where there is none.

        Parameters
        ----------
        values : ndarray
            Values to follow, shape (n,).
        weight : ndarray
            Weights, shape (n,).
        """
        total = np.add.reduceat(weight, self.starts)
        each = np.maximum(total, 1e-300)
        mean = np.add.reduceat(weight * values, self.starts) / each
        basis = np.add.reduceat(weight[:, None] * self.basis, self.starts, axis=0) / each[:, None]
        weighted = basis * total[:, None]
        self.gram, self.right = basis.T @ weighted, weighted.T @ mean
        self.power = float(np.sum(total * mean**2))
        fixed = self.basis.shape[1] - len(self.order) + self.free if self.free else 1
        self.freedom = max(int(np.count_nonzero(total)) - fixed, 1)

    def mean(
        self, scales: NDArray[np.float64], *, any_slope: bool = False
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """
        Return the mean of the curves of several scales, each as much as it is likely, and its variance.

        Parameters
        ----------
        scales : ndarray of float64
            Pixels; alike before the values are seen.
        any_slope : bool
            Follow the straight line in the values as it is; else as far as it stands out of them.

        Returns
        -------
        curve, variance : ndarray of float64, shape (n,)
            The variance is that of the curve's shape; its level is free.

        Notes
        -----
        Bayesian model averaging (Hoeting et al. 1999, Statistical Science 14, 382) over scales and slopes, with
        restricted likelihoods; the strength of the noise is that of each curve's residual.
        """
        slopes = (_FREE,) if self.free or any_slope else _SLOPES
        if not any_slope:
            scales = np.append(scales, np.inf)
        before = np.outer(_half_first(scales[::-1])[::-1], _half_first(slopes)).ravel()
        solved = [self._solve(scale, slope) for scale, slope in product(scales, slopes)]
        score = np.array([curve[1] for curve in solved])
        share = before * np.exp(-0.5 * (score - score.min()))
        share /= share.sum()
        centre = sum(part * curve[0] for part, curve in zip(share, solved, strict=True))
        spread = sum(
            part * (curve[2] + np.outer(curve[0] - centre, curve[0] - centre))
            for part, curve in zip(share, solved, strict=True)
            if part > 1e-4
        )
        shape = self.basis[:, 1:]
        return self.basis @ centre, np.einsum("ij,jk,ik->i", shape, spread[1:, 1:], shape, optimize=True)

    def _solve(self, scale: float, slope: float) -> tuple[NDArray[np.float64], float, NDArray[np.float64]]:
        """Return coefficients, minus twice their restricted log likelihood up to a constant, and covariance."""
        # the Gaussian of this sigma has half of its power at order 0.375 n / scale
        unit = np.sqrt(2.0 / self.n)
        prior = unit * (0.375 * self.n / scale / self.order) ** 2
        prior[: self.free] = _FREE
        size = np.concatenate([np.full(self.basis.shape[1] - prior.size, _FREE), prior])
        if slope < _FREE:
            # a straight line of slope 1 has the mean square 1/3, a cosine 1/2
            size[1] = slope * unit * np.sqrt(1.5)
        matrix = size[:, None] * self.gram * size
        matrix[np.diag_indices_from(matrix)] += 1.0
        factor = cho_factor(matrix, lower=True, overwrite_a=True, check_finite=False)
        coefficients = size * cho_solve(factor, size * self.right, check_finite=False)
        misfit = max(self.power - float(self.right @ coefficients), 1e-12 * self.power, 1e-300)
        score = self.freedom * float(np.log(misfit)) + 2.0 * float(np.log(np.diag(factor[0])).sum())
        inverse = cho_solve(factor, np.eye(size.size), check_finite=False)
        return coefficients, score, misfit / self.freedom * size[:, None] * inverse * size


def _half_first(several: Any) -> NDArray[np.float64]:
    """Return what is believed beforehand: nothing at all, which stands first, as much as all the rest together."""
    rest = len(several) - 1
    return np.array([1.0]) if rest == 0 else np.array([0.5, *[0.5 / rest] * rest])
