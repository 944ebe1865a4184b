"""Images that are products of their own, such as the sky of a filter: written as FITS with a header that says what they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from astropy.io import fits
from numpy.typing import NDArray

from miri_widgets.products.atomic import new_file

__all__ = ["write_images"]

_UNITLESS = ("count", "mask")


def write_images(
    path: Path, images: Mapping[str, NDArray[Any]], header: Mapping[str, Any], history: Sequence[str] = ()
) -> None:
    """
    Write images of one shape as the extensions of a FITS file, atomically.

    Parameters
    ----------
    path : Path
        The file; replaced when it is there.
    images : mapping of str to ndarray, shape (ny, nx)
        By name. The first becomes the extension SCI; of the others the part after the first's name counts:
        ``sky``, ``sky_err``, ``sky_count`` give SCI, ERR, COUNT.
    header : mapping
        Cards of the primary header; BUNIT goes to the extensions that have that unit.
    history : sequence of str
        Lines of HISTORY.
    """
    cards = {key: value for key, value in header.items() if value is not None}
    unit = cards.pop("BUNIT", "")
    primary = fits.PrimaryHDU()
    primary.header.update(cards)
    for line in history:
        primary.header.add_history(str(line)[:900])
    hdus: list[Any] = [primary]
    first = next(iter(images), "")
    for name, image in images.items():
        label = "SCI" if name == first else name.removeprefix(f"{first}_").upper()
        plane = np.asarray(image)
        hdu = fits.ImageHDU(plane.astype(np.uint8) if plane.dtype == bool else plane, name=label)
        if unit and not any(part in name for part in _UNITLESS):
            hdu.header["BUNIT"] = unit
        hdus.append(hdu)
    with new_file(Path(path)) as temporary:
        fits.HDUList(hdus).writeto(temporary, overwrite=True)
