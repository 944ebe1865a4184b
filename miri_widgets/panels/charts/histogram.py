"""The histogram of the image in view."""

from __future__ import annotations

from typing import Any

import bqplot
import ipywidgets
import numpy as np

from miri_widgets.analysis.image_statistics import PixelMeasurement, measure_pixels
from miri_widgets.models.background import BackgroundValue
from miri_widgets.models.display import DisplayModel, read_sample
from miri_widgets.models.in_view import Content, InView
from miri_widgets.models.session import SessionModel
from miri_widgets.panels.charts.chart import COLOURS, axis, figure, fit_axis
from miri_widgets.panels.charts.range_handles import RangeHandles
from miri_widgets.panels.parts.base_view import Part, close_all
from miri_widgets.panels.parts.choice_buttons import ChoiceButtons
from miri_widgets.panels.parts.theme import escape, text

__all__ = ["HistogramView"]


class HistogramView(Part):
    """
    Counts of pixels by value, with the clipped median, and black and white as handles.

    Parameters
    ----------
    session : SessionModel
        The session, whose image in view is drawn: a product, a preview, a difference.
    display : DisplayModel, optional
        The display range, which the handles move; no handles by default.
    """

    def __init__(self, session: SessionModel, display: DisplayModel | None = None) -> None:
        super().__init__("mw-chart")
        self.session = session
        self.x_axis = axis("value")
        self.y_axis = axis("", vertical=True)
        scales = {"x": self.x_axis.scale, "y": self.y_axis.scale}
        placeholder = {"x": [0.0, 1.0], "y": [0.0, 0.0], "scales": scales}
        # Trap: Bars on a LogScale draw NaN rectangles and nothing else; the logarithm is taken here.
        self.line = bqplot.Lines(
            **placeholder,
            colors=[COLOURS[0]],
            fill="bottom",
            fill_colors=[COLOURS[0]],
            fill_opacities=[0.22],
            interpolation="step-after",
            stroke_width=1.2,
        )
        self.middle = bqplot.Lines(**placeholder, colors=[COLOURS[4]], stroke_width=1.5, line_style="dashed")
        self.figure = figure(self.x_axis, self.y_axis, [self.line, self.middle])
        self.handles = RangeHandles(display) if display is not None else None
        self._plot = ipywidgets.Box([self.figure] if self.handles is None else [self.figure, self.handles])
        self._plot.add_class("mw-histogram-plot")
        self.status = text("", "mw-chart-words")
        self._heading = text("Histogram", "mw-heading")
        self.counts = ChoiceButtons(
            "Axis of the pixels",
            [("log", "log", "Logarithm of the pixels"), ("linear", "linear", "Number of pixels")],
        )
        self._watches.link((session.page_layout, "counts"), (self.counts, "value"))
        self._head = ipywidgets.HBox([self._heading, self.counts])
        self._head.add_class("mw-chart-head")
        # Trap: a figure that is on the page without a size logs errors; it comes when it has data.
        self.children = [self._heading, self.status]
        self._drawn_state: Any = None
        self.computed = BackgroundValue(session.background)
        self.watch(self.computed, self._update, "value", "sentence")
        self.watch(session, self._update, "displayed", "measured")
        self.watch(session.page_layout, self._update, "counts")

    def _measurement(self, view: InView) -> PixelMeasurement | None:
        """Return the measurement of the pixels in view; None until it is available."""
        if view.file is not None and view.extension == "SCI":
            measurement: PixelMeasurement | None = self.session.measured.get(view.file)
            if measurement is None:
                self.session.ask_measure(view.file)
            return measurement
        self.computed.request(view, _measured, view)
        result = self.computed.value
        if self.computed.sentence:
            return PixelMeasurement(sentence=self.computed.sentence)
        return result[1] if result is not None and result[0] == view else None

    def _update(self, _: Any) -> None:
        view = self.session.displayed
        title = f"Histogram<span> {escape(view.label)}</span>" if view.label else "Histogram"
        self._heading.value = title
        if view.content is Content.NOTHING:
            self._hide("Open an image to see its histogram.")
            return
        measurement = self._measurement(view)
        if measurement is None:
            self._hide("Measuring the image …")
        elif measurement.histogram is None or measurement.level is None:
            self._hide(escape(measurement.sentence or "This product holds no image."))
        elif self._drawn_state != (view, measurement, self.session.page_layout.counts):
            self._draw(view, measurement)

    def _hide(self, message: str) -> None:
        self._drawn_state = None
        self.children = [self._heading, self.status]
        self.status.value = message

    def _draw(self, view: InView, measurement: Any) -> None:
        edges, counts = measurement.histogram.edges, measurement.histogram.counts
        is_linear = self.session.page_layout.counts == "linear"
        heights = counts.astype(float) if is_linear else np.log10(counts + 1.0)
        with self.line.hold_sync():
            self.line.x, self.line.y = edges, np.append(heights, heights[-1])
        fit_axis(self.x_axis, float(edges[0]), float(edges[-1]), margin=0.02)
        fit_axis(self.y_axis, 0.0, float(heights.max()), margin=0.0, count=4)
        self.y_axis.label = "pixels" if is_linear else "log₁₀ (pixels + 1)"
        if self.handles is not None:
            with self.handles.hold_sync():
                self.handles.low, self.handles.high = self.x_axis.scale.min, self.x_axis.scale.max
        level = measurement.level.median
        with self.middle.hold_sync():
            self.middle.x, self.middle.y = np.array([level, level]), np.array([0.0, float(heights.max())])
        self.x_axis.label = measurement.unit or "value"
        unit = f" {escape(measurement.unit)}" if measurement.unit else ""
        ny, nx = measurement.shape
        outside = measurement.histogram.below + measurement.histogram.above
        self.status.value = (
            f"<span>clipped median <b>{level:.4g}</b>{unit}</span>"
            f"<span>pixel scatter {measurement.level.sigma:.3g}{unit}</span>"
            f"<span>{nx} × {ny} pixels, {outside} outside this range</span>"
        )
        self.children = [self._head, self._plot, self.status]
        self._drawn_state = (view, measurement, self.session.page_layout.counts)

    def close(self) -> None:
        """Close the view and the figure, even if it is not on the page."""
        close_all(self._plot)
        close_all(self._head)
        super().close()
        self.computed.close()


def _measured(view: InView) -> tuple[InView, PixelMeasurement]:
    """Measure the pixels of a view: without a file, or in another extension."""
    if view.pixels is not None:
        pixels, unit = view.pixels, view.unit
    else:
        if view.file is None:
            return view, PixelMeasurement(sentence="This image holds no pixels.")
        sample = read_sample(view.file, view.extension)
        pixels, unit = sample.pixels, sample.unit
    return view, measure_pixels(pixels, unit)
