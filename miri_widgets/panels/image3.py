"""The panel of Image 3: mosaic and catalogue."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from miri_widgets.panels.parts.part import Part
from miri_widgets.panels.parts.sources import Sources
from miri_widgets.panels.stage import StagePanel

__all__ = ["Image3Panel"]


class Image3Panel(StagePanel):
    """The default panel, for the stage image3, and the sources of its mosaics."""

    stage_name: ClassVar[str] = "image3"
    folds: ClassVar[dict[str, tuple[str, Callable[..., Part]]]] = {
        **StagePanel.folds,
        "sources": ("Sources", Sources),
    }
