"""Two images on one canvas of the page: blinked, side by side or swiped, without asking the kernel for a picture."""

from __future__ import annotations

from collections.abc import Callable
from importlib import resources
from typing import Any

import ipyvue
import numpy as np
import traitlets
from numpy.typing import NDArray

from miri_widgets.viewer.annotations import SCALE_BARS, compass_of
from miri_widgets.viewer.brightness import to_brightness
from miri_widgets.viewer.image import ViewerImage
from miri_widgets.viewer.protocol import StretchFunction

__all__ = ["PairCanvas", "encode_layer"]

_MOST_CELLS = 4096
"""Of a layer along an axis: a larger mosaic is sent as means of square cells."""

_OUTSIDE, _UNUSABLE, _BLACK = 0, 1, 2
"""Codes of a layer; brightness begins with that of black, and ends with 255."""


def encode_layer(
    image: ViewerImage, function: StretchFunction, black: float, white: float, most: int = _MOST_CELLS
) -> NDArray[np.uint8]:
    """
    Return an image as the page takes it, one byte per cell.

    Parameters
    ----------
    image : ViewerImage
        The image.
    function : {"linear", "sqrt", "log", "arcsinh"}
        Shape of the curve.
    black, white : float
        The display range, in the unit of the image.
    most : int
        Cells along an axis at most.

    Returns
    -------
    ndarray of uint8, shape (cells_y, cells_x)
        0 outside of the image, 1 for pixels that must not be used, 2 (black) to 255 (white).
    """
    step = max(1, -(-max(image.pixels.shape) // most))
    pixels, unusable = image.pixels, image.unusable
    if step > 1:
        ny, nx = (size // step for size in pixels.shape)
        cells = pixels[: ny * step, : nx * step].reshape(ny, step, nx, step)
        with np.errstate(invalid="ignore"):
            pixels = cells.mean(axis=(1, 3), dtype=np.float32)
        unusable = unusable[: ny * step, : nx * step].reshape(ny, step, nx, step).max(axis=(1, 3))
    brightness = to_brightness(pixels, function, black, white)
    has_value = np.isfinite(brightness)
    codes = np.where(unusable, np.uint8(_UNUSABLE), np.uint8(_OUTSIDE))
    codes[has_value] = (_BLACK + np.round((255 - _BLACK) * brightness[has_value])).astype(np.uint8)
    return codes


class PairCanvas(ipyvue.VueTemplate):
    """
    A canvas with two images of one shape, at one zoom.

    Pictures are sent to the page as messages, not as traits, so that notebooks do not save them; a page that is opened
    later requests them.

    Attributes
    ----------
    visible : bool
        Whether it covers what lies below.
    arrangement : str
        ``blink``, ``side by side`` or ``swipe``.
    names : list of str
        What both images are called.
    sky : dict
        Scale in arcsec per pixel, unit vectors to north and east, and lengths of scale bars; empty without a WCS.
    """

    template = traitlets.Unicode().tag(sync=True)
    visible = traitlets.Bool(False).tag(sync=True)
    arrangement = traitlets.Unicode("swipe").tag(sync=True)
    names: traitlets.List[Any] = traitlets.List(["", ""]).tag(sync=True)
    sky: traitlets.Dict[str, Any] = traitlets.Dict().tag(sync=True)

    def __init__(self) -> None:
        self._layers: tuple[NDArray[np.uint8], NDArray[np.uint8]] | None = None
        self._shape = (0, 0)
        self._aim: tuple[float, float, float] | None = None
        self._number = 0
        self._cursor_callbacks: list[Callable[[float | None, float | None], object]] = []
        template = (
            resources.files("miri_widgets.viewer").joinpath("pair_canvas.vue").read_text(encoding="utf-8")
        )
        super().__init__(template=template)
        self.add_class("mw-pair-layer")

    @property
    def layers(self) -> tuple[NDArray[np.uint8], NDArray[np.uint8]] | None:
        """What was sent to the page last, from `encode_layer`."""
        return self._layers

    @property
    def aim(self) -> tuple[float, float, float] | None:
        """Centre (x, y) and width of the part in view, 0-based pixels; None where all of it is."""
        return self._aim

    def show(
        self,
        first: ViewerImage,
        second: ViewerImage,
        ranges: tuple[tuple[float, float], tuple[float, float]],
        function: StretchFunction,
        *,
        aim: tuple[float, float, float] | None = None,
    ) -> None:
        """
        Show two images.

        Parameters
        ----------
        first, second : ViewerImage
            Images of one shape.
        ranges : tuple of (float, float)
            Black and white of each.
        function : {"linear", "sqrt", "log", "arcsinh"}
            Shape of the curve of both.
        aim : tuple of float, optional
            Centre (x, y) and width of the part to show; that of before by default.
        """
        self._layers = (
            encode_layer(first, function, *ranges[0]),
            encode_layer(second, function, *ranges[1]),
        )
        self._shape = second.pixels.shape
        self._number += 1
        self.sky = _sky_of(second)
        if aim is not None:
            self._aim = aim
        self._send_layers(aim)
        self.visible = True

    def hide(self) -> None:
        """Uncover what lies below, and free the pictures."""
        self.visible, self._layers = False, None

    def on_cursor(self, callback: Callable[[float | None, float | None], object]) -> None:
        """
        Call a function when the cursor moves over the images, and when it leaves.

        Parameters
        ----------
        callback : callable
            Called with (x, y), 0-based pixels; with None twice when it leaves.
        """
        self._cursor_callbacks.append(callback)

    def vue_ready(self, _: Any = None) -> None:
        """Send both pictures to a page that has opened."""
        self._send_layers(self._aim)

    def vue_cursor(self, position: Any) -> None:
        """
        Report the cursor.

        Parameters
        ----------
        position : dict or None
            ``x`` and ``y``.
        """
        x, y = (float(position["x"]), float(position["y"])) if position else (None, None)
        for callback in self._cursor_callbacks:
            callback(x, y)

    def vue_aim(self, view: Any) -> None:
        """
        Store what part is in view.

        Parameters
        ----------
        view : dict
            ``x``, ``y`` and ``width``.
        """
        self._aim = float(view["x"]), float(view["y"]), float(view["width"])

    def _send_layers(self, aim: tuple[float, float, float] | None) -> None:
        if self._layers is None:
            return
        meta = {"cells": self._layers[1].shape, "shape": self._shape, "aim": aim, "number": self._number}
        self.send({"method": "layers", "args": [meta]}, buffers=[layer.tobytes() for layer in self._layers])


def _sky_of(image: ViewerImage) -> dict[str, Any]:
    ny, nx = image.pixels.shape
    known = None if image.wcs is None else compass_of(image.wcs, (nx - 1) / 2, (ny - 1) / 2)
    if known is None:
        return {}
    north, east, scale = known
    return {
        "scale": scale,
        "north": list(north),
        "east": list(east),
        "lengths": [list(bar) for bar in SCALE_BARS],
    }
