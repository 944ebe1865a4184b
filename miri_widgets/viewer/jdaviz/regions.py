"""Regions on a jdaviz viewer: those that the user draws and changes, and outlines that only lie there."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import bqplot

from miri_widgets.core.regions import Region
from miri_widgets.products.image_wcs import inverse_of
from miri_widgets.products.tables.region_files import to_astropy
from miri_widgets.viewer.outlines import outlines
from miri_widgets.viewer.protocol import MARK_COLOR
from miri_widgets.viewer.state import plain_regions

__all__ = ["Drawings"]

_DRAWABLE = ("circle", "ellipse", "rectangle")  # what jdaviz' own tools draw and read back
_HELD = "drawn, but not by jdaviz' tools"


class Drawings:
    """
    The regions.

    Parameters
    ----------
    app : jdaviz.App
        Whose tools draw.
    viewer : callable
        Gives its image viewer, or None before the first image.
    wcs : callable
        Gives the WCS that belongs to the axes of the viewer, or None.
    """

    def __init__(self, app: Any, viewer: Callable[[], Any], wcs: Callable[[], Any]) -> None:
        self._app, self._viewer, self._wcs = app, viewer, wcs
        self._held: tuple[Region, ...] = ()
        self._told: tuple[Any, list[dict[str, Any]]] = (None, [])
        self._sets: dict[str, tuple[Sequence[Region], str]] = {}
        self._marks: dict[str, bqplot.Lines] = {}

    def drawn(self) -> dict[str, Any]:
        """Return what the user drew, by name, as objects of the package `regions`."""
        if self._viewer() is None:
            return {}
        found = dict(self._app.plugins["Subset Tools"].get_regions())
        held = {f"{one.shape.capitalize()} {n}": to_astropy(one) for n, one in enumerate(self._held, 1)}
        return {**found, **held}

    def plain(self) -> list[dict[str, Any]]:
        """
        Return what the user drew as plain values.

        jdaviz is asked only when something changed: it tells the page each time of shapes that it cannot give.
        """
        groups = self._app._app.data_collection.subset_groups
        mark = self._held, tuple((one.label, _mark(one.subset_state)) for one in groups)
        if mark != self._told[0]:
            self._told = mark, plain_regions(self.drawn())
        return list(self._told[1])

    def draw(self, regions: Sequence[Region]) -> None:
        """Add to what the user drew; jdaviz knows no polygons, they are kept here."""
        if self._viewer() is None:
            return
        on_sky = self._app._app._align_by == "wcs"  # private: how the plugin "Orientation" aligns
        for region in regions:
            inverse = inverse_of(self._wcs()) if region.sky else None
            if region.shape not in _DRAWABLE or (region.sky and inverse is None):
                self._held = (*self._held, region)
                continue
            # the package `regions` would invert the WCS, which folds far positions onto the image
            drawn = region.on_pixels(inverse) if inverse is not None and not on_sky else region
            self._app.plugins["Subset Tools"].import_region(to_astropy(drawn), combination_mode="new")
        self.outline(_HELD, self._held, MARK_COLOR)

    def erase(self) -> None:
        """Forget what the user drew."""
        data = self._app._app.data_collection
        for drawn in list(data.subset_groups):
            data.remove_subset_group(drawn)
        self._held = ()
        self.take_away(_HELD)

    def move(self, name: str, others: Iterable[str]) -> None:
        """
        Let what was drawn on an image belong to another one, before the image goes; names are those in jdaviz.

        Trap: jdaviz does this itself, but fails on the last image, and without its plugin "Orientation".
        """
        data = self._app._app.data_collection
        old = data[name]
        other = next((data[one] for one in others if one in self._app.datasets), None)
        for drawn in list(data.subset_groups):
            if other is None:
                data.remove_subset_group(drawn)
                continue
            states = [drawn.subset_state]
            while states:
                state = states.pop()
                states += [part for key in ("state1", "state2") if (part := getattr(state, key, None))]
                for key in ("xatt", "yatt"):
                    axis = getattr(state, key, None)
                    if axis is not None and axis in old.pixel_component_ids:
                        place = old.pixel_component_ids.index(axis)
                        setattr(state, key, other.pixel_component_ids[place])

    def outline(self, label: str, regions: Sequence[Region], color: str) -> None:
        """Show outlines, instead of those with the same label."""
        self._sets[label] = regions, color
        self.redraw()

    def take_away(self, label: str) -> None:
        """Remove outlines; an unknown label is ignored."""
        if self._sets.pop(label, None) is not None:
            self.redraw()

    def redraw(self) -> None:
        """Let the outlines lie right on the image on top, which may be another one."""
        # Private: the offered viewer has no figure.
        drawer = getattr(getattr(self._viewer(), "_obj", None), "glue_viewer", None)
        if drawer is None or not (self._sets or self._marks):
            return
        figure, scales = drawer.figure, dict(drawer.scales)
        old, self._marks = self._marks, {}
        for label, (regions, color) in self._sets.items():
            x, y = outlines(regions, self._wcs())
            if len(x):
                self._marks[label] = bqplot.Lines(
                    x=x,
                    y=y,
                    colors=[color],
                    stroke_width=1.8,
                    scales=scales,
                )
        kept = [mark for mark in figure.marks if mark not in old.values()]
        figure.marks = [*kept, *self._marks.values()]
        for mark in old.values():
            mark.close()


def _mark(state: Any) -> tuple[str, ...]:
    """Return what tells one definition of a subset from another."""
    parts = [part for key in ("state1", "state2") if (part := getattr(state, key, None)) is not None]
    own = type(state).__name__, repr(vars(state.roi)) if getattr(state, "roi", None) is not None else ""
    return (*own, *(word for part in parts for word in _mark(part)))
