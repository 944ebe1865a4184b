"""A fast replacement of a function of the pipeline: which function, whether its source is the known one, and its state."""

from __future__ import annotations

import ast
import hashlib
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

__all__ = ["Acceleration", "State", "owner_of"]


class State(StrEnum):
    """Whether an acceleration acts."""

    ON = "on"
    OFF = "off"
    OTHER_SOURCE = "stock: the installed source is not the one that it was proven against"
    MISSING = "stock: there is no such function in the installed package"


@dataclass(frozen=True)
class Acceleration:
    """
    One replaced function.

    Attributes
    ----------
    name : str
        By which it is switched off and recorded.
    target : str
        ``module:function`` or ``module:Class.method`` that is replaced.
    source : str
        SHA-256 of the source of the function, its decorators included, against which it was proven; followed by the
        sources of `relies_on`.
    replacement : str
        ``module:function`` of this package; takes and returns the same.
    reason : str
        What is slow in the stock function.
    relies_on : tuple of str
        Further functions whose source the replacement was proven against, because it does their work or hands it
        what they expect.
    imported_by : tuple of str
        Modules that took the function by its name; it is replaced there, too.
    """

    name: str
    target: str
    source: str
    replacement: str
    reason: str
    relies_on: tuple[str, ...] = ()
    imported_by: tuple[str, ...] = ()

    def stock(self) -> tuple[Any, str, Any]:
        """Return the module or class, the name and the function as installed."""
        return owner_of(self.target)

    def installed_source(self) -> str | None:
        """Return the sources that count, as they are installed; None where the function is missing."""
        sources = [_installed_source(target) for target in (self.target, *self.relies_on)]
        return None if sources[0] is None else "".join(source or "" for source in sources)

    def state(self) -> State:
        """Tell whether the installed source is the proven one; nothing is imported."""
        source = self.installed_source()
        if source is None:
            return State.MISSING
        return State.ON if hashlib.sha256(source.encode()).hexdigest() == self.source else State.OTHER_SOURCE


def owner_of(target: str) -> tuple[Any, str, Any]:
    """
    Return the module or class that owns a function, the function's name in it, and the function.

    Parameters
    ----------
    target : str
        ``module:function`` or ``module:Class.method``; the module is imported.
    """
    module_name, _, path = target.partition(":")
    *classes, name = path.split(".")
    owner: Any = import_module(module_name)
    for part in classes:
        owner = getattr(owner, part)
    return owner, name, getattr(owner, name)


def _installed_source(target: str) -> str | None:
    """Return the source of ``module:function`` or ``module:Class.method`` from its file; None where there is none."""
    module, _, name = target.partition(":")
    package, *inner = module.split(".")
    try:
        # the parents of a submodule are imported by find_spec; the top of a package is not
        spec = find_spec(package)
    except (ImportError, ValueError):
        return None
    if spec is None or spec.origin is None:
        return None
    path = Path(spec.origin).parent.joinpath(*inner).with_suffix(".py") if inner else Path(spec.origin)
    try:
        stat = path.stat()
        return _sources(path, stat.st_mtime_ns, stat.st_size).get(name)
    except (OSError, ValueError, SyntaxError):
        return None


@lru_cache(maxsize=64)
def _sources(path: Path, mtime_ns: int, size: int) -> dict[str, str]:
    """Return the sources of the functions and methods of a file by name; read once per state of the file."""
    text = path.read_text(encoding="utf-8")
    lines = text.splitlines(keepends=True)
    sources: dict[str, str] = {}

    def gather(body: list[ast.stmt], prefix: str) -> None:
        for node in body:
            if isinstance(node, ast.ClassDef):
                gather(node.body, f"{prefix}{node.name}.")
            elif isinstance(node, ast.FunctionDef):
                first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
                sources.setdefault(f"{prefix}{node.name}", "".join(lines[first - 1 : node.end_lineno]))

    gather(ast.parse(text).body, "")
    return sources
