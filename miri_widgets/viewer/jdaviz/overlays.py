"""Masks over the images of jdaviz: marks of its figure, which move with the images in the browser."""

from __future__ import annotations

from typing import Any

from miri_widgets.viewer.overlay import MaskPicture
from miri_widgets.viewer.png_encoding import send_quickly

__all__ = ["JdavizOverlays"]


class JdavizOverlays:
    """
    Overlays by label.

    Parameters
    ----------
    app : object
        The jdaviz App.

    Notes
    -----
    A mark is drawn as glue draws its images: a picture as fine as the screen, for the part in view, drawn again
    after a pan or zoom. A layer of jdaviz would be listed among the images, blink with them, and need a second.
    """

    def __init__(self, app: Any) -> None:
        self._app = app
        self._marks: dict[str, Any] = {}
        self._figure: Any = None

    @property
    def by_pixels(self) -> bool:
        """Whether images lie pixel on pixel. Private: the plugin says so only once it was opened."""
        return bool(getattr(self._app._app, "_align_by", "pixels") == "pixels")

    def add(self, viewer: Any | None, picture: MaskPicture, label: str) -> None:
        """Draw an overlay in glue's image viewer, instead of one with the same label; nothing without a viewer."""
        self.remove(label)
        if viewer is None:
            return
        from glue_jupyter.bqplot.image.frb_mark import FRBImage

        mark = FRBImage(viewer, lambda bounds: picture.cells(bounds) if self.by_pixels else None)
        send_quickly(mark)
        self._marks[label], self._figure = mark, viewer.figure
        mark.update(force=True)
        self._figure.marks = [*self._figure.marks, mark]

    def remove(self, label: str) -> None:
        """Remove an overlay; an unknown label is ignored."""
        mark = self._marks.pop(label, None)
        if mark is None:
            return
        self._figure.marks = [each for each in self._figure.marks if each is not mark]
        for axis in self._figure.axes:
            axis.scale.unobserve(mark.debounced_update, ["min", "max"])
        # a change that waits to be drawn finds nothing to draw
        mark.array_maker = lambda bounds: None
        mark.close()

    def redraw(self) -> None:
        """Draw all overlays again: images are aligned otherwise."""
        for mark in self._marks.values():
            mark.update(force=True)

    def close(self) -> None:
        """Remove all overlays."""
        for label in list(self._marks):
            self.remove(label)
