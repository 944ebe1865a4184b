"""The panel of stripes: medians of columns and rows before and after."""

from __future__ import annotations

from typing import ClassVar

from miri_widgets.panels.charts.profiles import Profiles
from miri_widgets.panels.correction import CorrectionPanel, charts_section, timeline
from miri_widgets.panels.stage import Sections

__all__ = ["StripesPanel"]


class StripesPanel(CorrectionPanel):
    """Stripes stage: the preview, and column and row medians."""

    stage_name: ClassVar[str] = "stripes"
    sections: ClassVar[Sections] = {
        **CorrectionPanel.sections,
        "charts": charts_section(
            Profiles,
            timeline("stripes.column_power_after", "column structure left", "MJy/sr"),
            timeline("stripes.row_power_after", "row structure left", "MJy/sr"),
        ),
    }
