"""Marks of sources on an image, in the colours of their kinds."""

from __future__ import annotations

from collections.abc import Iterable

from astropy.table import Table

from miri_widgets.models.catalog_choice import CHOSEN
from miri_widgets.panels.charts.colourmagnitude import SHAPE_COLOURS
from miri_widgets.viewer import ImageViewer

__all__ = ["SourceMarks"]

_COLOURS = {**SHAPE_COLOURS, CHOSEN: "#ff2d2d"}


class SourceMarks:
    """
    Sets of marks, one per kind of source; only changed sets are redrawn.

    Parameters
    ----------
    viewer : ImageViewer
        The viewer.
    """

    def __init__(self, viewer: ImageViewer) -> None:
        self._viewer = viewer
        self._drawn_state: dict[str, list[tuple[float, float]]] = {}

    def draw(self, marks: Iterable[tuple[float, float, str]]) -> None:
        """
        Mark positions, replacing all earlier marks.

        Parameters
        ----------
        marks : iterable of (float, float, str)
            x, y (0-based pixels) and kind of each source.
        """
        all_marks = list(marks)
        for kind, color in _COLOURS.items():
            label = f"sources: {kind}"
            positions = [(x, y) for x, y, mark_kind in all_marks if mark_kind == kind]
            if positions == self._drawn_state.get(kind, []):
                continue
            self._drawn_state[kind] = positions
            self._viewer.unmark(label)
            if positions:
                self._viewer.mark(Table(rows=positions, names=("x", "y")), label=label, color=color)
