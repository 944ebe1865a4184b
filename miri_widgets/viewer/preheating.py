"""
Preheated kernels: wait until a page is opened.

Voila can run a notebook before a page is opened. An image viewer built then would make the page
slow: a thousand widgets would be sent to the browser before the first one is drawn. So the import
is done in advance, and the viewer is built once the page is open.
"""

from __future__ import annotations

import asyncio
import os
import threading
import time
from collections.abc import Callable
from typing import Any

from ipywidgets import Widget

__all__ = ["HEAD_START", "LONGEST_WAIT", "in_thread", "is_unvisited", "wait_for_page"]

#: Head start of the page over the viewer, which blocks the kernel while it is built [s].
HEAD_START = 1.0
LONGEST_WAIT = 30.0
_POLL_INTERVAL = 0.1


def is_unvisited() -> bool:
    """
    Return whether this kernel is preheated and no page has been opened yet.

    Returns
    -------
    bool
        Whether no page has been opened.
    """
    return os.environ.get("VOILA_PREHEAT") == "True" and not _has_page()


async def in_thread(call: Callable[[], None]) -> None:
    """
    Run a function in its own thread and wait for it.

    Parameters
    ----------
    call : callable
        The function.

    Notes
    -----
    Not in an executor: a function that hangs would block one of its threads and keep the process from ending.
    """
    loop = asyncio.get_running_loop()
    finished: asyncio.Future[None] = loop.create_future()

    def settle(error: Exception | None) -> None:
        if finished.done():
            return
        if error is None:
            finished.set_result(None)
        else:
            finished.set_exception(error)

    def run() -> None:
        error: Exception | None = None
        try:
            call()
        except Exception as raised:
            error = raised
        if not loop.is_closed():
            loop.call_soon_threadsafe(settle, error)

    threading.Thread(target=run, name="miri-viewer", daemon=True).start()
    await finished


async def wait_for_page() -> None:
    """
    Wait until the page of this kernel is requested; return at once outside of preheated kernels.

    Notes
    -----
    Voila announces it over a web socket whose address is in the environment of the kernel; if it cannot be
    reached, there is nothing to wait for. The first message of the page counts, too: Voila's can get lost.
    """
    kernel = os.environ.get("VOILA_KERNEL_ID")
    if os.environ.get("VOILA_PREHEAT") != "True" or kernel is None:
        return
    request = asyncio.create_task(_page_requested(kernel))
    try:
        while not request.done() and not _has_page():
            await asyncio.sleep(_POLL_INTERVAL)
    finally:
        request.cancel()
    if request.done() and not request.cancelled() and not request.result():
        return
    await _wait_for_widgets()
    await asyncio.sleep(HEAD_START)


async def _page_requested(kernel: str) -> bool:
    """Return True once Voila reports that the page is requested, False if Voila cannot be reached."""
    from tornado.websocket import websocket_connect

    host = os.environ.get("VOILA_APP_IP", "127.0.0.1")
    port = os.environ.get("VOILA_APP_PORT", "8866")
    prefix = os.environ.get("VOILA_SERVER_URL", "/")
    try:
        connection = await websocket_connect(
            f"ws://{host}:{port}{prefix}voila/query/{kernel}", resolver=_socket_resolver()
        )
        try:
            await connection.read_message()
        finally:
            connection.close()
    except Exception:  # whatever is wrong with the socket, the viewer must come
        return False
    return True


def _socket_resolver() -> Any:
    """Return what leads every connection to the socket of the server; None where the server has a port."""
    path = os.environ.get("MIRI_WIDGETS_SOCKET")
    if not path:
        return None
    import socket

    from tornado.netutil import Resolver

    class SocketResolver(Resolver):
        """Knows one address."""

        def initialize(self) -> None:
            """Do nothing; a resolver of tornado is made by its ``configure``."""

        async def resolve(self, *_args: Any, **_options: Any) -> list[tuple[int, Any]]:
            """Return the socket, whatever is asked for."""
            return [(socket.AF_UNIX, path)]

    return SocketResolver()


def _has_page() -> bool:
    """Return whether a page has asked for widgets; False, too, if ipywidgets no longer keeps that channel."""
    # private: the class keeps the channel over which a page asks
    return getattr(Widget, "_control_comm", None) is not None


async def _wait_for_widgets() -> None:
    """Wait until the page has asked for its widgets, over a channel of its own."""
    end = time.monotonic() + LONGEST_WAIT
    # if a later version does not keep it, the head start must suffice
    while hasattr(Widget, "_control_comm") and not _has_page() and time.monotonic() < end:
        await asyncio.sleep(_POLL_INTERVAL)
