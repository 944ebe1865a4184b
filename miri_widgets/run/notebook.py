"""A whole reduction as a notebook: words, settings, the runs with the same keys, and a look at the products."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from miri_widgets.run.groups import groups_of
from miri_widgets.run.key_settings import did_not_act
from miri_widgets.run.plan import RunPlan
from miri_widgets.run.script import constants, rejected_lines, require_plans
from miri_widgets.run.workspace import Workspace

__all__ = ["export_notebook"]

_HEAD = """\
# {title}

{exposures} of the MIRI imager, {runs} of the {stages}.{rejected}
Exported by miri_widgets: the same runs, with the same keys, without a dashboard.
Products that are complete in the workspace are reused; to start afresh, name another folder below."""

_IMPORTS = """\
from pathlib import Path

from miri_widgets.run import Engine, plan_groups, products"""

_WORKSPACE = """\
WORKSPACE = Path({workspace})
ENVIRONMENT = {environment}"""

_SETTINGS_HEAD = """\
## Settings

What departs from the pipeline's own defaults (the spec and CRDS), by stage:

{table}

All other parameters are those of the pipeline under `{context}`."""

_GROUPS = """\
STAGES = {stages}
GROUPS = {groups}
KEYS = {keys}
# exact accelerations that the runs go without; "all" for every one. Products and keys are the same either way
ACCELERATION_OFF = {acceleration_off}
{comments}"""

_PLAN = """\
plans = plan_groups(WORKSPACE, GROUPS, STAGES, ENVIRONMENT, acceleration_off=ACCELERATION_OFF)
changed = sorted({plan.key for plan in plans} ^ set(KEYS))
if changed:
    print("Not the same runs as at the export; an input, a setting or a version differs:", *changed)"""

_RUN = """\
engine = Engine(WORKSPACE)
job = engine.submit(plans)
state = engine.wait(job)
for run in state.runs:
    print(run.status, run.stage, run.label, run.error or "")"""

_LIST = """\
made = {plan.key: products(WORKSPACE, plan) for plan in plans}
for files in made.values():
    print(*files, sep="\\n")"""

_SHOW = """\
import matplotlib.pyplot as plt
import numpy as np
from astropy.io import fits
from astropy.visualization import ImageNormalize, ZScaleInterval

last = [made[plan.key][0] for plan in plans if plan.stage == STAGES[-1] and made[plan.key]]
for path in last[:4]:
    if path.suffix == ".fits":
        image, unit = fits.getdata(path, "SCI"), fits.getval(path, "BUNIT", "SCI")
        plt.figure(figsize=(7, 6))
        norm = ImageNormalize(image[np.isfinite(image)], ZScaleInterval())
        plt.imshow(image, origin="lower", norm=norm)
        plt.colorbar(label=unit)
        plt.title(path.name)
        plt.show()"""


def export_notebook(
    plans: Sequence[RunPlan], workspace: Workspace | Path, title: str = "", composite: str = ""
) -> str:
    """
    Return a Jupyter notebook that does the same runs, with the same keys.

    The cell tagged ``parameters`` names the workspace and the CRDS variables, so that papermill can set others.

    Parameters
    ----------
    plans : sequence of RunPlan
        The runs, with all runs that they need.
    workspace : Workspace or Path
        Where the products go.
    title : str
        Of the program; the name of the workspace's folder by default.
    composite : str
        Code that makes the colour composite of the mosaics, and calls the workspace ``WORKSPACE``.

    Returns
    -------
    str
        JSON, nbformat 4.

    Raises
    ------
    EngineError
        If there is nothing to export.
    """
    import nbformat
    from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

    require_plans(plans)
    values = constants(plans, workspace)
    space = workspace if isinstance(workspace, Workspace) else Workspace(workspace)
    exposures = {path for group in groups_of(plans) for path in group["files"]}
    stages = list(dict.fromkeys(plan.stage for plan in plans))
    rejected = len(rejected_lines(plans))
    head = _HEAD.format(
        title=_text(title or space.root.name),
        exposures=_counted(len(exposures), "exposure"),
        runs=_counted(len(plans), "run"),
        stages=f"{'stages' if len(stages) > 1 else 'stage'} {', '.join(stages)}",
        rejected=f" The mosaics leave out {rejected} that {'is' if rejected == 1 else 'are'} rejected."
        if rejected
        else "",
    )
    context = _text(plans[0].environment.get("CRDS_CONTEXT", "the context of CRDS"))
    cells = [
        new_markdown_cell(head),
        new_code_cell(_IMPORTS),
        new_code_cell(_WORKSPACE.format(**values), metadata={"tags": ["parameters"]}),
        new_markdown_cell(_SETTINGS_HEAD.format(table=_table(plans), context=context)),
        new_code_cell(_GROUPS.format(**values).rstrip()),
        new_markdown_cell(
            "## Run\n\nWhat is complete is reused; each run has a process and a log of its own."
        ),
        new_code_cell(_PLAN),
        new_code_cell(_RUN),
        new_markdown_cell("## Products"),
        new_code_cell(_LIST),
        new_code_cell(_SHOW),
    ]
    if composite:
        cells += [new_markdown_cell("## Colour composite"), new_code_cell(composite.rstrip())]
    for number, cell in enumerate(cells):
        cell["id"] = f"cell-{number}"  # the same export gives the same file
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    return nbformat.writes(new_notebook(cells=cells, metadata={"kernelspec": kernel})) + "\n"


def _table(plans: Sequence[RunPlan]) -> str:
    counts = Counter(
        (plan.stage, name, repr(value)) for plan in plans for name, value in plan.settings.items()
    )
    if not counts:
        return "*(nothing)*"
    idle: dict[tuple[str, str, str], dict[str, None]] = {}
    for plan in plans:
        for name, why in did_not_act(plan, {}).items():
            idle.setdefault((plan.stage, name, repr(plan.settings[name])), {})[why] = None
    lines = ["| stage | parameter | value | runs | |", "|---|---|---|---|---|"]
    for (stage, name, value), count in sorted(counts.items()):
        reasons = " ".join(idle.get((stage, name, value), ()))
        note = f"does not act: {_text(reasons)}" if reasons else ""
        lines.append(f"| {_text(stage)} | `{name}` | {_text(value)} | {count} | {note} |")
    return "\n".join(lines)


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


def _text(value: str) -> str:
    """Text of a user within Markdown: one line, no markup."""
    flat = " ".join(str(value).split())
    return "".join("\\" + letter if letter in "\\`*_[]<>|#$" else letter for letter in flat)
