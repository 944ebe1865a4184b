"""Fetch several files, one after the other: how far, how fast, what went wrong with each."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from humanize import naturalsize

from miri_widgets.errors import (
    ArchiveDownError,
    CancelledError,
    DiskFullError,
    MiriWidgetsError,
    UnreachableError,
    WorkspaceError,
)
from miri_widgets.products.atomic import os_errors_as_ours
from miri_widgets.products.download.partial_files import part_of
from miri_widgets.products.download.resumable import Remote, fetch, is_complete
from miri_widgets.products.download.retry_policy import CancelToken, RetryPolicy

__all__ = ["DownloadProgress", "DownloadResult", "download", "environment_token", "takes_token"]

TOKEN_VARIABLE = "MAST_API_TOKEN"
"""Where astroquery, too, looks for the token."""

_PERIOD = 0.2
_SPAN = 10.0


@dataclass(frozen=True)
class DownloadProgress:
    """
    How far a download is.

    Attributes
    ----------
    name : str
        The file at work.
    index, count : int
        Its number from 1, and the number of files.
    done, size : int
        Bytes of this file, 0 when the size is unknown.
    done_all, size_all : int
        Bytes of all files, those that were there included.
    rate : float
        Bytes per second lately.
    eta : float or None
        Seconds to the end of all files.
    text : str
        What it waits for; empty while bytes come.
    """

    name: str
    index: int
    count: int
    done: int
    size: int
    done_all: int
    size_all: int
    rate: float = 0.0
    eta: float | None = None
    text: str = ""

    @property
    def fraction(self) -> float:
        """0 to 1, of all files."""
        return min(self.done_all / self.size_all, 1.0) if self.size_all else 0.0


@dataclass(frozen=True)
class DownloadResult:
    """
    What became of one file.

    Attributes
    ----------
    path : Path
        Its final name.
    fetched : bool
        Whether it was fetched now; False when it was there before, or failed.
    error : MiriWidgetsError or None
        Why it is not there.
    """

    path: Path
    fetched: bool = False
    error: MiriWidgetsError | None = field(default=None, compare=False)


def environment_token() -> str:
    """Return the token of the environment; empty when there is none."""
    return os.environ.get(TOKEN_VARIABLE, "").strip()


def download(
    remotes: Sequence[Remote],
    *,
    token: str = "",
    cancel: CancelToken | None = None,
    on_progress: Callable[[DownloadProgress], None] | None = None,
    retry_policy: RetryPolicy | None = None,
) -> tuple[DownloadResult, ...]:
    """
    Fetch files in their order.

    A file that cannot be had does not stop the others; a server that is gone, a full disk or `cancel` does.

    Parameters
    ----------
    remotes : sequence of Remote
        The files.
    token : str
        Opens proprietary files; sent with these only, over an encrypted connection or on this machine.
    cancel : CancelToken, optional
        Ends the download; what came is kept for the next.
    on_progress : callable, optional
        Takes a `DownloadProgress`, at most five times a second, from this thread.
    retry_policy : RetryPolicy, optional
        How long to wait, and how often to try.

    Returns
    -------
    tuple of DownloadResult
        One per file that was tried, in order; the last carries what ended it.
    """
    import requests

    cancel = cancel or CancelToken()
    results: list[DownloadResult] = []
    meter = _Meter(remotes, on_progress or (lambda progress: None))
    with requests.Session() as session:
        for index, remote in enumerate(remotes):
            error: MiriWidgetsError | None = None
            fetched = False
            try:
                if index == 0:
                    _require_space(remotes)
                meter.begin(index)
                auth = _Token(token) if token and remote.proprietary and takes_token(remote.url) else None
                fetched = fetch(
                    remote,
                    session,
                    auth=auth,
                    cancel=cancel,
                    on_progress=meter.report,
                    retry_policy=retry_policy,
                )
                meter.end(index)
            except MiriWidgetsError as ours:
                error = ours
            except OSError as foreign:
                error = WorkspaceError(
                    f"{remote.path.name} cannot be written ({foreign.strerror or foreign})",
                    f"a folder on a disk that works at {remote.path.parent}",
                    "choose another folder",
                )
            results.append(DownloadResult(remote.path, fetched, error))
            if _ends_all(error):
                break
    return tuple(results)


def _ends_all(error: MiriWidgetsError | None) -> bool:
    return (
        isinstance(error, CancelledError | UnreachableError | ArchiveDownError | WorkspaceError)
        and type(error) is not WorkspaceError
    )


def _require_space(remotes: Sequence[Remote]) -> None:
    folder = remotes[0].path.parent
    with os_errors_as_ours(folder):
        folder.mkdir(parents=True, exist_ok=True)
        free = shutil.disk_usage(folder).free
    wanted = sum(remote.size - _kept(remote) for remote in remotes if not _there(remote))
    if wanted > free:
        raise DiskFullError(
            f"{naturalsize(free)} are free on the disk of {folder}",
            f"{naturalsize(wanted)} for the files that are still to come",
            "free some space, choose fewer files or another folder",
        )


def _there(remote: Remote) -> bool:
    try:
        return is_complete(remote)
    except WorkspaceError:
        return True


def _kept(remote: Remote) -> int:
    if _there(remote):
        return remote.size
    try:
        return min(part_of(remote.path).stat().st_size, remote.size)
    except OSError:
        return 0


def takes_token(url: str) -> bool:
    """
    Return whether a token may be sent to a server: through TLS, or to this machine.

    Parameters
    ----------
    url : str
        The address.
    """
    parts = urlsplit(url)
    return parts.scheme == "https" or parts.hostname in ("127.0.0.1", "localhost", "::1")


class _Token:
    """
    Sends the token of MAST.

    As ``auth`` and not as a header of the session: requests takes it away when the server sends us on to another
    host, and no entry of ``~/.netrc`` takes its place.
    """

    def __init__(self, token: str) -> None:
        self._token = token

    def __call__(self, request: Any) -> Any:
        request.headers["Authorization"] = f"token {self._token}"
        return request

    def __repr__(self) -> str:
        return "a token"


class _Meter:
    """Turns the bytes of single files into progress of all."""

    def __init__(self, remotes: Sequence[Remote], on_progress: Callable[[DownloadProgress], None]) -> None:
        self._remotes = remotes
        self._on_progress = on_progress
        self._sizes = [remote.size for remote in remotes]
        self._done = [_kept(remote) for remote in remotes]
        self._index = 0
        self._last = 0.0
        self._marks: list[tuple[float, int]] = []

    def begin(self, index: int) -> None:
        self._index = index
        self.report(self._done[index], self._sizes[index], "", force=True)

    def end(self, index: int) -> None:
        self._sizes[index] = self._sizes[index] or self._remotes[index].path.stat().st_size
        self.report(self._sizes[index], self._sizes[index], "", force=True)

    def report(self, done: int, size: int, text: str, *, force: bool = False) -> None:
        index, time_now = self._index, time.monotonic()
        if done < self._done[index]:  # it begins anew: what was counted does not count
            self._marks.clear()
        self._done[index], self._sizes[index] = done, size or self._sizes[index]
        if not (force or text) and time_now - self._last < _PERIOD:
            return
        self._last = time_now
        done_all, size_all = sum(self._done), sum(self._sizes)
        self._marks = [
            *(mark for mark in self._marks if time_now - mark[0] < _SPAN),
            (time_now, done_all),
        ]
        (begin, first) = self._marks[0]
        rate = (done_all - first) / (time_now - begin) if time_now > begin else 0.0
        left = max(size_all - done_all, 0)
        self._on_progress(
            DownloadProgress(
                name=self._remotes[index].path.name,
                index=index + 1,
                count=len(self._remotes),
                done=done,
                size=self._sizes[index],
                done_all=done_all,
                size_all=size_all,
                rate=rate,
                eta=left / rate if rate > 0 and size_all else None,
                text=text,
            )
        )
