"""Small numbers about a product's pixels: its histogram and level."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from miri_widgets.core.dq import has
from miri_widgets.core.histogram import Histogram, histogram
from miri_widgets.core.levels import Level, clipped_level
from miri_widgets.errors import MiriWidgetsError, NotJwstError
from miri_widgets.products.fits_files import read_headers, read_image

__all__ = ["Measurement", "measure"]


@dataclass(frozen=True)
class Measurement:
    """
    What was measured on one product.

    Attributes
    ----------
    unit : str
        BUNIT of the image.
    histogram, level : Histogram, Level or None
        None when the product could not be measured.
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
    def failed(cls, error: MiriWidgetsError) -> Measurement:
        """Return the measurement of a product that cannot be read."""
        return cls(sentence=str(error))


def measure(path: Path) -> Measurement:
    """
    Measure the SCI image of a product; pixels flagged DO_NOT_USE do not count.

    Raises
    ------
    MiriWidgetsError
        If the product cannot be read.
    """
    headers = read_headers(path)
    sci = next((header for header in headers if header.get("EXTNAME") == "SCI"), headers[0])
    image = read_image(path)
    try:
        good = ~has(read_image(path, "DQ"), "DO_NOT_USE")
    except NotJwstError:  # a mosaic has no DQ: what has no data is NaN
        good = np.ones(image.shape, dtype=bool)
    try:
        start = float(headers[0].get("EXPSTART", "nan"))
    except (TypeError, ValueError):
        start = float("nan")
    return Measurement(
        unit=str(sci.get("BUNIT", "")).strip(),
        histogram=histogram(image, good),
        level=clipped_level(image, good),
        start_mjd=start,
        shape=(int(image.shape[0]), int(image.shape[1])),
    )
