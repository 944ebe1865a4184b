"""One slow answer for a view: read in a thread, given back in the thread of the models."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from typing import Any

import traitlets

from miri_widgets.errors import MiriWidgetsError

__all__ = ["BackgroundValue"]


class BackgroundValue(traitlets.HasTraits):
    """
    The latest answer to a question that takes time.

    Parameters
    ----------
    submit : callable, optional
        ``submit(call, *arguments)`` gives a future, as `SessionModel.submit`; without it one waits.
    """

    value = traitlets.Any(None, help="the latest answer, a frozen value; None when there is none")
    working = traitlets.Bool(False, help="whether an answer is on its way")
    sentence = traitlets.Unicode("", help="why there is none")

    def __init__(self, submit: Callable[..., Future[Any]] | None = None) -> None:
        super().__init__()
        self._submit = submit
        self._mark: Hashable = None
        self._future: Future[Any] | None = None

    def ask(self, mark: Hashable, call: Callable[..., Any], *arguments: Any) -> None:
        """
        Ask anew, unless `mark` says that it is the question of before.

        Where no event loop runs, as in a script, the answer is there on return.
        """
        if mark == self._mark:
            return
        self._mark = mark
        with self.hold_trait_notifications():
            self.working, self.sentence = True, ""  # why there was no answer before is over
        if self._submit is None:
            self._future = Future()
            try:
                self._future.set_result(call(*arguments))
            except MiriWidgetsError as error:
                self._future.set_exception(error)
        else:
            self._future = self._submit(call, *arguments)
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            self.tick(wait=True)
            return
        self._future.add_done_callback(lambda _: self._deliver(loop))

    def _deliver(self, loop: asyncio.AbstractEventLoop) -> None:
        with contextlib.suppress(RuntimeError):  # the page was closed meanwhile
            loop.call_soon_threadsafe(self.tick)

    def forget(self) -> None:
        """Drop the answer, and one that is on its way."""
        self._mark, self._future = None, None
        with self.hold_trait_notifications():
            self.value, self.working, self.sentence = None, False, ""

    def tick(self, *, wait: bool = False) -> None:
        """Take the answer when it is there."""
        future = self._future
        if future is None or future.cancelled() or not (wait or future.done()):
            return
        self._future = None
        try:
            answer, sentence = future.result(), ""
        except MiriWidgetsError as error:
            answer, sentence = None, str(error)
        except BaseException:
            self._give(None, "")  # a mistake of ours: neither the old answer nor "working" stays
            raise
        self._give(answer, sentence)

    def _give(self, value: Any, sentence: str) -> None:
        # who hears of one of them finds all three of the new state
        with self.hold_trait_notifications():
            self.value, self.working, self.sentence = value, False, sentence

    def close(self) -> None:
        """Let go of everything that watches; again does nothing."""
        self._future = None
        self.unobserve_all()
