"""Observable state: a session, its program, its stages. No widgets, no pixels."""

from miri_widgets.models.opening import open_session
from miri_widgets.models.program import ProgramModel
from miri_widgets.models.session import SessionModel
from miri_widgets.models.stage import StageModel
from miri_widgets.run.status_rows import ExposureRow, RowState, RunRow, StageState

__all__ = [
    "ExposureRow",
    "ProgramModel",
    "RowState",
    "RunRow",
    "SessionModel",
    "StageModel",
    "StageState",
    "open_session",
]
