"""
Calibrated exposures with their full truth: what is left to do after the official pipeline, without ramps.

`calibrated_program` gives a sequence of exposures that are made when they are asked for::

    program = calibrated_program("sparse", "F770W", effects=("noise", "bad_pixels", "sky_pattern", "drift"))
    outcome = correct(program.arrays)
    residual = outcome.exposures[0].sci - program[0].truth.scene
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from miri_widgets.core.exposure_arrays import ExposureArrays, Lazy
from miri_widgets.simulation.artefacts import IMAGER_COLUMN
from miri_widgets.simulation.calibrated_parts import artefact_parts, level_offset
from miri_widgets.simulation.calibrated_truth import CalibratedTruth
from miri_widgets.simulation.detector import DETECTOR, DQ, coronagraph_areas
from miri_widgets.simulation.effects import CAL_EFFECTS, Effects
from miri_widgets.simulation.instrument import FILTERS, PIXEL_ARCSEC, SUBARRAYS
from miri_widgets.simulation.kept_values import made_once
from miri_widgets.simulation.layouts import (
    cycling_dithers,
    drift_factors,
    footprint,
    known,
    ramp_of,
    tiles_side_by_side,
    window_of,
)
from miri_widgets.simulation.plan import PlannedExposure, duration_seconds, planned_exposures
from miri_widgets.simulation.program import SimulatedProgram
from miri_widgets.simulation.readout import Readout
from miri_widgets.simulation.skies import KINDS, Sky, peak_of_a_star
from miri_widgets.simulation.skymap import SkyMap

if TYPE_CHECKING:
    from astropy.table import Table

__all__ = ["CalibratedProgram", "CalibratedTruth", "SimulatedExposure", "calibrated_program"]

_FLAT_ERROR = 5e-4
_SCENES_KEPT, _EXPOSURES_KEPT = 16, 2


@dataclass(frozen=True, eq=False)
class SimulatedExposure:
    """One exposure of a `CalibratedProgram`: its `arrays`, its `truth` and its place in the `plan`."""

    program: CalibratedProgram
    index: int

    @property
    def plan(self) -> PlannedExposure:
        """Name, time, planned and true pointing."""
        return self.program.plan[self.index]

    @property
    def arrays(self) -> ExposureArrays:
        """The exposure as a pipeline sees it."""
        return self.program.made(self.index)[0]

    @property
    def truth(self) -> CalibratedTruth:
        """What it consists of."""
        return self.program.made(self.index)[1]


def calibrated_program(
    kind: str,
    filter_name: str = "F770W",
    *,
    dithers: int = 10,
    tiles: int = 1,
    seed: int = 1,
    shape: str | tuple[int, int] = "FULL",
    effects: Sequence[str] = ("noise", "bad_pixels", "coronagraphs", "sky_pattern", "drift"),
    drift: str | float | Sequence[float] = "measured",
    amplitudes: Mapping[str, float] | None = None,
    ngroups: int | None = None,
    nints: int | None = None,
    ra: float = 80.4875,
    dec: float = -69.4983,
    pa_v3: float = 105.0,
    dither_radius: float | None = None,
    number: str = "01050",
) -> CalibratedProgram:
    """
    Describe a program of calibrated exposures. Equal arguments give equal pixels.

    Parameters
    ----------
    kind : str
        "sparse" (some hundred galaxies), "crowded" (some thousand stars) or "extended" (a nebula everywhere).
    filter_name : str
        Filter; sky level, PSF and noise are its own.
    dithers, tiles : int
        Exposures per tile, and tiles that overlap by 15 % of the field.
    seed : int
        Seed of everything random; each effect draws by itself, so that switching one leaves the others as they are.
    shape : str or tuple of int
        Name of a subarray, or (ny, nx) of a window around the centre of the imager.
    effects : sequence of str
        Names out of `CAL_EFFECTS`.
    drift : str, float or sequence of float
        Level of the sky with time: "measured" (as in public programs in this filter), "epochs" (the second half of
        the tiles or exposures at another epoch), a number (the sky falls by this fraction from first to last
        exposure), or one factor per exposure.
    amplitudes : mapping of str to float, optional
        Factors by effect ("sky_pattern", "stripes", "pullupdown", "warm_pixels", "tile_steps", "planes",
        "persistence", "pointing_error"); 1 where not given.
    ngroups, nints : int, optional
        Ramps; by default about 280 seconds in integrations that the sky fills to 40 % at most.
    ra, dec, pa_v3 : float
        Target and position angle, degrees.
    dither_radius : float, optional
        Largest distance of a dither from the centre, arcsec; 6 by default, less in small windows.
    number : str
        Program number, five digits.

    Raises
    ------
    ParameterError
        If a kind, effect, filter or shape is unknown.
    """
    known("the kind of sky", kind, tuple(KINDS))
    known("the filter", filter_name, tuple(FILTERS))
    for name in (*effects, *(amplitudes or {})):
        known("the effect", name, CAL_EFFECTS)
    corner, size, subarray = window_of(shape)
    frame = SUBARRAYS[subarray].frame_time
    groups, integrations = ramp_of(filter_name, frame)
    radius = dither_radius if dither_radius is not None else min(6.0, 0.2 * min(size) * PIXEL_ARCSEC)
    program = SimulatedProgram(
        name=f"calibrated {kind}",
        program=number,
        title=f"Simulated {kind} field, calibrated",
        ra=ra,
        dec=dec,
        pa_v3=pa_v3,
        filters=(filter_name,),
        subarray=subarray,
        ngroups=ngroups or groups,
        nints=nints or integrations,
        tiles=tiles_side_by_side(
            tiles, size, corner, pa_v3, seed, (amplitudes or {}).get("pointing_error", 1.0)
        ),
        dithers=cycling_dithers(dithers, radius),
        seed=seed,
        effects=Effects()
        if "pointing_error" in effects
        else Effects().without("pointing_error", "dither_error"),
    )
    return CalibratedProgram(kind, program, corner, size, tuple(effects), drift, dict(amplitudes or {}))


class CalibratedProgram(Sequence[SimulatedExposure]):
    """
    Calibrated exposures, made when they are asked for; see `calibrated_program`.

    Attributes
    ----------
    program : SimulatedProgram
        Tiles, dithers, ramps and times.
    plan : tuple of PlannedExposure
        The exposures in time order.
    corner, shape : tuple of int
        (x, y) of the first pixel on the detector; (ny, nx).
    effects : tuple of str
        What is on.
    catalog : Table
        All sources: ``id``, ``ra``, ``dec``, ``type``, ``flux_ujy``, and for galaxies ``radius`` [arcsec] ...
    """

    def __init__(
        self,
        kind: str,
        program: SimulatedProgram,
        corner: tuple[int, int],
        shape: tuple[int, int],
        effects: tuple[str, ...],
        drift: str | float | Sequence[float],
        amplitudes: Mapping[str, float],
    ) -> None:
        self.kind, self.program, self.corner, self.shape = kind, program, corner, shape
        self.effects, self.amplitudes = effects, amplitudes
        self.filter = program.filters[0]
        self.plan = planned_exposures(program)
        band, frame = FILTERS[self.filter], program.window.frame_time
        factors = drift_factors(drift, self.filter, len(program.tiles), len(program.dithers))
        self.levels = band.sky * (factors if self.has("drift") else np.ones(len(factors)))
        self.readout = Readout(band.photmjsr, frame, program.ngroups, program.nints)
        # saturates within five groups
        self.bright_flux = DETECTOR.full_well / 5 / frame * band.photmjsr / peak_of_a_star(self.filter)
        centre, half = footprint(self.plan, corner, shape)
        reach = 0.3 * min(shape) * PIXEL_ARCSEC
        self.sky = Sky(kind, self.filter, centre, half, self.bright_flux, reach, program.seed)
        self.catalog = self.sky.catalog
        self._made: OrderedDict[int, tuple[ExposureArrays, CalibratedTruth]] = OrderedDict()
        self._scenes: OrderedDict[int, tuple[NDArray[np.float32], NDArray[np.float32]]] = OrderedDict()

    def __len__(self) -> int:
        return len(self.plan)

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return [self[number] for number in range(*index.indices(len(self)))]
        if not -len(self) <= index < len(self):
            raise IndexError(index)
        return SimulatedExposure(self, index % len(self))

    def __iter__(self) -> Iterator[SimulatedExposure]:
        return (SimulatedExposure(self, index) for index in range(len(self)))

    @property
    def arrays(self) -> Lazy:
        """The exposures as corrections take them."""
        return Lazy(len(self), lambda index: self.made(index)[0])

    @property
    def window(self) -> tuple[slice, slice]:
        """Slices (rows, columns) that cut the window out of a full frame."""
        (x, y), (ny, nx) = self.corner, self.shape
        return slice(y, y + ny), slice(x, x + nx)

    @property
    def usual_noise(self) -> float:
        """Standard deviation of an imager pixel that sees the sky alone, MJy/sr: the unit of most amplitudes."""
        level = np.full((1, 1), FILTERS[self.filter].sky)
        return float(np.sqrt(sum(self.readout.variances(level, self.readout.groups(level))))[0, 0])

    def skymap(self, index: int, *, true: bool = True) -> SkyMap:
        """
        Return the WCS of an exposure, the true one or that of its header.

        Parameters
        ----------
        index : int
            Number of the exposure, 0-based.
        true : bool
            Whether to return the true WCS instead of that of the header.
        """
        plan = self.plan[index]
        return SkyMap(plan.true if true else plan.planned, self.filter, self.corner)

    def made(self, index: int) -> tuple[ExposureArrays, CalibratedTruth]:
        """
        Return exposure and truth; the last ones are kept.

        Parameters
        ----------
        index : int
            Number of the exposure, 0-based.
        """
        return made_once(self._made, index, _EXPOSURES_KEPT, self._make)

    def scene(self, index: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """
        Return scene and nebula of an exposure, MJy/sr; the last ones are kept. Do not modify.

        Parameters
        ----------
        index : int
            Number of the exposure, 0-based.
        """
        return made_once(self._scenes, index, _SCENES_KEPT, self._render)

    def has(self, effect: str) -> float:
        """
        Return the amplitude of an effect: 0 where it is off.

        Parameters
        ----------
        effect : str
            Name of the effect.
        """
        return self.amplitudes.get(effect, 1.0) if effect in self.effects else 0.0

    def rng(self, stream: int, *key: int) -> np.random.Generator:
        """
        Return the source of one effect; `key` tells exposures, tiles or sources apart.

        Parameters
        ----------
        stream : int
            Number of the effect's stream of random numbers.
        *key : int
            Numbers of the exposure, tile or source.
        """
        return np.random.default_rng([self.program.seed, stream, *key])

    def _render(self, index: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        skymap = self.skymap(index)
        nebula = self.sky.nebula(skymap, self.shape)
        scene = self.sky.image(skymap, self.shape) + nebula
        if self.has("coronagraphs"):
            transmission = coronagraph_areas()[0][self.window]
            scene, nebula = scene * transmission, nebula * transmission
        return scene, nebula

    def _make(self, index: int) -> tuple[ExposureArrays, CalibratedTruth]:
        scene, nebula = self.scene(index)
        level, offset = float(self.levels[index]), level_offset(self, index)
        sources, bright = self._sources(index)
        parts = artefact_parts(self, index, sources[bright])
        noiseless = sum(parts.values(), scene + np.float32(level + offset)).astype(np.float32)
        groups = self.readout.groups(noiseless)
        noise_sigma = np.sqrt(sum(self.readout.variances(noiseless, groups))).astype(np.float32)
        dq = self.readout.flags(
            groups,
            self.window,
            bad_pixels=bool(self.has("bad_pixels")),
            coronagraphs=bool(self.has("coronagraphs")),
        )
        bad = dq & DQ["DO_NOT_USE"] != 0
        noise = self.rng(21, index).standard_normal(self.shape, np.float32) * noise_sigma
        noise = np.where(bad | (not self.has("noise")), np.float32(0), noise)
        true, header = self.skymap(index), self.skymap(index, true=False)
        truth = CalibratedTruth(
            scene=scene,
            nebula=nebula,
            sky_level=level,
            **parts,
            level_offset=offset,
            noise=noise,
            noise_sigma=noise_sigma,
            warm=(parts["warm_excess"] > 0) & ~bad,
            sources=sources,
            bright=bright,
            to_sky=true.to_sky,
            to_pixel=true.to_pixel,
            pointing_error=self.plan[index].pointing_error,
        )
        return self._arrays(index, noiseless + noise, dq, bad, groups, header), truth

    def _arrays(
        self,
        index: int,
        sci: NDArray[np.float32],
        dq: NDArray[np.uint32],
        bad: NDArray[np.bool_],
        groups: NDArray[np.float64],
        header: SkyMap,
    ) -> ExposureArrays:
        # as in the pipeline the photon noise is estimated from the data themselves
        variances = [*self.readout.variances(sci, groups), (_FLAT_ERROR * sci) ** 2]
        sci, *variances = (np.where(bad, np.nan, part).astype(np.float32) for part in (sci, *variances))
        plan = self.plan[index]
        return ExposureArrays(
            sci=sci,
            err=np.sqrt(variances[0] + variances[1] + variances[2]),
            dq=dq,
            root=plan.name.root,
            filter=self.filter,
            start_mjd=plan.start_mjd,
            end_mjd=plan.start_mjd + duration_seconds(self.program) / 86400,
            fwhm=FILTERS[self.filter].fwhm / PIXEL_ARCSEC,
            corner=self.corner,
            to_sky=header.to_sky,
            to_pixel=header.to_pixel,
            var_poisson=variances[0],
            var_rnoise=variances[1],
            var_flat=variances[2],
        )

    def _sources(self, index: int) -> tuple[Table, NDArray[np.intp]]:
        from astropy.table import Table

        x, y = self.sky.positions(self.skymap(index))
        inside = (x > -0.5) & (x < self.shape[1] - 0.5) & (y > -0.5) & (y < self.shape[0] - 0.5)
        sources = self.catalog[inside]
        table = Table({"id": sources["id"], "x": x[inside], "y": y[inside], "flux": sources["flux_ujy"]})
        table["type"], table["ra"], table["dec"] = sources["type"], sources["ra"], sources["dec"]
        imager = table["x"] + self.corner[0] >= IMAGER_COLUMN
        return table, np.flatnonzero((table["flux"] > self.bright_flux) & (table["type"] == "star") & imager)

    def tile(self, index: int) -> int:
        """
        Return the 0-based tile of an exposure.

        Parameters
        ----------
        index : int
            Number of the exposure, 0-based.
        """
        return index // len(self.program.dithers)
