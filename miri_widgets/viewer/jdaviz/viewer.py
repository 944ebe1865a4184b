"""
The jdaviz viewer. Only this file and `jdaviz_import` import jdaviz.

It uses the general ``jdaviz.App``: ``jdaviz.Imviz`` is deprecated since jdaviz 5.0 and leaves in 5.2.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any

import numpy as np
from astropy.coordinates import SkyCoord
from astropy.nddata import NDData
from astropy.table import Table
from ipywidgets import Box, Layout
from numpy.typing import NDArray

from miri_widgets.core.regions import Region
from miri_widgets.products.image_wcs import inverse_of
from miri_widgets.viewer.image import ViewerImage
from miri_widgets.viewer.jdaviz.levels import Levels
from miri_widgets.viewer.jdaviz.overlays import JdavizOverlays
from miri_widgets.viewer.jdaviz.regions import Drawings
from miri_widgets.viewer.jdaviz.view_area import Area
from miri_widgets.viewer.overlay import MaskPicture
from miri_widgets.viewer.png_encoding import send_quickly
from miri_widgets.viewer.protocol import MARK_COLOR, Position, StretchFunction, View
from miri_widgets.viewer.state import ordered_labels, regions_in
from miri_widgets.viewer.style import viewer_style

__all__ = ["JdavizViewer"]

_VIEWER = "Image"
_FRAME = "28px"  # what jdaviz puts around its content


class JdavizViewer:
    """
    Images in a jdaviz App; see `miri_widgets.viewer.backend.Backend` for the verbs.

    Parameters
    ----------
    height : str
        Height of the box that it fills, in CSS.
    """

    def __init__(self, height: str = "620px") -> None:
        from jdaviz import App

        self._app = App(verbosity="error")
        self._cached_viewer: Any | None = None
        self._marks: set[str] = set()
        self._names: dict[str, str] = {}  # our label: name of the data in jdaviz
        self._sizes: dict[str, tuple[int, ...]] = {}
        self._drawings = Drawings(self._app, lambda: self._viewer, self._front_wcs)
        self._area = Area(lambda: self._viewer, self._front_wcs)
        self._levels = Levels(self._layers)
        self._overlays = JdavizOverlays(self._app)
        self._view = View("", 0.0, 0.0)
        self._viewed: list[Callable[[View], object]] = []
        self._notification_pending = False
        self._callbacks: list[Callable[[float, float], object]] = []
        self._listens = False
        self._disable_unit_conversion()
        inner = self._app._app  # private until jdaviz offers the widget itself
        # Trap: with ipyvue 1.13 the App has no layout, and App.show(height=...) fails on it.
        # Trap: the content takes 600 px unless told otherwise, and what is more than its box is cut.
        inner.state.settings["context"]["notebook"]["max_height"] = f"calc({height} - {_FRAME})"
        inner.layout = Layout(height="100%", width="100%", flex="1 1 auto", min_width="0")
        self._style = viewer_style()
        self.widget = Box([inner, self._style], layout=Layout(width="100%", height="100%", min_width="0"))

    def show(self, image: ViewerImage, label: str, like: str = "") -> None:
        """Show an image on top, instead of one with the same label, with black and white of another."""
        with self._single_redraw():
            self._show(image, label, like)
            self._sizes[label] = image.pixels.shape
            self._area.refit(image.pixels.shape)
        self._notify_view()

    def _show(self, image: ViewerImage, label: str, like: str) -> None:
        self._forget(label)
        # No mask is given: jdaviz would list it as an image of its own. Masked pixels are NaN.
        data = NDData(image.pixels, wcs=image.wcs, unit=image.unit)
        before = set(self._app.datasets)
        self._app.load(data, format="Image", data_label=label)
        # jdaviz adds a suffix to the label, so the new name is looked up.
        self._names[label] = next(name for name in self._app.datasets if name not in before)
        with self._single_redraw():
            self._levels.add(label, image.pixels, like)
        self._raise(label)
        self._listen()
        self._watch(label)

    def front(self, label: str) -> None:
        """Bring an image that is here already on top."""
        if label in self._layers():
            with self._single_redraw():
                self._raise(label)
                self._area.refit(self._sizes[label])

    def remove(self, label: str) -> None:
        """Forget an image."""
        if label in self._names:
            with self._single_redraw():
                self._forget(label)
            self._notify_view()

    def _forget(self, label: str) -> None:
        name = self._names.pop(label, None)
        self._levels.remove(label)
        if name is not None and name in self._app.datasets:
            self._drawings.move(name, self._names.values())
            self._app._app.data_item_remove(name)
        layers = self._layers()
        if layers and not any(state.visible for state in layers.values()):
            self._raise(next(reversed(layers)))

    def blink(self) -> None:
        """Show the next image."""
        layers = self._layers()
        labels = list(layers)
        if labels:
            visible = [index for index, label in enumerate(labels) if layers[label].visible]
            self._raise(labels[(visible[-1] + 1) % len(labels) if visible else 0])

    def on_click(self, callback: Callable[[float, float], object]) -> None:
        """Call a function with the place (x, y) of every click."""
        self._callbacks.append(callback)

    def _listen(self) -> None:
        """Hear clicks; jdaviz makes its viewer with the first image."""
        if self._viewer is None or self._listens:
            return
        listened = self._glue
        if listened is not None:
            self._listens = True
            picture = getattr(listened, "_composite_image", None)
            if picture is not None:
                send_quickly(picture)
            listened.add_event_callback(self._clicked, events=["click"])
            # another alignment has another reference
            listened.state.add_callback("reference_data", self._changed)
            # Trap: over the image its own key b would blink after the page's has done so, and undo it.
            own = getattr(listened, "on_mouse_or_key_event", None)
            if own is not None:
                with suppress(KeyError, ValueError):
                    listened.remove_event_callback(own)

    def _clicked(self, event: dict[str, Any]) -> None:
        position = event.get("domain") or {}
        if position.get("x") is not None and position.get("y") is not None:
            for callback in self._callbacks:
                callback(float(position["x"]), float(position["y"]))

    def mark(self, positions: Table, label: str, color: str = MARK_COLOR) -> None:
        """Mark positions, instead of marks with the same label."""
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
        """Remove marks or outlines."""
        self._drawings.remove_outline(label)
        if label in self._marks and self._viewer is not None:
            self._viewer.remove_markers(label)
            self._marks.discard(label)

    def center_on(self, position: Position) -> None:
        """Bring a position to the centre."""
        if self._viewer is not None:
            target = position
            if isinstance(position, SkyCoord):
                pixel = self._front_image_pixel(position)
                if pixel is None:
                    return
                target = pixel
            self._area.cancel_fits()
            self._viewer.center_on(target)

    def stretch(self, function: StretchFunction, percentile: float) -> None:
        """Set how values become brightness."""
        self._levels.stretch = (function, percentile)
        with self._single_redraw():
            self._levels.draw(list(self._names))
        self._notify_view()

    def set_range(self, label: str, black: float | None, white: float | None) -> None:
        """Fix black and white of an image and of those like it, or let them go."""
        with self._single_redraw():
            self._levels.fix(label, black, white)
        self._notify_view()

    def on_view(self, callback: Callable[[View], object]) -> None:
        """Call a function with what is in view, now and whenever it changes."""
        self._viewed.append(callback)
        if self._view.label:
            callback(self._view)

    def overlay(self, mask: NDArray[np.bool_], label: str, color: str, opacity: float) -> None:
        """Colour pixels, instead of an overlay with the same label."""
        self._overlays.add(self._glue, MaskPicture(mask, color, opacity), label)

    def clear_overlay(self, label: str) -> None:
        """Remove an overlay."""
        self._overlays.remove(label)

    def regions(self) -> dict[str, Any]:
        """Return the regions that the user drew."""
        return self._drawings.user_regions()

    def draw(self, regions: Sequence[Region]) -> None:
        """Add regions to those that the user drew."""
        self._drawings.draw(regions)

    def erase(self) -> None:
        """Forget the regions that the user drew."""
        self._drawings.erase()

    def outline(self, regions: Sequence[Region], label: str, color: str) -> None:
        """Show outlines, instead of those with the same label."""
        self._drawings.outline(label, regions, color)

    def state(self) -> dict[str, Any]:
        """Return what is shown, as plain values."""
        function, percentile = self._levels.stretch
        visible = [label for label, state in self._layers().items() if state.visible]
        front = visible[-1] if visible else ""  # as `_notify_view` names it
        return {
            "front": front,
            "stretch": {"function": function, "percentile": percentile},
            "levels": self._levels.user_levels(),
            "position": self._area.position(),
            "regions": self._drawings.plain(),
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Show again what `state` told."""
        self._names = {
            label: self._names[label] for label in ordered_labels(self._names, state.get("images", ()))
        }
        if "stretch" in state:
            self.stretch(state["stretch"]["function"], state["stretch"]["percentile"])
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
        """Return where a position lies on the image on top, in its own pixels; None far from it."""
        label, shape = self._front_label(), self._front_shape()
        if not label or shape is None:
            return None
        inverse = inverse_of(self._app._app.data_collection[self._names[label]].coords, shape)
        if inverse is None:
            return None
        x, y = (float(coordinate) for coordinate in inverse(position.icrs.ra.deg, position.icrs.dec.deg))
        return (x, y) if -shape[1] < x < 2 * shape[1] and -shape[0] < y < 2 * shape[0] else None

    def _front_wcs(self) -> Any:
        """Return the WCS that belongs to the axes: of the image on top, or of the sky when jdaviz aligns by it."""
        if self._viewer is None:
            return None
        if not self._overlays.by_pixels:
            glue = self._glue
            return glue.state.reference_data.coords if glue is not None else None
        label = self._front_label()
        return self._app._app.data_collection[self._names[label]].coords if label else None

    def close(self) -> None:
        """Free the widgets."""
        self._overlays.close()
        self._app._app.close()
        self._style.close()
        self.widget.close()

    @property
    def _viewer(self) -> Any | None:
        """The image viewer; jdaviz makes it with the first image."""
        # Trap: jdaviz makes three new widgets whenever `App.viewers` is read, and never closes them.
        drawers = self._app._app._viewer_store.values()  # private: what `App.viewers` is made from
        drawer = next((candidate for candidate in drawers if candidate._ref_or_id == _VIEWER), None)
        if drawer is None:
            self._cached_viewer = None
        elif self._cached_viewer is None or self._cached_viewer._obj.glue_viewer is not drawer:
            self._cached_viewer = self._app.viewers.get(_VIEWER)
        return self._cached_viewer

    @property
    def _glue(self) -> Any | None:
        """Glue's viewer within; private: what the App offers has few verbs."""
        return getattr(getattr(self._viewer, "_obj", None), "glue_viewer", None)

    def _disable_unit_conversion(self) -> None:
        """
        Keep jdaviz from giving every image the unit of the first.

        Its unit conversion would refuse a cal image (MJy/sr) after a rate image (DN/s), as it
        knows no conversion between them. Without it each image keeps its own unit.
        """
        from jdaviz.core.events import AddDataMessage

        app = self._app._app
        name = "g-unit-conversion"
        if any(item["name"] == name for item in app.state.tray_items):
            app.hub.unsubscribe(app.get_tray_item_from_name(name), AddDataMessage)

    def _layers(self) -> dict[str, Any]:
        """State of each of our images, by our label; includes what the user changed in jdaviz."""
        viewer = self._viewer
        if viewer is None:
            return {}
        # Private path: "Plot Options" sets visibility too, but only of what its panel has loaded.
        states = {state.layer.label: state for state in viewer._obj.glue_viewer.state.layers}
        return {label: states[name] for label, name in self._names.items() if name in states}

    def _raise(self, label: str) -> None:
        """Make one image visible and hide the others; the new one first, so that none is ever black."""
        layers = self._layers()
        with self._single_redraw():
            layers[label].visible = True
            for other, state in layers.items():
                if other != label:
                    state.visible = False
        self._drawings.redraw()
        self._notify_view()

    @contextmanager
    def _single_redraw(self) -> Iterator[None]:
        """
        Let the picture be composed and sent once, in the end, instead of at every change of a layer.

        Private: the picture of all layers; where a later version has another, it is drawn more often.
        """
        picture = getattr(self._glue, "_composite_image", None)
        if picture is None or "update" in vars(picture):
            yield
            return
        picture.update = lambda *_arguments, **_options: None
        try:
            yield
        finally:
            del picture.update
            picture.update(force=True)

    def _watch(self, label: str) -> None:
        """Hear what the user changes in jdaviz: which image is on top, and its black and white."""
        state = self._layers().get(label)
        for name in ("visible", "v_min", "v_max"):
            if state is not None:
                state.add_callback(name, self._changed)

    def _changed(self, _value: object) -> None:
        """Tell a little later: one act of the user is several changes."""
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
        """Tell what is in view, when it is another."""
        self._notification_pending = False
        visible = [(label, state) for label, state in self._layers().items() if state.visible]
        view = View("", 0.0, 0.0)
        if visible:
            label, state = visible[-1]
            view = View(label, float(state.v_min), float(state.v_max), self._overlays.by_pixels)
        if view != self._view:
            if view.by_pixels != self._view.by_pixels:
                self._overlays.redraw()
            self._view = view
            for callback in self._viewed:
                callback(view)
