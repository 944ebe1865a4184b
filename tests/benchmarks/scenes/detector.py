"""What the detector adds: flat residuals, tree rings, glow, rows of slow noise, cosmic-ray residuals, drift of the level."""

from __future__ import annotations

import numpy as np
from material import cosmic_ray_shapes
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

__all__ = ["cosmic_ray_residuals", "flat_residual", "glow", "slow_rows"]

Array = NDArray[np.float64]


def flat_residual(shape: tuple[int, int], rng: np.random.Generator, amount: float) -> Array:
    """Return relative errors of the flat, rms about `amount`: wide, in rings, and from pixel to pixel."""
    y, x = np.indices(shape) / 512
    wide = sum(
        rng.normal() * np.cos(np.pi * (a * x + b * y) + rng.uniform(0, 6))
        for a in range(3)
        for b in range(3)
        if a + b
    )
    cy, cx = rng.uniform(-1.5, -0.3, 2)
    radius = np.hypot(y - cy, x - cx)
    rings = np.sin(2 * np.pi * radius * rng.uniform(14, 22) + 3 * np.sin(5 * radius))
    middle = gaussian_filter(rng.standard_normal(shape), 6)
    parts = (
        wide / np.std(wide),
        0.5 * rings / np.std(rings),
        0.5 * middle / middle.std(),
        0.25 * rng.standard_normal(shape),
    )
    return amount * sum(parts) / 1.25


def glow(shape: tuple[int, int], rng: np.random.Generator, amount: float) -> Array:
    """Return light of the instrument, unit of `amount`, falling off from one edge and bright in a corner."""
    y, x = np.indices(shape) / max(shape)
    edge, corner = rng.uniform(0.1, 0.3, 2)
    return amount * (np.exp(-x / edge) + 0.5 * np.exp(-np.hypot(1 - y, 1 - x) / corner))


def slow_rows(shape: tuple[int, int], rng: np.random.Generator, amount: float) -> Array:
    """Return offsets of rows whose power falls with frequency, rms `amount`; shape (ny, nx)."""
    frequency = np.fft.rfftfreq(shape[0])
    frequency[0] = np.inf
    rows = np.fft.irfft(np.fft.rfft(rng.standard_normal(shape[0])) * frequency**-0.5, shape[0])
    return np.repeat((amount * rows / rows.std())[:, None], shape[1], axis=1)


def cosmic_ray_residuals(shape: tuple[int, int], rng: np.random.Generator, touched: float) -> Array:
    """
    Return what is left of cosmic rays after the jump step, in units of the noise of a pixel.

    Hits are added until the part `touched` of the pixels is changed by a third of the noise or more: most of them a
    little, few by tens.
    """
    shapes = np.concatenate([np.rot90(cosmic_ray_shapes(), turn, (1, 2)) for turn in range(4)])
    ny, nx = shape[0] + 42, shape[1] + 42
    residual = np.zeros(ny * nx)
    dy, dx = np.indices(shapes.shape[1:])
    while np.mean(np.abs(residual) > 1 / 3) < touched:
        number = max(int(0.03 * shape[0] * shape[1]), 1)
        # charge that a jump leaves behind in the pixels around
        hits = np.sqrt(np.maximum(shapes[rng.integers(len(shapes), size=number)], 0))
        heights = np.minimum(np.exp(rng.normal(0.5, 1.0, number)), 50.0) * rng.choice(
            [1.0, 1.0, 1.0, -0.5], number
        )
        rows, columns = rng.integers(0, ny - 21, number), rng.integers(0, nx - 21, number)
        places = (rows[:, None, None] + dy) * nx + columns[:, None, None] + dx
        changed = hits > 0.02
        residual += np.bincount(places[changed], (heights[:, None, None] * hits)[changed], ny * nx)
    return residual.reshape(ny, nx)[21:-21, 21:-21]
