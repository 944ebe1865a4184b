"""The CRDS context by its name, so that a key never depends on what "latest" means today."""

from __future__ import annotations

import ast
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from miri_widgets.errors import CrdsCacheError

__all__ = ["crds_variables", "resolved_context"]

_NAMED = re.compile(r"jwst_\d+\.pmap")
_DEFAULT_PATH = "/grp/crds/cache"  # where crds itself looks when CRDS_PATH is not set


def crds_variables(environment: Mapping[str, str] | None) -> dict[str, str]:
    """
    Return the CRDS_* variables for a run, with the context by its name.

    Parameters
    ----------
    environment : mapping of str to str, or None
        The program's variables; those of this process fill what is not given.

    Raises
    ------
    CrdsCacheError
        If the name of the context cannot be found out.
    """
    own = {name: value for name, value in os.environ.items() if name.startswith("CRDS_")}
    given = {name: str(value) for name, value in (environment or {}).items() if name.startswith("CRDS_")}
    merged = {**own, **given}
    merged["CRDS_CONTEXT"] = resolved_context(merged)
    return dict(sorted(merged.items()))


def resolved_context(environment: Mapping[str, str]) -> str:
    """
    Return the context's name, such as ``jwst_1413.pmap``.

    It is ``CRDS_CONTEXT`` when that is a name, else what the cache's
    ``server_config`` holds as operational.

    Parameters
    ----------
    environment : mapping of str to str
        CRDS_PATH, CRDS_CONTEXT and CRDS_SERVER_URL.

    Raises
    ------
    CrdsCacheError
        If neither gives one.
    """
    wanted = str(environment.get("CRDS_CONTEXT", "")).strip()
    if _NAMED.fullmatch(wanted):
        return wanted
    path = Path(environment.get("CRDS_PATH") or _DEFAULT_PATH) / "config" / "jwst" / "server_config"
    try:
        config: Any = ast.literal_eval(path.read_text(encoding="utf-8"))
        context = str(config["operational_context"])
    except (OSError, ValueError, SyntaxError, KeyError, TypeError) as error:
        raise CrdsCacheError(
            f"CRDS context {wanted!r} and no readable {path}"
            if wanted
            else f"no CRDS cache: {path} cannot be read",
            "a cache that knows its context, or the name of one, such as jwst_1413.pmap",
            "press Check under Get data, Reference files, while online; or set CRDS_PATH, or crds_context in the program",
        ) from error
    if not _NAMED.fullmatch(context):
        raise CrdsCacheError(
            f"the operational context {context[:60]!r} in {path}",
            "a name such as jwst_1413.pmap",
            "set crds_context in the program",
        )
    return context
