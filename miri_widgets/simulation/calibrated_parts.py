"""The artefacts of one exposure of a calibrated program, each as an image of its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from miri_widgets.simulation import artefacts
from miri_widgets.simulation.detector import DETECTOR, coronagraph_areas
from miri_widgets.simulation.instrument import FILTERS
from miri_widgets.simulation.plan import PlannedExposure, duration_seconds
from miri_widgets.simulation.program import SimulatedProgram
from miri_widgets.simulation.skies import Sky
from miri_widgets.simulation.skymap import SkyMap

if TYPE_CHECKING:
    from astropy.table import Table

__all__ = ["ArtefactSource", "artefact_parts", "level_offset"]

_STRIPES, _PLANE = 0.5, 0.01
_DARK_COLUMNS = 0.001
_WARM_FRACTION = 0.003
_TILE_STEP, _EXPOSURE_STEP = 0.03, 0.003
_PERSISTENCE, _PERSISTENCE_SECONDS = 0.001, 600.0
"""Fraction of the light that comes back, and the time in which it falls by a factor e."""


class ArtefactSource(Protocol):
    """What artefacts depend on; see `miri_widgets.simulation.calibrated.CalibratedProgram`."""

    @property
    def program(self) -> SimulatedProgram: ...
    @property
    def plan(self) -> Sequence[PlannedExposure]: ...
    @property
    def filter(self) -> str: ...
    @property
    def corner(self) -> tuple[int, int]: ...
    @property
    def shape(self) -> tuple[int, int]: ...
    @property
    def window(self) -> tuple[slice, slice]: ...
    @property
    def levels(self) -> NDArray[np.float64]: ...
    @property
    def usual_noise(self) -> float: ...
    @property
    def bright_flux(self) -> float: ...
    @property
    def sky(self) -> Sky: ...
    def has(self, effect: str) -> float: ...
    def rng(self, stream: int, *key: int) -> np.random.Generator: ...
    def tile(self, index: int) -> int: ...
    def skymap(self, index: int) -> SkyMap: ...


def artefact_parts(program: ArtefactSource, index: int, bright: Table) -> dict[str, NDArray[np.float32]]:
    """
    Return the images that add up to everything but scene, level and noise; zeros for effects that are off.

    Parameters
    ----------
    program : ArtefactSource
        Effects, window and seed.
    index : int
        The exposure.
    bright : Table
        Its very bright sources: ``id``, ``x``, ``y``, ``flux``.

    Returns
    -------
    dict of str to ndarray of float32, shape (ny, nx)
        By the names of `CalibratedTruth`, MJy/sr.
    """
    level, sigma = float(program.levels[index]), program.usual_noise
    shape, corner = program.shape, program.corner

    def when(effect: str, make: Callable[[float], NDArray]) -> NDArray[np.float32]:
        amplitude = program.has(effect)
        return (make(amplitude) if amplitude else np.zeros(shape)).astype(np.float32)

    return {
        "sky_pattern": _pattern(program, level),
        "stripes": when(
            "stripes",
            lambda factor: artefacts.stripes(
                shape, corner, _STRIPES * factor * sigma, program.rng(22, index)
            ),
        ),
        "pullupdown": when("pullupdown", lambda factor: _pullupdown(program, index, bright, factor * sigma)),
        "persistence": when("persistence", lambda factor: factor * _persistence(program, index)),
        "warm_excess": when(
            "warm_pixels",
            lambda factor: (
                factor * sigma * artefacts.warm_pixels(program.window, _WARM_FRACTION, program.program.seed)
            ),
        ),
        "plane": when(
            "planes",
            lambda factor: artefacts.tilted_plane(
                shape, corner, _PLANE * factor * level, program.rng(24, program.tile(index))
            ),
        ),
    }


def level_offset(program: ArtefactSource, index: int) -> float:
    """
    Return the step of tile and exposure, MJy/sr: 3 % and 0.3 % of the sky (standard deviations).

    Parameters
    ----------
    program : ArtefactSource
        The program.
    index : int
        Number of the exposure, 0-based.
    """
    amplitude = program.has("tile_steps") * float(program.levels[index])
    if amplitude == 0:
        return 0.0
    tile = program.rng(25, program.tile(index)).standard_normal()
    exposure = program.rng(26, index).standard_normal()
    return amplitude * float(_TILE_STEP * tile + _EXPOSURE_STEP * exposure)


def _pattern(program: ArtefactSource, level: float) -> NDArray[np.float32]:
    window, pattern = program.window, np.zeros(program.shape)
    if amplitude := program.has("sky_pattern"):
        columns = artefacts.dark_columns()[window[1]] * (_DARK_COLUMNS * FILTERS[program.filter].sky)
        pattern = amplitude * (level * artefacts.sky_pattern()[window].astype(float) + columns)
        good = artefacts.usable_imager()[window]
        pattern -= pattern[good].mean() if good.any() else 0
    if program.has("coronagraphs"):
        pattern += level * artefacts.LYOT_BACKGROUND * (coronagraph_areas()[1][window] > 0)
    return pattern.astype(np.float32)


def _pullupdown(program: ArtefactSource, index: int, bright: Table, unit: float) -> NDArray[np.float32]:
    strips = np.zeros(program.shape, np.float32)
    for source in bright:
        # the brighter the star, the wider the core that saturates
        width = float(np.clip(2.5 * (source["flux"] / program.bright_flux) ** 0.5, 2.5, 15))
        rng = program.rng(23, index, int(source["id"]))
        strips += artefacts.pull_strips(program.shape, (source["x"], source["y"]), width, unit, rng)
    return strips


def _persistence(program: ArtefactSource, index: int) -> NDArray[np.float32]:
    """
    After-images of very bright sources of earlier exposures.

    Notes
    -----
    A thousandth of the light right after an exposure, of no more light than saturates a pixel within two groups. It
    decays exponentially; the decay during an exposure is left out.
    """
    image = np.zeros(program.shape, np.float32)
    frame, photmjsr = program.program.window.frame_time, FILTERS[program.filter].photmjsr
    most = DETECTOR.full_well / (2 * frame) * photmjsr
    for earlier in range(index):
        since = (program.plan[index].start_mjd - program.plan[earlier].start_mjd) * 86400
        decay = float(np.exp(-(since - duration_seconds(program.program)) / _PERSISTENCE_SECONDS))
        if decay > 1e-3:
            light = program.sky.image(program.skymap(earlier), program.shape, program.bright_flux)
            charged = np.where(light > most / 20, np.minimum(light, most), 0)
            image += (_PERSISTENCE * decay * charged).astype(np.float32)
    return image
