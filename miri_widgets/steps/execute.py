"""
Run one stage on its inputs: the one place where the pipeline is called.

Called in a process of its own; imports jwst only when it runs.
"""

from __future__ import annotations

import platform
from collections.abc import Callable, Mapping, Sequence
from contextlib import chdir
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from miri_widgets.errors import StepFailedError
from miri_widgets.products.atomic import require_writable
from miri_widgets.products.exposure import Exposure
from miri_widgets.products.names import suffix_of
from miri_widgets.steps.acceleration import accelerated
from miri_widgets.steps.causes import cause_of_nothing, state_of_inputs
from miri_widgets.steps.facts import facts_of
from miri_widgets.steps.failures import as_our_error
from miri_widgets.steps.inputs import check_inputs, check_settings, pipeline_input
from miri_widgets.steps.left_out import left_out
from miri_widgets.steps.pipeline_run import run_pipeline
from miri_widgets.steps.progress import StepProgress, StepReport, ignore
from miri_widgets.steps.stages import Stage, stage

__all__ = ["StageResult", "StepReport", "execute"]

PACKAGES = (
    "miri_widgets",
    "jwst",
    "stpipe",
    "stcal",
    "stdatamodels",
    "crds",
    "numpy",
    "scipy",
    "astropy",
    "asdf",
    "gwcs",
    "drizzle",
    "tweakwcs",
    "photutils",
)
"""Packages whose versions can change pixels."""

_CAL_STEP = {"dark_current": "dark_sub"}
_NOT_PRODUCTS = ("log.txt", "record.json")


@dataclass(frozen=True)
class StageResult:
    """
    What a run has made, and how.

    Attributes
    ----------
    products : tuple of str
        Names of the files in the output folder, the stage's own first.
    resolved : dict
        Every parameter as it acted, by full name, those of CRDS included.
    references : dict
        Reference files by type, CRDS parameter files and those of earlier stages included.
    crds_context : str
        The context that was used.
    versions : dict
        Versions of Python and of the packages that can change pixels.
    steps : tuple of dict
        Per step: ``name``, ``state``, ``seconds`` and ``cal_step``, the status in the product.
    warnings : tuple of str
        Warnings of the log, each once.
    facts : dict
        Small numbers, see `miri_widgets.steps.facts.facts_of`; what a step of ours reports as ``report``; and
        ``left_out``, see `miri_widgets.steps.left_out`, when the pipeline left steps out.
    accelerations : dict
        Which replaced functions acted, see `miri_widgets.steps.acceleration`; they change no bit of a product.
    """

    products: tuple[str, ...]
    resolved: dict[str, Any] = field(default_factory=dict)
    references: dict[str, str] = field(default_factory=dict)
    crds_context: str = ""
    versions: dict[str, str] = field(default_factory=dict)
    steps: tuple[dict[str, Any], ...] = ()
    warnings: tuple[str, ...] = ()
    facts: dict[str, Any] = field(default_factory=dict)
    accelerations: dict[str, str] = field(default_factory=dict)


def execute(
    stage_name: str,
    inputs: Sequence[Path],
    settings: Mapping[str, Any],
    output: Path,
    *,
    product_name: str = "",
    report: Callable[[StepReport], None] = ignore,
) -> StageResult:
    """
    Run one stage.

    Parameters
    ----------
    stage_name : str
        The stage.
    inputs : sequence of Path
        One exposure, or all exposures of a filter; their order does not matter.
    settings : mapping
        Parameter values by full name, as `Settings.passed` gives them.
    output : Path
        Folder of the products; made when missing. Nothing is written elsewhere.
    product_name : str
        Root of the names of a mosaic.
    report : callable
        Takes a StepReport when a step begins and ends.

    Raises
    ------
    MiriWidgetsError
        Whatever went wrong, as a sentence; no other exception leaves this function.
    """
    progress = StepProgress((), report)
    try:
        chosen = stage(stage_name)
        progress = StepProgress(chosen.steps, report, depth=1 if chosen.is_single_step else 2)
        exposures = check_inputs(chosen, inputs)
        values = check_settings(chosen, settings)
        output = Path(output).resolve()
        require_writable(output)
        before = set(_file_names(output))
        source = pipeline_input(chosen, exposures, values, output, product_name)
        with chdir(output), progress.listening(), accelerated() as states:
            resolved, reported = run_pipeline(chosen, source, values, output)
        progress.finish()
        products = _products(chosen, output, before, exposures, progress)
        metadata = {} if chosen.is_check or chosen.shared else _metadata(output / products[0])
        steps = _steps(chosen, progress, metadata)
        skipped = left_out(steps, resolved, progress.messages) if metadata else ()
        return StageResult(
            products=products,
            resolved=resolved,
            references=_references(progress, metadata),
            crds_context=str(metadata.get("meta.ref_file.crds.context_used", "")),
            versions=_versions(),
            steps=steps,
            warnings=tuple(progress.warnings),
            facts=_facts(chosen, exposures, output, products, progress)
            | reported
            | ({"left_out": [dict(entry) for entry in skipped]} if skipped else {}),
            accelerations={name: str(state) for name, state in states.items()},
        )
    except BaseException as error:  # CRDS ends with SystemExit
        ours = as_our_error(error, stage_name, inputs, step=progress.current)
        if type(ours) is StepFailedError and ours is not error:
            ours = _with_state(ours, inputs, progress)
        progress.fail()
        if ours is error:
            raise
        raise ours from error


def _file_names(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir() if path.is_file() and not path.name.startswith(".")]


def _facts(
    chosen: Stage,
    exposures: Sequence[Exposure],
    output: Path,
    products: Sequence[str],
    progress: StepProgress,
) -> dict[str, Any]:
    """Return the small numbers; products that are complete are not given up for one that cannot be had."""
    try:
        return facts_of(chosen, exposures, output, products, progress.alignments)
    except Exception as error:
        text = f"{type(error).__name__}: {error}"[:200]
        progress.warnings.append(f"miri_widgets: the figures of this run could not be measured ({text})")
        return {}


def _with_state(ours: StepFailedError, inputs: Sequence[Path], progress: StepProgress) -> StepFailedError:
    """Add what is wrong with the pixels of the inputs, which is the likely cause of whatever was raised."""
    state = state_of_inputs(inputs, progress.messages)
    if state is None:
        return ours
    return StepFailedError(f"{state.found}; {ours.found}", state.expected, state.remedy)


def _products(
    chosen: Stage, output: Path, before: set[str], exposures: Sequence[Exposure], progress: StepProgress
) -> tuple[str, ...]:
    order = {suffix: rank for rank, suffix in enumerate(chosen.gives)}
    paths = sorted(
        (name for name in _file_names(output) if name not in before and name not in _NOT_PRODUCTS),
        # catalogues of single exposures, from tweakreg, are extras
        key=lambda name: (
            len(order) if "_cal_cat." in name else order.get(suffix_of(name), len(order)),
            name,
        ),
    )
    if not paths or suffix_of(paths[0]) != chosen.gives[0]:
        cause = cause_of_nothing(
            [exposure.path for exposure in exposures], progress.messages, progress.warnings
        )
        raise StepFailedError(
            f"{chosen.name} ended without a {chosen.gives[0]} product: {cause.found}",
            cause.expected,
            cause.remedy,
        )
    return tuple(paths)


def _metadata(path: Path) -> dict[str, Any]:
    from stdatamodels.jwst.datamodels import read_metadata

    return dict(read_metadata(path, flatten=True))


def _references(progress: StepProgress, metadata: Mapping[str, Any]) -> dict[str, str]:
    # the log knows those of the catalogue and of the parameters, the product those of earlier stages
    references = dict(progress.references)
    for key, value in metadata.items():
        parts = key.split(".")
        if parts[:2] == ["meta", "ref_file"] and parts[-1] == "name" and value not in (None, "N/A"):
            references[parts[2]] = str(value).removeprefix("crds://")
    return dict(sorted(references.items()))


def _steps(chosen: Stage, progress: StepProgress, metadata: Mapping[str, Any]) -> tuple[dict[str, Any], ...]:
    return tuple(
        {
            "name": name,
            "state": str(progress.states[name]),
            "seconds": round(progress.seconds.get(name, 0.0), 4),
            "cal_step": str(metadata.get(f"meta.cal_step.{_CAL_STEP.get(name, name)}") or ""),
        }
        for name in chosen.steps
    )


def _versions() -> dict[str, str]:
    versions = {"python": platform.python_version()}
    for package in PACKAGES:
        try:
            versions[package] = version(package)
        except PackageNotFoundError:
            continue
    return versions
