"""The newest product comes to the viewer by itself, unless the user has picked another."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

from miri_widgets.run.status_rows import RowState

if TYPE_CHECKING:
    from miri_widgets.models.session import SessionModel

__all__ = ["AutoDisplay"]

SHOW_PERIOD = 8.0
_PICTURES = ("rate", "cal", "i2d")


class AutoDisplay:
    """
    Shows the newest main product of a session.

    Parameters
    ----------
    session : SessionModel
        Whose runs are looked at.
    """

    def __init__(self, session: SessionModel) -> None:
        self.session = session
        self._newest: Path | None = None
        self._showed = 0.0

    def bring_up(self) -> None:
        """Show it when it is another than before, and the user has not picked one."""
        session, newest = self.session, self._find()
        # loading an image takes the page's time: during a job not every one is shown
        too_soon = session.running and time.monotonic() - self._showed < SHOW_PERIOD
        if newest is not None and newest != self._newest and not too_soon:
            self._newest = newest
            self._showed = time.monotonic()
            if not session.picked or session.shown is None:
                session.show(newest, picked=False)

    def _find(self) -> Path | None:
        newest = None
        for stage in self.session.stages.values():
            done = [
                row.products[0]
                for row in stage.rows
                # tables, grids and masks are no pictures of the sky
                if row.state == RowState.DONE and row.products and stage.stage.main in _PICTURES
            ]
            if done:
                newest = done[-1]
        return newest
