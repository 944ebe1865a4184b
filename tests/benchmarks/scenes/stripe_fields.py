"""Single exposures with offsets of rows and columns over bright galaxies, faint fields and nebulae, and their truth."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from catalogue import SCENES
from detector import slow_rows
from material import PIXEL
from numpy.typing import NDArray
from scene import Scene, make_scene

from miri_widgets.core.exposure_arrays import ExposureArrays

__all__ = ["FIELDS", "StripeField", "StripedExposure", "striped_exposures"]

STRIPES = 1.0
"""Rms of the offsets of columns, and of rows, in the noise of a pixel: notebooks leave 0.15 of them over a galaxy."""

FLICKER = 0.4
"""Rms of slow noise of rows, in the noise of a pixel."""

SHAPE = (1024, 1032)
"""All of the detector: galaxies of 20 arcsec fill a part of it."""

SKY_LEFT = 0.1
"""Rms of what a sky subtraction leaves of the pattern, in the noise of a pixel."""


@dataclass(frozen=True)
class StripeField:
    """
    A kind of field.

    Attributes
    ----------
    kind : str
        Key of `light.KINDS`: what else is in the field.
    filter : str
        Filter.
    galaxies : tuple of (mean, half_light, index, axis)
        Mean brightness within half the light in sigma, half-light radius in arcsec, Sersic index, axis ratio.
    flicker : float or None
        None for independent offsets of columns and of rows; else rows have slow noise, and columns independent offsets
        of this rms, in the noise of a pixel.
    """

    kind: str
    filter: str
    galaxies: tuple[tuple[float, float, float, float], ...] = ()
    flicker: float | None = None


FIELDS = {
    "galaxy_40_14": StripeField("sparse", "F770W", ((40.0, 14.0, 1.0, 0.9),)),
    "galaxy_80_10": StripeField("sparse", "F770W", ((80.0, 10.0, 1.0, 0.6),)),
    "galaxy_40_20": StripeField("sparse", "F1500W", ((40.0, 20.0, 1.0, 0.8),)),
    "galaxy_60_12": StripeField("sparse", "F1500W", ((60.0, 12.0, 2.0, 0.5),)),
    "flicker": StripeField("sparse", "F770W", flicker=0.5),
    "flicker_long": StripeField("sparse", "F1500W", flicker=0.5),
    "rows_alone": StripeField("sparse", "F770W", flicker=0.0),
    "crowded": StripeField("crowded", "F770W"),
    "cirrus": StripeField("cirrus", "F770W"),
    "nebula": StripeField("nebula", "F1500W"),
}
"""The fields by name."""


@dataclass(frozen=True, eq=False)
class StripedExposure:
    """
    An exposure and its truth.

    Attributes
    ----------
    exposure : ExposureArrays
        With stripes.
    offset : ndarray, shape (ny, nx)
        Offsets of rows and columns, MJy/sr.
    light : ndarray, shape (ny, nx)
        What the sky shows, MJy/sr.
    sigma : float
        Noise of a pixel that sees the sky alone.
    """

    exposure: ExposureArrays
    offset: NDArray[np.float64]
    light: NDArray[np.float32]
    sigma: float


def striped_exposures(name: str, seeds: range, shape: tuple[int, int] = SHAPE) -> Iterator[StripedExposure]:
    """
    Draw exposures of a field.

    Parameters
    ----------
    name : str
        Key of `FIELDS`.
    seeds : range
        One exposure for each.
    shape : tuple of int
        (ny, nx).
    """
    kind = FIELDS[name]
    for seed in seeds:
        spec = replace(
            SCENES["sparse"], name=name, kind=kind.kind, filter=kind.filter, dithers=1, step=1.0, seed=seed, shape=shape,
        )  # fmt: skip
        field = make_scene(spec)
        rng = np.random.default_rng([seed, 41])
        _add_galaxies(field, kind, rng)
        pattern = field.pattern[0] - field.pattern[0].mean()
        left = SKY_LEFT * field.sigma / pattern.std() * pattern
        offset = _offsets(kind, shape, rng) * field.sigma
        added = (offset + left - field.pattern[0]).astype(np.float32)
        exposure = field.exposures(0, [added])[0]
        yield StripedExposure(exposure, offset, field.light[0], field.sigma)


def _add_galaxies(field: Scene, kind: StripeField, rng: np.random.Generator) -> None:
    plane = field.empty_plane()
    for mean, half_light, index, axis in kind.galaxies:
        x, y = plane.side / 2 + rng.uniform(-0.12, 0.12, 2) * plane.side
        flux = 2 * mean * plane.sigma * np.pi * (half_light / PIXEL) ** 2
        plane.sersic(
            x, y, half_light=half_light, index=index, flux=flux, axis=axis, angle=rng.uniform(0, np.pi)
        )  # fmt: skip
    if kind.galaxies:
        field.light[0] = field.light[0] + field.light_of(plane)[0]


def _offsets(kind: StripeField, shape: tuple[int, int], rng: np.random.Generator) -> NDArray[np.float64]:
    """Offsets of rows and columns in the noise of a pixel."""
    if kind.flicker is not None:
        return slow_rows(shape, rng, FLICKER) + kind.flicker * rng.standard_normal((1, shape[1]))
    return STRIPES * (rng.standard_normal((1, shape[1])) + rng.standard_normal((shape[0], 1)))
