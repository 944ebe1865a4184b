"""The panel of the check of rates."""

from __future__ import annotations

from typing import ClassVar

from miri_widgets.panels.parts.ratecheck import RateChecks
from miri_widgets.panels.stage import Folds, StagePanel

__all__ = ["RatesPanel"]


class RatesPanel(StagePanel):
    """Rates stage: the default panel, and what the check found in every exposure."""

    stage_name: ClassVar[str] = "rates"
    folds: ClassVar[Folds] = {
        "settings": StagePanel.folds["settings"],
        "check": ("Check", RateChecks),
        **{name: fold for name, fold in StagePanel.folds.items() if name != "settings"},
    }
