"""Parameters that acted with a value other than their default, and where the value comes from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from miri_widgets.errors import ParameterError
from miri_widgets.products.program import Program
from miri_widgets.report.facts import ReportRequest, by_wavelength
from miri_widgets.report.record_facts import skipped_steps
from miri_widgets.report.texts import printable, program_folders, without_advice
from miri_widgets.settings import Parameter, Settings, Source
from miri_widgets.steps.acting import inactive

__all__ = ["BY_CRDS", "BY_STAGE", "ChangedParameter", "changed_parameters"]

_SOURCE_TEXTS = {
    Source.USER: "the user",
    Source.PROGRAM: "program file",
    Source.PRESET: "preset of the package",
    Source.CRDS: "CRDS parameter file",
}

BY_CRDS = _SOURCE_TEXTS[Source.CRDS]
"""Source of a value that nobody chose."""

BY_STAGE = "the stage "
"""Prefix of the source of a file that an earlier stage made."""


@dataclass(frozen=True)
class ChangedParameter:
    """
    A parameter with a value other than its default.

    Attributes
    ----------
    stage, name : str
        Stage and parameter.
    value, default : object
        The value that acted, and the declared default.
    unit, source : str
        Unit of the value, and who set it.
    runs, of : int
        Number of runs of the stage with this value, and of all its runs.
    filters : tuple of str
        Filters of the runs with this value, unless all runs have it.
    inactive : str
        Why it did not act, as a sentence; empty when it acted.
    """

    stage: str
    name: str
    value: Any
    default: Any
    unit: str
    source: str
    runs: int
    of: int
    inactive: str = ""
    filters: tuple[str, ...] = ()


def changed_parameters(
    request: ReportRequest, completed: Sequence[tuple[Any, Any]], filters: Mapping[str, str]
) -> tuple[ChangedParameter, ...]:
    """
    List the parameters that acted with a value other than their default; those set by people come before those of CRDS.

    Parameters
    ----------
    request : ReportRequest
        The program and its plans.
    completed : sequence of (RunPlan, Record)
        Complete runs.
    filters : mapping of str to str
        Filter by root of the exposure.

    Returns
    -------
    tuple of ChangedParameter
        The parameters.
    """
    settings_of = {stage.name: settings for stage, settings in request.stages}
    totals = Counter(plan.stage for plan, _ in completed)
    occurrences: dict[tuple[str, str, str, str, str], list[tuple[Any, Any, Parameter | None]]] = {}
    for plan, record in completed:
        settings = settings_of[plan.stage]
        declared = {parameter.name: parameter for parameter in settings.declared}
        from_crds = settings.layers.get(Source.CRDS, {})
        given = {source.parameter: source for source in plan.inputs if source.parameter}
        idle = _inactive(request, plan, record, settings.declared)
        skipped = tuple(f"{step}." for step in skipped_steps(record))
        for name in dict.fromkeys((*plan.settings, *record.resolved)):
            if name.startswith(skipped) and not name.endswith(".skip"):
                continue  # a parameter of a step that did not run has not acted
            parameter = declared.get(name)
            chosen = name in plan.settings
            value = plan.settings[name] if chosen else record.resolved[name]
            if name in given:
                value, source = given[name].product, f"{BY_STAGE}{given[name].stage}"
            elif parameter is None or (_same(parameter, value) and not (chosen and name in from_crds)):
                continue
            else:
                source = _source(request, plan, name, settings, filters) if chosen else BY_CRDS
            if name in idle and name not in given and not chosen:
                continue  # CRDS set it, and it did not act
            reason = idle.get(name, "") if name not in given else ""
            identity = (plan.stage, name, repr(value) if name not in given else "", source, reason)
            occurrences.setdefault(identity, []).append((plan, value, parameter))
    folders = program_folders(request.program)
    stage_order = {stage.name: index for index, (stage, _) in enumerate(request.stages)}
    changed = [
        ChangedParameter(
            stage, name, printable(value, folders), printable(parameter.default, folders) if parameter else None, parameter.unit if parameter else "",
            source, len(some), totals[stage], without_advice(reason),
            _filters_of([plan for plan, *_ in some], filters) if len(some) < totals[stage] else (),
        )
        for (stage, name, _, source, reason), some in occurrences.items()
        for value, parameter in [some[-1][1:]]
    ]  # fmt: skip
    return tuple(
        sorted(
            changed,
            key=lambda parameter: (
                parameter.source == BY_CRDS,
                stage_order.get(parameter.stage, 99),
                parameter.name,
            ),
        )
    )


def _filters_of(plans: Sequence[Any], filters: Mapping[str, str]) -> tuple[str, ...]:
    return by_wavelength({filters.get(root, "") for plan in plans for root in plan.exposures})


def _inactive(
    request: ReportRequest, plan: Any, record: Any, declared: tuple[Parameter, ...]
) -> Mapping[str, str]:
    """Return the parameters that did not act in a run, with reasons, even if its record lists none."""
    stage = next((candidate for candidate, _ in request.stages if candidate.name == plan.stage), None)
    if stage is None:
        return {}
    titles = {shown.name: shown.short for shown, _ in request.stages}
    given = {
        source.parameter: titles.get(source.stage, source.stage) for source in plan.inputs if source.parameter
    }
    values = {**plan.settings, **record.resolved}
    return {**inactive(stage, declared, values, given), **getattr(record, "inactive", {})}


def _same(parameter: Parameter, value: Any) -> bool:
    """Whether a value is the declared default; a text of a number equals that number."""
    try:
        return bool(parameter.check(value) == parameter.check(parameter.default))
    except ParameterError:
        return str(value) == str(parameter.default)


def _source(
    request: ReportRequest, plan: Any, name: str, settings: Settings, filters: Mapping[str, str]
) -> str:
    value = plan.settings[name]
    for source in (Source.USER, Source.PROGRAM):
        if _has_value(settings.layers.get(source, {}), name, value):
            if source is Source.PROGRAM and value == _catalog_of_twin(request.program):
                return "the simulated twin"
            return _SOURCE_TEXTS[source]
    own = filters.get(plan.exposures[0], "") if plan.exposures else ""
    if _has_value(request.program.preset(plan.stage, own), name, value):
        return f"program file, for {own}"
    if _has_value(settings.layers.get(Source.PRESET, {}), name, value):
        return _SOURCE_TEXTS[Source.PRESET]
    if _has_value(request.services.preset(plan.stage, own), name, value):
        return f"{_SOURCE_TEXTS[Source.PRESET]}, for {own}"
    return "another stage asks for it"


def _has_value(layer: Mapping[str, Any], name: str, value: Any) -> bool:
    """Whether a layer of settings holds a value."""
    if name not in layer:
        return False
    return bool((list(layer[name]) if isinstance(layer[name], tuple) else layer[name]) == value)


def _catalog_of_twin(program: Program) -> str:
    """Return the catalogue of stars that a twin which stands in has in the place of Gaia; empty when none does."""
    return str(program.folders[0].parent / "truth" / "catalog.ecsv") if program.awaited else ""
