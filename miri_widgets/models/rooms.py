"""Connect a session's services to the real rooms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from miri_widgets.errors import BadTableError, MissingFileError
from miri_widgets.models.services import Services, SettingsOf
from miri_widgets.products.atomic import write_text
from miri_widgets.products.exposure import Exposure
from miri_widgets.products.program import Program
from miri_widgets.products.scan import ScanResult, scan
from miri_widgets.run.chain import PlannedChain, plan_chain
from miri_widgets.run.code_settings import settings_from_code
from miri_widgets.run.engine import Engine
from miri_widgets.run.harm import accept_harm, harm_in, is_accepted
from miri_widgets.run.notebook import export_notebook
from miri_widgets.run.records import completed, products
from miri_widgets.run.script import code_for, export_script
from miri_widgets.run.twin_process import make_twin
from miri_widgets.run.workspace import Workspace
from miri_widgets.settings import Settings
from miri_widgets.steps import declarations, stages
from miri_widgets.steps.acceleration import acceleration_states
from miri_widgets.steps.acting import acting_in_chain
from miri_widgets.steps.file_planes import read_place
from miri_widgets.steps.left_out import left_out_words
from miri_widgets.steps.previews import preview

__all__ = ["connect"]


def connect(program: Program, *, workers: int = 2, scheduler: str | None = None) -> Services:
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
    environment = program.environment()
    pattern = program.product_name.replace("{name}", program.name)
    if "{filter}" not in pattern:
        pattern += "_{filter}"
    workspace = program.workspace
    place = Workspace(workspace)

    def scan_inputs() -> ScanResult:
        if program.simulated and not any(folder.is_dir() for folder in program.folders):
            return ScanResult((), (), ())  # not made yet, which `ProgramModel.blockers` says
        return scan(
            program.folders,
            suffix=program.start,
            index=workspace / "index.json",
            exclude=program.excluded_places,
        )

    def plan(
        exposures: Sequence[Exposure],
        names: Sequence[str],
        settings: SettingsOf,
        *,
        rejected: frozenset[str] = frozenset(),
    ) -> PlannedChain:
        return plan_chain(
            workspace,
            exposures,
            names,
            settings,
            environment,
            product_name=pattern,
            only=program.only,
            rejected=rejected,
        )

    def crds_layer(name: str, path: Path) -> Mapping[str, Any]:
        from miri_widgets.steps.crds_parameters import crds_layer as layer

        return layer(name, path, environment)

    return Services(
        stages=stages.all_stages(),
        stage_problems=stages.problems_of_added(),
        engine=Engine(workspace, workers=workers, scheduler=scheduler),
        scan=scan_inputs,
        declared=declarations.declared,
        step_docs=declarations.step_docs,
        owned=declarations.owned_reason,
        acting=acting_in_chain,
        preset=lambda name, filter_name: stages.preset(name, filter_name) | program.preset(name, filter_name),
        crds_layer=crds_layer,
        plan=plan,
        products=lambda one: products(workspace, one),
        report=lambda one: _report(workspace, one),
        left_out=lambda one: _left_out(workspace, one),
        record=lambda one: completed(workspace, one.key, one.stage),
        inputs=lambda one: tuple(one.files(place)),
        harm=harm_in,
        accepted=lambda key: is_accepted(place, key),
        accept=lambda key, words: accept_harm(place, key, words),
        preview=preview,
        place=read_place,
        code=lambda one: code_for(one, workspace),
        script=lambda plans: export_script(plans, workspace),
        notebook=lambda plans: export_notebook(plans, workspace, program.title or program.name),
        read_code=settings_from_code,
        save_set=_save_set,
        load_set=_load_set,
        make_twin=make_twin,
        accelerations=acceleration_states,
    )


def _report(workspace: Path, plan: Any) -> Mapping[str, Any]:
    record = completed(workspace, plan.key, plan.stage)
    return dict(record.facts.get("report", {})) if record else {}


def _left_out(workspace: Path, plan: Any) -> str:
    record = completed(workspace, plan.key, plan.stage)
    return left_out_words(record.facts.get("left_out") or ()) if record else ""


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
    found = parameter_files.from_toml(text)
    if name not in found:
        raise BadTableError(
            f"{path.name[:120]} has no settings of {name}",
            f"a table [settings.{name}]",
            "choose another file",
        )
    return found[name]
