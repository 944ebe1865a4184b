"""Request handlers: pages, the list of dashboards, files, counts."""

from __future__ import annotations

import logging
import re
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from jupyter_core.utils import ensure_async
from jupyter_server.base.handlers import FileFindHandler, JupyterHandler
from tornado.ioloop import IOLoop
from tornado.iostream import StreamClosedError
from tornado.log import access_log
from tornado.web import HTTPError, RequestHandler, authenticated
from voila.static_file_handler import AllowListFileHandler, MultiStaticFileHandler, TemplateStaticFileHandler
from voila.tornado.handler import TornadoVoilaHandler

from miri_widgets.serve.admission import Admission
from miri_widgets.serve.dashboard_list import list_dashboards, sections_of
from miri_widgets.serve.leases import drop_dead_kernels
from miri_widgets.serve.page_kernels import PageKernels
from miri_widgets.serve.state_reader import StateReader

__all__ = [
    "ErrorPageHandler",
    "ExtensionHandler",
    "FileHandler",
    "IndexHandler",
    "MissingHandler",
    "PageHandler",
    "StaticHandler",
    "StatusHandler",
    "TemplateHandler",
    "UnseenHandler",
    "log_request",
]

MANY = 8
"""Dashboards from which on the first page has a search field."""

_YEAR = 365 * 24 * 3600
_HASHED_NAME = re.compile(r"\.[0-9a-f]{16,}\.")
_FOREVER = f"public, max-age={_YEAR}, immutable"


class ErrorPageHandler(JupyterHandler):
    """Answers what goes wrong with a page of this package; Jupyter's own need a user, whom some requests never have."""

    def write_error(self, status_code: int, **details: Any) -> None:
        """
        Answer with a sentence and a link back; the cause is in the log.

        Parameters
        ----------
        status_code : int
            HTTP status.
        **details
            Ignored.
        """
        page = self.settings["voila_jinja2_env"].get_template("message.html.j2")
        self.set_header("Content-Type", "text/html; charset=UTF-8")
        self.finish(page.render(status_code=status_code, base_url=self.base_url))


class PageHandler(ErrorPageHandler, TornadoVoilaHandler):
    """A dashboard: starts its kernel and streams the page."""

    _kernels: PageKernels | None = None

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
        admission: Admission = self.settings["admission"]
        refusal = admission.refusal(path)
        if refusal:
            self._refuse(refusal, len(admission.unseen()))
            return
        with admission.coming() as started:
            self._kernels = PageKernels(super().kernel_manager, started)
            try:
                await TornadoVoilaHandler.get(self, path)
            except StreamClosedError:
                self.log.info("%s: the browser left before the page was whole", path)

    @property
    def kernel_manager(self) -> Any:
        """The manager of the kernels; while a page is made, the one that knows this page's own."""
        return self._kernels or super().kernel_manager

    def on_connection_close(self) -> None:
        """Stop the kernel of a page that nobody waits for any more."""
        super().on_connection_close()
        if self._kernels is not None:
            IOLoop.current().add_callback(self._kernels.stop)

    def _refuse(self, reason: str, unseen: int) -> None:
        """Answer with a page that says why, and offers to close what nobody looks at."""
        page = self.settings["voila_jinja2_env"].get_template("full.html.j2")
        self.set_status(503)
        self.set_header("Retry-After", "30")
        self.set_header("Cache-Control", "no-store")
        self.finish(
            page.render(
                reason=reason,
                unseen=unseen,
                base_url=self.base_url,
                again=self.request.uri,
                xsrf=self.xsrf_token.decode("ascii"),
            )
        )


class IndexHandler(ErrorPageHandler):
    """The first page: the dashboards with their purpose and progress."""

    @authenticated
    async def get(self) -> None:
        """Answer with the list of dashboards."""
        states: StateReader = self.settings["state_reader"]
        page = self.settings["voila_jinja2_env"].get_template("dashboards.html.j2")
        self.set_header("Cache-Control", "no-store")
        parts = sections_of(await states.dashboards())
        self.finish(page.render(parts=parts, many=MANY, base_url=self.base_url))


class MissingHandler(ErrorPageHandler):
    """Any address without a handler."""

    async def prepare(self) -> None:  # type: ignore[override]
        """Answer 404 to anybody, which reveals nothing about the server."""
        raise HTTPError(404)


class StatusHandler(ErrorPageHandler):
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


class UnseenHandler(ErrorPageHandler):
    """Closes the kernels that no page is connected to."""

    @authenticated
    async def post(self) -> None:
        """Close them and go on to the page that was refused."""
        for kernel in self.settings["admission"].unseen():
            if kernel in self.kernel_manager:
                await ensure_async(self.kernel_manager.shutdown_kernel(kernel))
        again = self.get_body_argument("again", self.base_url)
        own = urlsplit(again)
        # only an address of this server: a link from elsewhere must not lead on to another
        safe = not own.scheme and not own.netloc and own.path.startswith(self.base_url) and "\\" not in again
        self.redirect(again if safe and not again.startswith("//") else self.base_url)


class FileHandler(ErrorPageHandler, AllowListFileHandler):
    """Pictures in ``public/``, for authenticated users."""

    async def prepare(self) -> None:  # type: ignore[override]
        """Require the token, unlike Voila's handler, without redirecting to a login page."""
        await super().prepare(_redirect_to_login=False)


class _OwnHeaders(RequestHandler):
    """For handlers that are not Jupyter's, whose own send the headers of all answers by themselves."""

    def set_default_headers(self) -> None:
        """Send the headers of all answers, which handlers of Jupyter send by themselves."""
        for name, value in self.settings["headers"].items():
            self.set_header(name, value)


class StaticHandler(_OwnHeaders, MultiStaticFileHandler):
    """Voila's own scripts, under a path that names Voila's version."""

    def get_cache_time(self, *_args: Any) -> int:
        """
        Return how long a browser may keep the file [s]: the path changes when the file does.

        Parameters
        ----------
        *_args : object
            Path, time of writing and type of the file, which make no difference.

        Returns
        -------
        int
            Seconds.
        """
        return _YEAR


class TemplateHandler(_OwnHeaders, TemplateStaticFileHandler):
    """Styles and scripts of Voila's templates; other addresses than of its static folders have another handler."""


class ExtensionHandler(ErrorPageHandler, FileFindHandler):
    """The scripts of the widget libraries."""

    def set_headers(self) -> None:
        """Let browsers keep the files whose name carries a hash of their content."""
        super().set_headers()
        if _HASHED_NAME.search(self.request.path):
            self.set_header("Cache-Control", _FOREVER)


def log_request(handler: RequestHandler) -> None:
    """
    Log what an operator must know of a request: answers that went wrong on this side.

    Parameters
    ----------
    handler : RequestHandler
        The handler, at the end of its request.
    """
    status, request = handler.get_status(), handler.request
    level = logging.ERROR if status >= 500 else logging.DEBUG  # whoever tries addresses fills no disk
    path = request.path if request.path.isprintable() else repr(request.path)
    access_log.log(level, "%d %s %s (%s)", status, request.method, path[:200], request.remote_ip)


def _is_warm(item: Any) -> bool:
    """Return whether a kernel of the pool has run its notebook."""
    if not item.done() or item.cancelled() or item.exception():
        return False
    return bool(item.result()["task"].done())
