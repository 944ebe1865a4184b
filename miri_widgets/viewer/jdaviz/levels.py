"""ImageStretch and display range of images in jdaviz."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np
from echo import delay_callback

from miri_widgets.viewer.colours import colour_map
from miri_widgets.viewer.image import ViewerImage
from miri_widgets.viewer.protocol import Hints
from miri_widgets.viewer.ranges import DisplayRanges, ImageStretch

__all__ = ["Levels"]


class Levels:
    """
    ImageStretch and display range of each image.

    Parameters
    ----------
    layers : callable
        Returns the state of each image's layer by label, with the changes by the user in jdaviz.
    """

    def __init__(self, layers: Callable[[], Mapping[str, Any]]) -> None:
        self.stretch = ImageStretch()
        """How values of all images become brightness."""
        self._layers = layers
        self._ranges = DisplayRanges()

    def add(self, label: str, image: ViewerImage, hints: Hints) -> None:
        """
        Set the colours and the range of a new image: its own, or that of another one.

        Parameters
        ----------
        label : str
            Label of the image.
        image : ViewerImage
            The image.
        hints : Hints
            Whose range is used, and whether values are differences.
        """
        self._ranges.add(label, image.pixels, hints)
        state = self._layers().get(label)
        if state is not None:
            state.cmap = colour_map(difference=hints.difference, is_mosaic=True)
        self.draw([label])

    def remove(self, label: str) -> None:
        """
        Remove an image.

        Parameters
        ----------
        label : str
            Label of the image.
        """
        self._ranges.remove(label)

    def fix(self, label: str, black: float | None, white: float | None) -> None:
        """
        Fix the range of an image and of those shown like it, or release it.

        Parameters
        ----------
        label : str
            Label of the image.
        black, white : float or None
            The range; None releases it.
        """
        self.draw(self._ranges.fix(label, black, white))

    def draw(self, labels: Iterable[str]) -> None:
        """
        Set stretch and range through the layers, as "Plot Options" would measure all pixels again.

        Parameters
        ----------
        labels : iterable of str
            Labels of images.
        """
        layers = self._layers()
        for label in labels:
            state = layers.get(label)
            if state is None:
                continue
            state.stretch = self._ranges.function(label, self.stretch)
            black, white = self._ranges.of(label, self.stretch)
            if np.isfinite(black) and white > black:
                with delay_callback(state, "v_min", "v_max"):
                    state.v_min, state.v_max = black, white
            else:
                state.percentile = self.stretch.percentile

    def user_levels(self) -> dict[str, Any]:
        """
        Return stretch and range of the images that the user changed, by label.

        Returns
        -------
        dict
            ``function``, ``black`` and ``white`` by label.
        """
        changed = {}
        for label, layer in self._layers().items():
            current = float(layer.v_min), float(layer.v_max)
            measured = self._ranges.measured(label, self.stretch)
            if layer.stretch != self._ranges.function(label, self.stretch) or not np.allclose(
                current, measured, rtol=1e-5
            ):
                changed[label] = {"function": layer.stretch, "black": current[0], "white": current[1]}
        return changed
