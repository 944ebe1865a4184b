"""
What the official pipeline leaves in: stripes, pull-up and pull-down, warm pixels, after-images and showers in ramps.

Each follows from the program and the exposure alone, so that exposures can be simulated in any order and by any
number of processes. All are off unless the effects of a program say otherwise.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from miri_widgets.simulation import artefacts
from miri_widgets.simulation.detector import DETECTOR
from miri_widgets.simulation.effects import Effects
from miri_widgets.simulation.instrument import FILTERS, FULL_SHAPE, Subarray
from miri_widgets.simulation.layouts import drift_factors
from miri_widgets.simulation.plan import PlannedExposure, duration_seconds, planned_exposures
from miri_widgets.simulation.program import SimulatedProgram
from miri_widgets.simulation.readout import Readout
from miri_widgets.simulation.scene import Scene, render
from miri_widgets.simulation.skies import peak_of_a_star

if TYPE_CHECKING:
    from astropy.table import Table

__all__ = ["TRAP_SECONDS", "RampArtefacts", "Shower", "level_factor", "ramp_artefacts"]

TRAP_SECONDS = 300.0
"""Time in which the release of trapped charge falls by a factor e."""

_TRAPPED = 0.02
"""Fraction of the signal of a saturated integration that is trapped."""

_STRIPES = 0.5
_WARM_FRACTION = 0.003
_SHOWERS_PER_SECOND = 0.03
_SHOWER_GROUPS = 4.0


@dataclass(frozen=True)
class Shower:
    """
    An extended event of low energy: an ellipse that lights up in one group and fades until the end of the integration.

    Attributes
    ----------
    integration, group : int
        0-based, when it begins.
    x, y : float
        Centre, 0-based pixels of the subarray.
    semimajor, semiminor : float
        Half axes, pixels.
    angle : float
        Of the long axis from x towards y, radians.
    amplitude : float
        Signal in the end, DN per pixel in the centre.
    """

    integration: int
    group: int
    x: float
    y: float
    semimajor: float
    semiminor: float
    angle: float
    amplitude: float

    def image(self, shape: tuple[int, int]) -> NDArray[np.float32]:
        """
        Return the signal that it leaves in the end, DN: flat in the middle, soft at the edge, 0 beyond.

        Parameters
        ----------
        shape : tuple of int
            (ny, nx).
        """
        y, x = np.ogrid[: shape[0], : shape[1]]
        c, s = np.cos(self.angle), np.sin(self.angle)
        along = ((x - self.x) * c + (y - self.y) * s) / self.semimajor
        across = (-(x - self.x) * s + (y - self.y) * c) / self.semiminor
        return (self.amplitude * np.clip(1 - (along**2 + across**2) ** 2, 0, None)).astype(np.float32)

    def share(self, group: int) -> float:
        """
        Return which part of the signal arrives in this group of the same integration.

        Parameters
        ----------
        group : int
            Number of the group, 0-based.
        """
        since = group - self.group
        return (
            float(np.exp(-since / _SHOWER_GROUPS) * (1 - np.exp(-1 / _SHOWER_GROUPS))) if since >= 0 else 0.0
        )


@dataclass(frozen=True, eq=False)
class RampArtefacts:
    """
    What is added to the ramps of one exposure; images of shape (ny, nx).

    Attributes
    ----------
    stripes, pullupdown : ndarray of float32
        Offsets of the slope, DN/s; electronic, without photon noise.
    warm : ndarray of float32
        Excess of the dark current, DN/s; 0 in all but the warm pixels.
    trapped : ndarray of float32
        Charge that is trapped at the start of the exposure, DN.
    trapping : ndarray of float32
        Charge that each integration of this exposure traps, DN.
    showers : tuple of Shower
        In time order.
    """

    stripes: NDArray[np.float32]
    pullupdown: NDArray[np.float32]
    warm: NDArray[np.float32]
    trapped: NDArray[np.float32]
    trapping: NDArray[np.float32]
    showers: tuple[Shower, ...]

    @property
    def offset(self) -> NDArray[np.float32]:
        """Offset of the slope, DN/s."""
        return self.stripes + self.pullupdown

    def arriving(self, subarray: Subarray, ngroups: int, integration: int, group: int) -> NDArray[np.float32]:
        """
        Return the charge that is released or showered during one frame, DN.

        Parameters
        ----------
        subarray : Subarray
            Readout window; sets the frame time.
        ngroups : int
            Number of groups.
        integration : int
            Number of the integration, 0-based.
        group : int
            Number of the group, 0-based.
        """
        frame = subarray.frame_time
        start = (integration * (ngroups + 1) + group) * frame
        charge = self.trapped * _released(start, start + frame)
        for earlier in range(integration):
            end = (earlier * (ngroups + 1) + ngroups) * frame
            charge = charge + self.trapping * _released(start - end, start - end + frame)
        for shower in self.showers:
            if shower.integration == integration and (share := shower.share(group)) > 0:
                charge = charge + np.float32(share) * shower.image(subarray.shape)
        return charge

    def persistence(self, seconds: float) -> NDArray[np.float32]:
        """
        Return the mean rate at which charge trapped before the exposure is released in its `seconds`, DN/s.

        Parameters
        ----------
        seconds : float
            Length of the exposure, s.
        """
        return self.trapped * np.float32(_released(0, seconds) / seconds)


def ramp_artefacts(
    program: SimulatedProgram, exposure: PlannedExposure, catalog: Table, scene: Scene
) -> RampArtefacts | None:
    """
    Return the artefacts of one exposure; None when all are off.

    Parameters
    ----------
    program : SimulatedProgram
        Its effects say which.
    exposure : PlannedExposure
        Which exposure.
    catalog : Table
        From `build_catalog`.
    scene : Scene
        What this exposure sees.

    Notes
    -----
    The unit of the amplitudes is the noise of a pixel that sees the sky alone.
    """
    effects, window = program.effects, program.window
    if not any(getattr(effects, name) for name in Effects.ramp_artefacts()):
        return None
    unit = _usual_noise(program, exposure.filter)
    corner = window.xstart - 1, window.ystart - 1
    zero = np.zeros(window.shape, np.float32)
    rng = np.random.default_rng([program.seed, 51, exposure.index])
    return RampArtefacts(
        stripes=artefacts.stripes(window.shape, corner, _STRIPES * unit, rng) if effects.stripes else zero,
        pullupdown=_pulled(program, exposure, catalog, scene, unit) if effects.pullupdown else zero,
        warm=artefacts.warm_pixels(window.window, _WARM_FRACTION, program.seed)
        * np.float32(_usual_noise(program, program.filters[0]))
        if effects.warm_pixels
        else zero,
        trapped=_trapped_before(program, exposure, catalog) if effects.persistence else zero,
        trapping=_trapping(program, exposure.filter, scene.rate) if effects.persistence else zero,
        showers=tuple(_showers(program, exposure)) if effects.showers else (),
    )


def level_factor(program: SimulatedProgram, exposure: PlannedExposure) -> float:
    """
    Return the level of the sky in an exposure, relative to that of the filter; 1 unless `level_drift` is on.

    Parameters
    ----------
    program : SimulatedProgram
        The program.
    exposure : PlannedExposure
        The exposure.
    """
    if not program.effects.level_drift:
        return 1.0
    dithers = len(program.dithers_of(exposure.tile))
    return float(drift_factors("measured", exposure.filter, 1, dithers)[exposure.dither])


def _usual_noise(program: SimulatedProgram, filter_name: str) -> float:
    """Standard deviation of the rate of a pixel that sees the sky alone, DN/s."""
    band, setup = FILTERS[filter_name], program.setup(filter_name)
    readout = Readout(1.0, program.window.frame_time, setup.ngroups, setup.nints)
    rate = np.full((1, 1), band.sky / band.photmjsr)
    return float(np.sqrt(sum(readout.variances(rate, readout.groups(rate))))[0, 0])


def _pulled(
    program: SimulatedProgram, exposure: PlannedExposure, catalog: Table, scene: Scene, unit: float
) -> NDArray[np.float32]:
    strips = np.zeros(program.window.shape, np.float32)
    for index in _very_bright(program, exposure.filter, catalog, scene):
        x, y = float(scene.x[index]), float(scene.y[index])
        ratio = catalog[f"flux_{exposure.filter}"][index] / _bright_flux(program, exposure.filter)
        width = float(np.clip(2.5 * ratio**0.5, 2.5, 15))
        rng = np.random.default_rng([program.seed, 52, exposure.index, int(catalog["id"][index])])
        strips += artefacts.pull_strips(program.window.shape, (x, y), width, unit, rng)
    return strips


def _very_bright(
    program: SimulatedProgram, filter_name: str, catalog: Table, scene: Scene
) -> NDArray[np.intp]:
    """Rows of the catalogue whose stars saturate within half of an integration, in the window and the imager."""
    ny, nx = program.window.shape
    inside = (scene.x > -0.5) & (scene.x < nx - 0.5) & (scene.y > -0.5) & (scene.y < ny - 0.5)
    inside &= scene.x + program.window.xstart - 1 >= artefacts.IMAGER_COLUMN
    bright = np.asarray(catalog[f"flux_{filter_name}"]) > _bright_flux(program, filter_name)
    return np.flatnonzero(inside & bright & (np.asarray(catalog["type"]) == "star"))


def _bright_flux(program: SimulatedProgram, filter_name: str) -> float:
    rate = DETECTOR.full_well / (0.5 * program.setup(filter_name).ngroups * program.window.frame_time)
    return rate * FILTERS[filter_name].photmjsr / peak_of_a_star(filter_name)


def _trapping(program: SimulatedProgram, filter_name: str, rate: NDArray[np.float32]) -> NDArray[np.float32]:
    """Charge that one integration traps, DN: where it saturates, of no more than twice the full well."""
    signal = rate * np.float32(program.setup(filter_name).ngroups * program.window.frame_time)
    caught = np.where(signal > DETECTOR.full_well, np.minimum(signal, 2 * DETECTOR.full_well), 0)
    return (_TRAPPED * caught).astype(np.float32)


def _trapped_before(
    program: SimulatedProgram, exposure: PlannedExposure, catalog: Table
) -> NDArray[np.float32]:
    """
    Charge that earlier exposures left trapped, DN.

    Notes
    -----
    Exponentials of one time constant add up to one, so a single image holds the state. Earlier exposures are
    followed as long as more than a thousandth is left, with those sources alone that can saturate a pixel.
    """
    trapped = np.zeros(program.window.shape)
    frame = program.window.frame_time
    for earlier in planned_exposures(program)[: exposure.index]:
        setup = program.setup(earlier.filter)
        length = setup.ngroups * frame
        start = (exposure.start_mjd - earlier.start_mjd) * 86400
        if start - duration_seconds(program, earlier.filter) > 7 * TRAP_SECONDS:
            continue
        flux = np.asarray(catalog[f"flux_{earlier.filter}"])
        sources = catalog[flux > 0.3 * _bright_flux(program, earlier.filter)]
        rate = render(program, sources, earlier.filter, earlier.true).rate if len(sources) else None
        if rate is not None:
            ends = [integration * (length + frame) + length for integration in range(setup.nints)]
            trapped += _trapping(program, earlier.filter, rate) * sum(
                np.exp((end - start) / TRAP_SECONDS) for end in ends
            )
    return trapped.astype(np.float32)


def _released(start: float, end: float) -> np.float32:
    """Part of the trapped charge that comes free between two times after the trapping, seconds."""
    return np.float32(np.exp(-start / TRAP_SECONDS) - np.exp(-end / TRAP_SECONDS))


def _showers(program: SimulatedProgram, exposure: PlannedExposure) -> Iterator[Shower]:
    """Events of one exposure: one at least, so that short simulated exposures show them; no pixel is left out."""
    rng = np.random.default_rng([program.seed, 53, exposure.index])
    ny, nx = program.window.shape
    part = ny * nx / (FULL_SHAPE[0] * FULL_SHAPE[1])
    setup = program.setup(exposure.filter)
    count = max(1, rng.poisson(_SHOWERS_PER_SECOND * part * duration_seconds(program, exposure.filter)))
    begins = sorted(rng.integers(0, setup.nints * (setup.ngroups - 1), count))
    for begin in begins:
        integration, group = divmod(int(begin), setup.ngroups - 1)
        semimajor = rng.uniform(0.05, 0.18) * min(ny, nx)
        yield Shower(
            integration=integration,
            group=group + 1,
            x=float(rng.uniform(0.1, 0.9) * nx),
            y=float(rng.uniform(0.1, 0.9) * ny),
            semimajor=float(semimajor),
            semiminor=float(semimajor * rng.uniform(0.4, 1.0)),
            angle=float(rng.uniform(0, np.pi)),
            amplitude=float(10 ** rng.uniform(1.2, 2.0)),
        )
