"""Small numbers about a product's pixels: its histogram and level."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from miri_widgets.core.display_range import thinned
from miri_widgets.core.dq import has
from miri_widgets.core.histogram import Histogram, histogram
from miri_widgets.core.levels.exposure_level import Level, clipped_level
from miri_widgets.errors import MiriWidgetsError, NotJwstError
from miri_widgets.products.brightness_units import unit_name
from miri_widgets.products.dates import exposure_times
from miri_widgets.products.fits_reader import read_headers, read_image

__all__ = ["PixelMeasurement", "measure", "measure_pixels"]


_ENOUGH = (
    1_000_000  # pixels, as many as a detector has: sorting all of a large mosaic takes a core for seconds
)


@dataclass(frozen=True)
class PixelMeasurement:
    """
    What was measured on one product.

    Attributes
    ----------
    unit : str
        BUNIT of the image.
    histogram, level : Histogram, Level or None
        None when the product could not be measured. Of a large mosaic, from every few pixels; counts stand for all.
    start_mjd : float
        Start of the exposure, MJD, UTC; NaN when the header is silent.
    shape : tuple of int
        (ny, nx).
    sentence : str
        Why it could not be measured; else empty.
    """

    unit: str = ""
    histogram: Histogram | None = None
    level: Level | None = None
    start_mjd: float = float("nan")
    shape: tuple[int, int] = (0, 0)
    sentence: str = ""

    @classmethod
    def failed(cls, error: MiriWidgetsError) -> PixelMeasurement:
        """
        Return the measurement of a product that cannot be read.

        Parameters
        ----------
        error : MiriWidgetsError
            The reason.
        """
        return cls(sentence=str(error))


def measure(path: Path) -> PixelMeasurement:
    """
    Measure the SCI image of a product; pixels flagged DO_NOT_USE do not count.

    Parameters
    ----------
    path : Path
        The file.

    Raises
    ------
    MiriWidgetsError
        If the product cannot be read.
    """
    headers = read_headers(path)
    sci = next((header for header in headers if header.get("EXTNAME") == "SCI"), headers[0])
    few = partial(thinned, enough=_ENOUGH)
    image = read_image(path, few=few)
    shape = (int(sci["NAXIS2"]), int(sci["NAXIS1"]))
    try:
        good = ~has(read_image(path, "DQ", few=few), "DO_NOT_USE")
    except NotJwstError:  # a mosaic has no DQ: what has no data is NaN
        good = np.ones(image.shape, dtype=bool)
    start = exposure_times(headers[0])[0]
    return PixelMeasurement(
        unit=unit_name(sci),
        histogram=_of_all(histogram(image, good), math.prod(shape) / image.size),
        level=clipped_level(image, good),
        start_mjd=start,
        shape=shape,
    )


def measure_pixels(pixels: NDArray[Any], unit: str) -> PixelMeasurement:
    """
    Measure an image that no file holds.

    Parameters
    ----------
    pixels : ndarray, shape (ny, nx) or (nints, ny, nx)
        NaN where a pixel does not count; of a cube the last plane is measured.
    unit : str
        Of the pixels.
    """
    plane = pixels[-1] if pixels.ndim == 3 else pixels
    image = np.asarray(thinned(plane, enough=_ENOUGH), np.float32)
    good = np.isfinite(image)
    if not good.any():
        return PixelMeasurement(unit=unit, shape=plane.shape, sentence="No pixel of this image has a value.")
    return PixelMeasurement(
        unit=unit,
        histogram=_of_all(histogram(image, good), plane.size / image.size),
        level=clipped_level(image, good),
        shape=plane.shape,
    )


def _of_all(histogram: Histogram, factor: float) -> Histogram:
    """Return the counts of all pixels, estimated from those of some."""
    if factor == 1:
        return histogram
    counts = np.rint(histogram.counts * factor).astype(np.int64)
    return replace(
        histogram, counts=counts, below=round(histogram.below * factor), above=round(histogram.above * factor)
    )
