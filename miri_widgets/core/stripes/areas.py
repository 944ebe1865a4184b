"""One area of an exposure while its stripes are measured: the imager field, or the coronagraphs."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from miri_widgets.core.areas import IMAGER_COLUMN
from miri_widgets.core.exposure_arrays import ExposureArrays
from miri_widgets.core.levels.exposure_level import robust_sigma
from miri_widgets.core.levels.surfaces import has_emission, smooth_surface
from miri_widgets.core.stacks.source_masks import source_mask
from miri_widgets.core.stripes.joint_offsets import AxisOffsets, joint_offsets
from miri_widgets.core.stripes.profiles import (
    HUBER,
    Bands,
    Offsets,
    band_edges,
    common_offsets,
    levels_of_bands,
    location,
    rough_rms,
)
from miri_widgets.core.stripes.sky_roughness import sky_roughness
from miri_widgets.core.stripes.sky_splines import SkySplines

__all__ = ["StripeArea", "areas_of", "powers"]

_ROUNDS = 3
_GROW = 1.0  # of masks, FWHM; wider ones cost pixels that a profile needs
_FINE = (16.0, 10.0, 6.0, 6.0)
_JOINT_ROUNDS = 2
_JOINT_GROW = 0.5  # of masks, FWHM: what is beside a mask is held off by its weight
_FARTHEST = 4.0  # standard deviations: pixels beyond do not count
_PROFILE_SCALE = 60.0  # pixels: of profiles that stand in for the joint estimate, whatever its parameter says
_SHORTEST = 8  # pixels: a side of an area with fewer has no sky and no offsets to tell apart
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
        self.power: dict[str, dict[str, float]] = {}
        self.joint_sky = self.surface

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

    def fit_jointly(self, *, columns: bool, rows: bool) -> None:
        """
        Measure offsets and sky together, by generalised least squares; the scale of the sky comes from the exposure.

        Parameters
        ----------
        columns : bool
            Measure the offsets of columns.
        rows : bool
            Measure the offsets of rows.

        Notes
        -----
        Quick profiles come first, since sources are found only without stripes; then `joint_offsets`, twice. Where
        emission is finer than the splines of the sky, profiles of bands are taken instead, which leave it alone.
        """
        if not self.good.any() or min(self.sci.shape) < _SHORTEST:
            return
        self._quick_profiles(columns=columns, rows=rows)
        splines, sky = SkySplines(self.sci.shape), self.surface
        for _ in range(_JOINT_ROUNDS):
            rest = self.sci - self.offset - sky
            self.use = self.good & ~self._sources(rest)
            noise = robust_sigma(rest[self.use]) if self.use.any() else 0.0
            longest = max(np.count_nonzero(self.use, axis=axis).max() for axis in (0, 1))
            if not noise > 0 or longest < self.least:
                self.columns, self.rows = (Offsets.none(n) for n in self.sci.shape[::-1])
                return
            self.surface = sky
            self._solve(splines, rest, noise, columns=columns, rows=rows)
            sky = self.joint_sky
        rest = np.where(self.good, self.sci - self.offset - sky, np.float32(np.nan))
        self.surface = sky
        if has_emission(rest, self.use):
            ny, nx = self.sci.shape
            self.use, self.power = self.good, {}
            self.columns, self.rows = Offsets.none(nx), Offsets.none(ny)
            self.fit(columns=columns, rows=rows, scale=_PROFILE_SCALE, adaptive=True)

    def _quick_profiles(self, *, columns: bool, rows: bool) -> None:
        """Offsets finer than the boxes of the surface, which sources are found beside."""
        for turn in range(2):
            clean = self.sci - self.offset
            self.surface = smooth_surface(clean, self.use)
            if turn:
                self.use = self.good & ~self._sources(clean - self.surface)
                self.surface = smooth_surface(clean, self.use)
            flat = np.where(self.use, clean - self.surface, np.float32(np.nan))
            if columns:
                more = np.nan_to_num(location(np.ascontiguousarray(flat.T))[0])
                self.columns = Offsets(self.columns.value + more, self.columns.err, 0, self.columns.known)
                flat = flat - more.astype(np.float32)
            if rows:
                more = np.nan_to_num(location(flat)[0])
                self.rows = Offsets(self.rows.value + more, self.rows.err, 0, self.rows.known)

    def _sources(self, rest: NDArray[np.float32]) -> NDArray[np.bool_]:
        flat = np.where(self.good, rest, np.float32(np.nan))
        return source_mask(flat, fwhm=self.fwhm, threshold=self.nsigma, grow=_JOINT_GROW)

    def _solve(
        self, splines: SkySplines, rest: NDArray[np.float32], noise: float, *, columns: bool, rows: bool
    ) -> None:
        clean = np.where(self.use, self.sci - self.offset, np.float32(0))
        roughness = sky_roughness(clean, self.use, noise, splines.rows, splines.columns)
        weight = self._weights(rest, noise)
        start = {
            axis: offsets.value
            for axis, offsets in ((0, self.rows), (1, self.columns))
            if (rows, columns)[axis]
        }
        solved, sky = joint_offsets(self.sci, weight, splines, roughness, start)
        self.alone, self.joint_sky = 0, sky.astype(np.float32)
        self.power = {("rows", "columns")[axis]: offsets.facts for axis, offsets in solved.items()}
        if columns:
            self.columns = self._kept(solved[1], 0)
        if rows:
            self.rows = self._kept(solved[0], 1)

    def _weights(self, rest: NDArray[np.float32], noise: float) -> NDArray[np.float64]:
        """Inverse variances that hold outliers off, and whose sums are those of the means that they make."""
        far = np.where(self.use, np.abs(rest) / noise, np.inf)
        weight = np.where(far < _FARTHEST, np.minimum(1.0, HUBER / np.maximum(far, 1e-30)), 0.0)
        inside = np.count_nonzero(far < HUBER)
        squares = float(np.sum((weight[weight > 0] * far[weight > 0]) ** 2)) * noise**2
        return np.asarray(weight * inside**2 / (squares * float(weight.sum())))

    def _kept(self, offsets: AxisOffsets, axis: int) -> Offsets:
        """Offsets of lines with enough pixels; the others are left alone."""
        known = np.count_nonzero(self.use, axis=axis) >= self.least
        self.alone += int(np.count_nonzero(~known))
        return Offsets(
            np.where(known, offsets.value, 0.0), np.where(known, np.sqrt(offsets.variance), 0.0), 0, known
        )

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
            "power": self.power,
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
