"""States of programs for the first page, read outside the event loop: a folder that takes long holds nobody up."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path

from miri_widgets.serve.dashboard_list import DashboardEntry, list_dashboards, with_state
from miri_widgets.serve.states import ProgramState

__all__ = ["DEADLINE", "StateReader"]

#: How long the first page waits for the state of a program [s].
DEADLINE = 3.0

#: How long a state that came too late for its page is good for the next one [s].
KEPT = 60.0


class StateReader:
    """
    Reads what a folder of dashboards stands for, each dashboard by itself.

    A program whose folders take longer than the deadline (a whole disk, a network that does not answer) is listed
    without its state; the search goes on, one per dashboard at most, and the next page has its result.

    Parameters
    ----------
    folder : Path
        Folder of the notebooks.
    deadline : float
        Time that a page waits for a state [s].
    read : callable, optional
        Gives a dashboard its state, as `miri_widgets.serve.dashboard_list.with_state`.
    """

    def __init__(
        self,
        folder: Path,
        *,
        deadline: float = DEADLINE,
        read: Callable[[DashboardEntry, Path], DashboardEntry] = with_state,
    ) -> None:
        self._folder = folder
        self._deadline = deadline
        self._read = read
        self._running: dict[str, Future[tuple[DashboardEntry, float]]] = {}

    async def dashboards(self) -> tuple[DashboardEntry, ...]:
        """
        Return the dashboards by title, each with its state where that could be had in time.

        Returns
        -------
        tuple of Dashboard
            All notebooks of the folder.
        """
        listed = list_dashboards(self._folder)
        futures = [self._future(dashboard) for dashboard in listed]
        waiting = [asyncio.wrap_future(future) for future in futures]
        if waiting:
            await asyncio.wait(waiting, timeout=self._deadline)
        complete = []
        for dashboard, future in zip(listed, futures, strict=True):
            if future.done():
                self._running.pop(dashboard.name, None)
                complete.append(future.result()[0])
            else:
                complete.append(replace(dashboard, state=_late(self._deadline)))
        return tuple(sorted(complete, key=lambda dashboard: dashboard.title.casefold()))

    def _future(self, dashboard: DashboardEntry) -> Future[tuple[DashboardEntry, float]]:
        """Return the reading that is at work or has just ended; begin one if there is none."""
        running = self._running.get(dashboard.name)
        if running is not None and (not running.done() or time.monotonic() - running.result()[1] < KEPT):
            return running
        future: Future[tuple[DashboardEntry, float]] = Future()

        def work() -> None:
            try:
                result = self._read(dashboard, self._folder)
            except Exception as error:  # one program's file never takes the page from all others
                sentence = (
                    f"The state of this program cannot be read ({type(error).__name__}: {str(error)[:200]})."
                )
                result = replace(dashboard, state=ProgramState(sentence))
            future.set_result((result, time.monotonic()))

        self._running[dashboard.name] = future
        # a daemon: the end of the server does not wait for a disk
        threading.Thread(target=work, name=f"state of {dashboard.name}", daemon=True).start()
        return future


def _late(seconds: float) -> ProgramState:
    return ProgramState(
        f"The folders of this program could not be searched within {seconds:.0f} s; reload the page later, or name "
        "smaller folders in its file."
    )
