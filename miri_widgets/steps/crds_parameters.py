"""
What CRDS sets for an exposure: the parameter reference files of a pipeline.

Asked of jwst in a child process, once per context and observing mode, and
remembered, so that a form can show where each value comes from.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from miri_widgets.errors import WorkspaceError
from miri_widgets.products.atomic import write_json
from miri_widgets.products.exposure import Exposure, read_exposure
from miri_widgets.steps.children import answer, ask_child, cache_folder, jwst_version
from miri_widgets.steps.declarations import declared, owned_reason
from miri_widgets.steps.stages import stage

__all__ = ["crds_layer", "main"]


def crds_layer(stage_name: str, exposure_path: Path, environment: Mapping[str, str]) -> dict[str, Any]:
    """
    Return the parameters that CRDS sets.

    Parameters
    ----------
    stage_name : str
        The stage.
    exposure_path : Path
        An exposure of any suffix; its observing mode decides.
    environment : mapping
        CRDS_PATH, CRDS_CONTEXT and CRDS_SERVER_URL.

    Returns
    -------
    dict
        Values by full name, for ``Source.CRDS``.

    Raises
    ------
    InputError
        If the exposure cannot be used.
    ReferenceFileError
        If CRDS has no usable cache.
    """
    stage(stage_name)
    path = Path(exposure_path).resolve()
    exposure = read_exposure(path)
    note = cache_folder() / "crds_parameters" / f"{_key(stage_name, exposure, environment)}.json"
    pinned = bool(environment.get("CRDS_CONTEXT"))
    if pinned:
        try:
            return _known(stage_name, json.loads(note.read_text(encoding="utf-8")))
        except (OSError, ValueError, AttributeError):
            # not asked before, or damaged
            pass
    values = ask_child("miri_widgets.steps.crds_parameters", stage_name, str(path), environment=environment)
    if pinned:
        # a cache that cannot be written only costs the question next time
        with suppress(OSError, WorkspaceError):
            write_json(note, values)
    return _known(stage_name, values)


def _key(stage_name: str, exposure: Exposure, environment: Mapping[str, str]) -> str:
    """What the answer depends on; the mapping's time of change covers a cache that is written anew."""
    context = environment.get("CRDS_CONTEXT", "")
    folder = Path(environment.get("CRDS_PATH", "")) / "mappings"
    mappings = [path for path in (folder / "jwst" / context, folder / context) if context and path.is_file()]
    parts = [
        stage_name,
        jwst_version(),
        environment.get("CRDS_PATH", ""),
        context,
        *(f"{path.stat().st_size} {path.stat().st_mtime_ns}" for path in mappings),
        exposure.filter,
        exposure.subarray,
        exposure.readpatt,
        exposure.start[:10],
    ]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:24]


def _known(stage_name: str, values: Mapping[str, Any]) -> dict[str, Any]:
    # a parameter file of CRDS may be older or newer than jwst, and may set what a run sets itself
    names = {parameter.name for parameter in declared(stage_name)}
    return {name: value for name, value in values.items() if name in names and not owned_reason(name)}


def _read(stage_name: str, path: str) -> dict[str, Any]:
    from miri_widgets.steps.specs import build_config, pipeline_class

    config = build_config(pipeline_class(stage(stage_name).pipeline), path)
    values = {name: config[name] for name in config.scalars if name not in ("class", "name")}
    for step, section in config.get("steps", {}).items():
        values |= {
            f"{step}.{name}": section[name] for name in section.scalars if name not in ("class", "name")
        }
    return values


def main(arguments: list[str]) -> None:
    """Answer the parent: ``python -m miri_widgets.steps.crds_parameters OUTPUT STAGE EXPOSURE``."""
    answer(Path(arguments[0]), lambda: _read(*arguments[1:]))


if __name__ == "__main__":
    main(sys.argv[1:])
