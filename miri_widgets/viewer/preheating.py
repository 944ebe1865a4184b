"""
In a preheated kernel: wait until somebody opens the page.

Voila can run a notebook before its visitor comes. An image viewer built then makes the page
slow: a thousand widgets are sent to the browser before the first one is drawn. So the import is
done in advance, and the viewer is built when the page is there.
"""

from __future__ import annotations

import asyncio
import os
import threading
import time
from collections.abc import Callable

from ipywidgets import Widget

__all__ = ["in_thread", "nobody_is_there", "wait_for_visitor"]

#: Head start of the page over the viewer, which blocks the kernel while it is built [s].
_HEAD_START = 1.0
_LONGEST_WAIT = 30.0
_LOOK = 0.1


def nobody_is_there() -> bool:
    """Tell whether this kernel is preheated and no page of it has been opened yet."""
    return os.environ.get("VOILA_PREHEAT") == "True" and not _has_page()


async def in_thread(call: Callable[[], None]) -> None:
    """
    Wait until a function has run in a thread of its own.

    Notes
    -----
    Not in an executor: a function that hangs would take one of its threads for ever and keep the process from ending.
    """
    loop = asyncio.get_running_loop()
    done: asyncio.Future[None] = loop.create_future()

    def settle(error: Exception | None) -> None:
        if done.done():
            return
        if error is None:
            done.set_result(None)
        else:
            done.set_exception(error)

    def run() -> None:
        error: Exception | None = None
        try:
            call()
        except Exception as raised:
            error = raised
        if not loop.is_closed():
            loop.call_soon_threadsafe(settle, error)

    threading.Thread(target=run, name="miri-viewer", daemon=True).start()
    await done


async def wait_for_visitor() -> None:
    """
    Return when the page of this kernel has been asked for; at once outside of preheated kernels.

    Notes
    -----
    Voila says so over a web socket whose address is in the environment of the kernel; if it cannot be reached, there
    is nothing to wait for. The page's own first message says it, too: Voila's word can get lost.
    """
    kernel = os.environ.get("VOILA_KERNEL_ID")
    if os.environ.get("VOILA_PREHEAT") != "True" or kernel is None:
        return
    told = asyncio.create_task(_told_by_voila(kernel))
    try:
        while not told.done() and not _has_page():
            await asyncio.sleep(_LOOK)
    finally:
        told.cancel()
    if told.done() and not told.cancelled() and not told.result():
        return
    await _wait_for_widgets()
    await asyncio.sleep(_HEAD_START)


async def _told_by_voila(kernel: str) -> bool:
    """Return True when Voila says that the page is asked for, and False when Voila cannot be reached."""
    from tornado.websocket import websocket_connect

    host = os.environ.get("VOILA_APP_IP", "127.0.0.1")
    port = os.environ.get("VOILA_APP_PORT", "8866")
    prefix = os.environ.get("VOILA_SERVER_URL", "/")
    try:
        connection = await websocket_connect(f"ws://{host}:{port}{prefix}voila/query/{kernel}")
        try:
            await connection.read_message()
        finally:
            connection.close()
    except Exception:  # whatever is wrong with the socket, the viewer must come
        return False
    return True


def _has_page() -> bool:
    """Tell whether a page has asked for widgets; False, too, when ipywidgets does not keep that channel any more."""
    # private: the class keeps the channel over which a page asks
    return getattr(Widget, "_control_comm", None) is not None


async def _wait_for_widgets() -> None:
    """Return when the page has asked for its widgets; it does so over a channel of its own."""
    end = time.monotonic() + _LONGEST_WAIT
    # if a later version does not keep it, the head start must do
    while hasattr(Widget, "_control_comm") and not _has_page() and time.monotonic() < end:
        await asyncio.sleep(_LOOK)
