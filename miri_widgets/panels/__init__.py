"""Views: one panel per stage, usable alone in a notebook or together in a dashboard."""

from miri_widgets.panels.detector1 import Detector1Panel
from miri_widgets.panels.image2 import Image2Panel
from miri_widgets.panels.image3 import Image3Panel
from miri_widgets.panels.program import ProgramPanel
from miri_widgets.panels.stage import StagePanel

__all__ = ["Detector1Panel", "Image2Panel", "Image3Panel", "ProgramPanel", "StagePanel"]
