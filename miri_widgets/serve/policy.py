"""Policy of the server: what a page may load, which files are served, how long a kernel lives."""

from __future__ import annotations

import re
import sys
from typing import Any

from miri_widgets.option_numbers import DAY, check_number, real_number

__all__ = [
    "FIRST_GRACE",
    "GRACE",
    "HEADERS",
    "PING",
    "PRELOAD_VARIABLE",
    "REQUEST_LIMITS",
    "SOCKET_VARIABLE",
    "UNUSED_EXTENSIONS",
    "check_times",
    "grace_seconds",
    "is_loopback",
    "ping_seconds",
    "voila_configuration",
]

#: Interval between two pings to a page [s]. A connection without an answer for three of them is closed.
PING = 10.0

#: How long the kernel of a page that lost its connection is kept [s]: for a page that connects again. What the user
#: chose is on disk, so a page that comes later is loaded again and goes on.
GRACE = 90.0

#: Environment variable that names the socket of the server to its kernels; kernels of a server with a port have none.
SOCKET_VARIABLE = "MIRI_WIDGETS_SOCKET"

#: Environment variable that is set while the fork server of the kernels starts, and nowhere else: modules of notebooks,
#: separated by commas.
PRELOAD_VARIABLE = "MIRI_WIDGETS_WARM_KERNELS"

_PINGS = (0.1, DAY)
_GRACES = (0.1, 30 * DAY)
"""Least and largest of both [s]: a ping of less than a millisecond would be none."""

ping_seconds = real_number("a time between two pings [s]", *_PINGS, PING)
grace_seconds = real_number("a time of grace [s]", *_GRACES, GRACE)
"""The types of the options that take them."""

#: How long a page may take to connect for the first time [s].
FIRST_GRACE = 600.0

#: Of every request: bytes of headers and body, time for either [s]. Products are never uploaded through pages.
REQUEST_LIMITS: dict[str, Any] = {
    "max_header_size": 65_536,
    "max_body_size": 4_000_000,
    "idle_connection_timeout": 120.0,
    "body_timeout": 30.0,
}

#: How long a kernel may take to start [s].
STARTUP_LIMIT = 300

#: How long the output of a cell may take to reach the server once the cell has run [s]; later, the page shows an error.
OUTPUT_LIMIT = 300

#: Interval between two checks of the connections [s].
LEASE_CHECK_INTERVAL = 2.0

#: Pause before a preheated kernel that was given to a page is replaced [s].
REFILL_DELAY = 8.0

#: Between server and kernels: sockets in a private folder, where other users of the machine
#: cannot listen. Paths of sockets are too long for this on macOS, whose temporary folder is deep.
TRANSPORT = "ipc" if sys.platform.startswith("linux") else "tcp"

#: JupyterLab extensions that come with jdaviz or notebook and that no dashboard uses. Each
#: costs start-up time in the browser.
#: Trap: ``bqplot-linlog`` must never be here. Without it image viewers stay empty, silently.
UNUSED_EXTENSIONS = (
    "@jupyter-notebook/lab-extension",
    "@jupyter-widgets/jupyterlab-sidecar",
    "@voila-dashboards/jupyterlab-preview",
    "@voila-dashboards/widgets-manager7",
    "ipyevents",
    "ipyvolume",
    "jupyter-matplotlib",
    "jupyter-threejs",
    "jupyter-webrtc",
    "jupyter_app_launcher",
    "@jupyterhub/jupyter-server-proxy",
    "jupyterlab-datawidgets",
    "jupyterlab_pygments",
)

#: The page may connect to its own server only. Vue compiles templates in the
#: browser, hence 'unsafe-eval'; Voila and ipywidgets write inline scripts and styles.
CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self' 'unsafe-inline' 'unsafe-eval'",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "font-src 'self' data:",
        "connect-src 'self' data: blob:",
        "worker-src 'self' blob:",
        "object-src 'none'",
        "base-uri 'self'",
        "form-action 'self'",
        "frame-ancestors 'self'",
    )
)

HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
}

#: Only pictures in a folder named ``public`` are served as files. No SVG: it can carry scripts.
PUBLIC_FILES = r"public/(?:[\w\-]+/)*[\w\-][\w\-. ]*\.(?:png|jpg|jpeg|gif|css|woff2)"


def voila_configuration(*, preheat: bool, only: str = "") -> dict[str, Any]:
    """
    Return the options given to Voila, by class and name.

    Parameters
    ----------
    preheat : bool
        Whether to keep one kernel per dashboard started in advance.
    only : str
        The only notebook to preheat; all if empty.

    Returns
    -------
    dict
        Options by class and name.
    """
    return {
        "VoilaConfiguration": {
            # Templates are looked up in our folder first; "lab" is what they extend and whose
            # static files they use.
            "template": "lab",
            "theme": "light",
            "allow_template_override": "NO",
            "allow_theme_override": "NO",
            "file_allowlist": [PUBLIC_FILES],
            "file_denylist": [r"(?:.*/)?\..*"],
            "show_tracebacks": False,
            "strip_sources": True,
            "preheat_kernel": preheat,
            "default_pool_size": 1,
            "extension_denylist": list(UNUSED_EXTENSIONS),
            "http_keep_alive_timeout": 10,
        },
        "VoilaExecutor": {
            "cell_error_instruction": "The server log has the details.",
            "startup_timeout": STARTUP_LIMIT,
            # Trap: nbclient gives a cell's output 4 s after the cell has run, and then drops it silently:
            # on a busy machine a page of many widgets would come up empty.
            "iopub_timeout": OUTPUT_LIMIT,
            "raise_on_iopub_timeout": True,
        },
        # The next kernel is started when the page has had the processor for itself.
        "VoilaKernelManager": {
            "fill_delay": REFILL_DELAY,
            "preheat_denylist": [rf"(?!{re.escape(only)}$).*"] if only else [],
        },
        "KernelManager": {"transport": TRANSPORT},
        # else a page that sends 1000 messages a second loses the rest of them, and shows what was true before
        "ZMQChannelsWebsocketConnection": {"limit_rate": False},
        # An empty kernel in place of one that died has none of the page's widgets: it is of no use.
        "KernelRestarter": {"restart_limit": 0},
    }


def is_loopback(ip: str) -> bool:
    """
    Return whether an address can be reached from this machine only.

    Parameters
    ----------
    ip : str
        Address or host name.

    Returns
    -------
    bool
        Whether it is a loopback address.
    """
    return ip in {"localhost", "::1"} or re.fullmatch(r"127(?:\.\d{1,3}){3}", ip) is not None


def check_times(ping: float, grace: float) -> None:
    """
    Refuse times that cannot be used.

    Parameters
    ----------
    ping, grace : float
        As for `miri_widgets.serve.serve` [s].

    Raises
    ------
    ParameterError
        If either is out of bounds or not finite.
    """
    check_number(ping, "a time between two pings [s]", *_PINGS, f"{PING:g}")
    check_number(grace, "a time of grace [s]", *_GRACES, f"{GRACE:g}")
