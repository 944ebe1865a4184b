"""A window with a galaxy, offsets of rows and columns, and noise, for the laws of stripes."""

import numpy as np
from scipy.ndimage import gaussian_filter

__all__ = ["SHAPE", "galaxy", "noise", "offsets"]

SHAPE = (300, 280)


def offsets(seed, slow=0.0):
    """Return offsets of rows and columns of 1, with slow rows where wanted."""
    rng = np.random.default_rng([seed, 1])
    rows, columns = rng.normal(0, 1, SHAPE[0]), rng.normal(0, 1, SHAPE[1])
    if slow:
        rows = rows + gaussian_filter(rng.normal(0, 1, SHAPE[0]), 30) * slow * 10
    return rows[:, None] - rows.mean() + columns[None, :] - columns.mean()


def galaxy(peak=60.0, scale=30.0):
    """Return a round galaxy."""
    y, x = np.indices(SHAPE)
    return peak * np.exp(-np.hypot(y - 160, x - 120) / scale)


def noise(seed):
    """Return noise of 1."""
    return np.random.default_rng(seed).normal(0, 1, SHAPE)
