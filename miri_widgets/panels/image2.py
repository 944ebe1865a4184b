"""The panel of Image 2: calibrated images."""

from __future__ import annotations

from typing import ClassVar

from miri_widgets.panels.stage import StagePanel

__all__ = ["Image2Panel"]


class Image2Panel(StagePanel):
    """The default panel, for the stage image2."""

    stage_name: ClassVar[str] = "image2"
