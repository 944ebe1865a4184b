"""Images of which the pixels without data are NaN, whatever build of the pipeline wrote them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from miri_widgets.products.fits_reader import read_headers, read_image

__all__ = ["blank_without_weight", "read_covered_image"]


def read_covered_image(
    path: Path, extension: str = "SCI", few: Callable[[NDArray[Any]], NDArray[Any]] | None = None
) -> NDArray[Any]:
    """
    Read an image; the pixels of a mosaic that no exposure covers are NaN.

    Old builds of the pipeline fill such pixels with 0, later ones with NaN: in both they have no weight (WHT).

    Parameters
    ----------
    path : Path
        A FITS product.
    extension : str
        Name of the extension.
    few : callable, optional
        As for `miri_widgets.products.fits_reader.read_image`.

    Raises
    ------
    NotFitsError, MissingFileError, TooLargeError, NotJwstError
        As `miri_widgets.products.fits_reader.read_image`.
    """
    image = read_image(path, extension, few=few)
    if any(header.get("EXTNAME") == "WHT" and header.get("NAXIS") for header in read_headers(path)):
        return blank_without_weight(image, read_image(path, "WHT", few=few))
    return image


def blank_without_weight(image: NDArray[Any], weight: NDArray[Any]) -> NDArray[Any]:
    """
    Return an image with NaN where there is no weight; itself when the shapes differ.

    Parameters
    ----------
    image, weight : ndarray, shape (ny, nx)
        SCI or ERR, and WHT.
    """
    if weight.shape != image.shape or not np.issubdtype(image.dtype, np.floating):
        return image
    return np.where(weight > 0, image, np.asarray(np.nan, image.dtype))
