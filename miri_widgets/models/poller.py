"""Looking again and again, as long as a session is open: in an event loop, with the work in threads."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Protocol

from miri_widgets.errors import MiriWidgetsError
from miri_widgets.models.capabilities import HasPlans
from miri_widgets.models.messages import Subject
from miri_widgets.run.snapshot import Request, Snapshot

__all__ = ["Polled", "Poller"]

PERIOD = 0.25


class Polled(HasPlans, Protocol):
    """What is polled: it says what is to be read, and takes what was read."""

    def request(self) -> Request: ...
    def apply(self, facts: Snapshot) -> None: ...
    def poll(self) -> None: ...
    def show_trouble(self, sentence: str) -> None: ...


class Poller:
    """
    Lets a session take what is found, four times a second.

    Parameters
    ----------
    session : Polled
        Says what is to be looked at, and takes it.
    read : callable
        ``read(request)`` returns a `Snapshot`; called in a thread.
    collect : callable
        Called after each look, in the thread of the event loop.
    """

    def __init__(
        self,
        session: Polled,
        read: Callable[[Request], Snapshot],
        collect: Callable[[], None],
    ) -> None:
        self.session = session
        self._read = read
        self._collect = collect
        self._task: asyncio.Task[None] | None = None
        self._reads = 0
        self._failure = ""

    def start(self) -> None:
        """Keep looking until the session is closed; needs a running event loop."""
        if self._task is None and not self.session.closed:
            self._task = asyncio.get_running_loop().create_task(self._follow())

    def stop(self) -> None:
        """Look no more."""
        if self._task is not None:
            self._task.cancel()
            self._task = None

    async def settled(self, timeout: float) -> None:
        """
        Wait until all is read and planned for the settings of now, at most so many seconds.

        Parameters
        ----------
        timeout : float
            Longest wait [s].
        """
        session = self.session
        if self._task is None:
            session.poll()
            return
        # the look at work may have begun before what the caller has just changed
        wanted, end = self._reads + 2, time.monotonic() + timeout
        while (self._reads < wanted or session.planning or not session.plans) and time.monotonic() < end:
            if session.closed or (
                self._reads >= wanted and session.programs.scanned and session.programs.blockers()
            ):
                return
            await asyncio.sleep(PERIOD / 10)

    async def _follow(self) -> None:
        session = self.session
        try:
            await session.background.run(session.services.engine.recover)
        except (MiriWidgetsError, OSError):
            pass  # reading the jobs says the same, as long as it is so
        except Exception as error:
            logging.getLogger(__name__).exception("jobs of before could not be taken up")
            session.messages.put(
                Subject.JOBS,
                f"Jobs of before could not be taken up ({_cause(error)}); press Run to go on with them.",
            )
        # jobs at work first: a page that is opened again shows them before the exposures are read
        first = replace(session.request(), rescan=False, exposures=None)
        with self._trouble_shown():
            session.apply(await self._apply_changes(first))
        while not session.closed:
            failed = True
            with self._trouble_shown():
                facts = await self._apply_changes(session.request())
                if session.closed:
                    return
                self._take(facts)
                failed = False
            self._reads += 1
            if failed:
                await asyncio.sleep(4 * PERIOD)
            else:
                # scanning, laying settings out and planning follow each other at the start
                await asyncio.sleep(PERIOD if session.plans or self._reads >= 10 else PERIOD / 10)

    def _take(self, facts: Snapshot) -> None:
        """Give the session what was read; an observer's mistake must not end the following."""
        try:
            self.session.apply(facts)
            self._collect()
        except Exception:
            logging.getLogger(__name__).exception("a view could not follow its model")

    @contextlib.contextmanager
    def _trouble_shown(self) -> Iterator[None]:
        """Let no failure end the following: it is logged once, and the session shows a sentence until it is over."""
        try:
            yield
        except (MiriWidgetsError, OSError) as error:
            self._show(str(error), error)
        except Exception as error:  # whatever it is, a page that stands still without a word is worse
            if self.session.closed:
                return
            self._show(
                f"The program's folders could not be read ({_cause(error)}). This page shows what was true before and goes on "
                "trying; if this stays, open the page again and look into its log.",
                error,
            )

    def _show(self, sentence: str, error: Exception) -> None:
        if sentence != self._failure:
            logging.getLogger(__name__).error("The following failed and goes on", exc_info=error)
        self._failure = sentence
        with contextlib.suppress(Exception):  # an observer of the sentence may be what fails
            self.session.show_trouble(sentence)

    async def _apply_changes(self, request: Request) -> Snapshot:
        facts = await self.session.background.run(self._read, request)
        self._failure = ""
        return facts


def _cause(error: Exception) -> str:
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
