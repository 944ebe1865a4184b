"""
In a preheated kernel: wait until somebody opens the page.

Voila can run a notebook before its visitor comes. An image viewer built then makes the page
slow: a thousand widgets are sent to the browser before the first one is drawn. So the import is
done in advance, and the viewer is built when the page is there.
"""

from __future__ import annotations

import asyncio
import os
import time

from ipywidgets import Widget

__all__ = ["wait_for_visitor"]

#: Head start of the page over the viewer, which blocks the kernel while it is built [s].
_HEAD_START = 1.0
_LONGEST_WAIT = 30.0


async def wait_for_visitor() -> None:
    """
    Return when the page of this kernel has been asked for; at once outside of preheated kernels.

    Notes
    -----
    Voila says so over a web socket whose address is in the environment of the kernel. If it
    cannot be reached, there is nothing to wait for.
    """
    kernel = os.environ.get("VOILA_KERNEL_ID")
    if os.environ.get("VOILA_PREHEAT") != "True" or kernel is None:
        return
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
        return
    await _wait_for_widgets()
    await asyncio.sleep(_HEAD_START)


async def _wait_for_widgets() -> None:
    """Return when the page has asked for its widgets; it does so over a channel of its own."""
    end = time.monotonic() + _LONGEST_WAIT
    # Private: the class keeps that channel. If a later version does not, the head start must do.
    while getattr(Widget, "_control_comm", "unknown") is None and time.monotonic() < end:
        await asyncio.sleep(0.1)
