"""
What the rest of the package knows of an image viewer.

Conventions, for every verb:

- arrays have shape (ny, nx); pixel positions are (x, y), 0-based, (0, 0) is the centre of the
  first pixel. The flip between the two is `miri_widgets.viewer.image.xy_to_index`, and only there.
- sky positions are `astropy.coordinates.SkyCoord`, or columns ``ra`` and ``dec`` in degrees, ICRS.
- pixel values are in the unit of the image (MJy/sr for calibrated products, DN/s for rates).
- a label names an image or a set of marks; showing a label again replaces what it names.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol, TypeAlias, runtime_checkable

import numpy as np
from astropy.coordinates import SkyCoord
from astropy.table import Table
from ipywidgets import Widget
from numpy.typing import NDArray

from miri_widgets.core.regions import Region

__all__ = ["MARK_COLOR", "ImageSource", "ImageViewer", "Position", "StretchFunction", "View"]

ImageSource: TypeAlias = Path | str | NDArray[Any]
Position: TypeAlias = SkyCoord | tuple[float, float]
MARK_COLOR = "#ffb000"

StretchFunction: TypeAlias = Literal["linear", "sqrt", "log", "arcsinh"]


@dataclass(frozen=True)
class View:
    """
    What is in view.

    Attributes
    ----------
    label : str
        Of the image on top; empty when there is none.
    black, white : float
        Its values that are drawn black and white, in its unit.
    by_pixels : bool
        Whether images lie pixel on pixel; aligned by the sky they show no overlay.
    """

    label: str
    black: float
    white: float
    by_pixels: bool = True


@runtime_checkable
class ImageViewer(Protocol):
    """
    A viewer of images that can be embedded in a page.

    Every verb may be called at any time; what is called before the viewer is ready is done, in
    order, when it is. Errors about a file are raised at once.
    """

    @property
    def widget(self) -> Widget:
        """The widget to embed. It exists from the start and says that the viewer is coming."""
        ...

    @property
    def ready(self) -> bool:
        """Whether images are drawn."""
        ...

    @property
    def labels(self) -> tuple[str, ...]:
        """Labels of the images, in the order in which they came."""
        ...

    def on_ready(self, callback: Callable[[], None]) -> None:
        """Call a function, without arguments, once the viewer is ready; at once if it is."""
        ...

    def show(self, image: ImageSource, *, label: str, extension: str = "SCI", like: str = "") -> None:
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
        like : str
            Label of an image whose black and white are taken, so that both can be compared.

        Raises
        ------
        InputError
            If the file cannot be shown; a subclass says why.
        """
        ...

    def front(self, label: str) -> bool:
        """Bring an image that is here already on top, as it is; return whether it is here."""
        ...

    def remove(self, label: str) -> None:
        """Forget an image; an unknown label is ignored."""
        ...

    def blink(self) -> None:
        """Show the next image."""
        ...

    def on_click(self, callback: Callable[[float, float], object]) -> None:
        """Call a function with the place (x, y) of every click on an image, 0-based pixels of the image on top."""
        ...

    def on_view(self, callback: Callable[[View], object]) -> None:
        """
        Call a function with what is in view, and again whenever another image comes to the front or its range changes,
        or images are aligned otherwise.

        Whoever did it: a verb, or the user within the viewer.
        """
        ...

    def overlay(
        self, mask: NDArray[np.bool_], *, label: str, color: str = MARK_COLOR, opacity: float = 0.7
    ) -> None:
        """
        Colour the pixels of a mask on top of the images; it moves with them when they are panned and zoomed.

        Where many pixels fall on one of the screen, it is coloured when any of them is marked: single
        pixels do not vanish when the whole image is in view. Images aligned by the sky instead of by
        pixels show no overlay.

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
        """Remove an overlay; an unknown label is ignored."""
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
            Of the marks, as in CSS.
        """
        ...

    def unmark(self, label: str) -> None:
        """Remove a set of marks or outlines; an unknown label is ignored."""
        ...

    def center_on(self, position: Position) -> None:
        """Bring a position, on the sky or (x, y), to the centre of the view."""
        ...

    def stretch(self, function: StretchFunction = "arcsinh", percentile: float = 99.5) -> None:
        """
        Set how values become brightness, for all images and those to come.

        Parameters
        ----------
        function : {"linear", "sqrt", "log", "arcsinh"}
            Shape of the curve.
        percentile : float
            Percentage of pixels, in the middle of the distribution, that lie between
            black and white.
        """
        ...

    def set_range(self, label: str, black: float | None = None, white: float | None = None) -> None:
        """
        Fix black and white of an image and of those shown like it; the percentile's when none is given.

        Parameters
        ----------
        label : str
            Of the image; an unknown one is ignored.
        black, white : float, optional
            In the unit of the image.

        Raises
        ------
        ParameterError
            If only one is given, one is not finite, or white is not above black.
        """
        ...

    def regions(self) -> dict[str, Any]:
        """Return the regions that the user drew, by name, as `regions.Region` objects."""
        ...

    def draw(self, regions: Sequence[Region]) -> None:
        """
        Add regions to those that the user drew: they can be changed, where the viewer can, and `regions` gives them.

        Parameters
        ----------
        regions : sequence of Region
            Those in pixels are in those of the image on top; of no kind is anything done without an image.
        """
        ...

    def erase(self) -> None:
        """Forget the regions that the user drew."""
        ...

    def outline(self, regions: Sequence[Region], *, label: str, color: str = MARK_COLOR) -> None:
        """
        Show the outlines of regions on whatever image is on top; they cannot be changed.

        Parameters
        ----------
        regions : sequence of Region
            Those on the sky follow the WCS of the image.
        label : str
            Name of this set of outlines; `unmark` takes it away.
        color : str
            Of the lines, as in CSS.
        """
        ...

    def state(self) -> dict[str, Any]:
        """
        Return what is shown, as plain values that JSON can hold.

        Returns
        -------
        dict
            ``images``: labels, in order. ``front``: the label on top. ``stretch``: ``function`` and
            ``percentile``. ``levels``: ``function``, ``black`` and ``white`` by label, of images that the user
            has set by hand. ``position``: see `miri_widgets.viewer.view_position`; None before the first image.
            ``regions``: those that the user drew, as `Region.to_dict` gives them. Before the viewer is
            ready it is what `restore` was given.
        """
        ...

    def restore(self, state: Mapping[str, Any]) -> None:
        """
        Show again what `state` told, as far as the images are here.

        Parameters
        ----------
        state : mapping
            Perhaps from a file: what is missing stays as it is, what does not fit is ignored. Images are
            not loaded: show them first. Regions come back unless some are drawn already.
        """
        ...

    def close(self) -> None:
        """Free the widgets; the viewer cannot be used afterwards."""
        ...
