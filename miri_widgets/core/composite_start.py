"""A colour composite to start with: hue, black and white of each channel, measured on its mosaic."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from miri_widgets.core.composite import LUPTON_SLOPE_AT, Channel, CompositeMapping
from miri_widgets.core.display_range import thinned
from miri_widgets.errors import InputError

__all__ = ["default_hues", "sky_statistics", "start_channel", "start_mapping"]


_SAMPLE = 200_000


_CLIP = 3.0


_ROUNDS = 8


_HIGH = 99.7
"""Percentile of the pixels that becomes white: a few bright sources saturate, the rest keep their colours."""


_DIM = 0.055
"""Brightness of the sky noise in a new composite: seen, but dark."""


def sky_statistics(image: NDArray[np.floating]) -> tuple[float, float]:
    """
    Return the level of the sky and its noise.

    Parameters
    ----------
    image : ndarray, shape (ny, nx)
        Any unit, NaN where there are no data.

    Returns
    -------
    level, noise : float
        In the unit of the image; NaN when no pixel is finite.

    Notes
    -----
    Sources only add light: the noise is measured below the level, where they do not reach, and both are iterated on the
    pixels within 3 sigma of the level.
    """
    sample = np.asarray(thinned(image, _SAMPLE), float)
    sample = sample[np.isfinite(sample)]
    if not sample.size:
        return math.nan, math.nan
    level, noise = float(np.median(sample)), 0.0
    for _ in range(_ROUNDS):
        below = sample[sample <= level]
        noise = 1.4826 * float(np.median(level - below))
        kept = sample[np.abs(sample - level) <= _CLIP * noise] if noise > 0 else sample
        next_level = float(np.median(kept)) if kept.size else level
        if abs(next_level - level) <= 1e-3 * noise:
            break
        level = next_level
    return level, noise


def default_hues(count: int) -> tuple[float, ...]:
    """
    Return hues for filters in order of wavelength, degrees: the shortest is blue, the longest red.

    Parameters
    ----------
    count : int
        Number of filters; one alone is white, two are complementary colours.
    """
    if count <= 1:
        return (-1.0,) * count
    if count == 2:
        return (210.0, 30.0)
    return tuple(240.0 * (1 - index / (count - 1)) for index in range(count))


def start_channel(image: NDArray[np.floating], name: str, hue: float = -1.0) -> Channel:
    """
    Return sensible values for a filter, from its pixels.

    Parameters
    ----------
    image : ndarray, shape (ny, nx)
        Any unit, NaN where there are no data.
    name : str
        Name of the filter.
    hue : float
        As for `Channel`.

    Raises
    ------
    InputError
        If no pixel is finite.
    """
    level, noise = sky_statistics(image)
    if not math.isfinite(level):
        raise InputError(
            f"no pixel of {name} holds a value", "a mosaic with data", "run its stage again, or leave it out"
        )
    sample = np.asarray(thinned(image, _SAMPLE), float)
    high = float(np.percentile(sample[np.isfinite(sample)], _HIGH))
    least = max(20 * noise, abs(level) * 1e-3, 1e-6)
    return Channel(name, level, max(high, level + least), hue=hue)


def start_mapping(
    images: Sequence[NDArray[np.floating]], names: Sequence[str], hues: Sequence[float] | None = None
) -> CompositeMapping:
    """
    Return sensible values for a composite, from its pixels.

    Parameters
    ----------
    images : sequence of ndarray, shape (ny, nx)
        One per filter, by wavelength.
    names : sequence of str
        Names of the filters.
    hues : sequence of float, optional
        As for `Channel`; those of `default_hues` otherwise. With more than three filters and no hues the shortest, a
        middle and the longest make the picture; the others have no weight.

    Raises
    ------
    InputError
        If a filter has no finite pixel.
    """
    count = len(images)
    used = set(range(count)) if hues is not None or count <= 3 else {0, (count - 1) // 2, count - 1}
    palette = tuple(hues) if hues is not None else default_hues(count)
    channels = [
        start_channel(image, name, hue) for image, name, hue in zip(images, names, palette, strict=True)
    ]
    if len(used) < count:
        for index, hue in zip(sorted(used), default_hues(len(used)), strict=True):
            channels[index] = replace(channels[index], hue=hue)
        channels = [
            channel if index in used else replace(channel, weight=0.0)
            for index, channel in enumerate(channels)
        ]
    noises = [
        sky_statistics(images[index])[1] / (channels[index].white - channels[index].black) for index in used
    ]
    stretch, softening = _start_stretch(float(np.median(noises)))
    return CompositeMapping(tuple(channels), stretch=stretch, softening=softening)


def _start_stretch(noise: float) -> tuple[float, float]:
    """Return stretch and Q such that white is 1 and the noise, in units of the range, is dim."""
    noise = min(max(noise, 1e-5), 0.04)
    # asinh(b x) / asinh(b): find b that gives the noise its brightness
    low, high = 1e-3, 1e7
    for _ in range(80):
        middle = math.sqrt(low * high)
        if math.asinh(middle * noise) / math.asinh(middle) < _DIM:
            low = middle
        else:
            high = middle
    steep = min(low, 3e3)
    softening = math.sinh(LUPTON_SLOPE_AT * math.asinh(steep)) / LUPTON_SLOPE_AT
    return softening / steep, softening
