"""Light on the sky: points, galaxies, halos, cirrus and nebulae, drawn on one fine plane and seen by every exposure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from material import PIXEL, SAMPLING, nebula_texture, point_spread
from numpy.typing import NDArray
from scipy.ndimage import spline_filter, uniform_filter
from scipy.signal import fftconvolve

__all__ = ["KINDS", "Plane", "disc"]

Array = NDArray[np.float64]


@dataclass(eq=False)
class Plane:
    """
    Light on a square of the sky.

    Attributes
    ----------
    side : int
        Samples along a side, each `SAMPLING` wide.
    filter : str
        Filter, whose PSF blurs all light.
    sigma : float
        Noise of a pixel in MJy/sr: brightnesses are given in it.
    sharp : ndarray, shape (side, side)
        Light before the PSF, MJy/sr.
    points : list of (x, y, flux)
        Point sources: samples, and flux in MJy/sr times pixels.
    """

    side: int
    filter: str
    sigma: float
    sharp: Array = field(init=False)
    points: list[tuple[float, float, float]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.sharp = np.zeros((self.side, self.side))

    @property
    def arcsec(self) -> tuple[Array, Array]:
        """Distance of each row, shape (side, 1), and column, shape (1, side), from the middle, arcsec."""
        axis = (np.arange(self.side) - (self.side - 1) / 2) * SAMPLING
        return axis[:, None], axis[None, :]

    def point(self, x: float, y: float, flux: float) -> None:
        """Add a point: position in samples, flux in MJy/sr times pixels, split over four samples."""
        self.points.append((x, y, flux))
        column, row = int(np.floor(x)), int(np.floor(y))
        fx, fy = x - column, y - row
        share = flux * (PIXEL / SAMPLING) ** 2
        for dy, wy in ((0, 1 - fy), (1, fy)):
            for dx, wx in ((0, 1 - fx), (1, fx)):
                if 0 <= row + dy < self.side and 0 <= column + dx < self.side:
                    self.sharp[row + dy, column + dx] += share * wx * wy

    def sersic(
        self, x: float, y: float, *, half_light: float, index: float, flux: float, axis: float, angle: float
    ) -> None:
        """Add a galaxy: position in samples, half-light radius in arcsec, flux in MJy/sr times pixels."""
        scale = half_light / SAMPLING
        reach = int(min(8 * scale + 12, self.side))
        rows = slice(max(int(y) - reach, 0), min(int(y) + reach + 1, self.side))
        columns = slice(max(int(x) - reach, 0), min(int(x) + reach + 1, self.side))
        if rows.start >= rows.stop or columns.start >= columns.stop:
            return
        dy, dx = np.mgrid[rows, columns].astype(float)
        dy, dx = dy - y, dx - x
        along, across = dx * np.cos(angle) + dy * np.sin(angle), dy * np.cos(angle) - dx * np.sin(angle)
        radius = np.sqrt(axis * along**2 + across**2 / axis) / scale
        b = 2 * index - 1 / 3 + 0.009876 / index  # Prugniel and Simien (1997)
        profile = np.exp(-b * (np.maximum(radius, 0.3 / scale) ** (1 / index) - 1))
        whole = _sersic_sum(index, b) * scale**2
        self.sharp[rows, columns] += flux * (PIXEL / SAMPLING) ** 2 * profile / whole

    def seen(self) -> Array:
        """Return the coefficients of cubic splines of the light as pixels see it: blurred by PSF and pixel."""
        blurred = fftconvolve(self.sharp, point_spread(self.filter), mode="same")
        pixel = round(PIXEL / SAMPLING)
        # an even box lies half a sample off the middle: the mean of both ways does not
        first = uniform_filter(blurred, pixel, origin=0)
        second = uniform_filter(blurred, pixel, origin=-1)
        return spline_filter(0.5 * (first + second), order=3)


def _sersic_sum(index: float, b: float) -> float:
    """Integral of a profile whose value is 1 at a half-light radius of 1."""
    radius = np.geomspace(1e-5, 40, 4000)
    return float(
        np.trapezoid(2 * np.pi * radius**2 * np.exp(-b * (radius ** (1 / index) - 1)), np.log(radius))
    )


def disc(plane: Plane, x: float, y: float, half_light: float, peak: float) -> None:
    """Add an exponential disc, seen from above; `peak` is its mean brightness within half its light, in sigma."""
    flux = 2 * peak * plane.sigma * np.pi * (half_light / PIXEL) ** 2
    plane.sersic(x, y, half_light=half_light, index=1.0, flux=flux, axis=1.0, angle=0.0)


def _field_sources(plane: Plane, rng: np.random.Generator, per_arcmin: float, stars: float = 0.3) -> None:
    """Points and galaxies whose number falls with flux to the power 1.5, most of them below detection."""
    area = (plane.side * SAMPLING / 60) ** 2
    for _ in range(rng.poisson(per_arcmin * area)):
        x, y = rng.uniform(0, plane.side, 2)
        flux = plane.sigma * min(1.0 * rng.uniform(1e-6, 1) ** (-1 / 1.5), 3e4)
        if rng.uniform() < stars:
            plane.point(x, y, flux)
        else:
            plane.sersic(
                x, y, half_light=10 ** rng.uniform(-1, 0), index=rng.choice([0.8, 1.0, 1.5, 2.5, 4.0]),
                flux=3 * flux, axis=rng.uniform(0.3, 1), angle=rng.uniform(0, np.pi),
            )  # fmt: skip


def sparse(plane: Plane, rng: np.random.Generator) -> None:
    """A deep field: most sources lie below detection."""
    _field_sources(plane, rng, 900)


def crowded(plane: Plane, rng: np.random.Generator) -> None:
    """Stars of a nearby galaxy: about one per beam above a sigma."""
    area = (plane.side * SAMPLING / 60) ** 2
    for _ in range(rng.poisson(7000 * area)):
        x, y = rng.uniform(0, plane.side, 2)
        plane.point(x, y, plane.sigma * min(2.0 * rng.uniform(1e-6, 1) ** (-1 / 1.1), 1e5))


def cluster(plane: Plane, rng: np.random.Generator) -> None:
    """A central galaxy with a halo of 9 to 12 arcsec and intracluster light of 20, members, and a deep field."""
    middle = plane.side / 2 + rng.uniform(-60, 60, 2)
    sigma, pixel = plane.sigma, PIXEL

    def flux(half_light: float, mean: float) -> float:
        return 2 * mean * sigma * np.pi * (half_light / pixel) ** 2

    for half_light, index, mean in (
        (1.5, 4.0, 20.0),
        (rng.uniform(4, 5.5), 1.2, 2.5),
        (rng.uniform(9, 12), 1.0, 0.45),
    ):
        plane.sersic(
            *middle,
            half_light=half_light,
            index=index,
            flux=flux(half_light, mean),
            axis=rng.uniform(0.7, 0.95),
            angle=0.6,
        )
    for _ in range(40):
        x, y = middle + rng.normal(0, 8 / SAMPLING, 2)
        half_light = 10 ** rng.uniform(-0.7, 0.1)
        plane.sersic(
            x, y, half_light=half_light, index=2.5, flux=flux(half_light, 10 ** rng.uniform(-0.5, 1)),
            axis=rng.uniform(0.4, 1), angle=rng.uniform(0, np.pi),
        )  # fmt: skip
    _field_sources(plane, rng, 500)


def cirrus(plane: Plane, rng: np.random.Generator) -> None:
    """Dust of the Galaxy: a random field whose power falls as the cube of the wave number, over a deep field."""
    frequency = np.hypot(np.fft.fftfreq(plane.side)[:, None], np.fft.fftfreq(plane.side)[None])
    frequency[0, 0] = np.inf
    # structure wider than the field is a level, which no exposure can tell from sky
    amplitude = frequency**-1.5 * (frequency * plane.side > 1.5)
    waves = np.fft.ifft2(np.fft.fft2(rng.standard_normal((plane.side, plane.side))) * amplitude).real
    waves = np.exp(0.5 * waves / waves.std())
    waves -= np.quantile(waves, 0.02)
    plane.sharp += 0.5 * plane.sigma * np.maximum(waves, 0) / waves.std()
    _field_sources(plane, rng, 600)


def nebula(plane: Plane, rng: np.random.Generator) -> None:
    """A bright nebula over part of the field, with stars."""
    y, x = plane.arcsec
    edge = 1 / (1 + np.exp(-(x * np.cos(0.5) + y * np.sin(0.5) - 4) / 4))
    plane.sharp += 6 * plane.sigma * edge * nebula_texture(plane.side, int(rng.integers(1000)))
    _field_sources(plane, rng, 300, stars=0.9)


def saturated(plane: Plane, rng: np.random.Generator) -> None:
    """Two stars far above saturation, with their spikes, in a deep field."""
    for flux in (2e5, 5e4):
        x, y = plane.side / 2 + rng.uniform(-0.25, 0.25, 2) * plane.side
        plane.point(x, y, flux * plane.sigma)
    _field_sources(plane, rng, 700)


def galaxies(plane: Plane, rng: np.random.Generator) -> None:
    """Large galaxies of low brightness, half-light radii of 2.5 to 8 arcsec, in a deep field."""
    for half_light, mean in ((8, 0.6), (7, 1.0), (5, 0.8), (3, 2.0), (2.5, 4.0)):
        x, y = plane.side / 2 + rng.uniform(-0.3, 0.3, 2) * plane.side
        flux = 2 * mean * plane.sigma * np.pi * (half_light / PIXEL) ** 2
        plane.sersic(
            x, y, half_light=half_light, index=1.0, flux=flux, axis=rng.uniform(0.5, 1), angle=rng.uniform(0, np.pi)
        )  # fmt: skip
    _field_sources(plane, rng, 700)


KINDS: dict[str, Callable[[Plane, np.random.Generator], None]] = {
    one.__name__: one for one in (sparse, crowded, cluster, cirrus, nebula, saturated, galaxies)
}
"""What can be in the field, by name."""
