"""
The kernel of a page: an IPython kernel with a large buffer for its messages.

Run as ``python -m miri_widgets.serve.page_ipykernel -f CONNECTION_FILE``. See `miri_widgets.message_buffer`: the socket
that publishes drops messages beyond 1000 waiting ones. Its size has to be set before it is bound.

Trap: ipywidgets registers with the kernel at its import only. Here it may not be imported before the kernel is there; a
kernel that was forked with it in memory registers by itself.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

__all__ = ["main"]


def main() -> None:
    """Run the kernel until it is stopped."""
    import zmq
    from ipykernel.kernelapp import IPKernelApp
    from traitlets import Integer

    from miri_widgets.message_buffer import MESSAGES

    class PageKernelApp(IPKernelApp):
        """An IPython kernel whose publishing socket has a large buffer."""

        large_buffer = True
        # read at the import of ipykernel, which a forked kernel has behind it
        parent_handle = Integer(int(os.environ.get("JPY_PARENT_PID") or 0)).tag(config=True)

        def init_iopub(self, context: Any) -> None:
            context.setsockopt(zmq.SNDHWM, MESSAGES)  # applies to sockets made afterwards
            super().init_iopub(context)

        def init_kernel(self) -> None:
            super().init_kernel()
            if "ipywidgets" in sys.modules:
                import ipywidgets

                ipywidgets.register_comm_target()

    PageKernelApp.launch_instance()


if __name__ == "__main__":
    # as ipykernel_launcher does: the working folder is not searched for modules while the kernel loads
    if sys.path[0] == "" or Path(sys.path[0]) == Path.cwd():
        del sys.path[0]
    main()
