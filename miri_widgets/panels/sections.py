"""The views of a panel besides its run bar: those of every stage, and those declared by a stage."""

from __future__ import annotations

from collections.abc import Callable

from miri_widgets.models.session import SessionModel
from miri_widgets.models.stage import StageModel
from miri_widgets.panels.charts.afterimages import AfterImages
from miri_widgets.panels.charts.profiles import Profiles
from miri_widgets.panels.charts.proofs import Validations
from miri_widgets.panels.charts.sources import Sources
from miri_widgets.panels.charts.timeline import Timeline
from miri_widgets.panels.parts.applied_shifts import AppliedShifts
from miri_widgets.panels.parts.base_view import Part
from miri_widgets.panels.parts.code_view import CodeView
from miri_widgets.panels.parts.form import Form
from miri_widgets.panels.parts.images import Images
from miri_widgets.panels.parts.logview import LogView
from miri_widgets.panels.parts.products import Products
from miri_widgets.panels.parts.ratecheck import RateChecks
from miri_widgets.panels.parts.runs import Runs
from miri_widgets.steps.stage import Chart, ImageChart, Section, Stage, TimelineChart

__all__ = ["Charts", "Sections", "sections_of"]

Sections = dict[str, tuple[str, Callable[[SessionModel, StageModel], Part]]]
"""Sections of a panel: title and factory of the view by name."""


class Charts(Part):
    """
    The charts that a stage declares.

    Parameters
    ----------
    session : SessionModel
        The session.
    model : StageModel
        The stage.
    """

    def __init__(self, session: SessionModel, model: StageModel) -> None:
        super().__init__("mw-looks")
        self.children = tuple(_chart(declared, session, model) for declared in _charts_of(model.stage))


_CHARTS: dict[Chart, Callable[[SessionModel, StageModel], Part]] = {
    Chart.PROFILES: Profiles,
    Chart.AFTERIMAGES: AfterImages,
    Chart.APPLIED_SHIFTS: AppliedShifts,
}
_ADDED: dict[Section, tuple[str, Callable[[SessionModel, StageModel], Part]]] = {
    Section.CHARTS: ("Charts", Charts),
    Section.APPLIED_SHIFTS: ("Applied", Charts),
    Section.PROOF: ("Proof", Validations),
    Section.CHECK: ("Check", RateChecks),
    Section.SOURCES: ("Sources", Sources),
}


def sections_of(stage: Stage) -> Sections:
    """
    Return the sections of a stage's panel, in order.

    Parameters
    ----------
    stage : Stage
        The stage, whose declared sections follow the settings.

    Returns
    -------
    Sections
        Title and view by name.
    """
    added = stage.sections or ((Section.CHARTS, Section.PROOF) if stage.correction else ())
    return {
        "settings": ("Settings", lambda session, model: Form(model)),
        **{str(section): _ADDED[section] for section in added},
        "runs": ("Runs", Runs),
        "products": ("Products", Products),
        "log": ("Log", LogView),
        "code": ("Code", lambda session, model: CodeView(model)),
    }


def _charts_of(stage: Stage) -> tuple[Chart | TimelineChart | ImageChart, ...]:
    return stage.charts or ((Chart.PROFILES,) if stage.correction else ())


def _chart(chart: Chart | TimelineChart | ImageChart, session: SessionModel, model: StageModel) -> Part:
    if isinstance(chart, TimelineChart):
        return Timeline(session, model, chart.fact, chart.title, chart.unit)
    if isinstance(chart, ImageChart):
        return Images(session, model, chart.suffix, chart.title, chart.extensions)
    return _CHARTS[chart](session, model)
