"""The exposures of a program on the sky: coloured by a property, chosen by a click."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import bqplot
import ipywidgets
import numpy as np
from bqplot_image_gl.interacts import MouseInteraction

from miri_widgets.analysis.footprints import Corners
from miri_widgets.core.tangent_plane import from_plane, to_plane
from miri_widgets.models.exposure_map import COLOURINGS, Colouring, ExposureMap
from miri_widgets.models.session import SessionModel
from miri_widgets.panels.charts.chart import CHOSEN, COLOURS
from miri_widgets.panels.charts.footprints import FootprintMap, Tile, key
from miri_widgets.panels.parts.base_view import Part
from miri_widgets.panels.parts.theme import escape, text
from miri_widgets.products.filter_colours import filter_colour

__all__ = ["ExposureMapView", "PickMap", "painted"]

_RAMP = ("#00224e", "#3b496c", "#75757a", "#b2a570", "#e0bf1f")
"""Dark to light of cividis, which colour-blind readers see as others do; the last one darker, for white paper."""
_NONE = "#c3c9d1"
_GRID = "#c0392b"
_HEIGHT = 260
_NAMED = ("tile", "guide_star")


class PickMap(FootprintMap):
    """
    A clickable map that outlines chosen footprints.

    Parameters
    ----------
    picked : callable
        Called with (RA, Dec) in degrees of a click.
    height : int
        Height of the figure in CSS pixels.
    """

    def __init__(self, picked: Callable[[float, float], None], height: int) -> None:
        super().__init__(height)
        self._picked = picked
        self._chosen: bqplot.Lines | None = None
        self.mouse = MouseInteraction(
            x_scale=self.x_axis.scale, y_scale=self.y_axis.scale, move_throttle=200, events=["click"]
        )
        self.mouse.on_msg(self._on_mouse)
        self.figure.interaction = self.mouse

    def _on_mouse(self, _interaction: Any, message: Mapping[str, Any], _buffers: Any) -> None:
        position = message.get("domain") or {}
        x, y = position.get("x"), position.get("y")
        if message.get("event") == "click" and self.centre is not None and x is not None and y is not None:
            ra, dec = from_plane(60 * float(x), 60 * float(y), self.centre)
            self._picked(float(ra), float(dec))

    def highlight(self, shapes: Sequence[Corners]) -> None:
        """
        Outline footprints, replacing earlier outlines.

        Parameters
        ----------
        shapes : sequence of Corners
            Corners of each footprint.
        """
        old, self._chosen = self._chosen, None
        if shapes and self.centre is not None:
            most = max(map(len, shapes)) + 1
            closed = np.array([[*shape, *[shape[0]] * (most - len(shape))] for shape in shapes], float)
            x, y = (coordinate / 60 for coordinate in to_plane(closed[:, :, 0], closed[:, :, 1], self.centre))
            scales = {"x": self.x_axis.scale, "y": self.y_axis.scale}
            self._chosen = bqplot.Lines(x=x, y=y, colors=[CHOSEN], stroke_width=3.0, scales=scales)
        remaining = [mark for mark in self.figure.marks if mark is not old]
        self.figure.marks = remaining if self._chosen is None else [*remaining, self._chosen]
        if old is not None:
            old.close()

    def forget(self) -> None:
        """Forget the highlight before the marks of the figure are replaced."""
        self._chosen = None


class ExposureMapView(Part):
    """
    The map, the property that colours it, and the chosen exposure.

    Parameters
    ----------
    session : SessionModel
        The session.
    """

    def __init__(self, session: SessionModel) -> None:
        super().__init__("mw-exposure-map")
        self.session = session
        self.model = ExposureMap(session)
        options = [(colouring.title, name) for name, colouring in COLOURINGS.items()]
        self.colour = ipywidgets.Dropdown(description="Colour by", options=options, value=self.model.by)
        self.colour.add_class("mw-control")
        self.map = PickMap(self._picked, _HEIGHT)
        self.status = text("", "mw-muted")
        head = ipywidgets.HBox([self.colour, self.status])
        head.add_class("mw-row")
        self.children = (head, self.map)
        self._drawn_state: Any = None
        self.colour.observe(self._coloured, "value")
        self.watch(self.model, self._update, "value", "by", "working")
        self.watch(session.programs, self._update, "states", "excluded", "exposures")
        self.watch(session, self._update, "measured")
        if self.model.shifts is not None:
            self.watch(self.model.shifts, self._update, "value")
        if "grid" in session.models:
            self.watch(session.models["grid"], self._update, "settings", "loaded")
        self.watch(session, self._update, "chain")
        self.watch(session.programs, self._update_chosen, "selected")

    def _coloured(self, change: Mapping[str, Any]) -> None:
        self.model.by = change["new"]

    def _update(self, _: Any) -> None:
        corners = self.model.corners
        values, outline = self.model.colours(), self.model.outline()
        state = (
            id(self.model.value),
            self.model.by,
            dict(values),
            outline,
            self.model.working and not corners,
        )
        if state == self._drawn_state:
            return
        self._drawn_state = state
        colouring = COLOURINGS[self.model.by]
        paint, legend = painted(colouring, {root: values[root] for root in corners if root in values})
        named = self.model.by in _NAMED
        tiles = [
            Tile(corners[root], paint.get(root, _NONE), str(values.get(root, "")) if named else "")
            for root in corners
        ]
        uncoloured = [root for root in corners if root not in paint]
        extra = {f"not known ({len(uncoloured)})": _NONE} if uncoloured else {}
        grid = {"mosaic grid": _GRID} if outline else {}
        self.map.forget()
        self.map.draw(tiles, outline=outline, caption=key(legend | extra | grid), empty=escape(self._empty()))
        self._update_chosen(None)

    def _empty(self) -> str:
        if self.model.working or not self.session.programs.scanned:
            return "Reading footprints …"
        if not self.session.programs.exposures:
            return ""
        return "Footprints appear after Image 2."

    def _update_chosen(self, _: Any) -> None:
        selected = self.session.programs.selected
        corners = self.model.corners
        self.map.highlight([corners[root] for root in selected if root in corners])
        self.status.value = escape(self._selection_text(selected))

    def _selection_text(self, selected: tuple[str, ...]) -> str:
        if not self.model.corners:
            return ""
        if not selected:
            return "North is up, east to the left. Click an exposure to choose and show it; click again for the next one below."
        if len(selected) > 1:
            return f"{len(selected)} exposures are chosen."
        exposure = self.session.programs.find(selected[0])
        value = self.model.colours().get(selected[0], "not known")
        colouring = COLOURINGS[self.model.by]
        shown = f"{value:.4g} {colouring.unit}" if isinstance(value, float) else value
        return f"{exposure.label if exposure else selected[0]}: {colouring.title} {shown}"

    def _picked(self, ra: float, dec: float) -> None:
        """Choose the next exposure below the pointer, or none on empty sky."""
        root = self.model.next_under(ra, dec)
        self.session.choose([root] if root else [], show=True)

    def close(self) -> None:
        """Close the view and the footprints."""
        super().close()
        self.model.close()


def painted(colouring: Colouring, values: Mapping[str, str | float]) -> tuple[dict[str, str], dict[str, str]]:
    """
    Assign a colour to every exposure.

    Parameters
    ----------
    colouring : Colouring
        The property and its order.
    values : mapping
        Text or number by root.

    Returns
    -------
    (dict, dict)
        Colour by root; colour by label of the legend.
    """
    numbers = {
        root: value for root, value in values.items() if isinstance(value, float) and math.isfinite(value)
    }
    if numbers:
        return _ramp(numbers, colouring.unit)
    values_ = sorted({str(value) for value in values.values()}, key=lambda value_: (len(value_), value_))
    if colouring.order:
        values_.sort(
            key=lambda value_: (
                colouring.order.index(value_) if value_ in colouring.order else len(colouring.order)
            )
        )
    order = colouring.order
    colours = {
        value_: filter_colour(value_)
        if colouring == COLOURINGS["filter"]
        else COLOURS[(order.index(value_) if value_ in order else index) % len(COLOURS)]
        for index, value_ in enumerate(values_)
    }
    legend = dict(list(colours.items())[: len(COLOURS)])
    if len(values_) > len(legend):
        legend[f"{len(values_) - len(legend)} more, in the same colours: read the names on the map"] = (
            "transparent"
        )
    return {root: colours[str(value)] for root, value in values.items()}, legend


def _ramp(values: Mapping[str, float], unit: str) -> tuple[dict[str, str], dict[str, str]]:
    low, high = min(values.values()), max(values.values())
    if high <= low:
        return dict.fromkeys(values, _RAMP[2]), {f"{low:.4g} {unit}".strip(): _RAMP[2]}
    step = (high - low) / len(_RAMP)
    digits = max(0, 1 - math.floor(math.log10(step)))
    paint = {root: _RAMP[min(int((value - low) / step), len(_RAMP) - 1)] for root, value in values.items()}
    legend = {
        f"{low + n * step:.{digits}f} to {low + (n + 1) * step:.{digits}f}{f' {unit}' if n == 4 else ''}": colour
        for n, colour in enumerate(_RAMP)
    }
    return paint, legend
