"""A row of checkboxes that filter a table: filters, levels, observations."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import ipywidgets

from miri_widgets.panels.parts.base_view import Part, close_all
from miri_widgets.panels.parts.theme import escape, text

__all__ = ["CheckboxFilter"]


class CheckboxFilter(Part):
    """
    Checkboxes of which any number may be checked; none means all.

    Parameters
    ----------
    title : str
        Title of the row.
    changed : callable
        Called with the checked names after a click.
    """

    def __init__(self, title: str, changed: Callable[[tuple[str, ...]], None]) -> None:
        super().__init__("mw-ticks")
        self._changed = changed
        self._updating = False
        self.title = title
        self.boxes = ipywidgets.HBox()
        self.boxes.add_class("mw-filters")
        row = ipywidgets.HBox([text(escape(title), "mw-heading"), self.boxes])
        row.add_class("mw-row")
        self.children = (row,)

    def show(self, names: Sequence[str], ticked: Sequence[str]) -> None:
        """
        Show checkboxes; hidden if there is no choice.

        Parameters
        ----------
        names : sequence of str
            Labels of the boxes.
        ticked : sequence of str
            The checked ones.
        """
        self._updating = True
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
            self._updating = False
        self.layout.display = "" if len(names) > 1 else "none"

    def _clicked(self, _: object) -> None:
        if not self._updating:
            self._changed(tuple(box.description for box in self.boxes.children if box.value))
