"""What a program's TOML file may say; the rest is refused with its place in the file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from miri_widgets.core.display_range import check_range
from miri_widgets.errors import BadTableError, ParameterError
from miri_widgets.products.fits_files import shown_name

__all__ = ["DISPLAYED", "STARTS", "check_values", "read_ranges"]

_KEYS = {
    "name": str,
    "title": str,
    "description": str,
    "program": str,
    "folders": list,
    "workspace": str,
    "crds_path": str,
    "crds_context": str,
    "product_name": str,
    "simulated": str,
    "pitfalls": list,
    "twin": str,
    "start": str,
    "stages": list,
    "chain": list,
    "only": dict,
    "settings": dict,
    "filters": dict,
    "display": dict,
}

STARTS = {"uncal": "raw exposures", "rate": "count-rate images", "cal": "calibrated images"}
"""Products of exposures that a chain can begin with, and what they are called."""

DISPLAYED = {"rate": "DN/s", "cal": "MJy/sr", "sky": "MJy/sr", "subtracted": "MJy/sr"}
"""Kinds of images that a program may have a display range for, and their units."""


def check_values(values: Mapping[str, Any], path: Path) -> None:
    """
    Check the keys of a program's file, and the types of their values.

    Raises
    ------
    BadTableError
        If a key is unknown or a value of the wrong type.
    """
    for key, value in values.items():
        if key not in _KEYS:
            raise BadTableError(
                f"{shown_name(path)} has the key {key[:60]!r}",
                "one of " + ", ".join(_KEYS),
                "correct or remove it",
            )
        if not isinstance(value, _KEYS[key]):
            raise BadTableError(
                f"{shown_name(path)}: {key} = {str(value)[:60]!r}",
                f"a {_KEYS[key].__name__}",
                "correct the value",
            )
    start = values.get("start", "uncal")
    if start not in STARTS:
        raise BadTableError(
            f"{shown_name(path)}: start = {start[:60]!r}", "one of " + ", ".join(STARTS), "correct it"
        )
    tables = {f"settings.{stage}": entries for stage, entries in values.get("settings", {}).items()}
    for name, stages in values.get("filters", {}).items():
        tables[f"filters.{name}"] = stages
        if isinstance(stages, dict):
            tables |= {f"filters.{name}.{stage}": entries for stage, entries in stages.items()}
    for name, entries in tables.items():
        if not isinstance(entries, dict):
            raise BadTableError(
                f"{shown_name(path)}: {name} is no table", f"[{name}] with values", "correct it"
            )
    for stage, names in values.get("only", {}).items():
        if not isinstance(names, list):
            raise BadTableError(
                f"{shown_name(path)}: only.{stage} = {str(names)[:60]!r}", "a list of filters", "correct it"
            )


def read_ranges(values: Mapping[str, Any], path: Path) -> dict[str, dict[str, tuple[float, float]]]:
    """
    Return black and white by filter and kind of image.

    Raises
    ------
    BadTableError
        If a kind is unknown, or something is no range.
    """
    found: dict[str, dict[str, tuple[float, float]]] = {}
    for name, kinds in values.items():
        if not isinstance(kinds, dict) or set(kinds) - set(DISPLAYED):
            raise BadTableError(
                f"{shown_name(path)}: display.{name} = {str(kinds)[:60]!r}",
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
                    f"{shown_name(path)}: display.{name}.{kind} = {str(ends)[:60]!r}",
                    "[black, white]",
                    "correct it",
                )
            try:
                check_range(*map(float, ends))
            except (ParameterError, OverflowError) as error:
                raise BadTableError(
                    f"{shown_name(path)}: display.{name}.{kind} = {str(ends)[:60]}",
                    "two finite numbers, white above black",
                    "correct it",
                ) from error
        found[name] = {kind: (float(black), float(white)) for kind, (black, white) in kinds.items()}
    return found
