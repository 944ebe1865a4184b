"""The simulated sky: catalogue, extended emission, and the image that they make on the detector."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy.signal import fftconvolve
from scipy.spatial import cKDTree

from miri_widgets.simulation.artefacts import sky_pattern
from miri_widgets.simulation.detector import DQ, coronagraph_areas, detector_maps, flat_field
from miri_widgets.simulation.distortion import flight_distortion, pixel_areas
from miri_widgets.simulation.extended_objects import brightness
from miri_widgets.simulation.instrument import FILTERS, FULL_SHAPE, PIXEL_ARCSEC
from miri_widgets.simulation.placement import cloud_positions, source_positions
from miri_widgets.simulation.pointing import Pointing, moved
from miri_widgets.simulation.program import SimulatedProgram
from miri_widgets.simulation.psf import point_spread

if TYPE_CHECKING:
    from astropy.table import Table

__all__ = ["SR_PER_ARCSEC2", "Scene", "build_catalog", "render"]

SR_PER_ARCSEC2 = np.deg2rad(1 / 3600) ** 2
_GALAXY_HALF_WIDTH = 45
_EMISSION_STEP = 8
_CLOUDS = 12


@dataclass(frozen=True, eq=False)
class Scene:
    """
    What one exposure sees, without noise.

    Attributes
    ----------
    rate : ndarray of float32, shape (ny, nx)
        Count rate in DN/s with flat field, sky and sources; no dark.
    sky : float
        Level of the uniform sky, MJy/sr.
    x, y : ndarray of float, shape (n,)
        Positions of the sources in 0-based pixels of the subarray; may lie outside.
    """

    rate: NDArray[np.float32]
    sky: float
    x: NDArray[np.float64]
    y: NDArray[np.float64]


def build_catalog(program: SimulatedProgram) -> Table:
    """
    Draw the sources of a program.

    Parameters
    ----------
    program : SimulatedProgram
        The program.

    Returns
    -------
    Table
        ``id``, ``ra``, ``dec`` [deg], ``type`` ("star" or "galaxy"), ``flux_ujy`` in the first filter,
        ``flux_<filter>`` [uJy] for each filter, ``isolated`` (no source brighter than 2 % of its flux within
        2.2 arcsec), and for galaxies ``radius`` [arcsec], ``axis_ratio``, ``angle`` [rad].
    """
    from astropy.table import Table

    rng = np.random.default_rng([program.seed, 1])
    field = program.field
    count = field.stars + field.galaxies
    east, north = source_positions(program, count, rng)
    galaxy = np.arange(count) >= field.stars
    faintest, brightest = field.galaxy_flux
    flux = np.where(
        galaxy,
        10 ** rng.uniform(np.log10(faintest), np.log10(brightest), count),
        _power_law(rng.random(count), field.flux_min, field.flux_max, field.flux_slope),
    )
    for index, (ra, dec, bright) in enumerate(field.bright[: field.stars]):
        east[index] = (ra - program.ra) * np.cos(np.deg2rad(program.dec)) * 3600
        north[index], flux[index] = (dec - program.dec) * 3600, bright
    ra, dec = moved(program.ra, program.dec, east, north)
    table = Table({"id": np.arange(1, count + 1), "ra": ra, "dec": dec})
    table["type"] = np.where(galaxy, "galaxy", "star")
    table["flux_ujy"] = flux
    first = FILTERS[program.filters[0]].wavelength
    # stars between a photosphere (-2) and a dusty one (0), galaxies flat
    slope = np.where(galaxy, 0.0, rng.uniform(-2.0, -0.8, count))
    if field.colours:
        slope = _colours(slope, galaxy, np.random.default_rng([program.seed, 3]))
    for name in program.filters:
        table[f"flux_{name}"] = flux * (FILTERS[name].wavelength / first) ** slope
    table["isolated"] = _isolated(east, north, flux)
    table["radius"] = np.where(galaxy, rng.uniform(0.15, 0.6, count), 0.0)
    table["axis_ratio"] = np.where(galaxy, rng.uniform(0.3, 1.0, count), 1.0)
    table["angle"] = np.where(galaxy, rng.uniform(0.0, np.pi, count), 0.0)
    for column, unit in (("ra", "deg"), ("dec", "deg"), ("radius", "arcsec"), ("angle", "rad")):
        table[column].unit = unit
    for column in table.colnames:
        if column.startswith("flux_"):
            table[column].unit = "uJy"
    return table


def render(
    program: SimulatedProgram,
    catalog: Table,
    filter_name: str,
    pointing: Pointing,
    *,
    sky_factor: float = 1.0,
) -> Scene:
    """
    Image the sky on the detector.

    Parameters
    ----------
    program : SimulatedProgram
        Field, subarray and effects.
    catalog : Table
        From `build_catalog`. Not modified.
    filter_name : str
        Filter.
    pointing : Pointing
        True attitude.
    sky_factor : float
        Level of the sky relative to that of the filter.

    Notes
    -----
    The detector counts surface brightness: a flat made from the sky holds the pixel areas, so that a point source
    of flux F adds F / (area of its pixel) to the flattened image. Mosaics and images times their pixel area then
    both give F.
    """
    band, effects, window = FILTERS[filter_name], program.effects, program.window.window
    distortion = flight_distortion()
    x, y = distortion.to_pixel(*pointing.to_v2v3(catalog["ra"], catalog["dec"]), filter_name)
    level = band.sky * sky_factor if effects.sky else 0.0
    image = np.full(FULL_SHAPE, level)
    if effects.sky_pattern:
        image += level * sky_pattern()
    if program.field.emission > 0:
        image += program.field.emission * band.sky * _emission(program, pointing, filter_name)
    if program.field.extended:
        _add_extended(image, program, pointing, filter_name)
    transmission, glow, _ = coronagraph_areas()
    if effects.coronagraphs:
        image += level * glow
    _add_sources(image, catalog, x, y, filter_name, window)
    rate = image[window] / band.photmjsr
    if effects.flat:
        rate *= flat_field(filter_name)[window]
    elif effects.bad_pixels:
        rate *= np.where(detector_maps().dq[window] & DQ["DEAD"], 0.02, 1)
    if effects.coronagraphs:
        rate *= transmission[window]
    rate[detector_maps().reference[window]] = 0
    return Scene(rate.astype(np.float32), level, x - window[1].start, y - window[0].start)


def _colours(
    slope: NDArray[np.float64], galaxy: NDArray[np.bool_], rng: np.random.Generator
) -> NDArray[np.float64]:
    """Give some stars warm dust, and galaxies the range from old (falling) to star-forming (rising)."""
    dusty = rng.random(len(slope)) < 0.2
    stars = np.where(dusty, rng.uniform(0.2, 1.4, len(slope)), slope)
    return np.where(galaxy, rng.uniform(-1.6, 2.2, len(slope)), stars)


def _add_extended(image: NDArray, program: SimulatedProgram, pointing: Pointing, filter_name: str) -> None:
    """Add shells and spirals, seen through the telescope; offsets are smooth, so computed on a coarse grid."""
    grid = [np.arange(0, length + _EMISSION_STEP, _EMISSION_STEP) for length in FULL_SHAPE]
    y, x = np.meshgrid(*grid, indexing="ij")
    ra, dec = pointing.to_sky(*flight_distortion().to_v2v3(x, y, filter_name))
    east = ((ra - program.ra + 180) % 360 - 180) * np.cos(np.deg2rad(program.dec)) * 3600
    offsets = [_interpolated(plane, grid) for plane in (east, (dec - program.dec) * 3600)]
    spread = point_spread(filter_name).on_pixels(_GALAXY_HALF_WIDTH)
    for target in program.field.extended:
        near = np.hypot(offsets[0] - target.east, offsets[1] - target.north) < 1.2 * target.reach
        if not near.any():
            continue
        rows, columns = (
            slice(max(int(lines.min()) - _GALAXY_HALF_WIDTH, 0), int(lines.max()) + _GALAXY_HALF_WIDTH)
            for lines in np.nonzero(near)
        )
        light = brightness(
            target, offsets[0][rows, columns], offsets[1][rows, columns], FILTERS[filter_name].wavelength
        )
        image[rows, columns] += fftconvolve(light, spread / spread.sum(), mode="same")


def _add_sources(
    image: NDArray, catalog: Table, x: NDArray, y: NDArray, filter_name: str, window: tuple[slice, slice]
) -> None:
    spread, areas = point_spread(filter_name), pixel_areas()
    # a galaxy has a stamp of its own, smaller than that of a star
    reach = np.where(np.asarray(catalog["type"]) == "galaxy", _GALAXY_HALF_WIDTH + 1, spread.half_width)
    rows, columns = window
    seen = (
        (x > columns.start - reach)
        & (x < columns.stop + reach)
        & (y > rows.start - reach)
        & (y < rows.stop + reach)
    )
    sky = FILTERS[filter_name].sky
    for index in np.flatnonzero(seen):
        source = catalog[int(index)]
        row, column = np.clip((round(y[index]), round(x[index])), 0, np.array(FULL_SHAPE) - 1)
        # MJy/sr summed over pixels
        total = source[f"flux_{filter_name}"] * 1e-12 / (areas[row, column] * SR_PER_ARCSEC2)
        if source["type"] == "galaxy":
            _add_galaxy(image, x[index], y[index], total, source, filter_name)
            continue
        # beyond this radius a star adds less than about 1e-4 of the sky: r**-3 wings of a diffraction pattern
        radius = int(np.clip(8 * (total / sky / 10) ** (1 / 3), 15, spread.half_width))
        spread.add(image, x[index], y[index], total, radius)


def _add_galaxy(
    image: NDArray, x: float, y: float, total: float, source: Table.Row, filter_name: str
) -> None:
    half, fine = _GALAXY_HALF_WIDTH, 5
    row, column = round(y), round(x)
    offsets = (np.arange((2 * half + 1) * fine) - ((2 * half + 1) * fine - 1) / 2) / fine
    v, u = np.meshgrid(offsets - (y - row), offsets - (x - column), indexing="ij")
    c, s = np.cos(source["angle"]), np.sin(source["angle"])
    along, across = u * c + v * s, (-u * s + v * c) / source["axis_ratio"]
    # exponential disk: half of the light within 1.678 scale lengths
    profile = np.exp(-1.678 * np.hypot(along, across) * PIXEL_ARCSEC / source["radius"])
    pixels = profile.reshape(2 * half + 1, fine, 2 * half + 1, fine).sum((1, 3))
    stamp = fftconvolve(pixels / pixels.sum(), point_spread(filter_name).on_pixels(half), mode="same") * total
    y0, x0 = row - half, column - half
    rows = slice(max(y0, 0), min(y0 + 2 * half + 1, image.shape[0]))
    columns = slice(max(x0, 0), min(x0 + 2 * half + 1, image.shape[1]))
    if rows.start < rows.stop and columns.start < columns.stop:
        image[rows, columns] += stamp[
            rows.start - y0 : rows.stop - y0, columns.start - x0 : columns.stop - x0
        ]


def _emission(program: SimulatedProgram, pointing: Pointing, filter_name: str) -> NDArray[np.float64]:
    """Extended emission, peak about 1, on the full frame; smooth, so computed on a coarse grid."""
    rng = np.random.default_rng([program.seed, 2])
    east, north = cloud_positions(program, _CLOUDS, rng)
    weight, size = (
        rng.uniform(0.3, 1.0, _CLOUDS),
        program.field.emission_scale * rng.uniform(0.6, 1.8, _CLOUDS),
    )
    grid = [np.arange(0, length + _EMISSION_STEP, _EMISSION_STEP) for length in FULL_SHAPE]
    y, x = np.meshgrid(*grid, indexing="ij")
    ra, dec = pointing.to_sky(*flight_distortion().to_v2v3(x, y, filter_name))
    u = ((ra - program.ra + 180) % 360 - 180) * np.cos(np.deg2rad(program.dec)) * 3600
    v = (dec - program.dec) * 3600
    coarse = sum(
        w * np.exp(-((u - e) ** 2 + (v - n) ** 2) / (2 * s**2))
        for w, s, e, n in zip(weight, size, east, north, strict=True)
    )
    return _interpolated(np.asarray(coarse), grid)


def _interpolated(coarse: NDArray, grid: list[NDArray]) -> NDArray[np.float64]:
    rows = np.stack([np.interp(np.arange(FULL_SHAPE[1]), grid[1], line) for line in coarse])
    position = np.arange(FULL_SHAPE[0]) / _EMISSION_STEP
    low = position.astype(int)
    part = (position - low)[:, None]
    return rows[low] * (1 - part) + rows[low + 1] * part


def _power_law(draw: NDArray, low: float, high: float, slope: float) -> NDArray[np.float64]:
    if abs(slope - 1) < 1e-6:
        return low * (high / low) ** draw
    power = 1 - slope
    return (low**power + draw * (high**power - low**power)) ** (1 / power)


def _isolated(east: NDArray, north: NDArray, flux: NDArray, radius: float = 2.2) -> NDArray[np.bool_]:
    """True for sources without a neighbour brighter than 2 % of their flux within `radius` arcsec."""
    if len(flux) == 0:
        return np.zeros(0, bool)
    tree = cKDTree(np.column_stack([east, north]))
    neighbours = tree.query_ball_point(tree.data, radius)
    return np.array(
        [all(flux[j] < 0.02 * flux[i] for j in near if j != i) for i, near in enumerate(neighbours)]
    )
