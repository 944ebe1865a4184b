"""Pictures of mosaics and sky images for a report: unit, scale bar, north and east."""

from __future__ import annotations

import io
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from astropy.wcs import WCS
from astropy.wcs.utils import proj_plane_pixel_scales
from numpy.typing import NDArray

from miri_widgets.core.display_range import find_range
from miri_widgets.core.tangent_plane import to_plane
from miri_widgets.errors import MiriWidgetsError
from miri_widgets.products.brightness_units import unit_name
from miri_widgets.products.covered_images import read_covered_image
from miri_widgets.products.fits_reader import read_headers
from miri_widgets.products.names import suffix_of
from miri_widgets.steps.stages import all_stages

__all__ = ["Picture", "picture", "pictures_of"]

_SIDE = 900
"""Longest side in pixels; larger images are averaged in boxes."""
_BARS = (1, 2, 5, 10, 20, 30, 60, 120, 300, 600)
_INK = "#1d2733"


@dataclass(frozen=True)
class Picture:
    """
    One picture.

    Attributes
    ----------
    title, caption : str
        Subject; range and scale as text.
    png : bytes
        The picture.
    is_mosaic : bool
        Whether it is a mosaic on the sky.
    """

    title: str
    caption: str
    png: bytes
    is_mosaic: bool = False


def pictures_of(runs: Sequence[tuple[Any, tuple[Path, ...]]]) -> tuple[Picture, ...]:
    """
    Draw the mosaics, then the sky images, of runs.

    Parameters
    ----------
    runs : sequence of (Record, tuple of Path)
        Runs and their products. Unreadable products are left out; their runs are reported elsewhere.

    Returns
    -------
    tuple of Picture
        The pictures, mosaics first.
    """
    # the latest stage of the chain comes first: mosaics, then what lies before them
    shown = {
        (stage.name, figure.suffix): (rank, figure.title)
        for rank, stage in enumerate(reversed(all_stages()))
        for figure in stage.figures
    }
    ranked: list[tuple[int, Picture]] = []
    for record, products in runs:
        for path in products:
            suffix = suffix_of(path)
            if (record.stage, suffix) in shown and path.suffix == ".fits":
                rank, title = shown[record.stage, suffix]
                try:
                    drawing = picture(path, f"{title} · {path.stem.removesuffix(f'_{suffix}')}")
                    drawing = replace(drawing, caption=_with_exposures(drawing.caption, record))
                except MiriWidgetsError:
                    continue
                ranked.append((rank, drawing))
                break
    return tuple(drawing for _, drawing in sorted(ranked, key=lambda pair: pair[0]))


def _with_exposures(caption: str, record: Any) -> str:
    """Prefix a caption by the number of exposures in the run's record."""
    count = len(record.exposures)
    return f"{count} exposure{'' if count == 1 else 's'}; {caption}" if count else caption


def picture(path: Path, title: str) -> Picture:
    """
    Draw a product.

    Parameters
    ----------
    path : Path
        A product with SCI, in any unit.
    title : str
        Title of the picture.

    Returns
    -------
    Picture
        The picture.

    Raises
    ------
    MissingFileError, NotFitsError, NotJwstError, TooLargeError
        If it cannot be read.
    """
    image = read_covered_image(path).astype(np.float32)
    header = next(table for table in read_headers(path) if table.get("EXTNAME") == "SCI")
    unit = unit_name(header)[:40]
    step = max(1, -(-max(image.shape) // _SIDE))
    small = _averaged(image, step)
    low, high = _limits(small)
    wcs = _celestial(header)
    # products of the sky stage are in detector pixels, whatever the WCS of the exposure that they were copied from
    if suffix_of(path) != "i2d":
        wcs = None
    scale = float(np.mean(proj_plane_pixel_scales(wcs))) * 3600 if wcs is not None else 0.0
    png, bar = _render_png(small, low, high, unit, scale * step, _axes(wcs, image.shape), _binned(wcs, step))
    caption = [f"{image.shape[1]} × {image.shape[0]} pixels"]
    caption += [f"{scale:.3g} arcsec per pixel"] if scale else []
    caption += [
        f"white to black: {low:.3g} to {high:.3g} {unit}, on an arcsinh curve".replace("-", "\N{MINUS SIGN}")
    ]
    caption += [f"bar {bar} arcsec; north and east as marked"] if bar else []
    return Picture(title, "; ".join(caption), png, wcs is not None)


def _averaged(image: NDArray[np.float32], step: int) -> NDArray[np.float32]:
    if step == 1:
        return image
    ny, nx = (side // step * step for side in image.shape)
    boxes = image[:ny, :nx].reshape(ny // step, step, nx // step, step)
    good = np.isfinite(boxes)
    count = good.sum(axis=(1, 3))
    total = np.where(good, boxes, 0).sum(axis=(1, 3))
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(count > 0, total / count, np.nan).astype(np.float32)


def _binned(wcs: Any, step: int) -> Any:
    """Return the WCS of an image that was averaged in boxes."""
    return None if wcs is None else wcs.slice((slice(None, None, step), slice(None, None, step)))


def _limits(image: NDArray[np.float32]) -> tuple[float, float]:
    low, high = find_range(image)
    if not np.isfinite([low, high]).all():
        return 0.0, 1.0
    return low, high if high > low else low + 1.0


def _celestial(header: Any) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            wcs = WCS(header)
        except (ValueError, TypeError, KeyError, MemoryError):
            return None
        return wcs.celestial if wcs.has_celestial else None


def _axes(wcs: Any, shape: tuple[int, ...]) -> tuple[tuple[float, float], ...]:
    """Return unit vectors of north and east in pixels at the centre of an image."""
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
    directions = [(float(turned[0, axis]), float(turned[1, axis])) for axis in (1, 0)]
    return tuple(directions)


def _render_png(
    image: NDArray[np.float32],
    low: float,
    high: float,
    unit: str,
    scale: float,
    axes: tuple[tuple[float, float], ...],
    wcs: Any = None,
) -> tuple[bytes, int]:
    """Return the PNG and the length of its scale bar [arcsec], 0 if it has none."""
    # not at import: matplotlib takes long, and few sessions make a report
    from astropy.visualization import AsinhStretch, ImageNormalize
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    ny, nx = image.shape
    wide = 4.8  # two stand beside each other on a page
    figure = Figure(figsize=(wide, min(max(wide * ny / nx * 0.86, 2.0), 6.4)), layout="constrained")
    FigureCanvasAgg(figure)
    plot: Any = figure.add_subplot() if wcs is None else figure.add_subplot(projection=wcs)
    norm = ImageNormalize(vmin=low, vmax=high, stretch=AsinhStretch(0.1))
    shown = plot.imshow(image, origin="lower", cmap="gray_r", norm=norm, interpolation="nearest")
    if wcs is None:
        plot.set_xlabel("x [pixel]", fontsize=8)
        plot.set_ylabel("y [pixel]", fontsize=8)
        plot.tick_params(labelsize=7)
        for spine in plot.spines.values():
            spine.set_color("#9aa5b1")
    else:
        for axis, name in zip(plot.coords, ("RA (ICRS)", "Dec (ICRS)"), strict=True):
            axis.set_axislabel(name, fontsize=8)
            axis.set_ticklabel(size=7)
            axis.display_minor_ticks(True)
    bar = figure.colorbar(shown, ax=plot, fraction=0.046, pad=0.02)
    # a header may hold what matplotlib takes for mathematics
    bar.set_label(unit.replace("$", r"\$"), fontsize=8)
    bar.ax.tick_params(labelsize=7)
    length = _scale_bar(plot, nx, ny, scale) if scale else 0
    if len(axes) == 2:
        _compass(plot, nx, ny, axes)
    stream = io.BytesIO()
    figure.savefig(stream, format="png", dpi=180, metadata={"Software": None})
    return stream.getvalue(), length


def _scale_bar(plot: Any, nx: int, ny: int, scale: float) -> int:
    length = max((bar for bar in _BARS if bar <= 0.3 * nx * scale), default=0)
    if not length:
        return 0
    x, y = 0.04 * nx, 0.05 * ny
    box = {"facecolor": "white", "alpha": 0.8, "edgecolor": "none", "pad": 1.5}
    plot.plot([x, x + length / scale], [y, y], color=_INK, linewidth=2.2, solid_capstyle="butt")
    plot.text(
        x + length / scale / 2, y + 0.015 * ny, f"{length}″", ha="center", va="bottom", fontsize=8, color=_INK, bbox=box
    )  # fmt: skip
    return length


def _compass(plot: Any, nx: int, ny: int, axes: tuple[tuple[float, float], ...]) -> None:
    size = 0.09 * min(nx, ny)
    x, y = nx - 1.9 * size, ny - 1.9 * size
    box = {"facecolor": "white", "alpha": 0.8, "edgecolor": "none", "pad": 1.0}
    for name, (dx, dy) in zip("NE", axes, strict=True):
        arrow = {"arrowstyle": "-|>", "color": _INK, "linewidth": 1.2, "shrinkA": 0, "shrinkB": 0}
        plot.annotate("", (x + size * dx, y + size * dy), (x, y), arrowprops=arrow)
        plot.text(
            x + 1.35 * size * dx, y + 1.35 * size * dy, name, ha="center", va="center", fontsize=8, color=_INK, bbox=box
        )  # fmt: skip
