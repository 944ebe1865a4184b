"""
The image viewer as the rest of the package sees it.

Conventions, for every verb:

- arrays have shape (ny, nx); pixel positions are (x, y), 0-based, (0, 0) is the centre of the
  first pixel. Only `miri_widgets.viewer.image.xy_to_index` flips them.
- sky positions are `astropy.coordinates.SkyCoord`, or columns ``ra`` and ``dec`` in degrees, ICRS.
- pixel values are in the unit of the image (MJy/sr for calibrated products, DN/s for rates).
- a label names an image or a set of marks; showing a label again replaces what it names.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, Protocol, TypeAlias, runtime_checkable

import numpy as np
from astropy.coordinates import SkyCoord
from astropy.table import Table
from ipywidgets import Widget
from numpy.typing import NDArray

from miri_widgets.core.regions import Region
from miri_widgets.viewer.view_values import Cursor, Hints, View

__all__ = [
    "MARK_COLOR",
    "Cursor",
    "Hints",
    "ImageSource",
    "ImageViewer",
    "Position",
    "StretchFunction",
]

ImageSource: TypeAlias = Path | str | NDArray[Any]
Position: TypeAlias = SkyCoord | tuple[float, float]
MARK_COLOR = "#ffb000"

StretchFunction: TypeAlias = Literal["linear", "sqrt", "log", "arcsinh"]


@runtime_checkable
class ImageViewer(Protocol):
    """
    A viewer of images that can be embedded in a page.

    Every method may be called at any time; calls before the viewer is ready are executed in order once it
    is. Errors about a file are raised at once.
    """

    @property
    def widget(self) -> Widget:
        """The widget to embed. It exists from the start and shows a placeholder until the viewer is ready."""
        ...

    @property
    def ready(self) -> bool:
        """Whether images are drawn."""
        ...

    @property
    def labels(self) -> tuple[str, ...]:
        """Labels of the images in order of arrival."""
        ...

    def on_ready(self, callback: Callable[[], None]) -> None:
        """
        Call a function, without arguments, once the viewer is ready; at once if it is.

        Parameters
        ----------
        callback : callable
            Called without arguments.
        """
        ...

    def show(
        self, image: ImageSource, *, label: str, extension: str = "SCI", hints: Hints | None = None
    ) -> None:
        """
        Show an image on top.

        Parameters
        ----------
        image : Path, str or ndarray, shape (ny, nx)
            A FITS file, or pixels.
        label : str
            Name of the image in the viewer.
        extension : str
            Extension of the file.
        hints : Hints, optional
            How it is to be drawn.

        Raises
        ------
        InputError
            If the file cannot be shown; the subclass tells the reason.
        """
        ...

    def front(self, label: str) -> bool:
        """
        Bring a loaded image on top.

        Parameters
        ----------
        label : str
            Label of the image.

        Returns
        -------
        bool
            Whether the image is loaded.
        """
        ...

    def remove(self, label: str) -> None:
        """
        Remove an image; an unknown label is ignored.

        Parameters
        ----------
        label : str
            Label of the image.
        """
        ...

    def blink(self) -> None:
        """Show the next image."""
        ...

    def on_click(self, callback: Callable[[float, float], object]) -> None:
        """
        Call a function at every click on an image.

        Parameters
        ----------
        callback : callable
            Called with (x, y), 0-based pixels of the image on top.
        """
        ...

    def on_view(self, callback: Callable[[View], object]) -> None:
        """
        Call a function with the current view and whenever the image on top, its range or the alignment changes,
        by a method or by the user within the viewer.

        Parameters
        ----------
        callback : callable
            Called with the view.
        """
        ...

    def on_cursor(self, callback: Callable[[Cursor | None], object]) -> None:
        """
        Call a function when the cursor moves over an image, and when it leaves.

        Parameters
        ----------
        callback : callable
            Called with the cursor; None when it is not over an image.
        """
        ...

    def overlay(
        self, mask: NDArray[np.bool_], *, label: str, color: str = MARK_COLOR, opacity: float = 0.7
    ) -> None:
        """
        Colour the pixels of a mask on top of the images, which follows pan and zoom.

        A screen pixel is coloured if any image pixel in it is marked, so that single pixels do not vanish
        when the whole image is in view. Images aligned by the sky show no overlay.

        Parameters
        ----------
        mask : ndarray of bool, shape (ny, nx)
            True where a pixel is coloured, in pixels of the image on top.
        label : str
            Name of this overlay.
        color : str
            As ``#rrggbb``.
        opacity : float
            Between 0 and 1.
        """
        ...

    def clear_overlay(self, label: str) -> None:
        """
        Remove an overlay; an unknown label is ignored.

        Parameters
        ----------
        label : str
            Name of the overlay.
        """
        ...

    def mark(self, positions: Table, *, label: str, color: str = MARK_COLOR) -> None:
        """
        Mark positions.

        Parameters
        ----------
        positions : Table
            Columns ``ra`` and ``dec`` in degrees, ICRS, or else ``x`` and ``y``.
        label : str
            Name of this set of marks.
        color : str
            Colour of the marks, as in CSS.
        """
        ...

    def unmark(self, label: str) -> None:
        """
        Remove a set of marks or outlines; an unknown label is ignored.

        Parameters
        ----------
        label : str
            Name of the set.
        """
        ...

    def center_on(self, position: Position) -> None:
        """
        Centre the view on a position.

        Parameters
        ----------
        position : SkyCoord or (x, y)
            Position on the sky or in pixels.
        """
        ...

    def stretch(
        self, function: StretchFunction = "arcsinh", percentile: float = 99.5, method: str = "percentile"
    ) -> None:
        """
        Set the stretch of all images, present and future; differences are drawn linearly.

        Parameters
        ----------
        function : {"linear", "sqrt", "log", "arcsinh"}
            Shape of the curve.
        percentile : float
            Percentage of pixels, in the middle of the distribution, between black and white.
        method : {"percentile", "zscale", "min-max"}
            How black and white are measured; see `miri_widgets.core.display_range.find_range`.
        """
        ...

    def set_range(self, label: str, black: float | None = None, white: float | None = None) -> None:
        """
        Fix the display range of an image and of those shown like it; the percentile's range if none is given.

        Parameters
        ----------
        label : str
            Label of the image; an unknown one is ignored.
        black, white : float, optional
            In the unit of the image.

        Raises
        ------
        ParameterError
            If only one is given, one is not finite, or white is not above black.
        """
        ...

    def regions(self) -> dict[str, Any]:
        """
        Return the regions that the user drew.

        Returns
        -------
        dict of str to regions.Region
            Regions by name.
        """
        ...

    def draw(self, regions: Sequence[Region]) -> None:
        """
        Add regions to those of the user: editable where the viewer allows it, and returned by `regions`.

        Parameters
        ----------
        regions : sequence of Region
            Regions in pixels refer to the image on top; without an image nothing is drawn.
        """
        ...

    def erase(self) -> None:
        """Remove the regions that the user drew."""
        ...

    def outline(self, regions: Sequence[Region], *, label: str, color: str = MARK_COLOR) -> None:
        """
        Show the outlines of regions on the image on top, not editable.

        Parameters
        ----------
        regions : sequence of Region
            Regions on the sky follow the WCS of the image.
        label : str
            Name of this set of outlines, which `unmark` removes.
        color : str
            Colour of the lines, as in CSS.
        """
        ...

    def state(self) -> dict[str, Any]:
        """
        Return the state of the viewer as plain values for JSON.

        Returns
        -------
        dict
            ``images``: labels, in order. ``front``: the label on top. ``stretch``: ``function``, ``percentile``
            and ``method``. ``levels``: ``function``, ``black`` and ``white`` by label, of images set by
            hand. ``position``: see `miri_widgets.viewer.view_position`; None before the first image.
            ``regions``: those of the user, from `Region.to_dict`. Before the viewer
            is ready, the state given to `restore`.
        """
        ...

    def restore(self, state: Mapping[str, Any]) -> None:
        """
        Restore a state from `state`, as far as the images are loaded.

        Parameters
        ----------
        state : mapping
            The state, perhaps from a file: missing parts stay as they are, invalid ones are ignored. Images
            are not loaded. Regions are restored unless some are drawn already.
        """
        ...

    def close(self) -> None:
        """Free the widgets; the viewer cannot be used afterwards."""
        ...
