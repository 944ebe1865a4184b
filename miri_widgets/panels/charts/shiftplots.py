"""Charts of measured shifts: on the sky, against time, and residuals."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

import bqplot
import ipywidgets
import numpy as np

from miri_widgets.analysis.shift_diagnostics import ShiftFacts, group_labels, star_of
from miri_widgets.core.shifts.verdicts import Verdict
from miri_widgets.core.tangent_plane import mean_position
from miri_widgets.models.shifts import ShiftsModel
from miri_widgets.panels.charts.chart import COLOURS, Ring, axis, close_marks, figure, fit_axis
from miri_widgets.panels.charts.footprints import Arrow, FootprintMap, Tile, key
from miri_widgets.panels.parts.base_view import Part, close_all
from miri_widgets.panels.parts.theme import counted, escape, text

__all__ = ["VERDICT_COLOURS", "Residuals", "ShiftTimes", "ShiftVectors", "replace_marks"]

VERDICT_COLOURS = {Verdict.PASS: "#1d7a46", Verdict.WEAK: "#d99a1c", Verdict.FAIL: "#b3382c"}

_DARK = "#1b2530"
"""Of arrows on coloured tiles."""

_NO_FOOTPRINTS = "No footprints (S_REGION): they are written by Image 2, whose files are not here."


class ShiftVectors(Part):
    """
    The shift of each group as an arrow on its footprints.

    Parameters
    ----------
    shifts : ShiftsModel
        The shifts.
    """

    def __init__(self, shifts: ShiftsModel) -> None:
        super().__init__("mw-looks")
        self.shifts = shifts
        self.colour = _choice("Colour", (("guide star", "star"), ("verdict", "verdict")))
        self.map = FootprintMap()
        self.children = (self.colour, self.map)
        self.colour.observe(self._update, "value")
        self.watch(shifts, self._update, "value")

    def _update(self, _: Any) -> None:
        facts = self.shifts.facts
        if facts is None:
            self.map.draw((), empty="After a run, the shift of each guide star is drawn here on its tiles.")
            return
        colours = _star_colours(facts)
        by_verdict = self.colour.value == "verdict"
        labels = group_labels(shift.group for shift in facts.table.shifts)
        tiles, arrows = [], []
        for shift in facts.table.shifts:
            colour = VERDICT_COLOURS[shift.verdict] if by_verdict else colours[star_of(shift.group)]
            tiles += [
                Tile(facts.footprints[root], colour, labels[shift.group.name])
                for root in shift.group.roots
                if root in facts.footprints
            ]
            if (centre := facts.centre(shift.group)) is not None and shift.known:
                arrows.append(Arrow(*centre, shift.dx, shift.dy, _DARK, not shift.own))
        names = {str(name): colour for name, colour in VERDICT_COLOURS.items()} if by_verdict else colours
        dashed = (
            ""
            if all(shift.own for shift in facts.table.shifts)
            else "<span>dashed: taken from elsewhere</span>"
        )
        missing_count = len(facts.table.shifts) - len(arrows)
        missing = (
            f"<span>not drawn, without shift or footprints: {counted(missing_count, 'group')}</span>"
            if missing_count
            else ""
        )
        self.map.draw(tiles, arrows, caption=f"{key(names)}{dashed}{missing}", empty=_NO_FOOTPRINTS)


class ShiftTimes(Part):
    """
    dx and dy of every exposure against time, coloured by guide star; the value of each group as a line.

    Parameters
    ----------
    shifts : ShiftsModel
        The shifts.
    """

    def __init__(self, shifts: ShiftsModel) -> None:
        super().__init__("mw-chart")
        self.shifts = shifts
        self.x_axes = [axis("hours since the first exposure") for _ in range(2)]
        self.y_axes = [axis(f"{name} [mas]", vertical=True) for name in ("dx", "dy")]
        self.figures = [figure(x, y, []) for x, y in zip(self.x_axes, self.y_axes, strict=True)]
        for chart in self.figures:
            chart.layout.flex = "0 0 auto"
        self.rings = [
            Ring(chart, x, y, self._picked)
            for chart, x, y in zip(self.figures, self.x_axes, self.y_axes, strict=True)
        ]
        self.what = _choice("Show", (("shifts", "before"), ("less that of the group", "after")))
        self.status = text("", "mw-chart-words")
        self.children = (self.status,)
        self.what.observe(self._update, "value")
        self.watch(shifts, self._update, "value")
        if shifts.session is not None:
            self.watch(shifts.session.programs, self._update_chosen, "selected")

    def _picked(self, root: str) -> None:
        """Choose the exposure of a point; a table of shifts without a session has none."""
        if self.shifts.session is not None:
            self.shifts.session.choose([root], show=True)

    def _chosen(self) -> Sequence[str]:
        return () if self.shifts.session is None else self.shifts.session.programs.selected

    def _update_chosen(self, _: Any) -> None:
        for ring in self.rings:
            ring.highlight(self._chosen())

    def _update(self, _: Any) -> None:
        facts = self.shifts.facts
        times = sorted(
            {t for shift in facts.table.shifts for t in (*shift.group.times, shift.group.mjd)}
            if facts
            else ()
        )
        times = [time for time in times if math.isfinite(time)]
        if facts is None or not times:
            self.status.value = (
                "After a run, one point per exposure appears here."
                if facts is None
                else "No exposure times in this table."
            )
            self.children = (self.status,)
            return
        for index in range(2):
            self._draw(index, facts, times[0], times[-1])
        fallbacks = [shift for shift in facts.exposures if not shift.usable]
        fallback_text = (
            f"<span>{counted(len(fallbacks), 'fall-back')}: crosses where they have a value</span>"
            if fallbacks
            else ""
        )
        note = f"<span>{escape(facts.sentence)}</span>" if facts.measured is None else ""
        self.status.value = (
            f"<span>points: exposures, lines: groups (dashed: taken from elsewhere)</span>{fallback_text}{note}"
            + key(_star_colours(facts))
        )
        self.children = (self.what, *self.figures, self.status)

    def _draw(self, index: int, facts: ShiftFacts, first: float, last: float) -> None:
        x, y = self.x_axes[index], self.y_axes[index]
        scales = {"x": x.scale, "y": y.scale}
        span = max(24 * (last - first), 0.01)
        points_of: list[tuple[bqplot.Scatter, list[str]]] = []
        lines: list[bqplot.Mark] = []
        values: list[float] = []
        for star, colour in _star_colours(facts).items():
            for usable in (True, False):
                points = [
                    (24 * (shift.mjd - first), 1000 * getattr(shift, self.what.value)[index], shift.root)
                    for shift in facts.exposures
                    if shift.guide_star == star and shift.usable == usable
                    if math.isfinite(shift.mjd) and math.isfinite(shift.before[index])
                ]
                if points:
                    values += [point[1] for point in points]
                    marks = _points(points, scales, colour, "circle" if usable else "cross")
                    points_of.append((marks, [point[2] for point in points]))
            for shift in facts.table.shifts:
                times = [24 * (time - first) for time in shift.group.times if math.isfinite(time)]
                if star_of(shift.group) == star and times and shift.known:
                    value = 1000 * (shift.dx, shift.dy)[index] if self.what.value == "before" else 0.0
                    values.append(value)
                    lines.append(
                        bqplot.Lines(
                            x=[min(times) - 0.01 * span, max(times) + 0.01 * span],
                            y=[value, value],
                            colors=[colour],
                            stroke_width=1.5,
                            line_style="solid" if shift.own else "dashed",
                            scales=scales,
                        )
                    )
        self.rings[index].set_marks(points_of, self._chosen(), below=lines)
        fit_axis(x, 0.0, span)
        fit_axis(y, min(values, default=0.0), max(values, default=1.0), margin=0.12, count=4)

    def close(self) -> None:
        """Close the view and the figures, even if they are not on the page."""
        for widget in (*self.figures, self.what, *(ring.mark for ring in self.rings)):
            close_all(widget)
        super().close()


class Residuals(Part):
    """
    Position residuals before and after the shifts: of matched stars, else of whole exposures.

    Parameters
    ----------
    shifts : ShiftsModel
        The shifts.
    """

    def __init__(self, shifts: ShiftsModel) -> None:
        super().__init__("mw-looks")
        self.shifts = shifts
        self.when = _choice("Shifts", (("before", "before"), ("after", "after")))
        self.map = FootprintMap()
        self.status = text("")
        self.children = (self.when, self.map, self.status)
        self.when.observe(self._update, "value")
        self.watch(shifts, self._update, "value")

    def _update(self, _: Any) -> None:
        facts = self.shifts.facts
        if facts is None:
            self.status.value = ""
            self.map.draw((), empty="After a run, residuals before and after the shifts appear here.")
            return
        colours = _star_colours(facts)
        arrows = self._stars(facts, colours) or self._exposures(facts, colours)
        subject = "matched stars" if facts.matches else "exposures (their stars were not kept)"
        tiles = [Tile(corners) for root, corners in facts.footprints.items() if root in facts.by_root]
        self.map.draw(
            tiles if arrows else (),
            arrows,
            longest=0.08,
            caption=f"<span>residuals of {subject} {escape(self.when.value)}, "
            f"rms {_rms([(arrow.dx, arrow.dy) for arrow in arrows])}</span>{key(colours)}",
            empty=_NO_FOOTPRINTS
            if facts.exposures
            else escape(facts.sentence) or "No exposure was measured.",
        )
        self.status.value = _overlap_text(facts)

    def _stars(self, facts: ShiftFacts, colours: dict[str, str]) -> list[Arrow]:
        arrows = []
        for match in facts.matches:
            if match.root in facts.by_root:
                dx, dy = getattr(match, self.when.value)
                star = star_of(facts.by_root[match.root].group)
                arrows.append(Arrow(match.ra, match.dec, dx, dy, colours[star]))
        return arrows

    def _exposures(self, facts: ShiftFacts, colours: dict[str, str]) -> list[Arrow]:
        arrows = []
        for exposure in facts.exposures:
            corners = facts.footprints.get(exposure.root)
            if corners and exposure.usable:
                dx, dy = getattr(exposure, self.when.value)
                arrows.append(
                    Arrow(*mean_position(*np.array(corners).T), dx, dy, colours[exposure.guide_star])
                )
        return arrows


def _choice(name: str, options: Sequence[tuple[str, str]]) -> ipywidgets.ToggleButtons:
    control = ipywidgets.ToggleButtons(description=name, options=options)
    control.add_class("mw-toggle")
    return control


def _star_colours(facts: ShiftFacts) -> dict[str, str]:
    return {star: COLOURS[index % len(COLOURS)] for index, star in enumerate(facts.guide_stars)}


def replace_marks(chart: bqplot.Figure, marks: list[bqplot.Mark]) -> None:
    """
    Replace the marks of a figure, and close the old ones, but not the shared scales.

    Parameters
    ----------
    chart : bqplot.Figure
        The figure.
    marks : list of bqplot.Mark
        The new marks.
    """
    old = chart.marks
    chart.marks = marks
    close_marks(old)


def _points(
    points: Sequence[tuple[float, float, str]], scales: dict[str, Any], colour: str, shape: str
) -> bqplot.Scatter:
    tip = bqplot.Tooltip(
        fields=["name", "x", "y"], labels=["exposure", "hours", "mas"], formats=["", ".3f", ".1f"]
    )
    return bqplot.Scatter(
        x=np.array([point[0] for point in points]),
        y=np.array([point[1] for point in points]),
        names=np.array([point[2] for point in points]),
        display_names=False,
        scales=scales,
        colors=[colour],
        marker=shape,
        default_size=46,
        stroke="#ffffff",
        tooltip=tip,
    )


def _rms(steps: Iterable[tuple[float, float]]) -> str:
    """Format the root mean square per axis."""
    finite = np.array([step for step in steps if all(map(math.isfinite, step))]).reshape(-1, 2)
    return f"{1000 * float(np.sqrt(np.mean(finite**2))):.1f} mas per axis" if len(finite) else "not known"


def _overlap_text(facts: ShiftFacts) -> str:
    if not facts.overlaps:
        return ""
    before, after = ([getattr(overlap, when) for overlap in facts.overlaps] for when in ("before", "after"))
    return (
        f"<p>{len(facts.overlaps)} overlaps of exposures of different groups disagree by "
        f"{_rms(before)} before and {_rms(after)} after the shifts.</p>"
    )
