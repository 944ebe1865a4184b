"""Three kinds of sky for calibrated exposures: a galaxy field, a crowded field and a nebula."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import RectBivariateSpline
from scipy.signal import fftconvolve

from miri_widgets.simulation.distortion import pixel_areas
from miri_widgets.simulation.instrument import FILTERS, FULL_SHAPE, PIXEL_ARCSEC
from miri_widgets.simulation.pointing import moved
from miri_widgets.simulation.psf import point_spread
from miri_widgets.simulation.scene import SR_PER_ARCSEC2
from miri_widgets.simulation.skymap import SkyMap

if TYPE_CHECKING:
    from astropy.table import Table

__all__ = ["KINDS", "SceneKind", "Sky", "peak_of_a_star"]

_COARSE = 8
_NEBULA_ARCSEC = 0.5


@dataclass(frozen=True)
class SceneKind:
    """
    What a kind of sky holds. Counts are per square arcsec, fluxes in microjansky at 7.7 micron, slopes of dN/dF.

    Attributes
    ----------
    stars, galaxies : float
        Numbers per square arcsec.
    star_flux, galaxy_flux : tuple of float
        Faintest, brightest, slope.
    bright : float
        Very bright stars per square arcsec, added to the others; at least one.
    nebula : float
        Mean surface brightness of the nebula in units of the sky level.
    """

    stars: float
    galaxies: float
    star_flux: tuple[float, float, float]
    galaxy_flux: tuple[float, float, float]
    bright: float
    nebula: float = 0.0


KINDS: Mapping[str, SceneKind] = {
    "sparse": SceneKind(0.0025, 0.025, (1.0, 2000.0, 1.4), (0.4, 200.0, 1.8), 1.5e-4),
    "crowded": SceneKind(0.25, 0.0015, (1.0, 5000.0, 1.75), (1.0, 100.0, 1.8), 3e-4),
    "extended": SceneKind(0.02, 0.001, (2.0, 4000.0, 1.5), (2.0, 100.0, 1.8), 2e-4, nebula=1.5),
}
"""Numbers as found on the sky with MIRI: some hundred galaxies or some thousand LMC stars per field."""


class Sky:
    """
    A catalogue and a nebula on the sky, and their noiseless image.

    Parameters
    ----------
    kind : str
        A key of `KINDS`.
    filter_name : str
        Filter.
    centre : tuple of float
        ICRS degrees.
    half : tuple of float
        Half sizes (east, north) in arcsec that all exposures lie in.
    bright_flux : float
        Least flux of a very bright star, microjansky.
    reach : float
        Distance of the very bright stars from the centre, arcsec, at most.
    seed : int
        Seed.
    """

    def __init__(
        self,
        kind: str,
        filter_name: str,
        centre: tuple[float, float],
        half: tuple[float, float],
        bright_flux: float,
        reach: float,
        seed: int,
    ) -> None:
        self.kind, self.filter, self.centre, self.half = KINDS[kind], filter_name, centre, half
        self.catalog = self._draw(np.random.default_rng([seed, 11]), bright_flux, reach)
        self._nebula = self._clouds(np.random.default_rng([seed, 12])) if self.kind.nebula else None
        self._stamps: dict[int, tuple[RectBivariateSpline, int]] = {}

    def _draw(self, rng: np.random.Generator, bright_flux: float, reach: float) -> Table:
        from astropy.table import Table

        kind, area = self.kind, 4 * self.half[0] * self.half[1]
        numbers = [round(kind.stars * area), round(kind.galaxies * area), max(1, round(kind.bright * area))]
        relative = FILTERS[self.filter].wavelength / FILTERS["F770W"].wavelength
        # photospheres fall with the wavelength squared, dusty galaxies do not
        flux = np.concatenate(
            [
                _power_law(rng.random(numbers[0]), *kind.star_flux) * relative**-1.8,
                _power_law(rng.random(numbers[1]), *kind.galaxy_flux) * relative**0.7,
                bright_flux * rng.uniform(1.3, 6.0, numbers[2]),
            ]
        )
        galaxy = np.repeat([False, True, False], numbers)
        east, north = (rng.uniform(-size, size, len(flux)) for size in self.half)
        east[-numbers[2] :] = rng.uniform(-reach, reach, numbers[2])
        north[-numbers[2] :] = rng.uniform(-reach, reach, numbers[2])
        ra, dec = moved(*self.centre, east, north)
        table = Table({"id": np.arange(1, len(flux) + 1), "ra": ra, "dec": dec})
        table["type"] = np.where(galaxy, "galaxy", "star")
        table["flux_ujy"] = flux
        table["radius"] = np.where(galaxy, 0.12 * rng.lognormal(0.6, 0.45, len(flux)).clip(0.8, 6), 0.0)
        table["axis_ratio"] = np.where(galaxy, rng.uniform(0.3, 1.0, len(flux)), 1.0)
        table["angle"] = np.where(galaxy, rng.uniform(0.0, np.pi, len(flux)), 0.0)
        return table

    def _clouds(self, rng: np.random.Generator) -> RectBivariateSpline:
        """Structure on 5 to 60 arcsec with the spectrum of turbulence, log-normal: filaments and voids."""
        axes = [np.arange(-size - 20, size + 20, _NEBULA_ARCSEC) for size in (self.half[1], self.half[0])]
        noise = rng.standard_normal([len(axis) for axis in axes])
        frequency = [np.fft.fftfreq(len(axis), _NEBULA_ARCSEC) for axis in axes]
        k = np.hypot(frequency[0][:, None], frequency[1])
        amplitude = np.where(k > 1 / 120, (k + 1 / 60) ** -1.6, 0) * np.exp(-((k * 5) ** 2))
        field = np.fft.ifft2(np.fft.fft2(noise) * amplitude).real
        cloud = np.exp(0.8 * field / field.std())
        return RectBivariateSpline(*axes, cloud / cloud.mean())

    def nebula(self, skymap: SkyMap, shape: tuple[int, int]) -> NDArray[np.float32]:
        """
        Return the nebula alone, MJy/sr, shape (ny, nx); smooth, so computed on a coarse grid.

        Parameters
        ----------
        skymap : SkyMap
            True WCS of the exposure.
        shape : tuple of int
            (ny, nx).
        """
        if self._nebula is None:
            return np.zeros(shape, np.float32)
        rows, columns = (np.arange(-_COARSE, length + 3 * _COARSE, _COARSE) for length in shape)
        y, x = np.meshgrid(rows, columns, indexing="ij")
        ra, dec = skymap.to_sky(x, y)
        east = ((ra - self.centre[0] + 180) % 360 - 180) * np.cos(np.deg2rad(self.centre[1])) * 3600
        coarse = self._nebula.ev((dec - self.centre[1]) * 3600, east)
        image = RectBivariateSpline(rows, columns, coarse)(np.arange(shape[0]), np.arange(shape[1]))
        return (image * self.kind.nebula * FILTERS[self.filter].sky).astype(np.float32)

    def positions(self, skymap: SkyMap) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """
        Return the 0-based pixels (x, y) of all sources, NaN far outside.

        Parameters
        ----------
        skymap : SkyMap
            True WCS of the exposure.
        """
        return skymap.to_pixel(self.catalog["ra"], self.catalog["dec"])

    def image(self, skymap: SkyMap, shape: tuple[int, int], minimum: float = 0.0) -> NDArray[np.float32]:
        """
        Return the sources without nebula, MJy/sr.

        Parameters
        ----------
        skymap : SkyMap
            True WCS of the exposure.
        shape : tuple of int
            (ny, nx).
        minimum : float
            Leave out sources below this flux, microjansky.

        Notes
        -----
        The detector counts surface brightness: a source of flux F adds F / (area of its pixel).
        """
        image = np.zeros(shape)
        x, y = self.positions(skymap)
        spread, sky = point_spread(self.filter), FILTERS[self.filter].sky
        flux, galaxy = np.asarray(self.catalog["flux_ujy"]), np.asarray(self.catalog["type"] == "galaxy")
        totals = self._totals(flux, x, y, skymap.corner)
        reach = np.clip(8 * (totals / sky / 10) ** (1 / 3), 13, spread.half_width)
        seen = (
            (flux >= minimum) & (x > -reach) & (x < shape[1] + reach) & (y > -reach) & (y < shape[0] + reach)
        )
        for index in np.flatnonzero(seen):
            if galaxy[index]:
                self._add_galaxy(image, int(index), x[index], y[index], totals[index])
            else:
                spread.add(image, x[index], y[index], totals[index], int(reach[index]))
        return image.astype(np.float32)

    def _totals(self, flux: NDArray, x: NDArray, y: NDArray, corner: tuple[int, int]) -> NDArray[np.float64]:
        """MJy/sr summed over pixels."""
        column = np.clip(np.nan_to_num(np.rint(x + corner[0])), 0, FULL_SHAPE[1] - 1).astype(int)
        row = np.clip(np.nan_to_num(np.rint(y + corner[1])), 0, FULL_SHAPE[0] - 1).astype(int)
        return flux * 1e-12 / (pixel_areas()[row, column] * SR_PER_ARCSEC2)

    def _add_galaxy(self, image: NDArray, index: int, x: float, y: float, total: float) -> None:
        if index not in self._stamps:
            source = self.catalog[int(index)]
            self._stamps[index] = _galaxy_stamp(
                self.filter, source["radius"] / PIXEL_ARCSEC, source["axis_ratio"], source["angle"]
            )
        spline, half = self._stamps[index]
        x0, x1 = max(round(x) - half, 0), min(round(x) + half + 1, image.shape[1])
        y0, y1 = max(round(y) - half, 0), min(round(y) + half + 1, image.shape[0])
        if x0 < x1 and y0 < y1:
            image[y0:y1, x0:x1] += total * spline(np.arange(y0, y1) - y, np.arange(x0, x1) - x)


def peak_of_a_star(filter_name: str) -> float:
    """
    Return the brightest pixel of a star of one microjansky, MJy/sr.

    Parameters
    ----------
    filter_name : str
        Name of the filter, such as ``F770W``.
    """
    area = float(np.median(pixel_areas())) * SR_PER_ARCSEC2
    return float(point_spread(filter_name).on_pixels(0)[0, 0]) * 1e-12 / area


def _galaxy_stamp(
    filter_name: str, radius: float, axis_ratio: float, angle: float
) -> tuple[RectBivariateSpline, int]:
    """Exponential disk, half of its light within `radius` pixels, seen through the telescope; sum over pixels 1."""
    fine = 2
    half = int(np.clip(8 + 6 * radius, 12, 45))
    axis = np.arange(-(half + 1) * fine, (half + 1) * fine + 1) / fine
    # five samples per step: a steep centre is not lost between the samples
    offsets = (np.arange(5) - 2) / (5 * fine)
    dense = (axis[:, None] + offsets).ravel()
    v, u = np.meshgrid(dense, dense, indexing="ij")
    along = u * np.cos(angle) + v * np.sin(angle)
    across = (-u * np.sin(angle) + v * np.cos(angle)) / axis_ratio
    profile = np.exp(-1.678 * np.hypot(along, across) / radius)
    profile = profile.reshape(len(axis), 5, len(axis), 5).sum((1, 3))
    stamp = fftconvolve(profile / profile.sum(), _spread_samples(filter_name, fine), mode="same")
    return RectBivariateSpline(axis, axis, stamp), half


@lru_cache(maxsize=18)
def _spread_samples(filter_name: str, fine: int) -> NDArray[np.float64]:
    """PSF, integrated over a pixel, every 1/`fine` pixel out to 20 pixels."""
    axis = np.arange(-20 * fine, 20 * fine + 1) / fine
    return point_spread(filter_name).sampled(axis)


def _power_law(draw: NDArray, low: float, high: float, slope: float) -> NDArray[np.float64]:
    power = 1 - slope
    return (low**power + draw * (high**power - low**power)) ** (1 / power)
