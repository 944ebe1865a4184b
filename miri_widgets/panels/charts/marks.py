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
    Sets of marks, one for each kind of source; only what changes is drawn again.

    Parameters
    ----------
    viewer : ImageViewer
        Where.
    """

    def __init__(self, viewer: ImageViewer) -> None:
        self._viewer = viewer
        self._drawn: dict[str, list[tuple[float, float]]] = {}

    def draw(self, marks: Iterable[tuple[float, float, str]]) -> None:
        """Mark places (x, y), 0-based pixels, of a kind each, and nothing else."""
        every = list(marks)
        for kind, color in _COLOURS.items():
            label = f"sources: {kind}"
            places = [(x, y) for x, y, own in every if own == kind]
            if places == self._drawn.get(kind, []):
                continue
            self._drawn[kind] = places
            self._viewer.unmark(label)
            if places:
                self._viewer.mark(Table(rows=places, names=("x", "y")), label=label, color=color)
