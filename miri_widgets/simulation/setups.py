"""How a filter is read in a program that reads its filters differently: groups, integrations, sky, place in the order."""

from __future__ import annotations

import string
from dataclasses import dataclass

__all__ = ["FilterSetup", "activity"]

_DIGITS = string.digits + string.ascii_lowercase


@dataclass(frozen=True)
class FilterSetup:
    """
    The readout of one filter.

    Attributes
    ----------
    filter : str
        Filter.
    ngroups, nints : int
        Groups per integration and integrations per exposure.
    sky : float
        Level of the sky, MJy/sr; 0 for the usual one of the filter.
    number : int
        0-based place of the filter among all of the program, of which a small twin has a part only.
    """

    filter: str
    ngroups: int
    nints: int = 1
    sky: float = 0.0
    number: int = 0


def activity(number: int) -> str:
    """
    Return the activity of a 0-based filter change as the file names write it.

    Parameters
    ----------
    number : int
        Number of the filter change, 0-based.

    Notes
    -----
    Two digits of base 36; filter changes take the odd ones: 01, 03 ... 09, 0b ... 0j for the tenth.
    """
    value = 2 * number + 1
    return _DIGITS[value // 36] + _DIGITS[value % 36]
