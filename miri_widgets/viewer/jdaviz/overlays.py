"""Masks over the images of jdaviz: marks of its figure, which follow the images in the browser."""

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
    A mark is drawn as glue draws its images: at screen resolution for the part in view, again after each pan or
    zoom. A layer of jdaviz would be listed among the images, blink with them, and take a second.
    """

    def __init__(self, app: Any) -> None:
        self._app = app
        self._marks: dict[str, Any] = {}
        self._figure: Any = None

    @property
    def by_pixels(self) -> bool:
        """Whether images are aligned by pixels. Private: the plugin knows only once it was opened."""
        return bool(getattr(self._app._app, "_align_by", "pixels") == "pixels")

    def add(self, viewer: Any | None, picture: MaskPicture, label: str, *, below: bool = False) -> None:
        """
        Draw an overlay in glue's image viewer, replacing one with the same label.

        Parameters
        ----------
        viewer : object or None
            Glue's viewer; without it nothing is drawn.
        picture : MaskPicture
            The mask.
        label : str
            Name of the overlay.
        below : bool
            Whether the other overlays lie over it.
        """
        self.remove(label)
        if viewer is None:
            return
        from glue_jupyter.bqplot.image.frb_mark import FRBImage

        mark = FRBImage(viewer, lambda bounds: picture.cells(bounds) if self.by_pixels else None)
        send_quickly(mark)
        self._marks[label], self._figure = mark, viewer.figure
        mark.update(force=True)
        above = [other for other in self._marks.values() if other is not mark] if below else []
        lower = [other for other in self._figure.marks if other not in above]
        self._figure.marks = [*lower, mark, *above]

    def remove(self, label: str) -> None:
        """
        Remove an overlay; an unknown label is ignored.

        Parameters
        ----------
        label : str
            Name of the overlay.
        """
        mark = self._marks.pop(label, None)
        if mark is None:
            return
        self._figure.marks = [existing for existing in self._figure.marks if existing is not mark]
        for axis in self._figure.axes:
            axis.scale.unobserve(mark.debounced_update, ["min", "max"])
        # a delayed update then draws nothing
        mark.array_maker = lambda bounds: None
        mark.close()

    def redraw(self) -> None:
        """Draw all overlays again after a change of the alignment."""
        for mark in self._marks.values():
            mark.update(force=True)

    def close(self) -> None:
        """Remove all overlays."""
        for label in list(self._marks):
            self.remove(label)
