"""The side of pixels: the image in view, what it is, and what it is compared with."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import ipywidgets
import numpy as np

from miri_widgets.errors import MiriWidgetsError
from miri_widgets.models.compare import CompareModel
from miri_widgets.models.display import DisplayModel
from miri_widgets.models.flags import FlagsModel
from miri_widgets.models.origin import origin_of
from miri_widgets.models.session import SessionModel
from miri_widgets.panels.parts.compare import CompareBar
from miri_widgets.panels.parts.display import DisplayBar
from miri_widgets.panels.parts.flags import FlagBar, colour_of
from miri_widgets.panels.parts.histogram import HistogramView
from miri_widgets.panels.parts.levels import LevelsView
from miri_widgets.panels.parts.marks import SourceMarks
from miri_widgets.panels.parts.part import Part
from miri_widgets.panels.parts.pixelstory import PixelStoryView
from miri_widgets.panels.parts.regionlist import RegionList
from miri_widgets.panels.parts.theme import button, escape, sentences, text
from miri_widgets.panels.parts.viewmemory import ViewMemory
from miri_widgets.products.names import suffix_of
from miri_widgets.viewer import ImageViewer, View
from miri_widgets.viewer.protocol import StretchFunction

__all__ = ["COMPARED", "MOST_IMAGES", "PREVIEWS", "ImagePane"]

COMPARED = {"before": "Compared: before", "difference": "Compared: difference"}
"""Labels of the images beside a product."""

PREVIEWS = {"before": "Preview: before", "after": "Preview: after", "difference": "Preview: difference"}
"""Labels of the images of a preview."""

MOST_IMAGES = 8
"""Images that the viewer holds at the same time."""


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
        session.drawn = viewer.regions
        viewer.on_click(self._clicked)
        self._paths: dict[str, tuple[Path, str, int]] = {}  # label: file, extension, and when it was written
        self._memory = ViewMemory(session, viewer, self._put, self._paths, MOST_IMAGES)
        self._marks = SourceMarks(viewer)
        self.histogram = HistogramView(session)
        self.levels = LevelsView(session)
        self.words = text("", "mw-viewer-words")
        self.blink = button("Blink", tip="Show the next image")
        self.blink.on_click(lambda _: viewer.blink())
        self._shown: Path | None = None
        self._extension = "SCI"
        self._previewed = False
        self._group = ""
        self._passing: list[str] = []
        self._refused = False
        self._overlaid: dict[str, object] = {}  # flag: what was drawn
        self._acting = 0
        charts = ipywidgets.HBox([self.histogram, self.levels])
        charts.add_class("mw-charts")
        strip = ipywidgets.HBox([self.words, self.blink])
        strip.add_class("mw-viewer-strip")
        self.compare = CompareBar(CompareModel(session))
        self.flags = FlagBar(FlagsModel(session))
        self.display = DisplayBar(DisplayModel(session))
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
        self.watch(session, self._follow_shown, "shown", "extension")
        self.watch(self.display.model, self._follow_curve, "curve", "percentile")
        self.watch(self.display.model, self._follow_range, "fixed")
        self.watch(self.flags.model, self._follow_flags, "value", "chosen", "only_gained", "visible")
        viewer.on_view(self._viewed)
        self.watch(session, self._follow_marks, "marks")
        self.watch(session, self._follow_center, "center")
        self.watch(self.compare.model, self._follow_compare, "look", "value", "can")
        self.watch(session.previews, self._follow_preview, "result", "shown", "stage")
        self.watch(session.showers, self._follow_group, "picture")
        for stage in session.models.values():
            self.watch(stage, self._follow_origin, "rows")

    @contextmanager
    def _act(self) -> Iterator[None]:
        """What comes to the front meanwhile was brought by this pane, and not by the user."""
        self._acting += 1
        try:
            yield
        finally:
            self._acting -= 1

    def _viewed(self, view: View) -> None:
        """Follow what the user brings to the front within the viewer: everything beside it is about that image."""
        self.flags.model.hidden = not view.by_pixels
        product = self._in_view
        if product is None:
            return
        own = self._label(product, self._extension)
        # what came before the stage is drawn as the product is
        if view.label in (own, COMPARED["before"]):
            self.display.model.in_force(view.black, view.white)
        if self._acting:
            return
        look = next((look for look, label in COMPARED.items() if label == view.label), "")
        if look or view.label == own:
            self.compare.model.ask(look or "after")
        elif view.label in self._paths:
            path, extension, _ = self._paths[view.label]
            self.session.show(path, extension=extension)

    def _follow_curve(self, _: Any) -> None:
        model = self.display.model
        with self._act():
            self.viewer.stretch(cast(StretchFunction, model.curve), model.percentile)

    def _follow_range(self, _: Any) -> None:
        """Draw the product with the range that is fixed for its filter."""
        if self._shown is not None and not self._refused:
            with self._act():
                self.viewer.set_range(
                    self._label(self._shown, self._extension), *(self.display.model.fixed or (None, None))
                )

    def _follow_flags(self, _: Any) -> None:
        """Lay the ticked flags over the product in view; what it is compared with has the same pixels."""
        # what stands above the image is about the product: not while another image is in its way
        (self._frame.remove_class if self._in_view is not None else self._frame.add_class)("mw-no-product")
        model = self.flags.model
        masks = model.masks if self._in_view is not None else {}
        for name in [name for name in self._overlaid if name not in masks]:
            self.viewer.clear_overlay(name)
            del self._overlaid[name]
        for name, mask in masks.items():
            drawn = (model.value, model.only_gained)
            if self._overlaid.get(name) != drawn:
                self.viewer.overlay(mask, label=name, color=colour_of(name))
                self._overlaid[name] = drawn

    def _follow_preview(self, _: Any) -> None:
        """Show what the preview has; it has no file, and is gone when the preview ends."""
        with self._act():
            self._show_preview()
        self._follow_flags(None)

    def _show_preview(self) -> None:
        previews = self.session.previews
        pixels = previews.pixels()
        if pixels is None:
            for label in PREVIEWS.values():
                self.viewer.remove(label)
            if self._previewed:
                self._show_again()
            self._previewed = False
            return
        self._previewed = True
        label = PREVIEWS[previews.shown]
        result = previews.result
        with_flags = result.before.good if previews.shown == "before" else result.after.good
        self.viewer.show(np.where(with_flags, pixels, np.nan), label=label)
        exposure = self.session.programs.find(previews.root)
        short = self.session.models[previews.stage].stage.short
        self.words.value = (
            f"<b>{escape(label)}</b><span>{escape(short)} · "
            f"{escape(exposure.label if exposure else previews.root)} · nothing is written</span>"
        )

    def _follow_group(self, _: Any) -> None:
        """Show the difference of groups that is chosen; as a preview, it has no file."""
        with self._act():
            self._show_group()
        self._follow_flags(None)

    def _show_group(self) -> None:
        picture, old = self.session.showers.picture, self._group
        self._group = ""
        if picture is None:
            if old:
                self._show_again()
        else:
            exposure = self.session.programs.find(picture.root)
            name = exposure.label if exposure else picture.root
            self._group = f"{picture.label} · {name}"
            self.viewer.show(picture.pixels, label=self._group)
            self.words.value = (
                f"<b>{escape(picture.label)}</b><span>{escape(name)} · DN · nothing is written</span>"
            )
        # the new image first: what is drawn on the old one stays then
        if old and old != self._group:
            self.viewer.remove(old)

    @property
    def _in_view(self) -> Path | None:
        """The product in view; None when it could not be read, or a preview is in the way."""
        return None if self._refused or self._previewed or self._group else self._shown

    def _follow_compare(self, _: Any) -> None:
        """Show the product, what it was before its stage, or the difference; the view stays where it is."""
        with self._act():
            self._show_look()

    def _show_look(self) -> None:
        model = self.compare.model
        product = self._in_view
        if product is None:
            return
        own = self._label(product, self._extension)
        if model.look == "after":
            if not model.can or model.value is None:  # another product: the old comparison is over
                for label in COMPARED.values():
                    self.viewer.remove(label)
            if any(label in self.viewer.labels for label in COMPARED.values()):
                self.viewer.front(own)
            self._follow_origin(None)
            return
        if model.value is None:
            return
        label = COMPARED[model.look]
        if not self.viewer.front(label):
            before = model.look == "before"
            self.viewer.show(
                model.value.before if before else model.value.difference,
                label=label,
                like=own if before else "",
            )
        self.words.value = f"<b>{escape(label)}</b><span>{escape(model.value.title)}</span>"

    def _show_again(self) -> None:
        """Show the product that was in view before."""
        if self._shown is not None and not self._refused:
            self._put(self._shown, self._extension)
            self._follow_origin(None)

    @staticmethod
    def _label(path: Path, extension: str) -> str:
        return path.name if extension == "SCI" else f"{path.name} {extension}"

    def _put(self, path: Path, extension: str) -> None:
        """Bring a product to the front; it is read when it is not here yet, or was written since."""
        label = self._label(path, extension)
        written = path.stat().st_mtime_ns if path.is_file() else 0
        if self._paths.get(label) == (path, extension, written) and self.viewer.front(label):
            return
        self.viewer.show(path, label=label, extension=extension)
        self._paths[label] = (path, extension, written)

    def _follow_shown(self, _: Any) -> None:
        path = self.session.shown
        self.blink.disabled = path is None
        if path is None:
            self.words.value = "<b>Viewer</b><span>The newest product appears here by itself.</span>"
            return
        extension = self.session.extension
        if (path, extension) == (self._shown, self._extension):
            return
        self._shown, self._extension = path, extension
        try:
            self._refused = False
            with self._act():
                self._put(path, extension)
                self._keep_few(path)
            self._follow_origin(None)
        except MiriWidgetsError as error:
            self._refused = True
            self.words.value = sentences([str(error)], "bad")

    def _follow_origin(self, _: Any) -> None:
        """Say what the image is; one of other settings is never taken for one of now."""
        path = self._shown
        if path is None or self._refused:
            return
        origin, is_now = origin_of(self.session, path)
        tone = "" if is_now else ' class="mw-chip mw-warn"'
        self.words.value = f"<b>{escape(path.name)}</b><span{tone}>{escape(origin)}</span>"

    def _follow_marks(self, _: Any) -> None:
        self._marks.draw(self.session.marks)

    def _clicked(self, x: float, y: float) -> None:
        """Tell what is clicked, unless it is a corner of a polygon, or a preview is in the way."""
        if not self.regions.take_corner(x, y) and self._in_view is not None:
            self.session.click(x, y)

    def _follow_center(self, _: Any) -> None:
        if self.session.center:
            self.viewer.center_on(self.session.center)

    def _keep_few(self, path: Path) -> None:
        """Let go of images that came by themselves, and of the oldest: each costs memory."""
        if not self.session.picked:
            for label in [label for label in self._passing if label != path.name]:
                self.viewer.remove(label)
            self._passing = [] if suffix_of(path) == "i2d" else [path.name]
        for label in self.viewer.labels[:-MOST_IMAGES]:
            self.viewer.remove(label)

    def close(self) -> None:
        """Close every view and the viewer."""
        self._memory.close()
        self.viewer.close()
        super().close()
