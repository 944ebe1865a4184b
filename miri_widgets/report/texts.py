"""Texts as a paper prints them: numbers of sensible length, file names without a machine's folders, no advice for a page."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from miri_widgets.products.program import Program

__all__ = [
    "number_words",
    "of_words",
    "places_of",
    "short_numbers",
    "shown",
    "without_advice",
    "without_folders",
]

_MOST_DIGITS = 8
"""Significant digits of the longest number that is printed."""
_NUMBER = re.compile(r"(?<![\w./:])(\d+\.\d+(?:[eE][-+]?\d+)?)(?!\.?\w|/)")
_ABSOLUTE = re.compile(r"(?<![^\s\"'(\[=,`])(?:~[\w.-]*/|/|[A-Za-z]:[\\/]|\\\\)[^\s,;:\"'()\[\]<>`=]+")
_CLAUSE = re.compile(r"(?:[^.;:]|[.;:](?!\s|$))+[.;:]*\s*")
_ADVICE = re.compile(
    r"\b(?:click|clicks|clicking|tick|untick|ticked|press|button|buttons|reload|this page|(?:Program|Get data|Shifts) tab)\b"
    r"|^(?:choose|select|enter|put|open|set|run|use|do not|take care|check|try|look|see|give|draw|install)\b",
    re.IGNORECASE,
)


def number_words(value: float) -> str:
    """
    Return a number with six significant digits, or eight when it is large; a dash when it is no number.

    Parameters
    ----------
    value : float
        Any.
    """
    if not math.isfinite(value):
        return "–"
    return f"{value:.{_MOST_DIGITS if 1e4 <= abs(value) < 1e8 else 6}g}"


def of_words(count: int, total: int, noun: str) -> str:
    """
    Return how many of how many with the verb that belongs to it: "1 of 20 exposures is".

    Parameters
    ----------
    count, total : int
        How many of how many.
    noun : str
        In the singular.
    """
    return f"{count} of {total} {noun}{'' if total == 1 else 's'} {'is' if count == 1 else 'are'}"


def places_of(program: Program) -> tuple[Path, ...]:
    """Return the folders of a program to which file names are relative, the innermost first."""
    known = {
        place for place in (program.workspace, *program.folders, *program.awaited) if place.is_absolute()
    }
    useful = [place for place in known if len(place.parts) > 1]
    return tuple(sorted(useful, key=lambda place: len(place.parts), reverse=True))


def without_folders(text: str, places: Sequence[Path] = ()) -> str:
    """
    Replace absolute paths in a text: below a folder of the program by what follows it, else by the file's name.

    Parameters
    ----------
    text : str
        A path, or sentences.
    places : sequence of Path
        Folders of the program; see `places_of`.
    """
    if "/" not in text and "\\" not in text:
        return text
    for place in places:
        text = text.replace(f"{place}/", "")
        text = re.sub(rf"(?<![\w/]){re.escape(str(place))}(?![\w/.-])", lambda _, name=place.name: name, text)  # type: ignore[misc]
    if _is_one_path(text):
        return _name_of(text)
    return _ABSOLUTE.sub(lambda match: _name_of(match[0]), text)


def _is_one_path(text: str) -> bool:
    """Whether a text is one absolute path, blanks included: it ends in a file name."""
    return bool(
        re.fullmatch(r"(?:~[\w.-]*/|/|[A-Za-z]:[\\/]|\\\\)[^\n\"';,=]*\.\w{1,8}", text)
    ) and not re.search(r"[.:] |\s[/~]", text)


def _name_of(path: str) -> str:
    trimmed = path.rstrip("/\\")
    ending = path[len(path.rstrip(".")) :] if path.endswith(".") else ""
    name = re.split(r"[/\\]", trimmed.rstrip("."))[-1]
    return (name or "–") + ending


def short_numbers(text: str) -> str:
    """
    Shorten the decimal numbers in a text that have more than eight significant digits.

    Versions, dates, identifiers of works and names of files stay as they are.
    """
    return _NUMBER.sub(_shorter, text)


def _shorter(match: re.Match[str]) -> str:
    digits = re.sub(r"[eE].*", "", match[1]).replace(".", "").lstrip("0")
    return match[1] if len(digits) <= _MOST_DIGITS else number_words(float(match[1]))


def without_advice(text: str) -> str:
    """
    Leave out of a sentence what it advises to do on a page: a paper has no buttons.

    What was found stays; a text that is nothing but advice is empty.

    Parameters
    ----------
    text : str
        Sentences; an error's sentence has its advice behind a colon.
    """
    clauses = [match[0] for match in _CLAUSE.finditer(text)]
    kept = [clause for clause in clauses if not _ADVICE.search(clause)]
    if len(kept) == len(clauses):
        return text
    words = "".join(kept).rstrip(" :;,")
    return words if not words or words.endswith((".", "!", "?")) else f"{words}."


def shown(value: Any, places: Sequence[Path]) -> Any:
    """Return a value as it is printed, with texts inside lists; what is no text stays."""
    if isinstance(value, str):
        return without_folders(value, places)
    if isinstance(value, Path):
        return without_folders(str(value), places)
    if isinstance(value, list | tuple):
        return tuple(shown(one, places) for one in value)
    return value
