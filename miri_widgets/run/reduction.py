"""
Reduce a program without a page: its file and some overrides in; plans, a job and a summary out.

Nothing that somebody typed into a page acts here, and nothing here changes what a page shows next time, unless the
caller hands over what the session file holds (`Overrides.of_session`).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Protocol

from miri_widgets.errors import EngineError, MissingFileError, error_from_dict
from miri_widgets.products.checks import program_contradictions, unmatched_exclusions
from miri_widgets.products.exposure import Exposure
from miri_widgets.products.program import Program
from miri_widgets.products.program_schema import STARTS
from miri_widgets.products.scan import ScanResult
from miri_widgets.products.tags import Tag, TagFile, rejected_roots
from miri_widgets.run.chain_planning import PlannedChain
from miri_widgets.run.engine import Engine
from miri_widgets.run.events import JobEvent
from miri_widgets.run.harm import harm_in
from miri_widgets.run.jobs import JobState
from miri_widgets.run.overrides import Overrides
from miri_widgets.run.plan import RunPlan, without_accelerations
from miri_widgets.run.program_runs import ProgramRuns, runs_to_do
from miri_widgets.run.records import Record
from miri_widgets.run.reduction_summary import ReductionSummary, StageSummary
from miri_widgets.run.setting_layers import checked_layer, setting_layers, settings_per_filter
from miri_widgets.run.stage_choice import chain_of, require_possible, unknown_stages
from miri_widgets.settings import Parameter, Settings, Source
from miri_widgets.steps import declarations, stages
from miri_widgets.steps.acceleration import acceleration_states
from miri_widgets.steps.left_out import left_out_notes

__all__ = ["Reduction"]


class _EngineLike(Protocol):
    """What a reduction needs of a `miri_widgets.run.engine.Engine`."""

    def submit(self, plans: Sequence[RunPlan]) -> str: ...
    def cancel(self, job_id: str, keys: Collection[str] = ()) -> None: ...
    def state(self, job_id: str) -> JobState: ...
    def wait(
        self,
        job_id: str,
        timeout: float | None = None,
        on_event: Callable[[JobEvent], None] | None = None,
    ) -> JobState: ...


class Reduction:
    """
    One program, planned once from its file and some overrides.

    Parameters
    ----------
    program : Program
        What to reduce.
    overrides : Overrides, optional
        What differs from the program's file.
    stages_wanted : sequence of str, optional
        Stages to run; the whole chain by default. Optional ones among them are taken into the chain.
    workers : int
        Exposures at a time.
    scheduler : str, optional
        Address of a Dask scheduler; one of the engine's own by default.
    engine : Engine, optional
        Instead of one for the program's workspace.
    declared : callable, optional
        Gives the parameters of a stage by its name; those of the installed pipeline by default.

    Raises
    ------
    ParameterError
        If a stage, a value or an acceleration of `overrides` cannot be used.
    """

    def __init__(
        self,
        program: Program,
        overrides: Overrides | None = None,
        *,
        stages_wanted: Sequence[str] | None = None,
        workers: int = 2,
        scheduler: str | None = None,
        engine: _EngineLike | None = None,
        declared: Callable[[str], tuple[Parameter, ...]] = declarations.declared,
    ) -> None:
        self.program = program
        self.overrides = overrides or Overrides()
        self.runs = ProgramRuns(program)
        self.engine: _EngineLike = engine or Engine(self.runs.workspace, workers=workers, scheduler=scheduler)
        self._off = (*program.acceleration_off, *self.overrides.acceleration_off)
        self.acceleration = acceleration_states(self._off)
        """State of each acceleration in the runs of this reduction, by name."""
        self.sentences = [*self.overrides.sentences, *stages.problems_of_added()]
        every = stages.all_stages()
        if unknown := unknown_stages(program, every):
            self.sentences.append(unknown)
        base = self.overrides.chain if self.overrides.chain is not None else (*program.stages, *program.chain)
        self.chain = chain_of(program, every, base)
        more = [name for name in (*self.overrides.also, *(stages_wanted or ())) if name not in self.chain]
        for name in more:
            require_possible(program, every, name)
        self.chain = chain_of(program, every, (*self.chain, *more))
        self.wanted = tuple(name for name in self.chain if not stages_wanted or name in stages_wanted)
        self._declared = declared
        self._job = ""
        _ = self.settings  # a value that cannot be used is refused before folders are searched

    @cached_property
    def scanned(self) -> ScanResult:
        """What lies in the program's folders."""
        return self.runs.scan()

    @property
    def exposures(self) -> tuple[Exposure, ...]:
        """The exposures that take part."""
        return tuple(
            exposure for exposure in self.scanned.exposures if exposure.root not in self.overrides.excluded
        )

    @cached_property
    def settings(self) -> dict[str, Settings]:
        """Settings by stage, but for the presets of filters, which differ from exposure to exposure."""
        made = {}
        named = [name for name in (*self.overrides.values, *self.chain) if name]
        for name in dict.fromkeys(named):
            declared = self._declared(name)
            sentences: list[str] = []
            layers = setting_layers(declared, {}, self.program.settings.get(name, {}), sentences)
            layers[Source.USER] = checked_layer(declared, self.overrides.remembered.get(name, {}), sentences)
            self.sentences += sentences
            made[name] = Settings(declared, layers).replace(self.overrides.values.get(name, {}))
        return made

    @cached_property
    def tags(self) -> Mapping[str, Tag]:
        """Tags of exposures in the workspace, by root."""
        return TagFile(self.program.workspace / "tags.json").read()

    @property
    def rejected(self) -> frozenset[str]:
        """Roots of exposures that are tagged as rejected in the workspace: mosaics leave them out."""
        return rejected_roots(self.tags)

    @property
    def contradictions(self) -> tuple[str, ...]:
        """What headers, folders and the program's file contradict each other in, as sentences."""
        return (
            *unmatched_exclusions(self.program.exclude),
            *program_contradictions(self.program.program, self.scanned.exposures, self.scanned.mosaics),
        )

    @cached_property
    def planned(self) -> PlannedChain:
        """
        The runs of the chain, and what keeps stages from having any.

        Raises
        ------
        MissingFileError
            If no exposure takes part.
        MiriWidgetsError
            If nothing can be planned at all.
        """
        if not self.exposures:
            raise self._no_exposures()
        return self.runs.plan(
            self.exposures,
            self.chain,
            settings_per_filter(self.settings, self.runs.preset),
            rejected=self.rejected,
        )

    def _no_exposures(self) -> MissingFileError:
        program = self.program
        what = f"{STARTS[program.start]} ({program.start} files) of the MIRI imager"
        if self.scanned.exposures:
            return MissingFileError("every exposure is excluded", f"some {what}", "exclude fewer")
        if program.simulated:
            return MissingFileError(
                f"the simulated exposures of {program.simulated} are not there",
                what,
                f"run `miri-widgets demo --program {program.simulated}` once",
            )
        folders = ", ".join(str(folder) for folder in program.folders)
        return MissingFileError(f"no exposures in {folders}", what, "put some there, or correct `folders`")

    def submit(self) -> str:
        """
        Submit what is not complete of the wanted stages.

        Returns
        -------
        str
            Id of the job; empty when everything is complete already.

        Raises
        ------
        EngineError
            If nothing can run: the stages before are not complete, or a stage cannot be planned.
        MiriWidgetsError
            As `planned`.
        """
        planned = self.planned
        complete = {plan.key for plan in planned.plans if self.runs.products(plan)}
        own = [plan for plan in planned.plans if plan.stage in self.wanted]
        refused = [str(error) for name, error in planned.refused.items() if name in self.wanted]
        if own and not refused and all(plan.key in complete for plan in own):
            return ""
        chosen = runs_to_do(planned.plans, self.wanted, complete)
        if not chosen:
            if not refused and not own:
                refused = ["There is nothing to run: no exposure takes part in these stages."]
            if not refused:
                keys = {key for plan in own for key in plan.depends} - complete
                before = [plan.stage for plan in planned.plans if plan.key in keys]
                names = ", ".join(dict.fromkeys(before))
                refused = [f"{names} has no products with these settings: run it first."]
            raise EngineError("these stages cannot run now", "no blockers", " ".join(refused).rstrip("."))
        self._job = self.engine.submit(without_accelerations(chosen, self._off))
        return self._job

    def wait(self, job: str, on_event: Callable[[JobEvent], None] | None = None) -> bool:
        """
        Wait for the end of a job; return whether every run ended well.

        Parameters
        ----------
        job : str
            The job; empty when there was nothing to run.
        on_event : callable, optional
            Gets every event.
        """
        if not job:
            return True
        return all(run.status.good for run in self.engine.wait(job, on_event=on_event).runs)

    def cancel(self, job: str) -> None:
        """
        Stop a job; what is complete stays.

        Parameters
        ----------
        job : str
            Id of the job.
        """
        self.engine.cancel(job)

    def harmed(self) -> tuple[tuple[RunPlan, str], ...]:
        """Return the complete runs that did harm which nobody has accepted, each with what harm."""
        return self._harmed(self._records())

    def _records(self) -> dict[str, Record | None]:
        """Read the record of every run once, by key; None for a run that is not complete."""
        return {plan.key: self.runs.record(plan) for plan in self.planned.plans}

    def _harmed(self, records: Mapping[str, Record | None]) -> tuple[tuple[RunPlan, str], ...]:
        harmed = []
        for plan in self.planned.plans:
            record = records[plan.key]
            harm = harm_in(record.report) if record is not None else ""
            if harm and not self.runs.accepted(plan.key):
                harmed.append((plan, harm))
        return tuple(harmed)

    def accept_harm(self) -> tuple[str, ...]:
        """Accept the harm of every run; return the labels of these runs."""
        harmed = self.harmed()
        for plan, harm in harmed:
            self.runs.accept(plan.key, harm)
        return tuple(plan.label for plan, _ in harmed)

    @property
    def complete(self) -> bool:
        """Whether every wanted stage could be planned."""
        return not self.planned.refused.keys() & set(self.wanted)

    def summary(self) -> ReductionSummary:
        """Return how the stages stand, and where their products are."""
        records = self._records()
        state = self.engine.state(self._job) if self._job else None
        harms = {plan.key: harm for plan, harm in self._harmed(records)}
        return ReductionSummary(
            notes=(*dict.fromkeys(self.sentences), *self.contradictions),
            left_out=tuple(str(problem.error) for problem in self.scanned.problems),
            stages=tuple(self._stage_summary(name, records, state, harms) for name in self.chain),
        )

    def _stage_summary(
        self,
        name: str,
        records: Mapping[str, Record | None],
        state: JobState | None,
        harms: Mapping[str, str],
    ) -> StageSummary:
        stage, planned = stages.stage(name), self.planned
        plans = [plan for plan in planned.plans if plan.stage == name]
        products: list[Path] = []
        failures: list[str] = []
        left_out: list[tuple[str, str]] = []
        for plan in plans:
            record = records[plan.key]
            if record is not None:
                products += record.paths(self.runs.workspace)[:1]
                left_out.append((plan.label, record.left_out))
            elif state is not None and (run := state.run(plan.key)) is not None and (run.error or run.reason):
                failures.append(f"{plan.label}: {error_from_dict(run.error) if run.error else run.reason}")
        notes = [*planned.notes.get(name, ()), *left_out_notes(left_out, len(plans))]
        refused = planned.refused.get(name)
        return StageSummary(
            name=name,
            title=stage.title,
            product="mosaic" if name == "image3" else stage.main,
            runs=len(plans),
            seconds=sum(record.seconds for plan in plans if (record := records[plan.key]) is not None),
            products=tuple(products),
            notes=tuple(notes),
            refused=str(refused) if refused is not None else "",
            failures=tuple(failures),
            harms=tuple(f"{plan.label} was harmed: {harms[plan.key]}" for plan in plans if plan.key in harms),
        )
