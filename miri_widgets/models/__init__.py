"""Observable state: a session, its program, its stages. No widgets, no pixels."""

from miri_widgets.models.program import ProgramModel
from miri_widgets.models.rows import ExposureRow, RowState, RunRow, StageState
from miri_widgets.models.session import SessionModel, open_session
from miri_widgets.models.stage import StageModel

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
