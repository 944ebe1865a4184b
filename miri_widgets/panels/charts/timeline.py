"""A number of every exposure against time, as a step of ours told it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import bqplot
import numpy as np

from miri_widgets.models.session import SessionModel
from miri_widgets.models.stage import StageModel
from miri_widgets.panels.charts.chart import Ring, axis, dots, figure, fit_axis
from miri_widgets.panels.parts.base_view import Part, close_all
from miri_widgets.panels.parts.theme import escape, text
from miri_widgets.products.filter_colours import filter_colour

__all__ = ["Timeline"]


class Timeline(Part):
    """
    One point per exposure, coloured by filter; from complete runs, else from the live preview.

    Parameters
    ----------
    session : SessionModel
        The session.
    model : StageModel
        The stage whose reports are drawn.
    fact : str
        Name of the number among the facts of an exposure; with dots for one inside another.
    title, unit : str
        Title.
    """

    def __init__(
        self, session: SessionModel, model: StageModel, fact: str, title: str, unit: str = ""
    ) -> None:
        super().__init__("mw-chart")
        self.session, self.model = session, model
        self.fact, self.title, self.unit = fact, title, unit
        self.x_axis = axis("hours since the first exposure")
        self.y_axis = axis(unit or "", vertical=True)
        self.figure = figure(self.x_axis, self.y_axis, [])
        self.status = text("", "mw-chart-words")
        self.heading = text(escape(title[:1].upper() + title[1:]), "mw-heading")
        self.children = [self.heading, self.status]
        self._drawn_state: Any = None
        self.ring = Ring(
            self.figure, self.x_axis, self.y_axis, lambda root: session.choose([root], show=True)
        )
        self.watch(session.programs, self._update_chosen, "selected")
        self.watch(model, self._update, "rows")
        self.watch(session.previews, self._update, "result", "stage")

    def values(self) -> dict[str, float]:
        """
        Return the number by exposure.

        Returns
        -------
        dict of str to float
            Value by root.
        """
        values_: dict[str, float] = {}
        for row in self.model.rows:
            values_ |= self._of(row.report.get("exposures", {}))
        previews = self.session.previews
        if not values_ and previews.stage == self.model.name and previews.result is not None:
            values_ = self._of({previews.result.root: previews.result.facts})
        return values_

    def _of(self, exposures: Mapping[str, Mapping[str, Any]]) -> dict[str, float]:
        values = {}
        for root, facts in exposures.items():
            value: Any = facts
            for name in self.fact.split("."):
                value = value.get(name) if isinstance(value, Mapping) else None
            if isinstance(value, int | float) and np.isfinite(value):
                values[root] = float(value)
        return values

    def _update(self, _: Any) -> None:
        values = self.values()
        if values == self._drawn_state:
            return
        self._drawn_state = values
        find = self.session.programs.find
        points = [(exposure, values[root]) for root in values if (exposure := find(root)) is not None]
        if not points:
            self.children = [self.heading, self.status]
            self.status.value = "After a run, one point per exposure appears here."
            return
        first = min((exposure.order[0] for exposure, _ in points), default=0.0)
        groups: dict[str, list[tuple[Any, float]]] = {}
        for exposure, value in points:
            groups.setdefault(exposure.filter, []).append((exposure, value))
        marks = [
            (self._mark(members, first, filter_colour(name)), [exposure.root for exposure, _ in members])
            for name, members in groups.items()
        ]
        self.ring.set_marks(marks, self.session.programs.selected)
        hours = [
            24 * (exposure.start_mjd - first) for exposure, _ in points if math.isfinite(exposure.start_mjd)
        ]
        heights = [value for _, value in points]
        fit_axis(self.x_axis, 0.0, max([*hours, 0.01]))
        fit_axis(self.y_axis, min(heights), max(heights), margin=0.15, count=4)
        legend = "".join(
            f'<span class="mw-key"><i style="background:{filter_colour(name)}"></i>{escape(name)}</span>'
            for name in groups
        )
        self.status.value = f"<span>{len(points)} exposures</span>{legend}"
        self.children = [self.heading, self.figure, self.status]

    def _update_chosen(self, _: Any) -> None:
        self.ring.highlight(self.session.programs.selected)

    def _mark(self, members: list[tuple[Any, float]], first: float, colour: str) -> bqplot.Scatter:
        points = [(24 * (exposure.start_mjd - first), value, exposure.label) for exposure, value in members]
        label = f"{self.title}, {self.unit}" if self.unit else self.title
        return dots(points, self.x_axis, self.y_axis, colour, label)

    def close(self) -> None:
        """Close the view and the figure, even if it is not on the page."""
        close_all(self.figure)
        close_all(self.ring.mark)
        super().close()
