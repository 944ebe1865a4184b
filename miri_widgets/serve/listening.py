"""Where a server listens: a port, or a socket in a folder, which the system keeps from other users."""

from __future__ import annotations

import errno
import socket
import stat
from pathlib import Path

from tornado.netutil import bind_sockets, bind_unix_socket

from miri_widgets.errors import ParameterError

__all__ = ["listen_on_file", "listen_on_port"]

_LONGEST_PATH = 107
"""Bytes of the path of a socket, without the zero at its end; ``sun_path`` of Linux (104 with it on macOS)."""


def listen_on_port(port: int, ip: str) -> list[socket.socket]:
    """
    Listen on a TCP port.

    Parameters
    ----------
    port : int
        The port; 0 takes a free one.
    ip : str
        Address of this machine, or its name.

    Raises
    ------
    ParameterError
        If that is not possible.
    """
    try:
        return bind_sockets(port, ip)
    except OSError as error:
        raise ParameterError(
            f"port {port} of {ip} cannot be listened on ({error.strerror or error})",
            "a free port of an address of this machine",
            "stop what listens there, or give --port 0, which takes a free one",
        ) from error


def listen_on_file(path: Path) -> socket.socket:
    """
    Listen on a Unix socket that the user alone can connect to; one that a stopped server left behind is replaced.

    Parameters
    ----------
    path : Path
        The socket, in a folder that exists.

    Raises
    ------
    ParameterError
        If another server listens there, something else has that name, or the path cannot be used.
    """
    if len(bytes(path)) > _LONGEST_PATH:
        raise ParameterError(
            f"the path of the socket has {len(bytes(path))} bytes",
            f"{_LONGEST_PATH} at most",
            "take a shorter path",
        )
    if path.exists() and not stat.S_ISSOCK(path.stat().st_mode):
        raise ParameterError(f"{path} is no socket", "a name that is free", "give another path")
    if path.exists() and _is_served(path):
        raise ParameterError(
            f"another server listens on {path}",
            "a socket of its own for each",
            "stop it, or give another path",
        )
    try:
        return bind_unix_socket(str(path), mode=0o600)
    except OSError as error:
        raise ParameterError(
            f"{path} cannot be listened on ({error.strerror or error})",
            "a name in a folder of yours that exists",
            "make the folder, or give another path",
        ) from error


def _is_served(path: Path) -> bool:
    """Return whether a server listens on a socket; a socket that may not be tried counts as one."""
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(2.0)
        try:
            client.connect(str(path))
        except OSError as error:
            return error.errno not in (errno.ECONNREFUSED, errno.ENOENT)
    return True
