"""Shells and spiral galaxies of the simulated sky: surface brightness of several components, each with its own colour."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["ExtendedObject", "brightness"]

_REFERENCE_MICRON = 7.7


@dataclass(frozen=True)
class ExtendedObject:
    """
    An object with structure, larger than a beam.

    Attributes
    ----------
    kind : str
        ``shell``: a planetary nebula. ``spiral``: a galaxy with a bulge and arms.
    east, north : float
        Its middle, offset from the target, arcsec.
    radius : float
        Radius of the shell, or scale length of the disk, arcsec.
    brightness : float
        Surface brightness of the ring or of the middle of the disk at 7.7 micron, MJy/sr.
    axis_ratio, angle : float
        Short over long axis; position angle of the long axis, degrees east of north.
    seed : int
        Of its knots.
    """

    kind: str
    east: float
    north: float
    radius: float
    brightness: float
    axis_ratio: float = 1.0
    angle: float = 0.0
    seed: int = 1

    @property
    def reach(self) -> float:
        """Distance beyond which it gives no light, arcsec."""
        return self.radius * (2.6 if self.kind == "shell" else 6.0)


def brightness(
    target: ExtendedObject, east: NDArray[np.float64], north: NDArray[np.float64], wavelength: float
) -> NDArray[np.float64]:
    """
    Return the surface brightness of an object, MJy/sr.

    Parameters
    ----------
    target : ExtendedObject
        The object.
    east, north : ndarray of float, any shape
        Offsets from the target of the program, arcsec.
    wavelength : float
        Micron.

    Notes
    -----
    Colours are power laws of the wavelength, steps between the slopes that MIRI finds: old stars and ionised gas fall
    towards the red (-2 to -0.5), emission of PAH and warm dust rises (+0.5 to +2). Cool dust of a shell lies outside of
    its gas.
    """
    turn = np.deg2rad(target.angle)
    x, y = east - target.east, north - target.north
    along, across = x * np.sin(turn) + y * np.cos(turn), x * np.cos(turn) - y * np.sin(turn)
    across = across / target.axis_ratio
    radius, angle = np.hypot(along, across) / target.radius, np.arctan2(across, along)
    rng = np.random.default_rng([target.seed, 7])
    parts = _shell(radius, angle, rng) if target.kind == "shell" else _spiral(radius, angle, rng)
    ratio = wavelength / _REFERENCE_MICRON
    total = sum(light * ratio**slope for light, slope in parts)
    edge = np.exp(-((1.25 * radius * target.radius / target.reach) ** 8))
    return np.asarray(target.brightness * total * edge)


def _shell(
    radius: NDArray[np.float64], angle: NDArray[np.float64], rng: np.random.Generator
) -> list[tuple[NDArray[np.float64], float]]:
    ripple = sum(
        rng.uniform(0.01, 0.05) * np.cos(order * angle + rng.uniform(0, 2 * np.pi)) for order in range(2, 7)
    )
    knots = sum(
        rng.uniform(0.05, 0.2) * np.cos(order * angle + 2.5 * radius + rng.uniform(0, 2 * np.pi))
        for order in range(3, 22, 3)
    )
    rim = radius - ripple
    gas = (
        (0.16 + 0.3 * np.exp(-(((rim - 0.62) / 0.22) ** 2)))
        * np.exp(-((rim / 0.95) ** 8))
        * (1 + 0.5 * knots)
    )
    ring = np.exp(-(((rim - 1.0) / 0.10) ** 2)) * (1 + knots)
    dust = 0.36 * np.exp(-(((rim - 1.25) / 0.20) ** 2)) * (1 - 0.8 * knots)
    halo = 0.035 * np.exp(-(((rim - 1.85) / 0.30) ** 2)) * (1 + knots)
    return [(gas, -1.2), (ring, 0.5), (np.maximum(dust, 0), 2.2), (np.maximum(halo, 0), 1.6)]


def _spiral(
    radius: NDArray[np.float64], angle: NDArray[np.float64], rng: np.random.Generator
) -> list[tuple[NDArray[np.float64], float]]:
    phase = rng.uniform(0, 2 * np.pi)
    winding = 2.6 * np.log(np.maximum(radius, 0.15))
    arm = (
        np.maximum(np.cos(angle - winding + phase), 0) ** 3
        + 0.75 * np.maximum(-np.cos(angle - winding + phase), 0) ** 3
    )
    knots = 1 + sum(
        0.22 * np.cos(order * angle + wave * radius + rng.uniform(0, 2 * np.pi))
        for order, wave in ((5, 4.0), (8, -6.0), (11, 5.0), (13, -9.0), (17, 7.0))
    )
    inside = 1 - np.exp(-((radius / 0.7) ** 2))
    disk = 0.30 * np.exp(-radius / 0.9)
    arms = 0.9 * np.exp(-radius / 1.15) * arm * np.maximum(knots, 0.1) * inside
    bulge = 1.5 * np.exp(-((radius / 0.26) ** 1.1))
    star_formation = 0.16 * np.exp(-(((radius - 1.7) / 0.9) ** 2)) * arm**3 * np.maximum(knots - 1.1, 0)
    return [(bulge, -1.8), (disk, -0.7), (arms, 0.9), (star_formation, 2.4)]
