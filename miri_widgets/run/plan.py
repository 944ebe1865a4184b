"""
Runs as they are planned, each named by its content.

The key of a run follows from what goes in, so a whole chain of stages can be
planned before anything ran, and equal runs have equal keys.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

from miri_widgets.errors import WrongSuffixError
from miri_widgets.products.exposure import Exposure
from miri_widgets.products.identity import file_identity
from miri_widgets.run.crds_context import crds_variables
from miri_widgets.run.estimates import Estimate, Measured, estimate, read_measured, size_name
from miri_widgets.run.workspace import Workspace
from miri_widgets.settings import Settings
from miri_widgets.steps.stages import Scope, Stage
from miri_widgets.steps.stages import stage as find_stage

__all__ = ["KEY_DIGITS", "RunInput", "RunPlan", "plan_stages", "run_key"]

KEY_DIGITS = 20


@dataclass(frozen=True)
class RunInput:
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
    """

    kind: str
    identity: str
    path: str = ""
    stage: str = ""
    run_key: str = ""
    product: str = ""

    def file(self, workspace: Workspace) -> Path:
        """Return where the file lies, or will lie."""
        if self.kind == "raw":
            return Path(self.path)
        return workspace.run_folder(self.stage, self.run_key) / self.product


@dataclass(frozen=True)
class RunPlan:
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
    size : str
        Size of the data; runs of equal size need the same.
    depends : tuple of str
        Keys of the runs that make the inputs.
    stage_version : int
        Version of the stage.
    jwst_version : str
        Version of the pipeline that the key is for.
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

    def to_dict(self) -> dict[str, Any]:
        """Return plain values, for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> RunPlan:
        """Rebuild a plan from `to_dict`."""
        known = {name: value for name, value in values.items() if name in cls.__dataclass_fields__}
        inputs = tuple(RunInput(**one) for one in values["inputs"])
        lists = {name: tuple(values[name]) for name in ("exposures", "depends")}
        return cls(**{**known, **lists, "inputs": inputs})


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


def plan_stages(
    workspace: Workspace | Path,
    exposures: Sequence[Exposure],
    stages: Sequence[str],
    settings: Mapping[str, Settings | Mapping[str, Any]],
    environment: Mapping[str, str] | None = None,
    *,
    product_name: str = "",
) -> tuple[RunPlan, ...]:
    """
    Plan stages for exposures, before anything ran.

    Parameters
    ----------
    workspace : Workspace or Path
        Where the runs go.
    exposures : sequence of Exposure
        Raw inputs of the first stage; their order does not matter.
    stages : sequence of str
        Stage names in running order.
    settings : mapping of str to Settings or mapping
        Settings per stage, or the plain values to hand over.
    environment : mapping, optional
        CRDS_* variables; those of this process by default.
    product_name : str
        Name of products of several exposures; ``{filter}`` and ``{program}``
        are filled in.

    Returns
    -------
    tuple of RunPlan
        Runs come after the runs that they need.

    Raises
    ------
    WrongSuffixError
        If a stage takes products that neither the exposures nor an earlier stage give.
    CrdsCacheError
        If the CRDS context has no name.
    """
    place = workspace if isinstance(workspace, Workspace) else Workspace(workspace)
    planner = _Planner(place, crds_variables(environment), settings, product_name)
    ordered = sorted(exposures, key=lambda one: (one.start_mjd, one.root))
    for name in stages:
        planner.add(find_stage(name), ordered)
    return tuple(planner.plans)


class _Planner:
    """Plans stage after stage, and knows which run gives which product."""

    def __init__(
        self,
        workspace: Workspace,
        environment: dict[str, str],
        settings: Mapping[str, Settings | Mapping[str, Any]],
        product_name: str,
    ) -> None:
        self.plans: list[RunPlan] = []
        self._workspace = workspace
        self._environment = environment
        self._settings = settings
        self._pattern = product_name
        self._made: dict[tuple[str, str], RunInput] = {}
        self._jwst = metadata.version("jwst")
        self._earlier: tuple[Measured, ...] = read_measured(workspace.measured)

    def add(self, stage: Stage, exposures: Sequence[Exposure]) -> None:
        """Plan one stage for all exposures."""
        if stage.scope == Scope.EXPOSURE:
            for exposure in exposures:
                plan = self._plan(stage, [exposure], exposure.root, "")
                self.plans.append(plan)
                for suffix in stage.gives:
                    product = f"{exposure.root}_{suffix}.fits"
                    self._made[exposure.root, suffix] = RunInput(
                        "derived",
                        f"{plan.key}/{product}",
                        stage=stage.name,
                        run_key=plan.key,
                        product=product,
                    )
            return
        for filter_name in sorted({exposure.filter for exposure in exposures}):
            members = [exposure for exposure in exposures if exposure.filter == filter_name]
            name = self._product_name(members[0], several=len({one.filter for one in exposures}) > 1)
            self.plans.append(self._plan(stage, members, name, name))

    def _product_name(self, exposure: Exposure, *, several: bool) -> str:
        pattern = self._pattern or "jw{program}_miri_{filter}"
        if several and "{filter}" not in pattern:
            pattern += "_{filter}"
        name = pattern.replace("{program}", exposure.program).replace("{filter}", exposure.filter.lower())
        return Path(name).name  # a name, not a way out of the run's folder

    def _plan(self, stage: Stage, members: Sequence[Exposure], label: str, product_name: str) -> RunPlan:
        inputs = tuple(sorted((self._input(stage, one) for one in members), key=_input_name))
        chosen = self._settings.get(stage.name, {})
        settings = chosen.passed() if isinstance(chosen, Settings) else dict(chosen)
        need: Estimate = estimate(stage.name, members, self._earlier)
        key = run_key(
            stage.name,
            stage.version,
            settings,
            [one.identity for one in inputs],
            self._environment["CRDS_CONTEXT"],
            self._jwst,
            product_name=label,
        )
        return RunPlan(
            key=key,
            stage=stage.name,
            label=label,
            exposures=tuple(sorted(one.root for one in members)),
            inputs=inputs,
            settings=settings,
            environment=self._environment,
            product_name=product_name,
            predicted_mb=need.memory_mb,
            depends=tuple(sorted({one.run_key for one in inputs if one.run_key})),
            predicted_seconds=need.seconds,
            predicted_bytes=need.product_bytes,
            size=size_name(members),
            stage_version=stage.version,
            jwst_version=self._jwst,
        )

    def _input(self, stage: Stage, exposure: Exposure) -> RunInput:
        made = self._made.get((exposure.root, stage.takes))
        if made is not None:
            return made
        if exposure.suffix != stage.takes:
            raise WrongSuffixError(
                f"{exposure.path.name} for the stage {stage.title!r}",
                f"a {stage.takes} product, or the stage before in the same job",
                f"choose {stage.takes} files or add the stage that makes them",
            )
        identity = file_identity(exposure.path, self._workspace.identities)
        return RunInput("raw", identity, path=str(exposure.path.resolve()))


def _input_name(one: RunInput) -> str:
    return one.product or Path(one.path).name
