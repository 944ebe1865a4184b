"""
A viewer that is on the page at once and becomes able to draw a little later.

jdaviz takes seconds to import. The page must not wait: a placeholder is shown, the import
runs in a worker thread, the widgets are then built on the event loop, and what was asked
for meanwhile is done. If jdaviz cannot be had, the light viewer takes its place.
"""

from __future__ import annotations

import asyncio
import logging
import math
import time
from collections.abc import Callable, Hashable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
from astropy.table import Table
from numpy.typing import NDArray

from miri_widgets.core.display_range import check_range
from miri_widgets.core.regions import Region
from miri_widgets.viewer.backend import Backend
from miri_widgets.viewer.brightness import check_stretch
from miri_widgets.viewer.image import load_image, safe_label
from miri_widgets.viewer.notice import Frame
from miri_widgets.viewer.preheating import in_thread, is_unvisited, wait_for_page
from miri_widgets.viewer.protocol import MARK_COLOR, ImageSource, Position, StretchFunction, View
from miri_widgets.viewer.replay import Action, Replay
from miri_widgets.viewer.state import checked_state, ordered_labels

__all__ = ["Backend", "DeferredViewer"]

_LOG = logging.getLogger(__name__)

_LATE = 60.0
"""Seconds after which a viewer that has not come is said to be late."""


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
    late : float, optional
        After how long the page says that the viewer does not come, and offers what can be done [s]; 60 by default.

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
        late: float | None = None,
    ) -> None:
        self._prepare, self._build, self._fall_back = prepare, build, fall_back
        self._late = _LATE if late is None else late
        self._backend: Backend | None = None
        self._is_light = False
        self._labels: list[str] = []
        self._restored: dict[str, Any] = {}
        self._replay = Replay()
        self._callbacks: list[Callable[[], None]] = []
        self._views: list[Callable[[View], object]] = []
        self._closed = False
        self._frame = Frame(height)
        self.widget = self._frame.widget
        self._task: asyncio.Task[None] | None = None
        self._launch()

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
        reference = safe_label(like)
        self._labels = [existing for existing in self._labels if existing != name] + [name]
        try:
            self._request(lambda backend: backend.show(loaded, name, reference), "show", name)
        except Exception:
            self._drop(name)
            raise

    def front(self, label: str) -> bool:
        """Bring an image that is here already on top; see `ImageViewer.front`."""
        name = safe_label(label)
        if name not in self._labels:
            return False
        self._request(lambda backend: backend.front(name), "front")
        return True

    def remove(self, label: str) -> None:
        """Forget an image; an unknown label is ignored."""
        name = safe_label(label)
        if name in self._labels:
            self._drop(name)
            self._request(lambda backend: backend.remove(name))

    def blink(self) -> None:
        """Show the next image."""
        self._request_again(lambda backend: backend.blink(), "blink")

    def on_click(self, callback: Callable[[float, float], object]) -> None:
        """Call a function with the place of every click; see `ImageViewer.on_click`."""
        self._request_again(lambda backend: backend.on_click(callback), "click")

    def on_view(self, callback: Callable[[View], object]) -> None:
        """Call a function whenever the image on top changes; see `ImageViewer.on_view`."""
        # what waited to be done is no news; only where that has led is
        self._views.append(callback)
        self.on_ready(lambda: self._request(lambda backend: backend.on_view(callback)))

    def overlay(
        self, mask: NDArray[np.bool_], *, label: str, color: str = MARK_COLOR, opacity: float = 0.7
    ) -> None:
        """Colour the pixels of a mask; see `ImageViewer.overlay`."""
        pixels, name = np.array(mask, dtype=bool), safe_label(label)
        self._request(lambda backend: backend.overlay(pixels, name, color, opacity), "overlay", name)

    def clear_overlay(self, label: str) -> None:
        """Remove an overlay; an unknown label is ignored."""
        self._replay.forget("overlay", safe_label(label))
        self._request(lambda backend: backend.clear_overlay(safe_label(label)))

    def set_range(self, label: str, black: float | None = None, white: float | None = None) -> None:
        """Fix black and white of an image; see `ImageViewer.set_range`."""
        if not (black is None and white is None):
            check_range(math.nan if black is None else black, math.nan if white is None else white)
        self._request(
            lambda backend: backend.set_range(safe_label(label), black, white), "range", safe_label(label)
        )

    def mark(self, positions: Table, *, label: str, color: str = MARK_COLOR) -> None:
        """Mark positions; see `ImageViewer.mark`."""
        self._request(
            lambda backend: backend.mark(positions, safe_label(label), color), "mark", safe_label(label)
        )

    def unmark(self, label: str) -> None:
        """Remove a set of marks; an unknown label is ignored."""
        self._replay.forget("mark", safe_label(label))
        self._request(lambda backend: backend.unmark(safe_label(label)))

    def center_on(self, position: Position) -> None:
        """Bring a position, on the sky or (x, y), to the centre of the view."""
        self._request(lambda backend: backend.center_on(position), "center")

    def stretch(self, function: StretchFunction = "arcsinh", percentile: float = 99.5) -> None:
        """Set how values become brightness; see `ImageViewer.stretch`."""
        check_stretch(function, percentile)
        self._request(lambda backend: backend.stretch(function, percentile), "stretch")

    def regions(self) -> dict[str, Any]:
        """Return the regions that the user drew; none before the viewer is ready."""
        return {} if self._backend is None else self._backend.regions()

    def draw(self, regions: Sequence[Region]) -> None:
        """Add regions to those that the user drew; see `ImageViewer.draw`."""
        self._request_again(lambda backend: backend.draw(tuple(regions)), "draw")

    def erase(self) -> None:
        """Forget the regions that the user drew."""
        self._request(lambda backend: backend.erase(), "erase")

    def outline(self, regions: Sequence[Region], *, label: str, color: str = MARK_COLOR) -> None:
        """Show the outlines of regions; see `ImageViewer.outline`."""
        name = safe_label(label)
        self._request(lambda backend: backend.outline(tuple(regions), name, color), "outline", name)

    def state(self) -> dict[str, Any]:
        """Return what is shown, as plain values; see `ImageViewer.state`."""
        values = self._restored
        if self._backend is not None:
            try:
                values = self._backend.state()
            except Exception:  # asked four times a second, of a foreign viewer: it must not stop who asks
                _LOG.debug("What is in view cannot be told", exc_info=True)
        return {**values, "images": list(self._labels)}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Show again what `state` told; see `ImageViewer.restore`."""
        self._restored = checked = checked_state(state)
        self._labels = ordered_labels(self._labels, checked.get("images", ()))
        self._request(lambda backend: backend.restore(checked), "restore")

    def close(self) -> None:
        """Free the widgets; the viewer cannot be used afterwards."""
        self._closed = True
        if self._task is not None:
            self._task.cancel()
        if self._backend is not None:
            self._backend.close()
        self._replay.clear()
        self._callbacks.clear()
        self._views.clear()
        self._frame.close()

    @property
    def _may_be_replaced(self) -> bool:
        """Whether another backend may come, which must do the same again; else no image is kept here."""
        return self._backend is None or bool(self._frame.sentence)

    def _request(self, action: Action, *key: Hashable) -> None:
        """Act now, or when the backend is there; with a key, a backend that comes later does it again."""
        if self._closed:
            return
        if key and self._may_be_replaced:
            self._replay.store(action, *key)
        if self._backend is not None:
            action(self._backend)

    def _request_again(self, action: Action, kind: str) -> None:
        """Do the same with an action that replaces none of its kind."""
        if self._may_be_replaced and not self._closed:
            self._replay.add(action, kind)
        self._request(action)

    def _drop(self, name: str) -> None:
        self._labels = [existing for existing in self._labels if existing != name]
        self._replay.forget("show", name)

    def _launch(self) -> None:
        """Let the viewer come."""
        self._frame.wait("The image viewer is loading …", "All other controls work already.")
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            self._start_synchronously()
            return
        self._task = loop.create_task(self._start())
        self._task.add_done_callback(self._ended)

    async def _start(self) -> None:
        """Prepare in a thread, with the seconds on the placeholder, then build."""
        begin = time.monotonic()
        work = asyncio.ensure_future(in_thread(self._prepare))
        page_opened: asyncio.Future[None] | None = None
        absent = 0.0  # nobody waits for the viewer of a page that nobody has opened
        interval = min(1.0, self._late / 4)
        late = False
        try:
            while page_opened is None or not page_opened.done():
                awaited = work if page_opened is None else page_opened
                if (await asyncio.wait({awaited}, timeout=interval))[0] and page_opened is None:
                    work.result()
                    page_opened = asyncio.ensure_future(wait_for_page())
                absent += interval if page_opened is not None and is_unvisited() else 0.0
                passed = time.monotonic() - begin - absent
                if self._backend is None and page_opened is None:
                    self._frame.wait(
                        "The image viewer is loading …",
                        f"jdaviz is imported, {passed:.0f} s so far; this takes about 10 s. All other controls work already.",
                    )
                if passed > self._late and not late:
                    late = True
                    self._notify_choices(f"The image viewer has not come within {self._late:.0f} s.")
            page_opened.result()
            backend = self._build()
        except Exception as error:  # anything may be wrong with an optional, foreign viewer
            self._handle_failure(error)
        else:
            self._begin(backend)
        finally:
            for future in (work, page_opened):
                if future is not None:
                    future.cancel()

    def _ended(self, task: asyncio.Task[None]) -> None:
        """Never leave a page with a viewer that is said to come and does not."""
        if self._closed or self.ready or task is not self._task:
            return
        if task.cancelled() or task.exception() is not None:
            self._handle_failure(RuntimeError("cancelled" if task.cancelled() else repr(task.exception())))

    def _start_synchronously(self) -> None:
        try:
            self._prepare()
            backend = self._build()
        except Exception as error:  # as above
            if self._fall_back is None:
                self._handle_failure(error)
                raise
            self._handle_failure(error)
        else:
            self._begin(backend)

    def _handle_failure(self, error: Exception) -> None:
        """Let the light viewer take its place; the page says why, the log has all."""
        _LOG.warning("The image viewer cannot be used: %r", error, exc_info=error)
        replacement = " The lightweight viewer takes its place." if self._fall_back is not None else ""
        self._use_light(f"The image viewer cannot be used ({_cause(error)}).{replacement}")

    def _use_light(self, reason: str) -> None:
        """Show the light viewer, with the reason above it."""
        self._cancel_start()
        try:
            backend = None if self._fall_back is None else self._fall_back()
        except Exception as error:
            _LOG.exception("The light viewer cannot be shown, either")
            backend, reason = None, f"{reason} Nor can the lightweight viewer ({_cause(error)})."
        if backend is not None:
            self._begin(backend, reason)
            return
        self._frame.wait("The image viewer cannot be shown", reason)
        self._notify_choices(reason)

    def _notify_choices(self, sentence: str) -> None:
        """Show a sentence and what can be done about the viewer."""
        choices: list[tuple[str, Callable[[], object]]] = [("Start the viewer again", self._restart)]
        if self._fall_back is not None and (self._backend is None or not self._is_light):
            explanation = "This is the lightweight viewer, as you chose."
            choices.append(("Use the lightweight viewer", lambda: self._use_light(explanation)))
        self._frame.notify(sentence, choices)

    def _restart(self) -> None:
        """Let the viewer come once more; what is shown until then stays."""
        self._cancel_start()
        self._frame.notify("The image viewer is started again …")
        self._launch()

    def _cancel_start(self) -> None:
        task, self._task = self._task, None
        if task is not None and not task.done() and task is not _current_task():
            task.cancel()

    def _begin(self, backend: Backend, reason: str = "") -> None:
        """Put the backend in place of what was there and do what was asked for; a reason makes it the second choice."""
        if self._closed:
            backend.close()
            return
        previous = self._backend
        if previous is not None:
            self._replay.replace_by_state(checked_state(self.state()))
            previous.close()
        self._backend, self._is_light = backend, bool(reason)
        self._frame.show_content(backend.widget)
        failed = self._perform_requests(backend, repeat=previous is not None)
        images = [name for kind, *name in failed if kind == "show"]
        if images and len(images) == len(self._labels) and not reason and self._fall_back is not None:
            # without an image jdaviz has no canvas; the light viewer may draw what it could not
            causes = "; ".join(failed.values())
            self._use_light(f"The image viewer failed: {causes}. The lightweight viewer takes its place.")
            return
        for (name,) in images:
            self._drop(str(name))
        sentence = " ".join((reason, *(f"Not drawn: {cause}." for cause in failed.values()))).strip()
        if sentence:
            self._notify_choices(sentence)
        else:
            self._frame.notify("")
            self._replay.clear()

    def _perform_requests(self, backend: Backend, *, repeat: bool) -> dict[tuple[Hashable, ...], str]:
        """Do what was asked for, and return what failed, as text; one bad request must not lose the others."""
        failed: dict[tuple[Hashable, ...], str] = {}
        callbacks, self._callbacks = self._callbacks, []
        if repeat:
            callbacks = [partial(backend.on_view, callback) for callback in self._views]
        steps: list[tuple[tuple[Hashable, ...], Callable[[], object]]]
        steps = [(key, partial(action, backend)) for key, action in self._replay.items()]
        steps.extend((("ready", number), callback) for number, callback in enumerate(callbacks))
        for key, step in steps:
            try:
                step()
            except Exception as error:
                _LOG.exception("A request made before the viewer was ready failed")
                subject = " ".join(str(word) for word in key if isinstance(word, str))
                failed[key] = f"{subject} ({_cause(error)})"
        return failed


def _cause(error: Exception) -> str:
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__


def _current_task() -> asyncio.Task[Any] | None:
    try:
        return asyncio.current_task()
    except RuntimeError:
        return None
