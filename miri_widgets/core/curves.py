"""Smooth curves through noisy profiles: as smooth as the values allow."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve

__all__ = ["Curves"]

_AS_LIKELY = 2.0  # in minus twice the log likelihood
_FREE = 1e6  # standard deviation of what has no prior, in that of the noise


class Curves:
    """
    Smooth curves through one profile: a polynomial and cosines.

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
    degree 7, which takes slopes and curvatures at the ends, else it is a straight line.
    """

    def __init__(self, n: int, free: int, scale: float) -> None:
        count = int(min(n - 1, max(8, 1.25 * free, 1.5 * n / scale)))
        self.n, self.free = n, int(1.25 * free)
        self.order = np.arange(1, count + 1)
        place = (np.arange(n) + 0.5) / n
        cosines = np.cos(np.pi * np.outer(place, self.order))
        polynomial = np.polynomial.legendre.legvander(2 * place - 1, 7 if free else 1)
        self.basis = np.hstack([polynomial, cosines])

    def weigh(self, values: NDArray[np.float64], weight: NDArray[np.float64]) -> None:
        """Take the values to follow, shape (n,), finite, and their weights, 0 where there is none."""
        self.values, self.weight = values, weight
        weighted = self.basis * weight[:, None]
        self.gram, self.right = self.basis.T @ weighted, weighted.T @ values
        self.freedom = max(np.count_nonzero(weight) - (self.basis.shape[1] - len(self.order)) - self.free, 1)

    def best(self, scales: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the curve of the widest of some scales (ascending) that is as likely as the likeliest."""
        solved = [self._solve(scale) for scale in scales]
        least = min(score for _, score in solved)
        return [curve for curve, score in solved if score <= least + _AS_LIKELY][-1]

    def _solve(self, scale: float) -> tuple[NDArray[np.float64], float]:
        """Return the curve, and minus twice its restricted log likelihood up to a constant."""
        # the Gaussian of this sigma has half of its power at order 0.375 n / scale
        prior = np.sqrt(2.0 / self.n) * (0.375 * self.n / scale / self.order) ** 2
        prior[: self.free] = _FREE
        size = np.concatenate([np.full(self.basis.shape[1] - prior.size, _FREE), prior])
        matrix = size[:, None] * self.gram * size
        matrix[np.diag_indices_from(matrix)] += 1.0
        factor = cho_factor(matrix, lower=True, overwrite_a=True, check_finite=False)
        curve = self.basis @ (size * cho_solve(factor, size * self.right, check_finite=False))
        misfit = max(float(np.sum(self.weight * self.values * (self.values - curve))), 1e-300)
        return curve, self.freedom * float(np.log(misfit)) + 2.0 * float(np.log(np.diag(factor[0])).sum())
