"""
Stages of other packages: found by the entry-point group ``miri_widgets.stages``, checked, and put into the order.

A package that brings a stage says so in its ``pyproject.toml``; every process of the same environment (page, job
service, child, Dask worker) then finds it::

    [project.entry-points."miri_widgets.stages"]
    pedestal = "my_package.stage:STAGE"

``STAGE`` is one `miri_widgets.steps.stages.Stage` or several, each with ``optional=True`` and ``after``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import replace
from importlib.metadata import EntryPoint, entry_points
from importlib.util import find_spec
from pathlib import Path
from typing import Any

__all__ = ["GROUP", "code_mark", "put_in_order", "stage_entry_points"]

GROUP = "miri_widgets.stages"
"""The entry-point group."""

_MARK_DIGITS = 16


def stage_entry_points() -> tuple[EntryPoint, ...]:
    """Return what the installed packages announce, by name; none is imported."""
    return tuple(sorted(entry_points(group=GROUP), key=lambda point: (point.name, point.value)))


def put_in_order(
    built_in: Sequence[Any], entries: Iterable[EntryPoint]
) -> tuple[tuple[Any, ...], tuple[str, ...]]:
    """
    Return all stages in the order in which they run, and what is wrong with those that are left out.

    Parameters
    ----------
    built_in : sequence of Stage
        The stages of this package, in order.
    entries : iterable of EntryPoint
        What other packages announce.

    Returns
    -------
    tuple of Stage
        Each added one behind the stage that its ``after`` names, with the mark of its code.
    tuple of str
        Sentences. A stage of another package that is broken must not take the others with it.
    """
    stages, problems = list(built_in), []
    waiting: list[tuple[EntryPoint, Any]] = []
    for entry in entries:
        try:
            value = entry.load()
            given = list(value) if isinstance(value, list | tuple) else [value]
        except Exception as error:  # whatever a foreign module raises when it is imported
            problems.append(
                _sentence(entry, f"cannot be imported ({type(error).__name__}: {str(error)[:200]})")
            )
            continue
        waiting += [(entry, given_stage) for given_stage in given]
    # one may stand behind another added one, whatever their order
    progress = True
    while waiting and progress:
        names = [stage.name for stage in stages]
        ready = [pair for pair in waiting if getattr(pair[1], "after", None) in names]
        progress = bool(ready)
        for entry, given_stage in ready:
            waiting.remove((entry, given_stage))
            if wrong := _fault(given_stage, type(built_in[0]), [known.name for known in stages]):
                problems.append(_sentence(entry, wrong))
                continue
            position = [known.name for known in stages].index(given_stage.after) + 1
            stages.insert(
                position, replace(given_stage, code=code_mark(given_stage.pipeline, given_stage.correction))
            )
    names = [stage.name for stage in stages]
    for entry, given_stage in waiting:
        wrong = _fault(given_stage, type(built_in[0]), names)
        problems.append(
            _sentence(entry, wrong or f"names no stage to stand behind: after = {given_stage.after!r}")
        )
    return tuple(stages), tuple(problems)


def _fault(given: Any, kind: Any, names: Sequence[str]) -> str:
    """Return what is wrong with a stage, empty when nothing."""
    if not isinstance(given, kind):
        return f"gives a {type(given).__name__}, not a Stage"
    if not given.name.isidentifier() or not given.name.islower():
        return f"has the name {given.name[:60]!r}; a name is of small letters, digits and underscores"
    if given.name in names:
        return f"has the name {given.name!r}, which is taken"
    if not given.optional:
        return f"is not optional; a stage that is added ({given.name}) takes part only where it is ticked"
    if given.is_own and not given.steps:
        return f"names no steps ({given.name})"
    if given.main not in given.gives:
        return f"shows {given.main!r} first, which it does not give ({given.name})"
    return ""


def _sentence(entry: EntryPoint, wrong: str) -> str:
    origin = entry.dist.name if entry.dist is not None else entry.value
    return f"The stage {entry.name!r} of the package {origin!r} is left out: it {wrong}."


def code_mark(*dotted: str) -> str:
    """
    Return a mark of the code of an added stage: of every Python file of the packages that its parts come from.

    Authors of a step change it often and raise its version seldom. The mark goes into the key of every run, so
    that a changed step can never show its old pixels.

    Parameters
    ----------
    *dotted : str
        Dotted names, with dots or a colon before the last part; those of this package and of jwst do not count.

    Returns
    -------
    str
        16 hexadecimal digits; empty when nothing counts.
    """
    tops = {name.replace(":", ".").partition(".")[0] for name in dotted if name} - {"miri_widgets", "jwst"}
    digest, counted = hashlib.sha256(), False
    for path in sorted(path for top in tops for path in _files_of(top)):
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
        counted = True
    return digest.hexdigest()[:_MARK_DIGITS] if counted else ""


def _files_of(top: str) -> list[Path]:
    spec = find_spec(top)
    if spec is None:
        return []
    folders = list(spec.submodule_search_locations or ())
    if folders:
        return [path for folder in folders for path in Path(folder).rglob("*.py")]
    return [Path(spec.origin)] if spec.origin and spec.origin.endswith(".py") else []
