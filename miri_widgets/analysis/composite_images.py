"""The images of a colour composite: mosaics of several filters, read, in one unit and on one grid."""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from astropy.wcs import WCS, FITSFixedWarning
from numpy.typing import NDArray

from miri_widgets.core.composite import CompositeMapping
from miri_widgets.core.composite_start import start_mapping
from miri_widgets.core.thumbnails import block_means
from miri_widgets.errors import InputError, MixedExposuresError
from miri_widgets.products.brightness_units import mjy_per_sr, unit_name
from miri_widgets.products.covered_images import read_covered_image
from miri_widgets.products.exposure import FILTERS
from miri_widgets.products.fits_reader import read_headers, shown_name

__all__ = ["CompositeImages", "Viewport", "celestial_wcs", "read_composite", "screen_area", "screen_images"]

_SAME_GRID = 0.05
"""Distance of the corners up to which two grids are one, pixels."""


@dataclass(frozen=True, eq=False)
class CompositeImages:
    """
    Mosaics on one grid, by wavelength.

    Attributes
    ----------
    paths : tuple of Path
        The files.
    filters : tuple of str
        Their filters.
    images : tuple of ndarray of float32, shape (ny, nx)
        MJy/sr; NaN where there are no data.
    wcs : astropy.wcs.WCS or None
        Celestial WCS of the grid.
    start : CompositeMapping
        Sensible values, from the pixels.
    program : str
        Number of the program, without leading zeros; "" when the header has none.
    target : str
        Name of the target; "" when the header has none.
    simulated : bool
        Whether a header says that the data are simulated.
    notes : tuple of str
        What was done to bring the mosaics together, sentences.
    """

    paths: tuple[Path, ...]
    filters: tuple[str, ...]
    images: tuple[NDArray[np.float32], ...]
    wcs: Any
    start: CompositeMapping
    program: str = ""
    target: str = ""
    simulated: bool = False
    notes: tuple[str, ...] = field(default=())

    @property
    def shape(self) -> tuple[int, int]:
        """(ny, nx) of the grid."""
        ny, nx = self.images[0].shape
        return int(ny), int(nx)

    @property
    def scale(self) -> float:
        """Side of a pixel, arcsec; NaN without a WCS."""
        if self.wcs is None:
            return math.nan
        return float(np.sqrt(np.abs(np.linalg.det(self.wcs.pixel_scale_matrix)))) * 3600


@dataclass(frozen=True)
class Viewport:
    """
    The part of a grid that is on the screen.

    Attributes
    ----------
    left, bottom, right, top : float
        Edges as fractions of the width and height, from 0 to 1; left < right, bottom < top.
    """

    left: float = 0.0
    bottom: float = 0.0
    right: float = 1.0
    top: float = 1.0

    def pixels(self, shape: tuple[int, int]) -> tuple[slice, slice]:
        """
        Return rows and columns, at least one of each.

        Parameters
        ----------
        shape : tuple of int
            (ny, nx) of the grid.
        """
        edges = []
        for low, high, size in ((self.bottom, self.top, shape[0]), (self.left, self.right, shape[1])):
            first = min(max(math.floor(min(max(low, 0.0), 1.0) * size), 0), size - 1)
            edges.append(slice(first, max(min(math.ceil(min(max(high, 0.0), 1.0) * size), size), first + 1)))
        return edges[0], edges[1]


def read_composite(paths: Sequence[Path | str]) -> CompositeImages:
    """
    Read mosaics for a composite.

    Parameters
    ----------
    paths : sequence of path
        One mosaic per filter, in any order. Where grids differ, all are resampled to that of the shortest wavelength.

    Returns
    -------
    CompositeImages
        The images, by wavelength, without borders where no filter has data.

    Raises
    ------
    MissingFileError, NotFitsError, NotJwstError, TooLargeError
        If one cannot be read.
    InputError
        If one is no surface brightness or has no data, or lies elsewhere on the sky.
    MixedExposuresError
        If two are of one filter.
    """
    if not paths:
        raise InputError("no mosaic", "at least one, of one filter each", "run Image 3 first")
    chosen = sorted((_Mosaic.read(Path(path)) for path in paths), key=lambda mosaic: mosaic.order)
    names = [mosaic.name for mosaic in chosen]
    for name in names:
        if names.count(name) > 1:
            files = ", ".join(shown_name(mosaic.path) for mosaic in chosen if mosaic.name == name)
            raise MixedExposuresError(
                f"{names.count(name)} mosaics of {name}: {files}",
                "one mosaic per filter",
                "choose one of them",
            )
    first = chosen[0]
    images, notes = [], []
    for mosaic in chosen:
        image = read_covered_image(mosaic.path).astype(np.float32, copy=False)
        if mosaic.factor != 1:
            image = image * np.float32(mosaic.factor)
            notes.append(f"{mosaic.name} was converted from {mosaic.unit} to MJy/sr.")
        if not _same_grid(mosaic, first):
            image = _resampled(image, mosaic, first)
            notes.append(
                f"{mosaic.name} was on a grid of its own and was resampled to that of {first.name}, bilinearly."
            )
        images.append(image)
    images, wcs = _trimmed(images, first.wcs)
    return CompositeImages(
        paths=tuple(mosaic.path for mosaic in chosen),
        filters=tuple(names),
        images=tuple(images),
        wcs=wcs,
        start=start_mapping(images, names),
        program=next((mosaic.program for mosaic in chosen if mosaic.program), ""),
        target=next((mosaic.target for mosaic in chosen if mosaic.target), ""),
        simulated=any(mosaic.simulated for mosaic in chosen),
        notes=tuple(notes),
    )


def screen_area(
    shape: tuple[int, int], viewport: Viewport, size: tuple[int, int]
) -> tuple[slice, slice, int]:
    """
    Return which pixels are on the screen, and how many of them make one pixel of the screen.

    Parameters
    ----------
    shape : tuple of int
        (ny, nx) of the grid.
    viewport : Viewport
        The part that is wanted.
    size : tuple of int
        (height, width) of the screen area, pixels.

    Returns
    -------
    rows, columns : slice
        The pixels.
    factor : int
        Side of a block; 1 where the screen has room for the pixels themselves.
    """
    rows, columns = viewport.pixels(shape)
    tall, wide = rows.stop - rows.start, columns.stop - columns.start
    return rows, columns, max(1, math.ceil(max(tall / max(size[0], 1), wide / max(size[1], 1)) - 1e-9))


def screen_images(
    images: Sequence[NDArray[np.float32]], viewport: Viewport, size: tuple[int, int]
) -> tuple[NDArray[np.float32], ...]:
    """
    Return a part of images at the resolution of the screen.

    Parameters
    ----------
    images : sequence of ndarray, shape (ny, nx)
        On one grid; NaN where there are no data.
    viewport, size : Viewport and tuple of int
        As for `screen_area`.

    Returns
    -------
    tuple of ndarray of float32
        Means of blocks of whole pixels, or the pixels.
    """
    if not images:
        return ()
    rows, columns, factor = screen_area((images[0].shape[0], images[0].shape[1]), viewport, size)
    parts = (image[rows, columns] for image in images)
    if factor == 1:
        return tuple(parts)
    return tuple(block_means(part, np.ones(part.shape, bool), factor) for part in parts)


def celestial_wcs(header: Any) -> WCS | None:
    """
    Return the celestial WCS of an image header; None without one.

    Parameters
    ----------
    header : Header
        Of the extension SCI.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FITSFixedWarning)
        try:
            wcs = WCS(header)
        except (ValueError, TypeError, KeyError, MemoryError):
            return None
    return wcs.celestial if wcs.has_celestial else None


@dataclass(frozen=True, eq=False)
class _Mosaic:
    """The header of a mosaic: file, filter, unit and its factor to MJy/sr, shape, WCS and origin."""

    path: Path
    name: str
    unit: str
    factor: float
    shape: tuple[int, int]
    wcs: Any
    program: str
    target: str
    simulated: bool

    @classmethod
    def read(cls, path: Path) -> _Mosaic:
        headers = read_headers(path)
        sci = next((header for header in headers if header.get("EXTNAME") == "SCI"), headers[0])
        primary = headers[0]
        name = str(primary.get("FILTER", "") or path.stem).strip()
        unit, factor = unit_name(sci), mjy_per_sr(sci)
        if not math.isfinite(factor) or factor <= 0:
            raise InputError(
                f"{shown_name(path)} is in {unit or 'an unknown unit'}",
                "a surface brightness such as MJy/sr",
                "take the mosaics (i2d) of Image 3, or leave this file out",
            )
        return cls(
            path, name, unit, factor, (int(sci.get("NAXIS2", 0)), int(sci.get("NAXIS1", 0))), celestial_wcs(sci),
            str(primary.get("PROGRAM", "") or "").strip().lstrip("0"), str(primary.get("TARGNAME", "") or primary.get("TARGPROP", "") or "").strip(),
            str(primary.get("DATAMODE", "") or primary.get("ORIGIN", "")).strip().upper().startswith("SIM"),
        )  # fmt: skip

    @property
    def order(self) -> tuple[int, str]:
        return (FILTERS.index(self.name) if self.name in FILTERS else len(FILTERS), self.name)

    def corners(self) -> NDArray[np.float64]:
        ny, nx = self.shape
        return np.array([[0, nx - 1, 0, nx - 1], [0, 0, ny - 1, ny - 1]], float)


def _same_grid(mosaic: _Mosaic, other: _Mosaic) -> bool:
    if mosaic is other:
        return True
    if mosaic.shape != other.shape:
        return False
    if mosaic.wcs is None or other.wcs is None:
        return mosaic.wcs is other.wcs
    x, y = mosaic.corners()
    back = other.wcs.all_world2pix(*mosaic.wcs.all_pix2world(x, y, 0), 0, quiet=True)
    return bool(np.hypot(back[0] - x, back[1] - y).max() < _SAME_GRID)


def _resampled(image: NDArray[np.float32], mosaic: _Mosaic, target: _Mosaic) -> NDArray[np.float32]:
    if mosaic.wcs is None or target.wcs is None:
        raise InputError(
            f"{mosaic.name} has {_size(mosaic)} pixels and {target.name} {_size(target)}, and no WCS links them",
            "mosaics on one grid",
            "run Image 3 with the stage Grid, or leave one of them out",
        )
    from reproject import reproject_interp

    moved, covered = reproject_interp((image, mosaic.wcs), target.wcs, shape_out=target.shape)
    if not (covered > 0).any() or not np.isfinite(moved).any():
        raise InputError(
            f"{mosaic.name} covers no pixel of {target.name}", "mosaics of one field", "leave one of them out"
        )
    return np.asarray(moved, np.float32)


def _trimmed(images: list[NDArray[np.float32]], wcs: Any) -> tuple[list[NDArray[np.float32]], Any]:
    """Cut borders without data in any filter, and let the WCS follow; masked areas leave such borders."""
    known = np.any([np.isfinite(image) for image in images], axis=0)
    rows, columns = np.flatnonzero(known.any(axis=1)), np.flatnonzero(known.any(axis=0))
    if not rows.size or known.all():
        return images, wcs
    window = slice(int(rows[0]), int(rows[-1]) + 1), slice(int(columns[0]), int(columns[-1]) + 1)
    moved = wcs.slice(window) if wcs is not None else None
    return [image[window] for image in images], moved


def _size(mosaic: _Mosaic) -> str:
    return f"{mosaic.shape[1]} x {mosaic.shape[0]}"
