"""
What the modules of this room declare, read from their source: stages, and the aliases of steps.

A module with a step of ours declares its stage beside it, as ``STAGE = Stage(...)``, or several as a tuple. Pages need
the declarations at once, and importing the module would import jwst, which takes seconds: so they are read as
setuptools reads a version by ``attr:``, from the syntax tree. A declaration is therefore made of literals and of the names of
`miri_widgets.steps.stage` and `miri_widgets.steps.conditions` alone; a test holds that an import gives the same.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

from miri_widgets.steps import conditions, stage
from miri_widgets.steps.stage import Stage

__all__ = ["read_aliases", "read_stages"]

_VOCABULARY = {name: getattr(module, name) for module in (stage, conditions) for name in module.__all__}
_STAGE, _ALIAS = "STAGE", "class_alias"


def read_stages(folder: Path) -> tuple[Stage, ...]:
    """
    Return the stages that the modules of a folder declare, in the order in which they run.

    Parameters
    ----------
    folder : Path
        Where the modules are.

    Raises
    ------
    TypeError
        If a declaration holds something else than literals and the names of a declaration, if two have one name, or if
        `after` names no stage.

    Notes
    -----
    Each stage stands behind the one that its `after` names. Where several name the same one, those with fewer stages behind
    them come first, and of these the optional ones: a new stage slips into the chain, and no other declaration changes.
    """
    stages: dict[str, Stage] = {}
    for path, tree in _trees(folder):
        for node in tree.body:
            if isinstance(node, ast.Assign) and _names(node) == [_STAGE]:
                value = _evaluated(node.value, path)
                for entry in value if isinstance(value, tuple) else (value,):
                    if entry.name in stages:
                        raise TypeError(
                            f"{path.name}: a second stage {entry.name!r}; names are given once; choose another"
                        )
                    stages[entry.name] = entry
    ordered = _row_behind("", stages)
    if lost := [stage for stage in stages.values() if stage not in ordered]:
        names = ", ".join(f"{stage.name} (after {stage.after!r})" for stage in lost)
        raise TypeError(f"no stage leads to {names}; `after` names the stage before; correct it")
    return ordered


def _row_behind(name: str, stages: dict[str, Stage]) -> tuple[Stage, ...]:
    """Return the stages that stand behind one, in order."""
    rows = [(stage, *_row_behind(stage.name, stages)) for stage in stages.values() if stage.after == name]
    rows.sort(key=lambda row: (len(row), not row[0].optional, row[0].name))
    return tuple(entry for row in rows for entry in row)


def read_aliases(folder: Path, package: str) -> dict[str, str]:
    """
    Return the dotted class name of every step that the modules of a folder define, by its ``class_alias``.

    Parameters
    ----------
    folder : Path
        Where the modules are.
    package : str
        Their dotted name.
    """
    return {
        node.value.value: f"{package}.{path.stem}.{owner.name}"
        for path, tree in _trees(folder)
        for owner in tree.body
        if isinstance(owner, ast.ClassDef)
        for node in owner.body
        if isinstance(node, ast.Assign)
        and _names(node) == [_ALIAS]
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    }


@lru_cache(maxsize=2)
def _trees(folder: Path) -> tuple[tuple[Path, ast.Module], ...]:
    """Return the syntax trees of the modules that declare something; each is read once per process."""
    return tuple(_parsed(folder))


def _parsed(folder: Path) -> Iterator[tuple[Path, ast.Module]]:
    for path in sorted(folder.glob("*.py")):
        text = path.read_text(encoding="utf-8")
        if f"\n{_STAGE} = " in text or f"    {_ALIAS} = " in text:
            yield path, ast.parse(text, str(path))


def _names(node: ast.Assign) -> list[str]:
    return [target.id for target in node.targets if isinstance(target, ast.Name)]


def _evaluated(node: ast.expr, path: Path) -> Any:
    """Return the value of a declaration: literals, tuples, and calls and members of the names of a declaration."""
    match node:
        case ast.Call(func=ast.Name(id=name)) if name in _VOCABULARY:
            named = {
                keyword.arg: _evaluated(keyword.value, path)
                for keyword in node.keywords
                if keyword.arg is not None
            }
            return _VOCABULARY[name](
                *(_evaluated(node_of_argument, path) for node_of_argument in node.args), **named
            )
        case ast.Attribute(value=ast.Name(id=name), attr=member) if name in _VOCABULARY:
            return getattr(_VOCABULARY[name], member)
        case ast.Tuple(elts=parts):
            return tuple(_evaluated(part, path) for part in parts)
    try:
        return ast.literal_eval(node)
    except ValueError as error:
        raise TypeError(
            f"{path.name}, line {node.lineno}: {ast.unparse(node)[:80]!r} in the declaration of a stage; literals and "
            "the names of steps/stage.py and steps/conditions.py are expected; write the value itself"
        ) from error
