"""A program's dashboard: stages on the left, pixels on the right."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import ipywidgets
import numpy as np

from miri_widgets.errors import MiriWidgetsError
from miri_widgets.models.compare import CompareModel
from miri_widgets.models.session import SessionModel, open_session
from miri_widgets.panels import Detector1Panel, Image2Panel, Image3Panel, ProgramPanel, StagePanel
from miri_widgets.panels.apply_shift import ApplyShiftPanel
from miri_widgets.panels.contact_sheet import ContactSheetPanel, contact_sheet_item
from miri_widgets.panels.correction import CorrectionPanel
from miri_widgets.panels.data import DataPanel
from miri_widgets.panels.grid import GridPanel
from miri_widgets.panels.header import Header
from miri_widgets.panels.level_match import LevelMatchPanel
from miri_widgets.panels.parts.compare import CompareBar
from miri_widgets.panels.parts.histogram import HistogramView
from miri_widgets.panels.parts.levels import LevelsView
from miri_widgets.panels.parts.marks import SourceMarks
from miri_widgets.panels.parts.part import Part, close_hidden
from miri_widgets.panels.parts.pixelstory import PixelStoryView
from miri_widgets.panels.parts.tabs import Tabs
from miri_widgets.panels.parts.theme import GLYPHS, TONES, button, escape, sentences, stylesheet, text
from miri_widgets.panels.persistence import PersistencePanel
from miri_widgets.panels.pullupdown import PullUpDownPanel
from miri_widgets.panels.rate_stripes import RateStripesPanel
from miri_widgets.panels.rates import RatesPanel
from miri_widgets.panels.shifts import ShiftsPanel
from miri_widgets.panels.showers import ShowersPanel
from miri_widgets.panels.sky import SkyPanel
from miri_widgets.panels.stripes import StripesPanel
from miri_widgets.panels.warm_pixels import WarmPixelsPanel
from miri_widgets.products.program import Program
from miri_widgets.viewer import ImageViewer, make_viewer

__all__ = ["Dashboard", "show"]

PANELS: dict[str, type[StagePanel]] = {
    "persistence": PersistencePanel,
    "detector1": Detector1Panel,
    "showers": ShowersPanel,
    "rates": RatesPanel,
    "image2": Image2Panel,
    "grid": GridPanel,
    "rate_stripes": RateStripesPanel,
    "warm_pixels": WarmPixelsPanel,
    "sky": SkyPanel,
    "stripes": StripesPanel,
    "pullupdown": PullUpDownPanel,
    "level_match": LevelMatchPanel,
    "shifts": ShiftsPanel,
    "apply_shift": ApplyShiftPanel,
    "image3": Image3Panel,
}
"""Panels of stages that show more than the default one."""

_ALWAYS = ("program", "contact_sheet", "data")

COMPARED = {"before": "Compared: before", "difference": "Compared: difference"}
"""Labels of the images beside a product."""

PREVIEWS = {"before": "Preview: before", "after": "Preview: after", "difference": "Preview: difference"}
"""Labels of the images of a preview."""

MOST_IMAGES = 8
"""Images that the viewer holds at the same time."""


class Dashboard(Part):
    """
    All panels of a session around one viewer.

    Parameters
    ----------
    session : SessionModel
        The session; it is closed with the dashboard.
    stages : sequence of str, optional
        The stages that get a tab; all by default.
    viewer : ImageViewer, optional
        The viewer; jdaviz, or what stands in for it, by default.
    """

    def __init__(
        self, session: SessionModel, stages: Sequence[str] | None = None, viewer: ImageViewer | None = None
    ) -> None:
        super().__init__("mw-app", "mw-dashboard")
        self.session = session
        self._wanted = stages
        self.panels: dict[str, Part] = {}
        self.header = Header(session)
        self.tabs = Tabs(look="steps", items=self._items())
        self.body = ipywidgets.VBox()
        self.viewer = viewer or make_viewer(height="clamp(400px, calc(100vh - 470px), 900px)")
        session.drawn = self.viewer.regions
        self.viewer.on_click(self._clicked)
        self._marks = SourceMarks(self.viewer)
        self.histogram = HistogramView(session)
        self.levels = LevelsView(session)
        self.viewer_words = text("", "mw-viewer-words")
        self.blink = button("Blink", tip="Show the next image")
        self.blink.on_click(lambda _: self.viewer.blink())
        self._shown: Path | None = None
        self._extension = "SCI"
        self._previewed = False
        self._group = ""
        self._passing: list[str] = []
        self._refused = False
        left = ipywidgets.VBox([self.tabs, self.body])
        left.add_class("mw-left")
        charts = ipywidgets.HBox([self.histogram, self.levels])
        charts.add_class("mw-charts")
        strip = ipywidgets.HBox([self.viewer_words, self.blink])
        strip.add_class("mw-viewer-strip")
        self.compare = CompareBar(CompareModel(session))
        frame = ipywidgets.VBox([strip, self.compare, self.viewer.widget])
        frame.add_class("mw-frame")
        self.pixel = PixelStoryView(session)
        right = ipywidgets.VBox([frame, charts, self.pixel])
        right.add_class("mw-right")
        columns = ipywidgets.HBox([left, right])
        columns.add_class("mw-columns")
        self.children = (stylesheet(), self.header, columns)
        self.tabs.observe(self._tab_clicked, "active")
        self.watch(session, self._follow_tab, "tab")
        self.watch(session, self._follow_shown, "shown", "extension")
        self.watch(session, self._follow_marks, "marks")
        self.watch(session, self._follow_center, "center")
        self.watch(self.compare.model, self._follow_compare, "look", "value", "can")
        self.watch(session, self._follow_items, "chain")
        self.watch(session.tags, self._follow_items, "tags")
        self.watch(session.previews, self._follow_preview, "result", "shown", "stage")
        self.watch(session.showers, self._follow_group, "picture")
        self.watch(session.programs, self._follow_items, "exposures", "excluded", "scanned")
        for stage in session.models.values():
            self.watch(stage, self._follow_items, "rows", "state")
            self.watch(stage, self._follow_origin, "rows")

    @property
    def names(self) -> list[str]:
        """The stages that have a tab."""
        return [name for name in self.session.stages if self._wanted is None or name in self._wanted]

    def _items(self) -> list[dict[str, Any]]:
        programs = self.session.programs
        count = f"{len(programs.included)} exposures" if programs.scanned else "looking …"
        bad = len(programs.problems)
        detail = f"{count}, {bad} unusable" if bad else count
        items: list[dict[str, Any]] = [{"id": "program", "title": "Program", "detail": detail, "glyph": "≡"}]
        if self._wanted is None:
            items.append(contact_sheet_item(self.session))
            items.append({"id": "data", "title": "Get data", "detail": "archive, CRDS", "glyph": "↓"})
        for name in self.names:
            stage = self.session.stages[name]
            state = str(stage.state)
            done = (
                f"{stage.count_done} of {len(stage.rows)}" if state in ("running", "partly done") else state
            )
            items.append(
                {
                    "id": name,
                    "title": stage.stage.title.partition(":")[0],
                    "tip": stage.stage.title,
                    "detail": done,
                    "glyph": GLYPHS[stage.state],
                    "tone": TONES.get(stage.state, "calm"),
                }
            )
        return items

    def _follow_items(self, _: Any) -> None:
        items = self._items()
        if items != self.tabs.items:
            self.tabs.items = items

    def _tab_clicked(self, change: dict[str, Any]) -> None:
        self.session.tab = change["new"]

    def _follow_tab(self, _: Any) -> None:
        name = self.session.tab if self.session.tab in (*_ALWAYS, *self.names) else "program"
        self.tabs.active = name
        if self.session.previews.stage not in ("", name):
            self.session.previews.stop()
        if name != "showers":
            self.session.showers.stop()
        if name not in self.panels:
            self.panels[name] = self._panel(name)
        self.body.children = (self.panels[name],)

    def _panel(self, name: str) -> Part:
        if name == "program":
            return ProgramPanel(self.session)
        if name == "contact_sheet":
            return ContactSheetPanel(self.session)
        if name == "data":
            return DataPanel(self.session)
        if name in PANELS:
            return PANELS[name](self.session)
        of = CorrectionPanel if self.session.models[name].stage.correction else StagePanel
        return of(self.session, name)

    def _follow_preview(self, _: Any) -> None:
        """Show what the preview has; it has no file, and is gone when the preview ends."""
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
        self.viewer_words.value = (
            f"<b>{escape(label)}</b><span>{escape(short)} · "
            f"{escape(exposure.label if exposure else previews.root)} · nothing is written</span>"
        )

    def _follow_group(self, _: Any) -> None:
        """Show the difference of groups that is chosen; as a preview, it has no file."""
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
            self.viewer_words.value = (
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
        self.viewer_words.value = f"<b>{escape(label)}</b><span>{escape(model.value.title)}</span>"

    def _show_again(self) -> None:
        """Show the product that was in view before."""
        if self._shown is not None and not self._refused:
            self._put(self._shown, self._extension)
            self._follow_origin(None)

    @staticmethod
    def _label(path: Path, extension: str) -> str:
        return path.name if extension == "SCI" else f"{path.name} {extension}"

    def _put(self, path: Path, extension: str) -> None:
        self.viewer.show(path, label=self._label(path, extension), extension=extension)

    def _follow_shown(self, _: Any) -> None:
        path = self.session.shown
        self.blink.disabled = path is None
        if path is None:
            self.viewer_words.value = "<b>Viewer</b><span>The newest product appears here by itself.</span>"
            return
        extension = self.session.extension
        if (path, extension) == (self._shown, self._extension):
            return
        self._shown, self._extension = path, extension
        try:
            self._refused = False
            self._put(path, extension)
            self._keep_few(path)
            self._follow_origin(None)
        except MiriWidgetsError as error:
            self._refused = True
            self.viewer_words.value = sentences([str(error)], "bad")

    def _follow_origin(self, _: Any) -> None:
        """Say what the image is; one of other settings is never taken for one of now."""
        path = self._shown
        if path is None or self._refused:
            return
        origin, is_now = self._origin(path)
        tone = "" if is_now else ' class="mw-chip mw-warn"'
        self.viewer_words.value = f"<b>{escape(path.name)}</b><span{tone}>{escape(origin)}</span>"

    def _follow_marks(self, _: Any) -> None:
        self._marks.draw(self.session.marks)

    def _clicked(self, x: float, y: float) -> None:
        """Tell what is clicked, unless a preview is in the way."""
        if self._in_view is not None:
            self.session.click(x, y)

    def _follow_center(self, _: Any) -> None:
        if self.session.center:
            self.viewer.center_on(self.session.center)

    def _keep_few(self, path: Path) -> None:
        """Let go of images that came by themselves, and of the oldest: each costs memory."""
        if not self.session.picked:
            for label in [label for label in self._passing if label != path.name]:
                self.viewer.remove(label)
            self._passing = [] if path.stem.endswith("_i2d") else [path.name]
        for label in self.viewer.labels[:-MOST_IMAGES]:
            self.viewer.remove(label)

    def _origin(self, path: Path) -> tuple[str, bool]:
        """Return what a product is, and whether the settings of now made it."""
        for stage in self.session.stages.values():
            for row in stage.rows:
                if path in row.products:
                    exposure = (
                        self.session.programs.find(row.exposures[0]) if len(row.exposures) == 1 else None
                    )
                    title = stage.stage.title.partition(":")[0]
                    return f"{title} · {exposure.label if exposure else row.label}", True
        if path.is_relative_to(self.session.program.workspace / "runs"):
            return "↻ out of date: made with other settings", False
        return ("mosaic in the program's folders" if path.stem.endswith("_i2d") else "raw exposure"), True

    def close(self) -> None:
        """Close every view, the viewer and the session; jobs go on."""
        close_hidden(self.panels.values(), self.body)
        self.viewer.close()
        super().close()
        self.session.close()


def show(
    program: Program | Path | str | SessionModel, stages: Sequence[str] | None = None, **more: Any
) -> Dashboard:
    """
    Return the dashboard of a program, to be displayed.

    Parameters
    ----------
    program : Program, path or SessionModel
        The program, its TOML file, or an open session.
    stages : sequence of str, optional
        The stages that get a tab; all by default.
    **more
        As for `Dashboard`.
    """
    session = program if isinstance(program, SessionModel) else open_session(program)
    return Dashboard(session, stages, **more)
