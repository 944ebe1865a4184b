"""The runs of one program: scanned, planned and looked up as its file says; pages and commands both ask here."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from miri_widgets.products.exposure import Exposure
from miri_widgets.products.program import Program
from miri_widgets.products.scan import ScanResult, scan
from miri_widgets.run.chain_planning import PlannedChain, plan_chain
from miri_widgets.run.harm import accept_harm, is_accepted
from miri_widgets.run.plan import RunPlan
from miri_widgets.run.records import Record, completed, products
from miri_widgets.run.workspace import Workspace
from miri_widgets.settings import Settings
from miri_widgets.steps import stages

__all__ = ["ProgramRuns", "runs_to_do"]


class ProgramRuns:
    """
    What a program's file says about its runs, as calls.

    Parameters
    ----------
    program : Program
        The program.
    """

    def __init__(self, program: Program) -> None:
        self.program = program
        self.workspace = Workspace(program.workspace)
        self.environment = program.environment()
        pattern = program.product_name.replace("{name}", program.name)
        self._pattern = pattern if "{filter}" in pattern else pattern + "_{filter}"

    def scan(self) -> ScanResult:
        """Return what lies in the program's folders; nothing while a simulated program is not made yet."""
        program = self.program
        if program.simulated and not any(folder.is_dir() for folder in program.folders):
            return ScanResult((), (), ())
        return scan(
            program.folders,
            suffix=program.start,
            index=program.workspace / "index.json",
            exclude=program.excluded_paths,
        )

    def preset(self, stage: str, filter_name: str) -> Mapping[str, Any]:
        """
        Return the values of a stage in a filter: those of this package, and the program's over them.

        Parameters
        ----------
        stage : str
            Name of the stage.
        filter_name : str
            Name of the filter, such as ``F770W``.
        """
        return stages.preset(stage, filter_name) | self.program.preset(stage, filter_name)

    def plan(
        self,
        exposures: Sequence[Exposure],
        names: Sequence[str],
        settings: Callable[[str, Exposure], Settings],
        *,
        rejected: Collection[str] = (),
    ) -> PlannedChain:
        """
        Plan stages of the program; see `miri_widgets.run.chain_planning.plan_chain`.

        Parameters
        ----------
        exposures : sequence of Exposure
            What takes part.
        names : sequence of str
            Stages, in running order.
        settings : callable
            Gives the settings of a stage for an exposure.
        rejected : collection of str
            Roots of exposures that mosaics leave out.
        """
        return plan_chain(
            self.workspace,
            exposures,
            names,
            settings,
            self.environment,
            product_name=self._pattern,
            only=self.program.only,
            rejected=rejected,
        )

    def products(self, plan: RunPlan) -> tuple[Path, ...]:
        """
        Return the products of a plan's run, main one first; empty before it is complete.

        Parameters
        ----------
        plan : RunPlan
            The run.
        """
        return products(self.workspace, plan)

    def record(self, plan: RunPlan) -> Record | None:
        """
        Return the record of a plan's complete run, or None.

        Parameters
        ----------
        plan : RunPlan
            The run.
        """
        return completed(self.workspace, plan.key, plan.stage)

    def report(self, plan: RunPlan) -> Mapping[str, Any]:
        """
        Return the report of a step of this package on a plan's complete run; else empty.

        Parameters
        ----------
        plan : RunPlan
            The run.
        """
        record = self.record(plan)
        return record.report if record else {}

    def left_out(self, plan: RunPlan) -> str:
        """
        Return the steps that the pipeline left out of a plan's complete run, with the reason; empty when none.

        Parameters
        ----------
        plan : RunPlan
            The run.
        """
        record = self.record(plan)
        return record.left_out if record else ""

    def inputs(self, plan: RunPlan) -> tuple[Path, ...]:
        """
        Return the files that go into a plan's run.

        Parameters
        ----------
        plan : RunPlan
            The run.
        """
        return tuple(plan.files(self.workspace))

    def accepted(self, key: str) -> bool:
        """
        Return whether the harm of a run was accepted.

        Parameters
        ----------
        key : str
            Key of the run.
        """
        return is_accepted(self.workspace, key)

    def accept(self, key: str, note: str) -> None:
        """
        Let the chain go on after a run that did harm; `note` say which.

        Parameters
        ----------
        key : str
            Key of the run.
        note : str
            What was accepted, for the record.
        """
        accept_harm(self.workspace, key, note)


def runs_to_do(plans: Sequence[Any], names: Collection[str], complete: Collection[str]) -> list[Any]:
    """
    Choose the runs of some stages that can be done now.

    Parameters
    ----------
    plans : sequence of RunPlan
        All runs; a run comes after those that it needs.
    names : collection of str
        The stages.
    complete : collection of str
        Keys of the runs whose products are there.

    Returns
    -------
    list of RunPlan
        What is not complete, and needs only what is complete or chosen, too.
    """
    ready = set(complete)
    chosen = []
    for plan in plans:
        if plan.stage in names and plan.key not in complete and set(plan.depends) <= ready:
            chosen.append(plan)
            ready.add(plan.key)
    return chosen
