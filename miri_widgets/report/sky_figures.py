"""Figures for papers: an image or a colour composite with axes of right ascension and declination."""

from __future__ import annotations

import io
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from miri_widgets.analysis.composite_images import CompositeImages
from miri_widgets.core.composite import CompositeMapping, composite_rgb
from miri_widgets.errors import InputError, ParameterError
from miri_widgets.products.atomic import new_file
from miri_widgets.report.annotations import PictureAnnotations, annotate
from miri_widgets.report.composite_files import DPI, picture_source

__all__ = ["FIGURE_FORMATS", "PaperFigure", "write_composite_figure", "write_image_figure"]

FIGURE_FORMATS = (".pdf", ".png")
_WIDTH_INCH = 7.0


@dataclass(frozen=True, eq=False)
class PaperFigure:
    """
    An image as it is to be drawn.

    Attributes
    ----------
    pixels : ndarray, shape (ny, nx)
        Values; NaN is left white.
    low, high : float
        Values drawn white and black, in the unit; low < high.
    unit, title : str
        Unit of the values, and title of the figure.
    wcs : astropy.wcs.WCS or None
        Celestial WCS; without one the axes are pixels.
    curve : str
        ``arcsinh``, ``sqrt``, ``linear`` or ``log``; other names are drawn linear.
    diverging : bool
        Whether values are differences: drawn from blue to red around 0.
    """

    pixels: NDArray[Any]
    low: float
    high: float
    unit: str = ""
    title: str = ""
    wcs: Any = None
    curve: str = "arcsinh"
    diverging: bool = False


def write_image_figure(image: PaperFigure, path: Path, annotations: PictureAnnotations | None = None) -> Path:
    """
    Write an image with axes and a colour bar.

    Parameters
    ----------
    image : PaperFigure
        What is drawn.
    path : Path
        The file, ``.pdf`` or ``.png`` of 300 pixels per inch; replaced when it is there.
    annotations : PictureAnnotations, optional
        Scale bar and compass; neither by default, as the axes tell both.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    ParameterError
        If the format is not known.
    InputError
        If there is no pixel to draw, or the range is none.
    NotWritableError, DiskFullError
        If it cannot be written.
    """
    if image.pixels.ndim != 2 or not np.isfinite(image.pixels).any():
        raise InputError("an image without a value", "one with finite pixels", "show another image")
    if not (math.isfinite(image.low) and math.isfinite(image.high) and image.low < image.high):
        raise InputError(
            f"a range from {image.low:g} to {image.high:g}", "two numbers, the first below the second", "set the range first"
        )  # fmt: skip
    figure, plot = _axes(image.wcs, image.pixels.shape, room_for_bar=True)
    shown = plot.imshow(
        image.pixels, origin="lower", interpolation="nearest", norm=_norm(image),
        cmap="RdBu_r" if image.diverging else "gray_r",
    )  # fmt: skip
    bar = figure.colorbar(shown, ax=plot, fraction=0.046, pad=0.02)
    bar.set_label(_plain(image.unit))
    plot.set_title(_plain(image.title), fontsize=10)
    if annotations is not None and annotations.any:
        annotate(plot, image.pixels.shape, image.wcs, _scale(image.wcs), annotations)
    return _save(figure, path)


def write_composite_figure(images: CompositeImages, mapping: CompositeMapping, path: Path) -> Path:
    """
    Write a colour composite with axes of right ascension and declination.

    Parameters
    ----------
    images : CompositeImages
        The mosaics.
    mapping : CompositeMapping
        How they become colours.
    path : Path
        The file, as for `write_image_figure`.

    Raises
    ------
    ParameterError, NotWritableError, DiskFullError
        As `write_image_figure`.
    """
    figure, plot = _axes(images.wcs, images.shape)
    plot.imshow(composite_rgb(images.images, mapping), origin="lower", interpolation="nearest")
    plot.set_title(_plain(picture_source(images, mapping).attribution()), fontsize=9)
    if images.wcs is not None:
        for axis in plot.coords:
            axis.tick_params(color="white", direction="in")
    return _save(figure, path)


def _axes(wcs: Any, shape: tuple[int, ...], *, room_for_bar: bool = False) -> tuple[Any, Any]:
    # not at import: matplotlib takes long, and few sessions make a figure
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    ny, nx = shape
    wide = _WIDTH_INCH * (0.82 if room_for_bar else 0.88)
    tall = min(max(wide * ny / nx, 2.0), 9.0) + 0.8
    figure = Figure(figsize=(_WIDTH_INCH, tall), layout="constrained")
    FigureCanvasAgg(figure)
    if wcs is None:
        plot = figure.add_subplot()
        plot.set_xlabel("x [pixel]")
        plot.set_ylabel("y [pixel]")
        return figure, plot
    plot = figure.add_subplot(projection=wcs)
    for axis, name in zip(plot.coords, ("RA (ICRS)", "Dec (ICRS)"), strict=True):
        axis.set_axislabel(name)
        axis.display_minor_ticks(True)
    return figure, plot


def _norm(image: PaperFigure) -> Any:
    from astropy.visualization import AsinhStretch, ImageNormalize, LinearStretch, LogStretch, SqrtStretch

    low, high = image.low, image.high
    if image.diverging:
        reach = max(abs(low), abs(high))
        return ImageNormalize(vmin=-reach, vmax=reach, stretch=LinearStretch())
    curves = {"arcsinh": AsinhStretch(0.1), "sqrt": SqrtStretch(), "log": LogStretch()}
    return ImageNormalize(vmin=low, vmax=high, stretch=curves.get(image.curve, LinearStretch()))


def _scale(wcs: Any) -> float:
    if wcs is None:
        return math.nan
    return float(np.sqrt(abs(np.linalg.det(wcs.pixel_scale_matrix)))) * 3600


def _plain(label: str) -> str:
    """A header may hold what matplotlib takes for mathematics."""
    return label[:200].replace("$", r"\$")


def _save(figure: Any, path: Path) -> Path:
    if path.suffix.lower() not in FIGURE_FORMATS:
        raise ParameterError(
            f"a figure {path.name[:80]!r}", "a name that ends in " + " or ".join(FIGURE_FORMATS), "choose one of these formats"
        )  # fmt: skip
    stream = io.BytesIO()
    figure.savefig(stream, format=path.suffix.lower()[1:], dpi=DPI, metadata={"Creator": "miri_widgets"} if path.suffix.lower() == ".pdf" else None)  # fmt: skip
    with new_file(path) as temporary:
        temporary.write_bytes(stream.getvalue())
    return path
