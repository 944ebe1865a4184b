"""The panel of Image 3: mosaic and catalogue."""

from __future__ import annotations

from typing import ClassVar

from miri_widgets.panels.charts.sources import Sources
from miri_widgets.panels.stage import Folds, StagePanel

__all__ = ["Image3Panel"]


class Image3Panel(StagePanel):
    """The default panel, for the stage image3, and the sources of its mosaics."""

    stage_name: ClassVar[str] = "image3"
    folds: ClassVar[Folds] = {
        **StagePanel.folds,
        "sources": ("Sources", Sources),
    }
