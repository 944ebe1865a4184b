"""The exposures of a program, in time order: names, times, planned and true pointings."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np

from miri_widgets.products.names import ExposureName
from miri_widgets.simulation.instrument import APERTURES
from miri_widgets.simulation.pointing import Pointing, moved, velocity_aberration_scale
from miri_widgets.simulation.program import SimulatedProgram, SimulatedTile
from miri_widgets.simulation.setups import activity

__all__ = ["PlannedExposure", "duration_seconds", "planned_exposures"]

# Overheads in seconds, rounded from the timing reports of the JWST Astronomer's Proposal Tool.
_DITHER_SECONDS, _FILTER_SECONDS, _VISIT_SECONDS = 60.0, 90.0, 1800.0
_DITHER_ERROR_ARCSEC = (0.002, 0.009)


@dataclass(frozen=True)
class PlannedExposure:
    """
    One exposure of a program.

    Attributes
    ----------
    index : int
        Place in time order, from 0.
    name : ExposureName
        File name of the raw exposure.
    tile : Tile
        Its visit.
    filter : str
        Filter.
    dither : int
        0-based place in the dither pattern.
    start_mjd : float
        Start time.
    planned, true : Pointing
        What the header says and where the telescope points.
    """

    index: int
    name: ExposureName
    tile: SimulatedTile
    filter: str
    dither: int
    start_mjd: float
    planned: Pointing
    true: Pointing

    @property
    def pointing_error(self) -> tuple[float, float]:
        """True minus planned position, (dRA cos Dec, dDec) in arcsec."""
        east = (self.true.ra - self.planned.ra) * np.cos(np.deg2rad(self.planned.dec)) * 3600
        return float(east), (self.true.dec - self.planned.dec) * 3600


def planned_exposures(program: SimulatedProgram) -> tuple[PlannedExposure, ...]:
    """
    Return the exposures of a program in the order of its tiles: within them filters, within them dithers.

    Parameters
    ----------
    program : SimulatedProgram
        The program.

    Notes
    -----
    This is the order of time, as long as tiles that start at a time of their own are given in that order.
    """
    exposures: list[PlannedExposure] = []
    begun, seconds = program.start_mjd, 0.0
    for number, tile in enumerate(program.tiles):
        seconds += _VISIT_SECONDS if number else 0.0
        if tile.start_mjd is not None:
            begun, seconds = tile.start_mjd, 0.0
        for change, (repeat, filter_name) in enumerate(product(range(tile.sets), program.filters)):
            seconds += _FILTER_SECONDS if change else 0.0
            for dither in range(len(program.dithers_of(tile))):
                start = begun + seconds / 86400
                planned = _planned(program, tile, dither, start)
                exposures.append(
                    PlannedExposure(
                        index=len(exposures),
                        name=_name(program, tile, repeat, filter_name, dither),
                        tile=tile,
                        filter=filter_name,
                        dither=dither,
                        start_mjd=start,
                        planned=planned,
                        true=_true(program, tile, planned, len(exposures)),
                    )
                )
                seconds += duration_seconds(program, filter_name) + _DITHER_SECONDS
    return tuple(exposures)


def duration_seconds(program: SimulatedProgram, filter_name: str = "") -> float:
    """
    Time of one exposure in a filter, the first when not given: FASTR1 with one reset frame between integrations.

    Parameters
    ----------
    program : SimulatedProgram
        The program.
    filter_name : str
        Name of the filter; the first of the program by default.
    """
    setup = program.setup(filter_name or program.filters[0])
    return (setup.ngroups * setup.nints + setup.nints - 1) * program.window.frame_time


def _name(
    program: SimulatedProgram, tile: SimulatedTile, repeat: int, filter_name: str, dither: int
) -> ExposureName:
    number = program.setup(filter_name).number
    # filters of the whole program, also of one that has been made smaller
    number += repeat * (1 + max(program.setup(name).number for name in program.filters))
    group = f"{int(tile.visit_group) + 2 * number:02d}" if tile.group_per_filter else tile.visit_group
    return ExposureName(
        program=program.program,
        observation=f"{tile.observation:03d}",
        visit=f"{tile.visit:03d}",
        visit_group=group,
        sequence="2" if tile.group_per_filter else "1",
        activity=activity(0 if tile.group_per_filter else number),
        exposure=f"{dither + 1:05d}",
        detector="mirimage",
        suffix="uncal",
    )


def _planned(program: SimulatedProgram, tile: SimulatedTile, dither: int, start: float) -> Pointing:
    aperture = APERTURES[program.window.aperture]
    ra, dec = moved(program.ra, program.dec, tile.offset_ra, tile.offset_dec)
    angle, roll = np.deg2rad(aperture.v3_angle), np.deg2rad(_roll(program, tile))
    x, y = program.dithers_of(tile)[dither]
    # ideal frame to V2, V3 for a parity of -1 (SIAF), then to east and north
    v2, v3 = -x * np.cos(angle) + y * np.sin(angle), x * np.sin(angle) + y * np.cos(angle)
    ra, dec = moved(ra, dec, v2 * np.cos(roll) + v3 * np.sin(roll), -v2 * np.sin(roll) + v3 * np.cos(roll))
    scale = velocity_aberration_scale(ra, dec, start) if program.effects.velocity_aberration else 1.0
    return Pointing(aperture.v2, aperture.v3, float(ra), float(dec), _roll(program, tile), scale)


def _roll(program: SimulatedProgram, tile: SimulatedTile) -> float:
    return program.pa_v3 if tile.pa_v3 is None else tile.pa_v3


def _true(program: SimulatedProgram, tile: SimulatedTile, planned: Pointing, index: int) -> Pointing:
    east, north, roll = 0.0, 0.0, 0.0
    if program.effects.pointing_error:
        east, north, roll = *tile.guide_star_error, tile.roll_error
    if program.effects.dither_error:
        rng = np.random.default_rng([program.seed, 3, index])
        radius, angle = rng.uniform(*_DITHER_ERROR_ARCSEC), rng.uniform(0, 2 * np.pi)
        east, north = east + radius * np.cos(angle), north + radius * np.sin(angle)
    ra, dec = moved(planned.ra, planned.dec, east, north)
    return Pointing(planned.v2, planned.v3, ra, dec, planned.roll + roll, planned.scale)
