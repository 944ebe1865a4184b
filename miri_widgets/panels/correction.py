"""The panel of a step of ours: live preview, proof of what it did, and a question when it did harm."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from miri_widgets.models.regions import USES
from miri_widgets.models.session import SessionModel
from miri_widgets.models.stage import StageModel
from miri_widgets.panels.charts.profiles import Profiles
from miri_widgets.panels.charts.proofs import Proofs
from miri_widgets.panels.charts.timeline import Timeline
from miri_widgets.panels.parts.base_view import Part
from miri_widgets.panels.parts.drawn import DrawnRegions
from miri_widgets.panels.parts.harm_confirmation import Consent
from miri_widgets.panels.parts.images import Images
from miri_widgets.panels.parts.preview import PreviewBar
from miri_widgets.panels.stage import Folds, StagePanel

__all__ = ["CorrectionPanel", "Looks", "images", "looks", "timeline"]


class Looks(Part):
    """
    The charts of a step.

    Parameters
    ----------
    session : SessionModel
        The session.
    model : StageModel
        The stage.
    charts : sequence of callable
        Each makes one from the model.
    """

    def __init__(
        self, session: SessionModel, model: StageModel, *charts: Callable[[SessionModel, StageModel], Part]
    ) -> None:
        super().__init__("mw-looks")
        self.children = tuple(chart(session, model) for chart in charts)


def timeline(fact: str, title: str, unit: str = "") -> Callable[[SessionModel, StageModel], Part]:
    """Return what makes a `Timeline` of a fact."""
    return lambda session, model: Timeline(session, model, fact, title, unit)


def images(
    suffix: str, title: str, planes: tuple[tuple[str, str], ...] = (("SCI", ""),)
) -> Callable[[SessionModel, StageModel], Part]:
    """Return what makes `Images` of a product."""
    return lambda session, model: Images(session, model, suffix, title, planes)


def looks(*charts: Callable[[SessionModel, StageModel], Part]) -> tuple[str, Callable[..., Part]]:
    """Return a fold with charts, for `CorrectionPanel.folds`."""
    return "Charts", lambda session, model: Looks(session, model, *charts)


class CorrectionPanel(StagePanel):
    """
    The default panel with a preview above the settings, and the proof of every run.

    Parameters
    ----------
    session : SessionModel
        The session.
    stage : str, optional
        Name of the stage; a subclass for one stage knows it.
    """

    folds: ClassVar[Folds] = {
        "settings": StagePanel.folds["settings"],
        "looks": looks(Profiles),
        "proof": ("Proof", Proofs),
        **{name: fold for name, fold in StagePanel.folds.items() if name != "settings"},
    }

    def __init__(self, session: SessionModel, stage: str = "") -> None:
        super().__init__(session, stage)
        self.consent = next(part for part in self.children if isinstance(part, Consent))
        self.preview = PreviewBar(session, self.model)
        head, foot = self.children[:4], self.children[4:]
        regions = [
            DrawnRegions(session, self.model, use.parameter, use.words, on_sky=use.on_sky)
            for use in USES
            if use.stage == self.model.name
            and (not self.model.loaded or use.parameter in tuple(self.model.settings))
        ]
        self.children = (*head, self.preview, *regions, *foot)

    def close(self) -> None:
        """Close the panel; a preview of this stage ends."""
        if self.session.previews.stage == self.model.name:
            self.session.previews.stop()
        super().close()
