"""How strong offsets of rows or columns are at each frequency, by likelihood: independent ones and slow ones."""

from __future__ import annotations

from itertools import product

import numpy as np
from numpy.typing import NDArray

__all__ = ["offset_power"]

_SLOPES = (1.0, 1.5, 2.0)
_STRENGTHS = np.concatenate([[0.0], np.geomspace(1e-4, 3.0, 18)])
_GAIN = 9.0  # fall of minus twice the log likelihood for the two numbers of slow noise: 1 in 90


def offset_power(
    measured: NDArray[np.float64], variance: NDArray[np.float64]
) -> tuple[NDArray[np.float64], dict[str, float]]:
    """
    Return the variance of each cosine of offsets, and what it comes from.

    Parameters
    ----------
    measured : ndarray of float64, shape (n,)
        Coefficients of the orthonormal cosine transform, the lowest order, 1, first. Not modified.
    variance : ndarray of float64, shape (n,)
        Variance of their errors. Not modified.

    Returns
    -------
    power : ndarray of float64, shape (n,)
        Variance of the true coefficients.
    facts : dict
        ``white``: variance of independent offsets; ``slow``: that of slow ones at order 1; ``slope`` of their power.

    Notes
    -----
    The power is ``white + slow / order ** slope``. Of a table of values the most likely is taken; slow noise must
    fall well below the likelihood of none, since two numbers more always fit better.
    """
    order = np.arange(1, measured.size + 1)
    quiet = variance <= 4 * np.median(variance)
    excess = max(float(np.mean(measured[quiet] ** 2)), 1e-300)
    best, least = (0.0, 0.0, _SLOPES[0]), np.inf
    for slope in _SLOPES:
        fall = order**-slope
        scale = excess / float(np.mean(fall[quiet]))
        for white, slow in product(_STRENGTHS * excess, _STRENGTHS * scale):
            if slow == 0.0 and slope != _SLOPES[0]:
                continue
            total = white + slow * fall + variance
            score = float(np.sum(np.log(total) + measured**2 / total)) + (_GAIN if slow else 0.0)
            if score < least:
                best, least = (white, slow, slope), score
    white, slow, slope = best
    return np.asarray(white + slow * order**-slope, float), {
        "white": float(white),
        "slow": float(slow),
        "slope": slope,
    }
