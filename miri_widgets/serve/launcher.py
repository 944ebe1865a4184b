"""Serve a folder of dashboards from this process."""

from __future__ import annotations

import argparse
import logging
import os
import sys
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path

from miri_widgets.errors import MiriWidgetsError, MissingFileError
from miri_widgets.serve.admission import MOST_PAGES
from miri_widgets.serve.options import add_serving_options, serving_options
from miri_widgets.serve.policy import GRACE, PING, SOCKET_VARIABLE, check_times, is_loopback

__all__ = ["command_parser", "main", "serve"]


def serve(
    dashboards: Path,
    *,
    port: int = 8866,
    ip: str = "127.0.0.1",
    base_url: str = "/",
    token: str | None = None,
    unix_socket: Path | None = None,
    preheat: bool = False,
    open_browser: bool = False,
    environment: Mapping[str, str] | None = None,
    page: str = "",
    ping: float = PING,
    grace: float = GRACE,
    most_pages: int = MOST_PAGES,
    end_with: int | None = None,
    fork_kernels: bool = True,
) -> None:
    """
    Serve every notebook of a folder as a page, until interrupted.

    Parameters
    ----------
    dashboards : Path
        Folder of notebooks. Keep data elsewhere.
    port : int
        TCP port; 0 takes a free one. The address is printed.
    ip : str
        Address to listen on. Anything but loopback opens the dashboards to the network.
    base_url : str
        Prefix of all addresses, for a server behind a proxy.
    token : str, optional
        Secret that a browser must know; the printed address carries it. None makes a new one; an empty text opens the
        pages to every user of the machine.
    unix_socket : Path, optional
        Socket to listen on instead of a port. Its file belongs to the user alone, so that no token is made.
    preheat : bool
        Whether to keep a kernel per dashboard started in advance. Pages open faster; each waiting
        kernel costs about 500 MB and has run its notebook before a page asks for it. With `page`, only for that notebook.
    open_browser : bool
        Whether to open the first page in the user's browser.
    environment : mapping of str, optional
        Environment variables for the kernels.
    page : str
        A notebook of the folder, whose address is printed too.
    ping : float
        Interval between two pings to a page; without an answer to three of them its connection is closed [s].
    grace : float
        Time that the kernel of a page is kept after its connection is lost [s].
    most_pages : int
        Pages at the same time; one more is refused with a page that says so, as it is when memory runs out.
    end_with : int, optional
        Number of a process: the server ends when that has ended.
    fork_kernels : bool
        Whether kernels are forked from a process that has imported what pages need, where that is safe (on Linux).

    Raises
    ------
    MissingFileError
        If the folder does not exist.
    ParameterError
        If a time cannot be used, or the port is taken.
    """
    check_times(ping, grace)
    if not dashboards.is_dir():
        raise MissingFileError(
            f"{dashboards} is not a folder", "a folder of notebooks", "give another folder"
        )
    os.environ.update(environment or {})
    # Set on some machines; every kernel would then compile all that it imports (jdaviz: 8 s more).
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    # The debugger of every kernel warns of modules that are frozen into Python; no page is debugged.
    os.environ.setdefault("PYDEVD_DISABLE_FILE_VALIDATION", "1")
    # The address at which a preheated kernel asks whether a page has connected.
    os.environ["VOILA_APP_IP"] = "127.0.0.1" if ip in {"", "localhost", "0.0.0.0"} else ip
    os.environ.pop(SOCKET_VARIABLE, None)
    if unix_socket is not None:
        os.environ[SOCKET_VARIABLE] = str(unix_socket.absolute())
    from miri_widgets.serve.application import DashboardServer

    server = DashboardServer(log_level=logging.WARNING, port=port, ip=ip, open_browser=open_browser)
    server.base_url = f"/{base_url.strip('/')}/" if base_url.strip("/") else "/"
    server.configure(dashboards, preheat=preheat, only=page)
    server.first_page = page
    server.ping, server.grace, server.most_pages = ping, grace, most_pages
    server.end_with, server.fork_kernels = end_with, fork_kernels
    server.unix_socket = unix_socket.absolute() if unix_socket is not None else None
    if token is None and unix_socket is not None:
        token = ""
    if token is None:
        server.auto_token = True
    else:
        server.token = token
    if unix_socket is None and not is_loopback(ip):
        warnings.warn(
            f"Listening on {ip}: others on the network can reach the dashboards"
            + (". " if token == "" else " if they know the token. ")
            + "An ssh tunnel to 127.0.0.1 is safer, since the token travels unencrypted.",
            stacklevel=2,
        )
    server.initialize([])
    server.start()


def main(arguments: Sequence[str] | None = None) -> None:
    """
    Read the command line and serve; errors of the package become one sentence on stderr.

    Parameters
    ----------
    arguments : sequence of str, optional
        The arguments; those of the process by default.
    """
    options = command_parser().parse_args(arguments)
    try:
        serve(options.dashboards, **serving_options(options))
    except MiriWidgetsError as error:
        print(f"miri_widgets.serve: {error}", file=sys.stderr)
        sys.exit(1)


def command_parser() -> argparse.ArgumentParser:
    """Return the parser of ``python -m miri_widgets.serve``."""
    parser = argparse.ArgumentParser(prog="python -m miri_widgets.serve", description="Serve dashboards.")
    parser.add_argument("dashboards", type=Path, help="folder of notebooks")
    add_serving_options(parser)
    return parser
