"""The same mosaic with one optional stage more or less: which runs make it, and whether they are complete."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from miri_widgets.products.exposure import Exposure
from miri_widgets.run.program_runs import runs_to_do
from miri_widgets.run.services import Services, SettingsOf

__all__ = ["AlternativeRun", "ChainRequest", "alternative_runs", "missing_runs"]


@dataclass(frozen=True)
class ChainRequest:
    """
    What a chain of stages is planned from.

    Attributes
    ----------
    exposures : tuple of Exposure
        What takes part.
    stages : tuple of str
        Stages that take part, in running order.
    settings : callable
        Gives the settings of a stage for an exposure.
    rejected : frozenset of str
        Roots of exposures that mosaics leave out.
    """

    exposures: tuple[Exposure, ...]
    stages: tuple[str, ...]
    settings: SettingsOf
    rejected: frozenset[str] = frozenset()


@dataclass(frozen=True)
class AlternativeRun:
    """
    A run of another chain.

    Attributes
    ----------
    stage : str
        The optional stage that makes the difference.
    used : bool
        Whether it takes part in the other chain.
    plan : RunPlan
        The run.
    needed : tuple of RunPlan
        That run and all that it needs, in running order.
    """

    stage: str
    used: bool
    plan: Any
    needed: tuple[Any, ...]


def alternative_runs(
    services: Services,
    request: ChainRequest,
    chains: Sequence[tuple[str, tuple[str, ...]]],
    target: tuple[str, str],
) -> tuple[AlternativeRun, ...]:
    """
    Plan a run once more in other chains.

    Parameters
    ----------
    services : Services
        Calls into the rooms below.
    request : ChainRequest
        The chain in use.
    chains : sequence of (str, tuple of str)
        Optional stage that makes the difference, and the stages of the other chain.
    target : tuple of str
        Stage and label of the run.

    Returns
    -------
    tuple of AlternativeRun
        Those that can be planned and differ from the run in use.
    """
    current = _planned(services, request, request.stages, target)
    alternatives = []
    for name, stages in chains:
        runs = _planned(services, request, stages, target)
        if runs and (not current or runs[-1].key != current[-1].key):
            alternatives.append(AlternativeRun(name, name in stages, runs[-1], runs))
    return tuple(alternatives)


def missing_runs(services: Services, needed: Sequence[Any]) -> list[Any]:
    """
    Return the runs that are not complete, in running order.

    Parameters
    ----------
    services : Services
        Calls into the rooms below.
    needed : sequence of RunPlan
        A run and all that it needs.
    """
    complete = {plan.key for plan in needed if services.products(plan)}
    return runs_to_do(needed, {plan.stage for plan in needed}, complete)


def _planned(
    services: Services, request: ChainRequest, stages: tuple[str, ...], target: tuple[str, str]
) -> tuple[Any, ...]:
    """Return the run of a stage and label with all that it needs; nothing where it cannot be planned."""
    plans = services.plan(request.exposures, stages, request.settings, rejected=request.rejected).plans
    wanted = next((plan for plan in plans if (plan.stage, plan.label) == target), None)
    return () if wanted is None else _with_needs(plans, wanted.key)


def _with_needs(plans: Sequence[Any], key: str) -> tuple[Any, ...]:
    by_key = {plan.key: plan for plan in plans}
    wanted: set[str] = set()
    pending: Collection[str] = [key]
    while pending:
        wanted |= set(pending)
        pending = {
            needed
            for current_key in pending
            if current_key in by_key
            for needed in by_key[current_key].depends
            if needed not in wanted
        }
    # a run comes after those that it needs, so the wanted current_key is the last
    ordered = [plan for plan in plans if plan.key in wanted and plan.key != key]
    return (*ordered, by_key[key])
