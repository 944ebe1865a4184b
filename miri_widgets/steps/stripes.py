"""The step that removes stripes of columns and rows."""

from __future__ import annotations

from miri_widgets.core.stripes import clean_stripes
from miri_widgets.steps.miri_step import CorrectionStep

__all__ = ["StripesStep"]


class StripesStep(CorrectionStep):
    """Remove the offsets of columns and rows."""

    class_alias = "miri_stripes"
    operation = staticmethod(clean_stripes)

    spec = """
        columns = boolean(default=True)  # Remove the offset of each column.
        rows = boolean(default=True)  # Remove the offset of each row.
        protect_scale = float(min=5, max=1000, default=60.0)  # Structure along a profile that is wider than this may be sky, and stays (sigma of a Gaussian). [pixels]
        adaptive = boolean(default=True)  # Protect only what the profile shows to be there; else all that is wide, as with a Gaussian.
        source_nsigma = float(min=1, max=50, default=3.0)  # Sources are masked above this. [sigma]
        exclude_above = float(default=None)  # Pixels above this are left out of the medians, in the unit of the exposure.
        exclude_file = string(default=None)  # DS9 regions; pixels inside are left out of the medians.
        coronagraphs = option('own', 'leave', default='own')  # Lyot and coronagraph areas: profiles of their own, or left alone.
        min_pixels = integer(min=1, max=1000, default=20)  # Columns and rows with fewer usable pixels are left alone. [pixels]
    """
