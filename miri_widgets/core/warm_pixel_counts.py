"""How often each pixel stands out among the pixels beside it, and how often is too often for chance."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import bdtrc

from miri_widgets.core.areas import imager_area
from miri_widgets.core.exposure_arrays import ExposureArrays
from miri_widgets.core.lone_pixels import excess_over_neighbours, stands_alone

__all__ = ["SAMPLE", "STEPS", "PixelCounts", "count_excesses", "needed_of"]


STEPS = (1, 2, 4, 8)


_CHANCE = 1e-5
"""Expected fraction of good pixels that stand out often enough because of sources and noise."""


SAMPLE = 65536


_CLIP = 30.0


def needed_of(
    valid: NDArray[np.integer], rate: NDArray[np.floating], fraction: float, chance: float = _CHANCE
) -> NDArray[np.int16]:
    """
    Return at how many pointings a pixel must stand out.

    Parameters
    ----------
    valid : ndarray of int, shape (ny, nx)
        Pointings at which the pixel is good.
    rate : ndarray of float, shape (ny, nx)
        Probability that a good pixel stands out at one pointing.
    fraction : float
        Of the pointings, at least.
    chance : float
        Expected fraction of good pixels that reach the number because of sources and noise.

    Returns
    -------
    ndarray of int16, shape (ny, nx)
        ``valid + 1``, which is never reached, where standing out always would be no wonder.
    """
    edges = np.concatenate([np.geomspace(1e-4, 0.1, 40), np.linspace(0.11, 1, 90)])
    bins = np.minimum(np.searchsorted(edges, rate), edges.size - 1)
    result = np.ones(valid.shape, np.int16)
    for number in np.unique(valid[valid > 0]).tolist():
        wanted = np.arange(1, number + 2)
        rare = bdtrc(wanted[:, np.newaxis] - 1, number, edges) <= chance
        enough = rare & (wanted >= math.ceil(fraction * number - 1e-9))[:, np.newaxis]
        enough[-1] = True
        here = valid == number
        result[here] = wanted[np.argmax(enough, axis=0)][bins[here]]
    return result


@dataclass
class PixelCounts:
    """
    How often pixels are good, stand out above thresholds, below, and alone; (ny, nx) and (thresholds, ny, nx).

    Beside them ``total``, the sum of the excesses in units of their noise, and ``samples``, how many these are.
    """

    valid: NDArray[np.int16]
    high: NDArray[np.int16]
    low: NDArray[np.int16]
    alone: NDArray[np.int16]
    total: NDArray[np.float32]
    samples: NDArray[np.int16]

    @classmethod
    def none(cls, shape: tuple[int, int]) -> PixelCounts:
        """
        Nothing counted yet.

        Parameters
        ----------
        shape : (int, int)
            Of the exposures, (ny, nx).
        """
        several = (len(STEPS), *shape)
        return cls(
            valid=np.zeros(shape, np.int16),
            high=np.zeros(several, np.int16),
            low=np.zeros((1, *shape), np.int16),
            alone=np.zeros(several, np.int16),
            total=np.zeros(shape, np.float32),
            samples=np.zeros(shape, np.int16),
        )


def count_excesses(
    exposures: Sequence[ExposureArrays], groups: list[list[int]], nsigma: float, box: int, cold: bool
) -> tuple[PixelCounts, dict[int, float]]:
    """
    Count in how many pointings each pixel stands out; return the counts, and by what ERR of each exposure was multiplied.

    Parameters
    ----------
    exposures : sequence of ExposureArrays
        All exposures; asked for one at a time. Not modified.
    groups : list of list of int
        Exposures of each pointing, by number: a pixel stands out there when it does in more than half
        of them.
    nsigma : float
        Least excess over the neighbours, sigma.
    box : int
        Side of the neighbourhood, pixels.
    cold : bool
        Whether pixels below their neighbours are counted, too.
    """
    shape = exposures[groups[0][0]].shape
    total = PixelCounts.none(shape)
    noise: dict[int, float] = {}
    for group in groups:
        own = PixelCounts.none(shape)
        for index in group:
            ratio, noise[index] = _significance(exposures[index], box)
            own.valid += np.isfinite(ratio)
            alone = stands_alone(ratio)
            for multiple, step in enumerate(STEPS):
                own.high[multiple] += ratio > nsigma * step
                own.alone[multiple] += alone & (ratio > nsigma * step)
            # one cosmic ray must not make a mean
            total.total += np.clip(np.nan_to_num(ratio), -_CLIP, _CLIP)
            total.samples += np.isfinite(ratio)
            if cold:
                own.low[0] += ratio < -nsigma
        total.valid += own.valid > 0
        total.high += 2 * own.high > own.valid
        total.alone += 2 * own.alone > own.valid
        total.low += 2 * own.low > own.valid
    return total, noise


def _significance(exposure: ExposureArrays, box: int) -> tuple[NDArray[np.float32], float]:
    """Excess over its standard deviation, NaN where unknown, and by what ERR was multiplied."""
    good = exposure.good & np.isfinite(exposure.err) & (exposure.err > 0)
    excess = excess_over_neighbours(exposure.sci, good, box)
    ratio = (excess / np.where(good, exposure.err, np.nan)).astype(np.float32)
    some = ratio[imager_area(exposure.shape, exposure.corner) & np.isfinite(ratio)]
    if some.size == 0:
        some = ratio[np.isfinite(ratio)]
    if some.size == 0:
        return ratio, 1.0
    # the lower half alone: sources lift the upper one
    low, middle = np.percentile(some[:: max(some.size // SAMPLE, 1)], [15.866, 50])
    factor = max(float(middle - low), 1.0)
    return (ratio / factor).astype(np.float32), factor
