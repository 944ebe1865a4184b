"""Black and white of the images of a viewer: their own, those of another, or fixed ones."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from miri_widgets.core.display_range import find_range, thinned

__all__ = ["DisplayRanges"]


class DisplayRanges:
    """What tells black and white of each image, by its label."""

    def __init__(self) -> None:
        self._samples: dict[str, NDArray[Any]] = {}
        self._model: dict[str, str] = {}  # label: whose range it takes
        self._fixed: dict[str, tuple[float, float]] = {}
        self._found: dict[tuple[str, float], tuple[float, float]] = {}

    def add(self, label: str, pixels: NDArray[Any], like: str = "") -> None:
        """
        Take an image, instead of one with the same label.

        Parameters
        ----------
        label : str
            Of the image.
        pixels : ndarray, shape (ny, nx)
            Its values; NaN where a pixel does not count. Not kept.
        like : str
            Label of an image whose range it takes.
        """
        self.remove(label)
        model = self._model.get(like, like)
        if model in self._samples:
            self._model[label] = model
        else:
            self._samples[label] = np.array(thinned(pixels))

    def remove(self, label: str) -> None:
        """Forget an image; those like it keep its range."""
        heirs = [each for each, model in self._model.items() if model == label]
        sample, fixed = self._samples.pop(label, None), self._fixed.pop(label, None)
        self._model.pop(label, None)
        self._found = {key: value for key, value in self._found.items() if key[0] != label}
        if heirs and sample is not None:
            first = heirs[0]
            self._samples[first] = sample
            if fixed is not None:
                self._fixed[first] = fixed
            for each in heirs:
                self._model[each] = first
            del self._model[first]

    def fix(self, label: str, black: float | None, white: float | None) -> list[str]:
        """Fix the range of an image, or let it go; return the labels that it concerns."""
        model = self._model.get(label, label)
        if model not in self._samples:
            return []
        if black is None or white is None:
            self._fixed.pop(model, None)
        else:
            self._fixed[model] = (black, white)
        return [model, *(each for each, whose in self._model.items() if whose == model)]

    def of(self, label: str, percentile: float) -> tuple[float, float]:
        """Return black and white of an image; NaN when no pixel counts, or there is no such image."""
        model = self._model.get(label, label)
        return self._fixed[model] if model in self._fixed else self.found(label, percentile)

    def found(self, label: str, percentile: float) -> tuple[float, float]:
        """Return what black and white of an image are when they are not fixed."""
        model = self._model.get(label, label)
        if model not in self._samples:
            return float("nan"), float("nan")
        key = (model, percentile)
        if key not in self._found:
            self._found[key] = find_range(self._samples[model], percentile)
        return self._found[key]
