"""Scale bar, compass and attribution of a picture, drawn in its pixels."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from miri_widgets.core.tangent_plane import to_plane

__all__ = ["PictureAnnotations", "annotate", "blended", "compass_directions", "scale_bar_length"]

_BARS = (0.5, 1, 2, 5, 10, 15, 20, 30, 60, 120, 300, 600, 1200, 1800, 3600)
"""Lengths of a scale bar, arcsec."""
_TEXT_SHARE, _LETTER_WIDTH = 0.8, 0.56
"""Share of the width for the attribution, and mean width of a letter in heights of the font."""
_STRIP = 0.16
"""Height of what is annotated, of the shorter side."""


@dataclass(frozen=True)
class PictureAnnotations:
    """
    What is written into a picture.

    Attributes
    ----------
    scale_bar, compass : bool
        Whether there is a scale bar, and arrows to the north and east.
    text : str
        Attribution; "" for none.
    """

    scale_bar: bool = True
    compass: bool = True
    text: str = ""

    @property
    def any(self) -> bool:
        """Whether anything is drawn."""
        return self.scale_bar or self.compass or bool(self.text)


def scale_bar_length(width: int, scale: float) -> float:
    """
    Return a round length that fits into a picture, arcsec; 0 where none does.

    Parameters
    ----------
    width : int
        Of the picture, pixels.
    scale : float
        Side of a pixel, arcsec; NaN when it is not known.
    """
    return (
        max((bar for bar in _BARS if bar <= 0.25 * width * scale), default=0) if math.isfinite(scale) else 0
    )


def compass_directions(wcs: Any, shape: tuple[int, int]) -> tuple[tuple[float, float], ...]:
    """
    Return unit vectors (x, y) to the north and to the east at the centre of an image.

    Parameters
    ----------
    wcs : astropy.wcs.WCS or None
        Celestial WCS of the image.
    shape : tuple of int
        (ny, nx).

    Returns
    -------
    tuple
        Two vectors; empty when the WCS gives none.
    """
    if wcs is None:
        return ()
    x, y = (shape[1] - 1) / 2, (shape[0] - 1) / 2
    ra, dec = wcs.all_pix2world(x + np.array([0.0, 1.0, 0.0]), y + np.array([0.0, 0.0, 1.0]), 0)
    steps = np.array(to_plane(ra, dec, (float(ra[0]), float(dec[0]))))[:, 1:]
    if not np.isfinite(steps).all() or np.linalg.det(steps) == 0:
        return ()
    # columns: pixels for a step to the east, and to the north
    turned = np.linalg.inv(steps)
    turned /= np.hypot(*turned)
    return tuple((float(turned[0, axis]), float(turned[1, axis])) for axis in (1, 0))


def annotate(plot: Any, shape: tuple[int, int], wcs: Any, scale: float, wanted: PictureAnnotations) -> None:
    """
    Draw the annotations of a picture into axes whose data coordinates are its pixels.

    Parameters
    ----------
    plot : matplotlib.axes.Axes
        One unit is one pixel, and y goes up.
    shape : tuple of int
        (ny, nx) of the picture.
    wcs : astropy.wcs.WCS or None
        Celestial WCS of the picture.
    scale : float
        Side of a pixel, arcsec; NaN when it is not known.
    wanted : PictureAnnotations
        What is drawn.
    """
    from matplotlib.patheffects import withStroke

    ny, nx = shape
    unit = min(nx, ny) / 100
    points = 72 / plot.figure.dpi * _pixels_per_unit(plot)
    edge = [withStroke(linewidth=0.45 * unit * points, foreground="black", alpha=0.75)]
    height = max(1.9 * unit, 9.0)
    size = height * points
    style = {"color": "white", "fontsize": size, "path_effects": edge}
    length = scale_bar_length(nx, scale) if wanted.scale_bar else 0
    left, bottom = 3 * unit, 3 * unit
    if wanted.text:
        # the compass keeps its corner: a long line is written smaller
        fitting = min(size, _TEXT_SHARE * nx / (_LETTER_WIDTH * len(wanted.text)) * points)
        label = wanted.text.replace("$", r"\$")
        plot.text(left, bottom, label, ha="left", va="baseline", **{**style, "fontsize": fitting})
    if length:
        y = bottom + (2.4 * height if wanted.text else unit)
        plot.plot(
            [left, left + length / scale], [y, y], color="white", linewidth=0.5 * unit * points,
            solid_capstyle="butt", path_effects=edge,
        )  # fmt: skip
        label = f"{length / 60:g}′" if length >= 60 else f"{length:g}″"
        plot.text(left + length / scale / 2, y + unit, label, ha="center", va="bottom", **style)
    if wanted.compass:
        _draw_compass(
            plot, compass_directions(wcs, shape), (nx - 7.5 * unit, 7.5 * unit), unit, points, style
        )


def _draw_compass(
    plot: Any,
    directions: tuple[tuple[float, float], ...],
    center: tuple[float, float],
    unit: float,
    points: float,
    style: dict[str, Any],
) -> None:
    if len(directions) != 2:
        return
    arm = 5.0 * unit
    middle = np.sum(directions, axis=0) * arm / 2
    x, y = center[0] - middle[0], center[1] - middle[1]
    for name, (dx, dy) in zip("NE", directions, strict=True):
        arrow = {
            "arrowstyle": "-|>", "color": "white", "linewidth": 0.3 * unit * points, "shrinkA": 0, "shrinkB": 0,
            "mutation_scale": 2.2 * unit * points, "path_effects": style["path_effects"],
        }  # fmt: skip
        plot.annotate("", (x + arm * dx, y + arm * dy), (x, y), arrowprops=arrow, annotation_clip=False)
        plot.text(x + 1.4 * arm * dx, y + 1.4 * arm * dy, name, ha="center", va="center", **style)


def _pixels_per_unit(plot: Any) -> float:
    """Return how many pixels of the figure one unit of the data is wide."""
    (left, _), (right, _) = plot.transData.transform([(0, 0), (1, 0)])
    return float(right - left)


def blended(
    picture: NDArray[np.float32], wcs: Any, scale: float, wanted: PictureAnnotations
) -> NDArray[np.float32]:
    """
    Return a picture with its annotations; pixels without one stay as they are.

    Parameters
    ----------
    picture : ndarray of float32, shape (ny, nx, 3)
        From 0 to 1, the first row at the bottom. Not modified.
    wcs : astropy.wcs.WCS or None
        Celestial WCS of the picture.
    scale : float
        Side of a pixel, arcsec.
    wanted : PictureAnnotations
        What is drawn.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    if not wanted.any:
        return picture
    ny, nx = picture.shape[:2]
    strip = min(ny, max(math.ceil(_STRIP * min(nx, ny)), 60))
    figure = Figure(figsize=(nx / 100, strip / 100), dpi=100)
    canvas = FigureCanvasAgg(figure)
    figure.patch.set_alpha(0)
    plot = figure.add_axes((0.0, 0.0, 1.0, 1.0))
    plot.set_axis_off()
    plot.set_xlim(-0.5, nx - 0.5)
    plot.set_ylim(-0.5, strip - 0.5)
    annotate(plot, (ny, nx), wcs, scale, wanted)
    canvas.draw()
    drawn = np.flipud(np.asarray(canvas.buffer_rgba())).astype(np.float32) / 255
    result = picture.copy()
    alpha = drawn[..., 3:]
    result[:strip] = result[:strip] * (1 - alpha) + drawn[..., :3] * alpha
    return result
