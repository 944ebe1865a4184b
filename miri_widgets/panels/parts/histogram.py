"""The histogram of the product that is shown."""

from __future__ import annotations

from typing import Any

import bqplot
import ipywidgets
import numpy as np

from miri_widgets.models.session import SessionModel
from miri_widgets.panels.parts.part import Part
from miri_widgets.panels.parts.theme import escape, text

__all__ = ["HistogramView", "axis_style"]

INK = "#5b6775"
BLUE = "#2f6db3"


def axis_style(**more: Any) -> dict[str, Any]:
    """Return what all axes of our figures share."""
    return {"color": INK, "grid_color": "#e3e8ee", "label_color": INK, "num_ticks": 6, **more}


class HistogramView(Part):
    """
    Counts of pixels by value, with the clipped median.

    Parameters
    ----------
    session : SessionModel
        Whose shown product it is about.
    """

    def __init__(self, session: SessionModel) -> None:
        super().__init__("mw-chart")
        self.session = session
        x, y = bqplot.LinearScale(), bqplot.LinearScale(min=0)
        # Trap: Bars on a LogScale draw NaN rectangles and nothing else; the logarithm is taken here.
        self.line = bqplot.Lines(
            x=[0.0, 1.0], y=[0.0, 0.0], scales={"x": x, "y": y}, colors=[BLUE], fill="bottom",
            fill_colors=[BLUE], fill_opacities=[0.25], interpolation="step-after", stroke_width=1.2,
        )  # fmt: skip
        self.middle = bqplot.Lines(
            x=[0.0, 0.0], y=[0.0, 0.0], scales={"x": x, "y": y}, colors=["#b3541e"], stroke_width=1.5,
            line_style="dashed",
        )  # fmt: skip
        self.x_axis = bqplot.Axis(scale=x, label="value", tick_format=".4~g", **axis_style(num_ticks=5))
        y_axis = bqplot.Axis(
            scale=y, orientation="vertical", label="log₁₀ (pixels + 1)", tick_format=".1f", **axis_style()
        )
        self.figure = bqplot.Figure(
            marks=[self.line, self.middle],
            axes=[self.x_axis, y_axis],
            fig_margin={"top": 8, "bottom": 44, "left": 58, "right": 14},
            layout=ipywidgets.Layout(width="100%", height="200px"),
            animation_duration=0,
        )
        self.words = text("", "mw-chart-words")
        self.children = (text("Histogram", "mw-heading"), self.figure, self.words)
        self._drawn: Any = None
        self.watch(session, self._follow, "shown", "measured")

    def _follow(self, _: Any) -> None:
        path = self.session.shown
        if path is None:
            self._hide("Show a product to see how its values are spread.")
            return
        found = self.session.measured.get(path)
        if found is None:
            self.session.ask_measure(path)
            self._hide("The image is being measured.")
        elif found.histogram is None or found.level is None:
            self._hide(escape(found.sentence or "This product holds no image."))
        elif self._drawn != (path, found):
            self._draw(path, found)

    def _hide(self, words: str) -> None:
        self._drawn = None
        self.figure.layout.display = "none"
        self.words.value = words

    def _draw(self, path: Any, found: Any) -> None:
        edges, counts = found.histogram.edges, found.histogram.counts
        heights = np.log10(counts + 1.0)
        with self.line.hold_sync():
            self.line.x, self.line.y = edges, np.append(heights, heights[-1])
        level = found.level.median
        with self.middle.hold_sync():
            self.middle.x, self.middle.y = np.array([level, level]), np.array([0.0, float(heights.max())])
        self.x_axis.label = found.unit or "value"
        unit = f" {escape(found.unit)}" if found.unit else ""
        ny, nx = found.shape
        outside = found.histogram.below + found.histogram.above
        self.words.value = (
            f"<b>{escape(path.name)}</b>"
            f"<span>clipped median <b>{level:.4g}</b>{unit}</span>"
            f"<span>pixel scatter {found.level.sigma:.3g}{unit}</span>"
            f"<span>{nx} × {ny} pixels, {outside} outside this range</span>"
        )
        self.figure.layout.display = ""
        self._drawn = (path, found)
