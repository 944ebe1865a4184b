"""What the viewer of a page shows and is to show: product, extension, marks, and what is drawn on the image."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Protocol

import traitlets

from miri_widgets.models.in_view import InView, product_in_view
from miri_widgets.models.stage import StageModel
from miri_widgets.models.subscriptions import emit
from miri_widgets.run.status_rows import RowState

__all__ = ["NoViewer", "ViewedImage", "ViewerPort", "latest_image"]

SHOW_PERIOD = 8.0
"""Least time between two products that come to the viewer by themselves during a job, s: an image takes page time."""

_IMAGES = ("rate", "cal", "i2d")


class ViewerPort(Protocol):
    """What models ask of the viewer that draws their images."""

    def regions(self) -> Mapping[str, Any]:
        """Return the drawn regions by name, as objects of the package `regions`."""

    def state(self) -> Mapping[str, Any] | None:
        """Return what is in view (images, stretch, position), as plain values; None while it is not known."""


class NoViewer:
    """Stands for a viewer where none is: nothing is drawn, nothing is in view."""

    def regions(self) -> Mapping[str, Any]:
        """Return no regions."""
        return {}

    def state(self) -> Mapping[str, Any] | None:
        """Return that the view is not known."""
        return None


class ViewedImage(traitlets.HasTraits):
    """
    The image that a page shows.

    Events, to be observed with ``type="event"`` (see `miri_widgets.models.subscriptions`):

    ``clicked``
        A click on the image `shown`; ``new`` is (x, y), 0-based pixels.
    ``centered``
        A position is to come to the middle of the viewer; ``new`` is (x, y), 0-based pixels of `shown`.
    """

    shown = traitlets.Instance(Path, allow_none=True, help="the product in the viewer")
    extension = traitlets.Unicode("SCI", help="the extension of `shown` that is in the viewer")
    picked = traitlets.Bool(False, help="whether the user chose `shown`")
    requests = traitlets.Int(0, help="counts calls of `show`: the same product can be requested again")
    displayed = traitlets.Instance(
        InView, (), help="what the viewer shows; of who draws, or of `show` where nobody does"
    )
    not_displayed = traitlets.Unicode("", help="why the product requested last is not in view, a sentence")
    marks: Any = traitlets.Tuple(help="(x, y, kind) of the marks, 0-based pixels")
    recalled: traitlets.Dict[str, Any] = traitlets.Dict(
        help="what the viewer showed last time, plain values; see `panels.parts.viewmemory`"
    )

    def __init__(self, *arguments: Any, **keywords: Any) -> None:
        super().__init__(*arguments, **keywords)
        self.viewer: ViewerPort = NoViewer()
        """The viewer that draws; see `attach_viewer`."""
        self._latest: Path | None = None
        self._latest_since = 0.0

    def attach_viewer(self, viewer: ViewerPort | None) -> None:
        """
        Take the viewer that draws from now on, and that writes `displayed`.

        Parameters
        ----------
        viewer : ViewerPort or None
            The viewer; None when it is closed.
        """
        self.viewer = viewer if viewer is not None else NoViewer()

    @property
    def has_viewer(self) -> bool:
        """Whether a viewer draws what is shown."""
        return not isinstance(self.viewer, NoViewer)

    def show(self, path: Path, *, picked: bool = True, extension: str = "SCI") -> None:
        """
        Choose the product in the viewer, and which of its images.

        Parameters
        ----------
        path : Path
            The product.
        picked : bool
            Whether the user chose it.
        extension : str
            Its extension.
        """
        self.picked = picked
        if self.shown != Path(path):
            self.marks = ()
        with self.hold_trait_notifications():
            self.shown, self.extension = Path(path), extension
            self.requests += 1
            if not self.has_viewer:
                self.displayed = product_in_view(Path(path), extension)

    def show_latest(self, latest: Path | None, *, running: bool) -> None:
        """
        Show the newest product when it is another than before, and the user has not picked one.

        Parameters
        ----------
        latest : Path or None
            The newest product; see `latest_image`.
        running : bool
            Whether a job is in progress: not every product is shown then.
        """
        too_soon = running and time.monotonic() - self._latest_since < SHOW_PERIOD
        if latest is None or latest == self._latest or too_soon:
            return
        self._latest, self._latest_since = latest, time.monotonic()
        if not self.picked or self.shown is None:
            self.show(latest, picked=False)

    def follow_latest(self, follow: bool) -> None:
        """
        Let the newest product come to the viewer by itself, or keep the one that is there.

        Parameters
        ----------
        follow : bool
            Whether to follow; the newest product is shown at once then.
        """
        self.picked = not follow
        if follow and self._latest is not None and self._latest != self.shown:
            self.show(self._latest, picked=False)

    def forget_latest(self) -> None:
        """Let the newest product come to the viewer again, although it was there before."""
        self._latest, self._latest_since = None, 0.0

    def click(self, x: float, y: float) -> None:
        """
        Emit ``clicked``: a click on the image `shown`, 0-based pixels.

        Parameters
        ----------
        x, y : float
            Position on the image, 0-based pixels.
        """
        emit(self, "clicked", (x, y))

    def center_on(self, x: float, y: float) -> None:
        """
        Emit ``centered``: a position of `shown`, 0-based pixels, is to come to the middle of the viewer.

        Parameters
        ----------
        x, y : float
            Position on the image, 0-based pixels.
        """
        emit(self, "centered", (x, y))

    def view_state(self) -> dict[str, Any]:
        """Return what the viewer shows, as plain values: that of last time as long as it is on its way."""
        state = self.viewer.state()
        return dict(self.recalled if state is None else state)


def latest_image(stages: Iterable[StageModel]) -> Path | None:
    """
    Return the newest main product that is an image of the sky: no table, grid or mask.

    Parameters
    ----------
    stages : iterable of StageModel
        In running order.
    """
    latest = None
    for stage in stages:
        if stage.stage.main in _IMAGES:
            done = [row.products[0] for row in stage.rows if row.state == RowState.DONE and row.products]
            latest = done[-1] if done else latest
    return latest
