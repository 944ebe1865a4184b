"""Runs as code: what one run does in plain jwst, and a whole reduction as a script with the same keys."""

from __future__ import annotations

import json
import shlex
from collections.abc import Sequence
from pathlib import Path
from pprint import pformat
from typing import Any

from miri_widgets.errors import EngineError
from miri_widgets.run.plan import RunPlan
from miri_widgets.run.rejected import rejected_in
from miri_widgets.run.workspace import Workspace
from miri_widgets.steps.stages import STAGES, Scope, stage

__all__ = ["code_for", "export_script"]

_SCRIPT = '''\
"""
Exported by miri_widgets: the same runs, with the same keys, without a dashboard.

Products that are complete in the workspace are reused.
"""

from pathlib import Path

from miri_widgets.products.exposure import read_exposure
from miri_widgets.run import Engine, plan_stages, products

WORKSPACE = Path({workspace})
ENVIRONMENT = {environment}
STAGES = {stages}
GROUPS = {groups}
REJECTED = {rejected}
KEYS = {keys}


def main():
    exposures, group_of = [], {{}}
    for group in GROUPS:
        for path in group["files"]:
            exposures.append(read_exposure(Path(path)))
            group_of[exposures[-1].root] = group
    plans = plan_stages(
        WORKSPACE,
        exposures,
        STAGES,
        lambda stage, exposure: group_of[exposure.root]["settings"].get(stage, {{}}),
        ENVIRONMENT,
        product_name=lambda exposure: group_of[exposure.root]["product_name"],
        rejected=REJECTED,
    )
    changed = sorted({{plan.key for plan in plans}} ^ set(KEYS))
    if changed:
        print("Not the same runs as at the export; an input, a setting or a version differs:", *changed)
    engine = Engine(WORKSPACE)
    state = engine.wait(engine.submit(plans), on_event=lambda event: print(event.kind, event.label, event.step))
    for run in state.runs:
        print(run.status, run.stage, run.label, run.error or "")
    for plan in plans:
        print(*products(WORKSPACE, plan), sep="\\n")


if __name__ == "__main__":
    main()
'''


def code_for(plan: RunPlan, workspace: Workspace | Path) -> str:
    """
    Return what one run does, as Python that needs jwst only, with the ``strun`` line.

    Parameters
    ----------
    plan : RunPlan
        The run.
    workspace : Workspace or Path
        Where its inputs are.
    """
    place = workspace if isinstance(workspace, Workspace) else Workspace(workspace)
    of = stage(plan.stage)
    module, _, pipeline = of.pipeline.rpartition(".")
    files = [str(path) for path in plan.files(place)]
    settings = plan.handed_over(place)
    own, steps = _nested(settings)
    arguments = "".join(f"    {name}={value!r},\n" for name, value in sorted(own.items()))
    if steps:
        arguments += f"    steps={_indented(steps)},\n"
    lines = ["import os", ""]
    lines += [f"os.environ[{name!r}] = {value!r}" for name, value in sorted(plan.environment.items())]
    lines += ["", f"from {module} import {pipeline}", ""]
    if of.scope != Scope.EXPOSURE:
        lines += _association_lines(files, plan.product_name)
        source, shell_source = "association", f"{plan.product_name}_asn.json"
    else:
        source, shell_source = repr(files[0]), files[0]
    lines += [
        f"# in the shell: {_strun(of.pipeline, shell_source, settings)}",
        f"{pipeline}.call(",
        f"    {source},",
        f'{arguments}    save_results=True,\n    output_dir=".",',
        ")",
    ]
    return "\n".join(lines) + "\n"


def _association_lines(files: Sequence[str], product_name: str) -> list[str]:
    listed = "".join(f"    {name!r},\n" for name in files)
    return [
        "from jwst.associations.asn_from_list import asn_from_list",
        "from jwst.associations.lib.rules_level3_base import DMS_Level3_Base",
        "",
        f"files = [\n{listed}]",
        f"table = asn_from_list(files, rule=DMS_Level3_Base, product_name={product_name!r})",
        f'association = "{product_name}_asn.json"',
        'with open(association, "w") as stream:',
        "    stream.write(table.dump()[1])",
        "",
    ]


def _nested(settings: dict[str, Any]) -> tuple[dict[str, Any], dict[str, dict[str, Any]]]:
    own: dict[str, Any] = {}
    steps: dict[str, dict[str, Any]] = {}
    for name, value in sorted(settings.items()):
        step, _, label = name.rpartition(".")
        if step:
            steps.setdefault(step, {})[label] = value
        else:
            own[label] = value
    return own, steps


def _indented(value: Any) -> str:
    return pformat(value, width=90, sort_dicts=True).replace("\n", "\n" + " " * 10)


def _strun(pipeline: str, source: str, settings: dict[str, Any]) -> str:
    words = ["strun", pipeline, source]
    for name, value in sorted(settings.items()):
        text = ",".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
        words.append(f"--{'steps.' if '.' in name else ''}{name}={text}")
    return shlex.join(words)


def export_script(plans: Sequence[RunPlan], workspace: Workspace | Path) -> str:
    """
    Return a Python script that does the same runs, with the same keys.

    Parameters
    ----------
    plans : sequence of RunPlan
        The runs, with all runs that they need.
    workspace : Workspace or Path
        Where the products go.

    Raises
    ------
    EngineError
        If there is nothing to export.
    """
    if not plans:
        raise EngineError("no runs to export", "at least one", "choose exposures first")
    place = workspace if isinstance(workspace, Workspace) else Workspace(workspace)
    return _SCRIPT.format(
        workspace=repr(str(place.root)),
        environment=pformat(plans[0].environment, width=100),
        stages=[one.name for one in STAGES if any(plan.stage == one.name for plan in plans)],
        groups=pformat(_groups(plans), width=100, sort_dicts=False),
        rejected=pformat(rejected_in(plans), width=100),
        keys=pformat(sorted({plan.key for plan in plans}), width=100),
    )


def _groups(plans: Sequence[RunPlan]) -> list[dict[str, Any]]:
    """Gather the exposures that share settings and product."""
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
        raw = [one.path for plan in chain for one in plan.inputs if one.kind == "raw" and _of(root, one.path)]
        groups.setdefault(mark, {"files": [], **group})["files"] += sorted(set(raw))
    return list(groups.values())


def _of(root: str, path: str) -> bool:
    return Path(path).name.startswith(f"{root}_")
