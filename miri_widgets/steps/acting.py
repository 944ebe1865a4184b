"""Which parameters do not act with the present choices, and why: read from one declaration, for everything that shows it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from miri_widgets.settings import Parameter, Settings
from miri_widgets.steps import conditions
from miri_widgets.steps.acting_rules import PROVEN, RULES
from miri_widgets.steps.conditions import Rule
from miri_widgets.steps.stage import Stage

__all__ = ["Acting", "acting_in_chain", "inactive", "rules_of"]

_PROOF = conditions.rule(conditions.value("prove", True), "proof_sources")
"""Of every correction: its proof can be left out."""
_NOT_FOR_MIRI = "This step does not run for MIRI imaging."


def rules_of(stage: Stage, step: str) -> tuple[Rule, ...]:
    """
    Return the rules for the parameters of one step.

    Parameters
    ----------
    stage : Stage
        The stage.
    step : str
        The step as in full names of parameters; empty for the pipeline's own parameters, or those of a single step.
    """
    if stage.is_own and not step:
        return (*((_PROOF,) if stage.correction else ()), *stage.acting)
    name = step or stage.name
    return RULES.get(f"{stage.name}:{name}", RULES.get(name, ()))


def inactive(
    stage: Stage,
    declared: tuple[Parameter, ...],
    values: Mapping[str, Any],
    given: Mapping[str, str] | None = None,
    *,
    proven: bool = False,
) -> dict[str, str]:
    """
    Return the parameters that do not act, each with the reason.

    Parameters
    ----------
    stage : Stage
        The stage.
    declared : tuple of Parameter
        Its parameters.
    values : mapping
        The effective value of each by full name; a default where one is missing.
    given : mapping of str to str, optional
        Parameters whose value an earlier stage of the chain gives: full name, and title of that stage.
    proven : bool
        Whether of the rules for steps of jwst only those count that products prove (`PROVEN`).

    Returns
    -------
    dict of str to str
        Sentences by full name, in the order of the declaration.
    """
    effective = {parameter.name: values.get(parameter.name, parameter.default) for parameter in declared}
    effective |= {name: f"from {title}" for name, title in (given or {}).items()}
    decided = {
        name: f"The stage {(given or {})[parameter]} decides it."
        for parameter, names in stage.overruled
        if parameter in (given or {})
        for name in (*names, parameter)
    }
    decided |= {name: f"The stage {title} gives it." for name, title in (given or {}).items()}
    reasons = {}
    for parameter in declared:
        reason = decided.get(parameter.name) or _reason(stage, parameter, effective, proven=proven)
        if reason:
            reasons[parameter.name] = reason
    return reasons


def _reason(stage: Stage, parameter: Parameter, effective: Mapping[str, Any], *, proven: bool) -> str:
    """Return the first reason for which a parameter does not act; empty when it acts."""
    if parameter.step and parameter.step not in stage.steps:
        return _NOT_FOR_MIRI
    if parameter.step and parameter.label != "skip" and effective.get(f"{parameter.step}.skip") is True:
        return f"The step {parameter.step} is skipped."
    if proven and not stage.is_own and parameter.name not in PROVEN:
        return ""
    rules = (rule for rule in rules_of(stage, parameter.step) if parameter.label in rule.names)
    return next((reason for rule in rules if (reason := rule.reason(parameter.step, effective))), "")


@dataclass(frozen=True)
class Acting:
    """
    What decides over the parameters of a stage besides its own settings.

    Attributes
    ----------
    decided : mapping of str to (object, str)
        Values that other stages of the chain set, each with a sentence, by full name.
    fixed : frozenset of str
        Those of them that the user's own value cannot change.
    inactive : mapping of str to str
        Parameters that do not act, each with the reason.
    """

    decided: Mapping[str, tuple[Any, str]] = field(default_factory=dict)
    fixed: frozenset[str] = frozenset()
    inactive: Mapping[str, str] = field(default_factory=dict)


def acting_in_chain(stage: Stage, settings: Settings, chain: Sequence[Stage]) -> Acting:
    """
    Return what acts of a stage's settings in a chain.

    Parameters
    ----------
    stage : Stage
        The stage.
    settings : Settings
        Its settings.
    chain : sequence of Stage
        The stages that take part, in running order.
    """
    passed = settings.passed()
    decided: dict[str, tuple[Any, str]] = {}
    fixed = set()
    for other in chain:
        for name, parameter, value in other.prefers:
            if name == stage.name and parameter not in passed:
                decided[parameter] = value, f"Set by the stage {other.short} unless you set it."
        for name, parameter, value in other.needs:
            if name == stage.name:
                decided[parameter] = value, f"The stage {other.short} needs it."
                fixed.add(parameter)
    given = {}
    for suffix, parameter in stage.companions:
        makers = [maker.short for maker in chain if suffix in maker.gives and maker.name != stage.name]
        if makers:
            given[parameter] = makers[-1]
    values = {**settings, **{name: value for name, (value, _) in decided.items()}}
    return Acting(decided, frozenset(fixed), inactive(stage, settings.declared, values, given))
