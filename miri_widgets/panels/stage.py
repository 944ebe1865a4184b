"""The default panel of a stage."""

from __future__ import annotations

from typing import Any, ClassVar

import ipywidgets

from miri_widgets.models.session import SessionModel
from miri_widgets.panels.parts.base_view import Part, close_hidden, soon
from miri_widgets.panels.parts.harm_confirmation import HarmConfirmation
from miri_widgets.panels.parts.runbar import Runbar
from miri_widgets.panels.parts.tabs import Tabs
from miri_widgets.panels.parts.theme import escape, help_page, help_text, stylesheet, text
from miri_widgets.panels.sections import Sections, sections_of

__all__ = ["StagePanel"]


class StagePanel(Part):
    """
    Run bar on top; settings, runs, products, log and code below, each created when opened.

    Parameters
    ----------
    session : SessionModel
        The session.
    stage : str, optional
        Name of the stage; set by subclasses for one stage.
    """

    stage_name: ClassVar[str] = ""

    def __init__(self, session: SessionModel, stage: str = "") -> None:
        super().__init__("mw-app", "mw-panel")
        self.session = session
        self.model = session.stages[stage or self.stage_name]
        self.sections = self.make_sections()
        self.runbar = Runbar(self.model)
        self.tabs = Tabs(
            items=[{"id": name, "title": title} for name, (title, _) in self.sections.items()],
            variant="plain",
        )
        self.closed = False
        self.views: dict[str, Part] = {}
        self.body = ipywidgets.VBox()
        self.body.add_class("mw-body")
        confirmation = [HarmConfirmation(self.model)] if self.model.stage.is_own else []
        self.children = (stylesheet(), self._heading(), self.runbar, *confirmation, self.tabs, self.body)
        self.tabs.observe(self._open, "active")
        self._was_active = self.model.active
        self.tabs.active = "runs" if self.model.active else "settings"
        self.watch(self.model, self._update, "rows")
        self.watch_event(self.model, self._open_requested, "view_requested")

    def make_sections(self) -> Sections:
        """
        Return the sections below the run bar, from the declaration of the stage.

        Returns
        -------
        Sections
            Title and view by name.
        """
        return sections_of(self.model.stage)

    def _open_requested(self, event: Any) -> None:
        """Open the view that was requested."""
        if event["new"] in self.sections:
            self.tabs.active = event["new"]

    def _heading(self) -> ipywidgets.HTML:
        stage = self.model.stage
        page = help_page(stage.name) or (help_text(stage.help) if stage.help else "")
        details = f"<details><summary>? What this stage does</summary>{page}</details>" if page else ""
        title, _, rest = stage.title.partition(":")
        return text(
            f"<h2>{escape(title)}<span>{escape(rest.strip())}</span></h2><p>{escape(stage.summary)}</p>{details}",
            "mw-panel-head",
        )

    def _open(self, change: dict[str, Any]) -> None:
        name = change["new"]
        if name not in self.sections:
            return
        if name in self.views or self.body.children:
            self._show_view(name)
        else:
            # the first view is made after the rest of the panel has gone out to the page
            soon(lambda: None if self.closed else self._show_view(self.tabs.active))

    def _show_view(self, name: str) -> None:
        if name not in self.views:
            self.views[name] = self.sections[name][1](self.session, self.model)
            if name == "settings":
                self._request_crds()
        self.body.children = (self.views[name],)

    def _request_crds(self) -> None:
        if "settings" in self.views and self.model.loaded:
            self.session.ask_crds(self.model.name)

    def _update(self, _: Any) -> None:
        if self.model.active and not self._was_active:
            self.tabs.active = "runs"
        self._was_active = self.model.active
        counts = {"runs": len(self.model.rows), "products": len(self.model.products)}
        self.tabs.items = [
            {"id": name, "title": title, "detail": str(counts[name]) if counts.get(name) else ""}
            for name, (title, _) in self.sections.items()
        ]
        self._request_crds()

    def leave(self) -> None:
        """Stop activities that run only while the panel is in front."""

    def close(self) -> None:
        """Close the panel and all its views."""
        self.closed = True
        close_hidden(self.views.values(), self.body)
        super().close()
