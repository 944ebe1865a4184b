"""Views: one panel per stage, usable alone in a notebook or together in a dashboard."""

from miri_widgets.panels.official import Detector1Panel, Image2Panel, Image3Panel
from miri_widgets.panels.program import ProgramPanel
from miri_widgets.panels.stage import StagePanel
from miri_widgets.panels.stage_panel import stage_panel

__all__ = ["Detector1Panel", "Image2Panel", "Image3Panel", "ProgramPanel", "StagePanel", "stage_panel"]
