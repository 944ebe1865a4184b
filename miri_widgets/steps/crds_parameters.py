"""
What CRDS sets for an exposure: the parameter reference files of a pipeline.

Asked of jwst in a child process, once per context and observing mode, and
remembered, so that a form can show where each value comes from.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from miri_widgets.errors import WorkspaceError
from miri_widgets.products.atomic import write_json
from miri_widgets.products.exposure import Exposure
from miri_widgets.products.exposure_headers import read_exposure
from miri_widgets.steps.children import answer, cache_folder, call_in_child, jwst_version
from miri_widgets.steps.declarations import declared, owned_reason
from miri_widgets.steps.stages import stage

__all__ = ["crds_layer", "crds_layers", "has_context", "main", "read_parameters"]


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
    exposure = read_exposure(Path(exposure_path).resolve())
    return crds_layers(stage_name, [exposure], environment)[0]


def crds_layers(
    stage_name: str, exposures: Sequence[Exposure], environment: Mapping[str, str]
) -> list[dict[str, Any]]:
    """
    Return the parameters that CRDS sets, for several exposures: jwst is asked once for all that are not known yet.

    Parameters
    ----------
    stage_name : str
        The stage.
    exposures : sequence of Exposure
        Of any suffix; the observing mode of each decides.
    environment : mapping
        CRDS_PATH, CRDS_CONTEXT and CRDS_SERVER_URL.

    Returns
    -------
    list of dict
        Values by full name, one for each exposure.

    Raises
    ------
    ReferenceFileError
        If CRDS has no usable cache.
    """
    keys = [_key(stage_name, exposure, environment) for exposure in exposures]
    known: dict[str, Mapping[str, Any]] = {}
    folder = cache_folder() / "crds_parameters"
    pinned = bool(environment.get("CRDS_CONTEXT"))
    for key in dict.fromkeys(keys) if pinned else ():
        # not asked before, or damaged
        with suppress(OSError, ValueError, AttributeError):
            known[key] = _known(stage_name, json.loads((folder / f"{key}.json").read_text(encoding="utf-8")))
    first = {
        key: exposure
        for key, exposure in zip(reversed(keys), reversed(exposures), strict=True)
        if key not in known
    }
    if first:
        paths = [str(exposure.path.resolve()) for exposure in first.values()]
        layers = call_in_child(
            "miri_widgets.steps.crds_parameters", stage_name, *paths, environment=environment
        )
        for key, values in zip(first, layers, strict=True):
            known[key] = _known(stage_name, values)
            # a cache that cannot be written only costs the question next time
            with suppress(OSError, WorkspaceError):
                if pinned:
                    write_json(folder / f"{key}.json", values)
    return [dict(known[key]) for key in keys]


def has_context(environment: Mapping[str, str]) -> bool:
    """
    Return whether the rules of the CRDS context are in the cache, so that nothing has to be fetched to read them.

    Parameters
    ----------
    environment : mapping of str to str
        CRDS_PATH, CRDS_CONTEXT and CRDS_SERVER_URL.
    """
    return bool(_context_files(environment))


def _context_files(environment: Mapping[str, str]) -> list[Path]:
    context = environment.get("CRDS_CONTEXT", "")
    folder = Path(environment.get("CRDS_PATH", "")) / "mappings"
    return [path for path in (folder / "jwst" / context, folder / context) if context and path.is_file()]


def _key(stage_name: str, exposure: Exposure, environment: Mapping[str, str]) -> str:
    """What the answer depends on; the mapping's time of change covers a cache that is written anew."""
    parts = [
        stage_name,
        jwst_version(),
        environment.get("CRDS_PATH", ""),
        environment.get("CRDS_CONTEXT", ""),
        *(f"{path.stat().st_size} {path.stat().st_mtime_ns}" for path in _context_files(environment)),
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


def read_parameters(stage_name: str, path: str) -> dict[str, Any]:
    """
    Return the parameters of a stage for one exposure, after CRDS parameter files; in a process with the pipeline.

    Parameters
    ----------
    stage_name : str
        The stage.
    path : str
        The exposure.

    Returns
    -------
    dict of str to object
        Values by full name.
    """
    from miri_widgets.steps.specs import build_config, pipeline_class

    config = build_config(pipeline_class(stage(stage_name).pipeline), path)
    values = {name: config[name] for name in config.scalars if name not in ("class", "name")}
    for step, section in config.get("steps", {}).items():
        values |= {
            f"{step}.{name}": section[name] for name in section.scalars if name not in ("class", "name")
        }
    return values


def main(arguments: list[str]) -> None:
    """
    Answer the parent: ``python -m miri_widgets.steps.crds_parameters OUTPUT STAGE EXPOSURE ...``.

    Parameters
    ----------
    arguments : list of str
        Arguments of the command line.
    """
    output, stage_name, *paths = arguments
    answer(Path(output), lambda: [read_parameters(stage_name, path) for path in paths])


if __name__ == "__main__":
    main(sys.argv[1:])
