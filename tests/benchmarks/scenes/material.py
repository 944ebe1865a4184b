"""
Real material for scenes: a measured PSF, cosmic rays, bad pixels, the texture of a nebula, the thermal background.

The files are not part of this repository. Each has a stand-in, made here of a formula; which of them stand in is
listed by `missing` and printed by whoever makes scenes.
"""

from __future__ import annotations

import csv
import io
import zipfile
from functools import lru_cache
from pathlib import Path

import numpy as np
from astropy.io import fits
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter, zoom

__all__ = [
    "FILTERS", "PIXEL", "SAMPLING", "bad_pixels", "cosmic_ray_shapes", "missing", "nebula_texture", "point_spread",
    "sky_level", "zodiacal_light",
]  # fmt: skip

FILES = Path(__file__).parents[4] / "shared" / "data"

PIXEL = 0.11
"""Side of a pixel of the imager, arcsec."""

SAMPLING = 0.055
"""Side of a sample of the light on the sky, arcsec: half a pixel, and that of the measured PSF."""

FILTERS = {"F560W": (5.6, 0.207), "F770W": (7.7, 0.269), "F1500W": (15.0, 0.488), "F2550W": (25.5, 0.803)}
"""Wavelength in micron and FWHM of the PSF in arcsec (JWST documentation, MIRI imaging)."""

_USED = {
    "psf": ("psf/MIRI_LMC_F560W_55mas_emp_final_psf.fits", "a diffraction pattern with three struts"),
    "cosmic_rays": ("cosmic_rays/CRs_SiAs_35.zip", "straight tracks"),
    "bad_pixels": ("ref/MIRI_FM_MIRIMAGE_MASK_07.02.01.fits.gz", "pixels at random"),
    "texture": (
        "i2d/orion_jw01288015001_26101_00003_mirimage_i2d.fits",
        "filaments of two Gaussian random fields",
    ),
    "thermal": ("sky/thermal_curve_jwst_jrigby_v4.0.csv", "a table of four filters"),
}
_THERMAL = {"F560W": 0.9, "F770W": 1.4, "F1500W": 23.5, "F2550W": 965.0}  # MJy/sr, of the same curve
_ZODIACAL = {"F560W": 1.5, "F770W": 4.0, "F1500W": 15.0, "F2550W": 25.0}  # MJy/sr, a middling line of sight


def missing() -> list[str]:
    """Return a sentence for each file that is not at hand."""
    return [
        f"scenes: {name} is not at {FILES / path}; {instead} stand in for it"
        for name, (path, instead) in _USED.items()
        if not (FILES / path).is_file()
    ]


def _file(name: str) -> Path | None:
    path = FILES / _USED[name][0]
    return path if path.is_file() else None


@lru_cache(maxsize=8)
def point_spread(filter_name: str) -> NDArray[np.float64]:
    """Return the PSF in samples of `SAMPLING`, sum 1, wings and spikes to 8 arcsec at F560W and wider in proportion."""
    path = _file("psf")
    if path is None:
        psf = _diffraction(299)
    else:
        with fits.open(path) as hdus:
            psf = np.asarray(hdus[1].data, float)
    psf = np.maximum(psf, 0)
    psf = zoom(psf, FILTERS[filter_name][1] / FILTERS["F560W"][1], order=1)
    side = psf.shape[0] - (1 - psf.shape[0] % 2)
    psf = psf[:side, :side]
    axis = np.abs(np.arange(side) - side // 2) / (side // 2)
    # a stamp must not end in a step
    psf = psf * np.clip(4 * (1 - np.hypot(axis[:, None], axis[None])), 0, 1)
    return psf / psf.sum()


def _diffraction(side: int) -> NDArray[np.float64]:
    """The pattern of a telescope of 6.5 m with a hole and three struts at 5.6 micron, over its band."""
    total = np.zeros((side, side))
    for wavelength in (5.2, 5.6, 6.0):
        size = 1024
        y, x = np.indices((size, size)) - size // 2
        # radius of the pupil, in samples, that makes the samples of the pattern SAMPLING wide
        radius = 0.5 * 6.5 * size * np.deg2rad(SAMPLING / 3600) / (wavelength * 1e-6)
        pupil = (np.hypot(x, y) < radius) & (np.hypot(x, y) > 0.2 * radius)
        for angle in np.deg2rad([90, 210, 330]):
            along, across = x * np.cos(angle) + y * np.sin(angle), y * np.cos(angle) - x * np.sin(angle)
            pupil &= ~((along > 0) & (np.abs(across) < 0.02 * radius))
        field = np.fft.fftshift(np.fft.fft2(np.fft.ifftshift(pupil)))
        half = side // 2
        middle = slice(size // 2 - half, size // 2 + half + 1)
        total += np.abs(field[middle, middle]) ** 2
    return total / total.sum()


@lru_cache(maxsize=1)
def cosmic_ray_shapes() -> NDArray[np.float32]:
    """Return shapes of hits, the highest pixel of each 1, shape (n, 21, 21)."""
    path = _file("cosmic_rays")
    if path is None:
        return _tracks(400)
    with zipfile.ZipFile(path) as archive:
        names = [name for name in archive.namelist() if "SUNMIN" in name] or archive.namelist()
        with fits.open(io.BytesIO(archive.read(sorted(names)[0]))) as hdus:
            cube = np.asarray(hdus[1].data, np.float32)
    cube = np.moveaxis(cube, np.argmax(cube.shape), 0)
    return cube / np.maximum(cube.max(axis=(1, 2), keepdims=True), 1e-30)


def _tracks(count: int) -> NDArray[np.float32]:
    rng = np.random.default_rng(11)
    shapes = np.zeros((count, 21, 21), np.float32)
    for shape in shapes:
        angle, length = rng.uniform(0, np.pi), rng.exponential(4) + 1
        for step in np.linspace(-length / 2, length / 2, 40):
            row, column = round(10 + step * np.sin(angle)), round(10 + step * np.cos(angle))
            if 0 <= row < 21 and 0 <= column < 21:
                shape[row, column] = rng.uniform(0.4, 1)
        shape += 0.1 * gaussian_filter(shape, 1.0)
        shape /= shape.max()
    return shapes


def bad_pixels(shape: tuple[int, int], corner: tuple[int, int]) -> NDArray[np.bool_]:
    """Return True on unusable pixels of a part of the detector; (x, y) of its first pixel is `corner`."""
    path = _file("bad_pixels")
    if path is None:
        return np.random.default_rng(5).uniform(size=shape) < 0.004
    with fits.open(path) as hdus:
        whole = (np.asarray(hdus["DQ"].data) & 1) > 0
    whole = whole if whole.shape == (1024, 1032) else whole.T
    x, y = corner
    part = np.zeros(shape, bool)
    cut = whole[y : y + shape[0], x : x + shape[1]]
    part[: cut.shape[0], : cut.shape[1]] = cut
    # the mask of the ground flags whole areas, too: scenes are of the imager
    return part if part.mean() < 0.05 else np.random.default_rng(5).uniform(size=shape) < 0.004


def nebula_texture(side: int, seed: int) -> NDArray[np.float64]:
    """Return a texture of mean 1 and at least 0, `side` samples wide."""
    rng = np.random.default_rng([seed, 3])
    path = _file("texture")
    if path is None:
        fields = [gaussian_filter(rng.standard_normal((side, side)), side / part) for part in (12, 40)]
        tile = sum(np.exp(field / field.std() / 1.5) for field in fields)
    else:
        with fits.open(path) as hdus:
            tile = np.asarray(hdus["SCI"].data, float)
        tile = tile[8:-8, 8:-8]
        tile = np.where(np.isfinite(tile), tile, np.nanmedian(tile))
        tile = np.minimum(tile, np.quantile(tile, 0.995))
        tile -= np.quantile(tile, 0.01)
    tile = gaussian_filter(np.rot90(np.maximum(tile, 0), int(rng.integers(4))), 1.0)
    tile = np.block([[tile, tile[:, ::-1]], [tile[::-1], tile[::-1, ::-1]]])
    wide = zoom(tile, side / min(tile.shape), order=1)[:side, :side]
    return np.asarray(wide / wide.mean(), float)


def zodiacal_light(filter_name: str) -> float:
    """Return the light of the zodiac, MJy/sr."""
    return _ZODIACAL[filter_name]


@lru_cache(maxsize=8)
def sky_level(filter_name: str) -> float:
    """Return the level of the sky, thermal and zodiacal, MJy/sr."""
    path = _file("thermal")
    thermal = _THERMAL[filter_name]
    if path is not None:
        points = []
        for row in csv.reader(path.read_text().splitlines()):
            try:
                points.append((float(row[0]), float(row[1])))
            except (ValueError, IndexError):
                continue
        wave, flux = np.array(sorted(points)).T
        thermal = float(np.interp(FILTERS[filter_name][0], wave, flux))
    return thermal + zodiacal_light(filter_name)
