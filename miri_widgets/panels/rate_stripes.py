"""The panel of stripes of rates: medians of columns and rows before and after."""

from __future__ import annotations

from typing import ClassVar

from miri_widgets.panels.charts.profiles import Profiles
from miri_widgets.panels.correction import CorrectionPanel, charts_section, timeline
from miri_widgets.panels.stage import Sections
from miri_widgets.panels.stripes import StripesPanel

__all__ = ["RateStripesPanel"]


class RateStripesPanel(StripesPanel):
    """Stage of rate stripes: as that of stripes, in DN/s."""

    stage_name: ClassVar[str] = "rate_stripes"
    drawn = ()  # rates have no WCS yet, to take what is drawn to the sky
    sections: ClassVar[Sections] = {
        **CorrectionPanel.sections,
        "charts": charts_section(
            Profiles,
            timeline("stripes.column_power_after", "column structure left", "DN/s"),
            timeline("stripes.row_power_after", "row structure left", "DN/s"),
        ),
    }
