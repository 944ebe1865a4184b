"""Display ranges of the images of a viewer: their own, those of another image, or fixed ones."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from miri_widgets.core.display_range import find_range, thinned

__all__ = ["DisplayRanges"]


class DisplayRanges:
    """Display ranges by label."""

    def __init__(self) -> None:
        self._samples: dict[str, NDArray[Any]] = {}
        self._model: dict[str, str] = {}  # label: whose range it takes
        self._fixed: dict[str, tuple[float, float]] = {}
        self._measured: dict[tuple[str, float], tuple[float, float]] = {}

    def add(self, label: str, pixels: NDArray[Any], like: str = "") -> None:
        """
        Add an image, replacing one with the same label.

        Parameters
        ----------
        label : str
            Label of the image.
        pixels : ndarray, shape (ny, nx)
            Values; NaN for unusable pixels. Not stored.
        like : str
            Label of an image whose range is used.
        """
        self.remove(label)
        model = self._model.get(like, like)
        if model in self._samples:
            self._model[label] = model
        else:
            self._samples[label] = np.array(thinned(pixels))

    def remove(self, label: str) -> None:
        """
        Remove an image; those shown like it keep its range.

        Parameters
        ----------
        label : str
            Label of the image.
        """
        followers = [follower for follower, model in self._model.items() if model == label]
        sample, fixed = self._samples.pop(label, None), self._fixed.pop(label, None)
        self._model.pop(label, None)
        self._measured = {key: value for key, value in self._measured.items() if key[0] != label}
        if followers and sample is not None:
            first = followers[0]
            self._samples[first] = sample
            if fixed is not None:
                self._fixed[first] = fixed
            for follower in followers:
                self._model[follower] = first
            del self._model[first]

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
            self._fixed[model] = (black, white)
        return [model, *(follower for follower, followed in self._model.items() if followed == model)]

    def of(self, label: str, percentile: float) -> tuple[float, float]:
        """
        Return black and white of an image; NaN without usable pixels or without the image.

        Parameters
        ----------
        label : str
            Label of the image.
        percentile : float
            Percentage of pixels between black and white.

        Returns
        -------
        tuple of float
            Black and white.
        """
        model = self._model.get(label, label)
        return self._fixed[model] if model in self._fixed else self.measured(label, percentile)

    def measured(self, label: str, percentile: float) -> tuple[float, float]:
        """
        Return black and white of an image without fixed values.

        Parameters
        ----------
        label : str
            Label of the image.
        percentile : float
            Percentage of pixels between black and white.

        Returns
        -------
        tuple of float
            Black and white.
        """
        model = self._model.get(label, label)
        if model not in self._samples:
            return float("nan"), float("nan")
        key = (model, percentile)
        if key not in self._measured:
            self._measured[key] = find_range(self._samples[model], percentile)
        return self._measured[key]
