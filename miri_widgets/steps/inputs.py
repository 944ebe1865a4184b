"""What a stage may be given: checked in milliseconds, before the pipeline is paid for."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from miri_widgets.errors import MissingFileError, MixedExposuresError, ParameterError
from miri_widgets.former_parameters import successor
from miri_widgets.products.association import (
    check_members,
    level3_association,
    require_one,
    write_association,
)
from miri_widgets.products.exposure import Exposure
from miri_widgets.products.exposure_headers import read_exposure
from miri_widgets.products.moving_targets import require_one_target
from miri_widgets.settings import Settings, Source
from miri_widgets.steps.declarations import declared, owned_reason
from miri_widgets.steps.members import member_files
from miri_widgets.steps.stages import Scope, Stage

__all__ = ["check_inputs", "check_settings", "pipeline_input"]

_FILES = (
    "bkg_list",
    "catfile",
    "output_wcs",
    "persistence_array_file",
    "shift_table",
    "skylist",
    "user_mask",
    "user_supplied_dq",
    "user_supplied_flat",
    "user_supplied_reffile",
)
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.+-]{0,99}")


def check_inputs(stage: Stage, inputs: Sequence[Path | str]) -> tuple[Exposure, ...]:
    """
    Read the headers of the inputs and refuse what the stage cannot take.

    Parameters
    ----------
    stage : Stage
        The stage.
    inputs : sequence of path
        Its inputs; of an association, its science members.

    Returns
    -------
    tuple of Exposure
        With absolute paths, sorted by name.

    Raises
    ------
    InputError
        If one is missing, damaged, of another kind, or if they do not belong together.
    """
    files = [file for path in inputs for file in member_files(path)]
    paths = sorted((path.resolve() for path in files), key=lambda path: path.name)
    if not paths:
        raise MissingFileError(f"no input for {stage.name}", f"{stage.takes} files", "choose exposures")
    if stage.scope is Scope.EXPOSURE and len(paths) > 1:
        raise MixedExposuresError(
            f"{len(paths)} exposures together", f"one exposure per run of {stage.name}", "run them one by one"
        )
    exposures = tuple(read_exposure(path, suffix=stage.takes) for path in paths)
    if stage.scope is not Scope.PROGRAM:
        require_one(exposures, "filter")
        if "i2d" in stage.gives:
            require_one_target(exposures)
    roots = [exposure.root for exposure in exposures]
    twice = next((root for root in roots if roots.count(root) > 1), None)
    if twice is not None:
        raise MixedExposuresError(f"{twice} is given twice", "each exposure once", "leave one of them out")
    return exposures


def check_settings(stage: Stage, values: Mapping[str, Any]) -> dict[str, Any]:
    """
    Validate parameter values by their declaration.

    Parameters
    ----------
    stage : Stage
        The stage.
    values : mapping
        Values by full name.

    Returns
    -------
    dict
        Values in their declared kinds.

    Raises
    ------
    ParameterError
        If one does not exist, has a wrong value, or is not the user's to set.
    MissingFileError
        If a file that a value names is not there.
    """
    parameters = declared(stage.name)
    _refuse_unknown([parameter.name for parameter in parameters], values)
    checked = Settings(parameters, {Source.USER: values}).user
    for name, value in checked.items():
        reason = owned_reason(name)
        if reason:
            raise ParameterError(f"{name} is set", f"it to be left alone, because {reason}", "remove it")
        step, _, label = name.rpartition(".")
        if label == "skip" and value and step in stage.indispensable:
            raise ParameterError(
                f"{name} is true",
                f"{step} to run, for without it there is no {stage.gives[0]} product",
                f"set {name} to false",
            )
        _check_files(stage, name, label, value)
    return checked


def _refuse_unknown(names: Sequence[str], values: Mapping[str, Any]) -> None:
    for name in values:
        if name not in names:
            if remedy := successor(str(name)):
                raise ParameterError(
                    f"the parameter {str(name)[:80]!r}, which this version of jwst does not have",
                    "one of now",
                    remedy,
                )
            near = get_close_matches(name, names, n=3) or [names[-1]]
            raise ParameterError(
                f"the parameter {str(name)[:80]!r}",
                "one of this stage, such as " + ", ".join(near),
                "correct it",
            )


def _check_files(stage: Stage, name: str, label: str, value: Any) -> None:
    is_override = label.startswith("override_") and value != "N/A"
    is_catalogue = label in ("abs_refcat", "catalog") and not str(value).upper().startswith("GAIA")
    is_ours = label.endswith("_file") and stage.is_own
    if not value or not (label in _FILES or is_override or is_catalogue or is_ours):
        return
    for entry in value if isinstance(value, list) else [value]:
        path = Path(str(entry))
        # a run works in a folder of its own, where a relative path would mean something else
        if not path.is_absolute() or not path.is_file():
            raise MissingFileError(
                f"{name} = {str(path)[:200]!r} is no file", "the full path of a file", "correct it"
            )


def pipeline_input(
    stage: Stage, exposures: Sequence[Exposure], values: Mapping[str, Any], output: Path, product_name: str
) -> Path:
    """
    Return what the pipeline is called with; write the association when it takes one.

    Parameters
    ----------
    stage : Stage
        The stage.
    exposures : sequence of Exposure
        Its checked inputs.
    values : mapping
        Its checked parameters.
    output : Path
        Where the association goes.
    product_name : str
        Root of the names of a mosaic; made of program and filter when empty.
    """
    first = exposures[0]
    if stage.scope is not Scope.EXPOSURE:
        of_filter = f"_{first.filter.lower()}" if stage.scope is Scope.FILTER else ""
        name = product_name or f"jw{first.program}{of_filter}"
        if not _NAME.fullmatch(name):
            raise ParameterError(
                f"the product name {name[:120]!r}", "letters, digits and ._+-", "choose another name"
            )
        members = [exposure.path for exposure in exposures]
        association = level3_association(members, product_name=name, program=first.program)
    elif values.get("bkg_subtract.bkg_list"):
        # inside the pipeline the step looks for background exposures in the association only
        name = first.root
        association = _level2_association(first, values["bkg_subtract.bkg_list"])
    else:
        return first.path
    path = output / f"{name}_{stage.name}_asn.json"
    write_association(association, path)
    check_members(path)
    return path


def _level2_association(science: Exposure, backgrounds: Sequence[str]) -> dict[str, Any]:
    members = [{"expname": str(science.path), "exptype": "science"}]
    members += [{"expname": str(path), "exptype": "background"} for path in sorted(backgrounds)]
    return {
        "asn_type": "image2",
        "asn_rule": "DMSLevel2bBase",
        "asn_id": "a3001",
        "asn_pool": "none",
        "program": science.program,
        "products": [{"name": science.root, "members": members}],
    }
