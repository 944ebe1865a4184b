"""The kernels that one request for a page starts: they end with a request that is given up."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from jupyter_core.utils import ensure_async

__all__ = ["PageKernels"]


class PageKernels:
    """
    A manager of kernels that knows what was started through it, and stops it when the page has gone.

    Voila starts a kernel, then runs the notebook for seconds. A browser that is closed meanwhile never connects and
    never says good-bye.

    Parameters
    ----------
    manager : MultiKernelManager
        The manager that does the work; all that is not defined here is its own.
    started : callable, optional
        Called with the id of a kernel.
    """

    def __init__(self, manager: Any, started: Callable[[str], None] = lambda kernel: None) -> None:
        self._manager = manager
        self._started = started
        self._kernels: list[str] = []
        self._gone = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._manager, name)

    async def start_kernel(self, *arguments: Any, **options: Any) -> str:
        """
        Start a kernel; it is stopped at once when the page has gone meanwhile.

        Parameters
        ----------
        *arguments, **options
            Those of the manager.

        Returns
        -------
        str
            Id of the kernel.
        """
        kernel: str = await ensure_async(self._manager.start_kernel(*arguments, **options))
        await self._note(kernel)
        return kernel

    async def get_rendered_notebook(self, *arguments: Any, **options: Any) -> Any:
        """
        Take a preheated kernel.

        Parameters
        ----------
        *arguments, **options
            Those of the manager.

        Returns
        -------
        tuple
            Task, cells and id of the kernel.
        """
        rendered = await self._manager.get_rendered_notebook(*arguments, **options)
        await self._note(rendered[-1])
        return rendered

    async def _note(self, kernel: str) -> None:
        self._kernels.append(kernel)
        self._started(kernel)
        if self._gone:
            await self.stop()

    async def stop(self) -> None:
        """Stop the kernels of this page, those that still start included."""
        self._gone = True
        while self._kernels:
            kernel = self._kernels.pop()
            # a page that has connected by now is another one's business: its lease
            if kernel in self._manager and not self._manager._kernel_connections.get(kernel, 0):
                self._manager.log.info("Kernel %s: its page was closed while it was made", kernel)
                await ensure_async(self._manager.shutdown_kernel(kernel))
