"""The histogram of the product that is shown."""

from __future__ import annotations

from typing import Any

import bqplot
import numpy as np

from miri_widgets.analysis.image_statistics import Measurement, measure_pixels
from miri_widgets.models.background import BackgroundValue
from miri_widgets.models.display import read_sample
from miri_widgets.models.in_view import Content, InView
from miri_widgets.models.session import SessionModel
from miri_widgets.panels.charts.chart import COLOURS, axis, figure, fit_axis
from miri_widgets.panels.parts.base_view import Part, close_all
from miri_widgets.panels.parts.theme import escape, text

__all__ = ["HistogramView"]


class HistogramView(Part):
    """
    Counts of pixels by value, with the clipped median.

    Parameters
    ----------
    session : SessionModel
        What its viewer shows is meant: a product, a preview, a difference.
    """

    def __init__(self, session: SessionModel) -> None:
        super().__init__("mw-chart")
        self.session = session
        self.x_axis = axis("value")
        self.y_axis = axis("log₁₀ (pixels + 1)", vertical=True)
        scales = {"x": self.x_axis.scale, "y": self.y_axis.scale}
        nothing = {"x": [0.0, 1.0], "y": [0.0, 0.0], "scales": scales}
        # Trap: Bars on a LogScale draw NaN rectangles and nothing else; the logarithm is taken here.
        self.line = bqplot.Lines(
            **nothing,
            colors=[COLOURS[0]],
            fill="bottom",
            fill_colors=[COLOURS[0]],
            fill_opacities=[0.22],
            interpolation="step-after",
            stroke_width=1.2,
        )
        self.middle = bqplot.Lines(**nothing, colors=[COLOURS[4]], stroke_width=1.5, line_style="dashed")
        self.figure = figure(self.x_axis, self.y_axis, [self.line, self.middle])
        self.words = text("", "mw-chart-words")
        self._heading = text("Histogram", "mw-heading")
        # Trap: a figure that is on the page without a size logs errors; it comes when it has data.
        self.children = [self._heading, self.words]
        self._drawn: Any = None
        self.computed = BackgroundValue(session.background)
        self.watch(self.computed, self._follow, "value", "sentence")
        self.watch(session, self._follow, "displayed", "measured")

    def _measurement(self, view: InView) -> Measurement | None:
        """What was measured on the pixels in view; None while it is on its way."""
        if view.file is not None and view.extension == "SCI":
            found: Measurement | None = self.session.measured.get(view.file)
            if found is None:
                self.session.ask_measure(view.file)
            return found
        self.computed.request(view, _measured, view)
        answer = self.computed.value
        if self.computed.sentence:
            return Measurement(sentence=self.computed.sentence)
        return answer[1] if answer is not None and answer[0] == view else None

    def _follow(self, _: Any) -> None:
        view = self.session.displayed
        title = f"Histogram<span> {escape(view.label)}</span>" if view.label else "Histogram"
        self._heading.value = title
        if view.content is Content.NOTHING:
            self._hide("Show a product to see how its values are spread.")
            return
        found = self._measurement(view)
        if found is None:
            self._hide("The image is being measured.")
        elif found.histogram is None or found.level is None:
            self._hide(escape(found.sentence or "This product holds no image."))
        elif self._drawn != (view, found):
            self._draw(view, found)

    def _hide(self, words: str) -> None:
        self._drawn = None
        self.children = [self._heading, self.words]
        self.words.value = words

    def _draw(self, view: InView, found: Any) -> None:
        edges, counts = found.histogram.edges, found.histogram.counts
        heights = np.log10(counts + 1.0)
        with self.line.hold_sync():
            self.line.x, self.line.y = edges, np.append(heights, heights[-1])
        fit_axis(self.x_axis, float(edges[0]), float(edges[-1]), margin=0.02)
        fit_axis(self.y_axis, 0.0, float(heights.max()), margin=0.0, count=4)
        level = found.level.median
        with self.middle.hold_sync():
            self.middle.x, self.middle.y = np.array([level, level]), np.array([0.0, float(heights.max())])
        self.x_axis.label = found.unit or "value"
        unit = f" {escape(found.unit)}" if found.unit else ""
        ny, nx = found.shape
        outside = found.histogram.below + found.histogram.above
        self.words.value = (
            f"<span>clipped median <b>{level:.4g}</b>{unit}</span>"
            f"<span>pixel scatter {found.level.sigma:.3g}{unit}</span>"
            f"<span>{nx} × {ny} pixels, {outside} outside this range</span>"
        )
        self.children = [self._heading, self.figure, self.words]
        self._drawn = (view, found)

    def close(self) -> None:
        """Close the figure, too, when it is not on the page."""
        close_all(self.figure)
        super().close()
        self.computed.close()


def _measured(view: InView) -> tuple[InView, Measurement]:
    """Measure pixels that no file holds, or another extension of a file, for the view that they belong to."""
    if view.pixels is not None:
        pixels, unit = view.pixels, view.unit
    else:
        if view.file is None:
            return view, Measurement(sentence="This image holds no pixels.")
        sample = read_sample(view.file, view.extension)
        pixels, unit = sample.pixels, sample.unit
    return view, measure_pixels(pixels, unit)
