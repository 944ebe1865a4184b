"""The connection between a page and its kernel."""

from __future__ import annotations

from typing import Any

from voila.tornado.kernel_websocket_handler import VoilaKernelWebsocketHandler

__all__ = ["KernelSocket"]

_PROTOCOL = "v1.kernel.websocket.jupyter.org"


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
