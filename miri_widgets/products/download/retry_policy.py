"""How long to wait for a server, and the wish to wait no longer."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

__all__ = ["CancelToken", "RetryPolicy"]


@dataclass(frozen=True)
class RetryPolicy:
    """
    How long to wait for a server.

    Attributes
    ----------
    retries : int
        Attempts after a failed one, as long as nothing comes.
    delay, longest : float
        Seconds before the first of them, doubled each time, up to `longest`.
    connect, read : float
        Seconds without a connection, and without a byte.
    """

    retries: int = 4
    delay: float = 1.0
    longest: float = 30.0
    connect: float = 15.0
    read: float = 60.0

    def wait(self, failures: int, requested: float = 0.0) -> float:
        """
        Return the seconds before the next attempt; `requested` is what the server asked for.

        Parameters
        ----------
        failures : int
            Number of failed attempts so far.
        requested : float
            Seconds that the server asked for.
        """
        return min(max(self.delay * 2.0 ** max(failures - 1, 0), requested), self.longest)


class CancelToken:
    """A wish to stop, which also ends a read that waits for a stalled server."""

    def __init__(self) -> None:
        self._event = threading.Event()
        self._lock = threading.Lock()
        self._call: Callable[[], Any] | None = None

    def set(self) -> None:
        """Ask to stop; from any thread."""
        with self._lock:
            self._event.set()
            if self._call is not None:
                with suppress(Exception):  # the connection has ended by itself
                    self._call()

    def is_set(self) -> bool:
        """Say whether it was asked."""
        return self._event.is_set()

    def wait(self, seconds: float) -> None:
        """
        Sleep, but not longer than until it is asked.

        Parameters
        ----------
        seconds : float
            Longest time to wait, s.
        """
        self._event.wait(seconds)

    @contextmanager
    def calling(self, call: Callable[[], Any]) -> Iterator[None]:
        """
        Make `set` call something meanwhile.

        Parameters
        ----------
        call : callable
            Called without arguments, from the thread that cancels.
        """
        with self._lock:
            self._call = call
        try:
            yield
        finally:
            with self._lock:
                self._call = None
