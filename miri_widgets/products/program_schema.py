"""What a program's TOML file may say; the rest is refused with its place in the file."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from miri_widgets.core.display_range import check_range
from miri_widgets.errors import BadTableError, ParameterError
from miri_widgets.products.exposure import FILTERS
from miri_widgets.products.fits_reader import shown_name
from miri_widgets.products.names import program_number

__all__ = [
    "DISPLAYED",
    "PROGRAM_KEYS",
    "STARTS",
    "check_values",
    "flat_settings",
    "path_named",
    "read_program_number",
    "read_ranges",
]

PROGRAM_KEYS: dict[str, tuple[type, ...]] = {
    "name": (str,),
    "title": (str,),
    "description": (str,),
    "program": (str, int),
    "folders": (list, str),
    "exclude": (list, str),
    "workspace": (str,),
    "crds_path": (str,),
    "crds_context": (str,),
    "product_name": (str,),
    "simulated": (str,),
    "pitfalls": (list,),
    "twin": (str,),
    "start": (str,),
    "stages": (list,),
    "chain": (list,),
    "only": (dict,),
    "settings": (dict,),
    "filters": (dict,),
    "display": (dict,),
    "acceleration_off": (list, str),
}

_KINDS = {str: "text in quotation marks", int: "a number", list: "a list", dict: "a table"}
_ENTRIES = {"folders": "paths", "exclude": "paths", "pitfalls": "sentences"}
_LONGEST_TEXT = 10_000
_NAME = re.compile(r"[A-Za-z0-9_.-]{0,100}")
_PRODUCT = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.+-]{0,99}")

STARTS = {"uncal": "raw exposures", "rate": "count-rate images", "cal": "calibrated images"}
"""Products of exposures that a chain can begin with, and what they are called."""

DISPLAYED = {"rate": "DN/s", "cal": "MJy/sr", "sky": "MJy/sr", "subtracted": "MJy/sr"}
"""Kinds of images that a program may have a display range for, and their units."""


def check_values(values: Mapping[str, Any], path: Path) -> None:
    """
    Check the keys of a program's file, and the types of their values.

    Parameters
    ----------
    values : mapping
        Content of the program's file.
    path : Path
        The program's file, for messages.

    Raises
    ------
    BadTableError
        If a key is unknown or a value of the wrong type.
    """
    for key, value in values.items():
        if key not in PROGRAM_KEYS:
            near = get_close_matches(key.lower(), PROGRAM_KEYS, n=1)
            raise BadTableError(
                f"{shown_name(path)} has the key {key[:60]!r}",
                f"{near[0]}?" if near else "one of " + ", ".join(PROGRAM_KEYS),
                "correct or remove it",
            )
        kinds = PROGRAM_KEYS[key]
        if isinstance(value, bool) or not isinstance(value, kinds):
            kinds_text = " or ".join(_KINDS[kind] for kind in kinds)
            raise _bad(path, key, value, kinds_text)
        if isinstance(value, list):
            _check_list(key, value, path)
        if isinstance(value, str) and not _is_text(value):
            raise _bad(path, key, value, "text without control characters, of at most 10,000 letters")
    start = values.get("start", "uncal")
    if start not in STARTS:
        raise _bad(path, "start", start, "one of " + ", ".join(STARTS))
    for key in ("simulated", "twin"):
        if not _NAME.fullmatch(values.get(key, "")):
            raise _bad(path, key, values[key], "the name of a simulated program, such as demo")
    _check_name(values, path)
    _check_tables(values, path)


def read_program_number(values: Mapping[str, Any], path: Path) -> str:
    """
    Return the number of a program, five digits, as people write it; empty when the file names none.

    Parameters
    ----------
    values : mapping
        Content of the program's file.
    path : Path
        The program's file, for messages.

    Raises
    ------
    BadTableError
        If it is no number of a program.
    """
    given = values.get("program", "")
    if given == "" or (isinstance(given, str) and not given.strip()):
        return ""
    number = program_number(given)
    if not number:
        raise _bad(path, "program", given, "the number of a program, such as 2736")
    return number


def _bad(path: Path, key: str, value: Any, expected: str) -> BadTableError:
    return BadTableError(f"{shown_name(path)}: {key[:80]} = {_shown(value)}", expected, "correct it")


def _shown(value: Any) -> str:
    """Return a value fit for a sentence; a long integer has no decimal form."""
    try:
        return repr(value)[:60]
    except ValueError:
        return "a number of thousands of digits"


def _is_text(text: str) -> bool:
    # titles and descriptions may have several lines
    return len(text) <= _LONGEST_TEXT and all(letter.isprintable() or letter in "\n\t" for letter in text)


def _check_list(key: str, value: Sequence[Any], path: Path) -> None:
    for entry in value:
        if not isinstance(entry, str) or not entry.strip() or not _is_text(entry):
            raise _bad(path, key, entry, f"a list of {_ENTRIES.get(key, 'names')}, each in quotation marks")


def _check_name(values: Mapping[str, Any], path: Path) -> None:
    name = values.get("name", "")
    if "name" in values and (not name.strip() or "/" in name or len(name) > 100 or not name.isprintable()):
        raise _bad(path, "name", name, "a short name that can stand in file names")
    pattern = values.get("product_name", "")
    try:
        made = pattern.format(name="name", filter="f770w", program="02736")
    except (ValueError, KeyError, IndexError, AttributeError, TypeError, OverflowError, MemoryError) as error:
        raise _bad(
            path, "product_name", pattern, "a name with any of {name}, {filter} and {program}"
        ) from error
    if "product_name" in values and not _PRODUCT.fullmatch(made):
        raise _bad(
            path, "product_name", pattern, "letters, digits and ._+-, with {name}, {filter} or {program}"
        )


def _check_tables(values: Mapping[str, Any], path: Path) -> None:
    tables = {f"settings.{stage}": entries for stage, entries in values.get("settings", {}).items()}
    for name, stages in values.get("filters", {}).items():
        _check_filter(f"filters.{name}", name, path)
        tables[f"filters.{name}"] = stages
        if isinstance(stages, dict):
            tables |= {f"filters.{name}.{stage}": entries for stage, entries in stages.items()}
    for name, entries in tables.items():
        if not isinstance(entries, dict):
            raise BadTableError(
                f"{shown_name(path)}: {name[:80]} is no table", f"[{name[:80]}] with values", "correct it"
            )
    for stage, names in values.get("only", {}).items():
        if not isinstance(names, list):
            raise _bad(path, f"only.{stage}", names, "a list of filters")
        for name in names:
            _check_filter(f"only.{stage}", name, path)
    for name in values.get("display", {}):
        _check_filter(f"display.{name}", name, path)


def _check_filter(key: str, name: Any, path: Path) -> None:
    """Refuse a filter that does not exist: what is said for it would never act."""
    if name not in FILTERS:
        near = (
            get_close_matches(str(name).upper(), FILTERS, n=1, cutoff=0.75) if isinstance(name, str) else []
        )
        raise _bad(path, key, name, f"{near[0]}?" if near else "a filter, one of " + ", ".join(FILTERS))


def flat_settings(entries: Mapping[str, Any]) -> dict[str, Any]:
    """
    Return parameter values by full name.

    Parameters
    ----------
    entries : mapping
        Of one stage, with ``"jump.rejection_threshold"`` as one key or ``jump.rejection_threshold`` as a table in a
        table, which is what TOML makes of a name without quotation marks.
    """
    flat: dict[str, Any] = {}
    for name, value in entries.items():
        if isinstance(value, dict):
            flat |= {f"{name}.{rest}": inner for rest, inner in flat_settings(value).items()}
        else:
            flat[name] = value
    return flat


def path_named(text: str, key: str, path: Path) -> Path:
    """
    Return the full path of a file or folder that a program's file names.

    Parameters
    ----------
    text : str
        The path; relative to the folder of the program's file, ``~`` is the home folder.
    key : str
        Where it stands in the file.
    path : Path
        The program's file.

    Raises
    ------
    BadTableError
        If it is empty, of a user that does not exist, or no name that a file can have.
    """
    parts = text.encode("utf-8", "replace").split(b"/")
    if not text.strip() or not text.isprintable() or len(text) > 4000 or max(map(len, parts)) > 255:
        raise _bad(path, key, text, "a path that a disk can hold")
    try:
        return (path.parent / Path(text).expanduser()).resolve()
    except RuntimeError as error:
        if text.startswith("~"):
            raise _bad(path, key, text, "a user of this machine, or a path without ~") from error
        raise _bad(path, key, text, "a path whose links lead somewhere") from error
    except (OSError, ValueError) as error:
        raise _bad(path, key, text, "a path that can be reached") from error


def read_ranges(values: Mapping[str, Any], path: Path) -> dict[str, dict[str, tuple[float, float]]]:
    """
    Return black and white by filter and kind of image.

    Parameters
    ----------
    values : mapping
        Content of the program's file.
    path : Path
        The program's file, for messages.

    Raises
    ------
    BadTableError
        If a kind is unknown, or something is no range.
    """
    ranges: dict[str, dict[str, tuple[float, float]]] = {}
    for name, kinds in values.items():
        if not isinstance(kinds, dict) or set(kinds) - set(DISPLAYED):
            raise BadTableError(
                f"{shown_name(path)}: display.{name} = {_shown(kinds)}",
                "a range for any of " + ", ".join(DISPLAYED),
                "correct it",
            )
        for kind, ends in kinds.items():
            if not (
                isinstance(ends, list)
                and len(ends) == 2
                and all(isinstance(end, int | float) and not isinstance(end, bool) for end in ends)
            ):
                raise BadTableError(
                    f"{shown_name(path)}: display.{name}.{kind} = {_shown(ends)}",
                    "[black, white]",
                    "correct it",
                )
            try:
                check_range(*map(float, ends))
            except (ParameterError, OverflowError) as error:
                raise BadTableError(
                    f"{shown_name(path)}: display.{name}.{kind} = {_shown(ends)}",
                    "two finite numbers, white above black",
                    "correct it",
                ) from error
        ranges[name] = {kind: (float(black), float(white)) for kind, (black, white) in kinds.items()}
    return ranges
