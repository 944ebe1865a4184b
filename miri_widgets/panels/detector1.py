"""The panel of Detector 1: ramps to count rates."""

from __future__ import annotations

from typing import ClassVar

from miri_widgets.panels.stage import StagePanel

__all__ = ["Detector1Panel"]


class Detector1Panel(StagePanel):
    """The default panel, for the stage detector1."""

    stage_name: ClassVar[str] = "detector1"
