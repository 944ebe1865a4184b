"""Charts of measured shifts: on the sky, against time, and what is left of them."""

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
from miri_widgets.panels.charts.footprints import Arrow, SkyMap, Tile, key
from miri_widgets.panels.parts.base_view import Part, close_all
from miri_widgets.panels.parts.theme import counted, escape, text

__all__ = ["VERDICT_COLOURS", "Residuals", "ShiftTimes", "ShiftVectors", "replace_marks"]

VERDICT_COLOURS = {Verdict.PASS: "#1d7a46", Verdict.WEAK: "#d99a1c", Verdict.FAIL: "#b3382c"}

_DARK = "#1b2530"
"""Of arrows on coloured tiles."""

_NO_FOOTPRINTS = (
    "Where the exposures lie is not known: their footprints (S_REGION) are written by Image 2, "
    "whose files are not here."
)


class ShiftVectors(Part):
    """
    The shift of each group as an arrow on its footprints.

    Parameters
    ----------
    shifts : ShiftsModel
        Whose shifts are drawn.
    """

    def __init__(self, shifts: ShiftsModel) -> None:
        super().__init__("mw-looks")
        self.shifts = shifts
        self.colour = _choice("Colour", (("guide star", "star"), ("verdict", "verdict")))
        self.map = SkyMap()
        self.children = (self.colour, self.map)
        self.colour.observe(self._follow, "value")
        self.watch(shifts, self._follow, "value")

    def _follow(self, _: Any) -> None:
        facts = self.shifts.facts
        if facts is None:
            self.map.draw((), empty="After a run, the shift of each guide star is drawn here on its tiles.")
            return
        colours = _star_colours(facts)
        by_verdict = self.colour.value == "verdict"
        labels = group_labels(one.group for one in facts.table.shifts)
        tiles, arrows = [], []
        for one in facts.table.shifts:
            colour = VERDICT_COLOURS[one.verdict] if by_verdict else colours[star_of(one.group)]
            tiles += [
                Tile(facts.footprints[root], colour, labels[one.group.name])
                for root in one.group.roots
                if root in facts.footprints
            ]
            if (centre := facts.centre(one.group)) is not None and one.known:
                arrows.append(Arrow(*centre, one.dx, one.dy, _DARK, not one.own))
        names = {str(name): colour for name, colour in VERDICT_COLOURS.items()} if by_verdict else colours
        dashed = (
            "" if all(one.own for one in facts.table.shifts) else "<span>dashed: taken from elsewhere</span>"
        )
        lost = len(facts.table.shifts) - len(arrows)
        missing = (
            f"<span>not drawn, without shift or footprints: {counted(lost, 'group')}</span>" if lost else ""
        )
        self.map.draw(tiles, arrows, words=f"{key(names)}{dashed}{missing}", empty=_NO_FOOTPRINTS)


class ShiftTimes(Part):
    """
    dx and dy of every exposure against time, coloured by guide star; the value of each group as a line.

    Parameters
    ----------
    shifts : ShiftsModel
        Whose shifts are drawn.
    """

    def __init__(self, shifts: ShiftsModel) -> None:
        super().__init__("mw-chart")
        self.shifts = shifts
        self.x_axes = [axis("hours since the first exposure") for _ in range(2)]
        self.y_axes = [axis(f"{name} [mas]", vertical=True) for name in ("dx", "dy")]
        self.figures = [figure(x, y, []) for x, y in zip(self.x_axes, self.y_axes, strict=True)]
        for one in self.figures:
            one.layout.flex = "0 0 auto"
        self.rings = [
            Ring(drawn, x, y, self._picked)
            for drawn, x, y in zip(self.figures, self.x_axes, self.y_axes, strict=True)
        ]
        self.what = _choice("Show", (("shifts", "before"), ("less that of the group", "after")))
        self.words = text("", "mw-chart-words")
        self.children = (self.words,)
        self.what.observe(self._follow, "value")
        self.watch(shifts, self._follow, "value")
        if shifts.session is not None:
            self.watch(shifts.session.programs, self._follow_chosen, "selected")

    def _picked(self, root: str) -> None:
        """Choose the exposure of a point everywhere; a table of shifts alone has none."""
        if self.shifts.session is not None:
            self.shifts.session.choose([root], show=True)

    def _chosen(self) -> Sequence[str]:
        return () if self.shifts.session is None else self.shifts.session.programs.selected

    def _follow_chosen(self, _: Any) -> None:
        for ring in self.rings:
            ring.follow(self._chosen())

    def _follow(self, _: Any) -> None:
        facts = self.shifts.facts
        times = sorted(
            {t for one in facts.table.shifts for t in (*one.group.times, one.group.mjd)} if facts else ()
        )
        times = [time for time in times if math.isfinite(time)]
        if facts is None or not times:
            self.words.value = (
                "After a run, one point per exposure appears here."
                if facts is None
                else "The table tells no times of its exposures."
            )
            self.children = (self.words,)
            return
        for place in range(2):
            self._draw(place, facts, times[0], times[-1])
        left = [one for one in facts.exposures if not one.usable]
        told = (
            f"<span>{counted(len(left), 'fall-back')}: crosses where they have a value</span>" if left else ""
        )
        alone = f"<span>{escape(facts.sentence)}</span>" if facts.measured is None else ""
        self.words.value = (
            f"<span>points: exposures, lines: groups (dashed: taken from elsewhere)</span>{told}{alone}"
            + key(_star_colours(facts))
        )
        self.children = (self.what, *self.figures, self.words)

    def _draw(self, place: int, facts: ShiftFacts, first: float, last: float) -> None:
        x, y = self.x_axes[place], self.y_axes[place]
        scales = {"x": x.scale, "y": y.scale}
        span = max(24 * (last - first), 0.01)
        points_of: list[tuple[bqplot.Scatter, list[str]]] = []
        lines: list[bqplot.Mark] = []
        values: list[float] = []
        for star, colour in _star_colours(facts).items():
            for usable in (True, False):
                points = [
                    (24 * (one.mjd - first), 1000 * getattr(one, self.what.value)[place], one.root)
                    for one in facts.exposures
                    if one.guide_star == star and one.usable == usable
                    if math.isfinite(one.mjd) and math.isfinite(one.before[place])
                ]
                if points:
                    values += [point[1] for point in points]
                    drawn = _points(points, scales, colour, "circle" if usable else "cross")
                    points_of.append((drawn, [point[2] for point in points]))
            for one in facts.table.shifts:
                known = [24 * (time - first) for time in one.group.times if math.isfinite(time)]
                if star_of(one.group) == star and known and one.known:
                    value = 1000 * (one.dx, one.dy)[place] if self.what.value == "before" else 0.0
                    values.append(value)
                    lines.append(
                        bqplot.Lines(
                            x=[min(known) - 0.01 * span, max(known) + 0.01 * span],
                            y=[value, value],
                            colors=[colour],
                            stroke_width=1.5,
                            line_style="solid" if one.own else "dashed",
                            scales=scales,
                        )
                    )
        self.rings[place].put(points_of, self._chosen(), below=lines)
        fit_axis(x, 0.0, span)
        fit_axis(y, min(values, default=0.0), max(values, default=1.0), margin=0.12, count=4)

    def close(self) -> None:
        """Close the figures, too, when they are not on the page."""
        for one in (*self.figures, self.what, *(ring.mark for ring in self.rings)):
            close_all(one)
        super().close()


class Residuals(Part):
    """
    What is wrong with the positions before and after the shifts: of matched stars, else of whole exposures.

    Parameters
    ----------
    shifts : ShiftsModel
        Whose shifts are drawn.
    """

    def __init__(self, shifts: ShiftsModel) -> None:
        super().__init__("mw-looks")
        self.shifts = shifts
        self.when = _choice("Shifts", (("before", "before"), ("after", "after")))
        self.map = SkyMap()
        self.words = text("")
        self.children = (self.when, self.map, self.words)
        self.when.observe(self._follow, "value")
        self.watch(shifts, self._follow, "value")

    def _follow(self, _: Any) -> None:
        facts = self.shifts.facts
        if facts is None:
            self.words.value = ""
            self.map.draw((), empty="After a run, residuals before and after the shifts appear here.")
            return
        colours = _star_colours(facts)
        arrows = self._stars(facts, colours) or self._exposures(facts, colours)
        of = "matched stars" if facts.matches else "exposures (their stars were not kept)"
        tiles = [Tile(corners) for root, corners in facts.footprints.items() if root in facts.by_root]
        self.map.draw(
            tiles if arrows else (),
            arrows,
            longest=0.08,
            words=f"<span>residuals of {of} {escape(self.when.value)}, "
            f"rms {_rms([(one.dx, one.dy) for one in arrows])}</span>{key(colours)}",
            empty=_NO_FOOTPRINTS
            if facts.exposures
            else escape(facts.sentence) or "No exposure was measured.",
        )
        self.words.value = _overlap_words(facts)

    def _stars(self, facts: ShiftFacts, colours: dict[str, str]) -> list[Arrow]:
        found = []
        for one in facts.matches:
            if one.root in facts.by_root:
                dx, dy = getattr(one, self.when.value)
                star = star_of(facts.by_root[one.root].group)
                found.append(Arrow(one.ra, one.dec, dx, dy, colours[star]))
        return found

    def _exposures(self, facts: ShiftFacts, colours: dict[str, str]) -> list[Arrow]:
        found = []
        for one in facts.exposures:
            corners = facts.footprints.get(one.root)
            if corners and one.usable:
                dx, dy = getattr(one, self.when.value)
                found.append(Arrow(*mean_position(*np.array(corners).T), dx, dy, colours[one.guide_star]))
        return found


def _choice(name: str, options: Sequence[tuple[str, str]]) -> ipywidgets.ToggleButtons:
    made = ipywidgets.ToggleButtons(description=name, options=options)
    made.add_class("mw-toggle")
    return made


def _star_colours(facts: ShiftFacts) -> dict[str, str]:
    return {star: COLOURS[place % len(COLOURS)] for place, star in enumerate(facts.guide_stars)}


def replace_marks(one: bqplot.Figure, marks: list[bqplot.Mark]) -> None:
    """Show other marks in a figure, and close the old ones: not the scales, which the axes share."""
    old = one.marks
    one.marks = marks
    close_marks(old)


def _points(
    points: Sequence[tuple[float, float, str]], scales: dict[str, Any], colour: str, shape: str
) -> bqplot.Scatter:
    tip = bqplot.Tooltip(
        fields=["name", "x", "y"], labels=["exposure", "hours", "mas"], formats=["", ".3f", ".1f"]
    )
    return bqplot.Scatter(
        x=np.array([one[0] for one in points]),
        y=np.array([one[1] for one in points]),
        names=np.array([one[2] for one in points]),
        display_names=False,
        scales=scales,
        colors=[colour],
        marker=shape,
        default_size=46,
        stroke="#ffffff",
        tooltip=tip,
    )


def _rms(steps: Iterable[tuple[float, float]]) -> str:
    """Root mean square per axis, for people."""
    known = np.array([step for step in steps if all(map(math.isfinite, step))]).reshape(-1, 2)
    return f"{1000 * float(np.sqrt(np.mean(known**2))):.1f} mas per axis" if len(known) else "not known"


def _overlap_words(facts: ShiftFacts) -> str:
    if not facts.overlaps:
        return ""
    before, after = ([getattr(one, when) for one in facts.overlaps] for when in ("before", "after"))
    return (
        f"<p>{len(facts.overlaps)} overlaps of exposures of different groups disagree by "
        f"{_rms(before)} before and {_rms(after)} after the shifts.</p>"
    )
