"""Planned runs as code: for reading, and as a script and a notebook that give the same products."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from miri_widgets.products.atomic import write_text
from miri_widgets.products.program import Program

__all__ = ["CodeCalls", "RunExports"]


class CodeCalls(Protocol):
    """Calls that turn runs into code; see `miri_widgets.run.services.Services`."""

    @property
    def code(self) -> Callable[[Any], str]: ...
    @property
    def script(self) -> Callable[..., str]: ...
    @property
    def notebook(self) -> Callable[..., str]: ...


@dataclass(frozen=True)
class RunExports:
    """
    The planned runs of a program, as code.

    Attributes
    ----------
    program : Program
        Whose runs they are.
    calls : CodeCalls
        Make code of runs.
    plans : sequence of RunPlan
        All runs.
    composite : str
        Code of the colour composite, which calls the workspace ``WORKSPACE``; it follows the runs of the mosaics.
    """

    program: Program
    calls: CodeCalls
    plans: Sequence[Any]
    composite: str = ""

    def code(self, stage: str) -> str:
        """
        Return the first run of a stage as Python; empty when it has none.

        Parameters
        ----------
        stage : str
            Name of the stage.
        """
        first = next((plan for plan in self.plans if plan.stage == stage), None)
        return self.calls.code(first) if first is not None else ""

    def script(self, stages: Collection[str]) -> str:
        """
        Return the runs of some stages as a Python program.

        Parameters
        ----------
        stages : collection of str
            Names of the stages.
        """
        return self._exported(self.calls.script, stages)

    def notebook(self, stages: Collection[str]) -> str:
        """
        Return the runs of some stages as a Jupyter notebook.

        Parameters
        ----------
        stages : collection of str
            Names of the stages.
        """
        return self._exported(self.calls.notebook, stages)

    def _exported(self, export: Callable[..., str], stages: Collection[str]) -> str:
        plans = [plan for plan in self.plans if plan.stage in stages]
        if self.composite and any(plan.stage == "image3" for plan in plans):
            return export(plans, self.composite)
        return export(plans)

    def write(self, stages: Collection[str], suffix: str = "") -> tuple[Path, Path]:
        """
        Write script and notebook into ``exports`` of the workspace.

        Parameters
        ----------
        stages : collection of str
            Whose runs.
        suffix : str
            End of the names of the files, behind the name of the program.

        Returns
        -------
        (Path, Path)
            The script and the notebook.
        """
        stem = self.program.workspace / "exports" / "_".join(filter(None, (self.program.name, suffix)))
        paths = stem.with_name(f"{stem.name}.py"), stem.with_name(f"{stem.name}.ipynb")
        for path, text in zip(paths, (self.script(stages), self.notebook(stages)), strict=True):
            write_text(path, text)
        return paths
