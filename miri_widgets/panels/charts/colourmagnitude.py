"""Colour against magnitude of the sources of a catalogue."""

from __future__ import annotations

import math
from typing import Any

import bqplot
import ipywidgets
import numpy as np

from miri_widgets.analysis.catalog_sources import CatalogSource
from miri_widgets.core.photometry.catalog import EXTENDED, POINT, SHARP, UNSURE
from miri_widgets.models.catalog_choice import CatalogModel
from miri_widgets.panels.charts.chart import axis, figure, fit_axis
from miri_widgets.panels.charts.footprints import key
from miri_widgets.panels.parts.base_view import Part, close_hidden
from miri_widgets.panels.parts.theme import escape, text

__all__ = ["SHAPE_COLOURS", "ColourMagnitude"]

SHAPE_COLOURS = {POINT: "#0072b2", EXTENDED: "#e69f00", SHARP: "#d55e00", UNSURE: "#5b6775"}
"""Colours of the kinds of sources, here and on the image."""

_SYMBOLS = {POINT: "circle", EXTENDED: "square", SHARP: "triangle-up", UNSURE: "cross"}
_ZERO_UJY = 23.9  # AB magnitude of one microjansky
_HEIGHT = "280px"


class ColourMagnitude(Part):
    """
    One point per source: its colour and its magnitude in the first of the two filters; a click chooses it.

    Parameters
    ----------
    catalog : CatalogModel
        The catalogue.
    """

    def __init__(self, catalog: CatalogModel) -> None:
        super().__init__("mw-chart")
        self.catalog = catalog
        self.x, self.y = axis("colour [mag]"), axis("magnitude", vertical=True)
        self.y.scale.reverse = True
        scales = {"x": self.x.scale, "y": self.y.scale}
        tip = bqplot.Tooltip(
            fields=["name", "x", "y"], labels=["source", "colour", "AB mag"], formats=["", ".2f", ".2f"]
        )
        self.dots = {
            kind: bqplot.Scatter(
                x=[], y=[], names=[], display_names=False, scales=scales, colors=[colour], marker=_SYMBOLS[kind],
                default_size=28, tooltip=tip,
            )
            for kind, colour in SHAPE_COLOURS.items()
        }  # fmt: skip
        self.ring = bqplot.Scatter(
            x=[], y=[], scales=scales, colors=["#d62728"], fill=False, default_size=220, stroke_width=2.5
        )
        self.figure = figure(self.x, self.y, [*self.dots.values(), self.ring])
        self.figure.layout.height = _HEIGHT
        self.status = text("", "mw-chart-words")
        self._numbers: dict[str, list[int]] = {}
        for kind, dots in self.dots.items():
            dots.on_element_click(self._clicker(kind))
        self.watch(catalog, self._update, "value", "kind", "pair")
        self.watch(catalog, self._update_chosen, "chosen", "value", "pair")

    def _clicker(self, kind: str) -> Any:
        def clicked(_: Any, event: dict[str, Any]) -> None:
            index = event.get("data", {}).get("index", -1)
            if 0 <= index < len(self._numbers.get(kind, [])):
                self.catalog.chosen = self._numbers[kind][index]

        return clicked

    def _point(self, source: CatalogSource) -> tuple[float, float] | None:
        """Return colour and magnitude; None if either is unknown."""
        catalog = self.catalog.value
        if catalog is None or not catalog.pairs or self.catalog.pair >= len(source.colours):
            return None
        flux = source.fluxes[catalog.pairs[self.catalog.pair][0]].flux
        value = source.colours[self.catalog.pair][0]
        if not (math.isfinite(value) and flux > 0):
            return None
        return value, _ZERO_UJY - 2.5 * math.log10(flux)

    def _update(self, _: Any) -> None:
        catalog = self.catalog.value
        if catalog is None or not catalog.pairs:
            self._set_children()
            return
        points: dict[str, list[tuple[float, float]]] = {kind: [] for kind in self.dots}
        self._numbers = {kind: [] for kind in self.dots}
        for source in self.catalog.sources:
            point = self._point(source)
            kind = source.shape or UNSURE
            if point is not None:
                points[kind].append(point)
                self._numbers[kind].append(source.number)
        for kind, dots in self.dots.items():
            with dots.hold_sync():
                dots.x, dots.y = np.array(points[kind], float).reshape(-1, 2).T
                dots.names = np.array([str(number) for number in self._numbers[kind]])
        values = np.array([point for kind_points in points.values() for point in kind_points])
        if len(values):
            low, high = values.min(axis=0), values.max(axis=0)
            fit_axis(self.x, float(low[0]), float(high[0]))
            fit_axis(self.y, float(low[1]), float(high[1]))
        self.x.label = f"{catalog.colour_names()[self.catalog.pair]} [AB mag]"
        self.y.label = f"{catalog.filters[catalog.pairs[self.catalog.pair][0]]} [AB mag]"
        kinds = [kind for kind in self.dots if points[kind]]
        keys = key({kind: SHAPE_COLOURS[kind] for kind in kinds})
        missing_count = len(self.catalog.sources) - len(values)
        missing = (
            f"<span>{missing_count} without this colour: not seen in both filters</span>"
            if missing_count
            else ""
        )
        self.status.value = keys + missing if len(values) else escape("No source is seen in both filters.")
        self._set_children(self.status, *([self.figure] if len(values) else []))

    def _set_children(self, *children: ipywidgets.Widget) -> None:
        self.children = children

    def _update_chosen(self, _: Any) -> None:
        source = self.catalog.source
        point = self._point(source) if source is not None else None
        with self.ring.hold_sync():
            self.ring.x, self.ring.y = ([point[0]], [point[1]]) if point is not None else ([], [])

    def close(self) -> None:
        """Close the view and the figure, even if it is not on the page."""
        close_hidden((self.status, self.figure), self)
        super().close()
