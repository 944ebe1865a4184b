"""The step that corrects the columns and rows of very bright sources."""

from __future__ import annotations

from miri_widgets.core.stripes.pullupdown import correct_pullupdown
from miri_widgets.steps.conditions import rule, value
from miri_widgets.steps.miri_step import CorrectionStep
from miri_widgets.steps.stage import ChainPreset, Chart, RegionParameter, Scope, Stage, TimelineChart

__all__ = ["STAGE", "PullUpDownStep"]

STAGE = Stage(
    name="pullupdown",
    title="Pull-up/down: bright sources",
    summary="Removes the strips that very bright sources make in their columns and rows.",
    methods="The strips that very bright sources left in their columns and rows were removed.",
    version=2,
    pipeline="miri_widgets.steps.pullupdown.PullUpDownStep",
    scope=Scope.EXPOSURE,
    takes="cal",
    gives=("cal",),
    main="cal",
    steps=("miri_pullupdown",),
    essential=("find", "brighter_than", "sources_file", "top", "bottom", "left", "right", "width"),
    optional=True,
    correction="miri_widgets.core.stripes.pullupdown:correct_pullupdown",
    after="sky",
    chain_presets=(ChainPreset.EVERY_CORRECTION,),
    acting=(rule(value("find", True), "brighter_than"),),
    regions=(RegionParameter("sources_file", "bright sources", "bright sources"),),
    charts=(
        Chart.PROFILES,
        TimelineChart("pullupdown.sources", "bright sources on the imager"),
        TimelineChart("pullupdown.changed_pixels", "pixels changed"),
    ),
)


class PullUpDownStep(CorrectionStep):
    """Remove the strips that very bright sources pull up or down in their columns and rows."""

    class_alias = "miri_pullupdown"
    operation = staticmethod(correct_pullupdown)

    spec = """
        sources_file = string(default=None)  # DS9 regions at bright sources; the words top, bottom, left, right or all beside one choose its strips.
        find = boolean(default=True)  # Find bright sources in each exposure as well.
        brighter_than = float(default=None)  # Found sources have pixels above this; None for saturated ones. [MJy/sr]
        top = boolean(default=True)  # Correct the strip above each source.
        bottom = boolean(default=True)  # Correct the strip below each source.
        left = boolean(default=True)  # Correct the strip left of each source.
        right = boolean(default=True)  # Correct the strip right of each source.
        width = integer(min=3, max=400, default=40)  # No strip is wider than this. [pixels]
        offset = integer(min=0, max=400, default=20)  # Strips are measured from this distance from the source on. [pixels]
        source_nsigma = float(min=1, max=50, default=3.0)  # Other sources are masked above this. [sigma]
        significance = float(min=2, max=100, default=5.0)  # A strip is corrected when it stands out by this. [sigma]
    """
