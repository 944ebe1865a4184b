"""Runs as code: what one run does in plain jwst, and a whole reduction as a script with the same keys."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Sequence
from pathlib import Path
from pprint import pformat
from typing import Any

from miri_widgets.errors import EngineError, ParameterError
from miri_widgets.run.groups import groups_of
from miri_widgets.run.key_settings import did_not_act
from miri_widgets.run.plan import RunPlan
from miri_widgets.run.strun import strun_line
from miri_widgets.run.workspace import Workspace
from miri_widgets.settings import Kind
from miri_widgets.steps.declarations import declared
from miri_widgets.steps.stages import Scope, Stage, all_stages, stage

__all__ = ["code_for", "constants", "export_script", "rejected_lines", "require_plans"]

_SCRIPT = '''\
"""
Exported by miri_widgets: the same runs, with the same keys, without a dashboard.

Products that are complete in the workspace are reused; give another folder as the first word to start afresh.
"""

import sys
from pathlib import Path

from miri_widgets.run import Engine, plan_groups, products

WORKSPACE = Path(sys.argv[1] if len(sys.argv) > 1 else {workspace})
ENVIRONMENT = {environment}
STAGES = {stages}
GROUPS = {groups}
KEYS = {keys}
# exact accelerations that the runs go without; "all" for every one. Products and keys are the same either way
ACCELERATION_OFF = {acceleration_off}
{comments}

def main():
    plans = plan_groups(WORKSPACE, GROUPS, STAGES, ENVIRONMENT, acceleration_off=ACCELERATION_OFF)
    changed = sorted({{plan.key for plan in plans}} ^ set(KEYS))
    if changed:
        print("Not the same runs as at the export; an input, a setting or a version differs:", *changed)
    engine = Engine(WORKSPACE)
    state = engine.wait(engine.submit(plans), on_event=lambda event: print(event.kind, event.label, event.step))
    for run in state.runs:
        print(run.status, run.stage, run.label, run.error or "")
    for plan in plans:
        print(*products(WORKSPACE, plan), sep="\\n")
{composite}    return 0 if all(run.status.good for run in state.runs) else 1


if __name__ == "__main__":
    sys.exit(main())
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
    space = workspace if isinstance(workspace, Workspace) else Workspace(workspace)
    of = stage(plan.stage)
    module, _, pipeline = of.pipeline.rpartition(".")
    files = [str(path) for path in plan.files(space)]
    settings = plan.handed_over(space)
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
    lines += [f"# does not act: {name}. {why}" for name, why in did_not_act(plan, {}).items()]
    lines += [
        _shell_line(of, shell_source, settings),
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
            steps.setdefault(step, {})[label] = _python(value)
        else:
            own[label] = _python(value)
    return own, steps


def _indented(value: Any) -> str:
    return pformat(value, width=90, sort_dicts=True).replace("\n", "\n" + " " * 10)


class _Infinite(float):
    """An infinite number that can be read as Python."""

    def __repr__(self) -> str:
        return f"float('{float(self)}')"


def _python(value: Any) -> Any:
    """Return a value whose repr is Python."""
    if isinstance(value, float) and math.isinf(value):
        return _Infinite(value)
    return [_python(item) for item in value] if isinstance(value, list | tuple) else value


def _shell_line(of: Stage, source: str, settings: dict[str, Any]) -> str:
    nothing = {name for name, value in settings.items() if value is None}
    # strun makes the word "None" of a choice that is None, and the steps do not take it for None
    parameters = [
        parameter.name
        for parameter in (declared(of.name) if nothing else ())
        if parameter.kind == Kind.CHOICE
    ]
    if unsaid := nothing & set(parameters):
        return f"# not in the shell: strun cannot set {', '.join(sorted(unsaid))} to None"
    try:
        return f"# in the shell: {strun_line(of.pipeline, source, settings)}"
    except ParameterError as error:
        return f"# not in the shell: {' '.join(str(error).split())}"


def export_script(plans: Sequence[RunPlan], workspace: Workspace | Path, composite: str = "") -> str:
    """
    Return a Python script that does the same runs, with the same keys.

    Parameters
    ----------
    plans : sequence of RunPlan
        The runs, with all runs that they need.
    workspace : Workspace or Path
        Where the products go.
    composite : str
        Code that makes the colour composite of the mosaics, and calls the workspace ``WORKSPACE``.

    Raises
    ------
    EngineError
        If there is nothing to export.
    """
    require_plans(plans)
    return _SCRIPT.format(**constants(plans, workspace), composite=textwrap.indent(composite, "    "))


def require_plans(plans: Sequence[RunPlan]) -> None:
    """
    Refuse to export nothing.

    Parameters
    ----------
    plans : sequence of RunPlan
        The runs.

    Raises
    ------
    EngineError
        If there is no plan.
    """
    if not plans:
        raise EngineError("no runs to export", "at least one", "choose exposures first")


def constants(plans: Sequence[RunPlan], workspace: Workspace | Path) -> dict[str, str]:
    """
    Return what an exported script or notebook names, as Python: workspace, environment, stages, groups, keys, accelerations.

    Parameters
    ----------
    plans : sequence of RunPlan
        The runs.
    workspace : Workspace or Path
        The workspace.
    """
    space = workspace if isinstance(workspace, Workspace) else Workspace(workspace)
    return {
        "workspace": repr(str(space.root)),
        "environment": pformat(plans[0].environment, width=100),
        "stages": repr(
            [stage.name for stage in all_stages() if any(plan.stage == stage.name for plan in plans)]
        ),
        "groups": pformat(groups_of(plans), width=100, sort_dicts=False),
        "keys": pformat(sorted({plan.key for plan in plans}), width=100),
        "acceleration_off": repr(sorted({name for plan in plans for name in plan.acceleration_off})),
        "comments": "".join(f"{line}\n" for line in (*rejected_lines(plans), *_inactive_lines(plans))),
    }


def rejected_lines(plans: Sequence[RunPlan]) -> list[str]:
    """
    Return a comment for each exposure that takes part and that the mosaics leave out.

    Parameters
    ----------
    plans : sequence of RunPlan
        The runs, with all runs that they need.
    """
    mosaics = [plan for plan in plans if stage(plan.stage).leaves_rejected]
    if not mosaics:
        return []
    every = {root for plan in plans if stage(plan.stage).scope == Scope.EXPOSURE for root in plan.exposures}
    missing = every - {root for plan in mosaics for root in plan.exposures}
    return [f"# rejected: the mosaics leave out {root}" for root in sorted(missing)]


def _inactive_lines(plans: Sequence[RunPlan]) -> list[str]:
    """Return a comment for each value that does not act with the others."""
    lines = (
        f"# does not act: {name} of {plan.stage}. {why}"
        for plan in plans
        for name, why in did_not_act(plan, {}).items()
    )
    return list(dict.fromkeys(lines))
