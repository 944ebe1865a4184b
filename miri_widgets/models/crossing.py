"""Slow work in one thread of its own; its news are told in the thread of the models."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

from miri_widgets.errors import MiriWidgetsError

__all__ = ["Crossing"]


class Crossing:
    """
    One piece of work at a time.

    Where an event loop runs, work goes to a thread and everything comes back through the loop; where none runs, as
    in a script or a test, it is done on return.
    """

    def __init__(self, name: str) -> None:
        self._executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix=name)
        self._loop: asyncio.AbstractEventLoop | None = None
        self.closed = False

    def begin(
        self,
        work: Callable[[], Any],
        done: Callable[[Any], None],
        failed: Callable[[MiriWidgetsError], None],
    ) -> None:
        """
        Do something slow.

        Parameters
        ----------
        work : callable
            What to do; in the thread.
        done, failed : callable
            Take its answer or its error; in the thread of the models.
        """

        def run() -> None:
            try:
                answer = work()
            except MiriWidgetsError as error:
                self.tell(partial(failed, error))
            except Exception as error:  # a mistake of ours must not leave the page waiting for ever
                logging.getLogger(__name__).exception("work in the background failed")
                self.tell(partial(failed, _mistake(error)))
            else:
                self.tell(partial(done, answer))

        try:
            self._loop = asyncio.get_running_loop()
        except RuntimeError:
            self._loop = None
            run()
            return
        self._executor.submit(run)

    def tell(self, news: Callable[[], None]) -> None:
        """Call something in the thread of the models; from the work."""
        if self._loop is None:
            news()
            return
        with contextlib.suppress(RuntimeError):  # the page was closed meanwhile
            self._loop.call_soon_threadsafe(self._deliver, news)

    def _deliver(self, news: Callable[[], None]) -> None:
        if not self.closed:
            news()

    def close(self) -> None:
        """Deliver nothing any more; what is at work ends by itself."""
        self.closed = True
        self._executor.shutdown(wait=False, cancel_futures=True)


def _mistake(error: Exception) -> MiriWidgetsError:
    return MiriWidgetsError(
        f"this did not work ({type(error).__name__}: {str(error)[:200]})",
        "an answer or a known error",
        "try again, and report it when it stays so",
    )
