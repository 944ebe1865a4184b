"""Admission of pages: each costs a kernel, and a machine without memory stands still for all."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from humanize import naturalsize

from miri_widgets.products.free_memory import free_memory
from miri_widgets.serve.leases import waiting_kernels

__all__ = ["MOST_PAGES", "PAGE_BYTES", "Admission"]

#: Pages of one server at the same time.
MOST_PAGES = 40

#: What a page with its viewer takes; 380 to 630 MB were measured.
PAGE_BYTES = 600_000_000

#: Memory that is left to everything else.
SPARE_BYTES = 500_000_000


class Admission:
    """
    Says whether one more page may be opened.

    Parameters
    ----------
    manager : MultiKernelManager
        The manager of the kernels.
    most : int
        Pages at the same time.
    memory : callable, optional
        Gives the free memory in bytes.
    """

    def __init__(
        self, manager: Any, *, most: int = MOST_PAGES, memory: Callable[[], int] = free_memory
    ) -> None:
        self._manager, self._most, self._memory = manager, most, memory
        self._coming: dict[object, str] = {}  # a page that is being made: its kernel, once it has one

    def refusal(self, notebook: str) -> str:
        """
        Return why no page can be opened now, as a sentence; empty when one can.

        Parameters
        ----------
        notebook : str
            Name of the dashboard.

        Returns
        -------
        str
            The sentence.
        """
        waiting = waiting_kernels(self._manager)
        without_kernel = sum(not kernel for kernel in self._coming.values())
        pages = len(self._manager.list_kernel_ids()) - len(waiting) + without_kernel
        if pages >= self._most:
            what = "page is" if pages == 1 else "pages are"
            return f"{pages} {what} open, which is the most that this server keeps."
        if any(item.done() for item in getattr(self._manager, "_pools", {}).get(notebook, ())):
            return ""  # its memory is taken already
        left = self._memory() - len(self._coming) * PAGE_BYTES
        if left < PAGE_BYTES + SPARE_BYTES:
            return (
                f"{naturalsize(max(left, 0))} of memory are free, and a page needs "
                f"{naturalsize(PAGE_BYTES + SPARE_BYTES)}; {pages} open now."
            )
        return ""

    @contextmanager
    def coming(self) -> Iterator[Callable[[str], None]]:
        """
        Count a page while it is being made.

        Yields
        ------
        callable
            Takes the id of its kernel, once there is one.
        """
        page = object()
        self._coming[page] = ""

        def started(kernel: str) -> None:
            self._coming[page] = kernel

        try:
            yield started
        finally:
            del self._coming[page]

    def unseen(self) -> list[str]:
        """
        Return the kernels that no page is connected to: what can be closed without taking anything from anybody.

        Returns
        -------
        list of str
            Kernel ids; those of pages that are being made and preheated ones are left out.
        """
        kept = waiting_kernels(self._manager) | set(self._coming.values())
        connections = self._manager._kernel_connections
        return [
            kernel
            for kernel in self._manager.list_kernel_ids()
            if kernel not in kept and not connections.get(kernel, 0)
        ]
