"""Sources of all dithers together: found on their sum on the sky, from which residuals of cosmic rays are left out."""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from miri_widgets.core.sky.exposure_sky import MaskSettings
from miri_widgets.core.sky.moving_light import MovingLight, box_side, moving_light
from miri_widgets.core.sky.sky_grid import Footprint, SkyGrid, overlapping_groups
from miri_widgets.core.sky.threads import in_parallel
from miri_widgets.core.stacks.source_masks import binned, source_mask, unbinned

__all__ = ["FEWEST", "Coadd", "DitheredSamples", "box_means", "find_on_the_sky", "groups_of"]

FEWEST = 3
"""With fewer exposures of a place nothing tells a source from a cosmic ray: single exposures are searched."""

_MOST_CELLS = 4_000_000
"""Cells of a coadd: wider fields have larger cells."""

_HIGHEST_OF = np.array([0, 0, 0.5642, 0.8463, 1.0294, 1.1630, 1.2672, 1.3522, 1.4236, 1.4850, 1.5388])
"""Expected highest of so many normal samples (Teichroew 1956), in their standard deviation."""

_STEPS = np.float32(1024)
"""Steps of a standard deviation in which samples are summed."""

_MOST = np.float32(1e5)
"""Samples count up to so many standard deviations."""

_NEAR = np.float32(2.0)
"""Samples count up to so many standard deviations from the first mean of a cell."""

_BOX_CLIP = 2.5
"""Samples count in averages of boxes up to this, in their noise: more is a cosmic ray."""

_LEAST_BOXES = 64
"""Boxes of an exposure, with fewer of which no light is told from the detector."""

_BOX_FULL = 0.25
"""Part of a box that must be free of sources."""


class DitheredSamples(Protocol):
    """What sources are found on: see `miri_widgets.core.sky.samples.Samples`."""

    settings: MaskSettings
    shape: tuple[int, int]
    fwhm: float
    noise: NDArray[np.float64]
    footprints: list[Footprint]
    coarse: bool
    judged: bool
    light: list[NDArray[np.float32]] | None
    light_width: float

    def residual(self, index: int, sky: NDArray[np.floating], side: int) -> NDArray[np.float32]:
        """Return an exposure without its sky and the light that is known to move."""

    def judge(
        self, index: int, sky: NDArray[np.floating], side: int, mask: NDArray[np.bool_], *, last: bool
    ) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
        """Set mask, level and noise of an exposure; return its residual and where that is free of sources."""


class Coadd:
    """
    Mean of exposures on the sky, made in two passes, in which what one exposure alone shows counts little.

    Parameters
    ----------
    shape : tuple of int
        (rows, columns) of the grid.
    noise : float
        Standard deviation of a sample.

    Notes
    -----
    The first pass leaves out the highest sample of each cell, which lowers the mean of n by the expected highest over
    n - 1; that is put back. The second takes samples as they are within `_NEAR` standard deviations of the first, and
    at that distance where they are farther off: a cosmic ray moves a mean by a fraction of the noise.
    """

    def __init__(self, shape: tuple[int, int], noise: float) -> None:
        self.shape, self.noise = shape, np.float32(max(noise, 1e-30))
        size = shape[0] * shape[1]
        self._total = np.zeros(size, np.int64)
        self._highest = np.full(size, -np.inf, np.float32)
        self._count = np.zeros(size, np.uint8)
        self._first: NDArray[np.float32] | None = None
        self._lock = Lock()

    def add(self, cells: NDArray[np.integer], values: NDArray[np.float32]) -> None:
        """
        Add one exposure; of two of its pixels that fall into one cell the later counts.

        Parameters
        ----------
        cells : ndarray of int, any shape
            Numbers of the cells.
        values : ndarray of float32, the same shape
            NaN where there is none.
        """
        scale, limit = _STEPS / self.noise, _MOST * self.noise
        known = np.isfinite(values)
        cells, values = cells[known], np.clip(values[known], -limit, limit)
        if self._first is not None:
            first = self._first[cells]
            values -= first
            np.clip(values, -_NEAR * self.noise, _NEAR * self.noise, out=values)
            values += first
        with self._lock:
            # whole numbers: their sum is the same in any order
            self._total[cells] += np.rint(values * scale).astype(np.int64)
            if self._first is None:
                self._count[cells] = np.minimum(self._count[cells], 254) + 1
                self._highest[cells] = np.maximum(self._highest[cells], values)

    def next_pass(self) -> None:
        """End the first pass."""
        left = np.maximum(self._count.astype(np.float32) - 1, 1)
        lowered = self.noise * _HIGHEST_OF.astype(np.float32)[np.minimum(self._count, 10)]
        with np.errstate(invalid="ignore"):
            first = (self._sum() - self._highest + lowered) / left
        first[self._count < 2] = 0
        self._first = first.astype(np.float32)
        self._total[:] = 0

    def _sum(self) -> NDArray[np.float32]:
        return (self._total * np.float64(self.noise / _STEPS)).astype(np.float32)

    def significance(self) -> NDArray[np.float32]:
        """Return the mean over its error, NaN where fewer than two exposures look."""
        count = self._count.astype(np.float32)
        result = (self._sum() / np.sqrt(np.maximum(count, 1)) / self.noise).astype(np.float32)
        result[self._count < 2] = np.nan
        return result.reshape(self.shape)


def groups_of(samples: DitheredSamples) -> list[SkyGrid]:
    """Return the groups of exposures that overlap, those that are large enough to find sources together."""
    return [grid for grid in overlapping_groups(samples.footprints) if len(grid.members) >= FEWEST]


def find_on_the_sky(
    samples: DitheredSamples, grid: SkyGrid, sky: NDArray[np.floating], side: int, *, last: bool
) -> MovingLight:
    """
    Find the sources of a group of exposures on their coadd, and the extended light that moves with the sky.

    Parameters
    ----------
    samples : DitheredSamples
        Masks, levels, noise and structure of the members are set.
    grid : SkyGrid
        The group.
    sky : ndarray of float, shape (ny, nx)
        Sky of the reference level, in squares of `side`.
    side : int
        2 or 4 pixels.
    last : bool
        Whether this is the last round.
    """
    members = grid.members
    masks = _masks_on_the_sky(samples, grid, sky, side)
    box = box_side(len(samples.footprints), samples.shape)
    boxes = samples.shape[0] // box, samples.shape[1] // box
    values = np.full((len(members), *boxes), np.nan, np.float32)
    counts = np.zeros((len(members), *boxes), np.float32)

    # where nothing moved in the first round only the last one looks again
    search = boxes[0] * boxes[1] >= _LEAST_BOXES and (last or samples.light is not None or not samples.judged)

    def take(place: int) -> None:
        index = members[place]
        rest, free = samples.judge(index, sky, side, masks(index), last=last)
        if not search:
            return
        values[place], counts[place] = box_means(rest, free, box // side, samples.noise[index] / side)
        if samples.light is not None:
            values[place] += samples.light[index]

    in_parallel(take, len(members))
    noise = float(np.median(samples.noise[list(members)]))
    if not (search and noise > 0):
        return MovingLight(grid, box, np.zeros(grid.shape(box), np.float32), 0.0)
    return moving_light(grid, box, values, counts * side**2, noise, samples.light_width)


def _masks_on_the_sky(
    samples: DitheredSamples, grid: SkyGrid, sky: NDArray[np.floating], side: int
) -> Callable[[int], NDArray[np.bool_]]:
    """Return what gives the mask of an exposure, in squares of `side`: its part of the sources on the coadd."""
    # squares of 4 pixels are enough to find sources on a sum of many exposures, at a quarter of the time
    coarse = 4 if samples.coarse else side
    rough = sky if coarse == side else binned(sky)
    members, cell = grid.members, coarse
    while grid.shape(cell)[0] * grid.shape(cell)[1] > _MOST_CELLS:
        cell *= 2
    coadd = Coadd(grid.shape(cell), float(np.median(samples.noise[list(members)])) / coarse)

    def cells(index: int) -> NDArray[np.int32]:
        x, y = grid.positions(index, coarse, rough.shape)
        ratio, half = np.float32(coarse / cell), np.float32(0.5)
        numbers = (y * ratio + half).astype(np.int32)
        numbers *= np.int32(coadd.shape[1])
        numbers += (x * ratio + half).astype(np.int32)
        return numbers

    def put(place: int) -> None:
        index = members[place]
        coadd.add(cells(index), samples.residual(index, rough, coarse))

    mask = np.zeros(coadd.shape, bool)
    if samples.settings.sources:
        in_parallel(put, len(members))
        coadd.next_pass()
        in_parallel(put, len(members))
        mask = source_mask(
            coadd.significance(),
            fwhm=samples.fwhm / cell,
            threshold=samples.settings.threshold,
            grow=samples.settings.grow,
        )

    def mask_of(index: int) -> NDArray[np.bool_]:
        own = mask.reshape(-1)[cells(index)]
        return own if coarse == side else unbinned(own, (sky.shape[0], sky.shape[1]))

    return mask_of


def box_means(
    rest: NDArray[np.float32], free: NDArray[np.bool_], side: int, noise: float
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """
    Return averages of boxes and how many samples are in each; NaN where less than a quarter of a box is free.

    Parameters
    ----------
    rest : ndarray of float32, shape (ny, nx)
        Samples about zero.
    free : ndarray of bool, shape (ny, nx)
        Those that count.
    side : int
        Samples along a side of a box.
    noise : float
        Their standard deviation; they count up to five times that.
    """
    rows, columns = rest.shape[0] // side, rest.shape[1] // side
    cut = (slice(rows * side), slice(columns * side))
    limit = np.float32(_BOX_CLIP * max(noise, 1e-30))
    inside = np.where(free[cut], np.clip(rest[cut], -limit, limit), np.float32(0))
    steps = np.arange(0, rows * side, side), np.arange(0, columns * side, side)
    total = np.add.reduceat(np.add.reduceat(inside, steps[0], axis=0), steps[1], axis=1)
    count = np.add.reduceat(np.add.reduceat(free[cut].astype(np.float32), steps[0], axis=0), steps[1], axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        means = np.where(count >= _BOX_FULL * side * side, total / count, np.float32(np.nan))
    return means.astype(np.float32), count
