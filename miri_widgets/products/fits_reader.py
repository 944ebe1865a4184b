"""
Open FITS files with care: headers first, sizes checked, no pixels until asked.

Gzip inside a ``.fits`` name, as the archive serves some mosaics, is read as it is.
"""

from __future__ import annotations

import gzip
import math
import stat
import warnings
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from astropy.io import fits
from astropy.utils.exceptions import AstropyWarning
from humanize import naturalsize
from numpy.typing import NDArray

from miri_widgets.errors import InputError, MissingFileError, NotFitsError, NotJwstError, TooLargeError
from miri_widgets.products.fits_headers import (
    BLOCK,
    LightHeader,
    UnsoundError,
    data_bytes,
    full_header,
    header_bytes,
    is_compressed,
    show_image,
)
from miri_widgets.products.free_memory import free_memory

__all__ = [
    "MEMORY_FRACTION",
    "open_fits",
    "read_headers",
    "read_image",
    "read_light_headers",
    "read_with_tree",
    "shown_name",
]

MEMORY_FRACTION = 0.5
"""Largest share of the memory that is free now that one file's arrays may take."""

_LARGEST_TREE = 64_000_000
_LARGEST_PACKED = 2_000_000_000
_PACKING = 200.0  # arrays of zeros apart, gzip makes exposures 1.5 to 20 times smaller
_MAGIC = (b"SIMPLE  =", b"\x1f\x8b")


def shown_name(path: Path | str) -> str:
    """
    Return a file name fit for a sentence: no control characters, at most 120 letters.

    Parameters
    ----------
    path : Path or str
        File, or its name.
    """
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
    return _read(Path(path), full_header)


def read_light_headers(path: Path) -> tuple[LightHeader, ...]:
    """
    As `read_headers`, several times faster: for scans of many files, of which few keywords are asked.

    Parameters
    ----------
    path : Path
        The file.
    """
    return _read(Path(path), LightHeader)


def read_with_tree(path: Path) -> tuple[tuple[LightHeader, ...], bytes]:
    """
    As `read_light_headers`; on the way the bytes of the ASDF extension, which is small, are read.

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    tuple of LightHeader
        Primary header first.
    bytes
        Empty when there is no ASDF extension, or one of more than 64 MB.
    """
    tree: list[bytes] = []
    headers = _read(Path(path), LightHeader, tree)
    return headers, b"".join(tree)


_Header = TypeVar("_Header", fits.Header, LightHeader)


def _read(path: Path, take: Callable[[Any], _Header], tree: list[bytes] | None = None) -> tuple[_Header, ...]:
    zipped = _is_gzipped(path)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", AstropyWarning)
            with gzip.open(path) if zipped else path.open("rb") as stream:
                return _walk(stream, path, None if zipped else path.stat().st_size, take, tree)
    except UnsoundError as error:
        raise _damaged(path, str(error)) from error
    except (
        OSError,
        EOFError,
        ValueError,
        ArithmeticError,
        TypeError,
        LookupError,
        zlib.error,
        fits.VerifyError,
    ) as error:
        raise _damaged(path, "cannot be read to its end") from error


def _is_gzipped(path: Path) -> bool:
    """Return whether the file is gzipped; raise if it is neither that nor FITS."""
    try:
        if not stat.S_ISREG(path.stat().st_mode):  # reading a pipe or a device may never end
            raise InputError(f"{shown_name(path)} is no file", "a FITS file", "choose another")
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
    if not start:
        raise _damaged(path, "is empty")
    if not start.startswith(_MAGIC):
        raise _damaged(path, "is not FITS")
    return start.startswith(_MAGIC[1])


def _walk(
    stream: Any,
    path: Path,
    size: int | None,
    take: Callable[[Any], _Header],
    tree: list[bytes] | None = None,
) -> tuple[_Header, ...]:
    """Go from header to header; the data of the ASDF extension are put into `tree`."""
    headers: list[_Header] = []
    position = 0
    while stream.read(1):
        stream.seek(position)
        cards = header_bytes(stream)
        header = take(cards)
        position += len(cards)
        need = data_bytes(header)
        _refuse_too_large(need, header, path)
        if size is None:
            _refuse_overpacked(position + need, path)
        if tree is not None and header.get("EXTNAME") == "ASDF" and need <= _LARGEST_TREE:
            tree[:] = [stream.read(need)]
        position += math.ceil(need / BLOCK) * BLOCK
        if size is not None and position > size:
            raise _damaged(path, f"has {size} bytes of at least {position}")
        # a gzip stream must be read to know that it is whole; one byte proves the last block
        if size is None and need:
            stream.seek(position - 1)
            if not stream.read(1):
                raise _damaged(path, "ends within its data")
        stream.seek(position)
        if is_compressed(header):
            show_image(header)
            _refuse_too_large(data_bytes(header), header, path)
        headers.append(header)
    return tuple(headers)


def _refuse_overpacked(unpacked: int, path: Path) -> None:
    """Refuse a small file that unpacks to gigabytes, before that is done."""
    packed = path.stat().st_size
    if unpacked > _LARGEST_PACKED and unpacked > _PACKING * packed:
        raise TooLargeError(
            f"{shown_name(path)} claims {naturalsize(unpacked)} in a gzip file of {naturalsize(packed)}",
            f"at most {_PACKING:.0f} times its size",
            "check the file, or unpack it yourself with gunzip",
        )


def _refuse_too_large(need: int, header: fits.Header | LightHeader, path: Path) -> None:
    available = int(free_memory() * MEMORY_FRACTION)
    if need > available:
        shape = " x ".join(str(header[f"NAXIS{axis + 1}"]) for axis in range(int(header["NAXIS"])))
        raise TooLargeError(
            f"{shown_name(path)} claims an array of {shape} ({naturalsize(need)})",
            f"at most {naturalsize(available)} on this machine now",
            "check the file, or use a machine with more memory",
        )


@contextmanager
def open_fits(path: Path, *, mapped: bool = False) -> Iterator[fits.HDUList]:
    """
    Open a FITS file for reading parts of it; what is wrong with it becomes a sentence.

    Parameters
    ----------
    path : Path
        A FITS file, plain or gzipped.
    mapped : bool
        Whether arrays are mapped from the disk as they stand there: integers are not scaled then, which is for the
        caller to do.

    Raises
    ------
    MissingFileError
        If there is no such file.
    NotFitsError
        If it cannot be read, here or while its arrays are taken.
    """
    if not Path(path).is_file():
        raise MissingFileError(
            f"no file {shown_name(path)}", f"a file in {Path(path).parent}", "run its stage again"
        )
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", AstropyWarning)
            # scaled integers cannot be mapped
            with fits.open(path, mode="readonly", memmap=mapped, do_not_scale_image_data=mapped) as hdus:
                yield hdus
    except (OSError, ValueError, TypeError, EOFError) as error:
        raise NotFitsError(
            f"{shown_name(path)} cannot be read to its end", "a whole FITS file", "run its stage again"
        ) from error


def _damaged(path: Path, what: str) -> NotFitsError:
    return NotFitsError(f"{shown_name(path)} {what}", "a whole FITS file", "download or copy it again")


def read_image(
    path: Path,
    extension: str = "SCI",
    plane: tuple[int, ...] | None = None,
    few: Callable[[NDArray[Any]], NDArray[Any]] | None = None,
) -> NDArray[Any]:
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
    few : callable, optional
        Gives the part of the image that is wanted, as a view, as `miri_widgets.core.display_range.thinned`;
        the rest of a plain file is neither read nor converted.

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
                image = image if few is None else few(image)
                return np.array(image, dtype=image.dtype.newbyteorder("="))
    except (OSError, EOFError, ValueError, TypeError) as error:
        raise _damaged(path, "cannot be read to its end") from error
