"""What is watched, so that all of it can be let go at once; and events, which have no state."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import traitlets

__all__ = ["Subscriptions", "emit"]

_EVENT = "event"


def emit(owner: traitlets.HasTraits, name: str, value: Any) -> None:
    """
    Notify the observers of an event: something that happens, such as a click, and leaves no state behind.

    Parameters
    ----------
    owner : HasTraits
        Where it happens.
    name : str
        The event.
    value : object
        What observers get as ``change["new"]``.
    """
    owner.notify_change(traitlets.Bunch(owner=owner, name=name, type=_EVENT, new=value))


class Subscriptions:
    """The observers that one object has put on others."""

    def __init__(self) -> None:
        self._held: list[tuple[traitlets.HasTraits, Callable[..., None], list[str], str]] = []
        self._linked: list[traitlets.link] = []

    def add(self, model: traitlets.HasTraits, handler: Callable[..., None], *names: str) -> None:
        """
        Call `handler` on every change of the named traits, until `end`.

        Parameters
        ----------
        model : HasTraits
            Whose traits are observed.
        handler : callable
            Gets the change.
        *names : str
            Names of the traits.
        """
        self._observe(model, handler, names, "change")

    def add_event(self, model: traitlets.HasTraits, handler: Callable[..., None], *names: str) -> None:
        """
        Call `handler` on every named event, until `end`; see `emit`.

        Parameters
        ----------
        model : HasTraits
            What emits the events.
        handler : callable
            Gets the event as a change, whose ``new`` is its value.
        *names : str
            Names of the events.
        """
        self._observe(model, handler, names, _EVENT)

    def link(self, first: tuple[traitlets.HasTraits, str], second: tuple[traitlets.HasTraits, str]) -> None:
        """
        Keep two traits equal, until `end`.

        Parameters
        ----------
        first, second : tuple of (HasTraits, str)
            Objects and names of their traits; the second takes the value of the first.
        """
        self._linked.append(traitlets.link(first, second))

    def _observe(
        self, model: traitlets.HasTraits, handler: Callable[..., None], names: tuple[str, ...], kind: str
    ) -> None:
        model.observe(handler, list(names), type=kind)
        self._held.append((model, handler, list(names), kind))

    def end(self) -> None:
        """Watch nothing any more; again does nothing."""
        for model, handler, names, kind in self._held:
            try:
                model.unobserve(handler, names, type=kind)
            except ValueError:  # the model was closed first
                continue
        self._held.clear()
        for each in self._linked:
            with suppress(ValueError):  # one of the two was closed first
                each.unlink()
        self._linked.clear()
