"""Scale bar and compass: drawn at fixed places of a bqplot figure, for the part of the image in view."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import bqplot
import numpy as np
from astropy.wcs import WCS

__all__ = ["SCALE_BARS", "Annotations", "ScaleBar", "compass_of", "scale_bar_of"]

SCALE_BARS = (
    *((length, f"{length:g}″") for length in (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30)),
    *((60.0 * length, f"{length:g}′") for length in (1, 2, 5, 10, 20, 30)),
    (3600.0, "1°"),
)
"""Lengths of scale bars, arcsec, and how they are written: round numbers in each unit."""

_LONGEST = 0.25  # of the width in view
_ARROW = 0.11  # of the smaller side in view
_LEFT, _BOTTOM = 0.05, 0.07
_COLOURS = ("#000000", "#ffffff")  # black below white: seen on every image
_OUTLINED = (*(("#000000", right, down) for right in (-1, 1) for down in (-1, 1)), ("#ffffff", 0, 0))
_LABELS = 3
"""Texts of scale bar and compass. Trap: bqplot draws between two changes of arrays, which must not differ in length."""


@dataclass(frozen=True)
class ScaleBar:
    """
    A scale bar.

    Attributes
    ----------
    share : float
        Its length as a fraction of the width in view.
    text : str
        Its length on the sky, as ``10″`` or ``2′``.
    """

    share: float
    text: str


def scale_bar_of(width_arcsec: float) -> ScaleBar | None:
    """
    Return the longest round scale bar that takes a quarter of the width in view at most.

    Parameters
    ----------
    width_arcsec : float
        Width of the part in view.

    Returns
    -------
    ScaleBar or None
        None where none of them fits.
    """
    if not (math.isfinite(width_arcsec) and width_arcsec > 0):
        return None
    fitting = [bar for bar in SCALE_BARS if bar[0] <= _LONGEST * width_arcsec]
    if not fitting:
        return None
    length, text = fitting[-1]
    return ScaleBar(length / width_arcsec, text)


def compass_of(wcs: WCS, x: float, y: float) -> tuple[tuple[float, float], tuple[float, float], float] | None:
    """
    Return the directions of north and east at a position, and the scale.

    Parameters
    ----------
    wcs : WCS
        World coordinates of the image.
    x, y : float
        0-based pixels.

    Returns
    -------
    tuple or None
        Unit vectors (x, y) of north and east in pixels, and arcsec per pixel along x; None where the WCS says nothing.
    """
    sky = wcs.pixel_to_world([x, x + 0.5, x - 0.5, x, x], [y, y, y, y + 0.5, y - 0.5]).icrs
    ra, dec = np.asarray(sky.ra.deg), np.asarray(sky.dec.deg)
    if not (np.isfinite(ra).all() and np.isfinite(dec).all()):
        return None
    cos_dec = math.cos(math.radians(float(dec[0])))
    to_east = ((ra[1::2] - ra[2::2] + 180) % 360 - 180) * cos_dec
    to_north = dec[1::2] - dec[2::2]
    jacobian = np.array([to_east, to_north])  # d(east, north) / d(x, y), degrees
    if not abs(np.linalg.det(jacobian)) > 0:
        return None
    inverse = np.linalg.inv(jacobian)
    north, east = (inverse[:, axis] / np.linalg.norm(inverse[:, axis]) for axis in (1, 0))
    scale = 3600 * math.hypot(to_east[0], to_north[0])
    return (float(north[0]), float(north[1])), (float(east[0]), float(east[1])), scale


class Annotations:
    """
    Marks of a figure: a scale bar at the lower left, a compass at the lower right.

    They have scales of their own, from 0 to 1 across the figure, so that they stay in place while an image is moved.

    Attributes
    ----------
    marks : list of bqplot.Mark
        What is drawn; to be the last marks of a figure.
    """

    def __init__(self) -> None:
        scales = {
            "x": bqplot.LinearScale(min=0.0, max=1.0, allow_padding=False),
            "y": bqplot.LinearScale(min=0.0, max=1.0, allow_padding=False),
        }
        self._lines = [
            bqplot.Lines(x=[0.0], y=[0.0], scales=scales, colors=[colour], stroke_width=width)
            for colour, width in zip(_COLOURS, (4.0, 1.8), strict=True)
        ]
        self._texts = [
            bqplot.Label(
                x=np.zeros(_LABELS), y=np.zeros(_LABELS), text=[""] * _LABELS, scales=scales, colors=[colour],
                default_size=13, font_weight="bold", align="middle", x_offset=right, y_offset=down,
            )
            for colour, right, down in _OUTLINED
        ]  # fmt: skip
        self.marks: list[bqplot.Mark] = [*self._lines, *self._texts]
        self._drawn: Any = None

    def update(self, wcs: WCS | None, limits: tuple[float, float, float, float] | None) -> None:
        """
        Draw what holds for the part in view; nothing without world coordinates.

        Parameters
        ----------
        wcs : WCS or None
            World coordinates of the image on top.
        limits : tuple of float or None
            Left, right, lower and upper edge in 0-based pixels.
        """
        state = (id(wcs), limits)
        if state == self._drawn:
            return
        self._drawn = state
        lines: list[tuple[list[float], list[float]]] = []
        texts: list[tuple[float, float, str]] = []
        if wcs is not None and limits is not None and all(map(math.isfinite, limits)):
            left, right, low, high = limits
            known = compass_of(wcs, (left + right) / 2, (low + high) / 2)
            if known is not None and right > left and high > low:
                north, east, scale = known
                bar = scale_bar_of((right - left) * scale)
                if bar is not None:
                    lines.append(([_LEFT, _LEFT + bar.share], [_BOTTOM, _BOTTOM]))
                    texts.append((_LEFT + bar.share / 2, _BOTTOM + 0.025, bar.text))
                _add_compass(lines, texts, (north, east), (right - left, high - low))
        self._draw(lines, texts)

    def close(self) -> None:
        """Free the widgets."""
        for mark in self.marks:
            mark.close()

    def _draw(
        self, lines: list[tuple[list[float], list[float]]], texts: Iterable[tuple[float, float, str]]
    ) -> None:
        # one mark: a NaN ends a line. Trap: bqplot puts a name at the last point, which must be one.
        x = [value for line in lines for value in (np.nan, *line[0])][1:] or [0.0, 0.0]
        y = [value for line in lines for value in (np.nan, *line[1])][1:] or [0.0, 0.0]
        for mark in self._lines:
            with mark.hold_sync():
                mark.x, mark.y, mark.visible = np.array(x), np.array(y), bool(lines)
        labels = [*texts, *[(0.0, 0.0, "")] * _LABELS][:_LABELS]
        for label in self._texts:
            with label.hold_sync():
                label.x, label.y = (
                    np.array([item[0] for item in labels]),
                    np.array([item[1] for item in labels]),
                )
                label.text = [item[2] for item in labels]


def _add_compass(
    lines: list[tuple[list[float], list[float]]],
    texts: list[tuple[float, float, str]],
    directions: tuple[tuple[float, float], tuple[float, float]],
    size: tuple[float, float],
) -> None:
    """Add arrows to north and east, whose letters stay within the figure whatever the orientation."""
    width, height = size
    length = _ARROW * min(width, height)
    x0, y0 = 1 - 1.7 * length / width, 1.6 * length / height
    for (dx, dy), letter in zip(directions, "NE", strict=True):
        x1, y1 = x0 + dx * length / width, y0 + dy * length / height
        back = [(-0.25 * (dx + side * dy), -0.25 * (dy - side * dx)) for side in (0.6, -0.6)]
        head_x = [x1 + item[0] * length / width for item in back]
        head_y = [y1 + item[1] * length / height for item in back]
        lines.append(([x0, x1, head_x[0], x1, head_x[1]], [y0, y1, head_y[0], y1, head_y[1]]))
        texts.append((x0 + 1.35 * dx * length / width, y0 + 1.35 * dy * length / height - 0.01, letter))
