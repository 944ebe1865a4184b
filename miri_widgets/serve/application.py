"""A hardened Voila with pages and headers of this package."""

from __future__ import annotations

import shutil
import tempfile
import webbrowser
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jinja2
import psutil
import tornado.ioloop
import tornado.web
import voila
from jupyter_core.utils import run_sync
from jupyter_server.base.handlers import JupyterHandler
from jupyter_server.utils import url_path_join
from tornado.httpserver import HTTPServer
from tornado.websocket import WebSocketHandler
from traitlets.config import Config
from voila.app import Voila
from voila.tornado.kernel_websocket_handler import VoilaKernelWebsocketHandler

from miri_widgets.serve.admission import MOST_PAGES, Admission
from miri_widgets.serve.downloads import ADDRESS, DownloadHandler
from miri_widgets.serve.handlers import (
    ErrorPageHandler,
    ExtensionHandler,
    FileHandler,
    IndexHandler,
    MissingHandler,
    PageHandler,
    StaticHandler,
    StatusHandler,
    TemplateHandler,
    UnseenHandler,
    log_request,
)
from miri_widgets.serve.kernels import OwnKernelSpecManager
from miri_widgets.serve.leases import KernelLeases
from miri_widgets.serve.listening import listen_on_file, listen_on_port
from miri_widgets.serve.mosaic_pictures import MosaicPictureHandler
from miri_widgets.serve.policy import (
    FIRST_GRACE,
    GRACE,
    HEADERS,
    LEASE_CHECK_INTERVAL,
    PING,
    REQUEST_LIMITS,
    is_loopback,
    voila_configuration,
)
from miri_widgets.serve.sockets import KernelSocket
from miri_widgets.serve.state_reader import StateReader
from miri_widgets.serve.warm_kernels import can_fork, imported_modules, start_parent

__all__ = ["DashboardServer"]

_TEMPLATES = Path(__file__).parent / "templates"
#: Routes of Voila that a folder of dashboards does not need: a listing of files and folders.
_CLOSED = ("/voila/tree", "/voila/api/contents", "/logout")


class DashboardServer(Voila):
    """
    A Voila that serves one folder of dashboards.

    Differences to Voila: the template comes from this package; settings reach the tornado
    application when it is built (compression works); scripts are cached by browsers; kernels
    stop with their page, preheated or not, and when its connection is lost for long; the list of files is closed; a free port is found
    before kernels start, so that they know the port.
    """

    name = "voila"  # Voila looks its own options up by this name
    first_page = ""
    ping = PING
    grace = GRACE
    most_pages = MOST_PAGES
    unix_socket: Path | None = None
    end_with: int | None = None
    fork_kernels = True

    def initialize(self, argv: list[str] | None = None) -> None:
        """
        Initialize without configuration files, so that a user's Voila settings have no effect.

        Parameters
        ----------
        argv : list of str, optional
            Command line arguments.
        """
        self.config_file_paths: list[str] = []
        super().initialize(argv)

    def configure(self, folder: Path, *, preheat: bool, only: str = "") -> None:
        """
        Set the fixed options and the folder to serve; see `voila_configuration`.

        Parameters
        ----------
        folder : Path
            Folder of notebooks.
        preheat : bool
            Whether to keep one kernel per dashboard started in advance.
        only : str
            The only notebook to preheat; all if empty.
        """
        self.update_config(Config(voila_configuration(preheat=preheat, only=only)))
        self.config.VoilaConfiguration.kernel_spec_manager_class = OwnKernelSpecManager
        self.config.VoilaConfiguration.page_config_hook = _page_config
        self.root_dir = str(folder.resolve())

    def setup_template_dirs(self) -> None:
        """Search the templates of this package before those of Voila."""
        super().setup_template_dirs()
        self.template_paths: list[str] = [str(_TEMPLATES), *self.template_paths]

    def init_settings(self) -> dict[str, Any]:
        """
        Return the settings of the tornado application.

        Returns
        -------
        dict
            The settings by name.
        """
        settings = super().init_settings()
        settings.update(
            dashboards=self.root_dir,
            state_reader=StateReader(Path(self.root_dir)),
            admission=Admission(self.kernel_manager, most=self.most_pages),
            headers=HEADERS,
            default_handler_class=MissingHandler,
            compress_response=True,
            log_function=log_request,
            ws_ping_interval=int(1000 * self.ping),
            # A page of another site that has pointed its name at this machine is refused. Behind
            # a proxy (a prefix is set) the name is the proxy's, and the proxy checks.
            allow_remote_access=not is_loopback(self.ip)
            or self.base_url != "/"
            or self.unix_socket is not None,
            local_hostnames=["localhost"],
        )
        settings["jinja2_env"].loader = jinja2.ChoiceLoader(
            [
                jinja2.FunctionLoader(_page_source),
                jinja2.FileSystemLoader(_TEMPLATES),
                settings["jinja2_env"].loader,
            ]
        )
        return settings

    def init_handlers(self) -> list[tuple[Any, ...]]:
        """
        Return the routes: those of this package, then those of Voila that stay open.

        Returns
        -------
        list of tuple
            Pattern, handler and options of each route.
        """
        own_routes = [
            (self._path(r"/?"), IndexHandler),
            (self._path(r"/api/status"), StatusHandler),
            (self._path(r"/api/unseen"), UnseenHandler),
            (self._path(r"/api/mosaic/([^/]+)"), MosaicPictureHandler),
            _hardened((self._path(ADDRESS), DownloadHandler)),
            (
                self._path(r"/voila/static/(?:v[^/]+/)?(.*)"),
                StaticHandler,
                {"paths": self.static_paths},
            ),
            (self._path(r"/voila/templates/((?!.*\.\.)[\w-]+/static/[\w./-]+)"), TemplateHandler),
            (self._path(r"/voila/templates/.*"), MissingHandler),
            (
                self._path(r"/voila/labextensions/(.*)"),
                ExtensionHandler,
                {"path": self.labextensions_path},
            ),
            (
                self._path(r"/voila/files/(.*)"),
                FileHandler,
                {
                    "allowlist": self.voila_configuration.file_allowlist,
                    "denylist": self.voila_configuration.file_denylist,
                    "path": self.root_dir,
                },
            ),
            (
                self._path(r"/voila/render/(.*)"),
                PageHandler,
                {
                    "template_paths": self.template_paths,
                    "config": self.config,
                    "voila_configuration": self.voila_configuration,
                },
            ),
        ]
        closed = tuple(self._path(path) for path in _CLOSED)
        voila_routes = [route for route in super().init_handlers() if not str(route[0]).startswith(closed)]
        return [*own_routes, *map(_hardened, voila_routes)]

    def start(self) -> None:
        """Listen, print the address, and serve until stopped."""
        if self.unix_socket is not None:
            sockets, self.port = [listen_on_file(self.unix_socket)], 0
        else:
            sockets = listen_on_port(self.port, self.ip)
            self.port = sockets[0].getsockname()[1]
        self.connection_dir = tempfile.mkdtemp(prefix="miri_widgets_", dir=self.connection_dir_root)
        modules = imported_modules(Path(self.root_dir))
        if self.fork_kernels and modules and can_fork():
            start_parent(modules)
            OwnKernelSpecManager.forked = True
        self.ioloop = tornado.ioloop.IOLoop.current()
        # Kernels preheat as soon as the settings exist, and read self.app later, in the loop.
        self.app = tornado.web.Application(**self.init_settings())
        self.app.add_handlers(".*$", self.init_handlers())
        # the pages send small forms; what comes in before a login has bounds
        behind_proxy = self.base_url != "/" or self.unix_socket is not None
        server = HTTPServer(self.app, xheaders=behind_proxy, **REQUEST_LIMITS)
        server.add_sockets(sockets)
        print(f"MIRI dashboards are served at {self.page_url}", flush=True)
        if self.first_page and self.unix_socket is None:
            address, _, token = self.page_url.partition("?")
            page = url_path_join(address, "voila/render", self.first_page)
            print(f"Open {page}{'?' + token if token else ''}", flush=True)
        if self.open_browser and self.unix_socket is None:
            self.launch_browser()
        leases = KernelLeases(self.kernel_manager, grace=self.grace, first_grace=FIRST_GRACE)
        self.app.settings["kernel_leases"] = leases
        tornado.ioloop.PeriodicCallback(leases.end_expired, 1000 * LEASE_CHECK_INTERVAL).start()
        if self.end_with is not None:
            check = self._check_process(self.end_with)
            tornado.ioloop.PeriodicCallback(check, 1000 * LEASE_CHECK_INTERVAL).start()
        try:
            self.ioloop.start()
        except KeyboardInterrupt:
            self.log.info("Stopping")
        finally:
            server.stop()
            self.stop()

    def stop(self) -> None:
        """Stop the kernels, then remove their sockets, which the stop request needs, and the socket of the server."""
        run_sync(self.kernel_manager.shutdown_all)()
        shutil.rmtree(self.connection_dir, ignore_errors=True)
        if self.unix_socket is not None:
            self.unix_socket.unlink(missing_ok=True)

    def _check_process(self, pid: int) -> Callable[[], None]:
        """Return what stops the server once a process has ended; one that has ended already counts."""
        try:
            process = psutil.Process(pid)  # knows when it began: a number can be given again
        except psutil.NoSuchProcess:
            process = None

        def check() -> None:
            if process is None or not process.is_running() or process.status() == psutil.STATUS_ZOMBIE:
                self.ioloop.stop()

        return check

    @property
    def page_url(self) -> str:
        """Address of the first page, with the token if there is one; of a server on a socket, the socket and the prefix."""
        token = self.identity_provider.token
        if self.unix_socket is not None:
            return f"{self.unix_socket} with the prefix {self.base_url}" + (
                f"?token={token}" if token else ""
            )
        return self._url(self.ip) + (f"?token={token}" if token else "")

    def launch_browser(self) -> None:
        """Open the first page in the user's browser."""
        webbrowser.open(self.page_url, new=self.webbrowser_open_new)

    def _path(self, path: str) -> str:
        """Return a route below the prefix of the server."""
        return url_path_join(self.server_url, path) if path != "/?" else self.server_url


def _page_config(config: dict[str, Any], **context: Any) -> dict[str, Any]:
    """Put the version into the path of Voila's scripts, so that browsers may cache them."""
    base_url = context["base_url"]
    config["fullStaticUrl"] = url_path_join(base_url, f"voila/static/v{voila.__version__}")
    # MathJax would be loaded from another host, at the first dollar sign in a text.
    config.setdefault("disabledExtensions", []).append("@jupyterlab/mathjax2-extension:plugin")
    return config


def _hardened(route: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return a route of Voila with `KernelSocket` for kernel connections, and our error page for all else."""
    pattern, handler, *options = route
    if handler is VoilaKernelWebsocketHandler:
        return (pattern, KernelSocket, *options)
    if issubclass(handler, JupyterHandler) and not issubclass(handler, WebSocketHandler):
        handler = type(handler.__name__, (ErrorPageHandler, handler), {})
    return (pattern, handler, *options)


def _page_source(name: str) -> str | None:
    """Return the source of a page of this package, for Jupyter handlers that render ``error.html``."""
    path = _TEMPLATES / f"{name}.j2"
    return path.read_text(encoding="utf-8") if path.is_file() else None
