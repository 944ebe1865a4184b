"""The figure of the light viewer: one image with square pixels, its axes, and the view on it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import bqplot
import numpy as np
from bqplot_image_gl import ImageGL
from bqplot_image_gl.interacts import MouseInteraction
from ipywidgets import Layout
from numpy.typing import NDArray

from miri_widgets.viewer.annotations import Annotations
from miri_widgets.viewer.colours import OUTSIDE, UNUSABLE, hex_colours

__all__ = ["ImageFigure", "binned"]

_MAX_CELLS = 2048  # of an image along an axis; more would exceed the resolution of a screen

_STEP = 1 / 254  # between two of the 255 colours from black to white

_MARGIN = {"top": 8, "bottom": 34, "left": 48, "right": 12}  # pixels of the screen, for axes and labels
_RATIOS = (0.5, 4.0)  # of the figure, width over height; an image beyond them has free space beside it


class ImageFigure:
    """
    A bqplot figure with one image in pixel coordinates.

    Parameters
    ----------
    on_mouse : callable
        Receives the messages of the mouse.

    Attributes
    ----------
    figure : bqplot.Figure
        The figure.
    scales : dict of str to bqplot.LinearScale
        ``x`` and ``y``, 0-based pixels.
    drawing : ImageGL
        The image, brightness between 0 and 1.
    """

    def __init__(self, on_mouse: Callable[[Any, dict[str, Any], Any], None]) -> None:
        self._x, self._y = bqplot.LinearScale(allow_padding=False), bqplot.LinearScale(allow_padding=False)
        self.scales = {"x": self._x, "y": self._y}
        self._shape: tuple[int, int] = (0, 0)
        self._colours = bqplot.ColorScale(min=-_STEP, max=1.0, colors=["#000000", "#ffffff"])
        self.drawing = ImageGL(
            image=np.zeros((2, 2), dtype=np.float32), scales={**self.scales, "image": self._colours}
        )
        self.annotations = Annotations()
        mouse = MouseInteraction(
            x_scale=self._x, y_scale=self._y, move_throttle=100, events=["click", "mousemove", "mouseleave"]
        )
        mouse.on_msg(on_mouse)
        self._axes = [
            bqplot.Axis(scale=self._x, label="x (pixel)", grid_lines="none", label_offset="27px"),
            bqplot.Axis(
                scale=self._y,
                label="y (pixel)",
                orientation="vertical",
                grid_lines="none",
                label_offset="38px",
            ),
        ]
        self.figure = bqplot.Figure(
            marks=[self.drawing, *self.annotations.marks],
            background_style={"fill": OUTSIDE},
            axes=self._axes,
            interaction=mouse,
            fig_margin=_MARGIN,
            layout=Layout(width="100%", height="auto", flex="1 1 auto", min_height="0"),
        )

    @property
    def limits(self) -> tuple[float, float, float, float] | None:
        """Left, right, lower and upper edge of the view, 0-based pixels; None before the first image."""
        ends = (self._x.min, self._x.max, self._y.min, self._y.max)
        return None if any(end is None for end in ends) else ends

    @property
    def view(self) -> tuple[float, float, float]:
        """Centre (x, y) and width of the view, 0-based pixels."""
        x, y = (self._x.min + self._x.max) / 2, (self._y.min + self._y.max) / 2
        return x, y, self._x.max - self._x.min

    def set_view(self, x: float, y: float, width: float) -> None:
        """
        Set the view.

        Parameters
        ----------
        x, y, width : float
            Centre and width, 0-based pixels.
        """
        height = width * (self._y.max - self._y.min) / (self._x.max - self._x.min)
        for scale, centre, size in ((self._x, x, width), (self._y, y, height)):
            with scale.hold_sync():
                scale.min, scale.max = centre - size / 2, centre + size / 2
        self._update_ticks()

    def colour(self, *, difference: bool, is_mosaic: bool) -> None:
        """
        Choose the colours of the image.

        Parameters
        ----------
        difference : bool
            Diverging colours.
        is_mosaic : bool
            Whether pixels without a value are outside of the image.
        """
        without = OUTSIDE if is_mosaic else UNUSABLE
        self._colours.colors = [without, *hex_colours(difference=difference)]

    def draw(self, brightness: NDArray[Any] | None, shape: tuple[int, int]) -> None:
        """
        Draw an image; another shape than before is fitted to the figure.

        Parameters
        ----------
        brightness : ndarray or None
            Values in [0, 1], NaN for unusable pixels; None for no image.
        shape : tuple of int
            (ny, nx) of the image.
        """
        self.drawing.visible = brightness is not None
        if brightness is None:
            return
        if shape != self._shape or self._x.min is None:
            self._shape = shape
            self._fit(shape[1], shape[0])
        # GL has no transparent pixels here: NaN gets the colour below black
        self.drawing.image = np.nan_to_num(brightness, nan=-_STEP)

    def close(self) -> None:
        """Free the widgets."""
        self.drawing.close()
        self.annotations.close()
        self.figure.close()

    def _fit(self, nx: int, ny: int) -> None:
        """
        Show all of an image, with square pixels; the centre of the first pixel is at (0, 0).

        Trap: the aspect ratio of a bqplot figure is that of all of it. Margins of the same ratio keep the pixels
        square, whatever size the browser gives the figure.
        """
        self.drawing.x, self.drawing.y = (-0.5, nx - 0.5), (-0.5, ny - 0.5)
        ratio = float(np.clip(nx / ny, *_RATIOS))
        for axis, size, length in (
            (self._axes[0], nx, max(nx, ny * ratio)),
            (self._axes[1], ny, max(ny, nx / ratio)),
        ):
            middle = (size - 1) / 2
            axis.scale.min, axis.scale.max = middle - length / 2, middle + length / 2
        across = max(_MARGIN["left"] + _MARGIN["right"], ratio * (_MARGIN["top"] + _MARGIN["bottom"]))
        margin = {
            **_MARGIN,
            "left": across - _MARGIN["right"],
            "bottom": across / ratio - _MARGIN["top"],
        }
        with self.figure.hold_trait_notifications():  # one at a time, minimum may exceed maximum
            self.figure.min_aspect_ratio = self.figure.max_aspect_ratio = ratio
            self.figure.fig_margin = margin
        self._update_ticks()

    def _update_ticks(self) -> None:
        """Label round pixels in view: bqplot would draw ticks beyond the axis, too."""
        ny, nx = self._shape
        ratio = float(np.clip(nx / ny, *_RATIOS))
        for axis, size, share in zip(self._axes, (nx, ny), (ratio, 1 / ratio), strict=True):
            values = _round_pixels(size, most=int(np.clip(8 * share, 2, 8)))
            in_view = (values >= axis.scale.min) & (values <= axis.scale.max)
            axis.tick_values = values[in_view] if in_view.sum() > 1 else values


def binned(pixels: NDArray[Any]) -> NDArray[Any]:
    """
    Return means of square cells, so that a large mosaic is sent at the resolution of a screen.

    Parameters
    ----------
    pixels : ndarray, shape (ny, nx)
        Values; NaN for unusable pixels.

    Returns
    -------
    ndarray
        Values of the cells; NaN in cells with an unusable pixel.
    """
    step = -(-max(pixels.shape) // _MAX_CELLS)
    if step == 1:
        return pixels
    ny, nx = (size // step for size in pixels.shape)
    # a cell with a NaN is NaN: a ring of one cell around areas without data
    return pixels[: ny * step, : nx * step].reshape(ny, step, nx, step).mean(axis=(1, 3))


def _round_pixels(size: int, most: int) -> NDArray[Any]:
    """Return round numbers of pixels along an axis, `most` at most and two at least."""
    power = 10.0 ** np.floor(np.log10(max(size / most, 1.0)))
    step = next(power * factor for factor in (1, 2, 5, 10) if size / (power * factor) <= most)
    return np.arange(0.0, max(size, step + 1), step)
