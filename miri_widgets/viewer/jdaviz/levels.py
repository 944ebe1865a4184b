"""Curve, black and white of images in jdaviz."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np
from echo import delay_callback
from numpy.typing import NDArray

from miri_widgets.viewer.protocol import StretchFunction
from miri_widgets.viewer.ranges import DisplayRanges

__all__ = ["Levels"]


class Levels:
    """
    How values of each image become brightness.

    Parameters
    ----------
    layers : callable
        Gives the state of each image's layer, by label; includes what the user changed in jdaviz.
    """

    def __init__(self, layers: Callable[[], Mapping[str, Any]]) -> None:
        self.stretch: tuple[StretchFunction, float] = ("arcsinh", 99.5)
        """The curve, and the percentile of the range."""
        self._layers = layers
        self._ranges = DisplayRanges()

    def add(self, label: str, pixels: NDArray[Any], like: str) -> None:
        """Find the range of a new image, or take that of another one, and draw it so."""
        self._ranges.add(label, pixels, like)
        self.draw([label])

    def remove(self, label: str) -> None:
        """Forget an image."""
        self._ranges.remove(label)

    def fix(self, label: str, black: float | None, white: float | None) -> None:
        """Fix black and white of an image and of those like it, or let them go."""
        self.draw(self._ranges.fix(label, black, white))

    def draw(self, labels: Iterable[str]) -> None:
        """Give images their curve and range; by their layers, as "Plot Options" would measure all pixels again."""
        function, percentile = self.stretch
        layers = self._layers()
        for label in labels:
            state = layers.get(label)
            if state is None:
                continue
            state.stretch = function
            black, white = self._ranges.of(label, percentile)
            if np.isfinite(black) and white > black:
                with delay_callback(state, "v_min", "v_max"):
                    state.v_min, state.v_max = black, white
            else:
                state.percentile = percentile

    def own(self) -> dict[str, Any]:
        """Return curve, black and white of the images that have others than were found for them."""
        function, percentile = self.stretch
        found = {}
        for label, layer in self._layers().items():
            now = float(layer.v_min), float(layer.v_max)
            found_for_it = self._ranges.found(label, percentile)
            if layer.stretch != function or not np.allclose(now, found_for_it, rtol=1e-5):
                found[label] = {"function": layer.stretch, "black": now[0], "white": now[1]}
        return found
