"""
A viewer that is on the page at once, and draws once its backend has started.

jdaviz takes seconds to import. The page must not wait: a placeholder is shown, the import
runs in a worker thread, the widgets are then built on the event loop, and queued requests
are performed. If jdaviz cannot be used, the light viewer replaces it.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from typing import Any

from miri_widgets.viewer.base import DrawingViewer
from miri_widgets.viewer.notice import Frame
from miri_widgets.viewer.preheating import in_thread, is_unvisited, wait_for_page
from miri_widgets.viewer.queueing import QueueingViewer, cause
from miri_widgets.viewer.state import checked_state

__all__ = ["DeferredViewer"]

_LOG = logging.getLogger(__name__)

_LATE = 60.0
"""Time after which the page reports a late viewer [s]."""


class DeferredViewer(QueueingViewer):
    """
    A viewer whose backend starts in the background.

    Parameters
    ----------
    prepare : callable
        Slow preparation without widgets; runs in a worker thread.
    build : callable
        Creates the backend; runs on the event loop.
    fall_back : callable, optional
        Creates another backend if `prepare` or `build` fails.
    height : str
        Height of the viewer, a CSS length.
    late : float, optional
        Time after which the page reports a late viewer, with choices [s]; 60 by default.

    Notes
    -----
    Without a running event loop (a script) the backend starts in the constructor.
    """

    def __init__(
        self,
        prepare: Callable[[], None],
        build: Callable[[], DrawingViewer],
        fall_back: Callable[[], DrawingViewer] | None = None,
        *,
        height: str = "620px",
        late: float | None = None,
    ) -> None:
        self._prepare, self._build, self._fall_back = prepare, build, fall_back
        self._late = _LATE if late is None else late
        self._is_light = False
        self._frame = Frame(height)
        super().__init__(self._frame.widget)
        self._task: asyncio.Task[None] | None = None
        self._launch()

    def close(self) -> None:
        if self._task is not None:
            self._task.cancel()
        super().close()
        self._frame.close()

    @property
    def _may_be_replaced(self) -> bool:
        return super()._may_be_replaced or bool(self._frame.sentence)

    def _launch(self) -> None:
        """Start the backend."""
        self._frame.wait("The image viewer is loading …", "All other controls work already.")
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            self._start_synchronously()
            return
        self._task = loop.create_task(self._start())
        self._task.add_done_callback(self._ended)

    async def _start(self) -> None:
        """Prepare in a thread, with the seconds on the placeholder, then build."""
        begin = time.monotonic()
        work = asyncio.ensure_future(in_thread(self._prepare))
        page_opened: asyncio.Future[None] | None = None
        absent = 0.0  # the time before the page is opened does not count
        interval = min(1.0, self._late / 4)
        late = False
        try:
            while page_opened is None or not page_opened.done():
                awaited = work if page_opened is None else page_opened
                if (await asyncio.wait({awaited}, timeout=interval))[0] and page_opened is None:
                    work.result()
                    page_opened = asyncio.ensure_future(wait_for_page())
                absent += interval if page_opened is not None and is_unvisited() else 0.0
                passed = time.monotonic() - begin - absent
                if self._backend is None and page_opened is None:
                    self._frame.wait(
                        "The image viewer is loading …",
                        f"jdaviz is imported, {passed:.0f} s so far; this takes about 10 s. All other controls work already.",
                    )
                if passed > self._late and not late:
                    late = True
                    self._notify_choices(f"The image viewer has not come within {self._late:.0f} s.")
            page_opened.result()
            backend = self._build()
        except Exception as error:  # an optional third-party viewer may fail in any way
            self._handle_failure(error)
        else:
            self._begin(backend)
        finally:
            for future in (work, page_opened):
                if future is not None:
                    future.cancel()

    def _ended(self, task: asyncio.Task[None]) -> None:
        """Replace a viewer whose start has ended without a backend."""
        if self._closed or self.ready or task is not self._task:
            return
        if task.cancelled() or task.exception() is not None:
            self._handle_failure(RuntimeError("cancelled" if task.cancelled() else repr(task.exception())))

    def _start_synchronously(self) -> None:
        try:
            self._prepare()
            backend = self._build()
        except Exception as error:  # as above
            if self._fall_back is None:
                self._handle_failure(error)
                raise
            self._handle_failure(error)
        else:
            self._begin(backend)

    def _handle_failure(self, error: Exception) -> None:
        """Use the light viewer instead; the page shows the reason, the log the traceback."""
        _LOG.warning("The image viewer cannot be used: %r", error, exc_info=error)
        replacement = " The lightweight viewer takes its place." if self._fall_back is not None else ""
        self._use_light(f"The image viewer cannot be used ({cause(error)}).{replacement}")

    def _use_light(self, reason: str) -> None:
        """Show the light viewer, with the reason above it."""
        self._cancel_start()
        try:
            backend = None if self._fall_back is None else self._fall_back()
        except Exception as error:
            _LOG.exception("The light viewer cannot be shown, either")
            backend, reason = None, f"{reason} Nor can the lightweight viewer ({cause(error)})."
        if backend is not None:
            self._begin(backend, reason)
            return
        self._frame.wait("The image viewer cannot be shown", reason)
        self._notify_choices(reason)

    def _notify_choices(self, sentence: str) -> None:
        """Show a notice with choices about the viewer."""
        choices: list[tuple[str, Callable[[], object]]] = [("Start the viewer again", self._restart)]
        if self._fall_back is not None and (self._backend is None or not self._is_light):
            explanation = "This is the lightweight viewer, as you chose."
            choices.append(("Use the lightweight viewer", lambda: self._use_light(explanation)))
        self._frame.notify(sentence, choices)

    def _restart(self) -> None:
        """Start the backend once more; the current one stays until then."""
        self._cancel_start()
        self._frame.notify("The image viewer is started again …")
        self._launch()

    def _cancel_start(self) -> None:
        task, self._task = self._task, None
        if task is not None and not task.done() and task is not _current_task():
            task.cancel()

    def _begin(self, backend: DrawingViewer, reason: str = "") -> None:
        """Replace the backend and perform the stored requests; with a reason it is the second choice."""
        if self._closed:
            backend.close()
            return
        previous = self._backend
        if previous is not None:
            self._replay.replace_by_state(checked_state(self.state()))
            previous.close()
        self._backend, self._is_light = backend, bool(reason)
        self._frame.show_content(backend.widget)
        failed = self._perform_requests(backend, repeat=previous is not None)
        images = [name for kind, *name in failed if kind == "show"]
        if images and len(images) == len(self._labels) and not reason and self._fall_back is not None:
            # without an image jdaviz has no canvas; the light viewer may draw the images
            causes = "; ".join(failed.values())
            self._use_light(f"The image viewer failed: {causes}. The lightweight viewer takes its place.")
            return
        for (name,) in images:
            self._drop(str(name))
        sentence = " ".join((reason, *(f"Not drawn: {cause}." for cause in failed.values()))).strip()
        if sentence:
            self._notify_choices(sentence)
        else:
            self._frame.notify("")
            self._replay.clear()


def _current_task() -> asyncio.Task[Any] | None:
    try:
        return asyncio.current_task()
    except RuntimeError:
        return None
