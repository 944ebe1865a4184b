"""The parameters that CRDS gives for a stage, looked up once for the exposures of a session."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

from miri_widgets.models.capabilities import HasBackground
from miri_widgets.models.stage import StageModel
from miri_widgets.run.setting_layers import checked_layer
from miri_widgets.settings import Source

__all__ = ["CrdsParameters"]


class CrdsParameters:
    """
    Looks the parameters of stages up; their settings get them as a layer.

    Parameters
    ----------
    session : HasBackground
        The session.
    """

    def __init__(self, session: HasBackground) -> None:
        self.session = session
        self._requested: set[str] = set()

    def request(self, stage: StageModel) -> None:
        """
        Look the parameters of a stage up, once; needs a run, whose exposure selects them.

        Parameters
        ----------
        stage : StageModel
            The stage; nothing happens while it has no planned run, or where it has no parameter
            files.
        """
        if stage.name in self._requested or stage.stage.is_own or self.session.closed:
            return
        path = self._selecting(stage)
        if path is not None:
            self._requested.add(stage.name)
            stage.asking = True
            take = partial(self._take, stage)
            look_up = self.session.services.crds_layer
            # without an answer of CRDS the defaults of the pipeline hold
            self.session.background.start(look_up, stage.name, path, done=take, failed=lambda _: take({}))

    def _selecting(self, stage: StageModel) -> Path | None:
        """Return a file whose header selects the CRDS parameter files: any product of the exposure does."""
        row = next(iter(stage.rows), None)
        exposure = self.session.programs.find(row.exposures[0]) if row is not None and row.exposures else None
        return exposure.path if exposure else None

    def _take(self, stage: StageModel, values: Any) -> None:
        stage.asking = False
        layer = checked_layer(stage.settings.declared, values, [])
        stage.settings = stage.settings.with_layer(Source.CRDS, layer)
