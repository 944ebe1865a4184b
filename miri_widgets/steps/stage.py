"""
A stage: what one panel, one button and one run are about, what it takes and what it gives.

A `Stage` is the one declaration of a stage. It has four parts, by what their fields are about; a function that needs
one part of a stage says so in its signature:

* `StageIdentity`: its name, its code and the place of the code in the chain,
* `StageInputs`: what goes into a run and what comes out,
* `StageRules`: how it gets on with other stages and with settings,
* `StagePresentation`: what people see of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from miri_widgets.steps.conditions import Rule

__all__ = [
    "ChainPreset",
    "Chart",
    "Figure",
    "ImageChart",
    "NamedPreset",
    "RegionParameter",
    "RunCost",
    "Scope",
    "Section",
    "Stage",
    "StageIdentity",
    "StageInputs",
    "StagePresentation",
    "StageRules",
    "TimelineChart",
]


class Scope(StrEnum):
    """What one run of a stage works on."""

    EXPOSURE = "exposure"
    FILTER = "filter"
    PROGRAM = "program"


class ChainPreset(StrEnum):
    """A choice of optional stages that a program can begin with; the value is its title on the page."""

    PIPELINE_ONLY = "Pipeline only"
    DITHERED_SKY = "With sky from dithers"
    TILE_SHIFTS = "With tile shifts"
    EVERY_CORRECTION = "With every correction"


class Section(StrEnum):
    """What a panel shows besides settings, runs, products, log and code."""

    CHARTS = "charts"
    PROOF = "proof"
    CHECK = "check"
    APPLIED_SHIFTS = "applied"
    SOURCES = "sources"


class Chart(StrEnum):
    """Charts that need no more than the stage."""

    PROFILES = "profiles"
    AFTERIMAGES = "afterimages"
    APPLIED_SHIFTS = "applied shifts"


@dataclass(frozen=True)
class TimelineChart:
    """
    A fact of every exposure against time.

    Attributes
    ----------
    fact : str
        Its name in the report of a run, with a dot before each deeper level.
    title : str
        What is drawn.
    unit : str
        Its unit; empty for counts and ratios.
    """

    fact: str
    title: str
    unit: str = ""


@dataclass(frozen=True)
class ImageChart:
    """
    A product that is no exposure, as images.

    Attributes
    ----------
    suffix : str
        Suffix of the product.
    title : str
        What it shows.
    extensions : tuple of (str, str)
        The extensions that are drawn, and what each is called.
    """

    suffix: str
    title: str
    extensions: tuple[tuple[str, str], ...] = (("SCI", ""),)


@dataclass(frozen=True)
class Figure:
    """A product that is shown in reports: its suffix and its title."""

    suffix: str
    title: str


@dataclass(frozen=True)
class RegionParameter:
    """
    A parameter that takes a file of regions, which can be drawn in the viewer.

    Attributes
    ----------
    parameter : str
        Its full name.
    title : str
        What the regions are, in one or two words.
    contents : str
        What lies inside.
    on_sky : bool
        Whether they stay where they are on the sky; else in detector pixels.
    of_groups : bool
        Whether each region belongs to a group of a ramp.
    """

    parameter: str
    title: str
    contents: str
    on_sky: bool = True
    of_groups: bool = False


@dataclass(frozen=True)
class RunCost:
    """
    What one run takes: processor time, s, as a constant and what it grows by; and whether memory grows, too.

    Attributes
    ----------
    constant, per_exposure, per_million_pixels, per_million_samples : float
        Times on two cores with jwst 3.0, from runs of 1 to 30 exposures of 256 x 256 to FULL, which do not depend on what
        else the machine does.
    holds_all : bool
        Whether all exposures are in memory together.
    """

    constant: float
    per_exposure: float = 0.0
    per_million_pixels: float = 0.0
    per_million_samples: float = 0.0
    holds_all: bool = True


@dataclass(frozen=True, kw_only=True)
class StageIdentity:
    """
    Which stage it is, and which code it calls.

    Attributes
    ----------
    name : str
        For code, program files and records.
    version : int
        Raised when a change of this package moves pixels.
    pipeline : str
        Dotted name of the class of the pipeline or step.
    steps : tuple of str
        The steps that can act on MIRI imaging, in running order.
    correction : str
        Of a step of ours, the function on `ExposureArrays` that it calls, as ``module:function``.
    expected_loss : str
        The function that says from pointings alone what light of the sky the step will take, as ``module:function``.
    after : str
        The stage behind which it stands; empty for the first one. See `miri_widgets.steps.added_stages`.
    code : str
        Of a stage of another package, the mark of its code; found by this package.
    """

    name: str
    version: int
    pipeline: str
    steps: tuple[str, ...]
    correction: str = ""
    expected_loss: str = ""
    after: str = ""
    code: str = ""

    @property
    def is_own(self) -> bool:
        """Whether it is a step of this package, or of one that adds a stage; else one of the official pipelines."""
        return not self.pipeline.startswith("jwst.")

    @property
    def is_added(self) -> bool:
        """Whether it comes from another package."""
        return bool(self.code)

    @property
    def is_single_step(self) -> bool:
        """Whether it is one step, called by itself, and no pipeline of several."""
        return self.is_own and len(self.steps) == 1


@dataclass(frozen=True, kw_only=True)
class StageInputs:
    """
    What goes into one run, and what comes out.

    Attributes
    ----------
    scope : Scope
        Whether a run takes one exposure, all exposures of a filter, or all of the program.
    takes : str
        Product suffix of the inputs.
    gives : tuple of str
        Product suffixes of the outputs; the first is what the next stage takes.
    on_demand : tuple of (str, str, object)
        Products that are made when a parameter asks for them: suffix, parameter, and the value that asks.
    main : str
        Product suffix that is shown first.
    each : bool
        Whether a run of several exposures gives products of each exposure.
    companions : tuple of (str, str)
        Products of earlier stages that go in when they are there: suffix, and the parameter that takes the file.
    shared : str
        Ending, such as ``.ecsv``, of the one product that belongs to all exposures of the program.
    empty_sky : str
        Parameter that names observations of empty sky, which have no part in stages `of_field`.
    of_field : bool
        Whether dedicated exposures of empty sky have no part in it.
    by_reference : bool
        Whether the exposures of one filter stand for all of the program.
    leaves_rejected : bool
        Whether exposures that are rejected on the contact sheet have no part in it.
    cost : RunCost, optional
        What a run takes, for forecasts; by default what most stages take.
    bytes_per_pixel : float
        What is written for each pixel of the exposures.
    """

    scope: Scope
    takes: str
    gives: tuple[str, ...]
    on_demand: tuple[tuple[str, str, Any], ...] = ()
    main: str
    each: bool = False
    companions: tuple[tuple[str, str], ...] = ()
    shared: str = ""
    empty_sky: str = ""
    of_field: bool = False
    by_reference: bool = False
    leaves_rejected: bool = False
    cost: RunCost | None = None
    bytes_per_pixel: float = 90.0

    @property
    def per_exposure(self) -> bool:
        """Whether each exposure has its own products."""
        return self.scope == Scope.EXPOSURE or self.each


@dataclass(frozen=True)
class NamedPreset:
    """
    Values of a stage that belong together.

    Attributes
    ----------
    title : str
        For the button that takes them.
    effect : str
        What they change, with measured figures, as one sentence.
    values : tuple of (str, object)
        Values by full name of the parameter.
    """

    title: str
    effect: str
    values: tuple[tuple[str, Any], ...]


@dataclass(frozen=True, kw_only=True)
class StageRules:
    """
    How it gets on with other stages and with settings.

    Attributes
    ----------
    optional : bool
        Whether the chain goes on without it when the user leaves it out.
    is_check : bool
        Whether it changes nothing: stages behind it take their inputs from those before it.
    changes_level : bool
        Whether it moves the level of whole images: before and after are drawn with equal width around each median.
    indispensable : tuple of str
        Steps without which the first product is not made.
    needs : tuple of (str, str, object)
        What earlier stages must be set to when it takes part: stage, parameter, value.
    prefers : tuple of (str, str, object)
        What other stages are set to when it takes part, unless the user sets them: stage, parameter, value.
    one_of : tuple of str
        Parameters of which one must be set, if no earlier stage gives a companion.
    overruled : tuple of (str, tuple of str)
        Parameters that do not act when an earlier stage gives a companion: parameter that takes it, and their names.
    acting : tuple of Rule
        When parameters of the stage itself act; those without a rule always do.
    preset : tuple of (str, object)
        Values that this package gives it in every MIRI imaging filter; a preset outweighs CRDS.
    named_presets : tuple of NamedPreset
        Values that belong together and that the user takes with one click.
    chain_presets : tuple of ChainPreset
        The choices of optional stages that it belongs to.
    """

    optional: bool = False
    is_check: bool = False
    changes_level: bool = False
    indispensable: tuple[str, ...] = ()
    needs: tuple[tuple[str, str, Any], ...] = ()
    prefers: tuple[tuple[str, str, Any], ...] = ()
    one_of: tuple[str, ...] = ()
    overruled: tuple[tuple[str, tuple[str, ...]], ...] = ()
    acting: tuple[Rule, ...] = ()
    preset: tuple[tuple[str, Any], ...] = ()
    named_presets: tuple[NamedPreset, ...] = ()
    chain_presets: tuple[ChainPreset, ...] = ()


@dataclass(frozen=True, kw_only=True)
class StagePresentation:
    """
    What people see of it.

    Attributes
    ----------
    title, summary : str
        For headings, and one sentence.
    methods : str
        What a run of it has done, as one sentence in the past tense, for the methods of a paper.
    essential : tuple of str
        Parameters that are shown first, by full name.
    sections : tuple of Section
        What its panel shows besides settings, runs, products, log and code; by default, with a correction, charts and proof.
    charts : tuple of Chart, TimelineChart or ImageChart
        What its panel draws of its runs; by default, with a correction, profiles.
    figures : tuple of Figure
        Products that are shown in reports.
    regions : tuple of RegionParameter
        Parameters that take files of regions.
    view : str
        Where the default panel is not enough, the class of its own, as ``module:class``.
    help : str
        Of a stage of another package, what its panel says of it, as Markdown; those of this package have a help page.
    """

    title: str
    summary: str
    methods: str = ""
    essential: tuple[str, ...]
    sections: tuple[Section, ...] = ()
    charts: tuple[Chart | TimelineChart | ImageChart, ...] = ()
    figures: tuple[Figure, ...] = ()
    regions: tuple[RegionParameter, ...] = ()
    view: str = ""
    help: str = ""

    @property
    def short(self) -> str:
        """The title up to its colon, for tabs and sentences."""
        return self.title.partition(":")[0]


@dataclass(frozen=True, kw_only=True)
class Stage(StageIdentity, StageInputs, StageRules, StagePresentation):
    """One stage: one panel, one button, one run. See the parts for the fields."""
