"""One run of a pipeline or step of jwst with the settings of a stage."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from miri_widgets.products.atomic import write_json
from miri_widgets.products.names import root_of
from miri_widgets.steps.declarations import declared, owned_reason
from miri_widgets.steps.specs import build_config, pipeline_class
from miri_widgets.steps.stages import Stage

__all__ = ["keywords", "plain_value", "resolved_parameters", "run_pipeline"]


_CORES = ("jump.maximum_cores", "ramp_fit.maximum_cores")


def keywords(values: Mapping[str, Any], output: Path, cores: Sequence[str] = _CORES) -> dict[str, Any]:
    """
    Return the keyword arguments that a pipeline is called with.

    Parameters
    ----------
    values : mapping
        Parameter values by full name.
    output : Path
        Folder of the products.
    cores : sequence of str
        Parameters that ask for more processes; set to one.
    """
    arguments: dict[str, Any] = {"save_results": True, "output_dir": str(output)}
    steps: dict[str, dict[str, Any]] = {}
    for name, value in {**values, **dict.fromkeys(cores, "1")}.items():
        step, _, label = name.rpartition(".")
        (steps.setdefault(step, {}) if step else arguments)[label] = value
    return {**arguments, "steps": steps} if steps else arguments


def resolved_parameters(stage_name: str, pipeline: Any) -> dict[str, Any]:
    """
    Return every parameter of a configured pipeline, by full name.

    Parameters
    ----------
    stage_name : str
        The stage.
    pipeline : stpipe.Pipeline
        An instance as it will run.
    """
    resolved = {}
    for parameter in declared(stage_name):
        if not owned_reason(parameter.name):
            owner = getattr(pipeline, parameter.step) if parameter.step else pipeline
            resolved[parameter.name] = plain_value(getattr(owner, parameter.label, None))
    return resolved


def run_pipeline(
    chosen: Stage, source: Path, values: Mapping[str, Any], output: Path
) -> tuple[dict[str, Any], dict[str, Any]]:
    """
    Run the pipeline of a stage.

    Parameters
    ----------
    chosen : Stage
        The stage.
    source : Path
        An exposure or an association.
    values : mapping of str to object
        Parameters by full name.
    output : Path
        Folder of the products.

    Returns
    -------
    resolved, reported : dict
        The parameters as they acted, and what a step of ours reports.
    """
    cls = pipeline_class(chosen.pipeline)
    cores = _CORES if chosen.name == "detector1" else ()
    # These are the three lines of `Pipeline.call(..., configure_log=False)`; taken apart,
    # because `call` keeps the instance, and with it the resolved parameters, to itself.
    config = build_config(cls, str(source), **keywords(values, output, cores))
    config.pop("class", None)
    name = chosen.steps[0] if chosen.is_single_step else config.get("name")
    pipeline = cls.from_config_section(config, name=name)
    resolved = resolved_parameters(chosen.name, pipeline)
    if chosen.is_check:
        pipeline.save_results = False
    pipeline.run(str(source))
    report = getattr(pipeline, "report", None)
    if chosen.is_check:
        root = root_of(source)
        write_json(output / f"{root}_check.json", report or {})
    if chosen.is_own and hasattr(pipeline, "close"):
        pipeline.close()  # the process ends without the interpreter's farewell
    return resolved, {"report": report} if report else {}


def plain_value(value: Any) -> Any:
    """
    Return a value as records hold it: plain numbers, texts, lists and None.

    Parameters
    ----------
    value : object
        A value of a spec.
    """
    if isinstance(value, list | tuple):
        return [plain_value(item) for item in value]
    return value if value is None or isinstance(value, bool | int | float | str) else str(value)
