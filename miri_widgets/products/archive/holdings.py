"""What the archive has of a program, as values."""

from __future__ import annotations

from dataclasses import dataclass

from miri_widgets.errors import ParameterError
from miri_widgets.products import names

__all__ = ["LEVELS", "ArchiveFile", "Holdings", "program_number"]


LEVELS = ("uncal", "rate", "rateints", "cal", "i2d")
"""Product suffixes that are looked for, in the order of the pipeline."""


@dataclass(frozen=True, order=True)
class ArchiveFile:
    """
    One file in the archive.

    Attributes
    ----------
    program, observation : str
        Five and three digits.
    name : str
        The file's name.
    filter : str
        Such as F770W; empty when the archive does not say.
    level : str
        The product suffix, one of `LEVELS`.
    size : int
        Bytes as the archive lists; 0 when it does not say.
    public : bool
        Whether everybody may have it.
    rights : str
        The archive's word: PUBLIC, EXCLUSIVE_ACCESS or RESTRICTED.
    released : str
        The day when it becomes or became public, ISO, UTC; empty when unknown.
    start : str
        The day of the observation, ISO, UTC; empty when unknown.
    target : str
        The target's name.
    uri : str
        The archive's name of it, such as ``mast:JWST/product/...``.
    """

    program: str
    observation: str
    name: str
    filter: str
    level: str
    size: int
    public: bool
    rights: str
    released: str
    start: str
    target: str
    uri: str


@dataclass(frozen=True)
class Holdings:
    """
    What there is of a program.

    Attributes
    ----------
    program : str
        Five digits.
    files : tuple of ArchiveFile
        By observation, filter, level and name.
    planned : int
        Observations of the imager that have not been made yet.
    """

    program: str
    files: tuple[ArchiveFile, ...]
    planned: int = 0


def program_number(text: str) -> str:
    """
    Return a program number with its leading zeros.

    Parameters
    ----------
    text : str
        The number as people write it.

    Raises
    ------
    ParameterError
        If it is none.
    """
    number = names.program_number(text)
    if not number:
        raise ParameterError(
            f"the program {str(text).strip()[:40]!r}", "a JWST program number such as 2736", "correct it"
        )
    return number
