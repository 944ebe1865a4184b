"""Which optional steps take part in the chain."""

from __future__ import annotations

from typing import Any

import ipywidgets

from miri_widgets.models.session import SessionModel
from miri_widgets.panels.parts.base_view import Part
from miri_widgets.panels.parts.theme import button, escape, text

__all__ = ["ChainView"]


class ChainView(Part):
    """
    The stages in the order in which they run; a box to tick beside each that can be left out.

    Parameters
    ----------
    session : SessionModel
        Whose chain it is.
    """

    def __init__(self, session: SessionModel) -> None:
        super().__init__("mw-chain")
        self.session = session
        self.boxes: dict[str, ipywidgets.Checkbox] = {}
        self._following = False
        rows: list[ipywidgets.Widget] = []
        for name, model in session.possible.items():
            rows.append(self._row(name, model))
        self.fold = ipywidgets.Accordion([ipywidgets.VBox(rows)], titles=("Steps",))
        self.fold.selected_index = None
        self.fold.add_class("mw-fold")
        self.children = (self.fold,)
        self.watch(session, self._follow, "chain")

    def _row(self, name: str, model: Any) -> ipywidgets.Widget:
        stage = model.stage
        words = text(escape(stage.summary), "mw-muted", "mw-chain-words")
        if not stage.optional:
            head: ipywidgets.Widget = text(f"<b>{escape(stage.short)}</b>", "mw-chain-fixed")
            open_panel: list[ipywidgets.Widget] = []
        else:
            head = ipywidgets.Checkbox(description=stage.short, indent=False)
            head.layout.width = "auto"
            head.observe(lambda change, name=name: self._ticked(name, change["new"]), "value")
            self.boxes[name] = head
            look = button("Open", "mw-link-button", tip=f"Go to {stage.short}")
            look.on_click(lambda _, name=name: self._open(name))
            open_panel = [look]
        row = ipywidgets.HBox([head, words, *open_panel])
        row.add_class("mw-chain-row")
        return row

    def _ticked(self, name: str, use: bool) -> None:
        if not self._following:
            self.session.use_stage(name, use)

    def _open(self, name: str) -> None:
        self.session.use_stage(name)
        self.session.tab = name

    def _follow(self, _: Any) -> None:
        self._following = True
        try:
            for name, box in self.boxes.items():
                box.value = name in self.session.chain
        finally:
            self._following = False
        taken = sum(box.value for box in self.boxes.values())
        title = f"Steps: {taken} of {len(self.boxes)} optional ones take part"
        if self.fold.titles != (title,):
            self.fold.titles = (title,)
