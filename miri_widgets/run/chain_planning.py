"""
Plan a whole chain of stages, before anything ran; a stage that cannot be planned keeps no other from it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from miri_widgets.errors import MiriWidgetsError
from miri_widgets.products.exposure import FILTERS, Exposure
from miri_widgets.run.crds_context import crds_variables
from miri_widgets.run.plan import RunPlan
from miri_widgets.run.planner import Chosen, Planner
from miri_widgets.run.workspace import Workspace
from miri_widgets.steps.stages import Scope
from miri_widgets.steps.stages import stage as find_stage

__all__ = ["PlannedChain", "plan_chain", "plan_stages"]


@dataclass(frozen=True)
class PlannedChain:
    """
    The runs of a chain, and the stages that have none.

    Attributes
    ----------
    plans : tuple of RunPlan
        Runs come after the runs that they need; those of the shortest filter first.
    refused : mapping of str to MiriWidgetsError
        Why a stage cannot be planned, by its name, in the order of the chain. Stages that take what such a stage
        gives are among them.
    notes : mapping of str to tuple of str
        What the runs of a stage leave out, as sentences by its name.
    """

    plans: tuple[RunPlan, ...] = ()
    refused: Mapping[str, MiriWidgetsError] = field(default_factory=dict)
    notes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def plan_chain(
    workspace: Workspace | Path,
    exposures: Sequence[Exposure],
    stages: Sequence[str],
    settings: Mapping[str, Chosen] | Callable[[str, Exposure], Chosen],
    environment: Mapping[str, str] | None = None,
    *,
    product_name: str | Callable[[Exposure], str] = "",
    only: Mapping[str, Sequence[str]] | None = None,
    rejected: Collection[str] = (),
) -> PlannedChain:
    """
    Plan the stages that can be planned, with the reason why others cannot.

    Parameters
    ----------
    workspace : Workspace or Path
        Where the runs go.
    exposures : sequence of Exposure
        Raw inputs of the first stage; their order does not matter.
    stages : sequence of str
        Stage names in running order.
    settings : mapping or callable
        Per stage, Settings or the plain values to hand over; or a callable that gives them for a stage and an
        exposure. Exposures that go into one run share those of the first.
    environment : mapping, optional
        CRDS_* variables; those of this process by default.
    product_name : str or callable
        Name of products of several exposures, ``{filter}`` and ``{program}``
        are filled in; or a callable that gives it for the first of them.
    only : mapping of str to sequence of str, optional
        Filters that an optional stage takes; those of others go past it. Stages that are not named take all.
    rejected : collection of str
        Roots of exposures that mosaics leave out. Every other stage takes them: their products stay, they still tell
        sky, levels and shifts, and no key but that of a mosaic changes. An exposure that harms those, too, has to be
        kept out of `exposures`.

    Returns
    -------
    PlannedChain
        Runs, and refusals by stage.

    Raises
    ------
    CrdsCacheError
        If the CRDS context has no name.
    ParameterError
        If there is no such stage.
    """
    space = workspace if isinstance(workspace, Workspace) else Workspace(workspace)
    planner = Planner(space, crds_variables(environment), settings, product_name, rejected)
    ordered = sorted(exposures, key=lambda exposure: exposure.order)
    chain = [find_stage(name) for name in stages]
    planner.note_needs(chain)
    planner.note_backgrounds(chain, ordered)
    refused: dict[str, MiriWidgetsError] = {}
    for stage in chain:
        wanted = (only or {}).get(stage.name) if stage.optional else None
        members = [exposure for exposure in ordered if wanted is None or exposure.filter in wanted]
        if not members:
            continue
        try:
            planner.add(stage, members)
        except MiriWidgetsError as error:
            refused[stage.name] = error
            planner.note_refused(stage, members)
    return PlannedChain(_mosaics_early(planner.plans, ordered), refused, planner.notes)


def plan_stages(
    workspace: Workspace | Path,
    exposures: Sequence[Exposure],
    stages: Sequence[str],
    settings: Mapping[str, Chosen] | Callable[[str, Exposure], Chosen],
    environment: Mapping[str, str] | None = None,
    *,
    product_name: str | Callable[[Exposure], str] = "",
    only: Mapping[str, Sequence[str]] | None = None,
    rejected: Collection[str] = (),
) -> tuple[RunPlan, ...]:
    """
    Plan all of the stages: as `plan_chain`, for callers that want the whole chain or none of it.

    Parameters
    ----------
    workspace : Workspace or Path
        The workspace.
    exposures : sequence of Exposure
        Exposures that take part.
    stages : sequence of str
        Names of the stages, in running order.
    settings : mapping or callable
        Settings by stage, or a function of stage and exposure.
    environment : mapping of str to str or None
        CRDS_PATH, CRDS_CONTEXT and CRDS_SERVER_URL; None for those of the process.
    product_name : str or callable
        Root of the names of mosaics, or a function of an exposure.
    only : mapping of str to sequence of str or None
        Roots of the exposures to plan, by stage; None for all.
    rejected : collection of str
        Roots of the exposures that mosaics leave out.

    Returns
    -------
    tuple of RunPlan
        Runs come after the runs that they need; those of the shortest filter first.

    Raises
    ------
    WrongSuffixError
        If a stage takes products that neither the exposures nor an earlier stage give.
    ParameterError
        If settings of two stages contradict each other, or a stage is left without what it needs.
    CrdsCacheError
        If the CRDS context has no name.
    """
    chain = plan_chain(
        workspace,
        exposures,
        stages,
        settings,
        environment,
        product_name=product_name,
        only=only,
        rejected=rejected,
    )
    for error in chain.refused.values():
        raise error
    return chain.plans


def _mosaics_early(plans: Sequence[RunPlan], exposures: Sequence[Exposure]) -> tuple[RunPlan, ...]:
    """Sort by filter, so that a mosaic comes early rather than every exposure first; needed runs stay before."""
    of_exposure = {exposure.root: FILTERS.index(exposure.filter) for exposure in exposures}
    rank: dict[str, int] = {}
    for plan in plans:  # what a run needs was planned before it
        whole = find_stage(plan.stage).scope == Scope.PROGRAM
        own = -1 if whole else of_exposure[plan.exposures[0]]
        rank[plan.key] = max([own, *(rank[key] for key in plan.depends if key in rank)])
    return tuple(sorted(plans, key=lambda plan: rank[plan.key]))
