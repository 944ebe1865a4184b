"""Where exposures lie on the sky, from headers."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from miri_widgets.analysis.footprints import Corners, known_footprints, read_footprints
from miri_widgets.models.background import BackgroundValue
from miri_widgets.models.subscriptions import Subscriptions
from miri_widgets.products.exposure import Exposure

if TYPE_CHECKING:
    from miri_widgets.models.session import SessionModel
    from miri_widgets.models.stage import StageModel

__all__ = ["FootprintsModel"]


class FootprintsModel(BackgroundValue):
    """
    The footprints of all exposures that go into a stage: of its inputs, else of the raw exposures.

    Parameters
    ----------
    session : SessionModel
        The session.
    model : StageModel
        The stage.
    """

    def __init__(self, session: SessionModel, model: StageModel) -> None:
        super().__init__(session.background)
        self.session, self.model = session, model
        self.files: Mapping[str, Path] = {}
        self._watches = Subscriptions()
        self._watches.add(model, self._follow, "rows")
        self._follow(None)

    def _follow(self, _: object) -> None:
        if self.session.closed:
            return
        self.files = self.session.inputs_of(self.model.name)
        included = self.session.programs.included
        self.request(
            (tuple(self.files.values()), tuple(exposure.root for exposure in included)),
            _all_of,
            self.files,
            included,
        )

    def close(self) -> None:
        """Let go of the stage, too."""
        self._watches.end()
        super().close()


def _all_of(files: Mapping[str, Path], exposures: tuple[Exposure, ...]) -> dict[str, Corners]:
    return {**known_footprints(exposures), **read_footprints(files.values())}
