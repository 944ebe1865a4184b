"""The stages of a program and their planned runs: which take part, why one cannot, and the runs as code."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import traitlets

from miri_widgets.models.acceleration import AccelerationModel
from miri_widgets.models.messages import Messages, Subject
from miri_widgets.models.program import ProgramModel
from miri_widgets.models.stage import StageModel
from miri_widgets.models.subscriptions import emit
from miri_widgets.products.program import Program
from miri_widgets.run.exports import RunExports
from miri_widgets.run.services import Services
from miri_widgets.run.stage_choice import chain_of, possible_stages, require_possible, unknown_stages
from miri_widgets.run.status_rows import StageState
from miri_widgets.steps.stage import Stage

__all__ = ["PlannedStages"]


class PlannedStages(traitlets.HasTraits):
    """
    The chain of stages of a program, with the plans for the current settings.

    Parameters
    ----------
    program : Program
        The program.
    services : Services
        Calls into the rooms below.
    """

    trouble = traitlets.Unicode("", help="what cannot be had now (engine, disk, CRDS), as a sentence")
    plans = traitlets.Tuple(help="RunPlan of every run, for the current settings")
    refused: traitlets.Dict[str, str] = traitlets.Dict(
        help="stage -> why it could not be planned, a sentence"
    )
    chain = traitlets.Tuple(help="names of the stages that take part, in order; see use_stage")

    models: dict[str, StageModel]
    """The models of all stages, by name; of `miri_widgets.models.job_submission.JobSubmission`, which can run them."""

    def __init__(self, program: Program, services: Services) -> None:
        super().__init__()
        self.program = program
        self.services = services
        self.messages = Messages()
        self.programs = ProgramModel(program)
        self.acceleration = AccelerationModel(program.acceleration_off, services.accelerations)
        self.generation = 0
        """Counts changes of what plans depend on."""
        self._has_chosen = False  # whether the user has changed the chain, which outweighs the session file
        self.chain = self._in_order((*program.stages, *program.chain))
        self.observe(self._note_chain, "chain")
        self.programs.observe(lambda _: self.touch(), "excluded")
        unknown = (
            *services.stage_problems,
            unknown_stages(program, services.stages),
            self.acceleration.unknown,
        )
        self.messages.put(Subject.START, " ".join(filter(None, unknown)))

    # -- the chain ------------------------------------------------------------

    @property
    def stages(self) -> dict[str, StageModel]:
        """The stages of the chain, by name, in order; `models` has those that are left out, too."""
        return {name: self.models[name] for name in self.chain}

    @property
    def possible(self) -> dict[str, StageModel]:
        """The stages that can take part, by name, in order: those behind the inputs; of a small dashboard, its own."""
        return {name: self.models[name] for name in possible_stages(self.program, self.services.stages)}

    @property
    def declared_chain(self) -> tuple[Stage, ...]:
        """The declarations of the stages of the chain, in order."""
        return tuple(stage for stage in self.services.stages if stage.name in self.chain)

    def names_to(self, upto: str | None) -> tuple[str, ...]:
        """
        Return the names of the stages of the chain, in order; up to and with `upto` when it is given.

        Parameters
        ----------
        upto : str or None
            Name of the last stage.
        """
        return self.chain if upto is None else self.chain[: self.chain.index(upto) + 1]

    def use_stage(self, name: str, use: bool = True) -> None:
        """
        Take an optional stage into the chain, or leave it out.

        Its settings and its runs are kept. Only stages behind it depend on it.

        Parameters
        ----------
        name : str
            The stage.
        use : bool
            Whether it takes part.

        Raises
        ------
        ParameterError
            If there is no such stage, the dashboard is not about it, or the chain cannot do without it.
        """
        require_possible(self.program, self.services.stages, name, use)
        self._has_chosen = True
        chain = self._in_order({*self.chain, name} if use else set(self.chain) - {name})
        if chain != self.chain:
            self.chain = chain
            if not use:
                self.models[name].apply({"rows": (), "products": (), "state": StageState.READY})
            self.touch()

    def recall_chain(self, names: Iterable[str]) -> None:
        """
        Take the stages of the session file, unless the user has chosen since.

        Parameters
        ----------
        names : iterable of str
            Names of stages; those that do not exist are left out.
        """
        if not self._has_chosen:
            self.chain = self._in_order(names)

    def _note_chain(self, change: Mapping[str, Any]) -> None:
        for stage in self.models.values():
            emit(stage, "acting_changed", change["new"])

    def _in_order(self, optional: Iterable[str]) -> tuple[str, ...]:
        return chain_of(self.program, self.services.stages, optional)

    # -- plans ----------------------------------------------------------------

    def touch(self) -> None:
        """Have everything planned anew: something that plans depend on has changed."""
        self.generation += 1
        self.messages.drop(Subject.ACTION)  # what kept an action from being done may be over
        for stage in self.stages.values():
            stage.planning = True

    def show_trouble(self, sentence: str) -> None:
        """
        Show what cannot be had now; nothing when it is empty.

        Parameters
        ----------
        sentence : str
            What is wrong.
        """
        self.trouble = sentence

    @property
    def planning(self) -> bool:
        """Whether the plans belong to earlier settings still."""
        return any(stage.planning for stage in self.stages.values())

    @property
    def _exports(self) -> RunExports:
        plans = self.acceleration.apply(self.plans)
        return RunExports(self.program, self.services, plans, self.code_beside_runs())

    def code_beside_runs(self) -> str:
        """Return code that an exported script or notebook of all runs ends with; none here."""
        return ""

    def code(self, name: str) -> str:
        """
        Return the first run of a stage as Python that needs the pipeline only, with its ``strun`` line.

        Parameters
        ----------
        name : str
            Name of the stage.
        """
        return self._exports.code(name)

    def script(self, upto: str | None = None) -> str:
        """
        Return all runs, up to and with a stage, as a Python program that gives the same keys.

        Parameters
        ----------
        upto : str, optional
            Name of the last stage; all of the chain by default.
        """
        return self._exports.script(self.names_to(upto))

    def notebook(self, upto: str | None = None) -> str:
        """
        Return the same as a Jupyter notebook.

        Parameters
        ----------
        upto : str, optional
            Name of the last stage; all of the chain by default.
        """
        return self._exports.notebook(self.names_to(upto))

    def export(self, upto: str | None = None) -> tuple[Path, Path]:
        """
        Write script and notebook of all runs, up to and with a stage, into ``exports`` of the workspace.

        Parameters
        ----------
        upto : str, optional
            The last stage; the whole chain by default.

        Returns
        -------
        (Path, Path)
            The script and the notebook; earlier ones of the same stages are replaced.

        Raises
        ------
        EngineError
            If nothing is planned.
        NotWritableError, DiskFullError
            If they cannot be written.
        """
        return self._exports.write(self.names_to(upto), upto or "")
