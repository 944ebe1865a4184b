"""Options of the commands that serve dashboards."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import Any

from miri_widgets.option_numbers import port_number, whole_number
from miri_widgets.serve.admission import MOST_PAGES
from miri_widgets.serve.policy import GRACE, PING, grace_seconds, ping_seconds

__all__ = ["TOKEN_VARIABLE", "add_serving_options", "chosen_token", "serving_options"]

TOKEN_VARIABLE = "MIRI_WIDGETS_TOKEN"
"""Environment variable with the token: unlike an argument, other users of the machine cannot read it."""

_NAMES = (
    "port",
    "ip",
    "base_url",
    "unix_socket",
    "preheat",
    "open_browser",
    "ping",
    "grace",
    "most_pages",
    "end_with",
    "fork_kernels",
)


def add_serving_options(parser: argparse.ArgumentParser, *, preheat: bool = False) -> None:
    """
    Add the options of a dashboard server.

    Parameters
    ----------
    parser : ArgumentParser
        Parser of a command that serves.
    preheat : bool
        Whether the command preheats unless it is told not to.
    """
    add = parser.add_argument
    add(
        "--port", type=port_number, default=8866, help="port to serve on; 0 takes any free one (default 8866)"
    )
    add("--ip", default="127.0.0.1", help="address to serve on (default 127.0.0.1: this machine only)")
    add(
        "--unix-socket",
        type=Path,
        metavar="PATH",
        help="serve on this socket, which only you can reach, instead of a port",
    )
    add(
        "--base-url",
        "--base_url",
        default="/",
        metavar="PREFIX",
        help="prefix of all addresses, behind a proxy (default /)",
    )
    secret = parser.add_mutually_exclusive_group()
    secret.add_argument(
        "--token",
        help=f"secret that browsers must know (default: a new one; better given as {TOKEN_VARIABLE} in the environment)",
    )
    secret.add_argument(
        "--no-token",
        action="store_true",
        help="no secret: every user of this machine can open the pages, and run code as you",
    )
    _add_kernel_options(parser, preheat=preheat)


def _add_kernel_options(parser: argparse.ArgumentParser, *, preheat: bool) -> None:
    """Add what is about pages, their kernels and the end of the server."""
    add = parser.add_argument
    add(
        "--preheat",
        action=argparse.BooleanOptionalAction,
        default=preheat,
        help="keep a started kernel ready for the next visitor: faster pages for about 500 MB per dashboard",
    )
    add("--open-browser", action="store_true", help="open the page when it is served")
    add(
        "--ping",
        type=ping_seconds,
        default=PING,
        help=f"seconds between two questions to a page whether it is still there (default {PING:.0f})",
    )
    add(
        "--grace",
        type=grace_seconds,
        default=GRACE,
        help=f"seconds that the kernel of a page outlives its connection (default {GRACE:.0f})",
    )
    add(
        "--most-pages",
        type=whole_number("a number of pages", 1, 10_000, MOST_PAGES),
        default=MOST_PAGES,
        help=f"pages at the same time (default {MOST_PAGES})",
    )
    add(
        "--fork-kernels",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="fork the kernels of pages from a process that has imported what they need (on Linux): faster, and less memory",
    )
    add(
        "--end-with",
        type=whole_number("a process number", 1, 2**31 - 1, 4711),
        metavar="PID",
        help="end when that process has ended, however it does",
    )


def serving_options(options: argparse.Namespace) -> dict[str, Any]:
    """
    Return what `miri_widgets.serve.serve` takes, of parsed options.

    Parameters
    ----------
    options : Namespace
        Options that `add_serving_options` has added, parsed.
    """
    values = {name: getattr(options, name) for name in _NAMES}
    return {**values, "token": chosen_token(options.token, no_token=options.no_token)}


def chosen_token(option: str | None, *, no_token: bool) -> str | None:
    """
    Return the token that was chosen, an empty text for none, and None when a new one is to be made.

    Parameters
    ----------
    option : str or None
        What was given to ``--token``.
    no_token : bool
        Whether ``--no-token`` was given.

    Notes
    -----
    The variable is taken out of the environment, which kernels and jobs inherit.
    """
    of_environment = os.environ.pop(TOKEN_VARIABLE, None)
    if no_token:
        return ""
    return option if option is not None else of_environment or None
