"""
Names that come from files of a workspace, checked before they become part of a path.

Whatever lies in a workspace is data: an archive that somebody unpacked, a folder that was shared, a disk that was
damaged. Keys, stages, job ids and product names are each one plain component of a path, so that nothing that is
read, written or removed by them lies outside the workspace.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

__all__ = ["checked_environment", "checked_job_id", "checked_product", "checked_run_key", "checked_stage"]

_IDENTIFIER = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,79}")
_STAGE = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,79}")
_PRODUCT = re.compile(r"\w[^/\\]{0,199}")  # programs are called as people call them: NGC 628
_VARIABLE = re.compile(r"CRDS_[A-Z0-9_]{1,60}")


def checked_run_key(value: object) -> str:
    """
    Return the key of a run.

    Parameters
    ----------
    value : object
        As it was read.

    Raises
    ------
    ValueError
        If it is no single name of letters, digits, hyphens and underscores.
    """
    return _matched(_IDENTIFIER, value, "the key of a run")


def checked_job_id(value: object) -> str:
    """
    Return the id of a job.

    Parameters
    ----------
    value : object
        As it was read.

    Raises
    ------
    ValueError
        If it is no single name of letters, digits, hyphens and underscores.
    """
    return _matched(_IDENTIFIER, value, "the id of a job")


def checked_stage(value: object) -> str:
    """
    Return the name of a stage.

    Parameters
    ----------
    value : object
        As it was read.

    Raises
    ------
    ValueError
        If it is no identifier.
    """
    return _matched(_STAGE, value, "the name of a stage")


def checked_product(value: object, *, empty: bool = False) -> str:
    """
    Return the name of a product, or the root of the names of several.

    Parameters
    ----------
    value : object
        As it was read.
    empty : bool
        Whether it may be empty.

    Raises
    ------
    ValueError
        If it is not the name of one visible file in the folder of its run.
    """
    if empty and value == "":
        return ""
    name = _matched(_PRODUCT, value, "the name of a product")
    if not name.isprintable() or name != name.strip():
        raise ValueError(f"{name[:80]!r} as the name of a product")
    return name


def checked_environment(values: Mapping[str, Any]) -> dict[str, str]:
    """
    Return the variables of a run: those of CRDS and no others.

    Parameters
    ----------
    values : mapping of str to str
        As they were read.

    Raises
    ------
    ValueError
        If another variable is among them: it could choose what code runs.
    """
    for name, value in values.items():
        if not (isinstance(name, str) and _VARIABLE.fullmatch(name) and isinstance(value, str)):
            raise ValueError(f"the variable {str(name)[:60]!r}, where only those of CRDS have a place")
        if "\0" in value:
            raise ValueError(f"a NUL in the variable {name}")
    return dict(values)


def _matched(pattern: re.Pattern[str], value: object, what: str) -> str:
    if isinstance(value, str) and pattern.fullmatch(value):
        return value
    raise ValueError(f"{value if isinstance(value, int | float) else str(value)[:80]!r} as {what}")
