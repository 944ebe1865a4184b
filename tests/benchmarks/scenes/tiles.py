"""Fields of several tiles: each at a level and with a plane of its own, beside a part of the pattern of the detector."""

from __future__ import annotations

import zlib
from dataclasses import dataclass

import numpy as np
from detector import cosmic_ray_residuals, flat_residual, glow
from light import KINDS, Plane
from material import PIXEL, bad_pixels, sky_level
from numpy.typing import NDArray
from scene import Scene, Spec, TangentWcs, dither_offsets, field_side, noise_of

__all__ = ["TILES", "TileSpec", "TiledScene", "make_tiles"]

SHAPE = (512, 512)
OVERLAP = 0.15
STEP = 4.0


@dataclass(frozen=True)
class TileSpec:
    """
    What a field of tiles is.

    Attributes
    ----------
    kind, filter : str
        Key of `light.KINDS`, and the filter.
    seed : int
        Of everything that is drawn.
    rows, columns, dithers : int
        Tiles, which share `OVERLAP` of a side with their neighbours, and exposures of each.
    planes : tuple of float
        Least and largest change of a plane from the middle to an edge, relative to the sky.
    pattern : float
        Part of the residual of the flat and of the glow that is left.
    steps, drift : float
        Levels of the tiles, and of the exposures of a tile, rms, relative.
    """

    kind: str
    filter: str
    seed: int
    rows: int = 2
    columns: int = 2
    dithers: int = 4
    planes: tuple[float, float] = (0.01, 0.02)
    pattern: float = 0.3
    steps: float = 0.03
    drift: float = 0.002


TILES = {
    "sparse": TileSpec("sparse", "F770W", 1),
    "galaxies": TileSpec("galaxies", "F1500W", 2),
    "cluster": TileSpec("cluster", "F770W", 3),
    "cirrus": TileSpec("cirrus", "F770W", 4),
    "strip": TileSpec("galaxies", "F770W", 5, rows=1, columns=4),
    "sparse.held": TileSpec("sparse", "F770W", 501),
    "galaxies.held": TileSpec("galaxies", "F1500W", 502),
    "cluster.held": TileSpec("cluster", "F770W", 503),
    "cirrus.held": TileSpec("cirrus", "F770W", 504),
    "strip.held": TileSpec("galaxies", "F770W", 505, rows=1, columns=4),
}
"""Fields by name; those named ``.held`` are for `make science` alone."""


@dataclass(frozen=True, eq=False)
class TiledScene:
    """
    Exposures of tiles and their truth.

    Attributes
    ----------
    scene : Scene
        All exposures, tile after tile.
    tiles : int
        How many.
    levels : ndarray of float, shape (nexp,)
        Level of each exposure in the middle of the field, MJy/sr.
    slopes : ndarray of float, shape (nexp, 2)
        Its plane, MJy/sr per pixel along x and y.
    """

    scene: Scene
    tiles: int
    levels: NDArray[np.float64]
    slopes: NDArray[np.float64]

    def by_tile(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return means of the exposures of each tile."""
        return values.reshape(self.tiles, -1, *values.shape[1:]).mean(axis=1)


def make_tiles(spec: TileSpec) -> TiledScene:
    """
    Draw a field of tiles.

    Parameters
    ----------
    spec : TileSpec
        What it is. Equal ones give equal fields.
    """
    rng = np.random.default_rng([spec.seed, zlib.crc32(spec.kind.encode()), 7])
    level = sky_level(spec.filter)
    seconds = 300.0
    sigma = noise_of(level, spec.filter, seconds)
    roll = float(rng.uniform(0, 360))
    side = (1 - OVERLAP) * SHAPE[0] * PIXEL
    tiles = spec.rows * spec.columns
    row, column = np.divmod(np.arange(tiles), spec.columns)
    across, up = (column - column.mean()) * side, (row - row.mean()) * side
    c, s = np.cos(np.deg2rad(roll)), np.sin(np.deg2rad(roll))
    centres = np.column_stack([-across * c + up * s, across * s + up * c])
    offsets = np.concatenate([centre + dither_offsets(spec.dithers, STEP, rng) for centre in centres])
    wcs = [TangentWcs(150.1, 2.2, roll, SHAPE, *offset) for offset in offsets]
    flat = (spec.pattern * flat_residual(SHAPE, rng, 0.015)).astype(np.float32)
    instrument = spec.pattern * glow(SHAPE, rng, sigma)
    levels = level * (1 + spec.steps * np.repeat(rng.standard_normal(tiles), spec.dithers))
    levels *= 1 + spec.drift * rng.standard_normal(levels.size)
    size, turn = rng.uniform(*spec.planes, tiles), rng.uniform(0, 2 * np.pi, tiles)
    slopes = level * size[:, None] * np.column_stack([np.cos(turn), np.sin(turn)]) / (SHAPE[0] / 2)
    slopes = np.repeat(slopes, spec.dithers, axis=0)
    y, x = (np.indices(SHAPE).T - (np.array(SHAPE) - 1) / 2).T
    pattern = [
        (one * (1 + flat) + instrument + a * x + b * y).astype(np.float32)
        for one, (a, b) in zip(levels, slopes, strict=True)
    ]
    plane = Plane(field_side(wcs, SHAPE), spec.filter, sigma)
    KINDS[spec.kind](plane, rng)
    number = levels.size
    cosmic = [(sigma * cosmic_ray_residuals(SHAPE, rng, 0.2)).astype(np.float32) for _ in range(number)]
    nothing = [np.zeros(SHAPE, np.float32)] * number
    whole = Spec(f"tiles {spec.kind}", spec.kind, spec.filter, number, STEP, spec.seed, True, seconds=seconds)
    scene = Scene(
        whole, sigma, wcs, [], pattern, levels.tolist(), cosmic, nothing, bad_pixels(SHAPE, (440, 256)), flat,
        np.zeros((0, 3)),
    )  # fmt: skip
    scene.light.extend(scene.light_of(plane))
    return TiledScene(scene, tiles, levels, slopes)
