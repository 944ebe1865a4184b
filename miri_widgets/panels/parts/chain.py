"""The optional steps of the chain."""

from __future__ import annotations

from typing import Any

import ipywidgets

from miri_widgets.models.session import SessionModel
from miri_widgets.panels.parts.base_view import Part
from miri_widgets.panels.parts.theme import button, escape, text

__all__ = ["ChainView"]


class ChainView(Part):
    """
    The stages in the order of execution, with a checkbox for each optional one.

    Parameters
    ----------
    session : SessionModel
        The session.
    """

    def __init__(self, session: SessionModel) -> None:
        super().__init__("mw-chain")
        self.session = session
        self.boxes: dict[str, ipywidgets.Checkbox] = {}
        self._updating = False
        rows: list[ipywidgets.Widget] = []
        for name, model in session.possible.items():
            rows.append(self._row(name, model))
        self.accordion = ipywidgets.Accordion([ipywidgets.VBox(rows)], titles=("Steps",))
        self.accordion.selected_index = None
        self.accordion.add_class("mw-fold")
        self.children = (self.accordion,)
        self.watch(session, self._update, "chain")

    def _row(self, name: str, model: Any) -> ipywidgets.Widget:
        stage = model.stage
        summary = text(escape(stage.summary), "mw-muted", "mw-chain-words")
        if not stage.optional:
            head: ipywidgets.Widget = text(f"<b>{escape(stage.short)}</b>", "mw-chain-fixed")
            open_panel: list[ipywidgets.Widget] = []
        else:
            head = ipywidgets.Checkbox(description=stage.short, indent=False)
            head.layout.width = "auto"
            head.observe(lambda change, name=name: self._ticked(name, change["new"]), "value")
            self.boxes[name] = head
            open_button = button("Open", "mw-link-button", tip=f"Go to {stage.short}")
            open_button.on_click(lambda _, name=name: self._open(name))
            open_panel = [open_button]
        row = ipywidgets.HBox([head, summary, *open_panel])
        row.add_class("mw-chain-row")
        return row

    def _ticked(self, name: str, use: bool) -> None:
        if not self._updating:
            self.session.use_stage(name, use)

    def _open(self, name: str) -> None:
        self.session.use_stage(name)
        self.session.tab = name

    def _update(self, _: Any) -> None:
        self._updating = True
        try:
            for name, box in self.boxes.items():
                box.value = name in self.session.chain
        finally:
            self._updating = False
        enabled = sum(box.value for box in self.boxes.values())
        title = f"Optional steps: {enabled} of {len(self.boxes)} enabled"
        if self.accordion.titles != (title,):
            self.accordion.titles = (title,)
