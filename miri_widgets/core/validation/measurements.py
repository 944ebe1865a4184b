"""Measurements on one exposure after the other, of which a proof is made."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from miri_widgets.core.exposure_arrays import ExposureArrays
from miri_widgets.core.sky.moving_structure import BoxMap, sky_picture, sky_structure
from miri_widgets.core.validation.extended import DiscSet, disc_kept
from miri_widgets.core.validation.field_light import FieldLight, light_products
from miri_widgets.core.validation.findings import MIN_BIN
from miri_widgets.core.validation.injection import SNR, Injection, usable_imager
from miri_widgets.core.validation.point_spread import model_psf
from miri_widgets.core.validation.residual_structure import (
    STRUCTURES,
    aperture_sums,
    aperture_weights,
    boxes_of,
    empty_apertures,
    field_of,
    stamps,
    structures,
)

__all__ = ["Tally"]

SKY_BOX = 16
BINS = 4
"""Ranges of signal to noise that are looked at by themselves."""

_GROUPS = 10
_MIN_APERTURES = 30

Array = NDArray[np.floating]


class Tally:
    """
    What was measured so far.

    Parameters
    ----------
    plan : Injection
        What was added.
    discs : sequence of DiscSet
        Extended sources; the first set goes with the plan.
    seed : int
        Of the places of empty apertures.
    """

    def __init__(self, plan: Injection, discs: Sequence[DiscSet], seed: int) -> None:
        self.plan, self.discs, self.seed = plan, tuple(discs), seed
        self.unit = ""
        self.fwhm = float("nan")
        self.fluxes: list[tuple[int, float]] = []
        self.kept: dict[tuple[float, float], list[tuple[int, float]]] = {}
        self.light: list[tuple[float, float]] = []
        self.sums: list[Array] = []
        self.noise: list[float] = []
        self.masked: list[float] = []
        self.levels: list[float] = []
        self.structure: dict[str, list[tuple[float, ...]]] = {name: [] for name in STRUCTURES}
        self.maps: list[BoxMap] = []
        self.pixels = self.flagged = self.usable = self.lost = self.nan = self.taken = 0
        self.changed = False

    def add(
        self, index: int, before: ExposureArrays, after: ExposureArrays, with_sources: ExposureArrays
    ) -> None:
        """
        Measure one exposure.

        Parameters
        ----------
        index : int
            Its number among all.
        before, after, with_sources : ExposureArrays
            As it came; corrected; corrected with sources. Not modified.
        """
        self.unit, self.fwhm = before.unit, before.fwhm
        usable = usable_imager(before)
        kept = usable & after.good
        self._flags(before, after, usable, kept)
        image = self.plan.image(index, before)
        if self.discs:
            image = image + self.discs[0].image(index, before)
        there = with_sources.good
        with np.errstate(invalid="ignore"):
            # as it was rounded when it was added
            added = np.where(kept, before.sci + image - before.sci, image)
            change = np.where(kept & there, with_sources.sci - after.sci, np.float32(0))
        self._sources(index, before, kept, there, added, change)
        if self.discs:
            self._discs(self.discs[0], index, before, kept & there, added, change)
        self._empty(index, before, after, kept)

    def _flags(self, before: ExposureArrays, after: ExposureArrays, usable: NDArray, kept: NDArray) -> None:
        old, new = before.dq, after.dq
        self.pixels += old.size
        self.flagged += int(np.count_nonzero(new & ~old))
        self.taken += int(np.count_nonzero(old & ~new))
        self.usable += int(usable.sum())
        self.lost += int(np.count_nonzero(usable & ~kept))
        self.nan += int(np.count_nonzero(~np.isfinite(after.sci) & (new & 1 == 0) & before.good))
        if kept.any():
            step = (after.sci - before.sci)[kept]
            self.levels.append(float(np.median(step)))
            self.changed |= bool(step.any())

    def _sources(
        self, index: int, arrays: ExposureArrays, kept: NDArray, there: NDArray, added: Array, change: Array
    ) -> None:
        fwhm = arrays.fwhm
        circle, ring = aperture_weights(model_psf(fwhm).radius, 2.5 * fwhm, 5 * fwhm)
        size = circle.shape[0]
        positions = self.plan.pixels(index, arrays)
        x, y, number = _whole(positions, arrays.shape, size // 2)
        if not number.size:
            return
        good = stamps(kept, x, y, size)
        inside = stamps(added, x, y, size)
        outside = stamps(change, x, y, size)
        # new flags belong to the source, and what they hide is lost
        ring_in = _masked_median(inside, good & (ring > 0))
        ring_out = _masked_median(outside, good & (ring > 0) & stamps(there, x, y, size))
        weights = circle * good
        flux_in = (weights * (inside - ring_in[:, None, None])).sum(axis=(1, 2), dtype=float)
        seen = weights * stamps(there, x, y, size)
        flux_out = (seen * (outside - ring_out[:, None, None])).sum(axis=(1, 2), dtype=float)
        whole = (circle * inside).sum(axis=(1, 2), dtype=float)
        use = ((weights * inside).sum(axis=(1, 2)) > 0.7 * whole) & np.isfinite(flux_out) & (flux_in > 0)
        self.fluxes += [
            (int(source), float(bias))
            for source, bias in zip(number[use], flux_out[use] / flux_in[use] - 1, strict=True)
        ]

    def add_extended(
        self,
        layer: DiscSet | FieldLight,
        index: int,
        before: ExposureArrays,
        after: ExposureArrays,
        with_light: ExposureArrays,
    ) -> None:
        """
        Measure what is left of extended light in one exposure.

        Parameters
        ----------
        layer : DiscSet or FieldLight
            What was added.
        index : int
            The exposure's number among all.
        before, after, with_light : ExposureArrays
            As it came; corrected; corrected with the light. Not modified.
        """
        use = usable_imager(before) & after.good & with_light.good
        image = layer.image(index, before)
        with np.errstate(invalid="ignore"):
            added = np.where(use, before.sci + image - before.sci, image)
            change = np.where(use, with_light.sci - after.sci, np.float32(0))
        if isinstance(layer, DiscSet):
            self._discs(layer, index, before, use, added, change)
        else:
            self.light.append(light_products(use & field_of(before).free, added, change, layer.side))

    def _discs(
        self,
        discs: DiscSet,
        index: int,
        arrays: ExposureArrays,
        use: NDArray[np.bool_],
        added: Array,
        change: Array,
    ) -> None:
        for number, disc in enumerate(discs.discs):
            values = self.kept.setdefault((disc.half_light, disc.brightness), [])
            kept = disc_kept(use, added, change, *discs.pixel(disc, index, arrays), disc.radius)
            if np.isfinite(kept):
                values.append((number, kept))

    def field_light(self) -> FieldLight | None:
        """Return the light of the field that moves with the sky, to be sent through the correction again."""
        picture = sky_picture(self.maps)
        return None if picture is None else FieldLight(picture, SKY_BOX)

    def _empty(self, index: int, before: ExposureArrays, after: ExposureArrays, kept: NDArray) -> None:
        field = field_of(before)
        free = field.free & kept
        self.noise.append(field.noise)
        self.masked.append(field.masked_fraction)
        rng = np.random.default_rng([self.seed, 11, index])
        x, y = empty_apertures(free, radius=before.fwhm, rng=rng)
        if x.size:
            self.sums.append(
                np.stack(
                    [
                        *aperture_sums(before, free, x, y, before.fwhm),
                        *aperture_sums(after, free, x, y, before.fwhm),
                    ]
                )
            )
        old, new = structures(before.sci, free), structures(after.sci, free)
        for name in STRUCTURES:
            self.structure[name].append((*old[name], *new[name]))
        if before.to_sky is None:
            return
        with np.errstate(invalid="ignore"):
            first = boxes_of(np.where(free, before.sci, np.nan), SKY_BOX)
            last = boxes_of(np.where(free, after.sci, np.nan), SKY_BOX)
        if self.maps and self.maps[0].before.shape != first.value.shape:
            return
        row, column = np.indices(first.value.shape)
        middle = (SKY_BOX - 1) / 2
        ra, dec = before.to_sky(column * SKY_BOX + middle, row * SKY_BOX + middle)
        removed = first.value - last.value
        self.maps.append(BoxMap(first.value, removed, np.asarray(ra, float), np.asarray(dec, float)))

    def figures(self) -> dict[str, Any]:
        """Return the arguments of `Proof`, small tuples in place of its parts."""
        bias, err, middle = _mean(self.fluxes)
        sky = sky_structure(self.maps)
        lost, lost_err = self._light_lost()
        return {
            "unit": self.unit,
            "sources": len(self.fluxes),
            "places": len({number for number, _ in self.fluxes}),
            "flux_bias": bias,
            "flux_bias_err": err,
            "flux_bias_median": middle,
            "bins": self._bins(),
            **self._noise(),
            "pixel_noise": _middle(self.noise),
            "structure": {name: self._structure(name) for name in STRUCTURES},
            "extended": [
                (*key, *_mean(values)[:2], len(values)) for key, values in sorted(self.kept.items())
            ],
            "sky_structure": sky.rms,
            "sky_structure_err": sky.rms_err,
            "sky_structure_lost": lost,
            "sky_structure_lost_err": lost_err,
            "masked_fraction": _middle(self.masked),
            "newly_flagged": self.flagged / max(self.pixels, 1),
            "area_lost": self.lost / self.usable if self.usable else float("nan"),
            "unflagged_nan": self.nan,
            "flags_taken": self.taken,
            "level_change": _middle(self.levels),
            "unchanged": bool(self.levels) and not self.changed,
        }

    def _light_lost(self) -> tuple[float, float]:
        """Part of the field's light that a correction takes from a copy of it, and its scatter over exposures."""
        parts = np.array([part for part in self.light if part[1] > 0], float).reshape(-1, 2)
        if not len(parts):
            return float("nan"), float("nan")
        each = parts[:, 0] / parts[:, 1]
        err = float(np.std(each, ddof=1) / len(each) ** 0.5) if len(each) > 1 else float("nan")
        return float(parts[:, 0].sum() / parts[:, 1].sum()), err

    def _bins(self) -> list[tuple[float, float, float, float, int]]:
        """Mean change by signal to noise; a bin with few measurements is one with its neighbour."""
        edges = np.geomspace(*SNR, BINS + 1).tolist()
        counts = np.histogram([self.plan.snrs[number] for number, _ in self.fluxes], edges)[0].tolist()
        while len(counts) > 1 and min(counts) < MIN_BIN:
            least = counts.index(min(counts))
            # with the smaller of its neighbours
            other = (
                least - 1
                if least and (least + 1 == len(counts) or counts[least - 1] <= counts[least + 1])
                else least
            )
            counts[other : other + 2] = [counts[other] + counts[other + 1]]
            del edges[other + 1]
        bins = []
        for low, high in itertools.pairwise(edges):
            some = [(number, bias) for number, bias in self.fluxes if low <= self.plan.snrs[number] < high]
            bias, err, _ = _mean(some)
            bins.append((float(low), float(high), bias, err, len(some)))
        return bins

    def _noise(self) -> dict[str, Any]:
        figures: dict[str, Any] = {
            "noise": (), "noise_over_err": (), "apertures": 0, "aperture_radius": self.fwhm
        }  # fmt: skip
        every = np.concatenate(self.sums, axis=1) if self.sums else np.zeros((4, 0))
        # exposures of unlike noise are brought together by the error that each had before
        sums = every[:, np.all(np.isfinite(every), axis=0) & (every[1] > 0)]
        figures["apertures"] = sums.shape[1]
        if sums.shape[1] < _MIN_APERTURES:
            if every.shape[1] >= _MIN_APERTURES:
                figures["noise_reason"] = "The empty parts of the field have no ERR above zero"
            elif every.shape[1]:
                figures["noise_reason"] = f"Only {every.shape[1]} empty apertures are left in the field"
            return figures
        typical = float(np.median(sums[1]))
        old, new = sums[0] / sums[1], sums[2] / sums[1]
        own = sums[2] / np.where(sums[3] > 0, sums[3], np.nan)
        part = np.arange(old.size) % _GROUPS
        (before, before_err), (after, after_err) = (_robust(value, part) for value in (old, new))
        over, over_err = _robust(own[np.isfinite(own)], part[np.isfinite(own)])
        figures["noise"] = tuple(typical * value for value in (before, after, before_err, after_err))
        figures["noise_over_err"] = (before, over, before_err, over_err)
        if not before > 0:
            figures["noise_reason"] = "The empty parts of the field are exactly equal, without any noise"
            return figures
        figures["noise_ratio"] = after / before
        with np.errstate(divide="ignore", invalid="ignore"):
            ratios = [
                np.divide(_scatter(new[part != value]), _scatter(old[part != value]))
                for value in range(_GROUPS)
            ]
        figures["noise_ratio_err"] = float(np.sqrt((_GROUPS - 1) * np.var(ratios)))
        return figures

    def _structure(self, name: str) -> tuple[float, float, float, float]:
        """Rms over exposures, before and after, and the errors."""
        values = np.array(self.structure[name], float).reshape(-1, 4)
        values = values[np.all(np.isfinite(values), axis=1)]
        if not len(values):
            return (float("nan"),) * 4
        rms = np.sqrt(np.mean(values[:, [0, 2]] ** 2, axis=0))
        # structure is much alike in all exposures: their number does not make it better known
        err = np.sqrt(np.mean(values[:, [1, 3]] ** 2, axis=0))
        return float(rms[0]), float(rms[1]), float(err[0]), float(err[1])


def _whole(positions: Array, shape: tuple[int, int], half: int) -> tuple[NDArray, NDArray, NDArray]:
    """Pixels of the places whose stamps lie on the exposure, and their numbers."""
    number = np.flatnonzero(np.all(np.isfinite(positions), axis=1))
    x, y = np.rint(positions[number]).astype(np.int64).T
    inside = (x >= half) & (x < shape[1] - half) & (y >= half) & (y < shape[0] - half)
    return x[inside], y[inside], number[inside]


def _masked_median(values: Array, use: NDArray) -> Array:
    some = np.where(use, values, np.nan)
    some[~use.any(axis=(1, 2))] = 0
    middle: Array = np.nanmedian(some.reshape(len(some), -1), axis=1)
    return middle


def _mean(values: list[tuple[int, float]]) -> tuple[float, float, float]:
    """Mean, its error, and median of values of several places; each place counts once."""
    if not values:
        return (float("nan"),) * 3
    numbers, measured = (np.array(column) for column in zip(*values, strict=True))
    _, at = np.unique(numbers, return_inverse=True)
    means = np.bincount(at, measured) / np.bincount(at)
    err = float(np.std(means, ddof=1) / means.size**0.5) if means.size > 1 else float("nan")
    if means.size == 1 and measured.size > 1:
        err = float(np.std(measured, ddof=1) / measured.size**0.5)
    return float(means.mean()), err, float(np.median(measured))


def _scatter(values: Array) -> float:
    """Standard deviation of what lies within three robust ones, as if of a normal distribution."""
    if not values.size:
        return float("nan")
    distance = np.abs(values - np.median(values))
    kept = values[distance <= 3 * 1.4826 * np.median(distance)]
    return float(np.std(kept)) / 0.98658


def _robust(values: Array, part: NDArray) -> tuple[float, float]:
    """Robust scatter and its error, from leaving out each part."""
    if values.size < _MIN_APERTURES:
        return float("nan"), float("nan")
    parts = [_scatter(values[part != group]) for group in range(_GROUPS)]
    return _scatter(values), float(np.sqrt((_GROUPS - 1) * np.var(parts)))


def _middle(values: list[float]) -> float:
    return float(np.median(values)) if values else float("nan")
