"""The state of the viewer, saved in the session and restored: images, stretch, position, regions."""

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
    Saves and restores the state of a viewer.

    Parameters
    ----------
    session : SessionModel
        The session that stores the state.
    viewer : ImageViewer
        The viewer.
    add_image : callable
        ``add_image(path, extension)`` adds a product to the viewer, below the one on top.
    files : callable
        Returns file, extension and time of writing of the products in the viewer, by label.
    max_images : int
        Largest number of images to restore.
    """

    def __init__(
        self,
        session: SessionModel,
        viewer: ImageViewer,
        add_image: Callable[[Path, str], None],
        files: Callable[[], Mapping[str, tuple[Path, str, int]]],
        max_images: int,
    ) -> None:
        self.session, self.viewer = session, viewer
        self._add_image, self._files, self._max_images = add_image, files, max_images
        self._waiting: list[tuple[str, Path, str]] = []
        self._recalled: dict[str, Any] = {}
        self._shown: Path | None = None
        self._is_restored = True
        self._timer: asyncio.TimerHandle | None = None
        self._watches = Subscriptions()
        self._watches.add(session, self._recall, "recalled")

    def state(self) -> dict[str, Any] | None:
        """
        Return the state of the viewer; None while it is being restored or is empty.

        Returns
        -------
        dict or None
            Plain values.
        """
        if not self._is_restored or not self.viewer.ready or not self.viewer.labels:
            return None
        state = dict(self.viewer.state())
        files = self._files()
        here = {label: files[label] for label in state.pop("images", ()) if label in files}
        state["layers"] = [
            {"label": label, "path": str(path), "extension": extension}
            for label, (path, extension, _) in here.items()
        ]
        return state

    def regions(self) -> dict[str, Any]:
        """Return the drawn regions by name, as objects of the package `regions`."""
        return self.viewer.regions()

    def _recall(self, _: Any) -> None:
        """Reload the saved images one by one, below the one that the session shows."""
        self._recalled, self._shown = self.session.recalled, self.session.shown
        layers = _layers(self._recalled.get("layers"))
        self._waiting = layers[-self._max_images :]
        self._is_restored = False
        self._load_next()

    def _load_next(self) -> None:
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
                self._add_image(path, extension)
            except (MiriWidgetsError, OSError, ValueError):  # it is gone or damaged: the others come back
                continue
            if loop is not None:
                self._timer = loop.call_later(_PAUSE, self._load_next)
                return
        self._restore_view()

    def _restore_view(self) -> None:
        self._is_restored = True
        state = {name: value for name, value in self._recalled.items() if name != "layers"}
        state["images"] = [label for label, *_ in _layers(self._recalled.get("layers"))]
        if self.session.shown != self._shown or state.get("front") not in self.viewer.labels:
            # another product came meanwhile, or that of last time is gone: the place is none of its own
            state["front"], state["position"] = next(reversed(self.viewer.labels), ""), None
        self.viewer.restore(state)

    def close(self) -> None:
        """Save the state a last time, before the viewer is closed."""
        if self._timer is not None:
            self._timer.cancel()
        self._watches.end()
        state = self.state()
        if state is not None:
            self.session.recalled = state


def _layers(value: Any) -> list[tuple[str, Path, str]]:
    """Return label, path and extension of the saved images; invalid entries are left out."""
    layers = []
    for layer in value if isinstance(value, list) else ():
        if isinstance(layer, dict) and all(
            isinstance(layer.get(key), str) for key in ("label", "path", "extension")
        ):
            layers.append((layer["label"], Path(layer["path"]), layer["extension"]))
    return layers
