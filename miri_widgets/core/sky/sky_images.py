"""Sky images in detector pixels: one from all samples, or one per exposure from those of the others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from miri_widgets.core.sky.samples import Samples
from miri_widgets.core.sky.threads import bands, in_parallel
from miri_widgets.core.stacks.clipped_mean import (
    LeaveOneOutMean,
    Stack,
    clipped_mean,
    leave_one_out,
    mean_without,
    median_stack,
)
from miri_widgets.core.stacks.disk_stack import DiskStack, Pieces

__all__ = ["Others", "SkyImages", "combine", "filled"]

Plane = NDArray[np.float32]

_REACHES = (4, 16, 64)
"""Half widths, pixels, of the squares from which absent sky is taken: the first that holds enough."""

_ENOUGH = 9


@dataclass(frozen=True, eq=False)
class Others:
    """
    How the common sky changes without the sample of one exposure.

    Attributes
    ----------
    below, above : ndarray of float32, shape (ny, nx)
        A sample within these is in the common sky, and is taken out.
    hard : ndarray of int32
        Places, in the flattened image, where this does not hold, and skies are stored.
    exact : Pieces
        The skies there, for each exposure.
    close : DiskStack
        Whole skies of the exposures that have too close neighbours.
    has_close : frozenset of int
        These exposures.
    """

    below: Plane
    above: Plane
    hard: NDArray[np.integer]
    exact: Pieces
    close: DiskStack
    has_close: frozenset[int]


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
    others : Others, optional
        How to take an exposure out of its own sky; all have the common one when not given.
    """

    common: Stack
    kept: int
    offered: int
    others: Others | None = None

    def of(self, index: int, samples: Samples) -> Plane:
        """Return the sky for one exposure, shape (ny, nx); a new array. `samples` are those that were combined."""
        if self.others is None:
            return self.common.mean.copy()
        if index in self.others.has_close:
            return self.others.close.read(index)
        sky = np.empty(samples.shape, np.float32)
        for rows in bands(len(sky)):
            below, above = self.others.below[rows], self.others.above[rows]
            mean, count = self.common.mean[rows], self.common.count[rows]
            sky[rows] = mean_without(samples.band(index, rows), mean, count, below, above)
        sky.reshape(-1)[self.others.hard] = self.others.exact.read(index)
        return sky

    def var_of(self, left: NDArray[np.integer | np.bool_] | int, rows: slice = slice(None)) -> Plane:
        """Return rows of the variance of a sky in which `left` samples of each pixel (of these rows) are not."""
        var = self.common.var[rows]
        if np.ndim(left) == 0:
            return (self._var_without_one[rows] if left else var).copy()
        if np.asarray(left).dtype == bool:
            return np.where(left, self._var_without_one[rows], var)
        count = self.common.count[rows]
        return _shared_by(var, count, np.maximum(count - left, 1))

    @cached_property
    def _var_without_one(self) -> Plane:
        return _shared_by(self.common.var, self.common.count, np.maximum(self.common.count - 1, 1))


def _shared_by(var: Plane, count: Plane, fewer: NDArray[np.floating]) -> Plane:
    return (var * (count / fewer)).astype(np.float32)


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
        Clip, as of `miri_widgets.core.stacks.clipped_mean.clipped_mean`.
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
    spool = samples.spool(1)
    noise = _coarse(samples.pixel_noise)
    clip = {"low": low, "high": high, "noise": noise, "fixed": samples.settings.together}
    if apart is None:
        stacks = in_parallel(partial(_one_for_all, samples, clip, median, min_samples), spool.blocks)
        others = None
    else:
        close = frozenset(index for index, left in enumerate(apart) if len(left) > 1)
        exact = Pieces(len(samples), spool.blocks)
        whole = DiskStack(len(samples), samples.shape)
        parts = in_parallel(
            partial(_one_for_each, samples, clip, apart, min_samples, exact, whole), spool.blocks
        )
        stacks = [(part.everything, offered) for part, offered in parts]
        below, above = (
            np.concatenate([getattr(part, name) for part, _ in parts]).reshape(samples.shape)
            for name in ("below", "above")
        )
        hard = np.concatenate([part.hard for part, _ in parts])
        others = Others(below, above, hard, exact, whole, close)
    common = Stack(
        *(np.concatenate([getattr(stack, n) for stack, _ in stacks]) for n in ("mean", "var", "count"))
    )
    kept = int(common.count.sum(dtype=np.float64))
    common = Stack(*(getattr(common, name).reshape(samples.shape) for name in ("mean", "var", "count")))
    return SkyImages(common, kept, sum(offered for _, offered in stacks), others)


def _one_for_all(
    samples: Samples, clip: dict[str, Any], median: bool, least: int, block: int
) -> tuple[Stack, int]:
    """Return the stack of one block, and the number of samples in it."""
    values = samples.block(block)
    stack = median_stack(values, noise=clip["noise"]) if median else clipped_mean(values, **clip)
    stack.mean[stack.count < least] = np.nan
    return stack, int(np.count_nonzero(np.isfinite(values)))


def _one_for_each(
    samples: Samples,
    clip: dict[str, Any],
    apart: Sequence[Sequence[int]],
    least: int,
    exact: Pieces,
    whole: DiskStack,
    block: int,
) -> tuple[LeaveOneOutMean, int]:
    """Combine one block, and store what cannot be told from it alone."""
    values = samples.block(block)
    found = leave_one_out(values, least=least, **clip)
    exact.write_block(block, found.exact)
    for index, left in enumerate(apart):
        if len(left) > 1:
            part = clipped_mean(np.delete(values, list(left), axis=0), **clip)
            part.mean[part.count < least] = np.nan
            whole.write_part(block, index, part.mean.reshape(-1, samples.shape[1]))
    found.everything.mean[found.everything.count < least] = np.nan
    start = samples.spool(1).rows(block).start * samples.shape[1]
    # kept until all blocks are done: as little as possible
    found = replace(
        found, exact=np.empty((len(values), 0), np.float32), hard=(found.hard + start).astype(np.int32)
    )
    return found, int(np.count_nonzero(np.isfinite(values)))


def _coarse(noise: float) -> float:
    """Round to eighths of a factor two: so one exposure, which moves the median noise a little, changes nothing."""
    return float(2 ** (round(8 * np.log2(noise)) / 8)) if noise > 0 else 0.0


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
