"""What a sky subtraction did to a scene, against the scene's truth."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from light import Plane, disc
from material import PIXEL
from numpy.typing import NDArray
from scene import Scene

from miri_widgets.core.exposure_arrays import ExposureArrays

__all__ = ["Residuals", "flux_bias", "kept", "light_lost", "oracle", "point_bias", "residuals"]

BOX = 32
POINTS = 60
FAINT = 0.1  # of the noise: less light than this leaves a pixel free

Correct = Callable[[Sequence[ExposureArrays]], Sequence[ExposureArrays]]


@dataclass(frozen=True)
class Residuals:
    """
    What is left where there is no light.

    Attributes
    ----------
    over_noise : float
        Scatter over that of `oracle`, which is what the data allow.
    pattern : float
        Rms of means of boxes of 32 pixels that two independent noises have in common, sigma.
    level : float
        Mean, absolute, sigma.
    err : float
        Stated error over scatter.
    """

    over_noise: float
    pattern: float
    level: float
    err: float


def oracle(scene: Scene, exposures: Sequence[ExposureArrays]) -> list[ExposureArrays]:
    """Subtract the mean of the others, knowing light, levels and cosmic rays: nothing made of these data is better."""
    total, number = np.zeros(scene.spec.shape), np.zeros(scene.spec.shape)
    parts = []
    for index, planes in enumerate(exposures):
        use = planes.good & (np.abs(scene.cosmic[index]) < 0.5 * scene.sigma)
        rest = np.where(use, planes.sci - scene.light[index] - scene.levels[index], 0.0)
        parts.append((rest, use))
        total += rest
        number += use
    found = []
    for index, (planes, (rest, use)) in enumerate(zip(exposures, parts, strict=True)):
        left = number - use
        sky = np.where(left > 0, (total - rest) / np.maximum(left, 1), np.nan) + scene.levels[index]
        found.append(planes.replace(sci=(planes.sci - sky).astype(np.float32)))
    return found


def _rests(
    scene: Scene, exposures: Sequence[ExposureArrays], after: Sequence[ExposureArrays]
) -> list[NDArray[np.float64]]:
    """What a subtraction left beside light, and beside what is of one exposure alone; NaN on unusable pixels."""
    return [
        np.where(
            before.good & planes.good,
            planes.sci.astype(float) - scene.light[index] - scene.cosmic[index] - scene.rows[index],
            np.nan,
        )
        for index, (before, planes) in enumerate(zip(exposures, after, strict=True))
    ]


def _boxes(image: NDArray, free: NDArray[np.bool_]) -> NDArray[np.float64]:
    side = tuple(length // BOX for length in image.shape)
    cut = np.where(free, image, np.nan)[: side[0] * BOX, : side[1] * BOX]
    cut = cut.reshape(side[0], BOX, side[1], BOX)
    count = np.isfinite(cut).sum(axis=(1, 3))
    means = np.nansum(cut, axis=(1, 3)) / np.maximum(count, 1)
    return np.where(count >= BOX * BOX / 3, means, np.nan)


def residuals(scene: Scene, correct: Correct) -> Residuals:
    """Measure what is left in the free pixels, in two noises over the same scene."""
    runs, ideal = [], []
    for seed in (1, 2):
        exposures = scene.exposures(seed)
        after = correct(exposures)
        runs.append((_rests(scene, exposures, after), after))
        ideal.append(_rests(scene, exposures, oracle(scene, exposures)))
    ratios, common, levels, stated = [], [], [], []
    for index in range(scene.spec.dithers):
        free = scene.light[index] < FAINT * scene.sigma
        if free.mean() < 0.02:
            free = scene.light[index] < np.quantile(scene.light[index], 0.05)
        pair = [run[0][index] for run in runs]
        use = free & np.isfinite(pair[0]) & np.isfinite(pair[1]) & np.isfinite(ideal[0][index])
        scatter = [float(np.std(rest[use])) for rest in pair]
        best = [float(np.std(run[index][use & np.isfinite(run[index])])) for run in ideal]
        ratios.append(np.mean(scatter) / np.mean(best))
        levels.append(abs(float(np.mean(pair[0][use]))))
        stated.append(float(np.median(runs[0][1][index].err[use])) / scatter[0])
        one, two = (_boxes(rest, use) for rest in pair)
        common.append(float(np.nanmean((one - np.nanmean(one)) * (two - np.nanmean(two)))))
    return Residuals(
        float(np.mean(ratios)),
        max(float(np.mean(common)), 0.0) ** 0.5 / scene.sigma,
        float(np.mean(levels)) / scene.sigma,
        float(np.mean(stated)),
    )


def light_lost(scene: Scene, correct: Correct) -> float:
    """
    Return the part of the field's light that is lost, against the faintest tenth of the same exposure.

    Beside it, as photometry of a large object goes, the level is measured where the field is darkest.
    """
    exposures = scene.exposures(1)
    lost, light = 0.0, 0.0
    for index, rest in enumerate(_rests(scene, exposures, correct(exposures))):
        known = np.isfinite(rest)
        dark = known & (scene.light[index] <= np.quantile(scene.light[index][known], 0.1))
        base = float(np.mean(scene.light[index][dark]))
        lost -= float(np.sum((rest - np.mean(rest[dark]))[known]))
        light += float(np.sum((scene.light[index] - base)[known]))
    return lost / light


def kept(scene: Scene, correct: Correct, half_light: float, mean: float, place: tuple[float, float]) -> float:
    """
    Return the part of a disc's light that ring photometry finds after a subtraction, over what it finds before.

    Parameters
    ----------
    scene : Scene
        The field that the disc is added to.
    correct : callable
        The subtraction.
    half_light : float
        Half-light radius of the disc, arcsec: the radius of the aperture; the ring is 2 to 2.6 times as wide.
    mean : float
        Mean brightness within it, sigma of a pixel.
    place : (float, float)
        Where it lies, as parts of the width and height of the first exposure.
    """
    ny, nx = scene.spec.shape
    plane = scene.empty_plane()
    x, y = scene.to_plane(plane, np.array([place[0] * nx]), np.array([place[1] * ny]))
    disc(plane, float(x[0]), float(y[0]), half_light, mean)
    added = scene.light_of(plane)
    without, with_disc = correct(scene.exposures(1)), correct(scene.exposures(1, added))
    radius = half_light / PIXEL
    put, found = 0.0, 0.0
    rows, columns = np.indices((ny, nx))
    for index, (before, after) in enumerate(zip(without, with_disc, strict=True)):
        px, py = scene.from_plane(plane, index, x, y)
        distance = np.hypot(columns - px[0], rows - py[0])
        good = before.good & after.good
        inside = good & (distance < radius)
        ring = good & (distance > 2 * radius) & (distance < 2.6 * radius)
        if not inside.any() or ring.sum() < 0.2 * np.pi * (2.6**2 - 4) * radius**2:
            continue
        change = after.sci - before.sci
        put += float(added[index][inside].mean() - np.median(added[index][ring]))
        found += float(change[inside].mean() - np.median(change[ring]))
    return found / put if put else float("nan")


def flux_bias(scene: Scene, correct: Correct) -> tuple[float, float]:
    """Return mean and error of the change of flux of added points of S/N 10 to 100 in one exposure."""
    return point_bias(scene, correct(scene.exposures(1)), lambda added: correct(scene.exposures(1, added)))


@lru_cache(maxsize=1)
def _points(scene: Scene) -> tuple[Plane, NDArray, NDArray, list[NDArray[np.float32]]]:
    """Points on a plane, where they lie on it, and what the exposures see of them."""
    rng = np.random.default_rng([scene.spec.seed, 5])
    ny, nx = scene.spec.shape
    plane = scene.empty_plane()
    x, y = scene.to_plane(plane, rng.uniform(0.1, 0.9, POINTS) * nx, rng.uniform(0.1, 0.9, POINTS) * ny)
    probe = scene.empty_plane()
    probe.point(probe.side / 2, probe.side / 2, 1.0)
    # so many pixels of noise are in the best linear measure of a point
    shape = scene.light_of(probe)[0].astype(float)
    fluxes = 10 ** rng.uniform(1, 2, POINTS) * scene.sigma / float((shape**2).sum()) ** 0.5
    for one in zip(x, y, fluxes, strict=True):
        plane.point(*(float(part) for part in one))
    return plane, x, y, scene.light_of(plane)


def point_bias(
    scene: Scene,
    without: Sequence[ExposureArrays],
    sent: Callable[[list[NDArray[np.float32]]], Sequence[ExposureArrays]],
) -> tuple[float, float]:
    """
    Return mean and error of the change of flux of added points, as `flux_bias`.

    Parameters
    ----------
    scene : Scene
        The field.
    without : sequence of ExposureArrays
        Its exposures, of noise 1, corrected.
    sent : callable
        Takes added light and gives the same exposures with it, corrected.
    """
    plane, x, y, added = _points(scene.whole or scene)
    added = added[: scene.spec.dithers]
    ny, nx = scene.spec.shape
    with_points = sent(added)
    reach = max(round(3 * without[0].fwhm), 8)
    sums = np.zeros((2, POINTS))
    for index, (before, after) in enumerate(zip(without, with_points, strict=True)):
        change, good = after.sci - before.sci, after.good & before.good
        for number, (px, py) in enumerate(zip(*scene.from_plane(plane, index, x, y), strict=True)):
            column, row = round(float(px)), round(float(py))
            if not (reach <= column < nx - reach and reach <= row < ny - reach):
                continue
            window = slice(row - reach, row + reach + 1), slice(column - reach, column + reach + 1)
            usable = good[window]
            light, left = added[index][window][usable], change[window][usable]
            # the best linear measure of a known shape on a level of its own, as photometry has one
            light = light - light.mean()
            sums[0, number] += float((light * (left - left.mean())).sum())
            sums[1, number] += float((light * light).sum())
    known = sums[1] > 0
    ratio = sums[0, known] / sums[1, known] - 1
    return float(ratio.mean()), float(ratio.std() / known.sum() ** 0.5)
