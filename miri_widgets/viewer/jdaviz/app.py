"""The jdaviz App behind the viewer: its image viewer, its layers, and its widget."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from ipywidgets import Layout, Widget

from miri_widgets.viewer.colours import DIFFERENCES, colour_map, hex_colours

__all__ = ["JdavizApp"]

_VIEWER = "Image"
_FRAME = "28px"  # of jdaviz around its content


class JdavizApp:
    """
    A jdaviz App with one image viewer.

    Parameters
    ----------
    height : str
        Height of the box that it fills, in CSS.

    Attributes
    ----------
    app : jdaviz.App
        The App.
    widget : Widget
        Its widget.
    """

    def __init__(self, height: str) -> None:
        from jdaviz import App

        _register_colours()
        self.app = App(verbosity="error")
        self._cached_viewer: Any | None = None
        self._disable_unit_conversion()
        inner = self.app._app  # private until jdaviz offers the widget itself
        # Trap: with ipyvue 1.13 the App has no layout, and App.show(height=...) fails on it.
        # Trap: the content takes 600 px by default, and what exceeds its box is cut.
        inner.state.settings["context"]["notebook"]["max_height"] = f"calc({height} - {_FRAME})"
        inner.layout = Layout(height="100%", width="100%", flex="1 1 auto", min_width="0")
        self.widget: Widget = inner

    @property
    def viewer(self) -> Any | None:
        """The image viewer; jdaviz creates it with the first image."""
        # Trap: jdaviz creates three new widgets whenever `App.viewers` is read, and never closes them.
        drawers = self.app._app._viewer_store.values()  # private: the source of `App.viewers`
        drawer = next((candidate for candidate in drawers if candidate._ref_or_id == _VIEWER), None)
        if drawer is None:
            self._cached_viewer = None
        elif self._cached_viewer is None or self._cached_viewer._obj.glue_viewer is not drawer:
            self._cached_viewer = self.app.viewers.get(_VIEWER)
        return self._cached_viewer

    @property
    def glue(self) -> Any | None:
        """Glue's viewer inside; private: the viewer of the App has few methods."""
        return getattr(getattr(self.viewer, "_obj", None), "glue_viewer", None)

    def layers(self, names: Mapping[str, str]) -> dict[str, Any]:
        """
        Return the states of layers, with the changes by the user in jdaviz.

        Parameters
        ----------
        names : mapping of str to str
            Name of the data in jdaviz by label.

        Returns
        -------
        dict
            State by label.
        """
        viewer = self.viewer
        if viewer is None:
            return {}
        # Private path: "Plot Options" sets visibility too, but only of what its panel has loaded.
        states = {state.layer.label: state for state in viewer._obj.glue_viewer.state.layers}
        return {label: states[name] for label, name in names.items() if name in states}

    @contextmanager
    def single_redraw(self) -> Iterator[None]:
        """
        Compose and send the picture once at the end, instead of at every change of a layer.

        Private: the picture of all layers; if a later version has another, it is drawn more often.

        Yields
        ------
        None
            Changes of layers inside are drawn together.
        """
        picture = getattr(self.glue, "_composite_image", None)
        if picture is None or "update" in vars(picture):
            yield
            return
        picture.update = lambda *_arguments, **_options: None
        try:
            yield
        finally:
            del picture.update
            picture.update(force=True)

    def close(self) -> None:
        """Free the widgets."""
        self.app._app.close()

    def _disable_unit_conversion(self) -> None:
        """
        Keep jdaviz from giving every image the unit of the first.

        Its unit conversion would refuse a cal image (MJy/sr) after a rate image (DN/s), as it
        knows no conversion between them. Without it each image keeps its own unit.
        """
        from jdaviz.core.events import AddDataMessage

        app = self.app._app
        name = "g-unit-conversion"
        if any(item["name"] == name for item in app.state.tray_items):
            app.hub.unsubscribe(app.get_tray_item_from_name(name), AddDataMessage)


def _register_colours() -> None:
    """Offer the colours of differences in the lists of jdaviz, whose icons need a sample of every colour map in use."""
    from jdaviz.utils import cmap_samples, glue_colormaps

    if DIFFERENCES not in cmap_samples:
        glue_colormaps.add("Blue to red", colour_map(difference=True, is_mosaic=True))
        cmap_samples[DIFFERENCES] = hex_colours(difference=True, count=7)
