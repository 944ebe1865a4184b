"""Two threads and bands of rows for work on many exposures."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from itertools import pairwise
from typing import TypeVar

import numpy as np

__all__ = ["bands", "in_parallel"]

_T = TypeVar("_T")


def in_parallel(function: Callable[[int], _T], count: int) -> list[_T]:
    """
    Call with 0 ... count - 1 on two threads, if there are two cores; NumPy and SciPy let both run.

    A function must not come here again: both threads could wait for each other.
    """
    return list(_threads().map(function, range(count)))


@cache
def _threads() -> ThreadPoolExecutor:
    """Return the threads of this process; to start them takes as long as a part of the work that they do."""
    return ThreadPoolExecutor(min(2, os.cpu_count() or 1), thread_name_prefix="miri-sky")


# a forked process has none of its parent's threads
os.register_at_fork(after_in_child=_threads.cache_clear)


def bands(count: int) -> list[slice]:
    """Return slices that cover `count` rows: a band of a full exposure and its temporary arrays stay in the cache."""
    edges = np.linspace(0, count, min(4, max(count, 1)) + 1).astype(int).tolist()
    return [slice(*pair) for pair in pairwise(edges)]
