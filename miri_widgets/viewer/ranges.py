"""Display ranges of the images of a viewer: their own, those of another image, or fixed ones."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from miri_widgets.core.display_range import difference_range, find_range, thinned
from miri_widgets.viewer.protocol import Hints, StretchFunction

__all__ = ["DisplayRanges", "ImageStretch"]


@dataclass(frozen=True)
class ImageStretch:
    """
    How values of all images become brightness.

    Attributes
    ----------
    function : {"linear", "sqrt", "log", "arcsinh"}
        Shape of the curve from black to white.
    percentile : float
        Percentage of pixels between black and white.
    method : {"percentile", "zscale", "min-max"}
        How black and white are measured.
    """

    function: StretchFunction = "arcsinh"
    percentile: float = 99.5
    method: str = "percentile"

    def to_dict(self) -> dict[str, Any]:
        """Return the plain values, for `ImageViewer.state`."""
        return {"function": self.function, "percentile": self.percentile, "method": self.method}


@dataclass(frozen=True, eq=False)
class _Sample:
    """Enough pixels of an image, and its extreme values, which a sample would miss."""

    pixels: NDArray[Any]
    extremes: tuple[float, float]


class DisplayRanges:
    """Display ranges by label."""

    def __init__(self) -> None:
        self._samples: dict[str, _Sample] = {}
        self._model: dict[str, str] = {}  # label: whose range it takes
        self._hints: dict[str, Hints] = {}
        self._fixed: dict[str, tuple[float, float]] = {}
        self._measured: dict[tuple[str, float, str], tuple[float, float]] = {}

    def add(self, label: str, pixels: NDArray[Any], hints: Hints | None = None) -> None:
        """
        Add an image, replacing one with the same label.

        Parameters
        ----------
        label : str
            Label of the image.
        pixels : ndarray, shape (ny, nx)
            Values; NaN for unusable pixels. Not stored.
        hints : Hints, optional
            Whose range it takes, and whether values are differences.
        """
        self.remove(label)
        hints = hints or Hints()
        self._hints[label] = hints
        model = self._model.get(hints.like, hints.like)
        if model in self._samples:
            self._model[label] = model
        else:
            self._samples[label] = _Sample(np.array(thinned(pixels)), find_range(pixels, method="min-max"))

    def remove(self, label: str) -> None:
        """
        Remove an image; those shown like it keep their range.

        Parameters
        ----------
        label : str
            Label of the image.
        """
        followers = [follower for follower, model in self._model.items() if model == label]
        sample, fixed = self._samples.pop(label, None), self._fixed.pop(label, None)
        self._model.pop(label, None)
        self._hints.pop(label, None)
        self._measured = {key: value for key, value in self._measured.items() if key[0] != label}
        if followers and sample is not None:
            self._hand_over(followers, sample, fixed)

    def _hand_over(self, followers: list[str], sample: _Sample, fixed: tuple[float, float] | None) -> None:
        """Make the first follower the one whose range the others take, at the levels of its own."""
        first = followers[0]
        shift = self._hints[first].offset
        low, high = sample.extremes
        self._samples[first] = _Sample(sample.pixels + shift, (low + shift, high + shift))
        if fixed is not None:
            self._fixed[first] = fixed[0] + shift, fixed[1] + shift
        for follower in followers:
            self._model[follower] = first
            hints = self._hints[follower]
            self._hints[follower] = replace(hints, offset=hints.offset - shift)
        del self._model[first]

    def is_difference(self, label: str) -> bool:
        """
        Return whether the values of an image are differences.

        Parameters
        ----------
        label : str
            Label of the image.

        Returns
        -------
        bool
            False without the image.
        """
        return label in self._hints and self._hints[label].difference

    def function(self, label: str, stretch: ImageStretch) -> StretchFunction:
        """
        Return the shape of the curve of an image: differences are drawn linearly.

        Parameters
        ----------
        label : str
            Label of the image.
        stretch : ImageStretch
            That of all images.

        Returns
        -------
        str
            The function.
        """
        return "linear" if self.is_difference(label) else stretch.function

    def fix(self, label: str, black: float | None, white: float | None) -> list[str]:
        """
        Fix the range of an image, or release it.

        Parameters
        ----------
        label : str
            Label of the image.
        black, white : float or None
            The range; None releases it.

        Returns
        -------
        list of str
            Labels of the images affected.
        """
        model = self._model.get(label, label)
        if model not in self._samples:
            return []
        if black is None or white is None:
            self._fixed.pop(model, None)
        else:
            offset = self._offset(label)
            self._fixed[model] = (black - offset, white - offset)
        return [model, *(follower for follower, followed in self._model.items() if followed == model)]

    def of(self, label: str, stretch: ImageStretch) -> tuple[float, float]:
        """
        Return black and white of an image; NaN without usable pixels or without the image.

        Parameters
        ----------
        label : str
            Label of the image.
        stretch : ImageStretch
            How they are measured.

        Returns
        -------
        tuple of float
            Black and white.
        """
        model = self._model.get(label, label)
        if model not in self._fixed:
            return self.measured(label, stretch)
        offset = self._offset(label)
        return self._fixed[model][0] + offset, self._fixed[model][1] + offset

    def measured(self, label: str, stretch: ImageStretch) -> tuple[float, float]:
        """
        Return black and white of an image without fixed values.

        Parameters
        ----------
        label : str
            Label of the image.
        stretch : ImageStretch
            How they are measured.

        Returns
        -------
        tuple of float
            Black and white.
        """
        model = self._model.get(label, label)
        if model not in self._samples:
            return float("nan"), float("nan")
        key = (model, stretch.percentile, stretch.method)
        if key not in self._measured:
            self._measured[key] = self._measure(model, stretch)
        offset = self._offset(label)
        return self._measured[key][0] + offset, self._measured[key][1] + offset

    def _measure(self, model: str, stretch: ImageStretch) -> tuple[float, float]:
        sample = self._samples[model]
        if self.is_difference(model):
            return difference_range(sample.pixels, stretch.percentile)
        if stretch.method == "min-max":
            return sample.extremes
        return find_range(sample.pixels, stretch.percentile, stretch.method)

    def _offset(self, label: str) -> float:
        return self._hints[label].offset if label in self._model else 0.0
