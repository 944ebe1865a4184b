"""Medians of columns and rows before and after a step, from the live preview."""

from __future__ import annotations

from typing import Any

import bqplot
import ipywidgets
import numpy as np
from numpy.typing import NDArray

from miri_widgets.models.session import SessionModel
from miri_widgets.models.stage import StageModel
from miri_widgets.panels.charts.chart import COLOURS, axis, figure, fit_axis
from miri_widgets.panels.parts.base_view import Part, close_all
from miri_widgets.panels.parts.theme import escape, text

__all__ = ["Profiles", "medians"]

_BEFORE, _AFTER = "#9aa5b1", COLOURS[0]


def medians(image: NDArray[np.floating], good: NDArray[np.bool_], along: int) -> NDArray[np.float64]:
    """
    Return the median of every column (`along` 0) or row (`along` 1), the median of all subtracted.

    Parameters
    ----------
    image : ndarray of float, shape (ny, nx)
        Not modified.
    good : ndarray of bool, shape (ny, nx)
        True where a pixel is used.
    along : int
        The axis over which the median is taken.

    Returns
    -------
    ndarray
        The medians; NaN without usable pixels.
    """
    empty = ~good.any(axis=along, keepdims=True)
    if empty.all():
        return np.full(good.shape[1 - along], np.nan)
    # a column without a good pixel gets a value to be thrown away: numpy warns of empty medians
    values = np.nanmedian(np.where(good, image, np.where(empty, 0.0, np.nan)), axis=along)
    return np.asarray(np.where(empty.ravel(), np.nan, values) - np.median(image[good]), dtype=np.float64)


class Profiles(Part):
    """
    Two charts: columns and rows; grey before, blue after.

    Parameters
    ----------
    session : SessionModel
        The session.
    model : StageModel
        The stage whose preview is drawn.
    """

    def __init__(self, session: SessionModel, model: StageModel) -> None:
        super().__init__("mw-profiles")
        self.session, self.model = session, model
        self.status = text("", "mw-chart-words")
        self.charts = ipywidgets.VBox([])
        self.children = (text("Medians of columns and rows", "mw-heading"), self.status, self.charts)
        self.figures: dict[int, Any] = {}
        self.watch(session.previews, self._update, "result", "stage")

    def _update(self, _: Any) -> None:
        previews = self.session.previews
        result = previews.result if previews.stage == self.model.name else None
        if result is None:
            self.status.value = "Turn the preview on: the medians before and after appear here."
            self.charts.children = ()
            return
        unit = result.before.unit
        self.status.value = (
            f'<span class="mw-key"><i style="background:{_BEFORE}"></i>before</span>'
            f'<span class="mw-key"><i style="background:{_AFTER}"></i>after</span><span>{escape(unit)}</span>'
        )
        for along, label in ((0, "column (x)"), (1, "row (y)")):
            lines = [
                medians(exposure.sci, exposure.good, along) for exposure in (result.before, result.after)
            ]
            self._draw(along, label, unit, lines)
        self.charts.children = tuple(self.figures[along] for along in (0, 1))

    def _draw(self, along: int, label: str, unit: str, lines: list[NDArray[np.float64]]) -> None:
        if along not in self.figures:
            x_axis, y_axis = axis(label), axis(unit, vertical=True)
            scales = {"x": x_axis.scale, "y": y_axis.scale}
            marks = [
                bqplot.Lines(x=[0], y=[0], scales=scales, colors=[colour], stroke_width=1.2)
                for colour in (_BEFORE, _AFTER)
            ]
            self.figures[along] = figure(x_axis, y_axis, marks)
        chart = self.figures[along]
        values = np.concatenate(lines)
        values = values[np.isfinite(values)]
        for mark, line in zip(chart.marks, lines, strict=True):
            with mark.hold_sync():
                mark.x, mark.y = np.arange(line.size), line
        if values.size:
            low, high = np.percentile(values, [0.5, 99.5])
            fit_axis(chart.axes[1], float(low), float(high), margin=0.2, count=4)
        fit_axis(chart.axes[0], 0.0, float(lines[0].size - 1), margin=0.0)

    def close(self) -> None:
        """Close the view and the figures, even if they are not on the page."""
        for chart in self.figures.values():
            close_all(chart)
        super().close()
