"""
Every parameter of every stage, as the installed jwst declares it.

The specs are read in a child process once per jwst version and remembered as
JSON in the user's cache; the caller's process never imports jwst.
"""

from __future__ import annotations

import hashlib
import json
import sys
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Any

from miri_widgets.errors import WorkspaceError
from miri_widgets.products.atomic import write_json
from miri_widgets.settings import Parameter
from miri_widgets.steps.children import answer, cache_folder, call_in_child, jwst_version
from miri_widgets.steps.stages import all_stages, stage

__all__ = [
    "OWNED",
    "SCHEMA",
    "declared",
    "forget_declarations",
    "main",
    "owned_reason",
    "step_classes",
    "step_docs",
]

SCHEMA = 1
"""Raised when what is remembered changes its form or its words."""

_FILES = "every run has a folder of its own, and its files keep the names that jwst gives them"
_HOOKS = "hooks would change a run without leaving a trace in its record"

OWNED: dict[str, str] = {
    "output_dir": _FILES,
    "output_file": _FILES,
    "output_ext": _FILES,
    "output_use_model": _FILES,
    "output_use_index": _FILES,
    "suffix": _FILES,
    "search_output_file": _FILES,
    "input_dir": _FILES,
    "save_results": "the products of a stage are always saved",
    "dark_output": _FILES,
    "save_persistence": "it would write outside the folder of the run",
    "pre_hooks": _HOOKS,
    "post_hooks": _HOOKS,
    "maximum_cores": "exposures run side by side instead, which is faster",
}
"""Parameters that a run sets itself, by name without step, with the reason; forms hide them."""


def owned_reason(name: str) -> str:
    """
    Return why a parameter cannot be set, empty when it can.

    Parameters
    ----------
    name : str
        Full name of a declared parameter.
    """
    if name == "skip":
        return "jwst ignores it: a pipeline that is called always runs"
    return OWNED.get(name.rpartition(".")[2], "")


def declared(stage_name: str) -> tuple[Parameter, ...]:
    """
    Return every parameter of a stage: the pipeline's own first, then step by step.

    Those that `owned_reason` explains are declared too, but cannot be set.

    Parameters
    ----------
    stage_name : str
        Name of the stage.

    Raises
    ------
    ParameterError
        If there is no such stage.
    StepFailedError
        If jwst cannot be asked.
    """
    return _remembered(stage(stage_name).name)["parameters"]


def step_docs(stage_name: str) -> dict[str, str]:
    """
    Return what each step of a stage does, in one line, by step.

    Parameters
    ----------
    stage_name : str
        Name of the stage.
    """
    return dict(_remembered(stage(stage_name).name)["docs"])


def step_classes(stage_name: str) -> dict[str, str]:
    """
    Return the dotted class name of each step of a stage; the pipeline's under "".

    Parameters
    ----------
    stage_name : str
        Name of the stage.
    """
    return dict(_remembered(stage(stage_name).name)["classes"])


def _remembered(stage_name: str) -> dict[str, Any]:
    return _load(cache_folder() / f"declarations-{jwst_version()}-{SCHEMA}-{_own_specs()}.json")[stage_name]


@lru_cache(maxsize=1)
def _own_specs() -> str:
    """Return a mark of the specs of our own and of added steps, which change without a new jwst."""
    files = sorted(Path(__file__).parent.glob("*.py"))
    added = "".join(stage.code for stage in all_stages()).encode()
    return hashlib.sha256(b"".join(path.read_bytes() for path in files) + added).hexdigest()[:12]


@lru_cache(maxsize=4)
def _load(path: Path) -> dict[str, dict[str, Any]]:
    try:
        return _parse(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, KeyError, TypeError):
        # not there yet, or damaged: ask again
        values = call_in_child("miri_widgets.steps.declarations")
    # a stage of another package that is broken may be mended at any time
    if not any(entry.get("problem") for entry in values.values()):
        # a cache that cannot be written only costs the question next time
        with suppress(OSError, WorkspaceError):
            write_json(path, values)
    return _parse(values)


def forget_declarations() -> None:
    """Read the parameters of all stages again when they are next needed."""
    _load.cache_clear()
    _own_specs.cache_clear()


def _parse(values: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {
        known.name: {
            "parameters": tuple(Parameter.from_dict(entry) for entry in values[known.name]["parameters"]),
            "docs": dict(values[known.name]["docs"]),
            "classes": dict(values[known.name]["classes"]),
        }
        for known in all_stages()
    }


def _read_all() -> dict[str, Any]:
    from miri_widgets.steps.specs import read_pipeline

    read: dict[str, Any] = {}
    for known in all_stages():
        try:
            read[known.name] = read_pipeline(known.pipeline)
        except Exception as error:
            if not known.code:
                raise
            # its own runs will say so; the other stages must not wait for it
            read[known.name] = {"parameters": [], "docs": {}, "classes": {}, "problem": str(error)}
    for entry in read.values():
        entry["parameters"] = [parameter.to_dict() for parameter in entry["parameters"]]
    return read


def main(arguments: list[str]) -> None:
    """
    Answer the parent: ``python -m miri_widgets.steps.declarations OUTPUT``.

    Parameters
    ----------
    arguments : list of str
        Arguments of the command line.
    """
    answer(Path(arguments[0]), _read_all)


if __name__ == "__main__":
    main(sys.argv[1:])
