"""One pixel of a product: read without the rest of the file."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from miri_widgets.core.dq import names_of
from miri_widgets.errors import InputError, NotJwstError
from miri_widgets.products.brightness_units import unit_name
from miri_widgets.products.fits_reader import open_fits, shown_name

__all__ = ["PixelRamp", "PixelValue", "read_pixel", "read_pixel_ramp"]


@dataclass(frozen=True)
class PixelValue:
    """
    A pixel of an image product.

    Attributes
    ----------
    value, err : float
        SCI and ERR; NaN where the product has none.
    unit : str
        BUNIT of SCI.
    flags : tuple of str
        Names of its DQ flags, lowest bit first.
    weight : float
        WHT of a mosaic; NaN elsewhere.
    """

    value: float
    err: float = math.nan
    unit: str = ""
    flags: tuple[str, ...] = ()
    weight: float = math.nan


@dataclass(frozen=True, eq=False)
class PixelRamp:
    """
    A pixel of a ramp.

    Attributes
    ----------
    counts : ndarray of float, shape (nints, ngroups)
        DN.
    times : ndarray of float, shape (ngroups,)
        End of each group, seconds since the start of its integration.
    flags : tuple of tuple of tuple of str
        Names of the flags of each group of each integration; empty when the file has none.
    """

    counts: NDArray[np.float64]
    times: NDArray[np.float64]
    flags: tuple[tuple[tuple[str, ...], ...], ...] = field(default=())


def read_pixel(path: Path, x: int, y: int) -> PixelValue:
    """
    Read one pixel of an image product; of a cube, of its last plane.

    Parameters
    ----------
    path : Path
        A FITS product with SCI.
    x, y : int
        0-based column and row.

    Raises
    ------
    MissingFileError, NotFitsError, NotJwstError
        If the file cannot be read.
    InputError
        If the pixel lies outside of the image.
    """
    with open_fits(path) as hdus:
        value = _at(hdus, "SCI", x, y, path)
        names = {hdu.name for hdu in hdus}
        err, weight = (
            float(_at(hdus, name, x, y, path)) if name in names else math.nan for name in ("ERR", "WHT")
        )
        dq = int(_at(hdus, "DQ", x, y, path)) if "DQ" in names else 0
        unit = unit_name(hdus["SCI"].header)
    return PixelValue(float(value), err, unit, names_of(dq), weight)


def read_pixel_ramp(path: Path, x: int, y: int) -> PixelRamp:
    """
    Read the groups of one pixel.

    Parameters
    ----------
    path : Path
        An ``uncal`` or ``ramp`` product.
    x, y : int
        0-based column and row.

    Raises
    ------
    MissingFileError, NotFitsError, NotJwstError, InputError
        As `read_pixel`; also if it is no ramp.
    """
    with open_fits(path) as hdus:
        science = hdus["SCI"] if "SCI" in {hdu.name for hdu in hdus} else None
        if science is None or science.header.get("NAXIS") != 4:
            raise NotJwstError(
                f"{shown_name(path)} holds no ramp", "an uncal or ramp product", "choose another file"
            )
        _require_inside(science.header, x, y, path)
        counts = np.asarray(science.section[:, :, y, x], float)
        step = float(hdus[0].header.get("TGROUP", 1.0))
        flags: tuple[tuple[tuple[str, ...], ...], ...] = ()
        if "GROUPDQ" in {hdu.name for hdu in hdus}:
            values = np.asarray(hdus["GROUPDQ"].section[:, :, y, x], int)
            flags = tuple(tuple(names_of(value) for value in row) for row in values)
    return PixelRamp(counts, step * np.arange(1, counts.shape[1] + 1), flags)


def _at(hdus: Any, name: str, x: int, y: int, path: Path) -> Any:
    if name not in {hdu.name for hdu in hdus}:
        raise NotJwstError(
            f"{shown_name(path)} has no {name} extension", "a JWST product", "choose another file"
        )
    hdu = hdus[name]
    axes = int(hdu.header.get("NAXIS", 0))
    if axes < 2:
        raise NotJwstError(
            f"{name} of {shown_name(path)} holds no image",
            "an array of two or more axes",
            "choose another file",
        )
    _require_inside(hdu.header, x, y, path)
    return np.asarray(hdu.section[(*(-1,) * (axes - 2), y, x)]).reshape(-1)[0]


def _require_inside(header: Any, x: int, y: int, path: Path) -> None:
    nx, ny = int(header["NAXIS1"]), int(header["NAXIS2"])
    if not (0 <= x < nx and 0 <= y < ny):
        raise InputError(
            f"pixel ({x}, {y}) of {shown_name(path)}", f"one of {nx} × {ny}, 0-based", "click on the image"
        )
