"""The panel of any stage: its declared view, else the default one."""

from __future__ import annotations

from importlib import import_module

from miri_widgets.models.session import SessionModel
from miri_widgets.panels.correction import CorrectionPanel
from miri_widgets.panels.stage import StagePanel
from miri_widgets.steps.stage import Stage

__all__ = ["panel_class", "stage_panel"]


def panel_class(stage: Stage) -> type[StagePanel]:
    """
    Return the class of a stage's panel.

    Parameters
    ----------
    stage : Stage
        The stage; its `view` is imported.

    Returns
    -------
    type
        The class.

    Raises
    ------
    TypeError
        If its `view` is no panel.
    """
    if not stage.view:
        return CorrectionPanel if stage.correction else StagePanel
    module, _, name = stage.view.partition(":")
    view_class = getattr(import_module(module), name)
    if not (isinstance(view_class, type) and issubclass(view_class, StagePanel)):
        raise TypeError(
            f"{stage.view} is no StagePanel; a view of the stage {stage.name} is one; correct `view`"
        )
    return view_class


def stage_panel(session: SessionModel, name: str) -> StagePanel:
    """
    Return the panel of a stage for display.

    Parameters
    ----------
    session : SessionModel
        The session.
    name : str
        A stage of the session.

    Returns
    -------
    StagePanel
        The panel.
    """
    return panel_class(session.stages[name].stage)(session, name)
