"""Headers of FITS files within bounds: where one ends, how many bytes of data follow, what its cards say."""

from __future__ import annotations

import math
import warnings
from typing import Any

from astropy.io import fits
from astropy.utils.exceptions import AstropyWarning

__all__ = [
    "BLOCK",
    "LightHeader",
    "UnsoundError",
    "data_bytes",
    "full_header",
    "header_bytes",
    "is_compressed",
    "show_image",
]

BLOCK = 2880
"""Bytes of a FITS block."""

_CARD = 80
_LARGEST_HEADER = 1_440_000  # 18,000 cards; headers of JWST products have fewer than 600
_MOST_CONTINUATIONS = 200  # of one text: 13,000 letters
_BITPIX = (8, 16, 32, 64, -32, -64)
_MOST_AXES = 999


class UnsoundError(ValueError):
    """What a header says cannot be; the text ends a sentence that begins with the file's name."""


def full_header(cards: bytes) -> fits.Header:
    """
    Return the header of astropy.

    Parameters
    ----------
    cards : bytes
        As `header_bytes` gives them.
    """
    return fits.Header.fromstring(cards)


def header_bytes(stream: Any) -> bytes:
    """
    Read the blocks of a header up to the one with END, within bounds.

    Parameters
    ----------
    stream : binary file
        At the beginning of a header.

    Raises
    ------
    UnsoundError
        If the file ends before, or there are more cards than any product has.
    """
    blocks: list[bytes] = []
    continuations = 0
    while len(blocks) * BLOCK < _LARGEST_HEADER:
        block = stream.read(BLOCK)
        if len(block) < BLOCK:
            raise UnsoundError("has a header without END")
        blocks.append(block)
        for start in range(0, BLOCK, _CARD):
            name = block[start : start + 8].rstrip()
            continuations = continuations + 1 if name == b"CONTINUE" else 0
            if continuations > _MOST_CONTINUATIONS:
                raise UnsoundError(
                    f"has a header with a text of more than {_MOST_CONTINUATIONS} CONTINUE cards"
                )
            if name == b"END" and not block[start + 8 : start + _CARD].strip():
                return b"".join(blocks)
    raise UnsoundError(f"has a header of more than {_LARGEST_HEADER // _CARD} cards")


class LightHeader:
    """
    A header whose cards are read one by one, when they are asked for.

    Parameters
    ----------
    cards : bytes
        The cards, 80 bytes each, END among them.
    """

    def __init__(self, cards: bytes) -> None:
        self._cards: dict[bytes, list[bytes]] = {}
        last = b""
        for start in range(0, len(cards), _CARD):
            card = cards[start : start + _CARD]
            name = card[:8].rstrip()
            if name == b"END":
                break
            if name == b"CONTINUE":
                if last:
                    self._cards[last].append(card)
                continue
            # of equal names the first one counts, as in astropy
            last = b"" if name in self._cards else name
            self._cards.setdefault(name, [card])

    def get(self, key: str, default: Any = None) -> Any:
        """
        Return the value of a keyword; None for one that is blank or no card that FITS allows.

        Parameters
        ----------
        key : str
            Keyword.
        default : object
            Returned when there is no such value.
        """
        cards = self._cards.get(key.encode())
        if cards is None:
            return default
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", AstropyWarning)
                value = fits.Card.fromstring(b"".join(cards)).value
        except (fits.VerifyError, ValueError, ArithmeticError):
            return None
        return None if isinstance(value, fits.card.Undefined) else value

    def __setitem__(self, key: str, value: Any) -> None:
        """Replace the value of a keyword."""
        self._cards[key.encode()] = [str(fits.Card(key, value)).encode("ascii")]

    def __getitem__(self, key: str) -> Any:
        """Return the value of a keyword; KeyError when there is none."""
        if key.encode() not in self._cards:
            raise KeyError(key)
        return self.get(key)


def is_compressed(header: fits.Header | LightHeader) -> bool:
    """
    Return whether a table holds an image in compressed tiles, as fpack and astropy write it.

    Parameters
    ----------
    header : Header or LightHeader
        Of the table.

    References
    ----------
    FITS Standard 4.0, section 10.1.
    """
    return header.get("ZIMAGE") is True


def show_image(header: fits.Header | LightHeader) -> None:
    """
    Give the header of a compressed image the size of the image, which its own keywords give with a Z before them.

    Parameters
    ----------
    header : Header or LightHeader
        Of the table; it is changed.

    Raises
    ------
    UnsoundError
        If it does not say how many axes the image has.
    """
    axes = _whole(header, "ZNAXIS", 1, _MOST_AXES)
    for name in ("BITPIX", "NAXIS", *(f"NAXIS{axis + 1}" for axis in range(axes))):
        header[name] = header[f"Z{name}"]
    header["PCOUNT"], header["GCOUNT"] = 0, 1


def data_bytes(header: fits.Header | LightHeader) -> int:
    """
    Return the size of the data unit after a header, in bytes.

    Parameters
    ----------
    header : Header or LightHeader
        Of any unit.

    Raises
    ------
    UnsoundError
        If a size is missing, negative, no whole number or beyond what FITS knows.

    References
    ----------
    FITS Standard 4.0, equations 1 and 2.
    """
    bits = _whole(header, "BITPIX", -64, 64)
    if bits not in _BITPIX:
        raise UnsoundError(f"says BITPIX = {bits} in a header, which FITS does not know")
    axes = [_whole(header, f"NAXIS{axis + 1}") for axis in range(_whole(header, "NAXIS", 0, _MOST_AXES))]
    if not axes:
        return 0
    count = math.prod(axes) + _whole(header, "PCOUNT", default=0)
    return abs(bits) // 8 * _whole(header, "GCOUNT", default=1) * count


def _whole(
    header: fits.Header | LightHeader,
    key: str,
    least: int = 0,
    most: int = 2**63 - 1,
    default: int | None = None,
) -> int:
    """Return a count of a header; one that is missing, no whole number or out of its range is unsound."""
    value = header.get(key, default)
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise UnsoundError(f"says {key} = {str(value)[:30]} in a header, where {least} or more belongs")
    return value
