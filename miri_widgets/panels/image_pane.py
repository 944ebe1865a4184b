"""The image pane: the image in view, its caption, and comparisons."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import ipywidgets

from miri_widgets.models.compare import CompareModel
from miri_widgets.models.display import DisplayModel
from miri_widgets.models.figure_export import FigureModel
from miri_widgets.models.flags import FlagsModel
from miri_widgets.models.in_view import COMPARED, PREVIEWS
from miri_widgets.models.page_layout import CHART_POSITIONS
from miri_widgets.models.session import SessionModel
from miri_widgets.panels.charts.colourbar import ColourBar
from miri_widgets.panels.charts.histogram import HistogramView
from miri_widgets.panels.charts.levels import LevelsView
from miri_widgets.panels.charts.marks import SourceMarks
from miri_widgets.panels.charts.pixel_history import PixelHistoryView
from miri_widgets.panels.parts.base_view import Part
from miri_widgets.panels.parts.caption import caption_of
from miri_widgets.panels.parts.catalogbar import CatalogBar
from miri_widgets.panels.parts.compare import CompareBar
from miri_widgets.panels.parts.display import DisplayBar
from miri_widgets.panels.parts.figurebar import FigureBar
from miri_widgets.panels.parts.flags import FlagBar, colour_of
from miri_widgets.panels.parts.pair import PairView
from miri_widgets.panels.parts.regionlist import RegionList
from miri_widgets.panels.parts.shown_images import MOST_IMAGES, ShownImages
from miri_widgets.panels.parts.theme import escape, sentences, text
from miri_widgets.panels.parts.tool_menu import ToolLink, ToolMenu
from miri_widgets.panels.parts.viewmemory import ViewMemory
from miri_widgets.panels.toolbar import ToolBar, WindowTools
from miri_widgets.viewer import ImageViewer
from miri_widgets.viewer.protocol import Cursor, StretchFunction

__all__ = ["COMPARED", "MOST_IMAGES", "PREVIEWS", "ImagePane"]


class ImagePane(Part):
    """
    The viewer of a session with its product, preview, comparison and marks; charts, and the clicked pixel.

    Parameters
    ----------
    session : SessionModel
        What is displayed.
    viewer : ImageViewer
        The viewer, closed with the pane.
    colour : bool
        Whether the page has a colour composite, which a button of the tool bar leads to.
    """

    def __init__(self, session: SessionModel, viewer: ImageViewer, *, colour: bool = False) -> None:
        super().__init__("mw-right")
        self.session = session
        self.viewer = viewer
        viewer.on_click(self._clicked)
        self.compare = CompareBar(CompareModel(session))
        self.flags = FlagBar(FlagsModel(session))
        self.display = DisplayBar(DisplayModel(session))
        self.images = ShownImages(session, viewer, self.compare.model, self.display.model, self.flags.model)
        self._view_memory = ViewMemory(
            session, viewer, self.images.add, lambda: self.images.files, MOST_IMAGES
        )
        session.attach_viewer(self._view_memory)
        self.pair = PairView(session, viewer, self.display.model, self.compare.model.fail)
        self.pair.canvas.on_cursor(self._pair_cursor)
        viewer.on_cursor(self._cursor)
        self.readout = text("", "mw-readout")
        self.colour_bar = ColourBar(self.display.model)
        self._marks = SourceMarks(viewer)
        self.regions = RegionList(session, viewer)
        self.figure = FigureBar(FigureModel(self.display.model))
        self.status = text("", "mw-viewer-words")
        self._overlaid: dict[str, object] = {}  # flag: what was drawn
        self.follow = ipywidgets.Checkbox(
            description="Follow newest",
            indent=False,
            tooltip="Show each new product as soon as it is made; off: keep the image in view",
        )
        self.follow.add_class("mw-follow")
        self.follow.observe(self._follow_clicked, "value")
        self.window = WindowTools(session.page_layout)
        strip = ipywidgets.HBox([self.status, self.compare.status, self.follow, self.window])
        strip.add_class("mw-viewer-strip")
        self.tools = ToolBar(self.compare, self._tools(colour))
        notices = ipywidgets.VBox([self.compare.status, self.display.notice, self.flags.status])
        notices.add_class("mw-image-notices")  # over the image, while the menu that they belong to is closed
        self.stack = ipywidgets.Box([viewer.widget, self.pair.canvas])
        self.stack.add_class("mw-stack")
        reading = ipywidgets.HBox([self.readout, self.colour_bar])
        reading.add_class("mw-reading")
        self._frame = frame = ipywidgets.VBox([strip, self.tools, self.stack, reading, notices])
        frame.add_class("mw-frame")
        self.histogram = HistogramView(session, self.display.model)
        self.levels = LevelsView(session)
        self.pixel = PixelHistoryView(session)
        self.charts = ipywidgets.VBox([self.pixel, self.histogram, self.levels])
        self.charts.add_class("mw-charts")
        self.children = (frame, self.charts)
        self._watch_all()

    def _tools(self, colour: bool) -> tuple[ToolMenu | ToolLink, ...]:
        """Return the tools of the bar; what is in a menu is made once, so that its keys act while it is closed."""
        return (
            ToolMenu("range", "Stretch", self.display, tip="Stretch and display range: black and white"),
            ToolMenu("flags", "Flags", self.flags, tip="Data quality flags over the image", shortcut="f"),
            *(
                [ToolLink("colour", "Colour", self._show_colour, tip="Colour composite of the mosaics")]
                if colour
                else []
            ),
            ToolMenu("catalogue", "Catalogue", CatalogBar(self.session), tip="Sources of the mosaics"),
            ToolMenu("regions", "Regions", self.regions, tip="Draw, save and use regions"),
            ToolMenu(
                "figure", "Figure", self.figure, tip="The image in view with RA and Dec axes, as a file"
            ),
        )

    def _show_colour(self) -> None:
        self.session.tab = "composite"

    def _watch_all(self) -> None:
        session = self.session
        self.watch(session.page_layout, self._update_layout, "charts", "viewer_bars")
        self.watch(session, self._update_follow, "picked")
        self.watch(self.tools.menus["flags"], self._open_flags, "opened")
        self.watch(self.flags.model, self._update_flag_menu, "visible", "chosen")
        self.watch(session, self._update_caption, "displayed", "not_displayed", "shown")
        self.watch(session.previews, self._update_caption, "fresh")
        for stage in session.models.values():
            self.watch(stage, self._update_caption, "rows")
        self.watch(self.display.model, self._update_curve, "curve", "percentile", "method")
        self.watch(self.display.model, self._update_range, "fixed")
        self.watch(self.flags.model, self._update_flags, "value", "chosen", "only_gained", "visible")
        self.watch(session, self._update_flags, "displayed")
        self.watch(session, self._update_marks, "marks", "displayed")
        self.watch_event(session, self._update_center, "centered")

    def _update_layout(self, _: Any) -> None:
        """Put the charts where they are wanted, and fold or unfold the bars of the viewer."""
        model = self.session.page_layout
        for position in CHART_POSITIONS:
            (self.add_class if model.charts == position else self.remove_class)(f"mw-charts-{position}")
        (self.remove_class if model.viewer_bars else self.add_class)("mw-folded-bars")

    def _follow_clicked(self, change: dict[str, Any]) -> None:
        if change["new"] == self.session.picked:  # else it is the session that has changed
            self.session.follow_latest(change["new"])

    def _update_follow(self, _: Any) -> None:
        self.follow.value = not self.session.picked

    def _open_flags(self, _: Any) -> None:
        """Read the flags when their menu is opened."""
        self.flags.model.open(self.tools.menus["flags"].opened)

    def _update_flag_menu(self, _: Any) -> None:
        """Show beside the menu how many kinds of flags are over the image."""
        model, menu = self.flags.model, self.tools.menus["flags"]
        menu.active = model.visible
        menu.detail = str(len(model.chosen)) if model.visible else ""

    @property
    def _in_view(self) -> Path | None:
        """The product in view; None for a preview and a difference of groups."""
        view = self.session.displayed
        return view.product if view.about_product and view.product == self.session.shown else None

    def _update_curve(self, _: Any) -> None:
        model = self.display.model
        self.viewer.stretch(cast(StretchFunction, model.curve), model.percentile, model.method)

    def _update_range(self, _: Any) -> None:
        """Draw the image in view with the range fixed for its filter."""
        label = self.session.displayed.label
        if label:
            self.viewer.set_range(label, *(self.display.model.fixed or (None, None)))

    def _update_flags(self, _: Any) -> None:
        """Overlay the selected flags on the product in view or its comparison."""
        # the bars above the image concern the product: hidden while another image covers it
        (self._frame.remove_class if self._in_view is not None else self._frame.add_class)("mw-no-product")
        model = self.flags.model
        is_current = model.value is not None and model.value.path == self._in_view
        masks = model.masks if is_current else {}
        for name in [name for name in self._overlaid if name not in masks]:
            self.viewer.clear_overlay(name)
            del self._overlaid[name]
        for name, mask in masks.items():
            state = (model.value, model.only_gained)
            if self._overlaid.get(name) != state:
                self.viewer.overlay(mask, label=name, color=colour_of(name))
                self._overlaid[name] = state

    def _update_caption(self, _: Any) -> None:
        """Show the caption, which marks products of other settings."""
        session, caption = self.session, caption_of(self.session)
        tone = ' class="mw-chip mw-warn"' if caption.warns else ""
        caption_html = f"<b>{escape(caption.title)}</b><span{tone}>{escape(caption.detail)}</span>"
        if session.not_displayed:
            previous = f"In view still: {caption_html}" if session.displayed.label else ""
            caption_html = sentences([session.not_displayed], "bad") + previous
        self.status.value = caption_html

    def _update_marks(self, _: Any) -> None:
        """Draw the marks of the product that the session shows, on no other image."""
        self._marks.draw(self.session.marks if self._in_view is not None else ())

    def _clicked(self, x: float, y: float) -> None:
        """Handle a click, unless it is a corner of a polygon; previews and differences of groups are no products."""
        if self.regions.add_corner(x, y):
            return
        if self._in_view is not None:
            self.session.click(x, y)
        else:
            self.pixel.show_message(
                "The image in view is no product, so a pixel of it has no history: end the preview, or show a "
                "product, then click."
            )

    def _cursor(self, cursor: Cursor | None) -> None:
        """Read the pixel under the cursor in the viewer."""
        inside = cursor is not None and cursor.label == self.session.displayed.label
        self.readout.value = escape(cursor.text) if cursor is not None and inside else ""

    def _pair_cursor(self, x: float | None, y: float | None) -> None:
        """Read the pixel under the cursor in both images."""
        self.readout.value = "" if x is None or y is None else escape(self.pair.text(x, y))

    def _update_center(self, event: Any) -> None:
        if self._in_view is not None:
            self.viewer.center_on(event["new"])

    def close(self) -> None:
        """Close all views and the viewer."""
        self._view_memory.close()
        self.session.attach_viewer(None)
        self.images.close()
        self.pair.close()
        self.viewer.close()
        super().close()
