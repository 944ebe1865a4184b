"""What a viewer was asked for, kept so that another one can be asked for the same."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from typing import Any

from miri_widgets.viewer.backend import Backend

__all__ = ["Action", "Replay"]

Action = Callable[[Backend], None]

_IN_STATE = ("front", "blink", "center", "draw", "erase", "restore")
"""Kinds of actions whose effect is in the state of a viewer that did them."""


class Replay:
    """Actions by key, in the order in which they were asked for last; a later one replaces that of the same key."""

    def __init__(self) -> None:
        self._actions: dict[tuple[Hashable, ...], Action] = {}
        self._count = 0

    def keep(self, action: Action, *key: Hashable) -> None:
        """Keep an action, instead of one with the same key: its kind, and what it is about."""
        self._actions.pop(key, None)
        self._actions[key] = action

    def add(self, action: Action, kind: str) -> None:
        """Keep an action that replaces none."""
        self._count += 1
        self.keep(action, kind, self._count)

    def forget(self, *key: Hashable) -> None:
        """Keep an action no longer."""
        self._actions.pop(key, None)

    def take_state(self, state: Mapping[str, Any]) -> None:
        """Bring the next viewer into a state, instead of what has led to it."""
        self._actions = {key: each for key, each in self._actions.items() if key[0] not in _IN_STATE}
        self.keep(lambda backend: backend.restore(state), "restore")

    def clear(self) -> None:
        """Keep nothing."""
        self._actions.clear()

    def items(self) -> list[tuple[tuple[Hashable, ...], Action]]:
        """Return keys and actions, in order."""
        return list(self._actions.items())
