"""The services of a program, connected to the real engine and pipeline."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from miri_widgets.errors import BadTableError, MissingFileError
from miri_widgets.products.atomic import write_text
from miri_widgets.products.program import Program
from miri_widgets.run.code_settings import settings_from_code
from miri_widgets.run.engine import Engine
from miri_widgets.run.harm import harm_in
from miri_widgets.run.notebook import export_notebook
from miri_widgets.run.plan import RunPlan
from miri_widgets.run.program_runs import ProgramRuns
from miri_widgets.run.script import code_for, export_script
from miri_widgets.run.services import Services
from miri_widgets.run.simulation_process import make_twin
from miri_widgets.settings import Settings
from miri_widgets.steps import declarations, stages
from miri_widgets.steps.acceleration import acceleration_states
from miri_widgets.steps.acting import acting_in_chain
from miri_widgets.steps.exposure_files import read_footprint
from miri_widgets.steps.previews import preview

__all__ = ["real_services"]


def real_services(program: Program, *, workers: int = 2, scheduler: str | None = None) -> Services:
    """
    Return the services of one program.

    Parameters
    ----------
    program : Program
        The program.
    workers : int
        Exposures at a time.
    scheduler : str, optional
        Address of a Dask scheduler; one of the engine's own by default.
    """
    runs = ProgramRuns(program)

    def crds_layer(name: str, path: Path) -> Mapping[str, Any]:
        from miri_widgets.steps.crds_parameters import crds_layer as layer

        return layer(name, path, runs.environment)

    return Services(
        stages=stages.all_stages(),
        stage_problems=stages.problems_of_added(),
        engine=Engine(runs.workspace, workers=workers, scheduler=scheduler),
        scan=runs.scan,
        declared=declarations.declared,
        step_docs=declarations.step_docs,
        owned=declarations.owned_reason,
        acting=acting_in_chain,
        preset=runs.preset,
        crds_layer=crds_layer,
        plan=runs.plan,
        products=runs.products,
        report=runs.report,
        left_out=runs.left_out,
        record=runs.record,
        inputs=runs.inputs,
        harm=harm_in,
        accepted=runs.accepted,
        accept=runs.accept,
        preview=preview,
        footprint=read_footprint,
        code=lambda plan: code_for(plan, program.workspace),
        script=partial(_script, program),
        notebook=partial(_notebook, program),
        read_code=settings_from_code,
        save_set=_save_set,
        load_set=_load_set,
        make_twin=make_twin,
        accelerations=acceleration_states,
    )


def _save_set(name: str, settings: Settings, path: Path) -> None:
    from miri_widgets.steps import parameter_files

    if path.suffix == ".toml":
        write_text(path, parameter_files.to_toml({name: settings}))
    else:
        parameter_files.save_asdf(name, settings, path)


def _load_set(name: str, path: Path) -> Settings:
    from miri_widgets.steps import parameter_files

    if path.suffix != ".toml":
        return parameter_files.load_asdf(name, path)
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise MissingFileError(
            f"{path.name[:120]} cannot be read", "a TOML file", "correct its name"
        ) from error
    values = parameter_files.from_toml(text)
    if name not in values:
        raise BadTableError(
            f"{path.name[:120]} has no settings of {name}",
            f"a table [settings.{name}]",
            "choose another file",
        )
    return values[name]


def _script(program: Program, plans: Sequence[RunPlan], composite: str = "") -> str:
    return export_script(plans, program.workspace, composite)


def _notebook(program: Program, plans: Sequence[RunPlan], composite: str = "") -> str:
    return export_notebook(plans, program.workspace, program.title or program.name, composite)
