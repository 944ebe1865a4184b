"""An image ready for display: pixels, unit and WCS."""

from __future__ import annotations

import warnings
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from astropy import units
from astropy.coordinates import SkyCoord
from astropy.io import fits
from astropy.utils.exceptions import AstropyWarning
from astropy.wcs import WCS
from numpy.typing import ArrayLike, NDArray
from scipy import ndimage

from miri_widgets.core.display_range import middle_of
from miri_widgets.core.dq import has
from miri_widgets.errors import InputError
from miri_widgets.products.brightness_units import unit_name
from miri_widgets.products.fits_reader import read_headers, read_image
from miri_widgets.products.image_wcs import inverse_of
from miri_widgets.viewer.protocol import Hints, ImageSource
from miri_widgets.viewer.readout import decimals_of, position_text, value_text

__all__ = ["ViewerImage", "load_image", "safe_label", "unusable_pixels", "xy_to_index"]

_MAXIMUM_LABEL = 120


@dataclass(frozen=True)
class ViewerImage:
    """
    Pixels with their unit and sky coordinates.

    Attributes
    ----------
    pixels : ndarray of float32, shape (ny, nx)
        Values; NaN where a pixel must not be used.
    unit : astropy.units.UnitBase
        Unit of the values.
    wcs : astropy.wcs.WCS or None
        Sky coordinates, from the FITS keywords with their distortion polynomials; in JWST
        imaging they follow the gWCS to 0.01 pixel.
    is_mosaic : bool
        Whether pixels at the edge without a value are outside of all exposures, and none that were masked.
    """

    pixels: NDArray[np.float32]
    unit: units.UnitBase
    wcs: WCS | None
    is_mosaic: bool = False

    @cached_property
    def unusable(self) -> NDArray[np.bool_]:
        """Pixels within the image that must not be used, shape (ny, nx)."""
        return unusable_pixels(self.pixels, self.is_mosaic)

    @cached_property
    def level(self) -> float:
        """Median of the values; NaN where there are none."""
        return middle_of(self.pixels)

    @cached_property
    def decimals(self) -> int | None:
        """Decimals of a value that are worth reading."""
        return decimals_of(self.pixels)

    def text(self, x: float, y: float) -> str:
        """
        Return value and position at a pixel position, as text; empty outside of the image.

        Parameters
        ----------
        x, y : float
            0-based pixel position.

        Returns
        -------
        str
            ``5.342 MJy/sr   07h23m15.98s -73d27'29.4"   x 12 y 8``.
        """
        value = self.value(x, y)
        if value is None:
            return ""
        sky = self.sky(x, y)
        row, column = xy_to_index(x, y)
        parts = (
            value_text(value, self.unit, self.decimals),
            "" if sky is None else position_text(sky),
            f"x {column} y {row}",
        )
        return "   ".join(part for part in parts if part)

    def sky(self, x: float, y: float) -> SkyCoord | None:
        """
        Return the sky position of a pixel position, if the image has a WCS.

        Parameters
        ----------
        x, y : float
            0-based pixel position.

        Returns
        -------
        SkyCoord or None
            The position, ICRS or the frame of the WCS.
        """
        return None if self.wcs is None else self.wcs.pixel_to_world(x, y)

    def pixel(self, position: SkyCoord) -> tuple[float, float] | None:
        """
        Return the pixel position (x, y) of a sky position; None if it is unknown or far from the image.

        Parameters
        ----------
        position : SkyCoord
            Position on the sky.

        Returns
        -------
        tuple of float or None
            0-based pixel position.
        """
        x, y = (
            float(coordinate[0])
            for coordinate in self.pixels_of([position.icrs.ra.deg], [position.icrs.dec.deg])
        )
        ny, nx = self.pixels.shape
        return (x, y) if -nx < x < 2 * nx and -ny < y < 2 * ny else None

    def pixels_of(self, ra: ArrayLike, dec: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """
        Return the pixel positions (x, y) of ICRS positions in degrees; NaN where they are unknown.

        Parameters
        ----------
        ra, dec : array-like
            Positions in degrees, ICRS.

        Returns
        -------
        tuple of ndarray
            x and y, 0-based.
        """
        inverse = inverse_of(self.wcs, self.pixels.shape)
        if inverse is None:
            unknown = np.full(np.shape(ra), np.nan)
            return unknown, unknown.copy()
        return inverse(ra, dec)

    def value(self, x: float, y: float) -> float | None:
        """
        Return the value of the pixel that contains a position; None outside of the image.

        Parameters
        ----------
        x, y : float
            0-based pixel position.

        Returns
        -------
        float or None
            The value in the unit of the image.
        """
        row, column = xy_to_index(x, y)
        ny, nx = self.pixels.shape
        return float(self.pixels[row, column]) if 0 <= row < ny and 0 <= column < nx else None


def xy_to_index(x: float, y: float) -> tuple[int, int]:
    """
    Return the index (row, column) of the pixel that contains the position (x, y).

    Only this function flips the axes: numpy indexes (y, x), positions are (x, y).

    Parameters
    ----------
    x, y : float
        0-based pixel position.

    Returns
    -------
    tuple of int
        Row and column.
    """
    return int(np.floor(y + 0.5)), int(np.floor(x + 0.5))


def unusable_pixels(pixels: NDArray[Any], is_mosaic: bool = False) -> NDArray[np.bool_]:
    """
    Return the pixels within an image that have no value.

    Parameters
    ----------
    pixels : ndarray, shape (ny, nx)
        Values; not finite where a pixel must not be used.
    is_mosaic : bool
        Whether those at the edge, and their neighbours, are outside of the image.

    Returns
    -------
    ndarray of bool, shape (ny, nx)
        True within the image only.
    """
    without = ~np.isfinite(pixels)
    if not is_mosaic or not without.any():
        return without
    numbers, _ = ndimage.label(without)
    edge = np.concatenate([numbers[0], numbers[-1], numbers[:, 0], numbers[:, -1]])
    return without & ~np.isin(numbers, np.unique(edge[edge > 0]))


def load_image(source: ImageSource, extension: str = "SCI", hints: Hints | None = None) -> ViewerImage:
    """
    Read a file, or wrap an array, for the viewer.

    Parameters
    ----------
    source : Path, str or ndarray, shape (ny, nx)
        FITS file, plain or compressed with gzip; the last plane of a cube is shown.
        An array is not modified.
    extension : str
        Extension of the file.
    hints : Hints, optional
        Unit and world coordinates of an array.

    Returns
    -------
    ViewerImage
        The image.

    Raises
    ------
    InputError
        If there is no such file or it holds no such image (subclasses say which), or if the
        array is not an image.
    """
    if isinstance(source, np.ndarray):
        if source.ndim != 2 or source.size == 0:
            raise InputError(f"An array of shape {source.shape}", "an image of two axes", "choose one plane")
        return _array_image(source, hints or Hints())
    path = Path(source)
    headers = {str(header.get("EXTNAME", "PRIMARY")): header for header in reversed(read_headers(path))}
    pixels = read_image(path, extension).astype(np.float32, copy=False)  # a copy already
    if extension == "SCI" and "DQ" in headers:
        flags = read_image(path, "DQ")
        if flags.shape == pixels.shape:
            pixels[has(flags, "DO_NOT_USE")] = np.nan
    elif extension == "SCI" and "WHT" in headers:
        # Mosaics have no DQ; a pixel without weight is outside of all exposures.
        weight = read_image(path, "WHT")
        if weight.shape == pixels.shape:
            pixels[~(weight > 0)] = np.nan
    header = headers[extension]
    sky = headers.get("SCI", header)
    return ViewerImage(pixels, _unit(unit_name(header)), _wcs(sky), "WHT" in headers)


def _array_image(array: NDArray[Any], hints: Hints) -> ViewerImage:
    """Wrap an array, with the world coordinates of a product of its shape; none where that is gone."""
    wcs, is_mosaic = None, False
    with suppress(InputError):
        headers = read_headers(hints.sky) if hints.sky is not None else ()
        for header in headers:
            is_mosaic |= header.get("EXTNAME") == "WHT"
            shape = header.get("NAXIS2"), header.get("NAXIS1")
            if header.get("EXTNAME") == "SCI" and shape == array.shape:
                wcs = _wcs(header)
    return ViewerImage(np.array(array, dtype=np.float32), _unit(hints.unit), wcs, is_mosaic)


def safe_label(label: Any) -> str:
    """
    Return a short label without control characters and HTML markup.

    Parameters
    ----------
    label : object
        Any value.

    Returns
    -------
    str
        The label.
    """
    text = "".join(letter if letter.isprintable() else " " for letter in str(label))
    for letter, harmless in (("<", "‹"), (">", "›"), ("&", "+"), ('"', "'")):
        text = text.replace(letter, harmless)
    return text.strip()[:_MAXIMUM_LABEL]


def _unit(name: str) -> units.UnitBase:
    try:
        return units.Unit(name)
    except ValueError:
        # For example "DN": counts of the converter, which astropy knows under several names.
        return units.dimensionless_unscaled


def _wcs(header: fits.Header) -> WCS | None:
    if "CTYPE1" not in header or not str(header["CTYPE1"]).startswith("RA--"):
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", AstropyWarning)
            return WCS(header, naxis=2)
    except (ValueError, KeyError, MemoryError):
        return None
