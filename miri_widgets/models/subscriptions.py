"""What is watched, so that all of it can be let go at once."""

from __future__ import annotations

from collections.abc import Callable

import traitlets

__all__ = ["Subscriptions"]


class Subscriptions:
    """The observers that one object has put on others."""

    def __init__(self) -> None:
        self._held: list[tuple[traitlets.HasTraits, Callable[..., None], list[str]]] = []

    def add(self, model: traitlets.HasTraits, handler: Callable[..., None], *names: str) -> None:
        """Call `handler` on every change of the named traits, until `end`."""
        model.observe(handler, list(names))
        self._held.append((model, handler, list(names)))

    def end(self) -> None:
        """Watch nothing any more; again does nothing."""
        for model, handler, names in self._held:
            try:
                model.unobserve(handler, names)
            except ValueError:  # the model was closed first
                continue
        self._held.clear()
