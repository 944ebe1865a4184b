"""
In a kernel: messages to the page have room to wait in.

A kernel publishes through a ZeroMQ socket that holds 1000 messages and drops what comes after them without a word. A
dashboard sends thousands within a second (a viewer alone three thousand); a server that is held up for a moment is
enough, and the page keeps a blank form or a viewer that loads for ever.

The kernels of our own server are made with room (`miri_widgets.serve.page_ipykernel`). In a kernel of another server,
such as JupyterLab's, the queues of pages that are connected get it when widgets are about to be made.

Trap: libzmq tells the other end of every queue of its new size, and fails when that end has gone a moment before. So
this is done seldom, never where there is room, and only after the socket has taken notice of who went.

References
----------
ZeroMQ, ``zmq_socket(7)``, "ZMQ_PUB": messages are dropped at the high-water mark; ``zmq_setsockopt(3)``, "ZMQ_SNDHWM":
1000 by default; queues that are there follow a change since libzmq 4.2; later ones have the size of the bind.
"""

from __future__ import annotations

import sys
import time
from typing import Any

__all__ = ["MESSAGES", "deliver_all"]

MESSAGES = 1_000_000
"""Messages that may wait for a server that does not read; of a kilobyte each."""

_SELDOM = 5.0
"""Seconds: a page that was loaded again has a new queue."""

_last = [float("-inf")]


def deliver_all() -> bool:
    """
    Give the kernel's messages room to wait in.

    Returns
    -------
    bool
        Whether this process is such a kernel.
    """
    if "ipykernel.kernelapp" not in sys.modules:  # another kernel, or none
        return False
    from ipykernel.kernelapp import IPKernelApp

    thread = getattr(IPKernelApp.instance(), "iopub_thread", None) if IPKernelApp.initialized() else None
    socket = getattr(thread, "socket", None)
    if thread is None or socket is None:
        return False
    now = time.monotonic()
    if now - _last[0] > _SELDOM and not hasattr(IPKernelApp.instance(), "large_buffer"):
        _last[0] = now
        thread.schedule(lambda: _widen(socket))  # sockets belong to one thread
    return True


def _widen(socket: Any) -> None:
    import zmq

    if not socket.closed:
        socket.get(zmq.EVENTS)  # takes notice of who went
        socket.set(zmq.SNDHWM, MESSAGES)
