"""A scene: exposures as arrays, and every part of them as a plane of truth."""

from __future__ import annotations

import zlib
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from detector import cosmic_ray_residuals, flat_residual, glow, slow_rows
from light import KINDS, Plane
from material import FILTERS, PIXEL, SAMPLING, bad_pixels, sky_level
from numpy.typing import NDArray
from scipy.ndimage import map_coordinates

from miri_widgets.core.exposure_arrays import ExposureArrays

__all__ = ["Scene", "Spec", "TangentWcs", "dither_offsets", "field_side", "make_scene", "noise_of"]

SATURATED, JUMP, UNUSABLE = 2, 4, 1  # bits of the data-quality arrays of jwst
GAIN, READ_NOISE = 4.0, 6.0  # e/DN; DN (JWST documentation, MIRI)
PHOTMJSR = {"F560W": 0.579, "F770W": 0.304, "F1500W": 0.366, "F2550W": 0.8}  # MJy/sr per DN/s; 2022, rounded

Plane32 = NDArray[np.float32]


@dataclass(frozen=True)
class Spec:
    """
    What a scene is.

    Attributes
    ----------
    name : str
        Its name.
    kind : str
        Key of `light.KINDS`.
    filter : str
        Filter.
    dithers : int
        Number of exposures.
    step : float
        The smallest distance between two of them, arcsec.
    seed : int
        Of everything that is drawn.
    held : bool
        Whether it judges; else constants may be chosen on it.
    shape : tuple of int
        (ny, nx) of the exposures.
    flat : float
        Residual of the flat, rms, relative.
    glow : float
        Light of the instrument at the edge, in the noise of a pixel.
    rows : float
        Slow noise of rows, rms, in the noise of a pixel.
    drift : float
        Change of the level from exposure to exposure, rms, relative.
    cosmic : float
        Part of the pixels that residuals of cosmic rays change.
    seconds : float
        Exposure time.
    """

    name: str
    kind: str
    filter: str
    dithers: int
    step: float
    seed: int
    held: bool
    shape: tuple[int, int] = (512, 512)
    flat: float = 0.015
    glow: float = 1.0
    rows: float = 0.0
    drift: float = 0.005
    cosmic: float = 0.2
    seconds: float = 300.0


class TangentWcs:
    """
    Pixels to the sky by a tangent plane with a weak quadratic distortion.

    Parameters
    ----------
    ra, dec, roll : float
        Degrees: where the middle of the array points, and its position angle.
    shape : tuple of int
        (ny, nx).
    east, north : float
        Arcsec by which the exposure is dithered in the plane of the first one.
    """

    def __init__(
        self, ra: float, dec: float, roll: float, shape: tuple[int, int], east: float, north: float
    ) -> None:
        self.ra, self.dec, self.roll = np.deg2rad([ra, dec, roll])
        self.middle = (shape[1] - 1) / 2, (shape[0] - 1) / 2
        self.east, self.north = east, north

    def plane(self, x: NDArray, y: NDArray) -> tuple[NDArray, NDArray]:
        """Return arcsec to the east and to the north in the plane of all exposures."""
        u, v = (
            (np.asarray(x, float) - self.middle[0]) * PIXEL,
            (np.asarray(y, float) - self.middle[1]) * PIXEL,
        )
        # half a pixel at the corner of a full exposure
        u, v = u + 1.0e-5 * (u * u + 0.5 * u * v), v + 1.0e-5 * (v * v - 0.3 * u * v)
        c, s = np.cos(self.roll), np.sin(self.roll)
        return -u * c + v * s + self.east, u * s + v * c + self.north

    def __call__(self, x: NDArray, y: NDArray) -> tuple[NDArray, NDArray]:
        """Return RA and Dec in degrees."""
        xi, eta = (np.deg2rad(part / 3600) for part in self.plane(x, y))
        depth = np.cos(self.dec) - eta * np.sin(self.dec)
        ra = self.ra + np.arctan2(xi, depth)
        dec = np.arctan2(np.sin(self.dec) + eta * np.cos(self.dec), np.hypot(xi, depth))
        return np.rad2deg(ra) % 360, np.rad2deg(dec)

    def pixels(self, xi: NDArray, eta: NDArray) -> tuple[NDArray, NDArray]:
        """Return the pixels of places in the plane, arcsec, by iteration."""
        x, y = np.full(np.shape(xi), self.middle[0]), np.full(np.shape(xi), self.middle[1])
        c, s = np.cos(self.roll), np.sin(self.roll)
        for _ in range(6):
            found = self.plane(x, y)
            dx, dy = np.asarray(xi) - found[0], np.asarray(eta) - found[1]
            x, y = x + (-dx * c + dy * s) / PIXEL, y + (dx * s + dy * c) / PIXEL
        return x, y

    def inverse(self, ra: NDArray, dec: NDArray) -> tuple[NDArray, NDArray]:
        """Return the pixels of RA and Dec in degrees."""
        turn, north = np.deg2rad(ra) - self.ra, np.deg2rad(dec)
        depth = np.sin(self.dec) * np.sin(north) + np.cos(self.dec) * np.cos(north) * np.cos(turn)
        xi = np.cos(north) * np.sin(turn) / depth
        eta = (np.cos(self.dec) * np.sin(north) - np.sin(self.dec) * np.cos(north) * np.cos(turn)) / depth
        return self.pixels(*(np.rad2deg(part) * 3600 for part in (xi, eta)))


@dataclass(frozen=True, eq=False)
class Scene:
    """
    Exposures and their truth; lists have an entry per exposure, all planes are (ny, nx) in MJy/sr.

    Attributes
    ----------
    spec : Spec
        What it is.
    sigma : float
        Noise of a pixel that sees the sky alone.
    wcs : list of TangentWcs
        Pixels to the sky.
    light : list of ndarray
        What moves with the sky, as the detector shows it.
    pattern : list of ndarray
        What stays on the detector, level included.
    levels : list of float
        Mean of the pattern.
    cosmic, rows : list of ndarray
        Residuals of cosmic rays; slow noise of rows. Both are of one exposure alone.
    bad : ndarray of bool
        Unusable pixels.
    points : ndarray, shape (n, 3)
        Points of the field: arcsec to the east and north, and flux in MJy/sr times pixels.
    whole : Scene, optional
        The scene that this one is a part of.
    """

    spec: Spec
    sigma: float
    wcs: list[TangentWcs]
    light: list[Plane32]
    pattern: list[Plane32]
    levels: list[float]
    cosmic: list[Plane32]
    rows: list[Plane32]
    bad: NDArray[np.bool_]
    flat: Plane32
    points: NDArray[np.float64]
    whole: Scene | None = None

    def first(self, number: int) -> Scene:
        """Return a scene of the first exposures."""
        parts = ("wcs", "light", "pattern", "levels", "cosmic", "rows")
        spec = replace(self.spec, dithers=min(number, self.spec.dithers))
        return replace(self, spec=spec, whole=self, **{name: getattr(self, name)[:number] for name in parts})

    @cached_property
    def noise(self) -> list[Plane32]:
        """Standard deviation of each pixel."""
        return [
            (self.sigma * np.sqrt(np.maximum((sky + light) / level, 0.1))).astype(np.float32)
            for sky, light, level in zip(self.pattern, self.light, self.levels, strict=True)
        ]

    def exposures(self, noise_seed: int = 0, added: list[Plane32] | None = None) -> list[ExposureArrays]:
        """
        Return the exposures with noise.

        Parameters
        ----------
        noise_seed : int
            Other seeds give other noise over the same everything else.
        added : list of ndarray, optional
            Light that the field does not have.
        """
        return [self._exposure(index, noise_seed, added) for index in range(self.spec.dithers)]

    def _exposure(self, index: int, noise_seed: int, added: list[Plane32] | None) -> ExposureArrays:
        rng = np.random.default_rng([self.spec.seed, noise_seed, index, 99])
        noise = self.noise[index]
        drawn = rng.standard_normal(self.spec.shape, np.float32) * noise
        sci = self.light[index] + self.pattern[index] + self.cosmic[index] + self.rows[index] + drawn
        if added is not None:
            sci = sci + added[index]
        dq = np.where(self.bad, UNUSABLE, 0).astype(np.uint32)
        dq[self.cosmic[index] > 10 * self.sigma] |= JUMP
        full = self.light[index] > 4000 * self.sigma
        dq[full] |= SATURATED | UNUSABLE
        unusable = (dq & UNUSABLE) > 0
        err = np.where(unusable, np.nan, noise).astype(np.float32)
        sci = np.where(unusable, np.nan, sci).astype(np.float32)
        shares = (0.7, 0.3, 0.0)
        poisson, read, flat = (np.asarray(share * err**2, np.float32) for share in shares)
        wcs = self.wcs[index]
        return ExposureArrays(
            sci, err, dq, root=f"jw09999001001_02101_{index + 1:05d}_mirimage", filter=self.spec.filter,
            start_mjd=60000.0 + 0.01 * index, end_mjd=60000.005 + 0.01 * index,
            fwhm=FILTERS[self.spec.filter][1] / PIXEL, corner=(440, 256) if self.spec.shape[1] < 1032 else (0, 0),
            to_sky=wcs, to_pixel=wcs.inverse, var_poisson=poisson, var_rnoise=read, var_flat=flat,
        )  # fmt: skip

    def empty_plane(self) -> Plane:
        """Return a plane of the sky, without light, that all exposures lie on."""
        return Plane(field_side(self.wcs, self.spec.shape), self.spec.filter, self.sigma)

    def light_of(self, plane: Plane) -> list[Plane32]:
        """Return what the exposures see of a plane of the sky."""
        seen, middle = plane.seen(), (plane.side - 1) / 2
        y, x = np.indices(self.spec.shape)
        planes = []
        for wcs in self.wcs:
            xi, eta = (part / SAMPLING + middle for part in wcs.plane(x, y))
            light = map_coordinates(seen, [eta, xi], order=3, prefilter=False)
            planes.append((light * (1 + self.flat)).astype(np.float32))
        return planes

    def to_plane(self, plane: Plane, x: NDArray, y: NDArray) -> tuple[NDArray, NDArray]:
        """Return the samples of a plane where pixels of the first exposure lie."""
        xi, eta = self.wcs[0].plane(x, y)
        return xi / SAMPLING + (plane.side - 1) / 2, eta / SAMPLING + (plane.side - 1) / 2

    def from_plane(self, plane: Plane, index: int, x: NDArray, y: NDArray) -> tuple[NDArray, NDArray]:
        """Return the pixels of an exposure at which samples of a plane lie."""
        middle = (plane.side - 1) / 2
        return self.wcs[index].pixels(
            (np.asarray(x) - middle) * SAMPLING, (np.asarray(y) - middle) * SAMPLING
        )


def field_side(wcs: list[TangentWcs], shape: tuple[int, int]) -> int:
    """Return the side of a plane, in samples, on which all exposures lie."""
    reach = 0.0
    for one in wcs:
        east, north = one.plane(np.array([0, shape[1], 0, shape[1]]), np.array([0, 0, shape[0], shape[0]]))
        reach = max(reach, float(np.abs(east).max()), float(np.abs(north).max()))
    return 2 * int(reach / SAMPLING + 20)


def dither_offsets(count: int, step: float, rng: np.random.Generator) -> NDArray[np.float64]:
    """Return offsets in arcsec, shape (count, 2), about zero; the two that are closest are `step` apart."""
    if count == 1:
        return np.zeros((1, 2))
    turn = np.pi * (3 - 5**0.5) * np.arange(count) + rng.uniform(0, 2 * np.pi)
    radius = np.sqrt(np.arange(count) + 0.5)
    offsets = np.column_stack([radius * np.cos(turn), radius * np.sin(turn)])
    offsets += rng.normal(0, 0.1, offsets.shape)
    apart = np.hypot(*(offsets[:, None] - offsets[None]).transpose(2, 0, 1))
    return step * (offsets - offsets.mean(axis=0)) / apart[np.triu_indices(count, 1)].min()


def noise_of(level: float, filter_name: str, seconds: float) -> float:
    """Return the noise of a pixel, MJy/sr, that sees a sky of some level for some time."""
    counts = level / PHOTMJSR[filter_name] * seconds  # DN
    return level * float(np.hypot((counts / GAIN) ** 0.5, READ_NOISE)) / counts


def make_scene(spec: Spec) -> Scene:
    """
    Draw a scene.

    Parameters
    ----------
    spec : Spec
        What it is. Equal ones give equal scenes.
    """
    rng = np.random.default_rng([spec.seed, zlib.crc32(spec.kind.encode())])
    level = sky_level(spec.filter)
    sigma = noise_of(level, spec.filter, spec.seconds)
    offsets = dither_offsets(spec.dithers, spec.step, rng)
    roll = float(rng.uniform(0, 360))
    wcs = [TangentWcs(150.1, 2.2, roll, spec.shape, *offset) for offset in offsets]
    flat = flat_residual(spec.shape, rng, spec.flat).astype(np.float32)
    instrument = glow(spec.shape, rng, spec.glow * sigma)
    levels = (level * (1 + spec.drift * rng.standard_normal(spec.dithers))).tolist()
    pattern = [(one * (1 + flat) + instrument).astype(np.float32) for one in levels]
    plane = Plane(field_side(wcs, spec.shape), spec.filter, sigma)
    KINDS[spec.kind](plane, rng)
    cosmic, rows = [], []
    for _ in range(spec.dithers):
        hits = cosmic_ray_residuals(spec.shape, rng, spec.cosmic) if spec.cosmic else np.zeros(spec.shape)
        cosmic.append((sigma * hits).astype(np.float32))
        slow = slow_rows(spec.shape, rng, spec.rows * sigma) if spec.rows else np.zeros(spec.shape)
        rows.append(slow.astype(np.float32))
    bad = bad_pixels(spec.shape, (440, 256))
    middle = (plane.side - 1) / 2
    points = np.array(plane.points, float).reshape(-1, 3)
    points[:, :2] = (points[:, :2] - middle) * SAMPLING
    scene = Scene(spec, sigma, wcs, [], pattern, levels, cosmic, rows, bad, flat, points)
    scene.light.extend(scene.light_of(plane))
    return scene
