"""Masked after-images of every exposure against time, with the time for which a saturated exposure masks later ones."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import bqplot
import numpy as np

from miri_widgets.models.session import SessionModel
from miri_widgets.models.stage import StageModel
from miri_widgets.panels.charts.chart import Ring, axis, figure, fit_axis
from miri_widgets.panels.parts.base_view import Part, close_all
from miri_widgets.panels.parts.theme import counted, escape, text
from miri_widgets.products.filter_colours import filter_colour

__all__ = ["AfterImages"]

_CAUSES = (
    ("positive", "circle", "●", "fading (positive)"),
    ("negative", "triangle-down", "▼", "lasting (negative)"),
    ("user", "square", "■", "your mask"),
)
_WINDOW = "#9aa5b1"


class AfterImages(Part):
    """
    One point per exposure and cause: the shape shows the cause, the colour the filter.

    A grey bar at the bottom begins where an exposure with saturated pixels ends, and is as long as the setting
    ``positive_minutes``: an exposure that begins above it is masked.

    Parameters
    ----------
    session : SessionModel
        The session.
    model : StageModel
        The stage "persistence".
    """

    def __init__(self, session: SessionModel, model: StageModel) -> None:
        super().__init__("mw-chart")
        self.session, self.model = session, model
        self.x_axis = axis("hours since the first exposure")
        self.y_axis = axis("masked pixels", vertical=True)
        self.figure = figure(self.x_axis, self.y_axis, [])
        self.status = text("", "mw-chart-words")
        self.heading = text("After-images by cause and filter", "mw-heading")
        self.children = [self.heading, self.status]
        self._drawn_state: Any = None
        self.ring = Ring(
            self.figure, self.x_axis, self.y_axis, lambda root: session.choose([root], show=True)
        )
        self.watch(session.programs, self._update_chosen, "selected")
        self.watch(model, self._update, "rows", "settings", "loaded")

    def facts(self) -> list[tuple[Any, Mapping[str, Any]]]:
        """
        Return the exposures in time order with the report of their complete runs.

        Returns
        -------
        list of (Exposure, mapping)
            Exposures in time order with their report.
        """
        report: dict[str, Mapping[str, Any]] = {}
        for row in self.model.rows:
            report |= row.report.get("exposures", {})
        find = self.session.programs.find
        facts_ = [(exposure, report[root]) for root in report if (exposure := find(root)) is not None]
        return sorted(facts_, key=lambda entry: entry[0].order)

    def _minutes(self) -> float:
        settings = self.model.settings
        return float(settings["positive_minutes"]) if self.model.loaded else 0.0

    def _update(self, _: Any) -> None:
        facts, minutes = self.facts(), self._minutes()
        if (facts, minutes) == self._drawn_state:
            return
        self._drawn_state = facts, minutes
        if not facts:
            self.children = [self.heading, self.status]
            self.status.value = "After a run, one point per exposure and cause appears here."
            return
        first = facts[0][0].start_mjd
        causes = [cause for cause in _CAUSES if any(report.get(cause[0]) for _, report in facts)]
        filters = list(dict.fromkeys(exposure.filter for exposure, _ in facts))
        highest = max([report.get(cause[0], 0) for cause in causes for _, report in facts], default=0)
        marks = [
            (
                self._points(members, first, cause, filter_colour(name)),
                [exposure.root for exposure, _ in members],
            )
            for name in filters
            for cause in causes
            if (members := [entry for entry in facts if entry[0].filter == name])
        ]
        windows = self._windows(facts, first, minutes, -0.05 * (highest or 1))
        self.ring.set_marks(marks, self.session.programs.selected, below=windows)
        hours = [24 * (exposure.end_mjd - first) for exposure, _ in facts]
        last = max((entry for entry in hours if entry == entry), default=0.0)
        fit_axis(self.x_axis, 0.0, max(last, 0.01))
        fit_axis(self.y_axis, 0.0, float(highest or 1), margin=0.15, count=4)
        self.status.value = self._legend(facts, filters, causes, minutes)
        self.children = [self.heading, self.figure, self.status]

    def _update_chosen(self, _: Any) -> None:
        self.ring.highlight(self.session.programs.selected)

    def _windows(
        self, facts: list[tuple[Any, Mapping[str, Any]]], first: float, minutes: float, height: float
    ) -> list[bqplot.Mark]:
        """Return one bar per exposure with saturated pixels, from its end on."""
        ends = [24 * (exposure.end_mjd - first) for exposure, report in facts if report.get("saturated")]
        return [
            bqplot.Lines(
                x=np.array([end, end + minutes / 60]),
                y=np.array([height, height]),
                scales={"x": self.x_axis.scale, "y": self.y_axis.scale},
                colors=[_WINDOW],
                opacities=[0.6],
                stroke_width=5,
            )
            for end in ends
        ]

    def _points(
        self,
        members: list[tuple[Any, Mapping[str, Any]]],
        first: float,
        cause: tuple[str, str, str, str],
        colour: str,
    ) -> bqplot.Scatter:
        name, marker, _, description = cause
        tip = bqplot.Tooltip(
            fields=["name", "x", "y"],
            labels=["exposure", "hours", f"masked, {description}"],
            formats=["", ".3f", ".0f"],
        )
        return bqplot.Scatter(
            x=np.array([24 * (exposure.start_mjd - first) for exposure, _ in members]),
            y=np.array([float(report.get(name, 0)) for _, report in members]),
            names=np.array([exposure.label for exposure, _ in members]),
            display_names=False,
            scales={"x": self.x_axis.scale, "y": self.y_axis.scale},
            colors=[colour],
            marker=marker,
            default_size=52,
            stroke="#ffffff",
            tooltip=tip,
        )

    @staticmethod
    def _legend(
        facts: list[tuple[Any, Mapping[str, Any]]],
        filters: list[str],
        causes: list[tuple[str, str, str, str]],
        minutes: float,
    ) -> str:
        keys = [
            f'<span class="mw-key"><i style="background:{filter_colour(name)}"></i>{escape(name)}</span>'
            for name in filters
        ]
        keys += [
            f'<span class="mw-key">{glyph} {escape(description)}</span>'
            for _, _, glyph, description in causes
        ]
        masked = sum(1 for _, report in facts if report.get("masked"))
        sources = sum(1 for _, report in facts if report.get("saturated"))
        keys.insert(0, f"<span>{masked} of {len(facts)} exposures have masked pixels</span>")
        after = counted(sources, "exposure")
        bars = (
            f'<span class="mw-key"><i style="background:{_WINDOW};border-radius:2px"></i>'
            f"{minutes:g} min after {after} with saturated pixels</span>"
        )
        return "".join([*keys, bars])

    def close(self) -> None:
        """Close the view and the figure, even if it is not on the page."""
        close_all(self.figure)
        close_all(self.ring.mark)
        super().close()
