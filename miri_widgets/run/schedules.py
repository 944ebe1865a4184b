"""When the runs of a job are going to end: the job played through on its workers, as the engine orders its runs."""

from __future__ import annotations

import heapq
from collections.abc import Mapping, Sequence
from typing import Any

__all__ = ["end_times"]


def end_times(runs: Sequence[Any], left: Mapping[str, float], workers: int) -> dict[str, float]:
    """
    Return when each run that has not ended is going to end.

    Parameters
    ----------
    runs : sequence of RunState
        In the order of the plans; those that have ended count as complete.
    left : mapping of str to float
        Time that each run that has not ended is going to take from now, or from its start, s.
    workers : int
        Runs at the same time.

    Returns
    -------
    dict of str to float
        Seconds from now by key.

    Notes
    -----
    A free worker takes, of the runs whose inputs are there, one of the latest stage, then the first in the order of
    the plans: as `run.graph` asks of the scheduler. Where a run does not say what it waits for, it waits for all
    runs of the stages before. Memory that admits fewer runs at a time is left out of account.
    """
    queue = _Queue(runs)
    ends: dict[str, float] = {}
    busy = [(left[run.key], run.key) for run in runs if str(run.status) == "running"]
    heapq.heapify(busy)
    now = 0.0
    while busy or queue:
        while queue and len(busy) < max(workers, 1):
            key = queue.take()
            heapq.heappush(busy, (now + left[key], key))
        now, key = heapq.heappop(busy)
        ends[key] = now
        queue.end(key)
    return ends


class _Queue:
    """The runs that can begin, while others end."""

    def __init__(self, runs: Sequence[Any]) -> None:
        ranks = {stage: rank for rank, stage in enumerate(dict.fromkeys(run.stage for run in runs))}
        pending = [run for run in runs if not run.status.ended]
        self._priority = {run.key: (-ranks[run.stage], index) for index, run in enumerate(pending)}
        self._ready: list[tuple[int, int, str]] = []
        self._missing: dict[str, int] = {}
        self._followers: dict[str, list[str]] = {}
        for node, needs in _needs(pending).items():
            self._missing[node] = len(needs)
            for need in needs:
                self._followers.setdefault(need, []).append(node)
        at_work = {run.key for run in pending if str(run.status) == "running"}
        for node in [node for node, count in self._missing.items() if not count and node not in at_work]:
            self._release(node)

    def __bool__(self) -> bool:
        return bool(self._ready)

    def take(self) -> str:
        """Remove the run that begins next, and return its key."""
        return heapq.heappop(self._ready)[2]

    def end(self, node: str) -> None:
        """Let begin what waited for a run."""
        for follower in self._followers.get(node, ()):
            self._missing[follower] -= 1
            if not self._missing[follower]:
                self._release(follower)

    def _release(self, node: str) -> None:
        if node in self._priority:
            heapq.heappush(self._ready, (*self._priority[node], node))
        else:
            self.end(node)  # a gate between stages takes no time


def _needs(pending: Sequence[Any]) -> dict[str, list[str]]:
    """Return what each run waits for, and each gate, by which runs that do not say so wait for the stages before."""
    keys = {run.key for run in pending}
    of_stage: dict[str, list[str]] = {}
    for run in pending:
        of_stage.setdefault(run.stage, []).append(run.key)
    gates: dict[str, list[str]] = {}
    before: list[str] = []
    for stage, members in of_stage.items():
        gates[f"before {stage}"] = before
        before = [f"before {stage}", *members]
    needs = {
        run.key: []
        if str(run.status) == "running"
        else [f"before {run.stage}"]
        if run.depends is None
        else [key for key in run.depends if key in keys]
        for run in pending
    }
    return needs | gates
