"""
Fetch one file so that its name appears when it is whole, and never before.

The bytes go to ``NAME.part``; what the server said of the file is kept beside
it in ``NAME.part.json``. Cut off, cancelled or killed, the next attempt asks
for the rest only.

Notes
-----
astroquery and crds have downloads of their own. astroquery's writes under the
final name, goes on after a cut only where the caller asks, mixes versions of a
file, and knows neither cancel nor progress; crds gives the file its name
before it checks size and checksum. `requests` is what astroquery stands on.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any
from urllib.parse import urlsplit

from miri_widgets.errors import (
    ArchiveDownError,
    CancelledError,
    DamagedDownloadError,
    MiriWidgetsError,
    WorkspaceError,
)
from miri_widgets.products.atomic import os_errors_as_ours, publish, write_json
from miri_widgets.products.download.http_headers import announced, content_range, retry_after, validator
from miri_widgets.products.download.partial_files import facts_of, forget, note_of, own_part, part_of
from miri_widgets.products.download.remote_errors import archive_error, refusal
from miri_widgets.products.download.retry_policy import CancelToken, RetryPolicy

__all__ = ["Remote", "fetch", "is_complete"]

_CHUNK = 1 << 18


@dataclass(frozen=True)
class Remote:
    """
    A file on a server, and where it shall lie.

    Attributes
    ----------
    url : str
        Its address.
    path : Path
        Its final name.
    size : int
        Bytes; 0 when unknown.
    sha1 : str
        Its checksum, hexadecimal; empty when unknown.
    proprietary : bool
        Whether a token is needed.
    """

    url: str
    path: Path
    size: int = 0
    sha1: str = ""
    proprietary: bool = False


class _AgainError(Exception):
    """This attempt failed; another may do."""

    def __init__(self, error: MiriWidgetsError, after: float = 0.0) -> None:
        super().__init__(str(error))
        self.error = error
        self.after = after


def is_complete(remote: Remote) -> bool:
    """
    Say whether the file is there.

    Parameters
    ----------
    remote : Remote
        The file: its address, path and size.

    Raises
    ------
    WorkspaceError
        If another file has its name: nothing is ever overwritten.
    """
    try:
        size = remote.path.stat().st_size
    except FileNotFoundError:
        return False
    if remote.size and size != remote.size:
        raise WorkspaceError(
            f"{remote.path.name} is there already with {size} bytes",
            f"the {remote.size} bytes that the archive lists",
            "move that file elsewhere, then download again",
        )
    return True


def fetch(
    remote: Remote,
    session: Any,
    *,
    auth: Any = None,
    cancel: CancelToken | None = None,
    on_progress: Callable[[int, int, str], None] | None = None,
    retry_policy: RetryPolicy | None = None,
) -> bool:
    """
    Fetch one file.

    Parameters
    ----------
    remote : Remote
        What, from where and to where.
    session : requests.Session
        The connection.
    auth : requests.auth.AuthBase, optional
        What opens a proprietary file.
    cancel : CancelToken, optional
        Ends the transfer; what came is kept.
    on_progress : callable, optional
        Called as ``on_progress(bytes so far, bytes in all or 0, text)``.
    retry_policy : RetryPolicy, optional
        How long to wait, and how often to try.

    Returns
    -------
    bool
        Whether it was fetched now; False when it was there.

    Raises
    ------
    ArchiveError
        If it cannot be had, is another one than announced, or is damaged.
    WorkspaceError
        If it cannot be written, or another file has its name.
    CancelledError
        If `cancel` was set.
    """
    if is_complete(remote):
        return False
    on_progress = on_progress or (lambda done, total, text: None)
    retry_policy, cancel = retry_policy or RetryPolicy(), cancel or CancelToken()
    part = part_of(remote.path)
    with os_errors_as_ours(remote.path.parent):
        remote.path.parent.mkdir(parents=True, exist_ok=True)
        with own_part(part) as stream:
            if is_complete(remote):
                part.unlink(missing_ok=True)
                return False
            _Transfer(remote, stream, session, auth, cancel, on_progress, retry_policy).pull()
            try:
                _verify(remote, stream, facts_of(part), cancel)
            except DamagedDownloadError:
                forget(part)
                raise
            publish(part, remote.path)
            note_of(part).unlink(missing_ok=True)
    return True


@dataclass(frozen=True)
class _Transfer:
    """One file on its way: what `fetch` was asked, and the file of the part."""

    remote: Remote
    stream: IO[bytes]
    session: Any
    auth: Any
    cancel: CancelToken
    on_progress: Callable[[int, int, str], None]
    retry_policy: RetryPolicy

    def pull(self) -> None:
        """Try until the part is whole."""
        stream, failures = self.stream, 0
        while True:
            before = stream.seek(0, os.SEEK_END)
            try:
                self._attempt()
                return
            except _AgainError as again:
                # a server that cuts after every few bytes must not be asked for ever
                failures = 1 if stream.tell() - before > _CHUNK else failures + 1
                if failures > self.retry_policy.retries:
                    raise again.error from again
                wait = self.retry_policy.wait(failures, again.after)
                count = f"{failures} of {self.retry_policy.retries}"
                text = f"{again.error.found}: trying again in {wait:.0f} s ({count})"
                self.on_progress(stream.tell(), self.remote.size, text)
                self.cancel.wait(wait)
                _unless(self.cancel, self.remote)

    def _attempt(self) -> None:
        remote, stream, token = self.remote, self.stream, self.auth is not None
        _unless(self.cancel, remote)
        facts = facts_of(part_of(remote.path))
        if facts.get("url") != remote.url:  # bytes of which nothing is known
            stream.truncate(0)
            facts = {}
        offset = stream.seek(0, os.SEEK_END)
        # a compressed answer would have another size, and could not be continued
        headers = {"Accept-Encoding": "identity"}
        if offset:
            headers["Range"] = f"bytes={offset}-"
            if facts.get("validator"):
                headers["If-Range"] = facts["validator"]
        waits = (self.retry_policy.connect, self.retry_policy.read)
        try:
            response = self.session.get(
                remote.url, headers=headers, auth=self.auth, stream=True, timeout=waits
            )
        except Exception as error:
            raise _AgainError(archive_error(error, remote.url, token=token, what=remote.path.name)) from error
        with response:
            total = _accept(remote, stream, response, facts, offset, token=token)
            if total is None:
                return
            self.on_progress(stream.tell(), total, "")
            for chunk in _chunks(response, remote, self.cancel):
                stream.write(chunk)
                self.on_progress(stream.tell(), total, "")
            stream.flush()
            if total and stream.tell() < total:
                raise _AgainError(archive_error(ConnectionError("cut"), remote.url))


def _accept(
    remote: Remote, stream: IO[bytes], response: Any, facts: Mapping[str, Any], offset: int, *, token: bool
) -> int | None:
    """Say how many bytes the whole file has (0 when unknown); None when all are there already."""
    status, name, heads = response.status_code, remote.path.name, response.headers
    begin, total = content_range(heads)
    if status == 416 and offset:
        if total == offset:
            return None
        stream.truncate(0)
        raise _AgainError(refusal(status, remote.url, what=name))
    if status in (408, 429) or status >= 500:
        raise _AgainError(refusal(status, remote.url, token=token, what=name), retry_after(heads))
    if status >= 400:
        raise refusal(status, remote.url, token=token, what=name)
    if "html" in heads.get("Content-Type", "").lower():
        # a log-in page, which the archive gives with status 200
        if remote.proprietary:
            raise refusal(401, remote.url, token=token, what=name)
        raise archive_error(ValueError("a page instead of a file"), remote.url)
    if status not in (200, 206) or heads.get("Content-Encoding", "identity") != "identity":
        raise ArchiveDownError(
            f"the answer for {name} is no file (HTTP {status})",
            "the file itself",
            "try again in some minutes",
        )
    if status == 206 and (begin != offset or facts.get("validator", "") != validator(heads)):
        stream.truncate(0)
        stream.seek(0)
        raise _AgainError(archive_error(ValueError("another part than was asked for"), remote.url))
    if status == 200:
        stream.truncate(0)
        stream.seek(0)
        total = int(heads.get("Content-Length") or 0)
    if remote.size and total and total != remote.size:
        forget(part_of(remote.path))
        raise _damaged(remote, f"{total} bytes", f"{remote.size} bytes as the archive lists")
    if status == 200:
        write_json(note_of(part_of(remote.path)), {"url": remote.url, **announced(heads)})
    return total or remote.size


def _chunks(response: Any, remote: Remote, cancel: CancelToken) -> Iterator[bytes]:
    raw = response.raw
    with cancel.calling(raw.shutdown):
        while True:
            _unless(cancel, remote)
            try:
                chunk = raw.read1(_CHUNK)
            except Exception as error:
                _unless(cancel, remote)
                raise _AgainError(archive_error(error, remote.url, what=remote.path.name)) from error
            if not chunk:
                _unless(cancel, remote)
                return
            yield chunk


def _verify(remote: Remote, stream: IO[bytes], facts: Mapping[str, Any], cancel: CancelToken) -> None:
    size = stream.seek(0, os.SEEK_END)
    if remote.size and size != remote.size:
        raise _damaged(remote, f"{size} bytes", f"{remote.size} bytes as the archive lists")
    stream.seek(0)
    if remote.path.suffix == ".fits" and not stream.read(9).startswith(b"SIMPLE  ="):
        raise _damaged(remote, "something that is not FITS", "a FITS file")
    wanted = {name: value for name in ("md5", "sha256") if (value := facts.get(name))}
    if remote.sha1:
        wanted["sha1"] = remote.sha1.lower()
    if not wanted:
        return
    sums = {name: hashlib.new(name, usedforsecurity=False) for name in wanted}
    stream.seek(0)
    while chunk := stream.read(1 << 20):
        _unless(cancel, remote)
        for checksum in sums.values():
            checksum.update(chunk)
    for name, value in wanted.items():
        if sums[name].hexdigest() != value:
            raise _damaged(
                remote, f"another {name} checksum than announced", "the file as the archive holds it"
            )


def _unless(cancel: CancelToken, remote: Remote) -> None:
    if cancel.is_set():
        raise CancelledError(
            f"the download of {remote.path.name} was stopped",
            "a download to its end",
            "start it again; it goes on where it stopped",
        )


def _damaged(remote: Remote, found: str, expected: str) -> DamagedDownloadError:
    return DamagedDownloadError(
        f"{urlsplit(remote.url).netloc} gives {found} for {remote.path.name}",
        expected,
        "look the program up again, then download again; nothing was kept",
    )
