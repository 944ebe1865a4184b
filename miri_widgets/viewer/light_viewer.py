"""The light viewer, on bqplot: shows, blinks, marks, and reads clicked pixels."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from typing import Any

import bqplot
import numpy as np
from astropy.coordinates import SkyCoord
from astropy.table import Table
from bqplot_image_gl import ImageGL
from ipywidgets import HTML, Button, Dropdown, HBox, Layout, VBox
from numpy.typing import NDArray

from miri_widgets.core.regions import Region
from miri_widgets.products.tables.region_files import to_astropy
from miri_widgets.viewer.base import DrawingViewer
from miri_widgets.viewer.brightness import to_brightness
from miri_widgets.viewer.image import ViewerImage
from miri_widgets.viewer.light_figure import ImageFigure, binned
from miri_widgets.viewer.outlines import outlines
from miri_widgets.viewer.overlay import MaskPicture
from miri_widgets.viewer.png_encoding import send_quickly
from miri_widgets.viewer.protocol import MARK_COLOR, Hints, Position, StretchFunction
from miri_widgets.viewer.ranges import DisplayRanges, ImageStretch
from miri_widgets.viewer.state import ordered_labels, regions_in
from miri_widgets.viewer.style import viewer_style
from miri_widgets.viewer.view_position import view_on_image, view_position_of
from miri_widgets.viewer.view_values import View

__all__ = ["LightViewer"]

_USER_REGIONS = "regions of the user"
_OVERLAY_CELLS = 512  # about the figure's size on the screen


_HINT = "Click a pixel to read its value and position."


class LightViewer(DrawingViewer):
    """
    Images without jdaviz.

    Images are drawn in detector or mosaic pixels. It has no tools to draw regions: it shows given ones.
    """

    def __init__(self) -> None:
        super().__init__()
        self._marks: dict[str, bqplot.Scatter] = {}
        self._user_regions: tuple[Region, ...] = ()
        self._outlines: dict[str, tuple[tuple[Region, ...], str]] = {}
        self._lines: list[bqplot.Lines] = []
        self._ranges = DisplayRanges()
        self._overlays: dict[str, ImageGL] = {}
        self._top: str | None = None
        self._stretch = ImageStretch()
        self._plane = ImageFigure(self._on_mouse)
        self._figure = self._plane.figure
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
        self._widget = VBox(
            [bar, self._figure, self._style], layout=Layout(width="100%", height="100%", min_width="0")
        )
        self._widget.add_class("mw-light-viewer")

    @property
    def labels(self) -> tuple[str, ...]:
        """Labels of the images in order of arrival."""
        return tuple(self._images)

    def _show(self, image: ViewerImage, label: str, hints: Hints) -> None:
        self._images.pop(label, None)
        self._images[label] = image
        self._ranges.add(label, image.pixels, hints)
        self._list(label)

    def front(self, label: str) -> bool:
        if label in self._images:
            self._list(label)
        return label in self._images

    def remove(self, label: str) -> None:
        self._ranges.remove(label)
        if self._images.pop(label, None) is not None:
            self._list(self._top if self._top in self._images else next(iter(self._images), None))

    def blink(self) -> None:
        labels = list(self._images)
        if labels:
            index = labels.index(self._top) + 1 if self._top in labels else 0
            self._list(labels[index % len(labels)])

    def mark(self, positions: Table, *, label: str, color: str = MARK_COLOR) -> None:
        self.unmark(label)
        x, y = self._pixels(positions)
        marks = bqplot.Scatter(
            x=x,
            y=y,
            scales=self._plane.scales,
            marker="circle",
            fill=False,
            colors=[color],
            default_size=90,
            stroke_width=1.6,
        )
        self._marks[label] = marks
        self._figure.marks = [*self._figure.marks, marks]

    def unmark(self, label: str) -> None:
        if self._outlines.pop(label, None) is not None:
            self._draw_outlines()
        marks = self._marks.pop(label, None)
        if marks is not None:
            self._figure.marks = [existing for existing in self._figure.marks if existing is not marks]
            marks.close()

    def center_on(self, position: Position) -> None:
        image = self._images.get(self._top or "")
        if image is None:
            return
        pixel = image.pixel(position) if isinstance(position, SkyCoord) else position
        if pixel is not None:
            x, y = pixel
            self._plane.set_view(x, y, self._plane.view[2])
            self._annotate()

    def stretch(
        self, function: StretchFunction = "arcsinh", percentile: float = 99.5, method: str = "percentile"
    ) -> None:
        self._stretch = ImageStretch(function, percentile, method)
        self._draw()

    def set_range(self, label: str, black: float | None = None, white: float | None = None) -> None:
        if self._top in self._ranges.fix(label, black, white):
            self._draw()

    def overlay(
        self, mask: NDArray[np.bool_], *, label: str, color: str = MARK_COLOR, opacity: float = 0.7
    ) -> None:
        self.clear_overlay(label)
        ny, nx = mask.shape
        bounds = [(-0.5, n - 0.5, min(n, _OVERLAY_CELLS)) for n in (ny, nx)]
        mark = ImageGL(
            image=MaskPicture(mask, color, opacity).cells(bounds),
            x=(-0.5, nx - 0.5),
            y=(-0.5, ny - 0.5),
            scales={**self._plane.scales, "image": bqplot.ColorScale()},
            compression="png",
        )
        send_quickly(mark)
        self._overlays[label] = mark
        # above the image, below the marks of positions
        below = [self._plane.drawing, *self._overlays.values()]
        self._figure.marks = [*below, *(item for item in self._figure.marks if item not in below)]

    def clear_overlay(self, label: str) -> None:
        mark = self._overlays.pop(label, None)
        if mark is not None:
            self._figure.marks = [existing for existing in self._figure.marks if existing is not mark]
            mark.close()

    def regions(self) -> dict[str, Any]:
        """Return the given regions: this viewer has no tools to draw."""
        return {
            f"{region.shape.capitalize()} {n}": to_astropy(region)
            for n, region in enumerate(self._user_regions, 1)
        }

    def draw(self, regions: Sequence[Region]) -> None:
        self._user_regions = (*self._user_regions, *regions)
        self.outline(self._user_regions, label=_USER_REGIONS)

    def erase(self) -> None:
        self._user_regions = ()
        self.unmark(_USER_REGIONS)

    def outline(self, regions: Sequence[Region], *, label: str, color: str = MARK_COLOR) -> None:
        self.unmark(label)
        self._outlines[label] = tuple(regions), color
        self._draw_outlines()

    def _draw_outlines(self) -> None:
        """Draw the outlines on the image on top."""
        old, self._lines = self._lines, []
        image = self._images.get(self._top or "")
        for regions, color in self._outlines.values() if image is not None else ():
            x, y = outlines(regions, image.wcs, image.pixels.shape) if image is not None else ((), ())
            if len(x):
                self._lines.append(
                    bqplot.Lines(x=x, y=y, colors=[color], stroke_width=1.8, scales=self._plane.scales)
                )
        self._figure.marks = [
            *(existing for existing in self._figure.marks if existing not in old),
            *self._lines,
        ]
        for mark in old:
            mark.close()

    def state(self) -> dict[str, Any]:
        image = self._images.get(self._top or "")
        position = None
        if image is not None:
            position = view_position_of(image.wcs, *self._plane.view)
        return {
            "images": list(self._images),
            "front": self._top or "",
            "stretch": self._stretch.to_dict(),
            "levels": {},
            "position": position,
            "regions": [region.to_dict() for region in self._user_regions],
        }

    def _restore(self, state: Mapping[str, Any]) -> None:
        # levels set by hand exist in jdaviz only
        labels = ordered_labels(self._images, state.get("images", ()))
        self._images = {label: self._images[label] for label in labels}
        if "stretch" in state:
            self._stretch = ImageStretch(**state["stretch"])
        front = state.get("front")
        self._list(front if front in self._images else self._top)
        image = self._images.get(self._top or "")
        view = (
            view_on_image(image.wcs, state["position"]) if image is not None and "position" in state else None
        )
        if view is not None:
            self._plane.set_view(*view)
            self._annotate()
        if state.get("regions") and not self._user_regions:
            self.draw(regions_in(state))

    def close(self) -> None:
        for widget in (
            *self._marks.values(),
            *self._lines,
            *self._overlays.values(),
            self._plane,
            self._choice,
            self._next,
            self._readout,
            self._style,
        ):
            widget.close()
        self._widget.close()

    def _list(self, top: str | None) -> None:
        """Fill the list of images, and show the top one."""
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
        if image is None:
            self._plane.draw(None, (0, 0))
            self._report_view(View("", 0.0, 0.0))
            return
        label = self._top or ""
        black, white = self._ranges.of(label, self._stretch)
        function = self._ranges.function(label, self._stretch)
        self._draw_outlines()
        self._plane.colour(difference=self._ranges.is_difference(label), is_mosaic=image.is_mosaic)
        self._plane.draw(to_brightness(binned(image.pixels), function, black, white), image.pixels.shape)
        self._annotate()
        self._report_view(View(label, black, white))

    def _annotate(self) -> None:
        """Draw scale bar and compass for the image on top."""
        image = self._images.get(self._top or "")
        self._plane.annotations.update(None if image is None else image.wcs, self._plane.limits)

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
            self._report_click(*position)
        elif message.get("event") == "mousemove":
            self._report_cursor(message["domain"]["x"], message["domain"]["y"])
        elif message.get("event") == "mouseleave":
            self._report_cursor()

    def read(self, x: float, y: float) -> str:
        """
        Show value and position of a pixel.

        Parameters
        ----------
        x, y : float
            0-based pixel position.

        Returns
        -------
        str
            The text shown.
        """
        image = self._images.get(self._top or "")
        text = (image.text(x, y) if image is not None else "") or _HINT
        self._readout.value = f"<code>{html.escape(text)}</code>"
        return text
