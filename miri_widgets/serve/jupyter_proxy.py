"""
The dashboards as a tile of JupyterLab: `jupyter-server-proxy` starts our server on a socket and passes it on.

The entry point ``jupyter_serverproxy_servers`` names `proxied_server`. It is called in the user's Jupyter server, so this
module imports nothing but the standard library.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

__all__ = ["PREFIX_VARIABLE", "proxied_server"]

PREFIX_VARIABLE = "MIRI_WIDGETS_PREFIX"
"""Environment variable with the prefix of the user's Jupyter server, for the tile of jupyter_app_launcher."""

_NAME = "miri-widgets"
"""Of the entry point, below which the page is."""

_START_LIMIT = 90.0
"""How long the server may take to answer, s: 3 on a quiet machine, more on a cold or shared disk."""


def proxied_server() -> dict[str, Any]:
    """
    Return how jupyter-server-proxy starts the dashboards, and the tile that opens them.

    Returns
    -------
    dict
        Configuration of a ``ServerProcess``.

    Notes
    -----
    The server listens on a socket in a private folder: no port that other users of the machine could reach, and no
    token in an address. Who may open the page is decided by the Jupyter server, or the hub, before it.
    """
    os.environ.setdefault(PREFIX_VARIABLE, os.environ.get("JUPYTERHUB_SERVICE_PREFIX", "/"))
    return {
        "command": [
            sys.executable,
            "-P",
            "-m",
            "miri_widgets",
            "serve",
            "--unix-socket",
            "{unix_socket}",
            "--base-url",
            "{base_url}" + _NAME + "/",
            "--end-with",  # a Jupyter server that is killed, or culled, stops nothing by itself
            str(os.getpid()),
        ],
        "unix_socket": True,
        "absolute_url": True,
        "timeout": _START_LIMIT,
        "new_browser_tab": True,
        "launcher_entry": {
            "title": "MIRI imaging",
            "icon_path": str(Path(__file__).parent / "share" / "miri_widgets.svg"),
            "category": "Notebook",  # JupyterLab draws icons of proxied servers in this section alone
        },
    }
