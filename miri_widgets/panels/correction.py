"""The panel of a correction step: live preview, validation of its runs, and confirmation of harm."""

from __future__ import annotations

from miri_widgets.models.session import SessionModel
from miri_widgets.panels.parts.drawn import DrawnRegions
from miri_widgets.panels.parts.harm_confirmation import HarmConfirmation
from miri_widgets.panels.parts.preview import PreviewBar
from miri_widgets.panels.stage import StagePanel

__all__ = ["CorrectionPanel"]


class CorrectionPanel(StagePanel):
    """
    The default panel with a preview above the settings, and the validation of every run.

    Parameters
    ----------
    session : SessionModel
        The session.
    stage : str, optional
        Name of the stage; set by subclasses for one stage.
    """

    def __init__(self, session: SessionModel, stage: str = "") -> None:
        super().__init__(session, stage)
        self.harm_confirmation = next(child for child in self.children if isinstance(child, HarmConfirmation))
        self.preview = PreviewBar(session, self.model)
        head, foot = self.children[:4], self.children[4:]
        regions = [
            DrawnRegions(session, self.model, region.parameter, region.contents, on_sky=region.on_sky)
            for region in self.model.stage.regions
            if not self.model.loaded or region.parameter in tuple(self.model.settings)
        ]
        self.children = (*head, self.preview, *regions, *foot)

    def close(self) -> None:
        """Close the panel and end a preview of this stage."""
        if self.session.previews.stage == self.model.name:
            self.session.previews.stop()
        super().close()
