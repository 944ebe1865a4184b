"""The side of pixels: the image in view, what it is, and what it is compared with."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import ipywidgets

from miri_widgets.models.compare import CompareModel
from miri_widgets.models.display import DisplayModel
from miri_widgets.models.flags import FlagsModel
from miri_widgets.models.in_view import COMPARED, PREVIEWS, Content
from miri_widgets.models.session import SessionModel
from miri_widgets.panels.charts.histogram import HistogramView
from miri_widgets.panels.charts.levels import LevelsView
from miri_widgets.panels.charts.marks import SourceMarks
from miri_widgets.panels.charts.pixel_history import PixelStoryView
from miri_widgets.panels.parts.base_view import Part
from miri_widgets.panels.parts.caption import caption_of
from miri_widgets.panels.parts.compare import CompareBar
from miri_widgets.panels.parts.display import DisplayBar
from miri_widgets.panels.parts.flags import FlagBar, colour_of
from miri_widgets.panels.parts.regionlist import RegionList
from miri_widgets.panels.parts.shown_images import MOST_IMAGES, ShownImages
from miri_widgets.panels.parts.theme import button, escape, sentences, text
from miri_widgets.panels.parts.viewmemory import ViewMemory
from miri_widgets.viewer import ImageViewer
from miri_widgets.viewer.protocol import StretchFunction

__all__ = ["COMPARED", "MOST_IMAGES", "PREVIEWS", "ImagePane"]


class ImagePane(Part):
    """
    A viewer that follows a session: its product, preview, comparison and marks; with charts and the pixel clicked.

    Parameters
    ----------
    session : SessionModel
        What is shown.
    viewer : ImageViewer
        Where; it is closed with the pane.
    """

    def __init__(self, session: SessionModel, viewer: ImageViewer) -> None:
        super().__init__("mw-right")
        self.session = session
        self.viewer = viewer
        viewer.on_click(self._clicked)
        self.compare = CompareBar(CompareModel(session))
        self.flags = FlagBar(FlagsModel(session))
        self.display = DisplayBar(DisplayModel(session))
        self.images = ShownImages(session, viewer, self.compare.model, self.display.model, self.flags.model)
        self._memory = ViewMemory(session, viewer, self.images.add, lambda: self.images.files, MOST_IMAGES)
        session.attach_viewer(self._memory)
        self._marks = SourceMarks(viewer)
        self.histogram = HistogramView(session)
        self.levels = LevelsView(session)
        self.words = text("", "mw-viewer-words")
        self.blink = button("Blink", tip="Show the next image")
        self.blink.on_click(lambda _: viewer.blink())
        self._overlaid: dict[str, object] = {}  # flag: what was drawn
        charts = ipywidgets.HBox([self.histogram, self.levels])
        charts.add_class("mw-charts")
        strip = ipywidgets.HBox([self.words, self.blink])
        strip.add_class("mw-viewer-strip")
        tools = ipywidgets.HBox([self.flags, self.display])
        tools.add_class("mw-viewer-tools")
        self._frame = frame = ipywidgets.VBox([strip, self.compare, tools, viewer.widget])
        frame.add_class("mw-frame")
        self.pixel = PixelStoryView(session)
        self.regions = RegionList(session, viewer)
        drawing = ipywidgets.Accordion([self.regions], titles=("Regions",))
        drawing.selected_index = None
        drawing.add_class("mw-fold")
        self.children = (frame, drawing, charts, self.pixel)
        self._watch_all()

    def _watch_all(self) -> None:
        session = self.session
        self.watch(session, self._follow_caption, "displayed", "not_displayed", "shown")
        self.watch(session.previews, self._follow_caption, "fresh")
        for stage in session.models.values():
            self.watch(stage, self._follow_caption, "rows")
        self.watch(self.display.model, self._follow_curve, "curve", "percentile")
        self.watch(self.display.model, self._follow_range, "fixed")
        self.watch(self.flags.model, self._follow_flags, "value", "chosen", "only_gained", "visible")
        self.watch(session, self._follow_flags, "displayed")
        self.watch(session, self._follow_marks, "marks", "displayed")
        self.watch_event(session, self._follow_center, "centered")

    @property
    def _in_view(self) -> Path | None:
        """The product that what is in view is about; None for a preview and a difference of groups."""
        view = self.session.displayed
        return view.product if view.about_product and view.product == self.session.shown else None

    def _follow_curve(self, _: Any) -> None:
        model = self.display.model
        self.viewer.stretch(cast(StretchFunction, model.curve), model.percentile)

    def _follow_range(self, _: Any) -> None:
        """Draw what is in view with the range that is fixed for its filter."""
        label = self.session.displayed.label
        if label:
            self.viewer.set_range(label, *(self.display.model.fixed or (None, None)))

    def _follow_flags(self, _: Any) -> None:
        """Lay the ticked flags over the product in view; what it is compared with has the same pixels."""
        # what stands above the image is about the product: not while another image is in its way
        (self._frame.remove_class if self._in_view is not None else self._frame.add_class)("mw-no-product")
        model = self.flags.model
        own = model.value is not None and model.value.path == self._in_view
        masks = model.masks if own else {}
        for name in [name for name in self._overlaid if name not in masks]:
            self.viewer.clear_overlay(name)
            del self._overlaid[name]
        for name, mask in masks.items():
            drawn = (model.value, model.only_gained)
            if self._overlaid.get(name) != drawn:
                self.viewer.overlay(mask, label=name, color=colour_of(name))
                self._overlaid[name] = drawn

    def _follow_caption(self, _: Any) -> None:
        """Say what the image is; one of other settings is never taken for one of now."""
        session, caption = self.session, caption_of(self.session)
        self.blink.disabled = session.displayed.content is Content.NOTHING
        tone = ' class="mw-chip mw-warn"' if caption.warns else ""
        words = f"<b>{escape(caption.title)}</b><span{tone}>{escape(caption.detail)}</span>"
        if session.not_displayed:
            still = f"In view still: {words}" if session.displayed.label else ""
            words = sentences([session.not_displayed], "bad") + still
        self.words.value = words

    def _follow_marks(self, _: Any) -> None:
        """Marks are places of the product that the session shows, and lie on no other image."""
        self._marks.draw(self.session.marks if self._in_view is not None else ())

    def _clicked(self, x: float, y: float) -> None:
        """Take a click, unless it is a corner of a polygon; a preview and a difference of groups are no product."""
        if self.regions.take_corner(x, y):
            return
        if self._in_view is not None:
            self.session.click(x, y)
        else:
            self.pixel.say(
                "The image in view is no product, so a pixel of it has no history: end the preview, or show a "
                "product, then click."
            )

    def _follow_center(self, event: Any) -> None:
        if self._in_view is not None:
            self.viewer.center_on(event["new"])

    def close(self) -> None:
        """Close every view and the viewer."""
        self._memory.close()
        self.session.attach_viewer(None)
        self.images.close()
        self.viewer.close()
        super().close()
