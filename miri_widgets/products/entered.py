"""What a person types or pastes into a field: paths and numbers, with the obvious meaning or a sentence."""

from __future__ import annotations

import math
import re
from pathlib import Path
from urllib.parse import unquote

from miri_widgets.errors import InputError, ParameterError
from miri_widgets.option_numbers import decimal_number

__all__ = ["entered_number", "entered_path", "entered_token"]

LONGEST = 4000
_QUOTES = (("'", "'"), ('"', '"'), ("`", "`"), ("\N{LEFT DOUBLE QUOTATION MARK}", "\N{RIGHT DOUBLE QUOTATION MARK}"))  # fmt: skip
_FILE = re.compile(r"file:(?://(?:localhost)?(?=/))?(?=/)", re.IGNORECASE)


def entered_path(entered: str | Path, *, whole: bool = False) -> Path:
    """
    Return the path that is meant, without the quotes, blanks or ``file://`` that were pasted with it.

    Parameters
    ----------
    entered : str or Path
        What was typed; ``~`` is the home folder. A `Path` is taken as it is, but for ``~``.
    whole : bool, optional
        Whether a relative path is refused.

    Raises
    ------
    InputError
        If it is empty, no path, or not whole where that is needed.
    """
    content = str(entered) if isinstance(entered, Path) else _bare(entered)
    if not content or (isinstance(entered, Path) and entered == Path()):
        raise InputError("no path", "the full path of a folder or file", "type one, or choose one")
    if not content.isprintable() or len(content) > LONGEST:
        raise InputError(
            "a path with letters that no name has, or far too long", "the path of a folder or file", "correct it"
        )  # fmt: skip
    if re.match(r"[A-Za-z][A-Za-z0-9+.-]+://", content):
        raise InputError(
            f"the address {content[:80]!r}", "a path on the machine that this page runs on", "correct it"
        )
    try:
        path = Path(content).expanduser()
    except RuntimeError as error:  # ~name of a user that does not exist
        raise InputError(f"no home folder {content[:80]}", "a full path", "correct it") from error
    if whole and not path.is_absolute():
        raise InputError(f"the path {content[:80]} is not full", "one that begins with /", "type all of it")
    return path


def _bare(entered: str) -> str:
    """Return a path without what is pasted around it."""
    content = entered.strip()
    for left, right in _QUOTES:
        if len(content) > 1 and content.startswith(left) and content.endswith(right):
            content = content[1:-1].strip()
            break
    mark = _FILE.match(content)
    return unquote(content[mark.end() :]) if mark else content


def entered_number(
    entered: str | float, what: str, low: float, high: float, *, unit: str = "", units: tuple[str, ...] = ()
) -> float:
    """
    Return the number that is meant, within limits.

    Parameters
    ----------
    entered : str or float
        What was typed; one of `units` may follow the number.
    what : str
        What the number is, as the beginning of a sentence.
    low, high : float
        Limits, both allowed.
    unit : str, optional
        For the sentence.
    units : tuple of str, optional
        Other spellings of `unit`.

    Raises
    ------
    ParameterError
        If it is no number, not finite, or beyond the limits.
    """
    content = str(entered).strip()
    bare = content.lower()
    for ending in (*units, unit):
        if ending and bare.endswith(ending.lower()):
            bare = bare[: -len(ending)].strip()
            break
    try:
        number = decimal_number(bare) if "_" not in bare else math.nan
    except ValueError:
        number = math.nan
    if not low <= number <= high:
        shown = repr(content[:40]) if content else "nothing is entered"
        blank = f" {unit}" if unit else ""
        raise ParameterError(f"{what}: {shown}", f"a number from {low:g} to {high:g}{blank}", "enter one")
    return number


def entered_token(entered: str) -> str:
    """
    Return an archive token without the blanks and quotes that were pasted with it; empty for none.

    Parameters
    ----------
    entered : str
        What was typed or pasted.

    Raises
    ------
    InputError
        If it has blanks within or letters that no token has. What was typed is not repeated.
    """
    content = _bare(entered)
    if content.lower().startswith("token "):
        content = content[len("token ") :].strip()
    if not re.fullmatch(r"[!-~]{0,500}", content):
        raise InputError(
            "what was entered is no token", "letters and digits without blanks, as the archive gives them",
            "copy it again",
        )  # fmt: skip
    return content
