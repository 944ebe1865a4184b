"""What is to be reported of a session, as values: read in the session's thread, used in any other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from miri_widgets.errors import EngineError
from miri_widgets.models.stage import PLANNING
from miri_widgets.report.facts import ReportRequest

if TYPE_CHECKING:
    from miri_widgets.models.session import SessionModel

__all__ = ["request_of"]


def request_of(session: SessionModel) -> ReportRequest:
    """
    Return what is to be reported; call it in the thread of the session.

    Raises
    ------
    EngineError
        If the plans are not those of the settings of now, or there is none.
    """
    if session.planning:
        raise EngineError("no report can be made now", "plans of the settings of now", PLANNING.rstrip("."))
    blockers = session.programs.blockers()
    if blockers or not session.plans:
        reason = " ".join(blockers) or session.trouble or "run a stage first"
        raise EngineError("nothing to report", "exposures with planned runs", reason.rstrip("."))
    programs = session.programs
    return ReportRequest(
        session.program,
        session.services,
        tuple(session.plans),
        dict(session.refused),
        tuple((model.stage, model.settings) for model in session.stages.values()),
        tuple((one, one.root not in programs.excluded) for one in programs.exposures),
        tuple(programs.warnings),
        dict(session.tags.tags),
        tuple(str(problem.error) for problem in programs.problems),
    )
