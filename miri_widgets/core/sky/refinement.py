"""Sources, levels and noise of samples, found in rounds: each time on a better sky."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from miri_widgets.core.sky.dithered_coadd import find_on_the_sky, groups_of
from miri_widgets.core.sky.samples import Samples
from miri_widgets.core.sky.sky_grid import SkyGrid
from miri_widgets.core.sky.threads import in_parallel
from miri_widgets.core.stacks.clipped_mean import clipped_mean, median_plane
from miri_widgets.core.stacks.source_masks import binned, robust_level, source_mask

__all__ = ["refine"]


def refine(samples: Samples, sky: NDArray[np.floating] | None = None) -> NDArray[np.float32]:
    """
    Find sources, levels and noise of the exposures, in rounds.

    Parameters
    ----------
    samples : Samples
        As they were collected; masks, levels, noise and light are set.
    sky : ndarray of float, binned shape, optional
        Sky of level `reference` to compare with. Made from these exposures, and `reference` set, when not given.

    Returns
    -------
    ndarray of float32
        The sky in 2 x 2 pixels, as of the last round.
    """
    against = np.empty(0, np.float32) if sky is None else np.asarray(sky, np.float32)
    samples.reference = _mean(samples.levels) if sky is None else samples.reference
    grids = groups_of(samples) if sky is None and samples.settings.together else []
    # what moves and what stays are told apart by turns: the first sky has the objects in it
    rounds = samples.settings.rounds + bool(grids)
    for turn in range(rounds):
        last = turn == rounds - 1
        # the first sky is rough, and so may the first mask be
        side = 2 if last or not samples.coarse else 4
        if sky is None:
            against = _small_sky(samples, side, first=turn == 0)
            _anchor(samples, against)
        compared = against if against.shape == samples.spool(side).shape else binned(against)
        _round(samples, grids, compared, side, last)
        if sky is None:
            samples.reference = _mean(samples.levels)
            # each exposure is a part of the sky that it was compared with
            samples.noise *= (1 - 1 / max(len(samples), 2)) ** -0.5
    return against


def _round(
    samples: Samples, grids: Sequence[SkyGrid], sky: NDArray[np.floating], side: int, last: bool
) -> None:
    """Find sources, levels and noise against a sky: of overlapping exposures together, of others alone."""
    found = [find_on_the_sky(samples, grid, sky, side, last=last) for grid in grids]
    alone = sorted(set(range(len(samples))) - {index for grid in grids for index in grid.members})
    in_parallel(lambda place: _look(samples, sky, side, last, alone[place]), len(alone))
    samples.judged = True
    if found:
        samples.light_width = max(one.rms for one in found)
        samples.light_side = max(one.side for one in found)
        shape = samples.shape[0] // samples.light_side, samples.shape[1] // samples.light_side
        if not any(one.rms for one in found):
            samples.light = None
            return
        samples.light = [np.zeros(shape, np.float32) for _ in range(len(samples))]
        for one in found:
            for index in one.grid.members:
                samples.light[index] = one.boxes(index, shape)


def _anchor(samples: Samples, sky: NDArray[np.floating]) -> None:
    """Give all levels the zero point that the sky has where the imager is free of sources."""
    middle = robust_level(sky, samples.imager_part(sky) & np.isfinite(sky))[0]
    if samples.scaling == "multiplicative":
        samples.levels *= middle / samples.reference
    else:
        samples.levels += middle - samples.reference
    samples.reference = middle


def _small_sky(samples: Samples, side: int, *, first: bool) -> NDArray[np.float32]:
    noise = 0.0 if first else float(np.median(samples.noise)) / side
    spool = samples.spool(side)

    def one(index: int) -> NDArray[np.float32]:
        values = samples.block(index, side=side)
        return median_plane(values) if first else clipped_mean(values, noise=noise).mean

    return np.concatenate(in_parallel(one, spool.blocks)).reshape(spool.shape)


def _look(samples: Samples, sky: NDArray[np.floating], side: int, last: bool, index: int) -> None:
    """Measure one exposure by itself against a sky of the reference level."""
    residual = samples.residual(index, sky, side)
    mask = np.zeros(residual.shape, bool)
    if samples.settings.sources:
        mask = source_mask(
            residual,
            fwhm=samples.fwhm / side,
            threshold=samples.settings.threshold,
            grow=samples.settings.grow,
        )
    samples.judge(index, sky, side, mask, last=last, residual=residual)


def _mean(levels: NDArray[np.float64]) -> float:
    # sorted: the same bits for any order of the exposures
    return float(np.mean(np.sort(levels)))
