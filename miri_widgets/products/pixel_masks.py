"""
Masks of pixels as files: those that users make, and those that the ``dq_init`` step of the pipeline takes.

A user's mask is a FITS image, non-zero where a pixel is bad, or a list of pixels ``x y`` in a text file.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from astropy.io import fits
from astropy.utils.exceptions import AstropyWarning
from numpy.typing import NDArray

from miri_widgets.errors import BadTableError, MissingFileError
from miri_widgets.products.atomic import new_file
from miri_widgets.products.fits_reader import read_headers, shown_name

__all__ = ["read_pixel_mask", "write_dq_mask"]

_LARGEST = 50_000_000  # bytes; every pixel of the detector in a list is smaller


def read_pixel_mask(path: Path, shape: tuple[int, int], *, one_based: bool = True) -> NDArray[np.bool_]:
    """
    Read a mask that a user made.

    Parameters
    ----------
    path : Path
        A FITS file, whose first image is non-zero at bad pixels, or a text file with a pixel ``x y`` per line.
    shape : tuple of int
        (ny, nx) of the detector or exposure that the mask is for.
    one_based : bool
        Whether a list counts pixels from 1, as DS9 does; else from 0.

    Returns
    -------
    ndarray of bool, shape (ny, nx)
        True at bad pixels.

    Raises
    ------
    MissingFileError
        If there is no such file.
    NotFitsError
        If a FITS file is damaged.
    BadTableError
        If it has another shape, or cannot be read.
    """
    path = Path(path)
    if not path.is_file():
        raise MissingFileError(f"no file {shown_name(path)}", f"a file in {path.parent}", "correct the path")
    if re.search(r"\.(fits|fit|fits\.gz)$", path.name, re.IGNORECASE):
        return _read_image(path, shape)
    return _read_list(path, shape, 1 if one_based else 0)


def _read_image(path: Path, shape: tuple[int, int]) -> NDArray[np.bool_]:
    read_headers(path)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", AstropyWarning)
        with fits.open(path) as hdus:
            images = [hdu.data for hdu in hdus if hdu.is_image and hdu.header.get("NAXIS", 0) == 2]
            if not images:
                raise BadTableError(
                    f"{shown_name(path)} holds no image of two axes",
                    "an image that is non-zero at bad pixels",
                    "choose another file",
                )
            image = np.array(images[0])
    if image.shape != shape:
        turned = image.shape == shape[::-1]
        raise BadTableError(
            f"{shown_name(path)} has {image.shape[0]} rows of {image.shape[1]} pixels",
            f"{shape[0]} rows of {shape[1]} pixels",
            "transpose it: the first axis of the array is y" if turned else "make it in detector pixels",
        )
    if not np.isfinite(image).all():
        raise BadTableError(
            f"{shown_name(path)} holds values that are not finite", "0 or non-zero", "replace the NaN"
        )
    return image != 0


def _read_list(path: Path, shape: tuple[int, int], first: int) -> NDArray[np.bool_]:
    mask = np.zeros(shape, bool)
    try:
        if path.stat().st_size > _LARGEST:
            raise ValueError("it is too large")
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, ValueError) as error:
        raise _not_a_list(path, 1, str(error)) from error
    header = True
    for number, line in enumerate(lines, start=1):
        cells = line.partition("#")[0].replace(",", " ").split()
        if not cells or (header and [cell.lower() for cell in cells[:2]] == ["x", "y"]):
            continue
        header = False
        try:
            x, y = (float(cell) for cell in cells)
            column, row = int(x) - first, int(y) - first
        except (ValueError, OverflowError) as error:
            raise _not_a_list(path, number, line.strip()) from error
        if (x, y) != (int(x), int(y)) or not (0 <= row < shape[0] and 0 <= column < shape[1]):
            raise BadTableError(
                f"line {number} of {shown_name(path)} names the pixel x = {x:g}, y = {y:g}",
                f"whole numbers, x from {first} to {shape[1] - 1 + first}, y from {first} to {shape[0] - 1 + first}",
                "correct the list; x comes first",
            )
        mask[row, column] = True
    if not mask.any():
        raise _not_a_list(path, 1, "no pixel")
    return mask


def _not_a_list(path: Path, number: int, text: str) -> BadTableError:
    text = "".join(letter if letter.isprintable() else "?" for letter in text)[:60]
    return BadTableError(
        f"line {number} of {shown_name(path)} reads {text!r}",
        "two numbers, x and y, per line",
        "correct the list, or give a FITS mask",
    )


def write_dq_mask(
    path: Path,
    dq: NDArray[np.uint32],
    header: Mapping[str, Any] | None = None,
    history: Sequence[str] = (),
) -> None:
    """
    Write flags as ``dq_init.user_supplied_dq`` takes them: the first image of the file, shape of the exposure.

    Parameters
    ----------
    path : Path
        The file; replaced when it is there.
    dq : ndarray of uint32, shape (ny, nx)
        Flags; the pipeline adds them to its own.
    header : mapping, optional
        Cards of the primary header.
    history : sequence of str
        Lines of HISTORY.
    """
    primary = fits.PrimaryHDU()
    primary.header.update(dict(header or {}))
    for line in history:
        primary.header.add_history(str(line)[:900])
    with new_file(Path(path)) as temporary:
        fits.HDUList([primary, fits.ImageHDU(np.asarray(dq, np.uint32), name="DQ")]).writeto(
            temporary, overwrite=True
        )
