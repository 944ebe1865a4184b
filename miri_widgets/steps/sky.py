"""The step that subtracts the sky, fixed to the detector."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from jwst.datamodels import ModelLibrary

from miri_widgets.core.exposure_arrays import Lazy
from miri_widgets.core.sky.dedicated_exposures import subtract_program_sky
from miri_widgets.products.association import BACKGROUND, background_members
from miri_widgets.steps.conditions import is_not, rule, value
from miri_widgets.steps.miri_step import CorrectionStep
from miri_widgets.steps.model_arrays import CachedExposures
from miri_widgets.steps.stage import (
    ChainPreset,
    Chart,
    Figure,
    ImageChart,
    RegionParameter,
    RunCost,
    Scope,
    Stage,
    TimelineChart,
)
from miri_widgets.steps.step_inputs import exposure_arrays_in, indices_of, is_single

__all__ = ["STAGE", "SkyStep"]

STAGE = Stage(
    name="sky",
    title="Sky: in detector coordinates",
    summary="Subtracts the sky and its pattern, made of the other dithers or of dedicated exposures.",
    methods="The sky and its pattern, made of other dithers or of dedicated exposures, were subtracted.",
    version=3,
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
        "sources_from",
        "source_threshold",
        "exclude_delta",
        "exclude_file",
        "background_observations",
    ),
    optional=True,
    changes_level=True,
    each=True,
    empty_sky="background_observations",
    correction="miri_widgets.core.sky.dedicated_exposures:subtract_program_sky",
    expected_loss="miri_widgets.core.sky.loss_note:loss_note",
    after="warm_pixels",
    chain_presets=(ChainPreset.DITHERED_SKY, ChainPreset.EVERY_CORRECTION),
    acting=(
        rule(
            value("method", "self"),
            "leave_one_out",
            "Each exposure is in its own median: where it is the median itself, its pixels become exactly 0"
            " (about one in the number of exposures). Choose the method self to leave it out.",
        ),
        rule(value("method", "self"), "min_separation"),
        rule(value("leave_one_out", True), "min_separation"),
        rule(is_not("method", "median"), "clip_low clip_high"),
        rule(value("method", "background"), "match_background background_observations"),
        rule(value("mask_sources", True), "sources_from source_threshold source_grow"),
    ),
    regions=(RegionParameter("exclude_file", "sky mask", "areas that are no sky"),),
    charts=(
        TimelineChart("sky.level", "level of the sky", "MJy/sr"),
        TimelineChart("sky.masked_fraction", "fraction masked as sources"),
        ImageChart("sky", "Sky image", (("SCI", "sky"), ("ERR", "error"), ("COUNT", "samples"))),
        Chart.PROFILES,
    ),
    figures=(Figure("sky", "Sky in detector pixels"),),
    cost=RunCost(1.0, 0.9, 0.9, 0.0),
)


class SkyStep(CorrectionStep):
    """
    Subtract a sky image in detector coordinates, made of the exposures themselves or of dedicated ones.

    Dedicated exposures are those of `background_observations`, and the background members of an association.
    """

    class_alias = "miri_sky"
    operation = staticmethod(subtract_program_sky)
    together = True
    images_suffix = "sky"

    spec = """
        method = option('self', 'background', 'median', default='self')  # Sky from the exposures themselves, from dedicated ones, or the median of all.
        leave_one_out = boolean(default=True)  # Make the sky of an exposure of the others only.
        clip_low = float(min=0.5, max=20, default=3.0)  # Leave out samples this far below the median of a pixel. [sigma]
        clip_high = float(min=0.5, max=20, default=3.0)  # Leave out samples this far above it; the example notebooks take 1. [sigma]
        scaling = option('multiplicative', 'additive', 'none', default='multiplicative')  # How exposures are brought to one level first.
        match_background = boolean(default=False)  # Bring a dedicated sky to the level of each exposure.
        preserve_level = boolean(default=False)  # Subtract the pattern alone; the exposures keep their level.
        mask_sources = boolean(default=True)  # Find sources and leave them out of the sky.
        sources_from = option('coadd', 'exposures', default='coadd')  # Find sources on the sum of the dithers, and leave out extended light that moves with the sky; or on single exposures.
        source_threshold = float(min=1, max=50, default=None)  # Sources stand above this in the smoothed image; none: 4 on the sum of the dithers, 3 on single exposures. [sigma]
        source_grow = float(min=0, max=20, default=2.0)  # Their masks grow by this much. [FWHM]
        mask_rounds = integer(min=1, max=5, default=2)  # How often levels and sources are determined.
        exclude_above = float(default=None)  # Values above this are no sky. [MJy/sr]
        exclude_delta = float(default=None)  # Values this far above the level of the exposure are no sky. [MJy/sr]
        exclude_file = string(default=None)  # DS9 regions; pixels inside are no sky.
        min_separation = float(min=0, max=20, default=1.5)  # Exposures pointed closer than this do not enter each other's sky. [FWHM]
        min_exposures = integer(min=1, max=100, default=3)  # Fewer exposures in a sky are an error.
        min_samples = integer(min=1, max=100, default=None)  # A pixel with fewer samples has no sky of its own; none: 2, or 1 where a sky has fewer than five exposures.
        fill = boolean(default=True)  # Take the sky of such pixels from their neighbours; else flag them.
        background_observations = force_list(default=list())  # Observations that hold dedicated exposures of empty sky, such as 040.
    """

    def process(self, source: Any) -> Any:
        """
        Subtract the sky of several exposures.

        Parameters
        ----------
        source : str, JwstDataModel, list, ModelContainer, ModelLibrary
            As of `CorrectionStep.process`. Background members of an association or a library are the dedicated
            exposures of method "background"; they are read and not corrected.
        """
        with tempfile.TemporaryDirectory(prefix="miri_widgets-") as folder:
            self._backgrounds = _backgrounds(source, Path(folder))
            try:
                return super().process(source)
            finally:
                self._backgrounds = None

    def settings(self) -> dict[str, Any]:
        """Return the keyword arguments of the correction, the dedicated exposures among them."""
        dedicated = getattr(self, "_backgrounds", None)
        return super().settings() | ({"backgrounds": dedicated} if dedicated else {})


def _backgrounds(source: Any, folder: Path) -> Lazy | None:
    """Return the dedicated exposures that an association or a library names; None when there are none."""
    if isinstance(source, ModelLibrary):
        models, indices = source, indices_of(source, BACKGROUND)
    elif isinstance(source, str | Path) and not is_single(source):
        models = [str(member.path) for member in background_members(Path(source))]
        indices = list(range(len(models)))
    else:
        return None
    if not indices:
        return None
    return Lazy(
        len(indices), CachedExposures(folder, lambda index: exposure_arrays_in(models, indices[index]))
    )
