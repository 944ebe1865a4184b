"""The panels of the official pipelines, for notebooks that show one alone: the default panel of each stage."""

from __future__ import annotations

from typing import ClassVar

from miri_widgets.panels.stage import StagePanel

__all__ = ["Detector1Panel", "Image2Panel", "Image3Panel"]


class Detector1Panel(StagePanel):
    """Detector 1: ramps to count rates."""

    stage_name: ClassVar[str] = "detector1"


class Image2Panel(StagePanel):
    """Image 2: calibrated images."""

    stage_name: ClassVar[str] = "image2"


class Image3Panel(StagePanel):
    """Image 3: mosaic and catalogue."""

    stage_name: ClassVar[str] = "image3"
