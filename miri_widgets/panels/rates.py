"""The panel of the check of rates."""

from __future__ import annotations

from typing import ClassVar

from miri_widgets.panels.parts.ratecheck import RateChecks
from miri_widgets.panels.stage import Sections, StagePanel

__all__ = ["RatesPanel"]


class RatesPanel(StagePanel):
    """Rates stage: the default panel, and the check of every exposure."""

    stage_name: ClassVar[str] = "rates"
    sections: ClassVar[Sections] = {
        "settings": StagePanel.sections["settings"],
        "check": ("Check", RateChecks),
        **{name: section for name, section in StagePanel.sections.items() if name != "settings"},
    }
