"""Where sources and clouds of a simulated program lie: around the target, or in the fields of its tiles."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from miri_widgets.simulation.instrument import PIXEL_ARCSEC
from miri_widgets.simulation.program import SimulatedProgram, SimulatedTile

__all__ = ["cloud_positions", "source_positions"]

_Draw = Callable[[], NDArray[np.float64]]


def source_positions(
    program: SimulatedProgram, count: int, rng: np.random.Generator
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """
    Draw positions, no two nearer than the separation of the field.

    Parameters
    ----------
    program : SimulatedProgram
        Tiles, dithers, window and field.
    count : int
        How many.
    rng : Generator
        Modified.

    Returns
    -------
    east, north : ndarray of float, shape (count,)
        (dRA cos Dec, dDec) from the target, arcsec.
    """
    draw = _in_tiles(program, program.tiles, rng) if program.field.around_tiles else _in_extent(program, rng)
    kept: list[NDArray] = []
    for _ in range(200 * count):
        if len(kept) == count:
            break
        position = draw()
        if not kept or np.min(np.hypot(*(np.array(kept) - position).T)) >= program.field.separation:
            kept.append(position)
    while len(kept) < count:  # a field too crowded for its separation: the rest falls where it falls
        kept.append(draw())
    east, north = np.array(kept).T if kept else (np.zeros(0), np.zeros(0))
    return east, north


def cloud_positions(
    program: SimulatedProgram, count: int, rng: np.random.Generator
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """
    Draw the middles of clouds, as `source_positions`; none in dedicated fields of empty sky, if sources follow tiles.

    Parameters
    ----------
    program : SimulatedProgram
        The program.
    count : int
        Their number.
    rng : numpy.random.Generator
        Source of random numbers.
    """
    if program.field.around_tiles:
        science = tuple(tile for tile in program.tiles if not tile.background) or program.tiles
        draw = _in_tiles(program, science, rng)
        east, north = np.array([draw() for _ in range(count)]).T
        return east, north
    half_east, half_north = _extent(program)
    return rng.uniform(-half_east, half_east, count), rng.uniform(-half_north, half_north, count)


def _in_extent(program: SimulatedProgram, rng: np.random.Generator) -> _Draw:
    half = np.array(_extent(program))
    return lambda: rng.uniform(-half, half)


def _in_tiles(program: SimulatedProgram, tiles: tuple[SimulatedTile, ...], rng: np.random.Generator) -> _Draw:
    half = _half_field(program)

    def draw() -> NDArray[np.float64]:
        tile = tiles[int(rng.integers(len(tiles)))]
        return np.array([tile.offset_ra, tile.offset_dec]) + rng.uniform(-half, half, 2)

    return draw


def _half_field(program: SimulatedProgram) -> float:
    """Half size [arcsec] of what the exposures of one tile see, whatever their roll."""
    half = 0.64 * max(program.window.shape) * PIXEL_ARCSEC + 2.5  # of a square turned by 20 degrees
    return half + max(
        float(np.hypot(*dither)) for tile in program.tiles for dither in program.dithers_of(tile)
    )


def _extent(program: SimulatedProgram) -> tuple[float, float]:
    """Half sizes (east, north) in arcsec that cover all exposures and a margin."""
    half = _half_field(program)
    east = max(abs(tile.offset_ra) for tile in program.tiles)
    north = max(abs(tile.offset_dec) for tile in program.tiles)
    return half + east, half + north
