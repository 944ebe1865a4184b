"""Regions on a jdaviz viewer: editable ones of the user, and fixed outlines."""

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
_FIXED = "drawn, but not by jdaviz' tools"


class Drawings:
    """
    The regions.

    Parameters
    ----------
    app : jdaviz.App
        The app whose tools draw.
    viewer : callable
        Returns its image viewer, or None before the first image.
    wcs : callable
        Returns the WCS of the axes of the viewer, or None.
    """

    def __init__(self, app: Any, viewer: Callable[[], Any], wcs: Callable[[], Any]) -> None:
        self._app, self._viewer, self._wcs = app, viewer, wcs
        self._fixed: tuple[Region, ...] = ()
        self._cache: tuple[Any, list[dict[str, Any]]] = (None, [])
        self._sets: dict[str, tuple[Sequence[Region], str]] = {}
        self._marks: dict[str, bqplot.Lines] = {}

    def user_regions(self) -> dict[str, Any]:
        """
        Return the regions of the user by name, as objects of the package `regions`.

        Returns
        -------
        dict of str to regions.Region
            The regions.
        """
        if self._viewer() is None:
            return {}
        editable = dict(self._app.plugins["Subset Tools"].get_regions())
        fixed = {
            f"{region.shape.capitalize()} {n}": to_astropy(region) for n, region in enumerate(self._fixed, 1)
        }
        return {**editable, **fixed}

    def plain(self) -> list[dict[str, Any]]:
        """
        Return the regions of the user as plain values.

        jdaviz is queried only after a change, as it warns on the page each time about unsupported shapes.

        Returns
        -------
        list of dict
            One dict per region.
        """
        groups = self._app._app.data_collection.subset_groups
        fingerprint = self._fixed, tuple((group.label, _fingerprint(group.subset_state)) for group in groups)
        if fingerprint != self._cache[0]:
            self._cache = fingerprint, plain_regions(self.user_regions())
        return list(self._cache[1])

    def draw(self, regions: Sequence[Region]) -> None:
        """
        Add regions of the user; polygons, which jdaviz cannot edit, stay fixed.

        Parameters
        ----------
        regions : sequence of Region
            Regions in pixels or on the sky.
        """
        if self._viewer() is None:
            return
        on_sky = self._app._app._align_by == "wcs"  # private: how the plugin "Orientation" aligns
        for region in regions:
            inverse = inverse_of(self._wcs()) if region.sky else None
            if region.shape not in _DRAWABLE or (region.sky and inverse is None):
                self._fixed = (*self._fixed, region)
                continue
            # the package `regions` would invert the WCS, which folds far positions onto the image
            drawn = region.on_pixels(inverse) if inverse is not None and not on_sky else region
            self._app.plugins["Subset Tools"].import_region(to_astropy(drawn), combination_mode="new")
        self.outline(_FIXED, self._fixed, MARK_COLOR)

    def erase(self) -> None:
        """Remove the regions of the user."""
        data = self._app._app.data_collection
        for drawn in list(data.subset_groups):
            data.remove_subset_group(drawn)
        self._fixed = ()
        self.remove_outline(_FIXED)

    def move(self, name: str, candidates: Iterable[str]) -> None:
        """
        Attach the regions drawn on an image to another one before the image is removed.

        Trap: jdaviz does this itself, but fails on the last image, and without its plugin "Orientation".

        Parameters
        ----------
        name : str
            Name of the image in jdaviz.
        candidates : iterable of str
            Names of other images in jdaviz.
        """
        data = self._app._app.data_collection
        old = data[name]
        successor = next(
            (data[candidate] for candidate in candidates if candidate in self._app.datasets), None
        )
        for drawn in list(data.subset_groups):
            if successor is None:
                data.remove_subset_group(drawn)
                continue
            states = [drawn.subset_state]
            while states:
                state = states.pop()
                states += [operand for key in ("state1", "state2") if (operand := getattr(state, key, None))]
                for key in ("xatt", "yatt"):
                    axis = getattr(state, key, None)
                    if axis is not None and axis in old.pixel_component_ids:
                        index = old.pixel_component_ids.index(axis)
                        setattr(state, key, successor.pixel_component_ids[index])

    def outline(self, label: str, regions: Sequence[Region], color: str) -> None:
        """
        Show outlines, replacing those with the same label.

        Parameters
        ----------
        label : str
            Name of this set of outlines.
        regions : sequence of Region
            The regions.
        color : str
            Colour of the lines, as in CSS.
        """
        self._sets[label] = regions, color
        self.redraw()

    def remove_outline(self, label: str) -> None:
        """
        Remove outlines; an unknown label is ignored.

        Parameters
        ----------
        label : str
            Name of the set of outlines.
        """
        if self._sets.pop(label, None) is not None:
            self.redraw()

    def redraw(self) -> None:
        """Draw the outlines on the image on top."""
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
        remaining = [mark for mark in figure.marks if mark not in old.values()]
        figure.marks = [*remaining, *self._marks.values()]
        for mark in old.values():
            mark.close()


def _fingerprint(state: Any) -> tuple[str, ...]:
    """Return a fingerprint of the definition of a subset."""
    operands = [operand for key in ("state1", "state2") if (operand := getattr(state, key, None)) is not None]
    own = type(state).__name__, repr(vars(state.roi)) if getattr(state, "roi", None) is not None else ""
    return (*own, *(text for operand in operands for text in _fingerprint(operand)))
