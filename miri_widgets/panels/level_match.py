"""The panel of level matching: what was taken off each tile, against time."""

from __future__ import annotations

from typing import ClassVar

from miri_widgets.panels.charts.profiles import Profiles
from miri_widgets.panels.correction import CorrectionPanel, charts_section, timeline
from miri_widgets.panels.stage import Sections

__all__ = ["LevelMatchPanel"]


class LevelMatchPanel(CorrectionPanel):
    """Level-match stage: the preview, and the level of each tile with its error."""

    stage_name: ClassVar[str] = "level_match"
    sections: ClassVar[Sections] = {
        **CorrectionPanel.sections,
        "charts": charts_section(
            timeline("level_match.level", "level taken off", "MJy/sr"),
            timeline("level_match.level_err", "its error", "MJy/sr"),
            Profiles,
        ),
    }
