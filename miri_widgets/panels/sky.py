"""The panel of the sky: its image, and the level of each exposure against time."""

from __future__ import annotations

from typing import ClassVar

from miri_widgets.panels.charts.profiles import Profiles
from miri_widgets.panels.correction import CorrectionPanel, charts_section, images, timeline
from miri_widgets.panels.stage import Sections

__all__ = ["SkyPanel"]


class SkyPanel(CorrectionPanel):
    """Sky stage: the preview, the sky image with error and counts, and level against time."""

    stage_name: ClassVar[str] = "sky"
    sections: ClassVar[Sections] = {
        **CorrectionPanel.sections,
        "charts": charts_section(
            timeline("sky.level", "level of the sky", "MJy/sr"),
            timeline("sky.masked_fraction", "fraction masked as sources"),
            images("sky", "Sky image", (("SCI", "sky"), ("ERR", "error"), ("COUNT", "samples"))),
            Profiles,
        ),
    }
