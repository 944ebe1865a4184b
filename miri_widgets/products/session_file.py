"""
What the user chose, in the session file of the workspace: a reload, another kernel, another day finds it again.

Several pages may be open on one program. Each writes the fields that it changed itself and leaves
the others as they are in the file, so that the last change of a field wins.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from filelock import FileLock

from miri_widgets.products.atomic import write_text
from miri_widgets.products.program import Program

__all__ = ["SessionFile", "session_file_of"]

_VERSION = 1
_LARGEST = 5_000_000  # bytes; what a person chose is a thousand times smaller
_NESTED = ("settings", "view", "layout")
"""Fields whose parts are remembered one by one."""


def _texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(entry, str) for entry in value)


def _mappings(value: Any) -> bool:
    return isinstance(value, dict) and all(isinstance(entry, dict) for entry in value.values())


_FIELDS: dict[str, Callable[[Any], bool]] = {
    "settings": _mappings,
    "chain": _texts,
    "excluded": _texts,
    "selected": _texts,
    "tab": lambda value: isinstance(value, str),
    "shown": lambda value: isinstance(value, str),
    "extension": lambda value: isinstance(value, str),
    "picked": lambda value: isinstance(value, bool),
    "view": lambda value: isinstance(value, dict),
    "accelerated": lambda value: isinstance(value, bool),
    "layout": lambda value: isinstance(value, dict),
}
"""What the file holds, and whether a value can be one of it."""


def session_file_of(program: Program) -> Path:
    """
    Return the file that remembers the choices made on the page of a program.

    Parameters
    ----------
    program : Program
        The program. A small dashboard beside a full one, which has stages of its own, has a file of its own.
    """
    return program.workspace / ("_".join(("session", *program.chain)) + ".json")


class SessionFile:
    """
    The session file.

    Parameters
    ----------
    path : Path
        Where; it need not exist.

    Attributes
    ----------
    values : dict
        What it held when it was opened, as far as that can be used.
    sentence : str
        What could not be used, for the user; empty when all could.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.values, self.sentence = _read(path)
        self._own = dict(_parts(self.values))
        self._requested: Mapping[str, Any] = {}

    def write(self, values: Mapping[str, Any], *, immediately: bool = False) -> None:
        """
        Write what changed since the last time; other fields stay as another page left them.

        What is in view changes many times a second while a user zooms: it is written when it has
        been the same twice, and with everything else.

        Parameters
        ----------
        values : mapping
            As `SessionModel.choices` gives them.
        immediately : bool
            Whether to write what is still moving, too.

        Raises
        ------
        WorkspaceError
            If the file cannot be written; the old one is whole then.
        """
        moving = not immediately and values.get("view") != self._requested.get("view")
        self._requested = values
        parts = dict(_parts(values))
        changed = {
            name: value for name, value in parts.items() if name not in self._own or self._own[name] != value
        }
        gone = [name for name in self._own if name not in parts]
        if not (changed or gone) or (moving and all(name[0] == "view" for name in (*changed, *gone))):
            return
        with _alone(self.path):
            there = dict(_parts(_read(self.path)[0]))
            merged = {name: value for name, value in (there | changed).items() if name not in gone}
            write_text(self.path, _text(merged))
        self._own = parts


def _read(path: Path) -> tuple[dict[str, Any], str]:
    """Return the fields of a session file that can be used, and a sentence about the others."""
    begin = "the page begins as it was delivered and remembers your choices from now on."
    try:
        if path.stat().st_size > _LARGEST:
            raise ValueError("it is too large")
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}, ""
    except (OSError, ValueError, RecursionError):
        return {}, f"{path.name}, which holds your choices of last time, is damaged: {begin}"
    version = content.get("version") if isinstance(content, dict) else None
    if version != _VERSION:
        description = f"of version {version}" if isinstance(version, int) else "no session file"
        return {}, f"{path.name} is {description}, not of version {_VERSION}: {begin}"
    good = {name: content[name] for name, fits in _FIELDS.items() if name in content and fits(content[name])}
    bad = [name for name in _FIELDS if name in content and name not in good]
    description = f"{path.name} is damaged where it tells {', '.join(bad)}: these begin anew." if bad else ""
    return good, description


def _parts(values: Mapping[str, Any]) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Give what can change by itself, with its place."""
    for name, value in values.items():
        if name in _NESTED:
            yield from (((name, key), part) for key, part in value.items())
        else:
            yield (name,), value


def _text(parts: Mapping[tuple[str, ...], Any]) -> str:
    values: dict[str, Any] = {"version": _VERSION}
    for name, value in parts.items():
        if len(name) == 2:
            values.setdefault(name[0], {})[name[1]] = value
        else:
            values[name[0]] = value
    return json.dumps(values, indent=1, sort_keys=True) + "\n"


@contextlib.contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Keep other pages from writing between our reading and our writing; some milliseconds."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with contextlib.ExitStack() as stack:
        with contextlib.suppress(OSError):  # a disk without locks
            stack.enter_context(FileLock(path.with_name(f".{path.stem}.lock"), poll_interval=0.01))
        yield
