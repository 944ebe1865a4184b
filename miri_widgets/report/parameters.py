"""Parameters that acted with another value than their declaration says, and who set them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from miri_widgets.errors import ParameterError
from miri_widgets.products.program import Program
from miri_widgets.report.facts import ReportRequest, by_wavelength, skipped_steps
from miri_widgets.report.texts import places_of, shown, without_advice
from miri_widgets.settings import Parameter, Settings, Source
from miri_widgets.steps.acting import inactive

__all__ = ["BY_CRDS", "BY_STAGE", "ChangedParameter", "changed_parameters"]

_WORDS = {
    Source.USER: "the user",
    Source.PROGRAM: "program file",
    Source.PRESET: "preset of the package",
    Source.CRDS: "CRDS parameter file",
}

BY_CRDS = _WORDS[Source.CRDS]
"""Who set what nobody chose."""

BY_STAGE = "the stage "
"""How the source of a file begins that an earlier stage has made."""


@dataclass(frozen=True)
class ChangedParameter:
    """
    A parameter with another value than its declaration says.

    Attributes
    ----------
    stage, name : str
        Which.
    value, default : object
        As it was set, and as it is declared.
    unit, source : str
        Of the value; who set it.
    runs, of : int
        How many runs of the stage had it, of how many.
    filters : tuple of str
        Those of the runs that had it, when they were not all.
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
    request: ReportRequest, made: Sequence[tuple[Any, Any]], filters: Mapping[str, str]
) -> tuple[ChangedParameter, ...]:
    """
    List the parameters that acted with another value than declared; what a person set comes before what CRDS says.

    Parameters
    ----------
    request : ReportRequest
        What is reported.
    made : sequence of (RunPlan, Record)
        Complete runs.
    filters : mapping of str to str
        Filter by root of the exposure.
    """
    settings_of = {stage.name: settings for stage, settings in request.stages}
    totals = Counter(plan.stage for plan, _ in made)
    rows: dict[tuple[str, str, str, str, str], list[tuple[Any, Any, Parameter | None]]] = {}
    for plan, record in made:
        settings = settings_of[plan.stage]
        declared = {one.name: one for one in settings.declared}
        from_crds = settings.layers.get(Source.CRDS, {})
        given = {one.parameter: one for one in plan.inputs if one.parameter}
        idle = _inactive(request, plan, record, settings.declared)
        skipped = tuple(f"{step}." for step in skipped_steps(record))
        for name in dict.fromkeys((*plan.settings, *record.resolved)):
            if name.startswith(skipped) and not name.endswith(".skip"):
                continue  # a parameter of a step that did not run has not acted
            one = declared.get(name)
            chosen = name in plan.settings
            value = plan.settings[name] if chosen else record.resolved[name]
            if name in given:
                value, source = given[name].product, f"{BY_STAGE}{given[name].stage}"
            elif one is None or (_same(one, value) and not (chosen and name in from_crds)):
                continue
            else:
                source = _source(request, plan, name, settings, filters) if chosen else BY_CRDS
            if name in idle and name not in given and not chosen:
                continue  # CRDS set it, and it did not act
            why = idle.get(name, "") if name not in given else ""
            mark = (plan.stage, name, repr(value) if name not in given else "", source, why)
            rows.setdefault(mark, []).append((plan, value, one))
    places = places_of(request.program)
    order = {stage.name: place for place, (stage, _) in enumerate(request.stages)}
    found = [
        ChangedParameter(
            stage, name, shown(value, places), shown(one.default, places) if one else None, one.unit if one else "",
            source, len(some), totals[stage], without_advice(why),
            _filters_of([plan for plan, *_ in some], filters) if len(some) < totals[stage] else (),
        )
        for (stage, name, _, source, why), some in rows.items()
        for value, one in [some[-1][1:]]
    ]  # fmt: skip
    return tuple(sorted(found, key=lambda one: (one.source == BY_CRDS, order.get(one.stage, 99), one.name)))


def _filters_of(plans: Sequence[Any], filters: Mapping[str, str]) -> tuple[str, ...]:
    return by_wavelength({filters.get(root, "") for plan in plans for root in plan.exposures})


def _inactive(
    request: ReportRequest, plan: Any, record: Any, declared: tuple[Parameter, ...]
) -> Mapping[str, str]:
    """Return what did not act in a run, with the reasons; also for records that do not tell it."""
    stage = next((one for one, _ in request.stages if one.name == plan.stage), None)
    if stage is None:
        return {}
    titles = {one.name: one.short for one, _ in request.stages}
    given = {one.parameter: titles.get(one.stage, one.stage) for one in plan.inputs if one.parameter}
    values = {**plan.settings, **record.resolved}
    return {**inactive(stage, declared, values, given), **getattr(record, "inactive", {})}


def _same(one: Parameter, value: Any) -> bool:
    """Whether a value is the declared default; a text that stands for a number is that number."""
    try:
        return bool(one.check(value) == one.check(one.default))
    except ParameterError:
        return str(value) == str(one.default)


def _source(
    request: ReportRequest, plan: Any, name: str, settings: Settings, filters: Mapping[str, str]
) -> str:
    value = plan.settings[name]
    for source in (Source.USER, Source.PROGRAM):
        if _held(settings.layers.get(source, {}), name, value):
            if source is Source.PROGRAM and value == _catalog_of_twin(request.program):
                return "the simulated twin"
            return _WORDS[source]
    own = filters.get(plan.exposures[0], "") if plan.exposures else ""
    if _held(request.program.preset(plan.stage, own), name, value):
        return f"program file, for {own}"
    if _held(settings.layers.get(Source.PRESET, {}), name, value):
        return _WORDS[Source.PRESET]
    if _held(request.services.preset(plan.stage, own), name, value):
        return f"{_WORDS[Source.PRESET]}, for {own}"
    return "another stage asks for it"


def _held(layer: Mapping[str, Any], name: str, value: Any) -> bool:
    """Whether a layer of settings holds a value."""
    if name not in layer:
        return False
    return bool((list(layer[name]) if isinstance(layer[name], tuple) else layer[name]) == value)


def _catalog_of_twin(program: Program) -> str:
    """Return the catalogue of stars that a twin which stands in has in the place of Gaia; empty when none does."""
    return str(program.folders[0].parent / "truth" / "catalog.ecsv") if program.awaited else ""
