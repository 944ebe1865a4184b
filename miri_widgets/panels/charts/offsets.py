"""The histogram of offsets between two lists of stars, with its peak."""

from __future__ import annotations

import math
from typing import Any

import bqplot
import ipywidgets
import numpy as np

from miri_widgets.analysis.shift_diagnostics import ShiftFacts
from miri_widgets.analysis.shift_residuals import HistogramPicture
from miri_widgets.models.shifts import ShiftsModel
from miri_widgets.panels.charts.chart import axis, figure, fit_axis
from miri_widgets.panels.charts.shiftplots import replace_marks
from miri_widgets.panels.parts.base_view import Part, close_all
from miri_widgets.panels.parts.theme import escape, text

__all__ = ["OffsetHistogram"]


class OffsetHistogram(Part):
    """
    Pairs of stars by offset, with the peak, for a chosen group; as text if the histogram was not saved.

    Parameters
    ----------
    shifts : ShiftsModel
        The shifts.
    """

    def __init__(self, shifts: ShiftsModel) -> None:
        super().__init__("mw-chart")
        self.shifts = shifts
        self.choice = ipywidgets.Dropdown(description="Group", options=())
        self.x_axis, self.y_axis = axis("dx [arcsec]"), axis("dy [arcsec]", vertical=True)
        self.x_axis.grid_lines = self.y_axis.grid_lines = "none"
        self.colours = bqplot.ColorScale(colors=["#f4f6f8", "#7fb0d6", "#123a63"])
        self.figure = figure(self.x_axis, self.y_axis, [])
        self.figure.layout.width, self.figure.layout.height = "440px", "414px"
        self.figure.layout.flex = "0 0 auto"  # else it is pressed flat where the page is short
        self.status = text("", "mw-chart-words")
        self.children = [self.status]
        self._filling = False
        self.choice.observe(self._draw, "value")
        self.watch(shifts, self._update, "value")
        if shifts.session is not None:
            self.watch(shifts.session.programs, self._update_chosen, "selected")

    def _update(self, _: Any) -> None:
        facts = self.shifts.facts
        pictures = facts.histograms if facts is not None else ()
        self._filling = True  # drawn once, below
        self.choice.options = [(picture.group, index) for index, picture in enumerate(pictures)]
        # Trap: a dropdown that had no options does not choose one of those that it gets
        self.choice.value = 0 if pictures else None
        self._filling = False
        if pictures:
            self._draw(None)
            return
        self.status.value = (
            "After a run, the histogram of offsets of each group appears here."
            if facts is None
            else _peaks_text(facts)
        )
        self.children = [self.status]

    def _update_chosen(self, _: Any) -> None:
        """Draw the group of the chosen exposure."""
        facts, session = self.shifts.facts, self.shifts.session
        if facts is None or session is None or self.choice.value is None:
            return
        chosen = set(session.programs.selected)
        names = {picture.group.name for picture in facts.table.shifts if chosen & set(picture.group.roots)}
        index = next((n for n, picture in enumerate(facts.histograms) if picture.group in names), None)
        if index is not None:
            self.choice.value = index

    def _draw(self, _: Any) -> None:
        facts = self.shifts.facts
        if (
            self._filling
            or facts is None
            or self.choice.value is None
            or self.choice.value >= len(facts.histograms)
        ):
            return
        picture = facts.histograms[self.choice.value]
        scales = {"x": self.x_axis.scale, "y": self.y_axis.scale}
        middles = (picture.edges[:-1] + picture.edges[1:]) / 2
        heat = bqplot.HeatMap(
            x=middles, y=middles, color=picture.counts, scales={**scales, "color": self.colours}
        )
        marks: list[bqplot.Mark] = [heat]
        if math.isfinite(picture.dx) and math.isfinite(picture.dy):
            marks.append(_ring(picture, scales))
        replace_marks(self.figure, marks)
        for side in (self.x_axis, self.y_axis):
            fit_axis(side, float(picture.edges[0]), float(picture.edges[-1]), margin=0.0)
        peak = f"peak at ({picture.dx:+.3f}, {picture.dy:+.3f}) arcsec, {picture.significance:.1f} sigma"
        self.status.value = (
            f"<span>{escape(picture.of)}</span><span><b>{escape(peak)}</b> (ring)</span>"
            f"<span>darker: more pairs of stars, up to {picture.counts.max():.0f}</span>"
        )
        self.children = [self.choice, self.figure, self.status]

    def close(self) -> None:
        """Close all parts, even those not on the page."""
        for widget in (self.figure, self.choice, self.colours):
            close_all(widget)
        super().close()


def _ring(picture: HistogramPicture, scales: dict[str, Any]) -> bqplot.Lines:
    turn = np.linspace(0, 2 * np.pi, 40)
    radius = 0.04 * (picture.edges[-1] - picture.edges[0])
    return bqplot.Lines(
        x=picture.dx + radius * np.cos(turn),
        y=picture.dy + radius * np.sin(turn),
        colors=["#d55e00"],
        stroke_width=2.0,
        scales=scales,
    )


def _peaks_text(facts: ShiftFacts) -> str:
    if facts.measured is None:
        return escape(facts.sentence)
    lines = []
    for shift in facts.table.shifts:
        own = [
            exposure.histogram
            for exposure in facts.measured.exposures
            if exposure.root in shift.group.roots and math.isfinite(exposure.histogram.significance)
        ]
        if own:
            best = max(own, key=lambda exposure: exposure.significance)
            lines.append(
                f"<li>{escape(shift.group.name)}: peak of {best.significance:.1f} sigma at "
                f"({best.dx:+.3f}, {best.dy:+.3f}) arcsec in {escape(best.root)}</li>"
            )
    if not lines:
        return "No offset histogram in these files."
    return f"The pictures were not kept with these files; their best peaks:<ul>{''.join(lines)}</ul>"
