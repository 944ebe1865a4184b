"""The level of every exposure against time."""

from __future__ import annotations

import math
from typing import Any

import bqplot
import ipywidgets
import numpy as np

from miri_widgets.models.session import SessionModel
from miri_widgets.panels.charts.chart import COLOURS, Ring, axis, dots, figure, fit_axis
from miri_widgets.panels.parts.base_view import Part, close_all
from miri_widgets.panels.parts.choice_buttons import ChoiceButtons
from miri_widgets.panels.parts.theme import escape, text
from miri_widgets.products.filter_colours import filter_colour
from miri_widgets.run.status_rows import RowState

__all__ = ["LevelsView"]

PER_EXPOSURE = ("image2", "detector1")


class LevelsView(Part):
    """
    Clipped median of each exposure against the start of the exposure, coloured by filter or tile.

    In percent of the median of its filter, so that filters share an axis, or in the unit of the image.

    Parameters
    ----------
    session : SessionModel
        The session.
    """

    def __init__(self, session: SessionModel) -> None:
        super().__init__("mw-chart")
        self.session = session
        self.x_axis = axis("hours since the first exposure")
        self.y_axis = axis("level", vertical=True)
        self.figure = figure(self.x_axis, self.y_axis, [])
        self.status = text("", "mw-chart-words")
        self._heading = text("Level of each exposure", "mw-heading")
        self.levels = ChoiceButtons(
            "Levels in",
            [
                ("percent", "%", "Percent above or below the median of the filter"),
                ("brightness", "unit", "In the unit of the image"),
            ],
        )
        self._watches.link((session.page_layout, "levels"), (self.levels, "value"))
        self._head = ipywidgets.HBox([self._heading, self.levels])
        self._head.add_class("mw-chart-head")
        self.children = [self._heading, self.status]
        self._drawn_state: Any = None
        self.ring = Ring(
            self.figure, self.x_axis, self.y_axis, lambda root: session.choose([root], show=True)
        )
        self.watch(session.programs, self._update_chosen, "selected")
        for name in PER_EXPOSURE:
            if name in session.stages:
                self._watches.add(session.stages[name], self._update, "rows")
        self.watch(session, self._update, "measured", "tab")
        self.watch(session.page_layout, self._update, "levels")

    @property
    def stage(self) -> str:
        """The stage whose products are drawn: the current one, else the last with products."""
        names = [name for name in PER_EXPOSURE if name in self.session.stages]
        if self.session.tab in names and self.session.stages[self.session.tab].count_done:
            return self.session.tab
        return next(
            (name for name in names if self.session.stages[name].count_done), names[-1] if names else ""
        )

    def _points(self) -> list[tuple[Any, Any]]:
        points = []
        stage = self.session.stages.get(self.stage)
        for row in stage.rows if stage is not None else ():
            exposure = self.session.programs.find(row.exposures[0]) if len(row.exposures) == 1 else None
            if row.state != RowState.DONE or exposure is None:
                continue
            measurement = self.session.measured.get(row.products[0])
            if measurement is None:
                self.session.ask_measure(row.products[0])
            elif measurement.level is not None and np.isfinite(measurement.level.median):
                points.append((exposure, measurement))
        return points

    def _update(self, _: Any) -> None:
        points = self._points()
        key = (
            self.session.page_layout.levels,
            self.stage,
            [(exposure.root, id(measurement)) for exposure, measurement in points],
        )
        if key == self._drawn_state:
            return
        self._drawn_state = key
        if not points:
            self.children = [self._heading, self.status]
            self.status.value = "After Detector 1 and Image 2, one point per exposure appears here."
            return
        self.draw(points)

    def _update_chosen(self, _: Any) -> None:
        self.ring.highlight(self.session.programs.selected)

    def draw(self, points: list[tuple[Any, Any]]) -> None:
        """
        Draw the levels of exposures.

        Parameters
        ----------
        points : list of (Exposure, PixelMeasurement)
            Exposures with a measured level, one at least.
        """
        filters = list(dict.fromkeys(exposure.filter for exposure, _ in points))
        by_filter = len(filters) > 1
        first = min((exposure.order[0] for exposure, _ in points), default=0.0)
        unit = points[0][1].unit
        medians = _filter_medians(points)
        # a level about zero, as after sky subtraction, has no percent
        in_percent = self.session.page_layout.levels == "percent" and min(medians.values()) > 0
        values = {
            exposure.root: 100 * (measurement.level.median / medians[exposure.filter] - 1)
            if in_percent
            else measurement.level.median
            for exposure, measurement in points
        }
        groups: dict[str, list[tuple[Any, Any]]] = {}
        for exposure, measurement in points:
            groups.setdefault(exposure.filter if by_filter else f"tile {exposure.tile}", []).append(
                (exposure, measurement)
            )
        colours = {
            name: filter_colour(name) if by_filter else COLOURS[number % len(COLOURS)]
            for number, name in enumerate(groups)
        }
        marks = [
            (
                self._mark(members, first, values, "%" if in_percent else unit, colours[name]),
                [exposure.root for exposure, _ in members],
            )
            for name, members in groups.items()
        ]
        self.ring.set_marks(marks, self.session.programs.selected)
        self.y_axis.label = "Δ level [%]" if in_percent else unit or "level"
        legend = "".join(
            f'<span class="mw-key"><i style="background:{colour}"></i>{escape(name)}'
            f"{_median_text(medians.get(name), unit)}</span>"
            for name, colour in colours.items()
        )
        drawn = np.array(list(values.values()))
        hours = [
            24 * (exposure.start_mjd - first) for exposure, _ in points if math.isfinite(exposure.start_mjd)
        ]
        fit_axis(self.x_axis, 0.0, max([*hours, 0.01]))
        fit_axis(self.y_axis, float(drawn.min()), float(drawn.max()), margin=0.15, count=4)
        spread = f"range {np.ptp(drawn):.3g} {'%' if in_percent else escape(unit)}" if len(drawn) > 1 else ""
        stage = self.session.stages[self.stage].stage.title.partition(":")[0]
        self.status.value = f"<b>{escape(stage)}</b><span>clipped median, {len(points)} exposures</span><span>{spread}</span>{legend}"
        self.children = [self._head, self.figure, self.status]

    def _mark(
        self,
        members: list[tuple[Any, Any]],
        first: float,
        values: dict[str, float],
        unit: str,
        colour: str,
    ) -> bqplot.Scatter:
        points = [
            (24 * (exposure.start_mjd - first), values[exposure.root], exposure.label)
            for exposure, _ in members
        ]
        return dots(points, self.x_axis, self.y_axis, colour, f"level, {unit}")

    def close(self) -> None:
        """Close the view and the figure, even if it is not on the page."""
        close_all(self._head)
        close_all(self.figure)
        close_all(self.ring.mark)
        super().close()


def _filter_medians(points: list[tuple[Any, Any]]) -> dict[str, float]:
    """Return the median level of the exposures of each filter."""
    levels: dict[str, list[float]] = {}
    for exposure, measurement in points:
        levels.setdefault(exposure.filter, []).append(measurement.level.median)
    return {name: float(np.median(some)) for name, some in levels.items()}


def _median_text(median: float | None, unit: str) -> str:
    return "" if median is None else escape(f" {median:.4g} {unit}".rstrip())
