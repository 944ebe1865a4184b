"""Exposures that share settings and product: what a script or a notebook has to name to plan the same runs again."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from miri_widgets.products.exposure_headers import read_exposure
from miri_widgets.run.chain_planning import plan_stages
from miri_widgets.run.plan import RunPlan, without_accelerations
from miri_widgets.run.workspace import Workspace
from miri_widgets.steps.acceleration import acceleration_states
from miri_widgets.steps.stages import Scope, stage

__all__ = ["groups_of", "plan_groups"]


def groups_of(plans: Sequence[RunPlan]) -> list[dict[str, Any]]:
    """
    Gather the exposures that share settings and product.

    Parameters
    ----------
    plans : sequence of RunPlan
        Runs, with all runs that they need.

    Returns
    -------
    list of dict
        Plain values: ``files`` (raw exposures), ``settings`` (what is handed over, by stage and full name; stages
        that the exposures go past are missing) and ``product_name``.
    """
    by_exposure: dict[str, list[RunPlan]] = {}
    for plan in plans:
        for root in plan.exposures:
            by_exposure.setdefault(root, []).append(plan)
    groups: dict[str, dict[str, Any]] = {}
    for root, chain in sorted(by_exposure.items()):
        group = {
            "settings": {plan.stage: plan.settings for plan in chain},
            "product_name": next(
                (plan.product_name for plan in chain if stage(plan.stage).scope == Scope.FILTER), ""
            ),
        }
        mark = json.dumps(group, sort_keys=True, default=str)
        raw = [
            run_input.path
            for plan in chain
            for run_input in plan.inputs
            if run_input.kind == "raw" and _of(root, run_input.path)
        ]
        groups.setdefault(mark, {"files": [], **group})["files"] += sorted(set(raw))
    return list(groups.values())


def plan_groups(
    workspace: Workspace | Path,
    groups: Sequence[Mapping[str, Any]],
    stages: Sequence[str],
    environment: Mapping[str, str],
    *,
    acceleration_off: Collection[str] = (),
) -> tuple[RunPlan, ...]:
    """
    Plan the runs that `groups_of` was given: the same keys, unless an input, a setting or a version has changed.

    Parameters
    ----------
    workspace : Workspace or Path
        Where the products go; it does not enter the keys.
    groups : sequence of dict
        As `groups_of` returns them.
    stages : sequence of str
        Stage names in running order.
    environment : mapping
        CRDS_* variables.
    acceleration_off : collection of str, optional
        Exact accelerations that the runs go without, or ``all``; no key depends on them.

    Raises
    ------
    MissingFileError, NotFitsError, NotJwstError
        If an exposure cannot be read.
    ParameterError, WrongSuffixError, CrdsCacheError
        As `plan_stages`; ParameterError also if there is no acceleration of a name.
    """
    acceleration_states(acceleration_off)  # a wrong name is refused before anything is read
    exposures, group_of = [], {}
    for group in groups:
        for path in group["files"]:
            exposures.append(read_exposure(Path(path)))
            group_of[exposures[-1].root] = group
    # an optional stage may take some filters only; those whose inputs stand for all others are left to themselves
    only = {
        name: sorted(
            {exposure.filter for exposure in exposures if name in group_of[exposure.root]["settings"]}
        )
        for name in stages
        if not stage(name).by_reference
    }
    mosaics = {name for name in stages if stage(name).leaves_rejected}
    plans = plan_stages(
        workspace,
        exposures,
        stages,
        lambda name, exposure: group_of[exposure.root]["settings"].get(name, {}),
        environment,
        product_name=lambda exposure: group_of[exposure.root]["product_name"],
        only=only,
        rejected=[
            exposure.root for exposure in exposures if mosaics - group_of[exposure.root]["settings"].keys()
        ],
    )
    return tuple(without_accelerations(plans, acceleration_off))


def _of(root: str, path: str) -> bool:
    return Path(path).name.startswith(f"{root}_")
