"""Colour composites: images of several filters on one grid as red, green and blue."""

from __future__ import annotations

import colorsys
import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from miri_widgets.errors import InputError, ParameterError
from miri_widgets.serialization import Serializable

__all__ = ["Channel", "CompositeMapping", "Curve", "Method", "composite_rgb", "mixing_matrix"]

LUPTON_SLOPE_AT = 0.1
"""Fraction of the stretch at which Lupton et al. fix the slope of the curve."""


class Method(StrEnum):
    """How intensities become brightness."""

    LUPTON = "lupton"
    CURVES = "curves"


class Curve(StrEnum):
    """The curve of one channel, for `Method.CURVES`."""

    LINEAR = "linear"
    SQRT = "sqrt"
    ASINH = "asinh"
    LOG = "log"


@dataclass(frozen=True)
class Channel(Serializable):
    """
    How one filter enters a composite.

    Attributes
    ----------
    filter : str
        Name of the filter.
    black, white : float
        Values shown black and at full brightness, in the unit of the image; black < white.
    weight : float
        Factor of the brightness; 0 leaves the filter out.
    hue : float
        Colour of the filter, degrees: 0 is red, 120 green, 240 blue. Negative: white, that is no colour.
    curve : Curve
        Used by `Method.CURVES` only.
    """

    filter: str
    black: float
    white: float
    weight: float = 1.0
    hue: float = -1.0
    curve: Curve = Curve.ASINH

    def __post_init__(self) -> None:
        """Refuse what gives no picture."""
        if not (math.isfinite(self.black) and math.isfinite(self.white) and self.black < self.white):
            raise ParameterError(
                f"black {self.black:g} and white {self.white:g} of {self.filter}",
                "two numbers, black below white",
                "move one of them",
            )
        if not (math.isfinite(self.weight) and self.weight >= 0):
            raise ParameterError(
                f"weight {self.weight:g} of {self.filter}", "a number from 0", "0 leaves the filter out"
            )


@dataclass(frozen=True)
class CompositeMapping(Serializable):
    """
    How channels become a picture.

    Attributes
    ----------
    channels : tuple of Channel
        One per image, in the order of the images.
    method : Method
        Lupton: one curve for the mean of the three colours, which keeps hues in bright sources. Curves: each filter has a
        curve of its own.
    stretch : float
        Lupton's linear stretch, in units of the range from black to white; greater is darker.
    softening : float
        Lupton's Q; greater compresses bright sources more.
    saturation : float
        1 keeps colours as they come, 0 is grey, more than 1 makes them stronger.
    """

    channels: tuple[Channel, ...]
    method: Method = Method.LUPTON
    stretch: float = 0.02
    softening: float = 8.0
    saturation: float = 1.0

    @property
    def filters(self) -> tuple[str, ...]:
        """Filters of the channels."""
        return tuple(channel.filter for channel in self.channels)

    def __post_init__(self) -> None:
        """Refuse what gives no picture."""
        for name, value, least in (
            ("stretch", self.stretch, 1e-6),
            ("softening", self.softening, 1e-3),
            ("saturation", self.saturation, 0.0),
        ):
            if not (math.isfinite(value) and value >= least):
                raise ParameterError(f"{name} {value:g}", f"a number from {least:g}", "choose another")
        if not any(channel.weight > 0 for channel in self.channels):
            raise ParameterError(
                "no filter with a weight", "at least one filter in the picture", "raise a weight above 0"
            )


def mixing_matrix(channels: Sequence[Channel]) -> NDArray[np.float32]:
    """
    Return how much of each channel goes to red, green and blue, so that equal channels of weight 1 give white.

    Parameters
    ----------
    channels : sequence of Channel
        The channels.

    Returns
    -------
    ndarray, shape (3, n)
        Factors, weights included.
    """
    pure = np.array(
        [
            (1.0, 1.0, 1.0) if channel.hue < 0 else colorsys.hsv_to_rgb(channel.hue % 360 / 360, 1.0, 1.0)
            for channel in channels
        ]
    ).T.reshape(3, -1)
    taking_part = np.array([channel.weight > 0 for channel in channels])
    total = pure[:, taking_part].sum(axis=1, keepdims=True)
    # a colour that no filter has stays dark
    pure = np.divide(pure, total, out=np.zeros_like(pure), where=total > 0)
    return (pure * np.array([channel.weight for channel in channels])).astype(np.float32)


def composite_rgb(images: Sequence[NDArray[np.floating]], mapping: CompositeMapping) -> NDArray[np.float32]:
    """
    Return a composite.

    Parameters
    ----------
    images : sequence of ndarray, shape (ny, nx)
        One per channel, on one grid, in the units of the channels' black and white; NaN where there are no data.
    mapping : CompositeMapping
        How they become a picture.

    Returns
    -------
    ndarray of float32, shape (ny, nx, 3)
        Red, green and blue from 0 to 1. A pixel without data in any filter is black; one without data in some filters is
        grey, as its colour is not known.

    Raises
    ------
    InputError
        If the images differ in shape or number from the channels.

    Notes
    -----
    With `Method.LUPTON` the mean I of the three colours is mapped by asinh(Q I / stretch), and the colours are scaled by
    the same factor [1]_; where a colour exceeds full brightness all three are divided by it.

    References
    ----------
    .. [1] Lupton et al. 2004, PASP 116, 133, https://doi.org/10.1086/382245
    """
    shapes = {image.shape for image in images}
    if len(images) != len(mapping.channels) or len(shapes) != 1:
        raise InputError(
            f"{len(images)} images of {len(shapes)} shapes for {len(mapping.channels)} channels",
            "one image per channel, all of one shape",
            "put them on one grid first",
        )
    taking_part = [index for index, channel in enumerate(mapping.channels) if channel.weight > 0]
    scaled = np.stack([_scaled(images[index], mapping.channels[index]) for index in taking_part])
    missing = ~np.isfinite(scaled)
    matrix = mixing_matrix([mapping.channels[index] for index in taking_part])
    partly = missing.any(axis=0) if missing.any() else None
    if partly is not None:
        counts = (~missing[:, partly]).sum(axis=0)
        known = np.where(missing[:, partly], 0, scaled[:, partly]).sum(axis=0) / np.maximum(counts, 1)
        scaled[:, partly] = np.where(counts > 0, known, 0)
    if mapping.method == Method.CURVES:
        scaled = np.stack(
            [_curved(plane, mapping.channels[index].curve) for plane, index in zip(scaled, taking_part, strict=True)]
        )  # fmt: skip
    picture = np.tensordot(matrix, scaled, axes=1)
    if mapping.method == Method.LUPTON:
        picture = _lupton(picture, mapping.stretch, mapping.softening)
    if mapping.saturation != 1:
        grey = picture.mean(axis=0)
        picture = np.maximum(grey + np.float32(mapping.saturation) * (picture - grey), 0)
        picture /= np.maximum(picture.max(axis=0), 1)
    if partly is not None:
        # weights and colours that no filter has must not tint it
        picture[:, partly] = picture[:, partly].mean(axis=0)
    return np.ascontiguousarray(np.clip(picture, 0, 1).transpose(1, 2, 0))


def _scaled(image: NDArray[np.floating], channel: Channel) -> NDArray[np.float32]:
    factor = 1 / (channel.white - channel.black)
    return ((np.asarray(image, np.float32) - np.float32(channel.black)) * np.float32(factor)).astype(
        np.float32, copy=False
    )


def _curved(plane: NDArray[np.float32], curve: Curve) -> NDArray[np.float32]:
    clipped = np.clip(plane, 0, 1)
    if curve == Curve.SQRT:
        return np.sqrt(clipped)
    if curve == Curve.ASINH:
        return np.arcsinh(clipped * np.float32(10)) / np.float32(math.asinh(10))
    if curve == Curve.LOG:
        return np.log1p(clipped * np.float32(1000)) / np.float32(math.log1p(1000))
    return clipped


def _lupton(picture: NDArray[np.float32], stretch: float, softening: float) -> NDArray[np.float32]:
    slope = LUPTON_SLOPE_AT / math.asinh(LUPTON_SLOPE_AT * softening)
    intensity = picture.mean(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        factor = np.arcsinh(intensity * np.float32(softening / stretch)) * np.float32(slope) / intensity
    factor[~(intensity > 0)] = 0
    picture = np.maximum(picture * factor, 0)
    picture /= np.maximum(picture.max(axis=0), 1)
    return picture
