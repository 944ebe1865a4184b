"""One area of an exposure while its stripes are measured: the imager field, or the coronagraphs."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from miri_widgets.core.areas import IMAGER_COLUMN
from miri_widgets.core.exposure_arrays import ExposureArrays
from miri_widgets.core.levels.surfaces import has_emission, smooth_surface
from miri_widgets.core.stacks.source_masks import source_mask
from miri_widgets.core.stripes.profiles import (
    Bands,
    Offsets,
    band_edges,
    common_offsets,
    levels_of_bands,
    location,
    rough_rms,
)

__all__ = ["StripeArea", "areas_of", "powers"]

_ROUNDS = 3
_GROW = 1.0  # of masks, FWHM; wider ones cost pixels that a profile needs
_FINE = (16.0, 10.0, 6.0, 6.0)
_NARROWEST = 16  # columns of an area that can be told from its emission


class StripeArea:
    """
    One area of an exposure while its stripes are measured.

    Parameters
    ----------
    sci : ndarray of float32, shape (ny, nx)
        Any unit. Not modified.
    good : ndarray of bool, shape (ny, nx)
        True where a pixel may be used. Not modified.
    fwhm : float
        FWHM of the PSF, pixels.
    nsigma : float
        Sources are masked above this many standard deviations.
    least : int
        Columns and rows with fewer pixels are left alone.

    Attributes
    ----------
    use : ndarray of bool, shape (ny, nx)
        `good` pixels without sources.
    columns, rows : Offsets
        What was found.
    emission : bool
        Whether emission fills the area.
    """

    def __init__(
        self, sci: NDArray[np.float32], good: NDArray[np.bool_], fwhm: float, nsigma: float, least: int
    ) -> None:
        self.sci, self.good, self.fwhm, self.nsigma, self.least = sci, good, fwhm, nsigma, least
        self.use = good
        ny, nx = sci.shape
        self.columns, self.rows = Offsets.none(nx), Offsets.none(ny)
        self.surface = np.zeros(sci.shape, np.float32)
        self.alone = 0
        self.emission = False

    @property
    def offset(self) -> NDArray[np.float32]:
        """Columns and rows together, shape (ny, nx)."""
        return (self.columns.value[None, :] + self.rows.value[:, None]).astype(np.float32)

    @property
    def variance(self) -> NDArray[np.float32]:
        """Variance of `offset`, shape (ny, nx)."""
        return (self.columns.err[None, :] ** 2 + self.rows.err[:, None] ** 2).astype(np.float32)

    def fit(self, *, columns: bool, rows: bool, scale: float, adaptive: bool) -> None:
        """
        Measure; the first time without knowing sources, whose edges would hide the strongest stripes.

        Parameters
        ----------
        columns : bool
            Measure the offsets of columns.
        rows : bool
            Measure the offsets of rows.
        scale : float
            Structure wider than this, pixels, is sky.
        adaptive : bool
            Follow wide structure only as far as the profile shows it; else all that is wider than the scale is sky.
        """
        if not self.good.any():
            return
        for turn in range(_ROUNDS):  # each turn frees the columns of the rows, and both of sources
            clean = self.sci - self.offset
            self.surface = smooth_surface(clean, self.use)
            if turn:
                self._find_sources(clean)
                self.surface = smooth_surface(clean, self.use, scales=_FINE if self.emission else ())
            flat = np.where(self.use, clean - self.surface, np.float32(np.nan))
            self.alone = 0
            if columns:
                before = self.columns.value
                self.columns = self._common(flat.T, self.surface.T, before, scale, adaptive)
                flat -= (self.columns.value - before).astype(np.float32)
            if rows:
                self.rows = self._common(flat, self.surface, self.rows.value, scale, adaptive)

    def _find_sources(self, clean: NDArray[np.float32]) -> None:
        """Mask sources, and return whether there is emission that boxes are too coarse for."""
        if self.emission:
            self.surface = smooth_surface(clean, self.use, scales=_FINE)
        flat = np.where(self.good, clean - self.surface, np.float32(np.nan))
        self.use = self.good & ~source_mask(flat, fwhm=self.fwhm, threshold=self.nsigma, grow=_GROW)
        self.emission = self.emission or has_emission(flat, self.use)

    def _common(
        self, flat: NDArray, surface: NDArray, before: NDArray, scale: float, adaptive: bool
    ) -> Offsets:
        edges = band_edges(flat.shape[1], least=self.least)
        bands = levels_of_bands(flat, edges, least=self.least)
        under = np.array([surface[:, low:high].mean(axis=1) for low, high in pairwise(edges)])
        bands = Bands(bands.level + under, bands.count)
        offsets = common_offsets(bands, before, scale=scale, adaptive=adaptive, emission=self.emission)
        self.alone += int(np.count_nonzero(~offsets.known))
        return offsets

    def facts(self) -> dict[str, Any]:
        """Return small numbers for the record: rms of profiles before and after, what was masked and left alone."""
        flat = np.where(self.use, self.sci - self.surface, np.float32(np.nan))
        strengths = powers(flat) + powers(flat - self.offset)
        names = ("column_power_before", "row_power_before", "column_power_after", "row_power_after")
        return {
            **dict(zip(names, strengths, strict=True)),
            "emission": self.emission,
            "column_emission": self.columns.emission,
            "row_emission": self.rows.emission,
            "masked_fraction": float(1.0 - self.use.sum() / max(self.good.sum(), 1)),
            "left_alone": self.alone,
        }


def powers(flat: NDArray[np.float32]) -> tuple[float | None, float | None]:
    """
    Return the rms of the levels of columns and of rows, without what is wider than 20 pixels.

    Parameters
    ----------
    flat : ndarray of float32, shape (ny, nx)
        Exposure minus a smooth surface; NaN where a pixel does not count. Not modified.
    """
    columns, rows = (rough_rms(location(np.ascontiguousarray(image))[0]) for image in (flat.T, flat))
    return columns, rows


def areas_of(exposure: ExposureArrays, coronagraphs: str) -> dict[str, slice]:
    """
    Return the columns of the imager field and of the coronagraphs, by name, where an exposure has any.

    Parameters
    ----------
    exposure : ExposureArrays
        The exposure. Not modified.
    coronagraphs : str
        "own", or "leave" to have the imager field alone.
    """
    nx = exposure.shape[1]
    edge = int(np.clip(IMAGER_COLUMN - exposure.corner[0], 0, nx))
    areas = {"imager": slice(edge, nx), "coronagraphs": slice(0, edge)}
    if coronagraphs == "leave":
        del areas["coronagraphs"]
    return {name: area for name, area in areas.items() if area.stop - area.start >= _NARROWEST}
