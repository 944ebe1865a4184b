"""The base of the viewers that draw: one per library, ready from the start."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from ipywidgets import Widget

from miri_widgets.viewer.image import ViewerImage, load_image, safe_label
from miri_widgets.viewer.protocol import Cursor, Hints, ImageSource, ImageViewer
from miri_widgets.viewer.state import checked_state
from miri_widgets.viewer.view_values import View

__all__ = ["DrawingViewer"]


class DrawingViewer(ImageViewer):
    """
    An `ImageViewer` that draws at once.

    A subclass sets `_widget`, draws a loaded image in `_show`, restores a valid state in `_restore`, and implements the
    other methods of `ImageViewer`. It reports clicks by `_report_click`, the cursor by `_report_cursor`, and views by
    `_report_view`; it keeps its images in `_images`.
    """

    _widget: Widget

    def __init__(self) -> None:
        self._click_callbacks: list[Callable[[float, float], object]] = []
        self._view_callbacks: list[Callable[[View], object]] = []
        self._cursor_callbacks: list[Callable[[Cursor | None], object]] = []
        self._images: dict[str, ViewerImage] = {}
        self._view = View("", 0.0, 0.0)

    @property
    def widget(self) -> Widget:
        """The widget to embed."""
        return self._widget

    @property
    def ready(self) -> bool:
        """Always true."""
        return True

    def on_ready(self, callback: Callable[[], None]) -> None:
        callback()

    def on_click(self, callback: Callable[[float, float], object]) -> None:
        self._click_callbacks.append(callback)

    def on_view(self, callback: Callable[[View], object]) -> None:
        self._view_callbacks.append(callback)
        if self._view.label:
            callback(self._view)

    def show(
        self,
        image: ImageSource | ViewerImage,
        *,
        label: str,
        extension: str = "SCI",
        hints: Hints | None = None,
    ) -> None:
        hints = hints or Hints()
        loaded = image if isinstance(image, ViewerImage) else load_image(image, extension, hints)
        self._show(loaded, safe_label(label), replace(hints, like=safe_label(hints.like)))

    def restore(self, state: Mapping[str, Any]) -> None:
        self._restore(checked_state(state))

    def _show(self, image: ViewerImage, label: str, hints: Hints) -> None:
        """Show a loaded image on top, replacing one of the same label."""
        raise NotImplementedError

    def _restore(self, state: Mapping[str, Any]) -> None:
        """Restore the valid parts of a state."""
        raise NotImplementedError

    def _report_click(self, x: float, y: float) -> None:
        for callback in self._click_callbacks:
            callback(x, y)

    def on_cursor(self, callback: Callable[[Cursor | None], object]) -> None:
        self._cursor_callbacks.append(callback)

    def _report_cursor(self, x: float | None = None, y: float | None = None) -> None:
        """Report what is under the cursor in the image on top; nothing where it has left."""
        image = self._images.get(self._view.label)
        cursor = None
        if image is not None and x is not None and y is not None:
            cursor = Cursor(self._view.label, x, y, image.text(x, y))
        for callback in self._cursor_callbacks:
            callback(cursor)

    def _report_view(self, view: View) -> None:
        """Report the view if it has changed."""
        if view != self._view:
            self._view = view
            for callback in self._view_callbacks:
                callback(view)
