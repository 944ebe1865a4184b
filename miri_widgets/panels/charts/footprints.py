"""Footprints of exposures on the sky, with arrows and an outline."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import bqplot
import numpy as np
from numpy.typing import NDArray

from miri_widgets.analysis.footprints import Corners
from miri_widgets.core.tangent_plane import mean_position, to_plane
from miri_widgets.panels.charts.chart import INK, axis, figure, fit_axis
from miri_widgets.panels.parts.base_view import Part, close_all
from miri_widgets.panels.parts.theme import escape, text

__all__ = ["Arrow", "FootprintMap", "Tile", "angle_text", "key", "round_length"]

_WIDTH, _HEIGHT = 560, 420
_MARGINS = {"top": 10, "bottom": 42, "left": 62, "right": 16}
_FADED = "#b8c0ca"


@dataclass(frozen=True)
class Tile:
    """A footprint: corners (RA, Dec) in degrees, colour, and a name written on it."""

    corners: Corners
    colour: str = _FADED
    name: str = ""


@dataclass(frozen=True)
class Arrow:
    """A shift (dx, dy) in arcsec at (RA, Dec) in degrees; dashed if it comes from another group."""

    ra: float
    dec: float
    dx: float
    dy: float
    colour: str = INK
    dashed: bool = False


class FootprintMap(Part):
    """
    A map with north up and east to the left, in arcmin from the centre of the drawn footprints.

    Parameters
    ----------
    height : int
        Height of the figure in CSS pixels at its full width; a narrower one is lower, in the same shape.

    Attributes
    ----------
    scale : str
        Length of the scale bar as text; empty without arrows.
    centre : tuple of float or None
        (RA, Dec) in degrees of the origin of the axes; None if nothing is drawn.
    """

    def __init__(self, height: int = _HEIGHT) -> None:
        super().__init__("mw-chart", "mw-sky")
        self._height = height
        self.add_class(f"mw-sky-{height}")
        self.centre: tuple[float, float] | None = None
        self.x_axis = axis("Δα cos δ from field centre [arcmin]")
        self.x_axis.scale.reverse = True
        self.y_axis = axis("Δδ [arcmin]", vertical=True)
        self.figure = figure(self.x_axis, self.y_axis, [])
        self.figure.fig_margin = dict(_MARGINS)
        # one arcmin is as long on both axes
        self.figure.min_aspect_ratio = self.figure.max_aspect_ratio = _WIDTH / height
        self.figure.layout.width, self.figure.layout.height = f"{_WIDTH}px", f"{height}px"
        self.figure.layout.max_width = "100%"
        self.figure.layout.flex = "0 0 auto"
        self.status = text("", "mw-chart-words")
        self.scale = ""
        self.children = [self.status]

    def draw(
        self,
        tiles: Sequence[Tile],
        arrows: Sequence[Arrow] = (),
        *,
        outline: Corners = (),
        longest: float = 0.2,
        caption: str = "",
        empty: str = "",
    ) -> None:
        """
        Draw footprints, arrows and outline, replacing the current ones.

        Parameters
        ----------
        tiles : sequence of Tile
            Footprints.
        arrows : sequence of Arrow
            Shifts, all with the scale of the bar.
        outline : Corners
            Corners of a thick outline.
        longest : float
            Length of the longest arrow as a fraction of the map's width.
        caption, empty : str
            HTML below the map, and instead of an empty map.
        """
        old = self.figure.marks
        positions = [corner for tile in tiles for corner in tile.corners]
        positions += [*outline, *((arrow.ra, arrow.dec) for arrow in arrows)]
        self.scale, self.centre = "", None
        if not positions:
            self.figure.marks = []
            self.status.value = empty
            self.children = [self.status]
        else:
            centre = self.centre = mean_position(*np.array(positions, float).T)
            width = self._fit(_arcmin(positions, centre))
            marks = [*self._tiles(tiles, centre), *self._outline(outline, centre)]
            self.figure.marks = [*marks, *self._arrows(arrows, centre, width, longest)]
            bar = f"<span>bar: {escape(self.scale)}</span>" if self.scale else ""
            self.status.value = f"{caption}{bar}"
            self.children = [self.figure, self.status]
        for mark in old:
            mark.close()

    @property
    def _scales(self) -> dict[str, bqplot.Scale]:
        return {"x": self.x_axis.scale, "y": self.y_axis.scale}

    def _fit(self, positions: NDArray[np.float64]) -> float:
        """Fit the axes to all positions; return the width [arcmin]."""
        low, high = positions.min(axis=0), positions.max(axis=0)
        middle, half = (low + high) / 2, np.maximum((high - low) / 2 * 1.12, 0.05)
        plot = (
            _WIDTH - _MARGINS["left"] - _MARGINS["right"],
            self._height - _MARGINS["top"] - _MARGINS["bottom"],
        )
        tall = max(half[1], half[0] * plot[1] / plot[0])
        half = np.array([tall * plot[0] / plot[1], tall])
        for axis_, centre, reach in zip((self.x_axis, self.y_axis), middle, half, strict=True):
            fit_axis(axis_, float(centre - reach), float(centre + reach), margin=0.0)
        self._corner = middle + half * np.array([0.9, -0.88])  # lower left: x grows to the left
        return float(2 * half[0])

    def _tiles(self, tiles: Sequence[Tile], centre: tuple[float, float]) -> list[bqplot.Mark]:
        if not tiles:
            return []
        shapes = [_arcmin(tile.corners, centre) for tile in tiles]
        most = max(len(shape) for shape in shapes)
        # a polygon with fewer corners stays on its last one
        closed = np.stack([np.concatenate([s, np.repeat(s[-1:], most - len(s), 0), s[:1]]) for s in shapes])
        colours = [tile.colour for tile in tiles]
        marks: list[bqplot.Mark] = [
            bqplot.Lines(
                x=closed[:, :, 0],
                y=closed[:, :, 1],
                colors=colours,
                fill="inside",
                fill_colors=colours,
                fill_opacities=[0.05] * len(tiles),
                stroke_width=1.2,
                scales=self._scales,
            )
        ]
        named: dict[str, list[NDArray[np.float64]]] = {}
        for tile, shape in zip(tiles, shapes, strict=True):
            if tile.name:
                named.setdefault(tile.name, []).append(0.25 * shape.mean(axis=0) + 0.75 * _top(shape))
        if named:
            spots = np.array([np.mean(some, axis=0) for some in named.values()])
            marks.append(self._label(spots, list(named)))
        return marks

    def _label(self, positions: NDArray[np.float64], names: list[str], align: str = "middle") -> bqplot.Label:
        return bqplot.Label(
            x=positions[:, 0],
            y=positions[:, 1],
            text=names,
            colors=[INK],
            default_size=12,
            font_weight="normal",
            align=align,
            scales=self._scales,
        )

    def _outline(self, outline: Corners, centre: tuple[float, float]) -> list[bqplot.Mark]:
        if not outline:
            return []
        shape = _arcmin([*outline, outline[0]], centre)
        return [
            bqplot.Lines(
                x=shape[:, 0], y=shape[:, 1], colors=["#c0392b"], stroke_width=2.0, scales=self._scales
            )
        ]

    def _arrows(
        self, arrows: Sequence[Arrow], centre: tuple[float, float], width: float, longest: float
    ) -> list[bqplot.Mark]:
        lengths = [math.hypot(arrow.dx, arrow.dy) for arrow in arrows]
        if not lengths or max(lengths) == 0:
            return []
        factor = longest * width / max(lengths)
        shafts: dict[tuple[str, bool], list[NDArray[np.float64]]] = {}
        heads: dict[tuple[str, bool], list[NDArray[np.float64]]] = {}
        for arrow in arrows:
            tail = _arcmin([(arrow.ra, arrow.dec)], centre)[0]
            shaft, head = _arrow(tail, factor * np.array([arrow.dx, arrow.dy]), 0.022 * width)
            shafts.setdefault((arrow.colour, arrow.dashed), []).append(shaft)
            heads.setdefault((arrow.colour, False), []).append(head)
        marks = [
            bqplot.Lines(
                x=np.stack(shapes)[:, :, 0],
                y=np.stack(shapes)[:, :, 1],
                colors=[colour],
                stroke_width=2.0,
                line_style="dashed" if dashed else "solid",
                scales=self._scales,
            )
            for kind in (shafts, heads)
            for (colour, dashed), shapes in kind.items()
        ]
        length = round_length(max(lengths))
        self.scale = angle_text(length)
        bar = self._corner - np.array([[0.0, 0.0], [factor * length, 0.0]])
        marks.append(
            bqplot.Lines(x=bar[:, 0], y=bar[:, 1], colors=["#000000"], stroke_width=3.0, scales=self._scales)
        )
        marks.append(self._label(bar.mean(axis=0)[None] + [[0.0, 0.02 * width]], [self.scale]))
        return marks

    def close(self) -> None:
        """Close the view and the figure, even if it is not on the page."""
        close_all(self.figure)
        super().close()


def round_length(longest: float) -> float:
    """
    Return the largest of 1, 2 or 5 times a power of ten that is not longer.

    Parameters
    ----------
    longest : float
        Longest allowed length, positive.

    Returns
    -------
    float
        The round length.
    """
    power = 10.0 ** math.floor(math.log10(longest))
    return max(factor * power for factor in (1.0, 2.0, 5.0) if factor * power <= longest * (1 + 1e-9))


def angle_text(arcsec: float) -> str:
    """
    Format an angle.

    Parameters
    ----------
    arcsec : float
        The angle [arcsec].

    Returns
    -------
    str
        The angle with its unit.
    """
    return f"{arcsec:g} arcsec" if arcsec >= 1 else f"{arcsec * 1000:g} mas"


def key(colours: dict[str, str]) -> str:
    """
    Return an HTML legend.

    Parameters
    ----------
    colours : dict of str to str
        Colour by name.

    Returns
    -------
    str
        HTML.
    """
    return "".join(
        f'<span class="mw-key"><i style="background:{colour}"></i>{escape(name)}</span>'
        for name, colour in colours.items()
    )


def _arcmin(positions: Sequence[tuple[float, float]] | Corners, centre: tuple[float, float]) -> NDArray:
    ra, dec = np.array(positions, float).T
    return np.column_stack(to_plane(ra, dec, centre)) / 60


def _top(shape: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the middle of the top of a polygon, where no arrow starts."""
    return np.array([shape[:, 0].mean(), shape[:, 1].max()])


def _arrow(
    tail: NDArray[np.float64], step: NDArray[np.float64], head: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the shaft, shape (2, 2), and the head, shape (3, 2)."""
    tip = tail + step
    length = math.hypot(*step)
    back = -step / length * min(head, 0.4 * length) if length else np.zeros(2)
    sides = [tip + np.array([back[0] - s * 0.45 * back[1], back[1] + s * 0.45 * back[0]]) for s in (1, -1)]
    return np.stack([tail, tip]), np.stack([sides[0], tip, sides[1]])
