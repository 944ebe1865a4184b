"""Shared parts of figures: colours, margins, ticks."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import bqplot
import ipywidgets
import numpy as np
from numpy.typing import NDArray

from miri_widgets.panels.parts.base_view import close_all

__all__ = [
    "CHOSEN",
    "COLOURS",
    "HEIGHT",
    "Ring",
    "axis",
    "close_marks",
    "dots",
    "figure",
    "fit_axis",
    "round_ticks",
]

INK = "#5b6775"
HEIGHT = "190px"

# Okabe and Ito (2008): told apart by colour-blind readers, too.
COLOURS = (
    "#0072b2", "#e69f00", "#009e73", "#cc79a7", "#d55e00", "#56b4e9", "#8c6d1f", "#5b6775", "#000000",
    "#b8a000",
)  # fmt: skip


def axis(label: str, *, vertical: bool = False) -> bqplot.Axis:
    """
    Return an axis with its own linear scale.

    Parameters
    ----------
    label : str
        Label of the axis.
    vertical : bool
        Whether it is a y axis.

    Returns
    -------
    bqplot.Axis
        The axis.
    """
    return bqplot.Axis(
        scale=bqplot.LinearScale(),
        label=label,
        orientation="vertical" if vertical else "horizontal",
        color=INK,
        label_color=INK,
        grid_color="#e3e8ee",
        label_offset="46px" if vertical else "32px",
    )


def figure(x: bqplot.Axis, y: bqplot.Axis, marks: list[bqplot.Mark]) -> bqplot.Figure:
    """
    Return a figure as wide as its container.

    Parameters
    ----------
    x, y : bqplot.Axis
        The axes.
    marks : list of bqplot.Mark
        What is drawn.

    Returns
    -------
    bqplot.Figure
        The figure.
    """
    return bqplot.Figure(
        marks=marks,
        axes=[x, y],
        fig_margin={"top": 10, "bottom": 42, "left": 62, "right": 16},
        layout=ipywidgets.Layout(width="100%", height=HEIGHT),
        animation_duration=0,
    )


def dots(
    points: Sequence[tuple[float, float, str]],
    x: bqplot.Axis,
    y: bqplot.Axis,
    colour: str,
    label: str,
    *,
    horizontal: str = "hours",
) -> bqplot.Scatter:
    """
    Return named points with a tooltip.

    Parameters
    ----------
    points : sequence of (float, float, str)
        Position on both axes, and name.
    x, y : Axis
        The axes, with their scales.
    colour : str
        Colour of the points.
    label, horizontal : str
        Names of the two axes in the tooltip.

    Returns
    -------
    bqplot.Scatter
        The points.
    """
    tip = bqplot.Tooltip(
        fields=["name", "x", "y"], labels=["exposure", horizontal, label], formats=["", ".3f", ".5g"]
    )
    return bqplot.Scatter(
        x=np.array([point[0] for point in points]),
        y=np.array([point[1] for point in points]),
        names=np.array([point[2] for point in points]),
        display_names=False,
        scales={"x": x.scale, "y": y.scale},
        colors=[colour],
        default_size=46,
        stroke="#ffffff",
        tooltip=tip,
    )


def round_ticks(low: float, high: float, count: int = 5) -> NDArray[np.float64]:
    """
    Return round numbers between two values.

    Parameters
    ----------
    low, high : float
        The range, low < high.
    count : int
        Approximate number of ticks.

    Returns
    -------
    ndarray
        Ticks, ascending.
    """
    raw = (high - low) / max(count - 1, 1)
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(power * factor for factor in (1.0, 2.0, 5.0, 10.0) if raw <= power * factor * 1.3)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return np.array([number * step for number in range(first, last + 1)], dtype=np.float64)


def fit_axis(axis_: bqplot.Axis, low: float, high: float, *, margin: float = 0.06, count: int = 5) -> None:
    """
    Set the range of an axis with a margin on both sides, and label round numbers.

    Parameters
    ----------
    axis_ : bqplot.Axis
        The axis.
    low, high : float
        Smallest and largest value.
    margin : float
        Margin as a fraction of the range.
    count : int
        Approximate number of ticks.
    """
    width = (high - low) or max(abs(low) * 0.1, 1e-3)
    low, high = low - margin * width, high + margin * width
    ticks = round_ticks(low, high, count)
    # bqplot's own ticks have as many digits as it takes; these have as many as they need
    step = float(ticks[1] - ticks[0]) if len(ticks) > 1 else width
    digits = max(0, -math.floor(math.log10(step) + 1e-9))
    largest = float(np.abs(ticks).max()) if len(ticks) else 0.0
    scale: Any = axis_.scale
    with scale.hold_sync():
        scale.min, scale.max = float(low), float(high)
    with axis_.hold_sync():
        axis_.tick_values = ticks
        axis_.tick_format = ".1e" if largest >= 1e5 or digits > 5 else f".{digits}f"


CHOSEN = "#d0021b"
"""Of what is chosen, in charts and maps."""


def close_marks(marks: Iterable[bqplot.Mark]) -> None:
    """
    Close marks that no figure shows, and their tooltips, but not the shared scales.

    Parameters
    ----------
    marks : iterable of bqplot.Mark
        The marks.
    """
    for mark in marks:
        if mark.tooltip is not None:
            close_all(mark.tooltip)
        mark.close()


class Ring:
    """
    A ring around the chosen points of a chart; a click on a point chooses its exposure.

    Parameters
    ----------
    chart : Figure
        The chart.
    x, y : Axis
        Its axes.
    picked : callable
        Called with the exposure of a clicked point.
    """

    def __init__(
        self, chart: bqplot.Figure, x: bqplot.Axis, y: bqplot.Axis, picked: Callable[[str], None]
    ) -> None:
        self._figure, self._picked = chart, picked
        self._positions: dict[str, list[tuple[float, float]]] = {}
        self.mark = bqplot.Scatter(
            x=np.zeros(0), y=np.zeros(0), scales={"x": x.scale, "y": y.scale}, colors=[CHOSEN], fill=False,
            default_size=190, stroke_width=2.4, marker="circle",
        )  # fmt: skip

    def set_marks(
        self,
        marks: Sequence[tuple[bqplot.Scatter, Sequence[str]]],
        chosen: Sequence[str],
        below: Sequence[bqplot.Mark] = (),
    ) -> None:
        """
        Replace the marks, react to clicks on them, and draw the ring above them.

        Parameters
        ----------
        marks : sequence of (Scatter, sequence of str)
            Marks, with the exposure of every point.
        chosen : sequence of str
            The chosen exposures.
        below : sequence of Mark
            Marks drawn below, not clickable.
        """
        self._positions = {}
        for mark, roots in marks:
            for root, x, y in zip(roots, mark.x, mark.y, strict=True):
                self._positions.setdefault(root, []).append((float(x), float(y)))
            mark.on_element_click(lambda _, event, roots=tuple(roots): self._clicked(event, roots))
        old = [mark for mark in self._figure.marks if mark is not self.mark]
        self._figure.marks = [*below, *(mark for mark, _ in marks), self.mark]
        self.highlight(chosen)
        close_marks(old)

    def highlight(self, chosen: Sequence[str]) -> None:
        """
        Draw the ring around chosen exposures.

        Parameters
        ----------
        chosen : sequence of str
            Roots of the exposures.
        """
        positions = np.array(
            [position for root in chosen for position in self._positions.get(root, ())], float
        ).reshape(-1, 2)
        with self.mark.hold_sync():
            self.mark.x, self.mark.y = positions[:, 0], positions[:, 1]

    def _clicked(self, event: Mapping[str, Any], roots: Sequence[str]) -> None:
        index = (event.get("data") or {}).get("index")
        if isinstance(index, int) and 0 <= index < len(roots):
            self._picked(roots[index])
