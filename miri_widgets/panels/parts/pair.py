"""Two images over the viewer: what the session says is in view, at the levels that the viewer has."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import numpy as np

from miri_widgets.core.display_range import find_range
from miri_widgets.errors import MiriWidgetsError
from miri_widgets.models.display import DisplayModel
from miri_widgets.models.in_view import Content, InView, time_of_writing
from miri_widgets.models.session import SessionModel
from miri_widgets.models.subscriptions import Subscriptions
from miri_widgets.panels.parts.computed_images import hints_of
from miri_widgets.viewer import ImageViewer
from miri_widgets.viewer.image import ViewerImage, load_image
from miri_widgets.viewer.pair_canvas import PairCanvas
from miri_widgets.viewer.protocol import StretchFunction
from miri_widgets.viewer.view_position import view_on_image, view_position_of

__all__ = ["PairView"]


class PairView:
    """
    The canvas of two images, which covers the viewer while the session has a pair in view.

    Parameters
    ----------
    session : SessionModel
        Says what is in view.
    viewer : ImageViewer
        Gives the part in view, and takes it back.
    display : DisplayModel
        The levels.
    on_failure : callable
        Called with a sentence when an image cannot be read.
    """

    def __init__(
        self,
        session: SessionModel,
        viewer: ImageViewer,
        display: DisplayModel,
        on_failure: Callable[[str], object],
    ) -> None:
        self.session, self.viewer, self.display = session, viewer, display
        self.canvas = PairCanvas()
        self._on_failure = on_failure
        self._held: tuple[Any, ViewerImage, ViewerImage] | None = None
        self._drawn: Any = None
        self._watches = Subscriptions()
        self._watches.add(session, self._update, "displayed")
        self._watches.add(display, self._update, "black", "white", "curve", "percentile", "method")
        self._update(None)

    @property
    def images(self) -> tuple[ViewerImage, ViewerImage] | None:
        """Both images in view; None when there are not two."""
        return None if self._held is None else self._held[1:]

    def text(self, x: float, y: float) -> str:
        """
        Return both values and the position at a place, as text; empty outside of the images.

        Parameters
        ----------
        x, y : float
            0-based pixels.
        """
        if self._held is None:
            return ""
        texts = [image.text(x, y) for image in self._held[1:]]
        if not all(texts):
            return ""
        first, second = (text.partition("   ") for text in texts)
        names = self.session.displayed.names
        return f"{names[0]}: {first[0]}   {names[1]}: {second[0]}   {second[2]}"

    def _update(self, _: Any) -> None:
        view = self.session.displayed
        if not view.is_pair:
            self._end()
            return
        try:
            images = self._load(view)
        except MiriWidgetsError as error:
            self._end()
            self._on_failure(str(error))
            return
        black, white = self.display.black, self.display.white
        if not (np.isfinite(black) and np.isfinite(white)):
            return  # the levels come next
        ranges = self._first_range(view, images[0]), (black, white)
        drawn = (self._held[0] if self._held else None, ranges, self.display.curve)
        with self.canvas.hold_sync():
            self.canvas.arrangement, self.canvas.names = view.mode, list(view.names)
        if drawn == self._drawn and self.canvas.visible:
            return
        aim = None if self.canvas.visible else self._viewer_aim(images[1])
        self._drawn = drawn
        self.canvas.show(images[0], images[1], ranges, cast(StretchFunction, self.display.curve), aim=aim)

    def _first_range(self, view: InView, image: ViewerImage) -> tuple[float, float]:
        """Return black and white of the image before: of equal width around its median, or of its own filter."""
        display = self.display
        if not view.shares_range:
            return find_range(image.pixels, display.percentile, display.method)
        return display.black + view.offset, display.white + view.offset

    def _load(self, view: InView) -> tuple[ViewerImage, ViewerImage]:
        key: Any
        if view.content is Content.PREVIEW:
            key = (view.identity, view.root)
        else:
            key = (view.other, view.file, view.written, time_of_writing(view.other) if view.other else 0)
        if self._held is None or self._held[0] != key:
            self._held = (key, *self._read(view))
        return self._held[1:]

    def _read(self, view: InView) -> tuple[ViewerImage, ViewerImage]:
        if view.content is Content.PREVIEW:
            hints = hints_of(self.session, view)
            made = (view.source.before, view.source.after)  # type: ignore[attr-defined]
            first, second = (
                load_image(np.where(arrays.good, arrays.sci, np.nan), hints=hints) for arrays in made
            )
            return first, second
        assert view.other is not None and view.file is not None
        return load_image(view.other), load_image(view.file, view.extension)

    def _viewer_aim(self, image: ViewerImage) -> tuple[float, float, float] | None:
        position = self.viewer.state().get("position")
        return view_on_image(image.wcs, position) if position else None

    def _end(self) -> None:
        """Uncover the viewer, which takes over the part in view."""
        if self.canvas.visible:
            self.canvas.hide()
            if self.canvas.aim is not None and self._held is not None:
                position = view_position_of(self._held[2].wcs, *self.canvas.aim)
                if position is not None:
                    self.viewer.restore({"position": position})
        self._held, self._drawn = None, None

    def close(self) -> None:
        """Free the widget."""
        self._watches.end()
        self.canvas.close()
