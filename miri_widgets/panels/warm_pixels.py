"""The panel of warm pixels: which are flagged, and how many remain at higher thresholds."""

from __future__ import annotations

from typing import ClassVar

from miri_widgets.panels.correction import CorrectionPanel, charts_section, images, timeline
from miri_widgets.panels.stage import Sections

__all__ = ["WarmPixelsPanel"]


class WarmPixelsPanel(CorrectionPanel):
    """Warm-pixel stage: the preview, the map of warm pixels, newly flagged pixels against time."""

    stage_name: ClassVar[str] = "warm_pixels"
    sections: ClassVar[Sections] = {
        **CorrectionPanel.sections,
        "charts": charts_section(
            images("warm", "Map of warm pixels"),
            timeline("warm_pixels.newly", "pixels newly flagged"),
            timeline("warm_pixels.noise_over_err", "noise over ERR"),
        ),
    }
