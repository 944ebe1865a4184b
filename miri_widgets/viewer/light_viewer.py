"""A small viewer on bqplot: shows, blinks, marks, and reads a pixel where the user clicks."""

from __future__ import annotations

import html
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import bqplot
import numpy as np
from astropy.coordinates import SkyCoord
from astropy.table import Table
from bqplot_image_gl import ImageGL
from bqplot_image_gl.interacts import MouseInteraction
from ipywidgets import HTML, Button, Dropdown, HBox, Layout, VBox
from numpy.typing import NDArray

from miri_widgets.core.regions import Region
from miri_widgets.products.tables.region_files import to_astropy
from miri_widgets.viewer.brightness import to_brightness
from miri_widgets.viewer.image import ViewerImage
from miri_widgets.viewer.outlines import outlines
from miri_widgets.viewer.overlay import MaskPicture
from miri_widgets.viewer.png_encoding import send_quickly
from miri_widgets.viewer.protocol import MARK_COLOR, Position, StretchFunction, View
from miri_widgets.viewer.ranges import DisplayRanges
from miri_widgets.viewer.state import ordered_labels, regions_in
from miri_widgets.viewer.style import viewer_style
from miri_widgets.viewer.view_position import view_on_image, view_position_of

__all__ = ["LightViewer"]

_USER_REGIONS = "regions of the user"
_OVERLAY_CELLS = 512  # about the figure's size on the screen
_MOST_CELLS = 2048  # of an image along an axis; more than a screen has would only be sent

_MARGIN = {"top": 8, "bottom": 34, "left": 48, "right": 12}  # pixels of the screen: what axes and labels take
_RATIOS = (0.5, 4.0)  # of the figure, width over height; an image beyond them has free space beside it

_HINT = "Click a pixel to read its value and position."


class LightViewer:
    """
    Images without jdaviz; see `miri_widgets.viewer.backend.Backend` for the verbs.

    Images are drawn in detector or mosaic pixels. It has no tools of its own to draw regions: it shows those that it is given.
    """

    def __init__(self) -> None:
        self._images: dict[str, ViewerImage] = {}
        self._marks: dict[str, bqplot.Scatter] = {}
        self._user_regions: tuple[Region, ...] = ()
        self._outlines: dict[str, tuple[tuple[Region, ...], str]] = {}
        self._lines: list[bqplot.Lines] = []
        self._callbacks: list[Callable[[float, float], object]] = []
        self._ranges = DisplayRanges()
        self._overlays: dict[str, ImageGL] = {}
        self._viewed: list[Callable[[View], object]] = []
        self._view = View("", 0.0, 0.0)
        self._shape: tuple[int, int] = (0, 0)  # of the image in view
        self._top: str | None = None
        self._stretch: tuple[StretchFunction, float] = ("arcsinh", 99.5)
        self._x, self._y = bqplot.LinearScale(allow_padding=False), bqplot.LinearScale(allow_padding=False)
        colors = bqplot.ColorScale(min=0.0, max=1.0, colors=["#000000", "#ffffff"])
        self._drawing = ImageGL(
            image=np.zeros((2, 2), dtype=np.float32), scales={"x": self._x, "y": self._y, "image": colors}
        )
        self._figure = self._make_figure()
        self._choice = Dropdown(
            options=[], description="Image", layout=Layout(flex="0 1 420px", width="auto", min_width="200px")
        )
        self._next = Button(description="Blink", icon="exchange", tooltip="Show the next image")
        self._readout = HTML(_HINT, layout=Layout(flex="1 1 260px", min_width="0"))
        self._choice.observe(self._on_choice, "value")
        self._next.on_click(lambda _: self.blink())
        bar = HBox(
            [self._choice, self._next, self._readout], layout=Layout(align_items="center", width="100%")
        )
        self._style = viewer_style()
        self.widget = VBox(
            [bar, self._figure, self._style], layout=Layout(width="100%", height="100%", min_width="0")
        )
        self.widget.add_class("mw-light-viewer")

    def show(self, image: ViewerImage, label: str, like: str = "") -> None:
        """Show an image on top, instead of one with the same label, with black and white of another."""
        self._images.pop(label, None)
        self._images[label] = image
        self._ranges.add(label, image.pixels, like)
        self._list(label)

    def front(self, label: str) -> None:
        """Bring an image that is here already on top."""
        if label in self._images:
            self._list(label)

    def remove(self, label: str) -> None:
        """Forget an image."""
        self._ranges.remove(label)
        if self._images.pop(label, None) is not None:
            self._list(self._top if self._top in self._images else next(iter(self._images), None))

    def blink(self) -> None:
        """Show the next image."""
        labels = list(self._images)
        if labels:
            index = labels.index(self._top) + 1 if self._top in labels else 0
            self._list(labels[index % len(labels)])

    def on_click(self, callback: Callable[[float, float], object]) -> None:
        """Call a function with the place (x, y) of every click."""
        self._callbacks.append(callback)

    def mark(self, positions: Table, label: str, color: str = MARK_COLOR) -> None:
        """Mark positions, instead of marks with the same label."""
        self.unmark(label)
        x, y = self._pixels(positions)
        marks = bqplot.Scatter(
            x=x,
            y=y,
            scales={"x": self._x, "y": self._y},
            marker="circle",
            fill=False,
            colors=[color],
            default_size=90,
            stroke_width=1.6,
        )
        self._marks[label] = marks
        self._figure.marks = [*self._figure.marks, marks]

    def unmark(self, label: str) -> None:
        """Remove marks or outlines."""
        if self._outlines.pop(label, None) is not None:
            self._draw_outlines()
        marks = self._marks.pop(label, None)
        if marks is not None:
            self._figure.marks = [existing for existing in self._figure.marks if existing is not marks]
            marks.close()

    def center_on(self, position: Position) -> None:
        """Bring a position to the centre."""
        image = self._images.get(self._top or "")
        if image is None:
            return
        pixel = image.pixel(position) if isinstance(position, SkyCoord) else position
        if pixel is not None:
            for scale, centre in zip((self._x, self._y), pixel, strict=True):
                half = (scale.max - scale.min) / 2
                with scale.hold_sync():
                    scale.min, scale.max = centre - half, centre + half
            self._update_ticks()

    def stretch(self, function: StretchFunction, percentile: float) -> None:
        """Set how values become brightness."""
        self._stretch = (function, percentile)
        self._draw()

    def set_range(self, label: str, black: float | None, white: float | None) -> None:
        """Fix black and white of an image and of those like it, or let them go."""
        if self._top in self._ranges.fix(label, black, white):
            self._draw()

    def on_view(self, callback: Callable[[View], object]) -> None:
        """Call a function with what is in view, now and whenever it changes."""
        self._viewed.append(callback)
        if self._view.label:
            callback(self._view)

    def overlay(self, mask: NDArray[np.bool_], label: str, color: str, opacity: float) -> None:
        """Colour pixels, instead of an overlay with the same label."""
        self.clear_overlay(label)
        ny, nx = mask.shape
        bounds = [(-0.5, n - 0.5, min(n, _OVERLAY_CELLS)) for n in (ny, nx)]
        mark = ImageGL(
            image=MaskPicture(mask, color, opacity).cells(bounds),
            x=(-0.5, nx - 0.5),
            y=(-0.5, ny - 0.5),
            scales={"x": self._x, "y": self._y, "image": bqplot.ColorScale()},
            compression="png",
        )
        send_quickly(mark)
        self._overlays[label] = mark
        # above the image, below the marks of positions
        self._figure.marks = [self._drawing, *self._overlays.values(), *self._marks.values()]

    def clear_overlay(self, label: str) -> None:
        """Remove an overlay."""
        mark = self._overlays.pop(label, None)
        if mark is not None:
            self._figure.marks = [existing for existing in self._figure.marks if existing is not mark]
            mark.close()

    def regions(self) -> dict[str, Any]:
        """Return the regions that were given: this viewer has no tool of its own to draw."""
        return {
            f"{region.shape.capitalize()} {n}": to_astropy(region)
            for n, region in enumerate(self._user_regions, 1)
        }

    def draw(self, regions: Sequence[Region]) -> None:
        """Add regions to those that `regions` gives."""
        self._user_regions = (*self._user_regions, *regions)
        self.outline(self._user_regions, _USER_REGIONS, MARK_COLOR)

    def erase(self) -> None:
        """Forget the regions that `regions` gives."""
        self._user_regions = ()
        self.unmark(_USER_REGIONS)

    def outline(self, regions: Sequence[Region], label: str, color: str) -> None:
        """Show outlines, instead of those with the same label."""
        self.unmark(label)
        self._outlines[label] = tuple(regions), color
        self._draw_outlines()

    def _draw_outlines(self) -> None:
        """Let the outlines lie right on the image on top, which may be another one."""
        old, self._lines = self._lines, []
        image = self._images.get(self._top or "")
        for regions, color in self._outlines.values() if image is not None else ():
            x, y = outlines(regions, image.wcs, image.pixels.shape) if image is not None else ((), ())
            if len(x):
                scales = {"x": self._x, "y": self._y}
                self._lines.append(bqplot.Lines(x=x, y=y, colors=[color], stroke_width=1.8, scales=scales))
        self._figure.marks = [
            *(existing for existing in self._figure.marks if existing not in old),
            *self._lines,
        ]
        for mark in old:
            mark.close()

    def state(self) -> dict[str, Any]:
        """Return what is shown, as plain values."""
        image = self._images.get(self._top or "")
        position = None
        if image is not None:
            x, y = (self._x.min + self._x.max) / 2, (self._y.min + self._y.max) / 2
            position = view_position_of(image.wcs, x, y, self._x.max - self._x.min)
        return {
            "front": self._top or "",
            "stretch": {"function": self._stretch[0], "percentile": self._stretch[1]},
            "levels": {},
            "position": position,
            "regions": [region.to_dict() for region in self._user_regions],
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Show again what `state` told; black and white set by hand are those of jdaviz alone."""
        labels = ordered_labels(self._images, state.get("images", ()))
        self._images = {label: self._images[label] for label in labels}
        if "stretch" in state:
            self._stretch = state["stretch"]["function"], state["stretch"]["percentile"]
        front = state.get("front")
        self._list(front if front in self._images else self._top)
        image = self._images.get(self._top or "")
        view = (
            view_on_image(image.wcs, state["position"]) if image is not None and "position" in state else None
        )
        if view is not None:
            self._set_view(*view)
        if state.get("regions") and not self._user_regions:
            self.draw(regions_in(state))

    def _set_view(self, x: float, y: float, width: float) -> None:
        height = width * (self._y.max - self._y.min) / (self._x.max - self._x.min)
        for scale, centre, size in ((self._x, x, width), (self._y, y, height)):
            with scale.hold_sync():
                scale.min, scale.max = centre - size / 2, centre + size / 2
        self._update_ticks()

    def close(self) -> None:
        """Free the widgets."""
        for widget in (
            *self._marks.values(),
            *self._lines,
            *self._overlays.values(),
            self._drawing,
            self._figure,
            self._choice,
            self._next,
            self._readout,
            self._style,
        ):
            widget.close()
        self.widget.close()

    def _make_figure(self) -> bqplot.Figure:
        mouse = MouseInteraction(x_scale=self._x, y_scale=self._y, move_throttle=100, events=["click"])
        mouse.on_msg(self._on_mouse)
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
        return bqplot.Figure(
            marks=[self._drawing],
            axes=self._axes,
            interaction=mouse,
            fig_margin=_MARGIN,
            layout=Layout(width="100%", height="auto", flex="1 1 auto", min_height="0"),
        )

    def _list(self, top: str | None) -> None:
        """Fill the list of images and show one."""
        self._top = top
        self._choice.unobserve(self._on_choice, "value")
        self._choice.options = list(self._images)
        self._choice.value = top
        self._choice.observe(self._on_choice, "value")
        self._draw()

    def _on_choice(self, change: dict[str, Any]) -> None:
        self._top = change["new"]
        self._draw()

    def _draw(self) -> None:
        image = self._images.get(self._top or "")
        self._drawing.visible = image is not None
        if image is None:
            self._notify_view(View("", 0.0, 0.0))
            return
        ny, nx = image.pixels.shape
        if (ny, nx) != self._shape or self._x.min is None:
            self._shape = (ny, nx)
            self._fit(nx, ny)
        function, percentile = self._stretch
        black, white = self._ranges.of(self._top or "", percentile)
        brightness = to_brightness(_binned(image.pixels), function, black, white)
        # NaN is drawn black: GL has no transparent pixels here.
        self._draw_outlines()
        self._drawing.image = np.nan_to_num(brightness, nan=0.0)
        self._notify_view(View(self._top or "", black, white))

    def _notify_view(self, view: View) -> None:
        """Tell what is in view, when it is another."""
        if view != self._view:
            self._view = view
            for callback in self._viewed:
                callback(view)

    def _fit(self, nx: int, ny: int) -> None:
        """
        Show all of an image, with square pixels; the centre of the first pixel is at (0, 0).

        Trap: the aspect ratio of a bqplot figure is that of all of it. Margins of the same ratio keep the pixels
        square, whatever size the browser gives the figure.
        """
        self._drawing.x, self._drawing.y = (-0.5, nx - 0.5), (-0.5, ny - 0.5)
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
        with self._figure.hold_trait_notifications():  # one at a time, minimum may exceed maximum
            self._figure.min_aspect_ratio = self._figure.max_aspect_ratio = ratio
            self._figure.fig_margin = margin
        self._update_ticks()

    def _update_ticks(self) -> None:
        """Name round pixels in view: bqplot draws those beyond the axis, too."""
        ny, nx = self._shape
        ratio = float(np.clip(nx / ny, *_RATIOS))
        for axis, size, share in zip(self._axes, (nx, ny), (ratio, 1 / ratio), strict=True):
            values = _round_pixels(size, most=int(np.clip(8 * share, 2, 8)))
            in_view = (values >= axis.scale.min) & (values <= axis.scale.max)
            axis.tick_values = values[in_view] if in_view.sum() > 1 else values

    def _pixels(self, positions: Table) -> tuple[Any, Any]:
        image = self._images.get(self._top or "")
        if {"ra", "dec"} <= set(positions.colnames) and image is not None and image.wcs is not None:
            x, y = image.pixels_of(np.asarray(positions["ra"], float), np.asarray(positions["dec"], float))
            finite = np.isfinite(x)
            return x[finite], y[finite]
        if {"x", "y"} <= set(positions.colnames):
            return np.asarray(positions["x"], float), np.asarray(positions["y"], float)
        return np.zeros(0), np.zeros(0)

    def _on_mouse(self, _interaction: Any, message: dict[str, Any], _buffers: Any) -> None:
        if message.get("event") == "click":
            position = message["domain"]["x"], message["domain"]["y"]
            self.read(*position)
            for callback in self._callbacks:
                callback(*position)

    def read(self, x: float, y: float) -> str:
        """Write value and position of a pixel below the cursor, and return the text."""
        image = self._images.get(self._top or "")
        value = None if image is None else image.value(x, y)
        if image is None or value is None:
            text = _HINT
        else:
            sky = image.sky(x, y)
            sky_text = "" if sky is None else f"   RA, Dec {sky.icrs.ra.deg:.6f} {sky.icrs.dec.deg:+.6f} deg"
            text = f"x {x:.1f}  y {y:.1f}   {value:.6g} {image.unit}{sky_text}"
        self._readout.value = f"<code>{html.escape(text)}</code>"
        return text


def _binned(pixels: NDArray[Any]) -> NDArray[Any]:
    """Return means of square cells, so that a large mosaic is sent no finer than a screen shows it."""
    step = -(-max(pixels.shape) // _MOST_CELLS)
    if step == 1:
        return pixels
    ny, nx = (size // step for size in pixels.shape)
    # a cell with one NaN is NaN: a ring of one cell around what has no data
    return pixels[: ny * step, : nx * step].reshape(ny, step, nx, step).mean(axis=(1, 3))


def _round_pixels(size: int, most: int) -> NDArray[Any]:
    """Return round numbers of pixels along an axis, `most` at most and two at least."""
    power = 10.0 ** np.floor(np.log10(max(size / most, 1.0)))
    step = next(power * factor for factor in (1, 2, 5, 10) if size / (power * factor) <= most)
    return np.arange(0.0, max(size, step + 1), step)
