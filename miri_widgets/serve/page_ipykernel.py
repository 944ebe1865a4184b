"""
The kernel of a page: IPython's, whose messages have room to wait in.

Run as ``python -m miri_widgets.serve.page_ipykernel -f CONNECTION_FILE``. See `miri_widgets.delivery`: the socket
that publishes drops what exceeds 1000 waiting messages. Its size has to be set before it is bound.

Trap: nothing here may import ipywidgets, which meets the kernel when it is imported, and no later.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

__all__ = ["main"]


def main() -> None:
    """Run the kernel until it is told to end."""
    import zmq
    from ipykernel.kernelapp import IPKernelApp

    from miri_widgets.delivery import MESSAGES

    class PageKernelApp(IPKernelApp):
        """Makes its publishing socket with room."""

        has_room = True

        def init_iopub(self, context: Any) -> None:
            context.setsockopt(zmq.SNDHWM, MESSAGES)  # of sockets that are made from now on
            super().init_iopub(context)

    PageKernelApp.launch_instance()


if __name__ == "__main__":
    # as ipykernel_launcher does: the working folder is not looked in for modules while the kernel loads
    if sys.path[0] == "" or Path(sys.path[0]) == Path.cwd():
        del sys.path[0]
    main()
