"""What a program's TOML file holds, as plain values."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from miri_widgets.errors import BadTableError
from miri_widgets.products.fits_reader import shown_name
from miri_widgets.products.program_schema import (
    flat_settings,
    path_named,
)
from miri_widgets.products.text_files import read_text

__all__ = ["full_settings", "names_in", "paths_named", "read_toml"]


def names_in(value: str | Sequence[str]) -> tuple[str, ...]:
    """
    Return names that stand in a list, or in one text with commas between.

    Parameters
    ----------
    value : str or sequence of str
        An entry of the file.
    """
    parts = value.split(",") if isinstance(value, str) else value
    return tuple(filter(None, (part.strip() for part in parts)))


def read_toml(path: Path) -> dict[str, Any]:
    """
    Return what a TOML file holds.

    Parameters
    ----------
    path : Path
        The file.
    """
    text = read_text(path, "a program's TOML file", "correct its name, or write it again as text")
    try:
        return tomllib.loads(text)
    except RecursionError as error:
        raise BadTableError(
            f"{shown_name(path)}: tables within tables without end", "a program's TOML file", "correct it"
        ) from error
    except ValueError as error:  # integers of thousands of digits, too
        is_json = text.lstrip().startswith("{")
        raise BadTableError(
            f"{shown_name(path)}: {str(error)[:200]}",
            "a TOML file" + ", not JSON" * is_json,
            "write its keys as KEY = VALUE" if is_json else "correct that line",
        ) from error


def paths_named(values: Mapping[str, Any], key: str, path: Path) -> tuple[Path, ...]:
    """
    Return the paths of an entry that holds one or several.

    Parameters
    ----------
    values : mapping
        What the file holds.
    key : str
        Name of the entry.
    path : Path
        The program's file: relative paths begin in its folder.
    """
    given = values.get(key, ())
    return tuple(path_named(entry, key, path) for entry in ([given] if isinstance(given, str) else given))


def full_settings(entries: Mapping[str, Any], path: Path) -> dict[str, Any]:
    """
    Return values by full name, with the files that lie beside the program's file named in full.

    Parameters
    ----------
    entries : mapping
        Entries of a stage, as the file nests them.
    path : Path
        The program's file.
    """
    return {
        name: str((path.parent / value).resolve())
        if isinstance(value, str) and value and _is_beside(path.parent / value)
        else value
        for name, value in flat_settings(entries).items()
    }


def _is_beside(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):  # no name that a file can have
        return False
