"""
The stages: the one ordered list of what can be run, and what each takes and gives.

References
----------
JWST documentation, "Stages of processing", and the pipelines' own running order for MIRI.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Any, Protocol

from miri_widgets.errors import ParameterError
from miri_widgets.products.exposure import FILTERS
from miri_widgets.steps.added_stages import found_entry_points, put_in_order

__all__ = ["STAGES", "Scope", "Stage", "all_stages", "preset", "problems_of_added", "stage", "stages_from"]


class Scope(StrEnum):
    """What one run of a stage works on."""

    EXPOSURE = "exposure"
    FILTER = "filter"
    PROGRAM = "program"


class _Linked(Protocol):
    """What links a stage with those before it."""

    @property
    def name(self) -> str: ...
    @property
    def takes(self) -> str: ...
    @property
    def gives(self) -> tuple[str, ...]: ...
    @property
    def needs(self) -> tuple[tuple[str, str, Any], ...]: ...


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
        Of a step of ours, the function on `Planes` that it calls, as ``module:function``.
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


STAGES: tuple[Stage, ...] = (
    Stage(
        name="persistence",
        title="Persistence: after-images across exposures",
        summary="Masks pixels that earlier exposures of any filter have saturated, for as long as the image lasts.",
        version=1,
        pipeline="miri_widgets.steps.persistence.PersistenceMaskStep",
        scope=Scope.PROGRAM,
        takes="uncal",
        gives=("dqmask",),
        main="dqmask",
        steps=("miri_persistence",),
        essential=(
            "positive_minutes",
            "negative_hours",
            "unsaturated_groups",
            "groups_by_filter",
            "grow_pixels",
            "user_mask",
            "do_not_use",
        ),
        optional=True,
        each=True,
    ),
    Stage(
        name="detector1",
        title="Detector 1: ramps to count rates",
        summary="Corrects the detector's ramps, finds jumps and fits a count rate to every pixel.",
        version=1,
        pipeline="jwst.pipeline.Detector1Pipeline",
        scope=Scope.EXPOSURE,
        takes="uncal",
        gives=("rate", "rateints"),
        main="rate",
        steps=(
            "group_scale",
            "dq_init",
            "emicorr",
            "saturation",
            "ipc",
            "firstframe",
            "lastframe",
            "reset",
            "linearity",
            "rscd",
            "dark_current",
            "refpix",
            "charge_migration",
            "jump",
            "picture_frame",
            "clean_flicker_noise",
            "persistence",
            "ramp_fit",
            "gain_scale",
        ),
        essential=(
            "jump.rejection_threshold",
            "jump.find_showers",
            "jump.after_jump_flag_dn1",
            "jump.after_jump_flag_time1",
            "ramp_fit.algorithm",
            "ramp_fit.suppress_one_group",
            "emicorr.skip",
            "emicorr.algorithm",
            "ipc.skip",
            "firstframe.skip",
            "lastframe.skip",
            "reset.skip",
            "linearity.skip",
            "rscd.skip",
            "dark_current.skip",
            "refpix.skip",
            "jump.skip",
            "clean_flicker_noise.skip",
            "clean_flicker_noise.fit_method",
            "save_calibrated_ramp",
        ),
        indispensable=("ramp_fit",),
        companions=(("dqmask", "dq_init.user_supplied_dq"),),
    ),
    Stage(
        name="showers",
        title="Showers: drawn on group differences",
        summary="Leaves out the groups of cosmic-ray showers that you draw, and fits the ramps again.",
        version=1,
        pipeline="miri_widgets.steps.showers_pipeline.ShowersPipeline",
        scope=Scope.EXPOSURE,
        takes="ramp",
        gives=("rate", "rateints"),
        main="rate",
        steps=("miri_showers", "ramp_fit", "gain_scale"),
        essential=("miri_showers.showers_file", "ramp_fit.algorithm"),
        indispensable=("miri_showers", "ramp_fit"),
        optional=True,
        needs=(("detector1", "save_calibrated_ramp", True),),
    ),
    Stage(
        name="rates",
        title="Rates: checked against integrations",
        summary="Recomputes each rate from its integrations and tells where and why they differ; changes nothing.",
        version=1,
        pipeline="miri_widgets.steps.rates.RateCheckStep",
        scope=Scope.EXPOSURE,
        takes="rate",
        gives=("check",),
        main="check",
        steps=("miri_rates",),
        essential=("algorithm", "tolerance"),
        optional=True,
        is_check=True,
    ),
    Stage(
        name="rate_stripes",
        title="Stripes of rates: columns and rows",
        summary="Removes the offsets of columns and rows from each integration and from the rate, before the flat.",
        version=1,
        pipeline="miri_widgets.steps.stripes.StripesStep",
        scope=Scope.EXPOSURE,
        takes="rate",
        gives=("rate", "rateints"),
        main="rate",
        steps=("miri_stripes",),
        essential=("columns", "rows", "protect_scale", "source_nsigma", "exclude_file", "coronagraphs"),
        optional=True,
        correction="miri_widgets.core.stripes:clean_stripes",
    ),
    Stage(
        name="image2",
        title="Image 2: calibrated images",
        summary="Assigns the world coordinates, divides by the flat and converts to surface brightness.",
        version=1,
        pipeline="jwst.pipeline.Image2Pipeline",
        scope=Scope.EXPOSURE,
        takes="rate",
        gives=("cal", "i2d"),
        main="cal",
        steps=("bkg_subtract", "assign_wcs", "flat_field", "photom", "resample"),
        essential=(
            "flat_field.skip",
            "flat_field.user_supplied_flat",
            "photom.skip",
            "photom.apply_time_correction",
            "bkg_subtract.bkg_list",
            "bkg_subtract.sigma",
            "resample.skip",
            "resample.pixfrac",
        ),
        indispensable=("assign_wcs",),
    ),
    Stage(
        name="grid",
        title="Grid: one for all mosaics",
        summary="Lays one pixel grid around all exposures, which the mosaics of all filters and of later runs share.",
        version=1,
        pipeline="miri_widgets.steps.grid.MosaicGridStep",
        scope=Scope.PROGRAM,
        takes="cal",
        gives=("grid",),
        main="grid",
        steps=("miri_grid",),
        essential=("pixel_scale", "rotation", "tightest", "centre", "size", "margin"),
        optional=True,
        shared=".asdf",
        of_field=True,
    ),
    Stage(
        name="areas",
        title="Areas: Lyot and coronagraphs",
        summary="Keeps the Lyot and coronagraph areas, which see the sky otherwise, out of the mosaic.",
        version=1,
        pipeline="miri_widgets.steps.areas.AreasStep",
        scope=Scope.EXPOSURE,
        takes="cal",
        gives=("cal",),
        main="cal",
        steps=("miri_areas",),
        essential=("lyot", "coronagraphs", "margin"),
        optional=True,
        correction="miri_widgets.core.areas:mask_areas",
    ),
    Stage(
        name="warm_pixels",
        title="Warm pixels: found by the dithers",
        summary="Flags pixels that are high at nearly all pointings, whatever the sky under them.",
        version=1,
        pipeline="miri_widgets.steps.warm_pixels.WarmPixelsStep",
        scope=Scope.FILTER,
        takes="cal",
        gives=("cal", "warm"),
        main="cal",
        steps=("miri_warm_pixels",),
        essential=("nsigma", "fraction", "min_separation", "cold", "do_not_use"),
        optional=True,
        each=True,
        correction="miri_widgets.core.warm_pixels:flag_warm_pixels",
    ),
    Stage(
        name="sky",
        title="Sky: in detector coordinates",
        summary="Subtracts the sky and its pattern, made of the other dithers or of dedicated exposures.",
        version=1,
        pipeline="miri_widgets.steps.sky.SkyStep",
        scope=Scope.FILTER,
        takes="cal",
        gives=("cal", "sky"),
        main="cal",
        steps=("miri_sky",),
        essential=(
            "method",
            "leave_one_out",
            "clip_low",
            "clip_high",
            "scaling",
            "preserve_level",
            "source_threshold",
            "exclude_delta",
            "exclude_file",
            "background_observations",
        ),
        optional=True,
        each=True,
        correction="miri_widgets.core.sky_program:subtract_program_sky",
    ),
    Stage(
        name="pullupdown",
        title="Pull-up/down: bright sources",
        summary="Removes the strips that very bright sources make in their columns and rows.",
        version=1,
        pipeline="miri_widgets.steps.pullupdown.PullUpDownStep",
        scope=Scope.EXPOSURE,
        takes="cal",
        gives=("cal",),
        main="cal",
        steps=("miri_pullupdown",),
        essential=("find", "brighter_than", "sources_file", "top", "bottom", "left", "right", "width"),
        optional=True,
        correction="miri_widgets.core.pullupdown:correct_pullupdown",
    ),
    Stage(
        name="stripes",
        title="Stripes: columns and rows",
        summary="Removes the offsets of columns and rows, and leaves what is as wide as the sky.",
        version=1,
        pipeline="miri_widgets.steps.stripes.StripesStep",
        scope=Scope.EXPOSURE,
        takes="cal",
        gives=("cal",),
        main="cal",
        steps=("miri_stripes",),
        essential=("columns", "rows", "protect_scale", "source_nsigma", "exclude_file", "coronagraphs"),
        optional=True,
        correction="miri_widgets.core.stripes:clean_stripes",
    ),
    Stage(
        name="level_match",
        title="Level match: overlapping tiles",
        summary="Brings overlapping tiles to one level, measured on the sky that they share.",
        version=1,
        pipeline="miri_widgets.steps.level_match.LevelMatchStep",
        scope=Scope.FILTER,
        takes="cal",
        gives=("cal",),
        main="cal",
        steps=("miri_level_match",),
        essential=("model", "group", "reference", "box", "plane_sigma"),
        optional=True,
        of_field=True,
        each=True,
        correction="miri_widgets.core.level_match:match_levels",
    ),
    Stage(
        name="shifts",
        title="Shifts: tiles by guide star",
        summary="Measures how far the tiles of each guide star are off, in one filter, and judges each shift.",
        version=2,
        pipeline="miri_widgets.steps.shifts.ShiftsStep",
        scope=Scope.PROGRAM,
        takes="cal",
        gives=("shifts",),
        main="shifts",
        steps=("miri_shifts",),
        essential=(
            "reference_filter",
            "catalog",
            "catalog_epoch",
            "search_radius",
            "rotation",
            "regroup",
            "min_matches",
            "min_significance",
        ),
        optional=True,
        shared=".ecsv",
        of_field=True,
        by_reference=True,
    ),
    Stage(
        name="apply_shift",
        title="Apply shifts: in every filter",
        summary="Moves the world coordinates of every exposure by the shift of its guide star.",
        version=1,
        pipeline="miri_widgets.steps.apply_shift.ApplyShiftStep",
        scope=Scope.EXPOSURE,
        takes="cal",
        gives=("cal",),
        main="cal",
        steps=("miri_apply_shift",),
        essential=("shift_table", "dx", "dy", "rotation", "undo"),
        optional=True,
        companions=(("shifts", "shift_table"),),
        of_field=True,
        # it would align each filter anew, and worse where stars are few
        prefers=(("image3", "tweakreg.skip", True),),
        one_of=("shift_table", "dx", "dy", "rotation", "undo"),
    ),
    Stage(
        name="image3",
        title="Image 3: mosaic and catalogue",
        summary="Aligns the exposures of a filter, rejects outliers, drizzles a mosaic and finds its sources.",
        version=1,
        pipeline="jwst.pipeline.Image3Pipeline",
        scope=Scope.FILTER,
        takes="cal",
        gives=("i2d", "cat", "segm", "crf"),
        main="i2d",
        steps=("tweakreg", "skymatch", "outlier_detection", "resample", "source_catalog"),
        essential=(
            "tweakreg.skip",
            "tweakreg.abs_refcat",
            "tweakreg.snr_threshold",
            "tweakreg.kernel_fwhm",
            "tweakreg.minobj",
            "tweakreg.fitgeometry",
            "tweakreg.searchrad",
            "skymatch.skip",
            "skymatch.skymethod",
            "skymatch.subtract",
            "outlier_detection.skip",
            "outlier_detection.snr",
            "resample.pixel_scale",
            "resample.pixfrac",
            "resample.weight_type",
            "resample.rotation",
            "resample.crval",
            "resample.output_shape",
            "source_catalog.skip",
            "source_catalog.snr_threshold",
            "source_catalog.kernel_fwhm",
        ),
        indispensable=("resample",),
        of_field=True,
        leaves_rejected=True,
        companions=(("grid", "resample.output_wcs"),),
        # with a grid jwst takes no notice of them, but for the shape
        overruled=(
            (
                "resample.output_wcs",
                (
                    "resample.pixel_scale",
                    "resample.pixel_scale_ratio",
                    "resample.rotation",
                    "resample.crval",
                    "resample.crpix",
                    "resample.output_shape",
                ),
            ),
        ),
    ),
)
"""Every stage of this package, in the order in which they run."""

_PIXEL_SCALE = 0.11  # arcsec; JWST User Documentation, "MIRI Imaging"


def all_stages() -> tuple[Stage, ...]:
    """Return the stages of this package and those that other packages add, in order; read once per process."""
    return _all_stages()[0]


def problems_of_added() -> tuple[str, ...]:
    """Return what is wrong with stages of other packages that were left out, as sentences."""
    return _all_stages()[1]


@lru_cache(maxsize=1)
def _all_stages() -> tuple[tuple[Stage, ...], tuple[str, ...]]:
    return put_in_order(STAGES, found_entry_points())


def stage(name: str) -> Stage:
    """
    Return the stage called `name`.

    Raises
    ------
    ParameterError
        If there is none.
    """
    for candidate in all_stages():
        if candidate.name == name:
            return candidate
    raise ParameterError(
        f"the stage {str(name)[:60]!r}",
        "one of " + ", ".join(candidate.name for candidate in all_stages()),
        "correct the name",
    )


def stages_from(start: str, stages: Sequence[_Linked]) -> tuple[str, ...]:
    """
    Return the names of the stages that can take part when a chain begins with products of other hands.

    Parameters
    ----------
    start : str
        Suffix of the products that are there: "uncal", "rate" or "cal".
    stages : sequence
        `Stage` and the like, in running order.
    """
    there, found = {start}, []
    for one in stages:
        # what an earlier stage gives on demand, as its ramps, is told by `needs`
        if one.takes in there or any(other in found for other, _, _ in one.needs):
            there.update(one.gives)
            found.append(one.name)
    return tuple(found)


def preset(stage_name: str, filter_name: str) -> dict[str, Any]:
    """
    Return the values that this package gives a stage in one MIRI filter.

    Parameters
    ----------
    stage_name : str
        A stage.
    filter_name : str
        A MIRI imaging filter; an unknown one has no preset.

    Returns
    -------
    dict
        Values by full name, for ``Source.PRESET``.

    Notes
    -----
    A preset outweighs CRDS, so it holds only what CRDS does not decide better:

    * ``resample.pixel_scale``: 0.11 arcsec, the mean scale of the imager, so
      that mosaics of all filters share one grid and can be blinked. Without
      it the scale follows the first exposure's own, and differs by filter.

    Widths of source finders, fit geometries, showers and EMI are kept in
    CRDS per filter and subarray by the instrument team; a copy here would
    grow old and hide theirs.
    """
    stage(stage_name)
    if stage_name != "image3" or filter_name not in FILTERS:
        return {}
    return {"resample.pixel_scale": _PIXEL_SCALE}
