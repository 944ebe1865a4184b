"""The panel of a correction step: live preview, validation of its runs, and confirmation of harm."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from miri_widgets.models.regions import USES
from miri_widgets.models.session import SessionModel
from miri_widgets.models.stage import StageModel
from miri_widgets.panels.charts.profiles import Profiles
from miri_widgets.panels.charts.proofs import Validations
from miri_widgets.panels.charts.timeline import Timeline
from miri_widgets.panels.parts.base_view import Part
from miri_widgets.panels.parts.drawn import DrawnRegions
from miri_widgets.panels.parts.harm_confirmation import HarmConfirmation
from miri_widgets.panels.parts.images import Images
from miri_widgets.panels.parts.preview import PreviewBar
from miri_widgets.panels.stage import Sections, StagePanel

__all__ = ["ChartsView", "CorrectionPanel", "charts_section", "images", "timeline"]


class ChartsView(Part):
    """
    The charts of a step.

    Parameters
    ----------
    model : StageModel
        The stage.
    charts : sequence of callable
        Factories, called with the stage model.
    """

    def __init__(self, model: StageModel, *charts: Callable[[StageModel], Part]) -> None:
        super().__init__("mw-looks")
        self.children = tuple(chart(model) for chart in charts)


def timeline(fact: str, title: str, unit: str = "") -> Callable[[StageModel], Part]:
    """
    Return a factory of a `Timeline`.

    Parameters
    ----------
    fact : str
        Name of the number in the report of an exposure.
    title : str
        Title of the chart.
    unit : str
        Unit of the number.

    Returns
    -------
    callable
        Creates the chart for a stage model.
    """
    return lambda model: Timeline(model, fact, title, unit)


def images(
    suffix: str, title: str, planes: tuple[tuple[str, str], ...] = (("SCI", ""),)
) -> Callable[[StageModel], Part]:
    """
    Return a factory of `Images`.

    Parameters
    ----------
    suffix : str
        Suffix of the product.
    title : str
        Title above the buttons.
    planes : tuple of (str, str)
        Extension and description of each image.

    Returns
    -------
    callable
        Creates the buttons for a stage model.
    """
    return lambda model: Images(model, suffix, title, planes)


def charts_section(*charts: Callable[[StageModel], Part]) -> tuple[str, Callable[..., Part]]:
    """
    Return a section with charts for `CorrectionPanel.sections`.

    Parameters
    ----------
    *charts
        Factories of charts.

    Returns
    -------
    tuple of (str, callable)
        Title and factory of the section.
    """
    return "Charts", lambda model: ChartsView(model, *charts)


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

    sections: ClassVar[Sections] = {
        "settings": StagePanel.sections["settings"],
        "charts": charts_section(Profiles),
        "proof": ("Proof", Validations),
        **{name: section for name, section in StagePanel.sections.items() if name != "settings"},
    }

    def __init__(self, session: SessionModel, stage: str = "") -> None:
        super().__init__(session, stage)
        self.harm_confirmation = next(child for child in self.children if isinstance(child, HarmConfirmation))
        self.preview = PreviewBar(self.model)
        head, foot = self.children[:4], self.children[4:]
        regions = [
            DrawnRegions(self.model, use.parameter, use.words, on_sky=use.on_sky)
            for use in USES
            if use.stage == self.model.name
            and (not self.model.loaded or use.parameter in tuple(self.model.settings))
        ]
        self.children = (*head, self.preview, *regions, *foot)

    def close(self) -> None:
        """Close the panel and end a preview of this stage."""
        if self.session.previews.stage == self.model.name:
            self.session.previews.stop()
        super().close()
