"""
Open FITS files with care: headers first, sizes checked, no pixels until asked.

Gzip inside a ``.fits`` name, as the archive serves some mosaics, is read as it is.
"""

from __future__ import annotations

import math
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import psutil
from astropy.io import fits
from astropy.utils.exceptions import AstropyWarning
from numpy.typing import NDArray

from miri_widgets.errors import InputError, MissingFileError, NotFitsError, NotJwstError, TooLargeError

__all__ = ["MEMORY_FRACTION", "read_headers", "read_image", "shown_name"]

MEMORY_FRACTION = 0.5
"""Largest share of the memory that is free now that one file's arrays may take."""

_MAGIC = (b"SIMPLE  =", b"\x1f\x8b")


def shown_name(path: Path | str) -> str:
    """Return a file name fit for a sentence: no control characters, at most 120 letters."""
    name = Path(path).name
    return "".join(letter if letter.isprintable() else "?" for letter in name)[:120]


def read_headers(path: Path) -> tuple[fits.Header, ...]:
    """
    Read all headers of a FITS file without touching its pixels.

    Parameters
    ----------
    path : Path
        A FITS file, plain or gzipped.

    Returns
    -------
    tuple of astropy.io.fits.Header
        Primary header first.

    Raises
    ------
    MissingFileError
        If there is no such file.
    NotFitsError
        If the file is empty, is not FITS, or ends before its data do.
    TooLargeError
        If its arrays need more than `MEMORY_FRACTION` of the free memory.
    """
    path = Path(path)
    size, zipped = _look(path)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", AstropyWarning)
            with fits.open(path, memmap=not zipped, lazy_load_hdus=True) as hdus:
                headers, end = _walk(hdus, path)
    except (OSError, EOFError, ValueError, TypeError, KeyError, fits.VerifyError) as error:
        raise _damaged(path, "cannot be read to its end") from error
    if not zipped and end > size:
        raise _damaged(path, f"has {size} bytes of {end}")
    return headers


def _look(path: Path) -> tuple[int, bool]:
    try:
        size = path.stat().st_size
        with path.open("rb") as stream:
            start = stream.read(9)
    except FileNotFoundError as error:
        raise MissingFileError(
            f"no file {shown_name(path)}", f"a file in {path.parent}", "put it back or scan the folder again"
        ) from error
    except OSError as error:
        raise InputError(
            f"{shown_name(path)} cannot be opened ({error.strerror})",
            "a file that you may read",
            "change its permissions",
        ) from error
    if size == 0:
        raise _damaged(path, "is empty")
    if not start.startswith(_MAGIC):
        raise _damaged(path, "is not FITS")
    return size, start.startswith(_MAGIC[1])


def _walk(hdus: fits.HDUList, path: Path) -> tuple[tuple[fits.Header, ...], int]:
    headers, end, index = [], 0, 0
    while True:
        try:
            hdu = hdus[index]
        except IndexError:
            break
        need = math.prod(hdu.shape) * abs(int(hdu.header.get("BITPIX", 8))) // 8 if hdu.is_image else hdu.size
        _refuse_too_large(need, hdu.header, path)
        headers.append(hdu.header)
        info = hdu.fileinfo() or {}
        end = int(info.get("datLoc", 0)) + int(info.get("datSpan", 0))
        index += 1
    if not headers:
        raise _damaged(path, "has no header")
    return tuple(headers), end


def _refuse_too_large(need: int, header: fits.Header, path: Path) -> None:
    room = int(psutil.virtual_memory().available * MEMORY_FRACTION)
    if need > room:
        shape = " x ".join(str(header.get(f"NAXIS{axis + 1}")) for axis in range(int(header.get("NAXIS", 0))))
        raise TooLargeError(
            f"{shown_name(path)} claims an array of {shape} ({need / 1e9:.3g} GB)",
            f"at most {room / 1e9:.1f} GB on this machine now",
            "check the file, or use a machine with more memory",
        )


def _damaged(path: Path, what: str) -> NotFitsError:
    return NotFitsError(f"{shown_name(path)} {what}", "a whole FITS file", "download or copy it again")


def read_image(path: Path, extension: str = "SCI", plane: tuple[int, ...] | None = None) -> NDArray[Any]:
    """
    Read one image of a product.

    Parameters
    ----------
    path : Path
        A FITS product.
    extension : str
        Name of the extension (SCI, ERR, DQ ...).
    plane : tuple of int, optional
        Leading indices of the image in a cube or ramp; by default the last
        plane of each leading axis.

    Returns
    -------
    ndarray, shape (ny, nx)
        A copy in native byte order; float32 or an integer type, in the unit
        of the extension's BUNIT.

    Raises
    ------
    NotFitsError, MissingFileError, TooLargeError
        As `read_headers`.
    NotJwstError
        If there is no such extension, or it holds no image.
    """
    headers = read_headers(path)
    names = [str(header.get("EXTNAME", "")) for header in headers]
    if extension not in names:
        raise NotJwstError(
            f"{shown_name(path)} has no {extension} extension",
            "a JWST product with SCI, ERR and DQ",
            "choose another file",
        )
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", AstropyWarning)
            with fits.open(path) as hdus:
                data = hdus[names.index(extension)].data
                if data is None or data.ndim < 2:
                    raise NotJwstError(
                        f"{extension} of {shown_name(path)} holds no image",
                        "an array of two or more axes",
                        "choose another file",
                    )
                image = data[plane if plane is not None else (-1,) * (data.ndim - 2)]
                return np.array(image, dtype=image.dtype.newbyteorder("="))
    except (OSError, EOFError, ValueError, TypeError) as error:
        raise _damaged(path, "cannot be read to its end") from error
