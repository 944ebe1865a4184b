"""
Calibrated exposures with their full truth: what is left to do after the official pipeline, without ramps.

`calibrated_program` gives a sequence of exposures that are made when they are asked for::

    program = calibrated_program("sparse", "F770W", effects=("noise", "bad_pixels", "sky_pattern", "drift"))
    outcome = correct(program.planes)
    residual = outcome.exposures[0].sci - program[0].truth.scene
"""

from __future__ import annotations

import tomllib
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from miri_widgets.core.planes import Lazy, Planes
from miri_widgets.errors import ParameterError
from miri_widgets.simulation import artefacts
from miri_widgets.simulation.detector import DETECTOR, DQ, coronagraph_areas, detector_maps
from miri_widgets.simulation.effects import Effects
from miri_widgets.simulation.instrument import FILTERS, FULL_SHAPE, PIXEL_ARCSEC, SUBARRAYS
from miri_widgets.simulation.plan import PlannedExposure, duration_seconds, planned_exposures
from miri_widgets.simulation.program import SimulatedProgram, Tile
from miri_widgets.simulation.skies import KINDS, Sky, peak_of_a_star
from miri_widgets.simulation.skymap import SkyMap

if TYPE_CHECKING:
    from astropy.table import Table

__all__ = ["CAL_EFFECTS", "CalibratedProgram", "CalibratedTruth", "SimulatedExposure", "calibrated_program"]

CAL_EFFECTS = (
    "noise",
    "bad_pixels",
    "coronagraphs",
    "sky_pattern",
    "drift",
    "stripes",
    "pullupdown",
    "warm_pixels",
    "tile_steps",
    "planes",
    "persistence",
    "pointing_error",
)
"""All effects of calibrated exposures."""

_SATURATED = 2
_FLAT_ERROR = 5e-4
_EXPOSURE_SECONDS = 277.5
_PERSISTENCE_SECONDS = 600.0
"""Time in which an after-image falls by a factor e."""


@dataclass(frozen=True, eq=False)
class CalibratedTruth:
    """
    What one calibrated exposure consists of. Arrays of shape (ny, nx), MJy/sr; ``sci`` is the sum of all of them.

    Attributes
    ----------
    scene : ndarray of float32
        Sky without zodiacal light: sources and nebula, behind the coronagraphs weaker.
    nebula : ndarray of float32
        The part of the scene that is not in the catalogue.
    sky_level : float
        Level of the sky over the imager, drift included.
    sky_pattern : ndarray of float32
        Fixed on the detector: `sky_level` times gradient, glow, tree rings and coronagraph areas, and columns of the
        dark; mean 0 over the good pixels of the imager.
    stripes, pullupdown, persistence, warm_excess, plane : ndarray of float32
        Columns and rows; strips through very bright sources; after-images; excess of warm pixels; tilted plane.
    level_offset : float
        Step of the tile and the exposure.
    noise : ndarray of float32
        The noise that was drawn; 0 where it is not known: in pixels that are NaN.
    noise_sigma : ndarray of float32
        Its true standard deviation.
    warm : ndarray of bool
        Warm pixels.
    sources : Table
        ``id``, ``x``, ``y`` (0-based pixels of the window), ``flux`` [uJy], ``type``, ``ra``, ``dec``: sources inside.
    bright : ndarray of int, shape (n,)
        Rows of `sources` that pull columns and rows and leave after-images.
    to_sky, to_pixel : callable
        The true WCS; that of the exposure differs when "pointing_error" is on.
    pointing_error : tuple of float
        True minus header position, (dRA cos Dec, dDec) in arcsec.
    """

    scene: NDArray[np.float32]
    nebula: NDArray[np.float32]
    sky_level: float
    sky_pattern: NDArray[np.float32]
    stripes: NDArray[np.float32]
    pullupdown: NDArray[np.float32]
    persistence: NDArray[np.float32]
    warm_excess: NDArray[np.float32]
    plane: NDArray[np.float32]
    level_offset: float
    noise: NDArray[np.float32]
    noise_sigma: NDArray[np.float32]
    warm: NDArray[np.bool_]
    sources: Table
    bright: NDArray[np.intp]
    to_sky: Any
    to_pixel: Any
    pointing_error: tuple[float, float]

    @property
    def noiseless(self) -> NDArray[np.float32]:
        """Everything but the noise."""
        return self.scene + self.background

    @property
    def background(self) -> NDArray[np.float32]:
        """Everything but scene and noise: what a perfect correction takes away."""
        added = self.sky_pattern + self.stripes + self.pullupdown + self.persistence + self.warm_excess
        return added + self.plane + np.float32(self.sky_level + self.level_offset)


@dataclass(frozen=True, eq=False)
class SimulatedExposure:
    """One exposure of a `CalibratedProgram`: its `planes`, its `truth` and its place in the `plan`."""

    program: CalibratedProgram
    index: int

    @property
    def plan(self) -> PlannedExposure:
        """Name, time, planned and true pointing."""
        return self.program.plan[self.index]

    @property
    def planes(self) -> Planes:
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
    _known("the kind of sky", kind, tuple(KINDS))
    _known("the filter", filter_name, tuple(FILTERS))
    for name in effects:
        _known("the effect", name, CAL_EFFECTS)
    for name in amplitudes or {}:
        _known("the effect", name, CAL_EFFECTS)
    corner, size, subarray = _window(shape)
    frame = SUBARRAYS[subarray].frame_time
    groups, integrations = _ramp(filter_name, frame)
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
        tiles=_tiles(tiles, size, corner, pa_v3, seed, (amplitudes or {}).get("pointing_error", 1.0)),
        dithers=_dithers(dithers, radius),
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
        self.levels = FILTERS[self.filter].sky * self._drift(drift)
        photmjsr, frame = FILTERS[self.filter].photmjsr, program.window.frame_time
        # saturates within five groups
        self.bright_flux = DETECTOR.full_well / 5 / frame * photmjsr / peak_of_a_star(self.filter)
        centre = _centre(program, corner, shape)
        half = _extent(program, shape)
        reach = 0.3 * min(shape) * PIXEL_ARCSEC
        self.sky = Sky(kind, self.filter, centre, half, self.bright_flux, reach, program.seed)
        self.catalog = self.sky.catalog
        self._made: OrderedDict[int, tuple[Planes, CalibratedTruth]] = OrderedDict()
        self._scenes: OrderedDict[int, tuple[NDArray, NDArray]] = OrderedDict()

    def __len__(self) -> int:
        return len(self.plan)

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return [self[one] for one in range(*index.indices(len(self)))]
        if not -len(self) <= index < len(self):
            raise IndexError(index)
        return SimulatedExposure(self, index % len(self))

    def __iter__(self) -> Iterator[SimulatedExposure]:
        return (SimulatedExposure(self, index) for index in range(len(self)))

    @property
    def planes(self) -> Lazy:
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
        return float(np.sqrt(sum(self._variances(level)[:2]))[0, 0])

    def skymap(self, index: int, *, true: bool = True) -> SkyMap:
        """Return the WCS of an exposure, the true one or that of its header."""
        plan = self.plan[index]
        return SkyMap(plan.true if true else plan.planned, self.filter, self.corner)

    def made(self, index: int) -> tuple[Planes, CalibratedTruth]:
        """Return exposure and truth; the last two are kept."""
        return _kept(self._made, index, 2, self._make)

    def scene(self, index: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return scene and nebula of an exposure, MJy/sr; the last sixteen are kept. Do not modify."""
        return _kept(self._scenes, index, 16, self._render)

    def has(self, effect: str) -> float:
        """Return the amplitude of an effect: 0 where it is off."""
        return self.amplitudes.get(effect, 1.0) if effect in self.effects else 0.0

    def _rng(self, stream: int, *key: int) -> np.random.Generator:
        return np.random.default_rng([self.program.seed, stream, *key])

    def _render(self, index: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        skymap = self.skymap(index)
        nebula = self.sky.nebula(skymap, self.shape)
        scene = self.sky.image(skymap, self.shape) + nebula
        if self.has("coronagraphs"):
            transmission = coronagraph_areas()[0][self.window]
            scene, nebula = scene * transmission, nebula * transmission
        return scene, nebula

    def _make(self, index: int) -> tuple[Planes, CalibratedTruth]:
        scene, nebula = self.scene(index)
        level, sigma = float(self.levels[index]), self.usual_noise
        sources, bright = self._sources(index)
        warm = self._warm()
        parts = {
            "sky_pattern": self._pattern(level),
            "stripes": self._zero_or(
                "stripes",
                lambda amplitude: artefacts.stripes(
                    self.shape, self.corner, 0.5 * amplitude * sigma, self._rng(22, index)
                ),
            ),
            "pullupdown": self._pullupdown(index, sources[bright], sigma),
            "persistence": self._persistence(index),
            "warm_excess": warm * np.float32(sigma),
            "plane": self._zero_or(
                "planes",
                lambda amplitude: artefacts.tilted_plane(
                    self.shape, self.corner, 0.01 * amplitude * level, self._rng(24, self._tile(index))
                ),
            ),
        }
        offset = self._offset(index, level)
        noiseless = sum(parts.values(), scene + np.float32(level + offset)).astype(np.float32)
        poisson, rnoise, groups = self._variances(noiseless)
        noise_sigma = np.sqrt(poisson + rnoise).astype(np.float32)
        noise = self._rng(21, index).standard_normal(self.shape, np.float32) * noise_sigma
        noise = noise if self.has("noise") else np.zeros(self.shape, np.float32)
        dq = self._flags(groups)
        bad = dq & DQ["DO_NOT_USE"] != 0
        noise[bad] = 0
        true, header = self.skymap(index), self.skymap(index, true=False)
        truth = CalibratedTruth(
            scene=scene,
            nebula=nebula,
            sky_level=level,
            **parts,
            level_offset=offset,
            noise=noise,
            noise_sigma=noise_sigma,
            warm=(warm > 0) & ~bad,
            sources=sources,
            bright=bright,
            to_sky=true.to_sky,
            to_pixel=true.to_pixel,
            pointing_error=self.plan[index].pointing_error,
        )
        return self._planes(index, noiseless + noise, dq, bad, groups, header), truth

    def _planes(
        self,
        index: int,
        sci: NDArray[np.float32],
        dq: NDArray[np.uint32],
        bad: NDArray[np.bool_],
        groups: NDArray[np.float32],
        header: SkyMap,
    ) -> Planes:
        # as in the pipeline the photon noise is estimated from the data themselves
        variances = [*self._variances(sci, groups)[:2], (_FLAT_ERROR * sci) ** 2]
        sci, *variances = (np.where(bad, np.nan, part).astype(np.float32) for part in (sci, *variances))
        plan = self.plan[index]
        return Planes(
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

    def _variances(
        self, image: NDArray, groups: NDArray | None = None
    ) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
        """
        Variances by photons and by reads, (MJy/sr)**2, and the number of groups before saturation.

        Notes
        -----
        As `ramp_fit` estimates them: rate / (gain time) and 12 read_noise**2 / (n**3 - n) / group_time**2.
        """
        photmjsr, frame, program = FILTERS[self.filter].photmjsr, self.program.window.frame_time, self.program
        rate = np.clip(image / np.float32(photmjsr), 0, None) + np.float32(DETECTOR.dark_current)
        if groups is None:
            groups = np.clip(np.floor(DETECTOR.full_well / (rate * frame)), 0, program.ngroups)
        n = np.maximum(groups, 2)
        poisson = rate / (DETECTOR.gain * frame * (n - 1) * program.nints)
        rnoise = 12 * DETECTOR.read_noise**2 / ((n**3 - n) * frame**2 * program.nints)
        scale = np.float32(photmjsr**2)
        return poisson * scale, rnoise * scale, groups

    def _flags(self, groups: NDArray[np.float32]) -> NDArray[np.uint32]:
        maps, window = detector_maps(), self.window
        dq = np.where(groups < self.program.ngroups, np.uint32(_SATURATED), np.uint32(0))
        dq[groups < 2] |= DQ["DO_NOT_USE"]
        if self.has("bad_pixels"):
            dq |= maps.dq[window]
        dq[maps.reference[window]] |= DQ["REFERENCE_PIXEL"] | DQ["DO_NOT_USE"] | DQ["NON_SCIENCE"]
        if self.has("coronagraphs"):
            dq |= coronagraph_areas()[2][window]
        return dq.astype(np.uint32)

    def _sources(self, index: int) -> tuple[Table, NDArray[np.intp]]:
        from astropy.table import Table

        x, y = self.sky.positions(self.skymap(index))
        inside = (x > -0.5) & (x < self.shape[1] - 0.5) & (y > -0.5) & (y < self.shape[0] - 0.5)
        found = self.catalog[inside]
        table = Table({"id": found["id"], "x": x[inside], "y": y[inside], "flux": found["flux_ujy"]})
        table["type"], table["ra"], table["dec"] = found["type"], found["ra"], found["dec"]
        imager = table["x"] + self.corner[0] >= artefacts.IMAGER_COLUMN
        return table, np.flatnonzero((table["flux"] > self.bright_flux) & (table["type"] == "star") & imager)

    def _pattern(self, level: float) -> NDArray[np.float32]:
        pattern = np.zeros(self.shape, np.float32)
        good = artefacts.usable_imager()[self.window]
        if self.has("sky_pattern"):
            unit = artefacts.sky_pattern()[self.window] * self.has("sky_pattern")
            columns = artefacts.dark_columns()[self.window[1]] * (0.001 * FILTERS[self.filter].sky)
            pattern = level * unit + np.float32(self.has("sky_pattern")) * columns
            pattern = pattern - pattern[good].mean(dtype=float) if good.any() else pattern
        if self.has("coronagraphs"):
            glow = coronagraph_areas()[1][self.window] > 0
            pattern = pattern + np.float32(level * artefacts.LYOT_BACKGROUND) * glow
        return pattern.astype(np.float32)

    def _pullupdown(self, index: int, bright: Table, sigma: float) -> NDArray[np.float32]:
        strips = np.zeros(self.shape, np.float32)
        if amplitude := self.has("pullupdown"):
            for source in bright:
                # the wider, the brighter: the core that saturates
                width = float(np.clip(2.5 * (source["flux"] / self.bright_flux) ** 0.5, 2.5, 15))
                rng = self._rng(23, index, int(source["id"]))
                strips += artefacts.pull_strips(
                    self.shape, (source["x"], source["y"]), width, amplitude * sigma, rng
                )
        return strips

    def _persistence(self, index: int) -> NDArray[np.float32]:
        """
        After-images of very bright sources of earlier exposures.

        Notes
        -----
        A thousandth of the light, at most of the level at which a pixel saturates within two groups, right after the
        exposure; it decays exponentially (`_PERSISTENCE_SECONDS`).
        """
        image = np.zeros(self.shape, np.float32)
        amplitude = 0.001 * self.has("persistence")
        if amplitude == 0:
            return image
        frame, photmjsr = self.program.window.frame_time, FILTERS[self.filter].photmjsr
        most = DETECTOR.full_well / (2 * frame) * photmjsr
        for earlier in range(index):
            since = (self.plan[index].start_mjd - self.plan[earlier].start_mjd) * 86400
            fraction = amplitude * np.exp(-(since - duration_seconds(self.program)) / _PERSISTENCE_SECONDS)
            if fraction > amplitude * 1e-3:
                light = self.sky.image(self.skymap(earlier), self.shape, self.bright_flux)
                charged = np.where(light > most / 20, np.minimum(light, most), 0)
                image += np.float32(fraction) * charged.astype(np.float32)
        return image

    def _warm(self) -> NDArray[np.float32]:
        return self._zero_or(
            "warm_pixels",
            lambda amplitude: (
                artefacts.warm_pixels(self.window, 0.003, self.program.seed) * np.float32(amplitude)
            ),
        )

    def _offset(self, index: int, level: float) -> float:
        amplitude = self.has("tile_steps") * level
        if amplitude == 0:
            return 0.0
        tile, exposure = self._rng(25, self._tile(index)), self._rng(26, index)
        return amplitude * float(0.03 * tile.standard_normal() + 0.003 * exposure.standard_normal())

    def _zero_or(self, effect: str, make: Any) -> NDArray[np.float32]:
        amplitude = self.has(effect)
        return make(amplitude) if amplitude else np.zeros(self.shape, np.float32)

    def _tile(self, index: int) -> int:
        return index // len(self.program.dithers)

    def _drift(self, drift: str | float | Sequence[float]) -> NDArray[np.float64]:
        count, dithers = len(self.plan), len(self.program.dithers)
        if not self.has("drift"):
            return np.ones(count)
        if isinstance(drift, str):
            _known("the drift", drift, ("measured", "epochs"))
            within = np.array(_levels()["within"][self.filter])
            factors = np.resize((within / np.median(within)), dithers)
            factors = np.tile(factors, count // dithers)
            if drift == "epochs":
                known = _levels()["epochs"]
                wavelength = FILTERS[self.filter].wavelength
                nearest = min(known, key=lambda name: abs(FILTERS[name].wavelength - wavelength))
                factors[
                    (count + 1) // 2 if count == dithers else dithers * ((count // dithers + 1) // 2) :
                ] *= known[nearest][1] / known[nearest][0]
            return factors
        if np.ndim(drift) == 0:
            return 1 + float(np.asarray(drift)) * np.linspace(0.5, -0.5, count)
        factors = np.asarray(drift, float)
        if factors.shape != (count,):
            raise ParameterError(
                f"{factors.size} drift factors", f"one per exposure: {count}", "change the simulated program"
            )
        return factors


def _kept(store: OrderedDict, key: int, count: int, make: Any) -> Any:
    if key not in store:
        store[key] = make(key)
        while len(store) > count:
            store.popitem(last=False)
    store.move_to_end(key)
    return store[key]


@lru_cache(maxsize=1)
def _levels() -> Mapping[str, Mapping[str, list[float]]]:
    return tomllib.loads(files(__package__).joinpath("data/levels.toml").read_text(encoding="utf-8"))


def _known(what: str, name: str, names: tuple[str, ...]) -> None:
    if name not in names:
        raise ParameterError(f"{what} {name!r}", "one of " + ", ".join(names), "correct it")


def _window(shape: str | tuple[int, int]) -> tuple[tuple[int, int], tuple[int, int], str]:
    """Corner (x, y), shape (ny, nx) and subarray, whose frame time it has."""
    if isinstance(shape, str):
        _known("the subarray", shape, tuple(SUBARRAYS))
        window = SUBARRAYS[shape]
        return (window.xstart - 1, window.ystart - 1), window.shape, shape
    ny, nx = shape
    if not (16 <= ny <= FULL_SHAPE[0] and 16 <= nx <= FULL_SHAPE[1]):
        raise ParameterError(f"a window of {shape}", f"16 pixels to {FULL_SHAPE}", "change the shape")
    x = int(np.clip(693 - nx // 2, 0, FULL_SHAPE[1] - nx))
    y = int(np.clip(512 - ny // 2, 0, FULL_SHAPE[0] - ny))
    return (x, y), (ny, nx), "FULL"


def _ramp(filter_name: str, frame: float) -> tuple[int, int]:
    band = FILTERS[filter_name]
    groups = int(np.clip(0.4 * DETECTOR.full_well / (band.sky / band.photmjsr * frame), 5, 100))
    return groups, max(1, round(_EXPOSURE_SECONDS / (groups * frame)))


def _dithers(count: int, radius: float) -> tuple[tuple[float, float], ...]:
    """Spread like the points of a cycling pattern: over a disk, no two near each other, at all phases of a pixel."""
    place = np.arange(count)
    distance, angle = radius * np.sqrt((place + 0.5) / count), place * 2.399963
    points = np.column_stack([distance * np.cos(angle), distance * np.sin(angle)])
    return tuple((float(x), float(y)) for x, y in points)


def _tiles(
    count: int, size: tuple[int, int], corner: tuple[int, int], pa_v3: float, seed: int, error: float
) -> tuple[Tile, ...]:
    """Side by side in rows of two, with an overlap of 15 %; each with a guide star of its own."""
    rng = np.random.default_rng([seed, 20])
    imager = min(size[1], FULL_SHAPE[1] - max(corner[0], artefacts.IMAGER_COLUMN))
    steps = 0.85 * PIXEL_ARCSEC * np.array([imager, size[0]])
    angle = np.deg2rad(pa_v3 + 4.835)
    tiles = []
    for number in range(count):
        x, y = steps * (number % 2, number // 2)
        # detector x runs opposite to V2
        east, north = -x * np.cos(angle) + y * np.sin(angle), x * np.sin(angle) + y * np.cos(angle)
        shift, roll = rng.normal(0, 0.25 * error, 2), rng.normal(0, 0.003 * error)
        tiles.append(
            Tile(
                visit=number + 1,
                offset_ra=float(east),
                offset_dec=float(north),
                guide_star_error=(float(shift[0]), float(shift[1])),
                roll_error=float(roll),
                guide_star=f"S1HP{90792 + 317 * number:06d}",
            )
        )
    return tuple(tiles)


def _centre(
    program: SimulatedProgram, corner: tuple[int, int], shape: tuple[int, int]
) -> tuple[float, float]:
    """Middle of all windows on the sky."""
    middles = []
    for plan in planned_exposures(program):
        skymap = SkyMap(plan.planned, plan.filter, corner)
        middles.append(skymap.to_sky((shape[1] - 1) / 2, (shape[0] - 1) / 2))
    ra, dec = np.array(middles, float).mean(axis=0)
    return float(ra), float(dec)


def _extent(program: SimulatedProgram, shape: tuple[int, int]) -> tuple[float, float]:
    """Half sizes (east, north) in arcsec that hold all windows and the wings of sources beside them."""
    half = 0.64 * max(shape) * PIXEL_ARCSEC + 5
    move = max(float(np.hypot(*dither)) for dither in program.dithers)
    spread = [
        np.ptp([getattr(tile, name) for tile in program.tiles]) / 2 for name in ("offset_ra", "offset_dec")
    ]
    return float(half + move + spread[0]), float(half + move + spread[1])
