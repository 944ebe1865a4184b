"""
The jdaviz viewer. Only this room imports jdaviz.

It uses the general ``jdaviz.App``: ``jdaviz.Imviz`` is deprecated since jdaviz 5.0 and leaves in 5.2.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

import numpy as np
from astropy.coordinates import SkyCoord
from astropy.nddata import NDData
from astropy.table import Table
from ipywidgets import Box, Layout
from matplotlib.colors import to_rgba
from numpy.typing import NDArray

from miri_widgets.core.regions import Region
from miri_widgets.products.image_wcs import inverse_of
from miri_widgets.viewer.annotations import Annotations
from miri_widgets.viewer.base import DrawingViewer
from miri_widgets.viewer.colours import OUTSIDE, UNUSABLE
from miri_widgets.viewer.image import ViewerImage
from miri_widgets.viewer.jdaviz.app import JdavizApp
from miri_widgets.viewer.jdaviz.levels import Levels
from miri_widgets.viewer.jdaviz.overlays import JdavizOverlays
from miri_widgets.viewer.jdaviz.regions import Drawings
from miri_widgets.viewer.jdaviz.view_area import Area
from miri_widgets.viewer.overlay import MaskPicture
from miri_widgets.viewer.png_encoding import send_quickly
from miri_widgets.viewer.protocol import MARK_COLOR, Hints, Position, StretchFunction
from miri_widgets.viewer.ranges import ImageStretch
from miri_widgets.viewer.state import ordered_labels, regions_in
from miri_widgets.viewer.style import viewer_style
from miri_widgets.viewer.view_values import View

__all__ = ["JdavizViewer"]

_TINT = "pixels that must not be used"


class JdavizViewer(DrawingViewer):
    """
    Images in a jdaviz App.

    Parameters
    ----------
    height : str
        Height of the box that it fills, in CSS.
    """

    def __init__(self, height: str = "620px") -> None:
        super().__init__()
        self._jdaviz = JdavizApp(height)
        self._app = self._jdaviz.app
        self._marks: set[str] = set()
        self._names: dict[str, str] = {}  # label: name of the data in jdaviz
        self._sizes: dict[str, tuple[int, ...]] = {}
        self._drawings = Drawings(self._app, lambda: self._viewer, self._front_wcs)
        self._area = Area(lambda: self._viewer, self._front_wcs)
        self._levels = Levels(self._layers)
        self._overlays = JdavizOverlays(self._app)
        self._annotations = Annotations()
        self._tinted = ""
        self._tinted_image: ViewerImage | None = None
        self._notification_pending = False
        self._observed = False
        self._style = viewer_style()
        self._widget = Box(
            [self._jdaviz.widget, self._style], layout=Layout(width="100%", height="100%", min_width="0")
        )

    @property
    def labels(self) -> tuple[str, ...]:
        """Labels of the images in order of arrival."""
        return tuple(self._names)

    def _show(self, image: ViewerImage, label: str, hints: Hints) -> None:
        with self._jdaviz.single_redraw():
            self._load(image, label, hints)
            self._sizes[label] = image.pixels.shape
            self._area.refit(image.pixels.shape)
        self._notify_view()

    def _load(self, image: ViewerImage, label: str, hints: Hints) -> None:
        self._forget(label)
        # No mask is given: jdaviz would list it as an image of its own. Masked pixels are NaN.
        data = NDData(image.pixels, wcs=image.wcs, unit=image.unit)
        before = set(self._app.datasets)
        self._app.load(data, format="Image", data_label=label)
        # jdaviz adds a suffix to the label, so the new name is determined here.
        self._names[label] = next(name for name in self._app.datasets if name not in before)
        self._images[label] = image
        with self._jdaviz.single_redraw():
            self._levels.add(label, image, hints)
        self._raise(label)
        self._listen()
        self._watch(label)

    def front(self, label: str) -> bool:
        if label in self._layers():
            with self._jdaviz.single_redraw():
                self._raise(label)
                self._area.refit(self._sizes[label])
        return label in self._names

    def remove(self, label: str) -> None:
        if label in self._names:
            with self._jdaviz.single_redraw():
                self._forget(label)
            self._notify_view()

    def _forget(self, label: str) -> None:
        name = self._names.pop(label, None)
        self._images.pop(label, None)
        self._levels.remove(label)
        if name is not None and name in self._app.datasets:
            self._drawings.move(name, self._names.values())
            self._app._app.data_item_remove(name)
        layers = self._layers()
        if layers and not any(state.visible for state in layers.values()):
            self._raise(next(reversed(layers)))

    def blink(self) -> None:
        layers = self._layers()
        labels = list(layers)
        if labels:
            visible = [index for index, label in enumerate(labels) if layers[label].visible]
            self._raise(labels[(visible[-1] + 1) % len(labels) if visible else 0])

    def _listen(self) -> None:
        """Observe clicks; jdaviz creates its viewer with the first image."""
        if self._viewer is None or self._observed:
            return
        listened = self._glue
        if listened is not None:
            self._observed = True
            picture = getattr(listened, "_composite_image", None)
            if picture is not None:
                send_quickly(picture)
            listened.add_event_callback(self._clicked, events=["click"])
            listened.add_event_callback(self._moved, events=["mousemove", "mouseleave"])
            self._annotate_figure(listened)
            # another alignment has another reference
            listened.state.add_callback("reference_data", self._changed)
            # Trap: over the image, jdaviz' own key b would blink once more and undo that of the page.
            own = getattr(listened, "on_mouse_or_key_event", None)
            if own is not None:
                with suppress(KeyError, ValueError):
                    listened.remove_event_callback(own)

    def _annotate_figure(self, glue: Any) -> None:
        """Add scale bar and compass, which follow the part in view."""
        glue.figure.background_style = {"fill": OUTSIDE}
        glue.figure.marks = [*glue.figure.marks, *self._annotations.marks]
        for name in ("x_min", "x_max", "y_min", "y_max"):
            glue.state.add_callback(name, self._changed)

    def _annotate(self) -> None:
        glue = self._glue
        if glue is not None and glue.state.x_min is not None:
            limits = tuple(float(getattr(glue.state, name)) for name in ("x_min", "x_max", "y_min", "y_max"))
            self._annotations.update(self._front_wcs(), limits)  # type: ignore[arg-type]

    def _moved(self, event: dict[str, Any]) -> None:
        position = event.get("domain") or {}
        if event.get("event") == "mouseleave" or position.get("x") is None or position.get("y") is None:
            self._report_cursor()
        elif self._overlays.by_pixels:
            self._report_cursor(float(position["x"]), float(position["y"]))

    def _clicked(self, event: dict[str, Any]) -> None:
        position = event.get("domain") or {}
        if position.get("x") is not None and position.get("y") is not None:
            self._report_click(float(position["x"]), float(position["y"]))

    def mark(self, positions: Table, *, label: str, color: str = MARK_COLOR) -> None:
        viewer = self._viewer
        if viewer is None:
            return
        self.unmark(label)
        viewer.marker = {"color": color, "alpha": 0.9, "markersize": 9, "fill": False}
        if {"ra", "dec"} <= set(positions.colnames) and self._overlays.by_pixels:
            # jdaviz would invert the WCS, which folds far positions onto the image
            inverse = inverse_of(self._front_wcs(), self._front_shape())
            if inverse is None:
                return
            x, y = inverse(np.asarray(positions["ra"], float), np.asarray(positions["dec"], float))
            positions = Table({"x": x, "y": y})[np.isfinite(x)]
        if {"ra", "dec"} <= set(positions.colnames):
            sky = SkyCoord(positions["ra"], positions["dec"], unit="deg")
            viewer.add_markers(Table({"coord": sky}), use_skycoord=True, marker_name=label)
        else:
            viewer.add_markers(Table({"x": positions["x"], "y": positions["y"]}), marker_name=label)
        self._marks.add(label)

    def unmark(self, label: str) -> None:
        self._drawings.remove_outline(label)
        if label in self._marks and self._viewer is not None:
            self._viewer.remove_markers(label)
            self._marks.discard(label)

    def center_on(self, position: Position) -> None:
        if self._viewer is not None:
            target = position
            if isinstance(position, SkyCoord):
                pixel = self._front_image_pixel(position)
                if pixel is None:
                    return
                target = pixel
            self._area.cancel_fits()
            self._viewer.center_on(target)

    def stretch(
        self, function: StretchFunction = "arcsinh", percentile: float = 99.5, method: str = "percentile"
    ) -> None:
        self._levels.stretch = ImageStretch(function, percentile, method)
        with self._jdaviz.single_redraw():
            self._levels.draw(list(self._names))
        self._notify_view()

    def set_range(self, label: str, black: float | None = None, white: float | None = None) -> None:
        with self._jdaviz.single_redraw():
            self._levels.fix(label, black, white)
        self._notify_view()

    def overlay(
        self, mask: NDArray[np.bool_], *, label: str, color: str = MARK_COLOR, opacity: float = 0.7
    ) -> None:
        self._overlays.add(self._glue, MaskPicture(mask, color, opacity), label)

    def clear_overlay(self, label: str) -> None:
        self._overlays.remove(label)

    def regions(self) -> dict[str, Any]:
        return self._drawings.user_regions()

    def draw(self, regions: Sequence[Region]) -> None:
        self._drawings.draw(regions)

    def erase(self) -> None:
        self._drawings.erase()

    def outline(self, regions: Sequence[Region], *, label: str, color: str = MARK_COLOR) -> None:
        self._drawings.outline(label, regions, color)

    def state(self) -> dict[str, Any]:
        visible = [label for label, state in self._layers().items() if state.visible]
        front = visible[-1] if visible else ""  # as `_notify_view` names it
        return {
            "images": list(self._names),
            "front": front,
            "stretch": self._levels.stretch.to_dict(),
            "levels": self._levels.user_levels(),
            "position": self._area.position(),
            "regions": self._drawings.plain(),
        }

    def _restore(self, state: Mapping[str, Any]) -> None:
        self._names = {
            label: self._names[label] for label in ordered_labels(self._names, state.get("images", ()))
        }
        if "stretch" in state:
            self.stretch(**state["stretch"])
        layers = self._layers()
        for label, level in state.get("levels", {}).items():
            if label in layers:
                self.set_range(label, level["black"], level["white"])
                layers[label].stretch = level["function"]
        if state.get("front") in layers:
            self._raise(state["front"])
        front = next((label for label, layer in layers.items() if layer.visible), "")
        if "position" in state and front:
            self._area.fit(self._sizes[front], state["position"])
        if state.get("regions") and not self.regions():
            self.draw(regions_in(state))

    def _front_label(self) -> str:
        return next((label for label, state in self._layers().items() if state.visible), "")

    def _front_shape(self) -> tuple[int, int] | None:
        ny, nx = self._sizes.get(self._front_label(), (0, 0))
        return (ny, nx) if ny and nx else None

    def _front_image_pixel(self, position: SkyCoord) -> tuple[float, float] | None:
        """Return the pixel of a position on the image on top; None far from it."""
        label, shape = self._front_label(), self._front_shape()
        if not label or shape is None:
            return None
        inverse = inverse_of(self._app._app.data_collection[self._names[label]].coords, shape)
        if inverse is None:
            return None
        x, y = (float(coordinate) for coordinate in inverse(position.icrs.ra.deg, position.icrs.dec.deg))
        return (x, y) if -shape[1] < x < 2 * shape[1] and -shape[0] < y < 2 * shape[0] else None

    def _front_wcs(self) -> Any:
        """Return the WCS of the axes: of the image on top, or of the sky if jdaviz aligns by it."""
        if self._viewer is None:
            return None
        if not self._overlays.by_pixels:
            glue = self._glue
            return glue.state.reference_data.coords if glue is not None else None
        label = self._front_label()
        return self._app._app.data_collection[self._names[label]].coords if label else None

    def close(self) -> None:
        self._overlays.close()
        self._annotations.close()
        self._jdaviz.close()
        self._style.close()
        self._widget.close()

    @property
    def _viewer(self) -> Any | None:
        return self._jdaviz.viewer

    @property
    def _glue(self) -> Any | None:
        return self._jdaviz.glue

    def _layers(self) -> dict[str, Any]:
        """Return the state of each image by label."""
        return self._jdaviz.layers(self._names)

    def _raise(self, label: str) -> None:
        """Show one image and hide the others; the new one first, so that the view is never black."""
        layers = self._layers()
        with self._jdaviz.single_redraw():
            layers[label].visible = True
            for other, state in layers.items():
                if other != label:
                    state.visible = False
            layers[label].cmap_bad = to_rgba(OUTSIDE)  # glue fills the figure around an image with bad values
            self._tint(label)
        self._drawings.redraw()
        self._notify_view()

    def _tint(self, label: str) -> None:
        """Tint the pixels of the image on top that must not be used."""
        image = self._images.get(label)
        if label == self._tinted and image is self._tinted_image:
            return
        self._tinted, self._tinted_image = label, image
        self._overlays.remove(_TINT)
        if image is not None and image.unusable.any():
            self._overlays.add(self._glue, MaskPicture(image.unusable, UNUSABLE, 1.0), _TINT, below=True)

    def _watch(self, label: str) -> None:
        """Observe changes by the user in jdaviz: the image on top, and its range."""
        state = self._layers().get(label)
        for name in ("visible", "v_min", "v_max"):
            if state is not None:
                state.add_callback(name, self._changed)

    def _changed(self, _value: object) -> None:
        """Report the view a little later, as one act of the user causes several changes."""
        if self._notification_pending:
            return
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            self._notify_view()
            return
        self._notification_pending = True
        loop.call_soon(self._notify_view)

    def _notify_view(self) -> None:
        """Report the view if it has changed."""
        self._notification_pending = False
        self._annotate()
        visible = [(label, state) for label, state in self._layers().items() if state.visible]
        view = View("", 0.0, 0.0)
        if visible:
            label, state = visible[-1]
            view = View(label, float(state.v_min), float(state.v_max), self._overlays.by_pixels)
        if view != self._view:
            if view.by_pixels != self._view.by_pixels:
                self._overlays.redraw()
            self._report_view(view)
