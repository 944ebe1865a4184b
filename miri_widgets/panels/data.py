"""The panel to download data: exposures from the archive, reference files from CRDS."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import ipywidgets

from miri_widgets.models.archive import ArchiveModel
from miri_widgets.models.references import ReferencesModel
from miri_widgets.models.session import SessionModel
from miri_widgets.panels.archive import ArchivePanel
from miri_widgets.panels.parts.base_view import Part, close_hidden
from miri_widgets.panels.parts.tabs import Tabs
from miri_widgets.panels.parts.theme import stylesheet
from miri_widgets.panels.references import ReferencesPanel
from miri_widgets.products.observing_modes import assumed_modes, modes_of

__all__ = ["DataPanel"]


class DataPanel(Part):
    """
    The data needed to reduce a program, and their download.

    Parameters
    ----------
    session : SessionModel
        The session, which rescans its folders after downloads.
    """

    titles: ClassVar[dict[str, str]] = {"archive": "Exposures (MAST)", "references": "Reference files (CRDS)"}

    def __init__(self, session: SessionModel) -> None:
        super().__init__("mw-app", "mw-panel")
        self.session = session
        program = session.program
        # a twin's folders are not those of the real exposures
        folder = (*program.awaited, *program.folders)[0]
        self.archive = ArchiveModel(folder, program.program.lstrip("0"))
        self.references = ReferencesModel(
            program.environment(),
            lambda: modes_of(session.programs.included) or assumed_modes(self.archive.files),
        )
        self.views: dict[str, Part] = {}
        self._factories: dict[str, Callable[[], Part]] = {
            "archive": lambda: ArchivePanel(self.archive),
            "references": lambda: ReferencesPanel(self.references),
        }
        self.tabs = Tabs(
            items=[{"id": name, "title": title} for name, title in self.titles.items()], variant="plain"
        )
        self.body = ipywidgets.VBox()
        self.body.add_class("mw-body")
        self.children = (stylesheet(), self.tabs, self.body)
        self.tabs.observe(self._open, "active")
        self.archive.observe(self._rescan, "fetched")
        self.references.observe(self._replan, "needs")
        self.tabs.active = "archive"

    def _open(self, change: dict[str, Any]) -> None:
        name = change["new"]
        if name in self._factories:
            if name not in self.views:
                self.views[name] = self._factories[name]()
            self.body.children = (self.views[name],)

    def _rescan(self, _: Any) -> None:
        self.session.rescan()

    def _replan(self, _: Any) -> None:
        """Plan again, as the query set the context of an empty cache."""
        self.session.touch()

    def close(self) -> None:
        """Close both views and their models; a download stops, and complete files are kept."""
        close_hidden(self.views.values(), self.body)
        super().close()
        self.archive.close()
        self.references.close()
