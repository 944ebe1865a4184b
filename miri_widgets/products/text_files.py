"""Text that people write and other programs export: one reader, whatever editor saved it."""

from __future__ import annotations

import codecs
import gzip
import zlib
from pathlib import Path

from humanize import naturalsize

from miri_widgets.errors import BadTableError, MissingFileError
from miri_widgets.products.fits_reader import shown_name

__all__ = ["LARGEST_TEXT", "decode_text", "read_text"]

LARGEST_TEXT = 64 * 1024 * 1024
"""Bytes; a larger file is no text that a person wrote or a catalogue service exported for one field."""

# the longer mark first: that of UTF-32 begins with that of UTF-16
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)

_GZIP = b"\x1f\x8b"
_OTHER_KINDS = (
    (b"PK\x03\x04", "a workbook of a spreadsheet program or a zip archive"),
    (b"\xd0\xcf\x11\xe0", "a workbook of an old spreadsheet program"),
    (b"%PDF", "a PDF document"),
    (b"PAR1", "a Parquet file"),
    (b"\x89HDF", "an HDF5 file"),
    (b"#ASDF", "an ASDF file"),
    (b"SIMPLE  =", "a FITS file"),
    (b"\x93NUMPY", "an array of numpy"),
    (b"SQLite format 3", "a database of SQLite"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
)
"""First bytes of files that are given in place of text."""


def read_text(path: Path, expected: str, remedy: str, *, largest: int = LARGEST_TEXT) -> str:
    """
    Read a text file, plain or gzipped: UTF-8, or what its byte-order mark says.

    Parameters
    ----------
    path : Path
        The file.
    expected : str
        What it should be, such as "a DS9 region file"; completes "expected ...".
    remedy : str
        What the user can do; an imperative.
    largest : int, optional
        Bytes that are read at most.

    Returns
    -------
    str
        Without the byte-order mark, lines ended by a line feed.

    Raises
    ------
    MissingFileError
        If there is no such file.
    BadTableError
        If it is a folder, cannot be read, is larger than `largest`, or is no text.
    """
    try:
        # a name with a NUL raises ValueError
        path = Path(path)
        if path.is_dir():
            raise BadTableError(f"{shown_name(path)} is a folder", expected, "give a file in it")
        if path.exists() and not path.is_file():
            raise BadTableError(f"{shown_name(path)} is no regular file", expected, remedy)
        with path.open("rb") as stream:
            content = stream.read(largest + 1)
        if content.startswith(_GZIP):
            with gzip.open(path) as stream:
                content = stream.read(largest + 1)
    except FileNotFoundError as error:
        raise MissingFileError(
            f"no file {shown_name(path)}", f"{expected} in {path.parent}", remedy
        ) from error
    except (OSError, EOFError, zlib.error, ValueError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise BadTableError(f"{shown_name(path)} cannot be read ({why})", expected, remedy) from error
    if len(content) > largest:
        raise BadTableError(f"{shown_name(path)} is larger than {naturalsize(largest)}", expected, remedy)
    for start, kind in _OTHER_KINDS:
        if content.startswith(start) and not (start == b"#ASDF" and b"\0" not in content):
            raise BadTableError(f"{shown_name(path)} cannot be read (it is {kind})", expected, remedy)
    try:
        return decode_text(content)
    except ValueError as error:
        raise BadTableError(f"{shown_name(path)} is no text ({error})", expected, remedy) from error


def decode_text(content: bytes) -> str:
    """
    Decode text as `read_text` does.

    Parameters
    ----------
    content : bytes
        What a file holds.

    Returns
    -------
    str
        Without the byte-order mark, lines ended by a line feed.

    Raises
    ------
    ValueError
        If it holds NUL bytes without a mark of UTF-16 or UTF-32, or is cut within a letter.

    Notes
    -----
    Bytes that are neither marked nor UTF-8 are taken as Windows-1252, which editors of that system write for
    degree signs and names; letters outside ASCII stand in comments and labels only.
    """
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            text = content[len(mark) :].decode(encoding)
            break
    else:
        if b"\0" in content:
            raise ValueError("it holds NUL bytes")
        try:
            text = content.decode("utf-8")
        except UnicodeDecodeError:
            text = content.decode("cp1252", errors="replace")
    # some editors write a mark wherever a file was appended
    return text.replace("\ufeff", "").replace("\r\n", "\n").replace("\r", "\n")
