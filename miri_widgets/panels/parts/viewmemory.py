"""The viewer as the session sees it: what is in view, for next time, and shown again; and what is drawn."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from miri_widgets.errors import MiriWidgetsError
from miri_widgets.models.session import SessionModel
from miri_widgets.models.subscriptions import Subscriptions
from miri_widgets.viewer import ImageViewer

__all__ = ["ViewMemory"]

_PAUSE = 0.3  # [s] between two images that are read again: the page answers in between


class ViewMemory:
    """
    Remembers what a viewer shows.

    Parameters
    ----------
    session : SessionModel
        Who keeps it.
    viewer : ImageViewer
        Whose view it is.
    put : callable
        ``put(path, extension)`` hands a product to the viewer, below the one in front; returns nothing.
    files : callable
        Gives file, extension and time of writing of the products that are in the viewer, by label.
    most : int
        Images to be read again at most.
    """

    def __init__(
        self,
        session: SessionModel,
        viewer: ImageViewer,
        put: Callable[[Path, str], None],
        files: Callable[[], Mapping[str, tuple[Path, str, int]]],
        most: int,
    ) -> None:
        self.session, self.viewer = session, viewer
        self._put, self._files, self._most = put, files, most
        self._waiting: list[tuple[str, Path, str]] = []
        self._recalled: dict[str, Any] = {}
        self._shown: Path | None = None
        self._whole = True
        self._timer: asyncio.TimerHandle | None = None
        self._watches = Subscriptions()
        self._watches.add(session, self._recall, "recalled")

    def view(self) -> dict[str, Any] | None:
        """Return what is in view, as plain values; None while it is being brought back, or nothing is."""
        if not self._whole or not self.viewer.ready or not self.viewer.labels:
            return None
        told = dict(self.viewer.state())
        files = self._files()
        here = {label: files[label] for label in told.pop("images", ()) if label in files}
        told["layers"] = [
            {"label": label, "path": str(path), "extension": extension}
            for label, (path, extension, _) in here.items()
        ]
        return told

    def regions(self) -> dict[str, Any]:
        """Return the drawn regions by name, as objects of the package `regions`."""
        return self.viewer.regions()

    def _recall(self, _: Any) -> None:
        """Read the images of last time again, one after the other, below the one that the session shows."""
        self._recalled, self._shown = self.session.recalled, self.session.shown
        layers = _layers(self._recalled.get("layers"))
        self._waiting = layers[-self._most :]
        self._whole = False
        self._go_on()

    def _go_on(self) -> None:
        self._timer = None
        if self.session.closed:
            return
        try:
            loop: asyncio.AbstractEventLoop | None = asyncio.get_running_loop()
        except RuntimeError:
            loop = None
        while self._waiting:
            label, path, extension = self._waiting.pop(0)
            if label in self.viewer.labels:
                continue  # the session shows it already
            try:
                if not path.is_file():
                    continue
                self._put(path, extension)
            except (MiriWidgetsError, OSError, ValueError):  # it is gone or damaged: the others come back
                continue
            if loop is not None:
                self._timer = loop.call_later(_PAUSE, self._go_on)
                return
        self._bring_back()

    def _bring_back(self) -> None:
        self._whole = True
        state = {name: value for name, value in self._recalled.items() if name != "layers"}
        state["images"] = [label for label, *_ in _layers(self._recalled.get("layers"))]
        if self.session.shown != self._shown or state.get("front") not in self.viewer.labels:
            # another product came meanwhile, or that of last time is gone: the place is none of its own
            state["front"], state["position"] = next(reversed(self.viewer.labels), ""), None
        self.viewer.restore(state)

    def close(self) -> None:
        """Tell a last time what is in view, before the viewer is closed."""
        if self._timer is not None:
            self._timer.cancel()
        self._watches.end()
        told = self.view()
        if told is not None:
            self.session.recalled = told


def _layers(value: Any) -> list[tuple[str, Path, str]]:
    """Return label, path and extension of the images of last time; what does not fit is left out."""
    found = []
    for one in value if isinstance(value, list) else ():
        if isinstance(one, dict) and all(
            isinstance(one.get(key), str) for key in ("label", "path", "extension")
        ):
            found.append((one["label"], Path(one["path"]), one["extension"]))
    return found
