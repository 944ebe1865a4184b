"""The step that finds warm pixels by the dithers themselves."""

from __future__ import annotations

from miri_widgets.core.warm_pixels import flag_warm_pixels
from miri_widgets.steps.miri_step import CorrectionStep
from miri_widgets.steps.stage import ChainPreset, ImageChart, Scope, Stage, TimelineChart

__all__ = ["STAGE", "WarmPixelsStep"]

STAGE = Stage(
    name="warm_pixels",
    title="Warm pixels: found by the dithers",
    summary="Flags pixels that are high at nearly all pointings, whatever the sky under them.",
    methods="Pixels that were high at nearly all pointings were flagged.",
    version=2,
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
    after="areas",
    chain_presets=(ChainPreset.EVERY_CORRECTION,),
    charts=(
        ImageChart("warm", "Map of warm pixels"),
        TimelineChart("warm_pixels.newly", "pixels newly flagged"),
        TimelineChart("warm_pixels.noise_over_err", "noise over ERR"),
    ),
)


class WarmPixelsStep(CorrectionStep):
    """Flag pixels that are high at nearly all pointings of a dithered set."""

    class_alias = "miri_warm_pixels"
    operation = staticmethod(flag_warm_pixels)
    together = True
    images_suffix = "warm"

    spec = """
        nsigma = float(min=1, max=50, default=3.0)  # A pixel stands out by this above its neighbours. [sigma]
        fraction = float(min=0.5, max=1.0, default=0.7)  # At this fraction of the pointings at least it must stand out.
        min_exposures = integer(min=3, max=100, default=4)  # Fewer independent pointings are an error.
        min_separation = float(min=0.1, max=20, default=1.5)  # Exposures pointed closer than this count as one pointing. [FWHM]
        box = integer(min=3, max=31, default=5)  # Side of the square of neighbours; odd. [pixels]
        cold = boolean(default=False)  # Flag also pixels that are low at nearly all pointings.
        blinking = float(min=0, max=1, default=0.3)  # Flag pixels that stand alone at this fraction of the pointings: warm a part of the time. 0 for none.
        pattern_sigma = float(min=0, max=100, default=4.5)  # Leave alone what all pixels have at every pointing, as errors of the flat. 0 to flag it. [sigma]
        do_not_use = boolean(default=True)  # Flag DO_NOT_USE as well, not only WARM.
    """
