"""Sky images in detector pixels: one from all samples, or one per exposure from those of the others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from miri_widgets.core.sky_samples import Samples, in_parallel
from miri_widgets.core.spool import Spool
from miri_widgets.core.stacks import Stack, clipped_mean, clipped_means_of_others, median_stack

__all__ = ["SkyImages", "combine", "filled"]

Plane = NDArray[np.float32]

_REACHES = (4, 16, 64)
"""Half widths, pixels, of the squares from which absent sky is taken: the first that holds enough."""

_ENOUGH = 9


@dataclass(frozen=True, eq=False)
class SkyImages:
    """
    Skies of the reference level.

    Attributes
    ----------
    common : Stack
        From all samples; arrays of shape (ny, nx), NaN where there are too few.
    kept, offered : int
        Samples within the clip of `common`, and before it.
    own : Spool, optional
        For each exposure, the mean without the samples that it must not contain.
    """

    common: Stack
    kept: int
    offered: int
    own: Spool | None = None

    def of(self, index: int) -> Plane:
        """Return the sky for one exposure, shape (ny, nx); do not modify."""
        return self.common.mean if self.own is None else self.own.read(index)

    def var_of(self, left: NDArray[np.integer] | int) -> Plane:
        """Return the variance of a sky in which `left` samples of each pixel are not; shape (ny, nx)."""
        if np.ndim(left) == 0 or np.max(left) <= 1:
            var = self.common.var.copy()
            np.copyto(var, self._var_without_one, where=np.asarray(left, bool))
            return var
        return self._shared_by(np.maximum(self.common.count - left, 1))

    @cached_property
    def _var_without_one(self) -> Plane:
        return self._shared_by(np.maximum(self.common.count - 1, 1))

    def _shared_by(self, count: NDArray[np.floating]) -> Plane:
        return (self.common.var * (self.common.count / count)).astype(np.float32)


def combine(
    samples: Samples,
    *,
    low: float = 3.0,
    high: float = 3.0,
    median: bool = False,
    apart: Sequence[Sequence[int]] | None = None,
    min_samples: int = 2,
) -> SkyImages:
    """
    Combine samples into sky images, block by block.

    Parameters
    ----------
    samples : Samples
        Refined, and with values at full size.
    low, high : float
        Clip, as of `miri_widgets.core.stacks.clipped_mean`.
    median : bool
        Take the median of all samples instead of a clipped mean.
    apart : sequence of sequences of int, optional
        For each exposure, those that its sky must not contain, itself among them; one sky for all when not given.
    min_samples : int
        Pixels with fewer samples have no sky.

    Returns
    -------
    SkyImages
    """
    spool = samples.values or samples.small
    noise = _coarse(float(np.median(samples.noise)))
    own = Spool(len(samples), samples.shape) if apart else None

    def one(block: int) -> tuple[Stack, int]:
        values = samples.block(block)
        if own is None or apart is None:
            stack = median_stack(values, noise=noise) if median else _clip(values, low, high, noise)
        else:
            others, stack = clipped_means_of_others(
                values, low=low, high=high, noise=noise, least=min_samples
            )
            for index, left in enumerate(apart):
                if len(left) > 1:
                    part = _clip(np.delete(values, list(left), axis=0), low, high, noise)
                    others[index] = np.where(part.count < min_samples, np.float32(np.nan), part.mean)
            own.write_block(block, others.reshape(len(values), -1, samples.shape[1]))
        stack.mean[stack.count < min_samples] = np.nan
        return stack, int(np.count_nonzero(np.isfinite(values)))

    parts = in_parallel(one, spool.blocks)
    names = ("mean", "var", "count")
    common = Stack(*(np.concatenate([getattr(part, n) for part, _ in parts]) for n in names))
    kept = int(common.count.sum(dtype=np.float64))
    common = Stack(*(getattr(common, name).reshape(samples.shape) for name in names))
    return SkyImages(common, kept, sum(offered for _, offered in parts), own)


def _coarse(noise: float) -> float:
    """Round to eighths of a factor two: so one exposure, which moves the median noise a little, changes nothing."""
    return float(2 ** (round(8 * np.log2(noise)) / 8)) if noise > 0 else 0.0


def _clip(values: Plane, low: float, high: float, noise: float) -> Stack:
    return clipped_mean(values, low=low, high=high, noise=noise)


def filled(mean: Plane, var: Plane, missing: NDArray[np.bool_]) -> tuple[Plane, Plane]:
    """
    Take the sky of pixels that have none from their neighbours.

    Parameters
    ----------
    mean, var : ndarray of float32, shape (ny, nx)
        Sky and its variance; NaN where there is none. Not modified.
    missing : ndarray of bool, shape (ny, nx)
        Where sky is wanted.

    Returns
    -------
    mean, var : ndarray of float32, shape (ny, nx)
        The same, filled where at least nine of 81 places in a square have sky; the half width of the square is 4,
        16 or 64 pixels, the first that gives enough. The variance is that of the places.
    """
    mean, var = mean.copy(), var.copy()
    known = np.where(np.isfinite(mean), mean, np.float32(np.nan))
    y, x = np.nonzero(missing & ~np.isfinite(mean))
    for reach in _REACHES:
        dy, dx = (part.ravel() for part in np.mgrid[-4:5, -4:5] * (reach // 4))
        left = []
        for part in range(0, len(y), 8192):
            py, px = y[part : part + 8192], x[part : part + 8192]
            rows, columns = py[:, None] + dy, px[:, None] + dx
            inside = (rows >= 0) & (rows < mean.shape[0]) & (columns >= 0) & (columns < mean.shape[1])
            near = known[np.where(inside, rows, 0), np.where(inside, columns, 0)]
            usable = inside & np.isfinite(near)
            number = usable.sum(axis=1)
            near = np.where(usable, near, 0.0).astype(np.float64)
            middle = near.sum(axis=1) / np.maximum(number, 1)
            scatter = (np.where(usable, near - middle[:, None], 0.0) ** 2).sum(axis=1) / np.maximum(
                number - 1, 1
            )
            enough = number >= _ENOUGH
            mean[py[enough], px[enough]] = middle[enough]
            var[py[enough], px[enough]] = scatter[enough]
            left.append(np.flatnonzero(~enough) + part)
        rest = np.concatenate(left) if left else np.empty(0, np.intp)
        y, x = y[rest], x[rest]
    return mean, var
