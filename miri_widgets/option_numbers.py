"""Numbers that people type, on a command line or into a field: each is used as it is, or refused with one sentence."""

from __future__ import annotations

import argparse
import math
import re
from collections.abc import Callable

from miri_widgets.errors import ParameterError

__all__ = ["DAY", "check_number", "decimal_number", "port_number", "real_number", "whole_number"]

DAY = 86400.0
"""Seconds."""


_DECIMAL_COMMA = re.compile(r"[+-]?\d*,\d+(?:[eE][+-]?\d+)?")
_THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2},\d{3}")


def decimal_number(text: str) -> float:
    """
    Return a number that was typed, with a decimal point or a decimal comma.

    Parameters
    ----------
    text : str
        The text. ``1,5`` is 1.5; ``1,500``, which is 1.5 to some and 1500 to others, is refused.

    Raises
    ------
    ValueError
        If it is no number.
    """
    bare = text.strip()
    if _DECIMAL_COMMA.fullmatch(bare) and not _THOUSANDS.fullmatch(bare):
        bare = bare.replace(",", ".")
    return float(bare)


def check_number(value: float, what: str, low: float, high: float, example: str) -> None:
    """
    Refuse a number that cannot be used.

    Parameters
    ----------
    value : float
        The number.
    what : str
        What it is, for the sentence.
    low, high : float
        Least and largest number that can be used.
    example : str
        What to give instead.

    Raises
    ------
    ParameterError
        If it is not finite, or out of bounds.
    """
    if not low <= value <= high:
        raise ParameterError(f"{value:g} cannot be {what}", _bounds("a number", low, high), f"give {example}")


def whole_number(what: str, low: int, high: int, example: int) -> Callable[[str], int]:
    """
    Return the type of an option that takes a whole number.

    Parameters
    ----------
    what : str
        What it is, for the sentence.
    low, high : int
        Least and largest number that can be used.
    example : int
        What to give instead.
    """

    def parse(text: str) -> int:
        try:
            value = int(text)
        except ValueError:
            value = low - 1
        if not low <= value <= high:
            raise argparse.ArgumentTypeError(_sentence(text, what, "a whole number", low, high, example))
        return value

    return parse


def real_number(what: str, low: float, high: float, example: float) -> Callable[[str], float]:
    """
    Return the type of an option that takes a number with decimals.

    Parameters
    ----------
    what : str
        What it is, with its unit, for the sentence.
    low, high : float
        Least and largest number that can be used.
    example : float
        What to give instead.
    """

    def parse(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not low <= value <= high:  # neither is nan
            raise argparse.ArgumentTypeError(_sentence(text, what, "a number", low, high, example))
        return value

    return parse


port_number = whole_number("a port", 0, 65535, 8866)
"""The type of an option that takes a TCP port; 0 takes a free one."""


def _bounds(kind: str, low: float, high: float) -> str:
    return f"{kind} from {low:.12g} to {high:.12g}"


def _sentence(text: str, what: str, kind: str, low: float, high: float, example: float) -> str:
    # argparse fills in what stands after a per cent sign
    shown = repr(text[:40]).replace("%", "%%")
    return f"{shown} cannot be {what}; expected {_bounds(kind, low, high)}: give for example {example:g}"
