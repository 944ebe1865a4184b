"""From parameter values to the keyword arguments of a correction: files are read here, and only here."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from miri_widgets.errors import BadTableError

__all__ = ["FILE", "arguments_of"]

FILE = "_file"
"""Ending of the names of parameters that are files."""


def arguments_of(values: Mapping[str, Any]) -> dict[str, Any]:
    """
    Return the keyword arguments for parameter values.

    Parameters
    ----------
    values : mapping
        Parameter values by name. The file of ``NAME_file`` is read and becomes ``NAME``: DS9 regions (``.reg``)
        become a tuple of `miri_widgets.core.regions.Region`, empty when no file is named.

    Raises
    ------
    BadTableError, MissingFileError
        If a file cannot be used.
    """
    arguments = {}
    for name, value in values.items():
        if name.endswith(FILE):
            arguments[name.removesuffix(FILE)] = _read(name, value)
        else:
            arguments[name] = value
    return arguments


def _read(name: str, value: Any) -> tuple[Any, ...]:
    if value in (None, "", "None"):
        return ()
    path = Path(str(value))
    if path.suffix.lower() == ".reg":
        from miri_widgets.products.tables.region_files import read_regions

        return tuple(read_regions(path))
    raise BadTableError(f"{name} = {path.name[:120]!r}", "a DS9 region file (.reg)", "choose another file")
