"""The panel of persistence: masked pixels of each exposure against time."""

from __future__ import annotations

from typing import ClassVar

from miri_widgets.panels.charts.afterimages import AfterImages
from miri_widgets.panels.charts.proofs import Proofs
from miri_widgets.panels.correction import looks, timeline
from miri_widgets.panels.stage import Folds, StagePanel

__all__ = ["PersistencePanel"]


class PersistencePanel(StagePanel):
    """Persistence stage: the default panel, masked pixels by cause and filter against time, and what saturated."""

    stage_name: ClassVar[str] = "persistence"
    folds: ClassVar[Folds] = {
        "settings": StagePanel.folds["settings"],
        "looks": looks(
            AfterImages,
            timeline("saturated", "saturated pixels"),
        ),
        "proof": ("Proof", Proofs),
        **{name: fold for name, fold in StagePanel.folds.items() if name != "settings"},
    }
