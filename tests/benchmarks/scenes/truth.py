"""What a correction did to a scene, by the scene's own truth: to points, discs, the field's light, noise and structure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import lru_cache

import numpy as np
from light import Plane, disc
from material import PIXEL
from measure import point_bias
from numpy.typing import NDArray
from scene import Scene
from scipy.ndimage import uniform_filter

from miri_widgets.core.exposure_arrays import CorrectionResult, ExposureArrays

__all__ = ["FINE", "HARMED", "Truth", "truth_of"]

DISCS = (
    (((7.0, 1.0), (0.68, 0.34)), ((3.0, 0.3), (0.2, 0.78))),
    (((7.0, 0.3), (0.3, 0.7)), ((3.0, 1.0), (0.8, 0.2))),
)
"""Half-light radius in arcsec, mean brightness in sigma, and place in the first exposure of discs added together."""

BOX = 16
BRIGHT = 3.0  # of the noise: what is brighter counts as a source, not as the light of the field
EXTENDED = 0.1  # rms of the field's light over boxes, of the noise: with more the field shows extended light
APERTURE = 5

HARMED: Mapping[str, float] = {
    "flux": 0.015,
    "disc_3": 0.2,
    "large": 0.2,
    "light": 0.2,
    "noise": 0.25,
    "structure": 0.25,
}
"""A correction harms when one of its figures is above this: photometry is good to about that."""

FINE: Mapping[str, float] = {
    "flux": 0.005,
    "disc_3": 0.1,
    "large": 0.1,
    "light": 0.1,
    "noise": 0.1,
    "structure": 0.1,
}
"""It is fine when all are below this."""

Group = tuple[tuple[tuple[float, float], tuple[float, float]], ...]
Correct = Callable[[Sequence[ExposureArrays]], CorrectionResult]


@dataclass(frozen=True)
class Truth:
    """
    What a correction did; parts of what was there.

    Attributes
    ----------
    flux, flux_err : float
        Change of flux of points of S/N 10 to 100.
    kept : mapping of str to float
        What is left of discs, by "size at brightness".
    light_rms, light : float
        Rms over boxes of the field's light, sources aside, in the noise; and what part of it is lost.
    noise : float
        Scatter in apertures after over before, less 1.
    structure : float
        New rms of averages of boxes, in the noise.
    """

    flux: float
    flux_err: float
    light_rms: float
    light: float
    noise: float
    structure: float
    kept: Mapping[str, float] = field(default_factory=dict)

    @property
    def damage(self) -> dict[str, float]:
        """The figures that count, as in `HARMED`; large discs and light only where the field shows such light."""
        lost = {key: abs(1 - value) for key, value in self.kept.items()}
        found = {
            "flux": abs(self.flux) - self.flux_err,
            "disc_3": max(value for key, value in lost.items() if key.startswith("3 ")),
            "noise": self.noise,
            "structure": self.structure,
        }
        if self.light_rms > EXTENDED:
            found["large"] = max(value for key, value in lost.items() if key.startswith("7 "))
            found["light"] = abs(self.light)
        return found

    @property
    def state(self) -> str:
        """ "harmed", "fine", or "slight" between the two."""
        damage = self.damage
        if any(value > HARMED[key] for key, value in damage.items()):
            return "harmed"
        return "fine" if all(value <= FINE[key] for key, value in damage.items()) else "slight"

    def plain(self) -> dict[str, object]:
        """Return everything as plain values."""
        return asdict(self) | {"damage": self.damage, "state": self.state}


def truth_of(scene: Scene, correct: Correct) -> Truth:
    """
    Measure a correction on a scene.

    Parameters
    ----------
    scene : Scene
        Its exposures of noise 1 are corrected.
    correct : callable
        The correction.
    """
    before = scene.exposures(1)
    after = list(correct(before).exposures)

    def sent(added: list[NDArray[np.float32]]) -> list[ExposureArrays]:
        return list(correct(scene.exposures(1, added)).exposures)

    kept: dict[str, float] = {}
    for group in DISCS:
        kept |= _discs_kept(scene, after, group, sent)
    flux, flux_err = point_bias(scene, after, sent)
    rms, lost = _field_light(scene, before, after)
    noise, structure = _noise(scene, before, after)
    return Truth(flux, flux_err, rms, lost, noise, structure, kept)


@lru_cache(maxsize=len(DISCS))
def _drawn(
    scene: Scene, group: Group
) -> tuple[Plane, list[tuple[NDArray, NDArray]], list[NDArray[np.float32]]]:
    """Discs on a plane, where they lie on it, and what the exposures see of them."""
    ny, nx = scene.spec.shape
    plane = scene.empty_plane()
    places = []
    for (half_light, mean), place in group:
        x, y = scene.to_plane(plane, np.array([place[0] * nx]), np.array([place[1] * ny]))
        disc(plane, float(x[0]), float(y[0]), half_light, mean)
        places.append((x, y))
    return plane, places, scene.light_of(plane)


def _discs_kept(
    scene: Scene,
    without: Sequence[ExposureArrays],
    group: Group,
    sent: Callable[[list[NDArray[np.float32]]], list[ExposureArrays]],
) -> dict[str, float]:
    """Discs of one group through the correction together, each measured by ring photometry."""
    ny, nx = scene.spec.shape
    plane, places, added = _drawn(scene.whole or scene, group)
    added = added[: scene.spec.dithers]
    with_discs = sent(added)
    rows, columns = np.indices((ny, nx))
    found = {}
    for ((half_light, mean), _), (x, y) in zip(group, places, strict=True):
        radius, put, left = half_light / PIXEL, 0.0, 0.0
        for index, (one, other) in enumerate(zip(without, with_discs, strict=True)):
            px, py = scene.from_plane(plane, index, x, y)
            distance = np.hypot(columns - px[0], rows - py[0])
            good = one.good & other.good
            inside = good & (distance < radius)
            ring = good & (distance > 2 * radius) & (distance < 2.6 * radius)
            if not inside.any() or ring.sum() < 0.15 * np.pi * (2.6**2 - 4) * radius**2:
                continue
            change = other.sci - one.sci
            put += float(added[index][inside].mean() - added[index][ring].mean())
            left += float(change[inside].mean() - change[ring].mean())
        found[f"{half_light:g} at {mean:g}"] = left / put if put else float("nan")
    return found


def _box_means(image: NDArray, use: NDArray[np.bool_], side: int = BOX) -> NDArray[np.float64]:
    my, mx = (length // side for length in image.shape)
    cut = np.where(use, image, np.nan)[: my * side, : mx * side].reshape(my, side, mx, side)
    count = np.isfinite(cut).sum(axis=(1, 3))
    return np.where(count > 0.3 * side * side, np.nansum(cut, axis=(1, 3)) / np.maximum(count, 1), np.nan)


def _field_light(
    scene: Scene, before: Sequence[ExposureArrays], after: Sequence[ExposureArrays]
) -> tuple[float, float]:
    """Rms of the light over boxes, of the noise, and the part that is taken: what was removed, on light and detector."""
    products, power, number = np.zeros(2), 0.0, 0
    for index, (one, other) in enumerate(zip(before, after, strict=True)):
        use = one.good & other.good & (scene.light[index] < BRIGHT * scene.sigma)
        light, pattern, rows, gone = (
            _box_means(image, use).ravel()
            for image in (scene.light[index], scene.pattern[index], scene.rows[index], one.sci - other.sci)
        )
        known = np.isfinite(light) & np.isfinite(gone)
        if known.sum() < 50:
            continue
        basis = np.column_stack([np.ones(known.sum()), pattern[known], rows[known]])
        clean = light[known] - basis @ np.linalg.lstsq(basis, light[known], rcond=None)[0]
        products += (clean @ gone[known], clean @ clean)
        power += float(np.var(light[known]) * known.sum())
        number += int(known.sum())
    if not number or not products[1] > 0:
        return 0.0, 0.0
    return (power / number) ** 0.5 / scene.sigma, float(products[0] / products[1])


def _noise(
    scene: Scene, before: Sequence[ExposureArrays], after: Sequence[ExposureArrays]
) -> tuple[float, float]:
    """Scatter of small apertures about wider ones, after over before; and new rms of averages of boxes."""
    ratios, new = [], []
    for index, (one, other) in enumerate(zip(before, after, strict=True)):
        use = one.good & other.good & (scene.light[index] < 0.3 * scene.sigma)
        if use.mean() < 0.02:
            use = one.good & other.good
        rests = [
            np.where(use, planes.sci - scene.light[index] - scene.cosmic[index], 0.0)
            for planes in (one, other)
        ]
        small = uniform_filter(use.astype(float), APERTURE)
        wide = uniform_filter(use.astype(float), 4 * APERTURE + 1)
        clear = use & (small > 0.9) & (wide > 0.3)
        if clear.sum() > 500:
            small, wide = np.maximum(small, 1e-6), np.maximum(wide, 1e-6)
            scatter = [
                np.std(
                    (uniform_filter(rest, APERTURE) / small - uniform_filter(rest, 4 * APERTURE + 1) / wide)[
                        clear
                    ]
                )
                for rest in rests
            ]
            ratios.append(scatter[1] / scatter[0])
        boxes = [_box_means(rest, use, 32) for rest in rests]
        rms = [float(np.nanstd(part)) / scene.sigma for part in boxes]
        new.append(max(rms[1] ** 2 - rms[0] ** 2, 0.0) ** 0.5)
    return float(np.mean(ratios)) - 1 if ratios else 0.0, float(np.mean(new))
