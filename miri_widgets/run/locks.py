"""Locks that several processes share, and that the death of all of them frees."""

from __future__ import annotations

import fcntl
import os
from multiprocessing import reduction
from pathlib import Path
from typing import Any

__all__ = ["RunLock"]


class RunLock:
    """
    A lock on a file; a run's process inherits it from the service.

    It is free only when both are gone, so that nobody tidies up under a
    process that outlived its service for a moment.

    Not a lock of `filelock`: those are let go in a child after a fork, cannot be
    handed to a new process, and are either shared or alone.

    Parameters
    ----------
    path : Path
        The file; made when needed and never removed, as that would let two
        hold "the same" lock.
    """

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)

    def acquire(self, *, shared: bool = False) -> bool:
        """
        Try to lock; say whether it worked. A shared try does not hinder other shared ones.

        Parameters
        ----------
        shared : bool
            Whether other shared locks may be held meanwhile.
        """
        kind = fcntl.LOCK_SH if shared else fcntl.LOCK_EX
        try:
            fcntl.flock(self._descriptor, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def release(self) -> None:
        """Unlock, for all who share it."""
        fcntl.flock(self._descriptor, fcntl.LOCK_UN)

    def close(self) -> None:
        """Let go on this side."""
        os.close(self._descriptor)

    def __reduce__(self) -> tuple[Any, ...]:
        # only while a child is being started; it gets the same open file, hence the same lock
        return _inherited, (reduction.DupFd(self._descriptor),)


def _inherited(duplicate: Any) -> int:
    return int(duplicate.detach())
