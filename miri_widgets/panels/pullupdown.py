"""The panel of pull-up and pull-down: bright sources found, given or drawn."""

from __future__ import annotations

from typing import ClassVar

from miri_widgets.panels.charts.profiles import Profiles
from miri_widgets.panels.correction import CorrectionPanel, charts_section, timeline
from miri_widgets.panels.stage import Sections

__all__ = ["PullUpDownPanel"]


class PullUpDownPanel(CorrectionPanel):
    """Pull-up/pull-down stage: the preview, sources drawn in the viewer, strips against time."""

    stage_name: ClassVar[str] = "pullupdown"
    sections: ClassVar[Sections] = {
        **CorrectionPanel.sections,
        "charts": charts_section(
            Profiles,
            timeline("pullupdown.sources", "bright sources on the imager"),
            timeline("pullupdown.changed_pixels", "pixels changed"),
        ),
    }
