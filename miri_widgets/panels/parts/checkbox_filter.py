"""A row of boxes that narrow a table: filters, levels, observations."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import ipywidgets

from miri_widgets.panels.parts.base_view import Part, close_all
from miri_widgets.panels.parts.theme import escape, text

__all__ = ["Ticks"]


class Ticks(Part):
    """
    Boxes of which any number may be ticked; none means all.

    Parameters
    ----------
    title : str
        What they choose, for people.
    changed : callable
        Takes the ticked names, when the user has clicked.
    """

    def __init__(self, title: str, changed: Callable[[tuple[str, ...]], None]) -> None:
        super().__init__("mw-ticks")
        self._changed = changed
        self._following = False
        self.title = title
        self.boxes = ipywidgets.HBox()
        self.boxes.add_class("mw-filters")
        row = ipywidgets.HBox([text(escape(title), "mw-heading"), self.boxes])
        row.add_class("mw-row")
        self.children = (row,)

    def show(self, names: Sequence[str], ticked: Sequence[str]) -> None:
        """Show these names; hidden when there is nothing to choose between."""
        self._following = True
        try:
            if [box.description for box in self.boxes.children] != list(names):
                for box in self.boxes.children:
                    close_all(box)
                boxes = []
                for name in names:
                    box = ipywidgets.Checkbox(description=name, indent=False, tooltip=f"{self.title}: {name}")
                    box.observe(self._clicked, "value")
                    boxes.append(box)
                self.boxes.children = tuple(boxes)
            for box in self.boxes.children:
                box.value = box.description in ticked
        finally:
            self._following = False
        self.layout.display = "" if len(names) > 1 else "none"

    def _clicked(self, _: object) -> None:
        if not self._following:
            self._changed(tuple(box.description for box in self.boxes.children if box.value))
