"""A viewer in front of a backend that comes later: it stores requests, and forwards them."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Hashable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
from astropy.table import Table
from ipywidgets import Widget
from numpy.typing import NDArray

from miri_widgets.core.display_range import check_range
from miri_widgets.core.regions import Region
from miri_widgets.viewer.base import DrawingViewer
from miri_widgets.viewer.brightness import check_stretch
from miri_widgets.viewer.image import load_image, safe_label
from miri_widgets.viewer.protocol import (
    MARK_COLOR,
    Cursor,
    Hints,
    ImageSource,
    ImageViewer,
    Position,
    StretchFunction,
    View,
)
from miri_widgets.viewer.replay import Action, Replay
from miri_widgets.viewer.state import checked_state, ordered_labels

__all__ = ["QueueingViewer", "cause"]

_LOG = logging.getLogger(__name__)


class QueueingViewer(ImageViewer):
    """
    An `ImageViewer` that forwards requests to a backend, now or once it is there.

    Files are read and arguments checked at once. Requests are stored as long as another backend may come.

    Parameters
    ----------
    widget : Widget
        The widget to embed.
    """

    def __init__(self, widget: Widget) -> None:
        self._widget = widget
        self._backend: DrawingViewer | None = None
        self._labels: list[str] = []
        self._restored: dict[str, Any] = {}
        self._replay = Replay()
        self._callbacks: list[Callable[[], None]] = []
        self._views: list[Callable[[View], object]] = []
        self._closed = False

    @property
    def widget(self) -> Widget:
        """The widget to embed."""
        return self._widget

    @property
    def ready(self) -> bool:
        """Whether images are drawn."""
        return self._backend is not None

    @property
    def labels(self) -> tuple[str, ...]:
        """Labels of the images, in the order in which they came."""
        return tuple(self._labels)

    def on_ready(self, callback: Callable[[], None]) -> None:
        if self.ready:
            callback()
        else:
            self._callbacks.append(callback)

    def show(
        self, image: ImageSource, *, label: str, extension: str = "SCI", hints: Hints | None = None
    ) -> None:
        loaded, name = load_image(image, extension, hints), safe_label(label)
        self._labels = [existing for existing in self._labels if existing != name] + [name]
        try:
            self._request(lambda backend: backend.show(loaded, label=name, hints=hints), "show", name)
        except Exception:
            self._drop(name)
            raise

    def front(self, label: str) -> bool:
        name = safe_label(label)
        if name not in self._labels:
            return False
        self._request(lambda backend: backend.front(name), "front")
        return True

    def remove(self, label: str) -> None:
        name = safe_label(label)
        if name in self._labels:
            self._drop(name)
            self._request(lambda backend: backend.remove(name))

    def blink(self) -> None:
        self._request_again(lambda backend: backend.blink(), "blink")

    def on_click(self, callback: Callable[[float, float], object]) -> None:
        self._request_again(lambda backend: backend.on_click(callback), "click")

    def on_view(self, callback: Callable[[View], object]) -> None:
        # views are reported after the queued requests, not in between
        self._views.append(callback)
        self.on_ready(lambda: self._request(lambda backend: backend.on_view(callback)))

    def on_cursor(self, callback: Callable[[Cursor | None], object]) -> None:
        self._request_again(lambda backend: backend.on_cursor(callback), "cursor")

    def overlay(
        self, mask: NDArray[np.bool_], *, label: str, color: str = MARK_COLOR, opacity: float = 0.7
    ) -> None:
        pixels, name = np.array(mask, dtype=bool), safe_label(label)
        self._request(
            lambda backend: backend.overlay(pixels, label=name, color=color, opacity=opacity), "overlay", name
        )

    def clear_overlay(self, label: str) -> None:
        self._replay.forget("overlay", safe_label(label))
        self._request(lambda backend: backend.clear_overlay(safe_label(label)))

    def set_range(self, label: str, black: float | None = None, white: float | None = None) -> None:
        if not (black is None and white is None):
            check_range(math.nan if black is None else black, math.nan if white is None else white)
        self._request(
            lambda backend: backend.set_range(safe_label(label), black, white), "range", safe_label(label)
        )

    def mark(self, positions: Table, *, label: str, color: str = MARK_COLOR) -> None:
        name = safe_label(label)
        self._request(lambda backend: backend.mark(positions, label=name, color=color), "mark", name)

    def unmark(self, label: str) -> None:
        self._replay.forget("mark", safe_label(label))
        self._request(lambda backend: backend.unmark(safe_label(label)))

    def center_on(self, position: Position) -> None:
        self._request(lambda backend: backend.center_on(position), "center")

    def stretch(
        self, function: StretchFunction = "arcsinh", percentile: float = 99.5, method: str = "percentile"
    ) -> None:
        check_stretch(function, percentile, method)
        self._request(lambda backend: backend.stretch(function, percentile, method), "stretch")

    def regions(self) -> dict[str, Any]:
        return {} if self._backend is None else self._backend.regions()

    def draw(self, regions: Sequence[Region]) -> None:
        self._request_again(lambda backend: backend.draw(tuple(regions)), "draw")

    def erase(self) -> None:
        self._request(lambda backend: backend.erase(), "erase")

    def outline(self, regions: Sequence[Region], *, label: str, color: str = MARK_COLOR) -> None:
        name = safe_label(label)
        self._request(
            lambda backend: backend.outline(tuple(regions), label=name, color=color), "outline", name
        )

    def state(self) -> dict[str, Any]:
        values = self._restored
        if self._backend is not None:
            try:
                values = self._backend.state()
            except (
                Exception
            ):  # called four times a second: a failing third-party viewer must not stop the caller
                _LOG.debug("The state of the viewer cannot be read", exc_info=True)
        return {**values, "images": list(self._labels)}

    def restore(self, state: Mapping[str, Any]) -> None:
        self._restored = checked = checked_state(state)
        self._labels = ordered_labels(self._labels, checked.get("images", ()))
        self._request(lambda backend: backend.restore(checked), "restore")

    def close(self) -> None:
        self._closed = True
        if self._backend is not None:
            self._backend.close()
        self._replay.clear()
        self._callbacks.clear()
        self._views.clear()

    @property
    def _may_be_replaced(self) -> bool:
        """Whether another backend may come and repeat the requests, so that they must be stored."""
        return self._backend is None

    def _request(self, action: Action, *key: Hashable) -> None:
        """Act now, or once the backend is there; a request with a key is repeated by later backends."""
        if self._closed:
            return
        if key and self._may_be_replaced:
            self._replay.store(action, *key)
        if self._backend is not None:
            action(self._backend)

    def _request_again(self, action: Action, kind: str) -> None:
        """Request an action in addition to others of its kind."""
        if self._may_be_replaced and not self._closed:
            self._replay.add(action, kind)
        self._request(action)

    def _drop(self, name: str) -> None:
        self._labels = [existing for existing in self._labels if existing != name]
        self._replay.forget("show", name)

    def _perform_requests(self, backend: DrawingViewer, *, repeat: bool) -> dict[tuple[Hashable, ...], str]:
        """Perform the stored requests, and return the failures as text; a bad request must not lose the others."""
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
                subject = " ".join(str(text) for text in key if isinstance(text, str))
                failed[key] = f"{subject} ({cause(error)})"
        return failed


def cause(error: Exception) -> str:
    """
    Describe an error by its class and text.

    Parameters
    ----------
    error : Exception
        The error.

    Returns
    -------
    str
        The description.
    """
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
