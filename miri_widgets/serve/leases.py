"""Kernel leases: a kernel lives as long as its page; a page that vanishes is noticed by its connection."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from jupyter_core.utils import ensure_async

__all__ = ["KernelLeases", "drop_dead_kernels", "waiting_kernels"]


class KernelLeases:
    """
    Stops the kernels whose page has had no connection for too long.

    A page that is closed stops its kernel itself. One that crashes, sleeps or loses its network cannot: its connection is
    closed by the server once pings stay unanswered, and from then on the lease runs. Jobs run in processes of their own.

    Parameters
    ----------
    manager : MultiKernelManager
        The manager of the kernels.
    grace : float
        How long a kernel may be without the connection that it once had [s].
    first_grace : float
        How long a page may take to connect for the first time [s].
    clock : callable
        Gives the time [s].
    """

    def __init__(
        self,
        manager: Any,
        *,
        grace: float,
        first_grace: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._manager, self._clock = manager, clock
        self._grace, self._first_grace = grace, max(grace, first_grace)
        self._alone: dict[str, float] = {}  # kernel: since when it has no connection
        self._visited: set[str] = set()

    def connected(self, kernel: str) -> None:
        """
        Note that a page has connected to its kernel, even if only between two checks.

        Parameters
        ----------
        kernel : str
            Id of the kernel.
        """
        self._visited.add(kernel)

    def expired(self) -> list[str]:
        """
        Return the kernels whose lease has run out; to be called every few seconds.

        Returns
        -------
        list of str
            Kernel ids.
        """
        current_time, waiting = self._clock(), waiting_kernels(self._manager)
        active = [kernel for kernel in self._manager.list_kernel_ids() if kernel not in waiting]
        connected = {kernel for kernel in active if self._manager._kernel_connections.get(kernel, 0) > 0}
        self._visited = (self._visited | connected) & set(active)
        self._alone = {
            kernel: self._alone.get(kernel, current_time) for kernel in active if kernel not in connected
        }
        return [
            kernel
            for kernel, since in self._alone.items()
            if current_time - since > (self._grace if kernel in self._visited else self._first_grace)
        ]

    async def end_expired(self) -> None:
        """Stop the kernels whose lease has run out."""
        for kernel in self.expired():
            if kernel in self._manager and not self._manager._kernel_connections.get(kernel, 0):
                self._alone.pop(kernel, None)
                self._manager.log.info("Kernel %s has lost its page and is stopped", kernel)
                await ensure_async(self._manager.shutdown_kernel(kernel))


def waiting_kernels(manager: Any) -> set[str]:
    """
    Return the preheated kernels that wait for a page.

    Parameters
    ----------
    manager : MultiKernelManager
        The manager of the kernels.

    Returns
    -------
    set of str
        Kernel ids.
    """
    return {
        item.result()["kernel_id"]
        for pool in getattr(manager, "_pools", {}).values()
        for item in pool
        if item.done() and not item.cancelled() and not item.exception()
    }


async def drop_dead_kernels(manager: Any, notebook: str) -> int:
    """
    Replace preheated kernels of a notebook that have died.

    A page made of such a kernel would wait for its widgets for ever.

    Parameters
    ----------
    manager : MultiKernelManager
        The manager of the kernels.
    notebook : str
        Name of the notebook.

    Returns
    -------
    int
        Number of dead kernels.
    """
    pool = getattr(manager, "_pools", {}).get(notebook, [])
    dead = 0
    for item in [ended for ended in pool if ended.done()]:
        alive = False
        if not item.cancelled() and not item.exception():
            kernel = item.result()["kernel_id"]
            alive = kernel in manager and await ensure_async(manager.get_kernel(kernel).is_alive())
        if not alive and item in pool:
            pool.remove(item)
            dead += 1
    if dead:
        manager.fill_if_needed(delay=None, notebook_name=notebook)
    return dead
