"""
What a stage of ours would do to one exposure: computed in the caller's process, nothing is written.

A preview calls the correction that the pipeline step calls, with the same arguments, so it shows the pixels that a
run gives.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from miri_widgets.core.dq import count_by_flag
from miri_widgets.core.exposure_arrays import CorrectionResult, ExposureArrays, Lazy
from miri_widgets.core.rates.integrations import clean_rateints
from miri_widgets.errors import ParameterError
from miri_widgets.products.names import root_of, suffix_of
from miri_widgets.steps.arguments import arguments_of
from miri_widgets.steps.exposure_files import read_cube, read_exposure_arrays
from miri_widgets.steps.stages import stage as find_stage

__all__ = ["NOT_OF_THE_CORRECTION", "Preview", "operation_of", "preview"]

NOT_OF_THE_CORRECTION = ("prove", "proof_sources", "rateints_file")
"""Parameters of steps of ours that their corrections do not take."""


@dataclass(frozen=True, eq=False)
class Preview:
    """
    One exposure before and after.

    Attributes
    ----------
    root : str
        The exposure.
    before, after : ExposureArrays
        Its arrays.
    facts, common : mapping
        Small numbers about this exposure, and about all that went in.
    images : mapping of str to ndarray
        Images that a run would save beside.
    warnings : tuple of str
        Sentences.
    new_flags : mapping of str to int
        Pixels that gained each flag.
    seconds : float
        How long it took.
    """

    root: str
    before: ExposureArrays
    after: ExposureArrays
    facts: Mapping[str, Any] = field(default_factory=dict)
    common: Mapping[str, Any] = field(default_factory=dict)
    images: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    new_flags: Mapping[str, int] = field(default_factory=dict)
    seconds: float = 0.0

    @property
    def difference(self) -> NDArray[np.float32]:
        """What the stage changes: after minus before, as in every comparison."""
        return self.after.sci - self.before.sci


def operation_of(stage_name: str) -> Any:
    """
    Return the correction that a stage calls.

    Parameters
    ----------
    stage_name : str
        Name of the stage.

    Raises
    ------
    ParameterError
        If the stage is none of a correction.
    """
    stage = find_stage(stage_name)
    if not stage.correction:
        raise ParameterError(
            f"a preview of {stage_name}", "a stage that corrects rate or cal exposures", "run it instead"
        )
    module, _, name = stage.correction.partition(":")
    return getattr(import_module(module), name)


def preview(stage_name: str, files: Sequence[Path], values: Mapping[str, Any], root: str) -> Preview:
    """
    Compute what a stage would do to one exposure.

    Parameters
    ----------
    stage_name : str
        A stage of ours.
    files : sequence of Path
        Exposures that go into the run, in any order.
    values : mapping
        Every parameter that acts, by name.
    root : str
        The exposure to show.

    Raises
    ------
    MiriWidgetsError
        As a run would.
    """
    began = time.monotonic()
    correct = operation_of(stage_name)
    paths = sorted((Path(path) for path in files), key=lambda path: path.name)
    roots = [root_of(path) for path in paths]
    if root not in roots:
        raise ParameterError(f"the exposure {root[:80]!r}", "one that goes into this run", "choose another")
    index = roots.index(root)
    own = {name: value for name, value in values.items() if name not in NOT_OF_THE_CORRECTION}
    rateints = _rateints(paths[index], values)
    if rateints is not None:
        result = _with_integrations(paths[index], rateints, arguments_of(own))
    else:
        result = correct(
            Lazy(len(paths), lambda index: read_exposure_arrays(paths[index])), **arguments_of(own)
        )
    before, after = read_exposure_arrays(paths[index]), result.exposures[index if rateints is None else 0]
    return Preview(
        root=root,
        before=before,
        after=after,
        facts=dict(after.facts),
        common=dict(result.facts),
        images=dict(result.images),
        warnings=tuple(result.warnings),
        new_flags=count_by_flag(after.dq & ~before.dq),
        seconds=time.monotonic() - began,
    )


def _rateints(path: Path, values: Mapping[str, Any]) -> Path | None:
    """Return the integrations that a run cleans together with a rate; None for other exposures and steps."""
    if suffix_of(path) != "rate" or "rateints_file" not in values:
        return None
    named = values["rateints_file"]
    if named not in (None, "", "None"):
        return Path(str(named))
    beside = path.with_name(f"{root_of(path)}_rateints.fits")
    return beside if beside.is_file() else None


def _with_integrations(path: Path, rateints: Path, settings: Mapping[str, Any]) -> CorrectionResult:
    return CorrectionResult(
        (clean_rateints(read_exposure_arrays(path), *read_cube(rateints), **settings).rate,)
    )
