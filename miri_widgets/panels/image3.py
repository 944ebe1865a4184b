"""The panel of Image 3: mosaic and catalogue."""

from __future__ import annotations

from typing import ClassVar

from miri_widgets.panels.stage import StagePanel

__all__ = ["Image3Panel"]


class Image3Panel(StagePanel):
    """The default panel, for the stage image3."""

    stage_name: ClassVar[str] = "image3"
