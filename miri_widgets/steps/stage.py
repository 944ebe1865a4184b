"""A stage: what one panel, one button and one run are about, what it takes and what it gives."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

__all__ = ["Scope", "Stage"]


class Scope(StrEnum):
    """What one run of a stage works on."""

    EXPOSURE = "exposure"
    FILTER = "filter"
    PROGRAM = "program"


@dataclass(frozen=True)
class Stage:
    """
    One stage: one panel, one button, one run.

    Attributes
    ----------
    name, title, summary : str
        For code, for headings, and one sentence.
    version : int
        Raised when a change of this package moves pixels.
    pipeline : str
        Dotted name of the pipeline class.
    scope : Scope
        Whether a run takes one exposure, all exposures of a filter, or all of the program.
    takes : str
        Product suffix of the inputs.
    gives : tuple of str
        Product suffixes of the outputs; the first is what the next stage takes.
    main : str
        Product suffix that is shown first.
    steps : tuple of str
        The steps that can act on MIRI imaging, in running order.
    essential : tuple of str
        Parameters that are shown first, by full name.
    indispensable : tuple of str
        Steps without which the first product is not made.
    optional : bool
        Whether the chain goes on without it when the user leaves it out.
    each : bool
        Whether a run of several exposures gives products of each exposure.
    correction : str
        Of a step of ours, the function on `ExposureArrays` that it calls, as ``module:function``.
    is_check : bool
        Whether it changes nothing: stages behind it take their inputs from those before it.
    needs : tuple of (str, str, object)
        What earlier stages must be set to when it takes part: stage, parameter, value.
    companions : tuple of (str, str)
        Products of earlier stages that go in when they are there: suffix, and the parameter that takes the file.
    shared : str
        Ending, such as ``.ecsv``, of the one product that belongs to all exposures of the program.
    of_field : bool
        Whether dedicated exposures of empty sky have no part in it.
    by_reference : bool
        Whether the exposures of one filter stand for all of the program.
    prefers : tuple of (str, str, object)
        What other stages are set to when it takes part, unless the user sets them: stage, parameter, value.
    one_of : tuple of str
        Parameters of which one must be set, if no earlier stage gives a companion.
    leaves_rejected : bool
        Whether exposures that are rejected on the contact sheet have no part in it.
    overruled : tuple of (str, tuple of str)
        Parameters that do not act when an earlier stage gives a companion: parameter that takes it, and their names.
    after : str
        Of a stage of another package, the stage behind which it stands; see `miri_widgets.steps.added_stages`.
    help : str
        Of a stage of another package, what its panel says of it, as Markdown; those of this package have a help page.
    code : str
        Of a stage of another package, the mark of its code; found by this package.
    methods : str
        What a run of it has done, as one sentence in the past tense, for the methods of a paper.
    """

    name: str
    title: str
    summary: str
    version: int
    pipeline: str
    scope: Scope
    takes: str
    gives: tuple[str, ...]
    main: str
    steps: tuple[str, ...]
    essential: tuple[str, ...]
    indispensable: tuple[str, ...] = ()
    optional: bool = False
    each: bool = False
    correction: str = ""
    is_check: bool = False
    needs: tuple[tuple[str, str, Any], ...] = ()
    companions: tuple[tuple[str, str], ...] = ()
    shared: str = ""
    of_field: bool = False
    by_reference: bool = False
    prefers: tuple[tuple[str, str, Any], ...] = ()
    one_of: tuple[str, ...] = ()
    overruled: tuple[tuple[str, tuple[str, ...]], ...] = ()
    after: str = ""
    help: str = ""
    code: str = ""
    leaves_rejected: bool = False
    methods: str = ""

    @property
    def per_exposure(self) -> bool:
        """Whether each exposure has its own products."""
        return self.scope == Scope.EXPOSURE or self.each

    @property
    def is_own(self) -> bool:
        """Whether it is a step of this package, or of one that adds a stage; else one of the official pipelines."""
        return not self.pipeline.startswith("jwst.")

    @property
    def is_single_step(self) -> bool:
        """Whether it is one step, called by itself, and no pipeline of several."""
        return self.is_own and len(self.steps) == 1

    @property
    def short(self) -> str:
        """The title up to its colon, for tabs and sentences."""
        return self.title.partition(":")[0]
