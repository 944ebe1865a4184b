"""Values that are made once, as long as they are among the last that were used."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import TypeVar

__all__ = ["made_once"]

_Made = TypeVar("_Made")


def made_once(store: OrderedDict[int, _Made], key: int, count: int, make: Callable[[int], _Made]) -> _Made:
    """
    Return what `make` gives for `key`, made once as long as it is among the last `count` used.

    Parameters
    ----------
    store : OrderedDict
        Values by key, the last used at the end. Modified.
    key : int
        Which value.
    count : int
        How many values are kept; at least one.
    make : callable
        Makes the value of a key.
    """
    if key not in store:
        store[key] = make(key)
        while len(store) > count:
            store.popitem(last=False)
    store.move_to_end(key)
    return store[key]
