"""
A viewer that is on the page at once and becomes able to draw a little later.

jdaviz takes seconds to import. The page must not wait: a placeholder is shown, the import
runs in a worker thread, the widgets are then built on the event loop, and what was asked
for meanwhile is done. If jdaviz cannot be had, the light viewer takes its place.
"""

from __future__ import annotations

import asyncio
import html
import logging
import math
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

import numpy as np
from astropy.table import Table
from ipywidgets import HTML, Box, Layout, Widget
from numpy.typing import NDArray

from miri_widgets.core.display_range import check_range
from miri_widgets.core.regions import Region
from miri_widgets.viewer.brightness import check_stretch
from miri_widgets.viewer.image import ViewerImage, load_image, safe_label
from miri_widgets.viewer.protocol import MARK_COLOR, ImageSource, Position, StretchFunction, View
from miri_widgets.viewer.state import checked_state, in_order
from miri_widgets.viewer.visitor import wait_for_visitor

__all__ = ["Backend", "DeferredViewer"]

_LOG = logging.getLogger(__name__)

_PLACEHOLDER = """<div class="mw-viewer-coming" role="status" style="display:flex;flex-direction:column;
align-items:center;justify-content:center;gap:10px;height:100%;width:100%;border-radius:10px;background:#101c2b;
color:#c9d6e4;font-size:15px;text-align:center;line-height:1.5"><div style="font-size:17px;color:#fff">{title}</div>
<div>{reason}</div></div>"""


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


class DeferredViewer:
    """
    An `ImageViewer` whose backend comes later.

    Parameters
    ----------
    prepare : callable
        What takes long and touches no widget; runs in a worker thread.
    build : callable
        Makes the backend; runs on the event loop.
    fall_back : callable, optional
        Makes another backend if `prepare` or `build` fails.
    height : str
        Height of the viewer, a CSS length.

    Notes
    -----
    Without a running event loop (a script) everything happens in the constructor.
    """

    def __init__(
        self,
        prepare: Callable[[], None],
        build: Callable[[], Backend],
        fall_back: Callable[[], Backend] | None = None,
        *,
        height: str = "620px",
    ) -> None:
        self._prepare, self._build, self._fall_back = prepare, build, fall_back
        self._backend: Backend | None = None
        self._labels: list[str] = []
        self._restored: dict[str, Any] = {}
        self._waiting: list[Callable[[Backend], None]] = []
        self._callbacks: list[Callable[[], None]] = []
        self._closed = False
        self._placeholder = HTML(layout=Layout(width="100%", height="100%"))
        self._placeholder.add_class("mw-viewer-placeholder")
        # Trap: jdaviz fills its box only if that has a height and may shrink.
        self.widget = Box([self._placeholder], layout=Layout(width="100%", height=height, min_width="0"))
        self.widget.add_class("mw-viewer")
        self._say("The image viewer is loading …", "All other controls work already.")
        self._task: asyncio.Task[None] | None = None
        try:
            self._task = asyncio.get_running_loop().create_task(self._start())
            self._task.add_done_callback(self._ended)
        except RuntimeError:
            self._start_now()

    @property
    def ready(self) -> bool:
        """Whether images are drawn."""
        return self._backend is not None

    @property
    def labels(self) -> tuple[str, ...]:
        """Labels of the images, in the order in which they came."""
        return tuple(self._labels)

    def on_ready(self, callback: Callable[[], None]) -> None:
        """Call a function once the viewer is ready; at once if it is."""
        if self.ready:
            callback()
        else:
            self._callbacks.append(callback)

    def show(self, image: ImageSource, *, label: str, extension: str = "SCI", like: str = "") -> None:
        """Show an image on top; see `ImageViewer.show`."""
        loaded, name = load_image(image, extension), safe_label(label)
        self._labels = [each for each in self._labels if each != name] + [name]
        other = safe_label(like)
        self._do(lambda backend: backend.show(loaded, name, other))

    def front(self, label: str) -> bool:
        """Bring an image that is here already on top; see `ImageViewer.front`."""
        name = safe_label(label)
        if name not in self._labels:
            return False
        self._do(lambda backend: backend.front(name))
        return True

    def remove(self, label: str) -> None:
        """Forget an image; an unknown label is ignored."""
        name = safe_label(label)
        if name in self._labels:
            self._labels.remove(name)
            self._do(lambda backend: backend.remove(name))

    def blink(self) -> None:
        """Show the next image."""
        self._do(lambda backend: backend.blink())

    def on_click(self, callback: Callable[[float, float], object]) -> None:
        """Call a function with the place of every click; see `ImageViewer.on_click`."""
        self._do(lambda backend: backend.on_click(callback))

    def on_view(self, callback: Callable[[View], object]) -> None:
        """Call a function whenever the image on top changes; see `ImageViewer.on_view`."""
        # what waited to be done is no news; only where that has led is
        self.on_ready(lambda: self._do(lambda backend: backend.on_view(callback)))

    def overlay(
        self, mask: NDArray[np.bool_], *, label: str, color: str = MARK_COLOR, opacity: float = 0.7
    ) -> None:
        """Colour the pixels of a mask; see `ImageViewer.overlay`."""
        kept, name = np.array(mask, dtype=bool), safe_label(label)
        self._do(lambda backend: backend.overlay(kept, name, color, opacity))

    def clear_overlay(self, label: str) -> None:
        """Remove an overlay; an unknown label is ignored."""
        self._do(lambda backend: backend.clear_overlay(safe_label(label)))

    def set_range(self, label: str, black: float | None = None, white: float | None = None) -> None:
        """Fix black and white of an image; see `ImageViewer.set_range`."""
        if not (black is None and white is None):
            check_range(math.nan if black is None else black, math.nan if white is None else white)
        self._do(lambda backend: backend.set_range(safe_label(label), black, white))

    def mark(self, positions: Table, *, label: str, color: str = MARK_COLOR) -> None:
        """Mark positions; see `ImageViewer.mark`."""
        self._do(lambda backend: backend.mark(positions, safe_label(label), color))

    def unmark(self, label: str) -> None:
        """Remove a set of marks; an unknown label is ignored."""
        self._do(lambda backend: backend.unmark(safe_label(label)))

    def center_on(self, position: Position) -> None:
        """Bring a position, on the sky or (x, y), to the centre of the view."""
        self._do(lambda backend: backend.center_on(position))

    def stretch(self, function: StretchFunction = "arcsinh", percentile: float = 99.5) -> None:
        """Set how values become brightness; see `ImageViewer.stretch`."""
        check_stretch(function, percentile)
        self._do(lambda backend: backend.stretch(function, percentile))

    def regions(self) -> dict[str, Any]:
        """Return the regions that the user drew; none before the viewer is ready."""
        return {} if self._backend is None else self._backend.regions()

    def draw(self, regions: Sequence[Region]) -> None:
        """Add regions to those that the user drew; see `ImageViewer.draw`."""
        self._do(lambda backend: backend.draw(tuple(regions)))

    def erase(self) -> None:
        """Forget the regions that the user drew."""
        self._do(lambda backend: backend.erase())

    def outline(self, regions: Sequence[Region], *, label: str, color: str = MARK_COLOR) -> None:
        """Show the outlines of regions; see `ImageViewer.outline`."""
        self._do(lambda backend: backend.outline(tuple(regions), safe_label(label), color))

    def state(self) -> dict[str, Any]:
        """Return what is shown, as plain values; see `ImageViewer.state`."""
        told = self._restored
        if self._backend is not None:
            try:
                told = self._backend.state()
            except Exception:  # asked four times a second, of a foreign viewer: it must not stop who asks
                _LOG.debug("What is in view cannot be told", exc_info=True)
        return {**told, "images": list(self._labels)}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Show again what `state` told; see `ImageViewer.restore`."""
        self._restored = checked = checked_state(state)
        self._labels = in_order(self._labels, checked.get("images", ()))
        self._do(lambda backend: backend.restore(checked))

    def close(self) -> None:
        """Free the widgets; the viewer cannot be used afterwards."""
        self._closed = True
        if self._task is not None:
            self._task.cancel()
        if self._backend is not None:
            self._backend.close()
        self._waiting.clear()
        self._callbacks.clear()
        self._placeholder.close()
        self.widget.close()

    def _do(self, action: Callable[[Backend], None]) -> None:
        """Act now, or when the backend is there."""
        if self._closed:
            return
        if self._backend is None:
            self._waiting.append(action)
        else:
            action(self._backend)

    async def _start(self) -> None:
        """Prepare in a thread, with the seconds on the placeholder, then build."""
        begin = time.monotonic()
        work = asyncio.get_running_loop().run_in_executor(None, self._prepare)
        try:
            while not (await asyncio.wait({work}, timeout=1.0))[0]:
                passed = time.monotonic() - begin
                self._say(
                    "The image viewer is loading …",
                    f"jdaviz is imported, {passed:.0f} s so far; this takes about 10 s. All other controls work already.",
                )
            work.result()
            await wait_for_visitor()
            backend = self._build()
        except Exception as error:  # anything may be wrong with an optional, foreign viewer
            backend = self._give_way(error)
        self._begin(backend)

    def _ended(self, task: asyncio.Task[None]) -> None:
        """Never leave a page with a viewer that is said to come and does not."""
        if self._closed or self.ready:
            return
        cause = "cancelled" if task.cancelled() else repr(task.exception())
        _LOG.warning("The viewer did not come (%s)", cause)
        try:
            self._begin(self._give_way(RuntimeError(cause)))
        except Exception:  # told by `_give_way`
            _LOG.exception("No other viewer takes its place")

    def _start_now(self) -> None:
        try:
            self._prepare()
            backend = self._build()
        except Exception as error:  # as above
            backend = self._give_way(error)
        self._begin(backend)

    def _give_way(self, error: Exception) -> Backend:
        """Return the other viewer; the cause goes to the log."""
        if self._fall_back is None:
            self._say("The image viewer cannot be shown", str(error))
            raise error
        _LOG.warning("jdaviz cannot be used, the light viewer takes its place: %r", error)
        return self._fall_back()

    def _begin(self, backend: Backend) -> None:
        """Put the backend in place of the placeholder and do what waits."""
        if self._closed:
            backend.close()
            return
        self._backend = backend
        self.widget.children = (backend.widget,)
        waiting, self._waiting = self._waiting, []
        callbacks, self._callbacks = self._callbacks, []
        for step in (*(lambda action=action: action(backend) for action in waiting), *callbacks):
            try:
                step()
            except Exception:  # one bad request must not lose the others
                _LOG.exception("A request made before the viewer was ready failed")

    def _say(self, title: str, reason: str) -> None:
        self._placeholder.value = _PLACEHOLDER.format(title=html.escape(title), reason=html.escape(reason))
