"""The step that keeps the Lyot and coronagraph areas out of the mosaic."""

from __future__ import annotations

from miri_widgets.core.areas import mask_areas
from miri_widgets.steps.miri_step import CorrectionStep

__all__ = ["AreasStep"]


class AreasStep(CorrectionStep):
    """Flag the Lyot and four-quadrant phase mask areas."""

    class_alias = "miri_areas"
    operation = staticmethod(mask_areas)

    spec = """
        lyot = boolean(default=True)  # Flag the Lyot area; it sees the sky, weaker and with stray light of its own.
        coronagraphs = boolean(default=True)  # Flag the areas of the three four-quadrant phase masks.
        margin = integer(min=-60, max=200, default=0)  # Columns by which the areas grow into the imager field. [pixels]
    """
