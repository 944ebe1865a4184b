"""Which runs go on in the process of the run before: the calibration of an exposure in that of its ramps."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from miri_widgets.errors import MiriWidgetsError
from miri_widgets.run.plan import RunPlan
from miri_widgets.steps.stages import Scope, stage

__all__ = ["followers"]


def followers(plans: Sequence[RunPlan], left: Collection[str]) -> dict[str, RunPlan]:
    """
    Return the runs that go on in the process of another one, by the key of that one.

    Parameters
    ----------
    plans : sequence of RunPlan
        The runs of a job, each after those that it needs.
    left : collection of str
        Keys of the runs that have to be done.

    Notes
    -----
    A run follows when it needs that one run and nothing else, both are official pipelines of one exposure, and both have
    the same environment: then it finds the pipeline, its schemas and the rules of CRDS in memory. Steps of ours and of
    others have processes of their own, as what they leave behind in one is not known to change no bit of a later run.
    """
    by_key = {plan.key: plan for plan in plans}
    next_runs: dict[str, RunPlan] = {}
    for plan in plans:
        before = by_key.get(plan.depends[0]) if len(plan.depends) == 1 else None
        if (
            before is not None
            and before.key not in next_runs
            and {plan.key, before.key} <= set(left)
            and _official(plan)
            and _official(before)
            and plan.exposures == before.exposures
            and plan.environment == before.environment
            and plan.acceleration_off == before.acceleration_off
            and plan.jwst_version == before.jwst_version
        ):
            next_runs[before.key] = plan
    return next_runs


def _official(plan: RunPlan) -> bool:
    try:
        declared = stage(plan.stage)
    except MiriWidgetsError:  # of a package that is not installed here: its own process says so
        return False
    return declared.scope is Scope.EXPOSURE and not declared.is_own
