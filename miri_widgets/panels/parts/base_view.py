"""The base of all views: their subscriptions and children end with them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import ipywidgets
import traitlets

from miri_widgets.message_buffer import deliver_all
from miri_widgets.models.subscriptions import Subscriptions

__all__ = ["Part", "close_all", "close_hidden", "soon"]


class Part(ipywidgets.VBox):
    """A column of widgets that observes models until it is closed."""

    def __init__(self, *classes: str) -> None:
        # Trap: Widget.__del__ calls close(), also on a widget whose construction failed.
        self._watches = Subscriptions()
        deliver_all()
        super().__init__()
        for name in ("mw-part", *classes):
            self.add_class(name)

    def watch(self, model: traitlets.HasTraits, handler: Callable[..., None], *names: str) -> None:
        """
        Call a handler once now and on every change of the named traits, until `close`.

        Parameters
        ----------
        model : HasTraits
            The model.
        handler : callable
            Called with the change, or None at first.
        *names
            Names of traits.
        """
        self._watches.add(model, handler, *names)
        handler(None)

    def watch_event(self, model: traitlets.HasTraits, handler: Callable[..., None], *names: str) -> None:
        """Call `handler` on every named event, until `close`; see `miri_widgets.models.subscriptions.emit`."""
        self._watches.add_event(model, handler, *names)

    def close(self) -> None:
        """Stop watching; close this widget and everything in it."""
        self._watches.end()
        for child in self.children:
            close_all(child)
        own = (self.layout,)
        super().close()
        for widget in own:
            widget.close()


def soon(call: Callable[[], None]) -> None:
    """
    Call a function when the event loop is free; at once without a running loop.

    Parameters
    ----------
    call : callable
        The function.
    """
    try:
        asyncio.get_running_loop().call_soon(call)
    except RuntimeError:
        call()


def close_hidden(views: Iterable[ipywidgets.Widget], body: ipywidgets.Box) -> None:
    """
    Close the views that a body does not show; closing the body does not reach them.

    Parameters
    ----------
    views : iterable of Widget
        The views.
    body : Box
        The body.
    """
    for view in views:
        if view not in body.children:
            close_all(view)


def close_all(widget: Any) -> None:
    """
    Close a widget and all widgets inside it.

    Parameters
    ----------
    widget : Widget
        The widget.
    """
    if isinstance(widget, Part):
        widget.close()
        return
    children = list(_child_widgets(widget))
    widget.close()
    for inner in children:
        if inner.comm is not None:
            close_all(inner)


def _child_widgets(widget: ipywidgets.Widget) -> Iterator[ipywidgets.Widget]:
    for name in widget.trait_names(sync=True):
        value = getattr(widget, name)
        items = (
            value.values()
            if isinstance(value, dict)
            else value
            if isinstance(value, list | tuple)
            else [value]
        )
        # objects that ipyvue shares between all its widgets must outlive each of them
        if not name.startswith("_"):
            yield from (item for item in items if isinstance(item, ipywidgets.Widget))
