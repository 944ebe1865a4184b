"""
Runs as they are planned, each named by its content.

The key of a run follows from what goes in, so a whole chain of stages can be
planned before anything ran (`miri_widgets.run.planner`), and equal runs have equal keys.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar

from miri_widgets.errors import EngineError
from miri_widgets.run.disk_names import (
    checked_environment,
    checked_product,
    checked_run_key,
    checked_stage,
)
from miri_widgets.run.workspace import Workspace
from miri_widgets.serialization import Serializable

__all__ = ["KEY_DIGITS", "RunInput", "RunPlan", "run_key", "without_accelerations"]

KEY_DIGITS = 20


@dataclass(frozen=True)
class RunInput(Serializable):
    """
    One file that goes into a run.

    Attributes
    ----------
    kind : str
        "raw": a file that the user gave; "derived": a product of another run.
    identity : str
        Hash of the bytes of a raw file; run key and product name of a derived one.
    path : str
        The file, for a raw input.
    stage, run_key, product : str
        The run that makes it and the product's name, for a derived input.
    parameter : str
        The parameter that takes the file; empty for an exposure.
    """

    _newer_fields_left_out: ClassVar[bool] = False

    kind: str
    identity: str
    path: str = ""
    stage: str = ""
    run_key: str = ""
    product: str = ""
    parameter: str = ""

    def _check(self) -> None:
        if self.kind == "derived":
            checked_stage(self.stage)
            checked_run_key(self.run_key)
            checked_product(self.product)
        elif self.kind != "raw":
            raise ValueError(f"{self.kind[:60]!r} as the kind of an input")

    def file(self, workspace: Workspace) -> Path:
        """
        Return where the file lies, or will lie.

        Parameters
        ----------
        workspace : Workspace
            The workspace.
        """
        if self.kind == "raw":
            return Path(self.path)
        return workspace.run_folder(self.stage, self.run_key) / self.product


@dataclass(frozen=True)
class RunPlan(Serializable):
    """
    One run that can be done.

    Attributes
    ----------
    key : str
        Its name, from its content.
    stage : str
        The stage.
    label : str
        Root of the exposure, or name of the filter's product.
    exposures : tuple of str
        Roots of the exposures that go in.
    inputs : tuple of RunInput
        Files that go in, sorted by name.
    settings : dict
        What is handed to the pipeline, by full name.
    environment : dict
        CRDS_* variables.
    product_name : str
        Name of the product of several exposures; empty for one exposure.
    predicted_mb, predicted_seconds, predicted_bytes : float
        Peak memory, time, and size of the products.
    predicted_measured : bool
        Whether the time comes from earlier runs of the stage on this machine.
    size : str
        Size of the data; runs of equal size need the same.
    depends : tuple of str
        Keys of the runs that make the inputs.
    stage_version : int
        Version of the stage.
    jwst_version : str
        Version of the pipeline that the key is for.
    stage_code : str
        Of a stage of another package, the mark of the code that the key is for.
    acceleration_off : tuple of str
        Exact replacements of slow functions that this run goes without, see `miri_widgets.steps.acceleration`. They
        change no bit of a product, so that the key does not know them.
    """

    key: str
    stage: str
    label: str
    exposures: tuple[str, ...]
    inputs: tuple[RunInput, ...]
    settings: dict[str, Any]
    environment: dict[str, str]
    product_name: str = ""
    predicted_mb: float = 0.0
    depends: tuple[str, ...] = ()
    predicted_seconds: float = 0.0
    predicted_bytes: float = 0.0
    size: str = ""
    stage_version: int = 0
    jwst_version: str = ""
    stage_code: str = ""
    predicted_measured: bool = False
    acceleration_off: tuple[str, ...] = ()

    def files(self, workspace: Workspace) -> list[Path]:
        """
        Return where the exposures that go in lie, or will lie.

        Parameters
        ----------
        workspace : Workspace
            The workspace.
        """
        return [run_input.file(workspace) for run_input in self.inputs if not run_input.parameter]

    def handed_over(self, workspace: Workspace) -> dict[str, Any]:
        """
        Return the settings with the files that earlier runs give to parameters.

        Parameters
        ----------
        workspace : Workspace
            The workspace.
        """
        return self.settings | {
            run_input.parameter: str(run_input.file(workspace))
            for run_input in self.inputs
            if run_input.parameter
        }

    def require_readable(self) -> None:
        """
        Prove that the job service is going to take this plan, before it is handed over.

        Raises
        ------
        EngineError
            If a name in it cannot stand in a path.
        """
        try:
            self._check()
            for run_input in self.inputs:
                run_input._check()
        except ValueError as error:
            raise EngineError(
                f"the run of {self.label} cannot be submitted ({error})",
                "names that can stand in file names",
                "give the program or its `product_name` another name",
            ) from error

    def _check(self) -> None:
        checked_run_key(self.key)
        checked_stage(self.stage)
        checked_product(self.product_name, empty=True)
        checked_environment(self.environment)
        for name in ("predicted_mb", "predicted_seconds", "predicted_bytes"):
            if not 0 <= getattr(self, name) < math.inf:
                raise ValueError(f"{getattr(self, name)} as {name}, which is a number from 0 on")


def run_key(
    stage: str,
    stage_version: int,
    settings: Mapping[str, Any],
    identities: Sequence[str],
    crds_context: str,
    jwst_version: str,
    *,
    product_name: str = "",
) -> str:
    """
    Return the name of a run, from everything that its products depend on.

    Parameters
    ----------
    stage, stage_version : str, int
        The stage.
    settings : mapping
        What is handed to the pipeline, by full name.
    identities : sequence of str
        Of the inputs; their order does not matter.
    crds_context : str
        A resolved name, never "latest".
    jwst_version : str
        Version of the pipeline.
    product_name : str
        What the products' names begin with.

    Returns
    -------
    str
        20 hexadecimal digits.
    """
    content = {
        "stage": stage,
        "stage_version": stage_version,
        "settings": dict(settings),
        "inputs": sorted(identities),
        "crds_context": crds_context,
        "jwst": jwst_version,
        "product_name": product_name,
    }
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:KEY_DIGITS]


def without_accelerations(plans: Sequence[RunPlan], off: Collection[str]) -> list[RunPlan]:
    """
    Return plans that go without some accelerations, besides those that they go without already; keys stay.

    Parameters
    ----------
    plans : sequence of RunPlan
        Runs.
    off : collection of str
        Names of `miri_widgets.steps.acceleration.ACCELERATIONS`, or ``all``.
    """
    return [replace(plan, acceleration_off=tuple(sorted({*plan.acceleration_off, *off}))) for plan in plans]
