"""Format texts for print: numbers of sensible length, file names without a machine's folders, no advice about the page."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from miri_widgets.products.program import Program

__all__ = [
    "count_text",
    "number_text",
    "printable",
    "program_folders",
    "short_numbers",
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


def number_text(value: float) -> str:
    """
    Format a number with six significant digits, eight if it is large; a dash if it is not finite.

    Parameters
    ----------
    value : float
        The number.

    Returns
    -------
    str
        The text.
    """
    if not math.isfinite(value):
        return "–"
    return f"{value:.{_MOST_DIGITS if 1e4 <= abs(value) < 1e8 else 6}g}"


def count_text(count: int, total: int, noun: str) -> str:
    """
    Format a fraction of a total with its verb: "1 of 20 exposures is".

    Parameters
    ----------
    count, total : int
        The part, and the total that it belongs to.
    noun : str
        What is counted, in the singular.

    Returns
    -------
    str
        The text.
    """
    return f"{count} of {total} {noun}{'' if total == 1 else 's'} {'is' if count == 1 else 'are'}"


def program_folders(program: Program) -> tuple[Path, ...]:
    """
    Return the folders of a program that file names are relative to, innermost first.

    Parameters
    ----------
    program : Program
        The program.

    Returns
    -------
    tuple of Path
        Absolute folders.
    """
    folders = {
        folder for folder in (program.workspace, *program.folders, *program.awaited) if folder.is_absolute()
    }
    absolute = [folder for folder in folders if len(folder.parts) > 1]
    return tuple(sorted(absolute, key=lambda folder: len(folder.parts), reverse=True))


def without_folders(text: str, folders: Sequence[Path] = ()) -> str:
    """
    Replace absolute paths in a text by paths relative to a folder of the program, or by the file's name.

    Parameters
    ----------
    text : str
        A path, or sentences.
    folders : sequence of Path
        Folders of the program; see `program_folders`.

    Returns
    -------
    str
        The text without absolute paths.
    """
    if "/" not in text and "\\" not in text:
        return text
    for folder in folders:
        text = text.replace(f"{folder}/", "")
        text = re.sub(
            rf"(?<![\w/]){re.escape(str(folder))}(?![\w/.-])", folder.name.replace("\\", r"\\"), text
        )
    if _is_single_path(text):
        return _name_of(text)
    return _ABSOLUTE.sub(lambda match: _name_of(match[0]), text)


def _is_single_path(text: str) -> bool:
    """Whether a text is a single absolute path, blanks included: it ends in a file name."""
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

    Parameters
    ----------
    text : str
        Any text.

    Returns
    -------
    str
        The text with shorter numbers.
    """
    return _NUMBER.sub(_shorter, text)


def _shorter(match: re.Match[str]) -> str:
    digits = re.sub(r"[eE].*", "", match[1]).replace(".", "").lstrip("0")
    return match[1] if len(digits) <= _MOST_DIGITS else number_text(float(match[1]))


def without_advice(text: str) -> str:
    """
    Remove advice about the page from sentences: a paper has no buttons.

    Statements stay; a text that is only advice becomes empty.

    Parameters
    ----------
    text : str
        Sentences; errors give their advice after a colon.

    Returns
    -------
    str
        The remaining sentences.
    """
    clauses = [match[0] for match in _CLAUSE.finditer(text)]
    facts = [clause for clause in clauses if not _ADVICE.search(clause)]
    if len(facts) == len(clauses):
        return text
    shortened = "".join(facts).rstrip(" :;,")
    return shortened if not shortened or shortened.endswith((".", "!", "?")) else f"{shortened}."


def printable(value: Any, folders: Sequence[Path]) -> Any:
    """
    Return a value without folders in its texts, inside lists, too; other types stay as they are.

    Parameters
    ----------
    value : object
        A value of any type.
    folders : sequence of Path
        Folders of the program; see `program_folders`.

    Returns
    -------
    object
        The value for print.
    """
    if isinstance(value, str):
        return without_folders(value, folders)
    if isinstance(value, Path):
        return without_folders(str(value), folders)
    if isinstance(value, list | tuple):
        return tuple(printable(item, folders) for item in value)
    return value
