"""Layouts of calibrated programs: windows, ramps, dithers, tiles, and the level of the sky with time."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from functools import lru_cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

from miri_widgets.errors import ParameterError
from miri_widgets.simulation.artefacts import IMAGER_COLUMN
from miri_widgets.simulation.detector import DETECTOR
from miri_widgets.simulation.instrument import APERTURES, FILTERS, FULL_SHAPE, PIXEL_ARCSEC, SUBARRAYS
from miri_widgets.simulation.plan import PlannedExposure
from miri_widgets.simulation.program import SimulatedTile
from miri_widgets.simulation.skymap import SkyMap

__all__ = [
    "cycling_dithers",
    "drift_factors",
    "footprint",
    "known",
    "ramp_of",
    "tiles_side_by_side",
    "window_of",
]

_EXPOSURE_SECONDS = 277.5
_OVERLAP = 0.15


def known(what: str, name: str, names: Sequence[str]) -> None:
    """
    Raise `ParameterError` if `name` is none of `names`.

    Parameters
    ----------
    what : str
        What is named, for the message.
    name : str
        The name.
    names : sequence of str
        Names that are known.
    """
    if name not in names:
        raise ParameterError(f"{what} {name!r}", "one of " + ", ".join(names), "correct it")


def window_of(shape: str | tuple[int, int]) -> tuple[tuple[int, int], tuple[int, int], str]:
    """
    Return corner (x, y), shape (ny, nx) and the subarray whose frame time and aperture it has.

    Parameters
    ----------
    shape : str or (int, int)
        Name of a subarray, or (ny, nx).

    Raises
    ------
    ParameterError
        If there is no such subarray, or the window is not between 16 pixels and the full detector.
    """
    if isinstance(shape, str):
        known("the subarray", shape, tuple(SUBARRAYS))
        window = SUBARRAYS[shape]
        return (window.xstart - 1, window.ystart - 1), window.shape, shape
    ny, nx = shape
    if not (16 <= ny <= FULL_SHAPE[0] and 16 <= nx <= FULL_SHAPE[1]):
        raise ParameterError(f"a window of {shape}", f"16 pixels to {FULL_SHAPE}", "change the shape")
    reference = APERTURES["MIRIM_FULL"]
    x = int(np.clip(reference.x - nx // 2, 0, FULL_SHAPE[1] - nx))
    y = int(np.clip(reference.y - ny // 2, 0, FULL_SHAPE[0] - ny))
    return (x, y), (ny, nx), "FULL"


def ramp_of(filter_name: str, frame_time: float) -> tuple[int, int]:
    """
    Return groups and integrations: about 280 seconds, integrations that the sky fills to 40 % at most.

    Parameters
    ----------
    filter_name : str
        Name of the filter, such as ``F770W``.
    frame_time : float
        Time of a frame, s.
    """
    band = FILTERS[filter_name]
    groups = int(np.clip(0.4 * DETECTOR.full_well / (band.sky / band.photmjsr * frame_time), 5, 100))
    return groups, max(1, round(_EXPOSURE_SECONDS / (groups * frame_time)))


def cycling_dithers(count: int, radius: float) -> tuple[tuple[float, float], ...]:
    """
    Return moves (x, y) in arcsec over a disk, no two near each other, at all phases of a pixel.

    Parameters
    ----------
    count : int
        Their number.
    radius : float
        Radius of the disk, arcsec.
    """
    index = np.arange(count)
    distance, angle = radius * np.sqrt((index + 0.5) / count), index * np.pi * (3 - np.sqrt(5))
    points = np.column_stack([distance * np.cos(angle), distance * np.sin(angle)])
    return tuple((float(x), float(y)) for x, y in points)


def tiles_side_by_side(
    count: int,
    shape: tuple[int, int],
    corner: tuple[int, int],
    pa_v3: float,
    seed: int,
    error: float = 1.0,
) -> tuple[SimulatedTile, ...]:
    """
    Return tiles in rows of two, with an overlap of 15 % of the imager, each with a guide star of its own.

    Parameters
    ----------
    count : int
        Their number.
    shape : tuple of int
        (ny, nx).
    corner : tuple of int
        (x, y) of the first pixel on the detector.
    pa_v3 : float
        Position angle of V3, degrees.
    seed : int
        Seed of all random numbers.
    error : float
        Standard deviation of the pointing, arcsec.

    Notes
    -----
    Guide stars are wrong by 0.25 arcsec in each direction and tiles turned by 0.003 degrees (standard deviations,
    times `error`), as found by alignment to Gaia in public programs.
    """
    rng = np.random.default_rng([seed, 20])
    imager = min(shape[1], FULL_SHAPE[1] - max(corner[0], IMAGER_COLUMN))
    steps = (1 - _OVERLAP) * PIXEL_ARCSEC * np.array([imager, shape[0]])
    angle = np.deg2rad(pa_v3 + APERTURES["MIRIM_FULL"].v3_angle)
    tiles = []
    for number in range(count):
        x, y = steps * (number % 2, number // 2)
        shift, roll = rng.normal(0, 0.25 * error, 2), rng.normal(0, 0.003 * error)
        tiles.append(
            SimulatedTile(
                visit=number + 1,
                # ideal frame to east and north for a parity of -1
                offset_ra=float(-x * np.cos(angle) + y * np.sin(angle)),
                offset_dec=float(x * np.sin(angle) + y * np.cos(angle)),
                guide_star_error=(float(shift[0]), float(shift[1])),
                roll_error=float(roll),
                guide_star=f"S1HP{90792 + 317 * number:06d}",
            )
        )
    return tuple(tiles)


def footprint(
    plan: Sequence[PlannedExposure], corner: tuple[int, int], shape: tuple[int, int], margin: float = 8.0
) -> tuple[tuple[float, float], tuple[float, float]]:
    """
    Return the centre (ra, dec) in degrees and the half sizes (east, north) in arcsec that hold all windows.

    Parameters
    ----------
    plan : sequence of PlannedExposure
        The exposures.
    corner : tuple of int
        (x, y) of the first pixel on the detector.
    shape : tuple of int
        (ny, nx).
    margin : float
        Margin on each side, arcsec.
    """
    x, y = np.meshgrid((0, shape[1] - 1), (0, shape[0] - 1))
    ra, dec = np.array(
        [SkyMap(exposure.planned, exposure.filter, corner).to_sky(x, y) for exposure in plan]
    ).swapaxes(0, 1)
    ra = (ra - plan[0].planned.ra + 180) % 360 - 180
    centre = plan[0].planned.ra + (ra.max() + ra.min()) / 2, (dec.max() + dec.min()) / 2
    half = np.ptp(ra) / 2 * np.cos(np.deg2rad(centre[1])) * 3600, np.ptp(dec) / 2 * 3600
    return (float(centre[0]), float(centre[1])), (float(half[0]) + margin, float(half[1]) + margin)


def drift_factors(
    drift: str | float | Sequence[float], filter_name: str, tiles: int, dithers: int
) -> NDArray[np.float64]:
    """
    Return the level of the sky in each exposure, relative to that of the filter.

    Parameters
    ----------
    drift : str, float or sequence of float
        "measured" or "epochs" (data file ``levels.toml``), a fraction, or one factor per exposure.
    filter_name : str
        Filter.
    tiles, dithers : int
        Tiles, and exposures per tile.

    Raises
    ------
    ParameterError
        If there is no such drift, or another number of factors than exposures.
    """
    count = tiles * dithers
    if isinstance(drift, str):
        known("the drift", drift, ("measured", "epochs"))
        within = np.array(_levels()["within"][filter_name])
        factors = np.tile(np.resize(within / np.median(within), dithers), tiles)
        if drift == "epochs":
            factors[_second_half(tiles, dithers) :] *= _epoch_ratio(filter_name)
        return factors
    if np.ndim(drift) == 0:
        return 1 + float(np.asarray(drift)) * np.linspace(0.5, -0.5, count)
    factors = np.asarray(drift, float)
    if factors.shape != (count,):
        raise ParameterError(
            f"{factors.size} drift factors", f"one per exposure: {count}", "change the simulated program"
        )
    return factors


def _second_half(tiles: int, dithers: int) -> int:
    return (dithers + 1) // 2 if tiles == 1 else (tiles + 1) // 2 * dithers


def _epoch_ratio(filter_name: str) -> float:
    """Second over first epoch, of the measured filter nearest in wavelength."""
    epochs, wavelength = _levels()["epochs"], FILTERS[filter_name].wavelength
    first, second = epochs[min(epochs, key=lambda name: abs(FILTERS[name].wavelength - wavelength))]
    return second / first


@lru_cache(maxsize=1)
def _levels() -> Mapping[str, Mapping[str, list[float]]]:
    return tomllib.loads(files(__package__).joinpath("data/levels.toml").read_text(encoding="utf-8"))
