"""Request handlers: pages, the list of dashboards, files, counts."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from jupyter_server.base.handlers import FileFindHandler, JupyterHandler
from tornado.web import HTTPError, authenticated
from voila.static_file_handler import AllowListFileHandler, MultiStaticFileHandler
from voila.tornado.handler import TornadoVoilaHandler

from miri_widgets.serve.dashboard_list import list_dashboards
from miri_widgets.serve.leases import drop_dead_kernels
from miri_widgets.serve.state_reader import StateReader

__all__ = [
    "ExtensionHandler",
    "FileHandler",
    "IndexHandler",
    "MissingHandler",
    "PageHandler",
    "StaticHandler",
    "StatusHandler",
]

_YEAR = 365 * 24 * 3600
_HASHED_NAME = re.compile(r"\.[0-9a-f]{16,}\.")
_FOREVER = f"public, max-age={_YEAR}, immutable"


class PageHandler(TornadoVoilaHandler):
    """A dashboard: starts its kernel and streams the page."""

    @authenticated
    async def get(self, path: str | None = None) -> None:
        """
        Answer with the page of one notebook of the served folder.

        Parameters
        ----------
        path : str, optional
            File name of the notebook.
        """
        folder = Path(self.settings["dashboards"])
        if path is None or path not in {dashboard.name for dashboard in list_dashboards(folder)}:
            raise HTTPError(404, "There is no dashboard of this name")
        # Reading the token sets its cookie. Without it, the page's last message ("stop my kernel")
        # is refused and the kernel stays, 500 MB each. A Voila prelaunch_hook could do this too,
        # but not together with preheated kernels.
        _ = self.xsrf_token
        await drop_dead_kernels(self.kernel_manager, path)
        await super().get(path)

    def write_error(self, status_code: int, **details: Any) -> None:
        """
        Answer with the error page.

        Parameters
        ----------
        status_code : int
            HTTP status.
        **details
            Ignored.
        """
        _write_message(self, status_code)


class IndexHandler(JupyterHandler):
    """The first page: the dashboards with their purpose and progress."""

    @authenticated
    async def get(self) -> None:
        """Answer with the list of dashboards."""
        states: StateReader = self.settings["state_reader"]
        page = self.settings["voila_jinja2_env"].get_template("dashboards.html.j2")
        self.set_header("Cache-Control", "no-store")
        self.finish(page.render(dashboards=await states.dashboards(), base_url=self.base_url))

    def write_error(self, status_code: int, **details: Any) -> None:
        """
        Answer with the error page.

        Parameters
        ----------
        status_code : int
            HTTP status.
        **details
            Ignored.
        """
        _write_message(self, status_code)


class MissingHandler(JupyterHandler):
    """Any address without a handler."""

    async def prepare(self) -> None:  # type: ignore[override]
        """Answer 404 to anybody, which reveals nothing about the server."""
        raise HTTPError(404)

    def write_error(self, status_code: int, **details: Any) -> None:
        """
        Answer with the error page.

        Parameters
        ----------
        status_code : int
            HTTP status.
        **details
            Ignored.
        """
        _write_message(self, status_code)


class StatusHandler(JupyterHandler):
    """Counts for a monitor: kernels, pages connected to them, warm kernels."""

    @authenticated
    def get(self) -> None:
        """Answer with the counts as JSON."""
        manager = self.kernel_manager
        # Not manager.list_kernels(): it fails while a kernel is starting.
        kernels = manager.list_kernel_ids()
        connections = manager._kernel_connections
        pools = getattr(manager, "_pools", {})
        self.finish(
            {
                "kernels": len(kernels),
                "connected": sum(connections.get(kernel, 0) > 0 for kernel in kernels),
                "warm": sum(_is_warm(item) for pool in pools.values() for item in pool),
            }
        )


class FileHandler(AllowListFileHandler, JupyterHandler):
    """Pictures in ``public/``, for authenticated users."""

    async def prepare(self) -> None:  # type: ignore[override]
        """Require the token, unlike Voila's handler, without redirecting to a login page."""
        await super().prepare(_redirect_to_login=False)


class StaticHandler(MultiStaticFileHandler):
    """Voila's own scripts, under a path that names Voila's version."""

    def get_cache_time(self, *_args: Any) -> int:
        """
        Return how long a browser may keep the file [s]: the path changes when the file does.

        Returns
        -------
        int
            Seconds.
        """
        return _YEAR


class ExtensionHandler(FileFindHandler):
    """The scripts of the widget libraries."""

    def set_headers(self) -> None:
        """Let browsers keep the files whose name carries a hash of their content."""
        super().set_headers()
        if _HASHED_NAME.search(self.request.path):
            self.set_header("Cache-Control", _FOREVER)


def _is_warm(item: Any) -> bool:
    """Return whether a kernel of the pool has run its notebook."""
    if not item.done() or item.cancelled() or item.exception():
        return False
    return bool(item.result()["task"].done())


def _write_message(handler: JupyterHandler, status_code: int) -> None:
    """Answer with a sentence and a link back; the cause is in the log."""
    page = handler.settings["voila_jinja2_env"].get_template("message.html.j2")
    handler.set_header("Content-Type", "text/html; charset=UTF-8")
    handler.finish(page.render(status_code=status_code, base_url=handler.base_url))
