"""The step that keeps the Lyot and coronagraph areas out of the mosaic."""

from __future__ import annotations

from miri_widgets.core.areas import mask_areas
from miri_widgets.steps.conditions import rule, value
from miri_widgets.steps.miri_step import CorrectionStep
from miri_widgets.steps.stage import ChainPreset, RunCost, Scope, Stage

__all__ = ["STAGE", "AreasStep"]

STAGE = Stage(
    name="areas",
    title="Areas: Lyot and coronagraphs",
    summary="Keeps the Lyot and coronagraph areas, which see the sky otherwise, out of the mosaic.",
    methods="The Lyot and coronagraph areas were kept out of the mosaics.",
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
    after="grid",
    chain_presets=(ChainPreset.DITHERED_SKY, ChainPreset.TILE_SHIFTS, ChainPreset.EVERY_CORRECTION),
    acting=(rule((value("lyot", True), value("coronagraphs", True)), "margin"),),
    cost=RunCost(0.75, 0.0, 1.0, 0.0),
)


class AreasStep(CorrectionStep):
    """Flag the Lyot and four-quadrant phase mask areas."""

    class_alias = "miri_areas"
    operation = staticmethod(mask_areas)

    spec = """
        lyot = boolean(default=True)  # Flag the Lyot area; it sees the sky, weaker and with stray light of its own.
        coronagraphs = boolean(default=True)  # Flag the areas of the three four-quadrant phase masks.
        margin = integer(min=-60, max=200, default=0)  # Columns by which the areas grow into the imager field. [pixels]
    """
