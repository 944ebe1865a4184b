"""The connection between a page and its kernel."""

from __future__ import annotations

import struct
from itertools import pairwise
from typing import Any

from voila.tornado.kernel_websocket_handler import VoilaKernelWebsocketHandler

__all__ = ["KernelSocket", "is_sound"]

_PROTOCOL = "v1.kernel.websocket.jupyter.org"
_UNSOUND = 1007  # "invalid frame payload data", RFC 6455, section 7.4.1


def is_sound(message: str | bytes, protocol: str | None) -> bool:
    """
    Return whether a message costs no more to take apart than its size.

    A binary message begins with the number of its parts and where each begins. Jupyter (2.21) believes the number before
    it looks at the length, and cuts as many parts as it says: 64 bytes can cost all memory.

    Parameters
    ----------
    message : str or bytes
        As it came from the browser.
    protocol : str or None
        The protocol that both sides agreed on.

    Returns
    -------
    bool
        True for text, which is parsed as a whole.
    """
    if isinstance(message, str):
        return protocol != _PROTOCOL
    width, order, least = (8, "<Q", 3) if protocol == _PROTOCOL else (4, ">I", 1)
    if len(message) < width:
        return False
    (count,) = struct.unpack_from(order, message)
    begin = width * (count + 1)
    if not least <= count or begin > len(message):
        return False
    offsets = struct.unpack_from(f"{order[0]}{count}{order[1]}", message, width)
    # parts that overlap would be copied as often as they are named
    return begin <= offsets[0] and offsets[-1] <= len(message) and all(a <= b for a, b in pairwise(offsets))


class KernelSocket(VoilaKernelWebsocketHandler):
    """
    Voila's connection, made robust against images sent in the older protocol.

    Voila (0.5.13) reads every binary message as if it were of the newer protocol. A client that
    has not agreed on it, as after a lost connection, gets messages whose first bytes then read
    as a length of about 1e16: the server fills its memory and answers no request.
    """

    _for_tornado = False

    @property
    def ping_timeout(self) -> int:
        """
        Milliseconds without an answer after which the connection counts as lost.

        Jupyter and tornado read the same name. Jupyter closes a connection whose last answer is
        older, and looks once per interval: a limit of one interval cuts healthy connections.
        Tornado allows one interval at most, and complains of more.
        """
        return self.ping_interval if self._for_tornado else 3 * self.ping_interval

    def get_websocket_protocol(self) -> Any:
        """
        Give tornado a limit that it accepts.

        Returns
        -------
        WebSocketProtocol
            The protocol of the connection.
        """
        self._for_tornado = True
        try:
            return super().get_websocket_protocol()
        finally:
            self._for_tornado = False

    def on_message(self, message: str | bytes) -> Any:
        """
        Pass a message on to the kernel; close the connection at one that no page sends.

        Parameters
        ----------
        message : str or bytes
            The message.

        Returns
        -------
        Future or None
            What Jupyter's handler returns.
        """
        if is_sound(message, getattr(self.connection, "subprotocol", None)):
            return super().on_message(message)
        self.log.warning("A message of %d bytes that no page sends was refused", len(message))
        self.close(_UNSOUND, "a message whose parts do not fit its length")
        return None

    async def open(self, kernel_id: str) -> None:
        """
        Connect the page to its kernel, and begin the kernel's lease.

        Parameters
        ----------
        kernel_id : str
            The kernel.
        """
        leases = self.settings.get("kernel_leases")
        if leases is not None:
            leases.connected(kernel_id)
        await super().open(kernel_id)

    def write_message(self, message: bytes | dict[str, Any], binary: bool = False) -> Any:
        """
        Send a message; one of the older protocol goes out as it is.

        Parameters
        ----------
        message : bytes or dict
            The message.
        binary : bool
            Whether it is binary.

        Returns
        -------
        Future
            Done when the message is sent.
        """
        older = getattr(self.connection, "subprotocol", None) != _PROTOCOL
        if isinstance(message, bytes) and older:
            # bypasses Voila's decoding; a message with buffers is no execute_input to hide
            return super(VoilaKernelWebsocketHandler, self).write_message(message, binary)
        return super().write_message(message, binary)
