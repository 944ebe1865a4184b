"""A server in its own process, for tests, demos and screenshots."""

from __future__ import annotations

import json
import os
import queue
import re
import subprocess
import sys
import threading
import time
import urllib.request
from collections import deque
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import urljoin

from miri_widgets.errors import EngineError
from miri_widgets.serve.admission import MOST_PAGES
from miri_widgets.serve.options import TOKEN_VARIABLE
from miri_widgets.serve.policy import GRACE, PING

__all__ = ["ServerProcess", "start_server"]

_ADDRESS = re.compile(r"served at (http\S+)")


class ServerProcess:
    """
    A running server. Use it as a context manager, or call `close`.

    Attributes
    ----------
    url : str
        Address of the first page, with a slash at its end and without the token.
    """

    def __init__(self, process: subprocess.Popen[str], log: deque[str], url: str) -> None:
        self._process = process
        self._log = log
        self.url = url

    def page_url(self, notebook: str) -> str:
        """
        Return the address of the page of one notebook, for example ``demo.ipynb``.

        Parameters
        ----------
        notebook : str
            File name of the notebook.

        Returns
        -------
        str
            The address.
        """
        return urljoin(self.url, f"voila/render/{notebook}")

    def status(self) -> dict[str, int]:
        """
        Return the number of kernels, of kernels with a page, and of warm kernels.

        Only for a server without a token.

        Returns
        -------
        dict of str to int
            The numbers by name.
        """
        with urllib.request.urlopen(urljoin(self.url, "api/status"), timeout=20) as response:
            return json.load(response)

    def wait_until_warm(self, kernels: int = 1, *, timeout: float = 120.0) -> None:
        """
        Wait until preheated kernels have run their notebooks.

        Parameters
        ----------
        kernels : int
            Number of warm kernels to wait for.
        timeout : float
            Longest wait [s].

        Raises
        ------
        EngineError
            If this takes longer than `timeout`.
        """
        end = time.monotonic() + timeout
        while self.status()["warm"] < kernels:
            if time.monotonic() > end:
                raise EngineError(
                    f"Fewer than {kernels} kernels are warm after {timeout:.0f} s", "them", "read the log"
                )
            time.sleep(0.1)

    @property
    def pid(self) -> int:
        """Number of the process."""
        return self._process.pid

    @property
    def log(self) -> str:
        """The last lines of the server's output."""
        return "".join(self._log)

    def close(self) -> None:
        """Stop the server and its kernels."""
        if self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(20)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()

    def __enter__(self) -> Self:
        """Return the server."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop the server."""
        self.close()


def start_server(
    dashboards: Path,
    *,
    port: int = 0,
    base_url: str = "/",
    token: str | None = None,
    preheat: bool = False,
    environment: Mapping[str, str] | None = None,
    ping: float = PING,
    grace: float = GRACE,
    most_pages: int = MOST_PAGES,
    fork_kernels: bool = True,
    timeout: float = 60.0,
) -> ServerProcess:
    """
    Start a server on loopback and wait until it answers.

    Parameters
    ----------
    dashboards : Path
        Folder of notebooks.
    port : int
        Port on loopback; 0 takes a free one.
    base_url : str
        Prefix of all addresses, for a server behind a proxy.
    token : str, optional
        Secret that a browser must know; none by default, for tests on a machine of one's own.
    preheat : bool
        Whether to keep a kernel per dashboard started in advance.
    environment : mapping of str to str, optional
        Variables of the server besides those of this process.
    ping, grace : float
        Interval between two pings to a page, and how long the kernel of a page is kept without connection [s].
    most_pages : int
        Pages that may be open at a time.
    fork_kernels : bool
        Whether kernels are forked from one that has its modules in memory.
    timeout : float
        Longest wait for the address [s].

    Returns
    -------
    ServerProcess
        The running server.

    Raises
    ------
    EngineError
        If the server ends or does not print its address in time.
    """
    command = [sys.executable, "-P", "-m", "miri_widgets.serve", str(dashboards)]
    command += ["--port", str(port), "--base_url", base_url, "--ping", str(ping), "--grace", str(grace)]
    command += [] if token is not None else ["--no-token"]
    command += ["--preheat"] if preheat else []
    command += [] if fork_kernels else ["--no-fork-kernels"]
    command += ["--most-pages", str(most_pages)]
    secret = {} if token is None else {TOKEN_VARIABLE: token}
    process = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, **(environment or {}), **secret},
        start_new_session=True,
    )
    log: deque[str] = deque(maxlen=2000)
    address: queue.Queue[str | None] = queue.Queue()
    threading.Thread(target=_read, args=(process, log, address), daemon=True).start()
    try:
        url = address.get(timeout=timeout)
    except queue.Empty:
        url = None
    server = ServerProcess(process, log, url or "")
    if url is None:
        server.close()
        raise EngineError(
            f"The dashboard server did not start: {server.log[-2000:]}", "its address", "read the log"
        )
    return server


def _read(process: subprocess.Popen[str], log: deque[str], address: queue.Queue[str | None]) -> None:
    """Collect the last lines of a process and its address until the process ends."""
    assert process.stdout is not None
    with process.stdout:
        for line in process.stdout:
            log.append(line)
            if match := _ADDRESS.search(line):
                address.put(match[1].split("?")[0])
    address.put(None)
