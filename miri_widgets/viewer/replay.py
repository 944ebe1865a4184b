"""Requests to a viewer, stored so that another backend can repeat them."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from typing import Any

from miri_widgets.viewer.base import DrawingViewer

__all__ = ["Action", "Replay"]

Action = Callable[[DrawingViewer], object]

_IN_STATE = ("front", "blink", "center", "draw", "erase", "restore")
"""Kinds of actions whose effect is part of the state of a viewer."""


class Replay:
    """Actions by key in order of their last request; a later one replaces an action of the same key."""

    def __init__(self) -> None:
        self._actions: dict[tuple[Hashable, ...], Action] = {}
        self._count = 0

    def store(self, action: Action, *key: Hashable) -> None:
        """
        Store an action, replacing one with the same key.

        Parameters
        ----------
        action : Action
            The action.
        *key
            Kind and subject of the action.
        """
        self._actions.pop(key, None)
        self._actions[key] = action

    def add(self, action: Action, kind: str) -> None:
        """
        Store an action in addition to others of its kind.

        Parameters
        ----------
        action : Action
            The action.
        kind : str
            Kind of the action.
        """
        self._count += 1
        self.store(action, kind, self._count)

    def forget(self, *key: Hashable) -> None:
        """
        Remove an action.

        Parameters
        ----------
        *key
            Kind and subject of the action.
        """
        self._actions.pop(key, None)

    def replace_by_state(self, state: Mapping[str, Any]) -> None:
        """
        Replace the actions that led to a state by restoring it.

        Parameters
        ----------
        state : mapping
            A checked state.
        """
        self._actions = {key: action for key, action in self._actions.items() if key[0] not in _IN_STATE}
        self.store(lambda backend: backend.restore(state), "restore")

    def clear(self) -> None:
        """Remove all actions."""
        self._actions.clear()

    def items(self) -> list[tuple[tuple[Hashable, ...], Action]]:
        """
        Return keys and actions, in order.

        Returns
        -------
        list of (tuple, callable)
            Key and action of each request, in order.
        """
        return list(self._actions.items())
