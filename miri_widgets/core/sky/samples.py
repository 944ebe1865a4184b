"""Samples of the sky from exposures of one filter: values on disk, sources masked, level and noise of each exposure."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from miri_widgets.core.exposure_arrays import ExposureArrays
from miri_widgets.core.sky.exposure_sky import (
    FIRST_IMAGER_COLUMN,
    MaskSettings,
    centre,
    kind_of,
    pixel_arcsec,
    require_like,
    sky_values,
    stated_noise,
)
from miri_widgets.core.sky.exposure_sky import structure as residual_structure
from miri_widgets.core.sky.moving_light import light_rows
from miri_widgets.core.sky.sky_grid import Footprint, footprint_of
from miri_widgets.core.stacks.disk_stack import DiskStack
from miri_widgets.core.stacks.fast_masking import blank
from miri_widgets.core.stacks.source_masks import binned, robust_level, unbinned
from miri_widgets.errors import ParameterError

__all__ = ["Samples"]


_ROUGH, _FINE = 16384, 65536
"""So many pixels tell the level of an exposure, before the last round and in it: to 1 and 0.5 per cent of sigma."""

_PATCHY, _LEAST = 0.25, 8192
"""Fraction and number of the 2 x 2 pixels with values that must also be in 4 x 4 pixels with values."""

_LEAST_NOISE = 0.7
"""Part of the scatter of the data that ERR is believed down to."""


@dataclass(eq=False)
class Samples:
    """
    Samples of some exposures. Made by `collect`; masks and levels are there after `miri_widgets.core.sky.refinement.refine`.

    Attributes
    ----------
    settings : MaskSettings
        What counts as sky.
    scaling : str
        "multiplicative", "additive" or "none": how levels of exposures are made equal.
    shape : tuple of int
        (ny, nx) of the exposures.
    kind : dict
        Shape, filter, unit and corner, which are common to all.
    values : DiskStack, optional
        Exposures at full size; NaN where a pixel is no sky for a reason other than sources.
    small : DiskStack
        The same, as means of 2 x 2 pixels.
    tiny : DiskStack
        The same, as means of 4 x 4 pixels, in which rounds before the last are made if `coarse` is true.
    levels, noise, masked, structure : ndarray of float, shape (n,)
        Of each exposure: level of source-free imager pixels; standard deviation of one pixel; fraction of imager
        pixels under source masks; rms of the residuals averaged in boxes of `BOX` pixels, without noise.
    centres : ndarray of float, shape (n, 2)
        RA and Dec of the central pixel, degrees; NaN when not known.
    reference : float
        The level to which exposures are scaled: the mean of their levels.
    stated : list of float
        Median error of the pixels of each exposure.
    footprints : list of Footprint
        Where they lie on the sky; empty when sources are searched on single exposures.
    light : list of ndarray of float32, optional
        Extended light that moves with the sky, in boxes of `light_side` pixels of each exposure; `light_width` is its
        standard deviation. It is taken off the samples.
    judged : bool
        Whether masks and levels were found once.
    """

    settings: MaskSettings
    scaling: str
    shape: tuple[int, int]
    small: DiskStack
    tiny: DiskStack
    values: DiskStack | None
    kind: dict[str, Any]
    fwhm: float
    arcsec: float
    imager: NDArray[np.bool_]
    roots: list[str] = field(default_factory=list)
    mjds: list[float] = field(default_factory=list)
    centres: NDArray[np.float64] = field(default_factory=lambda: np.empty((0, 2)))
    reference: float = 1.0
    coarse: bool = True
    levels: NDArray[np.float64] = field(default_factory=lambda: np.empty(0))
    noise: NDArray[np.float64] = field(default_factory=lambda: np.empty(0))
    masked: NDArray[np.float64] = field(default_factory=lambda: np.empty(0))
    structure: NDArray[np.float64] = field(default_factory=lambda: np.empty(0))
    footprints: list[Footprint] = field(default_factory=list)
    stated: list[float] = field(default_factory=list)
    light: list[NDArray[np.float32]] | None = None
    light_side: int = 0
    light_width: float = 0.0
    judged: bool = False
    _masks: NDArray[np.uint8] = field(default_factory=lambda: np.empty((0, 0, 0), np.uint8))

    @classmethod
    def collect(
        cls, exposures: Sequence[ExposureArrays], settings: MaskSettings, *, scaling: str, keep: bool = True
    ) -> Samples:
        """
        Read exposures, one at a time, and keep what they show of the sky on disk.

        Parameters
        ----------
        exposures : sequence of ExposureArrays
            At least one. Not modified.
        settings : MaskSettings
            What counts as sky.
        scaling : str
            As of the class.
        keep : bool
            Whether full-size values are needed later.

        Raises
        ------
        MixedExposuresError
            If shape, filter, unit or place on the detector differ.
        ParameterError
            If all pixels of an exposure are left out.
        """
        found, pending = None, None
        # one exposure is looked at while the next one is read
        with ThreadPoolExecutor(1) as pool:
            for index, planes in enumerate(exposures):
                found = found or cls._empty(planes, len(exposures), settings, scaling, keep)
                require_like(found.kind, kind_of(planes))
                found.roots.append(planes.root)
                found.mjds.append(planes.start_mjd)
                found.centres[index] = centre(planes)
                found.stated.append(stated_noise(planes))
                if settings.together:
                    found.footprints.append(footprint_of(planes))
                if pending is not None:
                    pending.result()
                pending = pool.submit(found._take, index, planes)
            assert found is not None and pending is not None
            pending.result()
        return found

    def _take(self, index: int, planes: ExposureArrays) -> None:
        """Put one exposure on disk, and find its first level."""
        values = sky_values(planes, self.settings)
        small = binned(values)
        finite = np.isfinite(small)
        level = robust_level(small, self.imager & finite, _ROUGH)[0]
        if not np.isfinite(level):
            raise ParameterError(
                f"no pixel of {planes.root or 'an exposure'} counts as sky",
                "at least a part of the imager field",
                "raise exclude_above or take away regions",
            )
        self.levels[index] = level
        tiny = binned(small)
        self.small.write(index, small)
        self.tiny.write(index, tiny)
        # where flags or edges leave too few squares of 4 x 4 pixels without holes
        if 4 * np.count_nonzero(np.isfinite(tiny)) < max(_PATCHY * np.count_nonzero(finite), _LEAST):
            self.coarse = False
        if self.values is not None:
            self.values.write(index, values)

    @classmethod
    def _empty(
        cls, first: ExposureArrays, count: int, settings: MaskSettings, scaling: str, keep: bool
    ) -> Samples:
        small = ((first.shape[0] + 1) // 2, (first.shape[1] + 1) // 2)
        columns = 2 * np.arange(small[1]) + first.corner[0] >= FIRST_IMAGER_COLUMN
        imager = np.broadcast_to(columns if columns.any() else np.ones_like(columns), small)
        tiny = ((small[0] + 1) // 2, (small[1] + 1) // 2)
        spools = (
            DiskStack(count, small),
            DiskStack(count, tiny),
            DiskStack(count, first.shape) if keep else None,
        )
        found = cls(
            settings, scaling, first.shape, *spools, kind_of(first), first.fwhm, pixel_arcsec(first), imager
        )
        found.centres = np.full((count, 2), np.nan)
        found.levels, found.noise, found.masked, found.structure = np.zeros((4, count))
        found._masks = np.zeros((count, small[0], -(-small[1] // 8)), np.uint8)
        return found

    def __bool__(self) -> bool:
        return True

    def __len__(self) -> int:
        return self.small.count

    @property
    def pixel_noise(self) -> float:
        """
        Standard deviation of a sample of one pixel.

        What the data show is too much where residuals of cosmic rays are many, and what ERR states may be anything:
        ERR counts between three quarters of what the data show and all of it.
        """
        shown = float(np.median(self.noise))
        if not self.settings.together:
            return shown
        stated = float(np.median(self.stated))
        return min(max(stated, _LEAST_NOISE * shown), shown) if np.isfinite(stated) else shown

    def to_reference(self, level: Any) -> tuple[Any, Any]:
        """Factor and then offset that take an exposure of some level, or several, to the reference level."""
        if self.scaling == "multiplicative":
            return self.reference / level, 0.0
        return 1.0, (self.reference - level if self.scaling == "additive" else 0.0)

    def at_level(self, sky: NDArray[np.floating], level: float) -> NDArray[np.floating]:
        """Return a sky of the reference level as it is at another one; a new array."""
        factor, offset = self.to_reference(level)
        result = np.multiply(sky, np.float32(1 / factor), dtype=np.float32)
        result -= np.float32(offset / factor)
        return result

    def block(self, index: int, *, side: int = 1) -> NDArray[np.float32]:
        """
        Return a row block of all exposures at the reference level, NaN under masks.

        Parameters
        ----------
        index : int
            Number of the block.
        side : int
            1 for full size; 2 or 4 for means of so many pixels squared.

        Returns
        -------
        ndarray of float32, shape (n, pixels)
        """
        spool = self.spool(side)
        values = spool.read_block(index)
        self._to_samples(values, slice(None), spool.rows(index), side=side)
        return values.reshape(len(values), -1)

    def spool(self, side: int) -> DiskStack:
        """Return the planes of a size, `side` as of `block`."""
        spool = {1: self.values, 2: self.small, 4: self.tiny}[side]
        if spool is None:
            raise ValueError("full-size values were not kept")
        return spool

    def band(self, index: int, rows: slice) -> NDArray[np.float32]:
        """Return rows of one exposure at full size as `block` does those of all; shape (rows, nx)."""
        values = self.spool(1).read_rows(index, rows)
        self._to_samples(values[None], slice(index, index + 1), rows, side=1)
        return values

    def _to_samples(self, values: NDArray[np.float32], which: slice, rows: slice, *, side: int) -> None:
        """Bring rows of some exposures, shape (k, rows, nx), to the reference level, in place; NaN under masks."""
        levels = self.levels[which, None, None]
        if self.settings.delta is not None:
            with np.errstate(invalid="ignore"):
                values[values > (levels + self.settings.delta).astype(np.float32)] = np.nan
        if self.light is not None:
            for own, index in zip(values, range(len(self))[which], strict=True):
                own -= self._light(index, side, rows, own.shape[1])
        blank(values, self._mask(which, side, rows))
        factor, offset = self.to_reference(levels)
        values *= np.asarray(factor, np.float32)
        values += np.asarray(offset, np.float32)

    def _light(self, index: int, side: int, rows: slice, width: int) -> NDArray[np.float32]:
        """Return rows of the light that moves with the sky in an exposure, in pixels of `side`."""
        assert self.light is not None
        return light_rows(self.light[index], self.light_side, side, rows, width)

    def offers(self, index: int) -> NDArray[np.bool_]:
        """Return True where an exposure is not under a source mask; shape (ny, nx)."""
        return ~self._mask(slice(index, index + 1), 1, slice(0, self.shape[0]))[0]

    def _mask(self, which: slice, side: int, rows: slice) -> NDArray[np.bool_]:
        """
        Return rows of the masks of some exposures, shape (k, rows, columns), in pixels of `side`.

        In 4 x 4 pixels it is right while it was found in those.
        """
        packed, width = self._masks[which], self.small.shape[1]
        if side > 1:
            return np.unpackbits(packed[:, :: side // 2][:, rows], axis=2, count=width)[
                ..., :: side // 2
            ].view(bool)
        part = packed[:, rows.start // 2 : (rows.stop + 1) // 2]
        mask = np.unpackbits(part, axis=2, count=width).view(bool)
        wide = unbinned(mask, (2 * mask.shape[1], self.shape[1]))
        return wide[:, rows.start % 2 :][:, : rows.stop - rows.start]

    def imager_part(self, like: NDArray[np.floating]) -> NDArray[np.bool_]:
        """Tell which pixels, of 2 x 2 or 4 x 4, are in the imager field."""
        return self.imager if like.shape == self.imager.shape else self.imager[::2, ::2]

    def residual(self, index: int, sky: NDArray[np.floating], side: int) -> NDArray[np.float32]:
        """Return an exposure in pixels of `side`, less light that moves and a sky of the reference level at its own."""
        values = self.spool(side).read(index)
        if self.settings.delta is not None:
            values[values > self.levels[index] + self.settings.delta] = np.nan
        if self.light is not None:
            values -= self._light(index, side, slice(0, values.shape[0]), values.shape[1])
        residual = self.at_level(sky, float(self.levels[index]))
        np.subtract(values, residual, out=residual)
        return residual.astype(np.float32, copy=False)

    def judge(
        self,
        index: int,
        sky: NDArray[np.floating],
        side: int,
        mask: NDArray[np.bool_],
        *,
        last: bool,
        residual: NDArray[np.float32] | None = None,
    ) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
        """
        Set mask, level, noise and structure of an exposure.

        Parameters
        ----------
        index : int
            The exposure.
        sky : ndarray of float, shape (ny, nx)
            Sky of the reference level, in pixels of `side`.
        side : int
            2 or 4.
        mask : ndarray of bool, shape (ny, nx)
            Its sources.
        last : bool
            Whether this is the last round.
        residual : ndarray of float32, shape (ny, nx), optional
            As of `residual`, where it is at hand.

        Returns
        -------
        rest : ndarray of float32
            The residual about its level.
        free : ndarray of bool
            Imager pixels without sources.
        """
        rest = self.residual(index, sky, side) if residual is None else residual
        if self.settings.sources:
            # where sources hid all sky last time there is nothing to compare with: they still do
            before = self._mask(slice(index, index + 1), side, slice(None))[0]
            mask = mask | (before & ~np.isfinite(sky))
        usable = self.imager_part(rest) & np.isfinite(rest)
        free = usable & ~mask
        if not free.any():
            free = usable
        level, sigma = robust_level(rest, free, _FINE if last else _ROUGH)
        base = self.reference if self.scaling == "none" else self.levels[index]
        self.levels[index] = base + level
        self.noise[index] = side * sigma
        self.masked[index] = float(np.mean(mask[usable])) if usable.any() else 0.0
        rest -= np.float32(level)
        if last:
            self.structure[index] = residual_structure(rest, free, sigma)
        self._masks[index] = np.packbits(mask if side == 2 else unbinned(mask, self.small.shape), axis=1)
        return rest, free
