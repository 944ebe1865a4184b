"""The panel of showers: differences of groups in the viewer, and what was drawn on them."""

from __future__ import annotations

from typing import ClassVar

import ipywidgets

from miri_widgets.models.session import SessionModel
from miri_widgets.panels.parts.groupdiff import GroupDifferences
from miri_widgets.panels.parts.showerlist import ShowerList
from miri_widgets.panels.stage import StagePanel

__all__ = ["ShowersPanel"]


class ShowersPanel(StagePanel):
    """
    Showers stage: the default panel below the group differences and the list of showers.

    Parameters
    ----------
    session : SessionModel
        The session.
    stage : str, optional
        As for `StagePanel`.
    """

    stage_name: ClassVar[str] = "showers"

    def __init__(self, session: SessionModel, stage: str = "") -> None:
        super().__init__(session, stage)
        self.groups = GroupDifferences(session)
        self.showers = ShowerList(session)
        shown: tuple[ipywidgets.Widget, ...] = self.children
        self.children = (*shown[:3], self.groups, self.showers, *shown[3:])

    def leave(self) -> None:
        """Remove the differences of groups from the viewer."""
        self.session.showers.stop()

    def close(self) -> None:
        """Close the panel and remove its picture from the viewer."""
        self.session.showers.stop()
        super().close()
