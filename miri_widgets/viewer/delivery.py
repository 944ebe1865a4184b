"""
In a kernel: no message to the page is lost on the way.

A kernel publishes through a ZeroMQ socket that holds 1000 messages and drops what comes after them without a word. A
dashboard sends thousands within a second (a viewer alone three thousand); a server that is held up for a moment is
enough, and the page keeps a blank form or a viewer that loads for ever. Here the socket gets room.

Trap: a page that connects later has a queue of its own, of the size that the socket was bound with; what is changed
afterwards counts for the queues of that moment. So the size is set again ten times a second, by the thread that sends.

References
----------
ZeroMQ, ``zmq_socket(7)``, "ZMQ_PUB": messages are dropped at the high-water mark; ``zmq_setsockopt(3)``, "ZMQ_SNDHWM":
1000 by default; queues that are there follow a change since libzmq 4.2.
"""

from __future__ import annotations

import os
import sys

__all__ = ["MESSAGES", "deliver_all"]

MESSAGES = 1_000_000
"""Messages that may wait for a server that does not read; of a kilobyte each."""

_AGAIN = 100.0  # [ms]
_given: set[int] = set()  # processes: a fork has a socket of its own


def deliver_all() -> bool:
    """
    Give the kernel's messages room to wait in, once per process.

    Returns
    -------
    bool
        Whether this process is such a kernel.
    """
    if os.getpid() in _given:
        return True
    if "ipykernel.kernelapp" not in sys.modules:  # another kernel, or none
        return False
    from ipykernel.kernelapp import IPKernelApp
    from tornado.ioloop import PeriodicCallback
    from zmq import SNDHWM

    if not IPKernelApp.initialized():
        return False
    thread = getattr(IPKernelApp.instance(), "iopub_thread", None)
    socket = getattr(thread, "socket", None)
    if thread is None or socket is None:
        return False
    _given.add(os.getpid())

    def begin() -> None:  # in the thread of the socket, whose loop it is
        PeriodicCallback(lambda: socket.closed or socket.setsockopt(SNDHWM, MESSAGES), _AGAIN).start()
        socket.setsockopt(SNDHWM, MESSAGES)

    thread.schedule(begin)
    return True
