"""What draws images on the page: the verbs that every library behind the viewer has."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

import numpy as np
from astropy.table import Table
from ipywidgets import Widget
from numpy.typing import NDArray

from miri_widgets.core.regions import Region
from miri_widgets.viewer.image import ViewerImage
from miri_widgets.viewer.protocol import Position, StretchFunction, View

__all__ = ["Backend"]


class Backend(Protocol):
    """What draws: one class per library. Images are loaded and labels are safe before they get here."""

    widget: Widget

    def show(self, image: ViewerImage, label: str, like: str) -> None:
        """Show an image on top, instead of one with the same label, with black and white of another."""

    def front(self, label: str) -> None:
        """Bring an image that is here already on top."""

    def remove(self, label: str) -> None:
        """Forget an image."""

    def blink(self) -> None:
        """Show the next image."""

    def on_click(self, callback: Callable[[float, float], object]) -> None:
        """Call a function with the place (x, y) of every click."""

    def on_view(self, callback: Callable[[View], object]) -> None:
        """Call a function with what is in view, now and whenever it changes."""

    def overlay(self, mask: NDArray[np.bool_], label: str, color: str, opacity: float) -> None:
        """Colour pixels, instead of an overlay with the same label."""

    def clear_overlay(self, label: str) -> None:
        """Remove an overlay."""

    def set_range(self, label: str, black: float | None, white: float | None) -> None:
        """Fix black and white of an image and of those like it, or let them go."""

    def mark(self, positions: Table, label: str, color: str) -> None:
        """Mark positions, instead of marks with the same label."""

    def unmark(self, label: str) -> None:
        """Remove marks."""

    def center_on(self, position: Position) -> None:
        """Bring a position to the centre."""

    def stretch(self, function: StretchFunction, percentile: float) -> None:
        """Set how values become brightness."""

    def regions(self) -> dict[str, Any]:
        """Return the regions that the user drew."""

    def draw(self, regions: Sequence[Region]) -> None:
        """Add regions to those that the user drew."""

    def erase(self) -> None:
        """Forget the regions that the user drew."""

    def outline(self, regions: Sequence[Region], label: str, color: str) -> None:
        """Show outlines, instead of those with the same label."""

    def state(self) -> dict[str, Any]:
        """Return what is shown; see `ImageViewer.state`, without ``images``."""

    def restore(self, state: Mapping[str, Any]) -> None:
        """Show that again; the state is checked."""

    def close(self) -> None:
        """Free the widgets."""
