"""
Slow work of a page: it runs in worker threads, and its results come back to the thread of the models.

Everything that a model or a view cannot have at once (reading files, measuring pixels, asking a server) goes through
a `Background`. There are two ways to ask: `Background.start` for a call with handlers of its own, and
`BackgroundValue` for a value that views watch. Both follow the same contract.

Threading contract
------------------
Who runs where
    Calls run in the worker threads of a `Background`. They take frozen values and return one; they touch no model.
    Models, views and all handlers live in one thread: that of the event loop, or of the script.
Which thread applies results
    The thread of the models. Results, errors and progress cross over in one queue, in the order in which a thread
    reports them. Where an event loop runs at the time of the request, that loop applies them. Where none runs, as in
    a script or a test, `Background.wait` does, which `SessionModel.poll` calls; a `BackgroundValue` waits by itself, so
    that its value is there when the request returns. A notebook cell, which holds up the event loop, calls `wait`, too.
How a request ends
    In exactly one of: its result is applied; its error is applied; it was cancelled, and nothing is applied. An error
    is always a `MiriWidgetsError`, whose text is for the page: any other exception is a mistake of this program, which
    is logged with its traceback and becomes an `UnexpectedError`.
Which request wins
    The latest. A `BackgroundValue` that is requested with another key cancels the request before: a call that has not
    begun never runs, and the result of one at work is dropped, with its progress.
What close guarantees
    Nothing is applied afterwards, a request does nothing, and calls that have not begun never run. A call at work
    cannot be interrupted: it ends by itself, its result is dropped, and its thread ends with it. ``close(finish=True)``
    does what was requested to its end before it returns, for what must reach the disk. To close again does nothing.

The viewer, which lies beside the models, needs none of this. Its one slow call, the import of jdaviz, is no request: it
runs once, in a daemon thread, as an import that hangs must not keep the process from ending (`viewer.preheating`).
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import queue
from collections.abc import Callable, Hashable
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeAlias, TypeVar

import traitlets

from miri_widgets.errors import MiriWidgetsError, UnexpectedError

__all__ = ["Background", "BackgroundTask", "BackgroundValue"]

_LOG = logging.getLogger(__name__)
_Result = TypeVar("_Result")
_Loop: TypeAlias = asyncio.AbstractEventLoop | None


@dataclass(eq=False)
class BackgroundTask:
    """
    One request, from its start to its end.

    Attributes
    ----------
    background : Background
        Whose threads do the work.
    done, failed : callable
        Handlers of the result and the error.
    future : Future or None
        The call in the executor.
    """

    background: Background
    done: Callable[[Any], object]
    failed: Callable[[MiriWidgetsError], object]
    future: Future[Any] | None = None

    @property
    def pending(self) -> bool:
        """Whether a result or an error is still to be applied."""
        return self in self.background.tasks

    def settle(self) -> None:
        """Where no event loop runs, wait for the result and apply it; else it comes by itself."""
        if _running_loop() is None:
            self.background.apply(until=lambda: not self.pending)

    def cancel(self) -> None:
        """Apply nothing of this request; a call that has not begun never runs."""
        self.background.tasks.discard(self)
        if self.future is not None:
            self.future.cancel()


class Background:
    """
    The worker threads of one owner, and the way back from them; see the contract of this module.

    Parameters
    ----------
    name : str
        Prefix of the names of the threads.
    threads : int
        How many calls run at the same time. With one, calls run in the order of the requests.
    executor : Executor, optional
        Runs the calls instead of threads of its own: for tests.
    """

    def __init__(self, name: str, threads: int = 1, executor: Executor | None = None) -> None:
        self.executor = executor or ThreadPoolExecutor(max_workers=threads, thread_name_prefix=name)
        self.tasks: set[BackgroundTask] = set()
        """The requests that have not ended."""
        self.closed = False
        self._reports: queue.SimpleQueue[tuple[BackgroundTask, Callable[[], object], bool]] = (
            queue.SimpleQueue()
        )

    def start(
        self,
        call: Callable[..., Any],
        *arguments: Any,
        done: Callable[[Any], object],
        failed: Callable[[MiriWidgetsError], object],
        progress: Callable[[Any], object] | None = None,
    ) -> BackgroundTask:
        """
        Run a call in a worker thread.

        Parameters
        ----------
        call, *arguments : callable and its arguments
            The slow work.
        done, failed : callable
            Take its result or its error, in the thread of the models.
        progress : callable, optional
            Takes values on the way, in the thread of the models. The call then gets, as its last argument, a function
            of one value that may be called in any thread.

        Returns
        -------
        BackgroundTask
            By which it can be cancelled.
        """
        task = BackgroundTask(self, done, failed)
        if self.closed:
            return task
        loop = _running_loop()
        if progress is not None:
            arguments = (*arguments, lambda value: self._report(task, loop, partial(progress, value)))
        task.future = self.executor.submit(call, *arguments)
        self.tasks.add(task)
        task.future.add_done_callback(partial(self._end, task, loop))
        return task

    async def run(self, call: Callable[..., _Result], *arguments: Any) -> _Result:
        """
        Run a call in a worker thread and await its result: for coroutines, which handle errors themselves.

        Parameters
        ----------
        call, *arguments : callable and its arguments
            The slow work.
        """
        return await asyncio.wrap_future(self.executor.submit(call, *arguments))

    def wait(self) -> None:
        """Block until all requests have ended, and apply what comes of them; in the thread of the models."""
        self.apply(until=lambda: not self.tasks)

    def apply(self, until: Callable[[], bool] = lambda: True) -> None:
        """
        Apply what the threads have reported; in the thread of the models.

        Parameters
        ----------
        until : callable
            What must be true before it returns; by default it does not wait.
        """
        while not (until() and self._reports.empty()):
            task, handler, last = self._reports.get()
            if task.pending:
                if last:
                    self.tasks.discard(task)
                handler()

    def close(self, *, finish: bool = False) -> None:
        """
        Apply nothing any more, and let the threads end.

        Parameters
        ----------
        finish : bool
            Whether to do first what was requested; else a call that has not begun never runs.
        """
        self.closed = True
        self.tasks.clear()
        self.executor.shutdown(wait=finish, cancel_futures=not finish)

    # -- from the worker threads --------------------------------------------

    def _end(self, task: BackgroundTask, loop: _Loop, future: Future[Any]) -> None:
        if future.cancelled():
            return
        error = future.exception()
        if error is None:
            self._report(task, loop, partial(task.done, future.result()), last=True)
            return
        if not isinstance(error, MiriWidgetsError):
            _LOG.error("Work in the background failed", exc_info=error)
            error = UnexpectedError.of(error)
        self._report(task, loop, partial(task.failed, error), last=True)

    def _report(
        self, task: BackgroundTask, loop: _Loop, handler: Callable[[], object], *, last: bool = False
    ) -> None:
        if self.closed:
            return
        self._reports.put((task, handler, last))
        if loop is not None:
            with contextlib.suppress(RuntimeError):  # the loop was closed meanwhile, and the page with it
                loop.call_soon_threadsafe(self.apply)


def _running_loop() -> _Loop:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None


class BackgroundValue(traitlets.HasTraits):
    """
    A value that takes time: the result of the latest request, for views to watch.

    Parameters
    ----------
    background : Background, optional
        Whose threads do the work; without it one of its own, which is closed with the value.
    """

    value = traitlets.Any(None, help="the latest result, a frozen value; None when there is none")
    working = traitlets.Bool(False, help="whether a result is on its way")
    sentence = traitlets.Unicode("", help="why there is no result")

    def __init__(self, background: Background | None = None) -> None:
        super().__init__()
        self.background = Background("miri-value") if background is None else background
        self._owns_background = background is None
        self._key: Hashable = None
        self._task: BackgroundTask | None = None
        self._closed = False

    def request(self, key: Hashable, call: Callable[..., Any], *arguments: Any) -> None:
        """
        Have the value computed, unless `key` is that of the request before.

        Parameters
        ----------
        key : hashable
            What the value depends on.
        call, *arguments : callable and its arguments
            Computes it, in a worker thread.
        """
        if key == self._key or self._closed or self.background.closed:
            return
        self._cancel()
        self._key = key
        with self.hold_trait_notifications():
            self.working, self.sentence = True, ""  # why there was no result before is over
        if self._key is not key:
            return  # who was notified has requested something else
        self._task = task = self.background.start(
            call, *arguments, done=self._end, failed=lambda error: self._end(None, str(error))
        )
        task.settle()

    def clear(self) -> None:
        """Drop the value, and one that is on its way; the same key can be requested again."""
        self._cancel()
        self._key = None
        self._end(None)

    def _cancel(self) -> None:
        if self._task is not None:
            self._task.cancel()
            self._task = None

    def _end(self, value: Any, sentence: str = "") -> None:
        # whoever observes one of them finds all three of the new state
        with self.hold_trait_notifications():
            self.value, self.working, self.sentence = value, False, sentence

    def close(self) -> None:
        """Cancel what is on its way, and let go of everything that watches; again does nothing."""
        self._closed = True
        self._cancel()
        if self._owns_background:
            self.background.close()
        self.unobserve_all()
