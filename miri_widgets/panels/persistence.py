"""The panel of persistence: masked pixels of each exposure against time."""

from __future__ import annotations

from typing import ClassVar

from miri_widgets.panels.charts.afterimages import AfterImages
from miri_widgets.panels.charts.proofs import Validations
from miri_widgets.panels.correction import charts_section, timeline
from miri_widgets.panels.stage import Sections, StagePanel

__all__ = ["PersistencePanel"]


class PersistencePanel(StagePanel):
    """Persistence stage: the default panel, masked pixels by cause and filter against time, and what saturated."""

    stage_name: ClassVar[str] = "persistence"
    sections: ClassVar[Sections] = {
        "settings": StagePanel.sections["settings"],
        "charts": charts_section(
            AfterImages,
            timeline("saturated", "saturated pixels"),
        ),
        "proof": ("Proof", Validations),
        **{name: section for name, section in StagePanel.sections.items() if name != "settings"},
    }
