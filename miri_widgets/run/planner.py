"""
Plan stage after stage: which run gives which product, and who needs it. For whole chains see `miri_widgets.run.chain_planning`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from importlib import metadata
from pathlib import Path
from typing import Any, TypeAlias

from miri_widgets.core.shifts.reference_filter import choose_reference_filter, exposures_for_shifts
from miri_widgets.errors import ParameterError, WrongSuffixError
from miri_widgets.products.exposure import FILTERS, Exposure
from miri_widgets.products.file_hash import file_identity
from miri_widgets.run.estimates import Estimate, Measured, estimate, read_measured, size_name
from miri_widgets.run.few_groups import few_groups_notes
from miri_widgets.run.key_settings import KeySettings, with_whole_paths
from miri_widgets.run.loss_notes import expected_loss
from miri_widgets.run.on_demand import asked_for, require_asked_for
from miri_widgets.run.plan import RunInput, RunPlan, run_key
from miri_widgets.run.rejected import rejected_note
from miri_widgets.run.workspace import Workspace
from miri_widgets.settings import Settings
from miri_widgets.steps.stages import Scope, Stage, all_stages, preset

__all__ = ["Chosen", "Planner", "code_identity"]

_REFERENCE = "reference_filter"
"""The parameter that names the filter whose exposures stand for all of the program."""

Chosen: TypeAlias = Settings | Mapping[str, Any]
"""What acts in one run: settings, or the plain values to hand over."""


class Planner:
    """
    Plans stage after stage, and knows which run gives which product.

    Parameters
    ----------
    workspace : Workspace
        Where the runs go.
    environment : dict
        CRDS_* variables.
    settings, product_name, rejected
        As in `miri_widgets.run.chain_planning.plan_chain`.
    """

    def __init__(
        self,
        workspace: Workspace,
        environment: dict[str, str],
        settings: Mapping[str, Chosen] | Callable[[str, Exposure], Chosen],
        product_name: str | Callable[[Exposure], str],
        rejected: Collection[str] = (),
    ) -> None:
        self.plans: list[RunPlan] = []
        self.notes: dict[str, tuple[str, ...]] = {}
        self._rejected = frozenset(rejected)
        self._workspace = workspace
        self._environment = environment
        self._settings = settings
        self._pattern = product_name
        self._made: dict[tuple[str, str], RunInput] = {}
        self._missing: dict[tuple[str, str], Stage] = {}
        self._backgrounds: set[str] = set()
        self._needed: dict[str, dict[str, Any]] = {}
        self._preferred: dict[str, dict[str, Any]] = {}
        self._of_key = KeySettings(environment)
        self._jwst = metadata.version("jwst")
        self._earlier: tuple[Measured, ...] = read_measured(workspace.measured)

    def note_needs(self, stages: Sequence[Stage]) -> None:
        """
        Remember what stages want other ones to be set to.

        Parameters
        ----------
        stages : sequence of Stage
            The stages of the chain.
        """
        for stage in stages:
            for wanted, needed in ((stage.needs, self._needed), (stage.prefers, self._preferred)):
                for other, parameter, value in wanted:
                    needed.setdefault(other, {})[parameter] = value

    def note_backgrounds(self, stages: Sequence[Stage], exposures: Sequence[Exposure]) -> None:
        """
        Remember the observations of empty sky, also for stages before the one that takes them.

        Parameters
        ----------
        stages : sequence of Stage
            The stages of the chain.
        exposures : sequence of Exposure
            The exposures.
        """
        for stage in stages:
            for exposure in exposures if stage.empty_sky else ():
                chosen = self._chosen(stage, exposure).get(stage.empty_sky)
                self._backgrounds |= {_observation(member) for member in chosen or ()}

    def add(self, stage: Stage, exposures: Sequence[Exposure]) -> None:
        """
        Plan one stage for all exposures; nothing is noted when it cannot be.

        Parameters
        ----------
        stage : Stage
            The stage.
        exposures : sequence of Exposure
            The exposures.

        Raises
        ------
        WrongSuffixError, ParameterError, InputError
            If its settings contradict each other or those of other stages, or it is left without what it needs.
        """
        new: list[tuple[RunPlan, Sequence[Exposure]]] = []
        self._note(stage, *(few_groups_notes(exposures) if stage.name == "detector1" else ()))
        self._require_before(stage, exposures)
        self._require_something(stage, exposures)
        if any(self._set_by_someone(stage, exposure) for exposure in exposures):
            self._of_key.prepare(stage, exposures)
        if stage.scope != Scope.FILTER:
            exposures = self._of_field(stage, exposures)
        if stage.scope == Scope.EXPOSURE:
            new = [(self._plan(stage, [exposure], exposure.root, ""), [exposure]) for exposure in exposures]
        elif stage.scope == Scope.PROGRAM:
            name = f"jw{exposures[0].program}_{stage.name}"
            members = self._standing_for_all(stage, exposures) if stage.by_reference else exposures
            new = [(self._plan(stage, members, name, name), list(exposures))]
        else:
            several = len({exposure.filter for exposure in exposures}) > 1
            for filter_name in sorted({exposure.filter for exposure in exposures}):
                members = [exposure for exposure in exposures if exposure.filter == filter_name]
                members = self._without_rejected(stage, self._of_field(stage, members))
                if not members:
                    continue
                self._note(stage, expected_loss(stage, members, self._chosen(stage, members[0])))
                name = self._product_name(members[0], several=several)
                new.append((self._plan(stage, members, name, name), members))
        for plan, members in new:
            self.plans.append(plan)
            if stage.shared:
                self._note_shared(stage, plan, members)
            elif stage.per_exposure and not stage.is_check:
                self._note_made(stage, plan, members)

    def note_refused(self, stage: Stage, exposures: Sequence[Exposure]) -> None:
        """
        Remember that what a stage would give is not there: later stages must not take what lies before it instead.

        Parameters
        ----------
        stage : Stage
            The stage.
        exposures : sequence of Exposure
            The exposures.
        """
        cause = self._cause(stage, exposures) or stage
        for exposure in () if stage.is_check else exposures:
            for suffix in stage.gives:
                self._missing[exposure.root, suffix] = cause

    def _cause(self, stage: Stage, exposures: Sequence[Exposure]) -> Stage | None:
        """Return the first refused stage that a stage depends on."""
        suffixes = (stage.takes, *(suffix for suffix, _ in stage.companions))
        keys = ((exposure.root, suffix) for suffix in suffixes for exposure in exposures)
        return next((self._missing[key] for key in keys if key in self._missing), None)

    def _require_before(self, stage: Stage, exposures: Sequence[Exposure]) -> None:
        """Refuse a stage that takes what a refused one would give."""
        if (cause := self._cause(stage, exposures)) is not None:
            raise ParameterError(
                f"{stage.name} has to wait for {cause.name}, which cannot run",
                f"what {cause.name} gives",
                f"see there what it needs{', or leave it out of the chain' if cause.optional else ''}",
            )

    def _standing_for_all(self, stage: Stage, exposures: Sequence[Exposure]) -> Sequence[Exposure]:
        """Return the exposures that a stage looks at in the place of all."""
        # an exported script knows the settings of those that went in only
        chosen = next(filter(None, (self._chosen(stage, exposure) for exposure in exposures)), {})
        reference = choose_reference_filter(exposures, FILTERS, str(chosen.get(_REFERENCE) or ""))
        members = exposures_for_shifts(exposures, reference, FILTERS)
        return sorted(members, key=lambda member: (member.filter != reference, *member.order))

    def _require_something(self, stage: Stage, exposures: Sequence[Exposure]) -> None:
        """Refuse a stage that neither the user nor an earlier stage gives anything to do."""
        for exposure in exposures if stage.one_of else ():
            chosen = self._chosen(stage, exposure)
            made = any((exposure.root, suffix) in self._made for suffix, _ in stage.companions)
            if (
                not made
                and exposure.observation not in self._backgrounds
                and not any(chosen.get(name) for name in stage.one_of)
            ):
                makers = [
                    maker.name
                    for maker in all_stages()
                    for suffix, _ in stage.companions
                    if suffix in maker.gives
                ]
                raise ParameterError(
                    f"{stage.name} with nothing to apply",
                    f"the stage {' or '.join(makers)} in the chain, or {stage.one_of[0]} set",
                    f"take {' or '.join(makers)} in, give {stage.one_of[0]} a file, or leave {stage.name} out",
                )

    def _note_shared(self, stage: Stage, plan: RunPlan, members: Sequence[Exposure]) -> None:
        """Note the one product that belongs to all exposures."""
        product = plan.label + stage.shared
        made = RunInput(
            "derived", f"{plan.key}/{product}", stage=stage.name, run_key=plan.key, product=product
        )
        for exposure in members:
            self._made[exposure.root, stage.gives[0]] = made

    def _of_field(self, stage: Stage, members: Sequence[Exposure]) -> Sequence[Exposure]:
        """Leave out exposures that are dedicated to the sky, where a stage has no use for them."""
        if not stage.of_field:
            return members
        return [member for member in members if member.observation not in self._backgrounds] or members

    def _without_rejected(self, stage: Stage, members: Sequence[Exposure]) -> Sequence[Exposure]:
        """Leave out exposures of one filter that are rejected, and note which."""
        rejected = [member for member in members if stage.leaves_rejected and member.root in self._rejected]
        if rejected:
            self._note(stage, rejected_note(rejected, len(members)))
        return [member for member in members if member not in rejected]

    def _note(self, stage: Stage, *lines: str) -> None:
        """Say something of a stage before the run."""
        if sentences := [line for line in lines if line]:
            self.notes[stage.name] = (*self.notes.get(stage.name, ()), *sentences)

    def _note_made(self, stage: Stage, plan: RunPlan, members: Sequence[Exposure]) -> None:
        for exposure in members:
            for suffix in (*stage.gives, *asked_for(stage, plan.settings)):
                product = f"{exposure.root}_{suffix}.fits"
                self._missing.pop((exposure.root, suffix), None)
                self._made[exposure.root, suffix] = RunInput(
                    "derived", f"{plan.key}/{product}", stage=stage.name, run_key=plan.key, product=product
                )

    def _product_name(self, exposure: Exposure, *, several: bool) -> str:
        if callable(self._pattern):
            return Path(self._pattern(exposure)).name
        pattern = self._pattern or "jw{program}_miri_{filter}"
        if several and "{filter}" not in pattern:
            pattern += "_{filter}"
        name = pattern.replace("{program}", exposure.program).replace("{filter}", exposure.filter.lower())
        return Path(name).name  # a name, not a way out of the run's folder

    def _plan(self, stage: Stage, members: Sequence[Exposure], label: str, product_name: str) -> RunPlan:
        exposures = tuple(sorted((self._input(stage, member) for member in members), key=_input_name))
        settings = self._chosen(stage, members[0])
        companions = self._companions(stage, members[0], settings)
        settings = self._without_overruled(stage, members[0], settings, companions)
        inputs = (*exposures, *companions)
        need: Estimate = estimate(stage.name, members, self._earlier)
        key = run_key(
            stage.name,
            stage.version,
            self._of_key.form(
                stage,
                members[0],
                settings,
                {companion.parameter: companion.stage for companion in companions},
            ),
            [run_input.identity for run_input in inputs]
            + self._file_identities(settings)
            + code_identity(stage),
            self._environment["CRDS_CONTEXT"],
            self._jwst,
            product_name=label,
        )
        return RunPlan(
            key=key,
            stage=stage.name,
            label=label,
            exposures=tuple(sorted(member.root for member in members)),
            inputs=inputs,
            settings=settings,
            environment=self._environment,
            product_name=product_name,
            predicted_mb=need.memory_mb,
            depends=tuple(sorted({run_input.run_key for run_input in inputs if run_input.run_key})),
            predicted_seconds=need.seconds,
            predicted_measured=need.measured,
            predicted_bytes=need.product_bytes,
            size=size_name(members),
            stage_version=stage.version,
            stage_code=stage.code,
            jwst_version=self._jwst,
        )

    def _chosen(self, stage: Stage, exposure: Exposure) -> dict[str, Any]:
        settings = (
            self._settings(stage.name, exposure)
            if callable(self._settings)
            else self._settings.get(stage.name, {})
        )
        values = with_whole_paths(settings.passed() if isinstance(settings, Settings) else settings)
        return self._preferred.get(stage.name, {}) | values | self._needed.get(stage.name, {})

    def _set_by_someone(self, stage: Stage, exposure: Exposure) -> bool:
        """Whether anything but a preset is set."""
        usual = preset(stage.name, exposure.filter)
        return any(usual.get(name) != value for name, value in self._chosen(stage, exposure).items())

    def _companions(
        self, stage: Stage, exposure: Exposure, settings: Mapping[str, Any]
    ) -> tuple[RunInput, ...]:
        companions = []
        for suffix, parameter in stage.companions:
            made = self._made.get((exposure.root, suffix))
            if made is None:
                continue
            if settings.get(parameter):
                raise ParameterError(
                    f"{parameter} of {stage.name} is set, and the stage {made.stage} gives it too",
                    "one file for it",
                    f"hand your file to the stage {made.stage}, or leave that stage out",
                )
            companions.append(replace(made, parameter=parameter))
        return tuple(companions)

    def _without_overruled(
        self,
        stage: Stage,
        exposure: Exposure,
        settings: dict[str, Any],
        companions: Sequence[RunInput],
    ) -> dict[str, Any]:
        """Leave out what the file of an earlier stage decides; what the user set otherwise is a contradiction."""
        given = {companion.parameter: companion.stage for companion in companions}
        usual = preset(stage.name, exposure.filter)
        kept = dict(settings)
        for parameter, names in stage.overruled:
            for name in names if parameter in given else ():
                value = kept.pop(name, None)
                if value not in (None, usual.get(name)):
                    raise ParameterError(
                        f"{name} of {stage.name} is set, and the stage {given[parameter]} decides it",
                        "one place for it",
                        f"set it in the stage {given[parameter]}, or leave that stage out",
                    )
        return kept

    def _file_identities(self, settings: Mapping[str, Any]) -> list[str]:
        """Return what the files hold that parameters name: a file with other content makes another run."""
        identities = []
        for name, value in sorted(settings.items()):
            for entry in value if isinstance(value, list | tuple) else [value]:
                if isinstance(entry, str) and entry.startswith("/") and Path(entry).is_file():
                    identities.append(f"{name}={file_identity(Path(entry), self._workspace.identities)}")
        return identities

    def _input(self, stage: Stage, exposure: Exposure) -> RunInput:
        made = self._made.get((exposure.root, stage.takes))
        if made is not None:
            return made
        if exposure.suffix != stage.takes:
            require_asked_for(stage, {made.stage for made in self._made.values()})
            raise WrongSuffixError(
                f"{exposure.path.name} for the stage {stage.title!r}",
                f"a {stage.takes} product, or the stage before in the same job",
                f"choose {stage.takes} files or add the stage that makes them",
            )
        identity = file_identity(exposure.path, self._workspace.identities)
        return RunInput("raw", identity, path=str(exposure.path.resolve()))


def _observation(number: Any) -> str:
    return str(number).strip().zfill(3)


def _input_name(run_input: RunInput) -> str:
    return run_input.product or Path(run_input.path).name


def code_identity(stage: Stage) -> list[str]:
    """
    Return the mark of the code of a stage of another package; ours raise their version instead.

    Parameters
    ----------
    stage : Stage
        The stage.

    Returns
    -------
    list of str
        One mark, or none.
    """
    return [f"code {stage.code}"] if stage.code else []
