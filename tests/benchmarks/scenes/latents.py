"""Raw ramps of stars, the after-images that they leave in later exposures, and what is really there: arrays alone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from material import SAMPLING, point_spread, sky_level
from numpy.typing import NDArray
from scene import GAIN, PHOTMJSR, READ_NOISE
from scipy.ndimage import map_coordinates

__all__ = ["LatentExposure", "latent_program"]

SHAPE = (256, 256)
PIXEL = 0.11
FULL_WELL = 52000.0  # DN above the pedestal
PEDESTAL = 9000.0
GROUP_SECONDS = 2.775
SATURATED = 2


@dataclass(frozen=True, eq=False)
class LatentExposure:
    """
    One exposure.

    Attributes
    ----------
    filter : str
        Filter.
    start : float
        MJD.
    ramp : ndarray of float32, shape (1, ngroups, ny, nx)
        DN.
    groupdq : ndarray of uint8, shape (1, ngroups, ny, nx)
        Saturated groups.
    positive, negative : ndarray of float32, shape (ny, nx)
        Rate of after-images, over the noise of the rate of a pixel that sees the sky.
    """

    filter: str
    start: float
    ramp: NDArray[np.float32]
    groupdq: NDArray[np.uint8]
    positive: NDArray[np.float32]
    negative: NDArray[np.float32]


def latent_program(
    seed: int, filters: tuple[str, ...] = ("F770W", "F1500W"), dithers: int = 4
) -> list[LatentExposure]:
    """
    Draw a program: the same stars in several filters and dithers, with a break of an hour between filters.

    Parameters
    ----------
    seed : int
        Of everything that is drawn.
    filters : tuple of str
        In the order of time.
    dithers : int
        Exposures in each.

    Notes
    -----
    Charge above six tenths of the well is trapped, three to six thousandths of it, and released with two time constants
    (3 and 25 minutes). Pixels that would have filled their well 1.2 to 2 times over respond less by up to 1.7 per cent,
    a tenth of it after 5.2 hours (a deficit of 1.69 per cent after 12 minutes: arXiv 2512.15477).
    """
    rng = np.random.default_rng([seed, 31])
    trapped_share, deep = rng.uniform(0.003, 0.006), rng.uniform(1.2, 2.0)
    count = int(rng.integers(15, 30))
    places = rng.uniform(-20, SHAPE[0] + 20, (count, 2))
    # DN/s in all of the PSF: a few stars that saturate, as in a sparse field
    fluxes = np.minimum(3e3 * rng.random(count) ** -1.2, 5e5)
    start, exposures = 60000.0, []
    trapped: list[tuple[float, NDArray, NDArray]] = []
    for name in filters:
        number = int(rng.integers(20, 45)) if name == "F770W" else int(rng.integers(15, 30))
        seconds = number * GROUP_SECONDS
        sky = sky_level(name) / PHOTMJSR[name]
        noise = np.sqrt(sky * seconds / GAIN + 2 * READ_NOISE**2) / seconds
        for _ in range(dithers):
            step = rng.normal(0, 25, 2)
            rate = sky + _stars(places + step, fluxes * (1.0 if name == "F770W" else 0.3), name)
            positive, negative = np.zeros(SHAPE), np.zeros(SHAPE)
            for end, charge, wells in trapped:
                age = (start - end) * 86400
                for share, tau in ((0.7, 180.0), (0.3, 1500.0)):
                    positive += share * charge * np.exp(-age / tau) * (1 - np.exp(-seconds / tau)) / seconds
                lost = 0.017 * np.clip((wells - deep) / deep, 0, 1) * 10 ** (-age / 3600 / 5.2)
                negative += lost * rate
            seen = rate + positive - negative
            exposures.append(_exposure(name, start, seen, number, positive / noise, negative / noise, rng))
            collected = np.minimum(rate * seconds, FULL_WELL)
            end = start + seconds / 86400
            trapped.append(
                (
                    end,
                    trapped_share * np.maximum(collected - 0.6 * FULL_WELL, 0) / 0.4,
                    rate * seconds / FULL_WELL,
                )
            )
            start = end + 60 / 86400
        start += float(rng.uniform(0.3, 1.2)) / 24
    return exposures


def _stars(places: NDArray, fluxes: NDArray, name: str) -> NDArray[np.float64]:
    psf = point_spread(name)
    middle, ratio = psf.shape[0] // 2, PIXEL / SAMPLING
    image = np.zeros(SHAPE)
    reach = int(middle / ratio)
    for (y, x), flux in zip(places, fluxes, strict=True):
        rows = np.arange(max(int(y) - reach, 0), min(int(y) + reach, SHAPE[0]))
        columns = np.arange(max(int(x) - reach, 0), min(int(x) + reach, SHAPE[1]))
        if rows.size and columns.size:
            grid = np.meshgrid((rows - y) * ratio + middle, (columns - x) * ratio + middle, indexing="ij")
            image[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1] += (
                flux * ratio**2 * map_coordinates(psf, grid, order=1)
            )
    return image


def _exposure(
    name: str,
    start: float,
    rate: NDArray,
    number: int,
    positive: NDArray,
    negative: NDArray,
    rng: np.random.Generator,
) -> LatentExposure:
    times = (np.arange(number) + 1) * GROUP_SECONDS
    signal = rate[None] * times[:, None, None]
    photons = np.cumsum(
        rng.normal(0, np.sqrt(np.maximum(rate, 0) * GROUP_SECONDS / GAIN), (number, *SHAPE)), axis=0
    )
    ramp = signal + photons + rng.normal(0, READ_NOISE, signal.shape)
    full = ramp >= FULL_WELL
    full = np.maximum.accumulate(full, axis=0)
    ramp = np.minimum(ramp, FULL_WELL) + PEDESTAL
    return LatentExposure(
        name, start, ramp[None].astype(np.float32), np.where(full, SATURATED, 0).astype(np.uint8)[None],
        positive.astype(np.float32), negative.astype(np.float32),
    )  # fmt: skip
