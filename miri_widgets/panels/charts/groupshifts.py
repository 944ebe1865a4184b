"""The shift of every group with its error: dx and dy, one below the other."""

from __future__ import annotations

import math
from typing import Any

import bqplot
import numpy as np

from miri_widgets.analysis.shift_diagnostics import group_labels
from miri_widgets.core.shifts.choices import TrustedShift
from miri_widgets.models.shifts import ShiftsModel
from miri_widgets.panels.charts.chart import axis, close_marks, figure, fit_axis
from miri_widgets.panels.charts.shiftplots import VERDICT_COLOURS
from miri_widgets.panels.parts.base_view import Part, close_all
from miri_widgets.panels.parts.theme import counted, text

__all__ = ["GroupShifts"]

_EMPTY = "dx and dy of every group appear here, with their errors, as soon as a table is chosen."


class GroupShifts(Part):
    """
    dx and dy of each group, with bars of one standard error; coloured by verdict.

    Parameters
    ----------
    shifts : ShiftsModel
        The shifts.
    """

    def __init__(self, shifts: ShiftsModel) -> None:
        super().__init__("mw-right", "mw-group-shifts")
        self.shifts = shifts
        self.heading = text("Shift of each group", "mw-heading")
        self.status = text("", "mw-chart-words")
        self.x_axes = [axis("group") for _ in range(2)]
        self.y_axes = [axis(f"{name} [mas]", vertical=True) for name in ("Δα cos δ", "Δδ")]
        self.figures = [figure(x, y, []) for x, y in zip(self.x_axes, self.y_axes, strict=True)]
        for chart in self.figures:
            chart.layout.flex, chart.layout.height = "1 1 0", "auto"
        self.watch(shifts, self._update, "value")

    def _update(self, _: Any) -> None:
        facts = self.shifts.facts
        known = [shift for shift in facts.table.shifts if shift.known] if facts is not None else []
        if facts is None or not known:
            self.status.value = _EMPTY if facts is None else "No group of this table has a shift."
            self.children = (self.heading, self.status)
            return
        labels = group_labels(shift.group for shift in facts.table.shifts)
        for index in range(2):
            self._draw(index, known, [labels[shift.group.name] for shift in known])
        verdicts = {shift.verdict: None for shift in known}
        names = "".join(
            f'<span class="mw-key"><i style="background:{VERDICT_COLOURS[verdict]}"></i>{verdict}</span>'
            for verdict in verdicts
        )
        missing = len(facts.table.shifts) - len(known)
        left_out = f"<span>without a shift: {counted(missing, 'group')}</span>" if missing else ""
        self.status.value = f"<span>bars: one standard error</span>{names}{left_out}"
        self.children = (self.heading, *self.figures, self.status)

    def _draw(self, index: int, known: list[TrustedShift], labels: list[str]) -> None:
        x, y, chart = self.x_axes[index], self.y_axes[index], self.figures[index]
        scales = {"x": x.scale, "y": y.scale}
        values = 1000 * np.array([(shift.dx, shift.dy)[index] for shift in known])
        errors = 1000 * np.array([(shift.dx_err, shift.dy_err)[index] for shift in known])
        errors = np.where(np.isfinite(errors), errors, 0.0)  # not known: no bar
        positions = np.arange(1.0, len(known) + 1)
        colours = [VERDICT_COLOURS[shift.verdict] for shift in known]
        bars = bqplot.Lines(
            x=np.stack([positions, positions], axis=1),
            y=np.stack([values - errors, values + errors], axis=1),
            colors=colours,
            stroke_width=2,
            scales=scales,
        )
        zero = bqplot.Lines(
            x=[0.5, len(known) + 0.5], y=[0.0, 0.0], colors=["#98a5b3"], stroke_width=1, line_style="dashed",
            scales=scales,
        )  # fmt: skip
        points = bqplot.Scatter(x=positions, y=values, colors=colours, default_size=48, scales=scales)
        before = list(chart.marks)
        chart.marks = [zero, bars, points]
        close_marks(before)
        fit_axis(x, 0.5, len(known) + 0.5, margin=0.0)
        shown = positions[:: max(1, math.ceil(len(known) / 12))]
        x.tick_values = shown
        x.tick_labels = {f"{position:g}": labels[int(position) - 1] for position in shown}
        low, high = float(min((values - errors).min(), 0.0)), float(max((values + errors).max(), 0.0))
        fit_axis(y, low, high, margin=0.1)

    def close(self) -> None:
        """Close the view and the figures, even if they are not on the page."""
        for chart in self.figures:
            close_all(chart)
        super().close()
