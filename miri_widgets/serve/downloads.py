"""
The address from which a browser fetches files of a page: one file, or a zip that is made while it is sent.

The server of the dashboards has it among its own addresses; for JupyterLab and JupyterHub it is a server extension.
"""

from __future__ import annotations

import asyncio
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

from jupyter_server.base.handlers import JupyterHandler
from jupyter_server.utils import url_path_join
from tornado.iostream import StreamClosedError
from tornado.web import HTTPError, authenticated

from miri_widgets.products.served_files import ServedFiles, read_released, safe_name

__all__ = ["ADDRESS", "DownloadHandler", "archive_chunks", "file_chunks"]

ADDRESS = r"/miri-widgets-files/([A-Za-z0-9_-]+)"
"""Below the base of the server; the group is the token."""

_CHUNK = 1 << 20


class DownloadHandler(JupyterHandler):
    """Sends released files."""

    @authenticated
    async def head(self, token: str) -> None:
        """
        Answer whether the files of a token can be fetched.

        Parameters
        ----------
        token : str
            See `miri_widgets.products.served_files`.
        """
        await self._released(token)
        self.finish()

    @authenticated
    async def get(self, token: str) -> None:
        """
        Answer with the files of a token.

        Parameters
        ----------
        token : str
            See `miri_widgets.products.served_files`.
        """
        released = await self._released(token)
        if released.zipped:
            self.set_header("Content-Type", "application/zip")
            chunks = archive_chunks(released)
        else:
            path = Path(released.files[0].path)
            self.set_header("Content-Type", "application/octet-stream")
            self.set_header("Content-Length", str(path.stat().st_size))
            chunks = file_chunks(path)
        try:
            while (chunk := await asyncio.to_thread(next, chunks, None)) is not None:
                self.write(chunk)
                await self.flush()
        except StreamClosedError:
            self.log.info("A browser left a download before its end")
        finally:
            chunks.close()

    async def _released(self, token: str) -> ServedFiles:
        """Return the files of a token, and set the headers for them."""
        released = await asyncio.to_thread(read_released, token)
        if released is None:
            raise HTTPError(404, "This download is not known, or a day old: press Download again")
        missing = [file.name for file in released.files if not Path(file.path).is_file()]
        if missing:
            raise HTTPError(410, f"{missing[0][:200]} is not there any more: press Download again")
        self.set_header("Content-Disposition", _disposition(released.name))
        self.set_header("X-Content-Type-Options", "nosniff")
        self.set_header("Cache-Control", "no-store")
        return released


def file_chunks(path: Path) -> Any:
    """
    Yield the bytes of a file, a piece at a time.

    Parameters
    ----------
    path : Path
        The file.
    """
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            yield chunk


def archive_chunks(released: ServedFiles) -> Any:
    """
    Yield a zip of files, a piece at a time: neither memory nor disk ever holds all of it.

    Parameters
    ----------
    released : ServedFiles
        The files. Nothing is compressed: pixels hardly shrink, and take long.
    """
    sink = _Sink()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_STORED, allowZip64=True) as archive:
        for file in released.files:
            entry = zipfile.ZipInfo.from_file(file.path, _member(file.name), strict_timestamps=False)
            with Path(file.path).open("rb") as source, archive.open(entry, "w", force_zip64=True) as target:
                while chunk := source.read(_CHUNK):
                    target.write(chunk)
                    yield from sink.taken()
        yield from sink.taken()
    yield from sink.taken()


class _Sink:
    """A file that cannot be gone back in, whose bytes are taken away as they come."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def write(self, data: Any) -> int:
        self._parts.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        """Nothing waits."""

    def close(self) -> None:
        """Nothing is open."""

    def taken(self) -> Iterator[bytes]:
        parts, self._parts = self._parts, []
        if parts:
            yield b"".join(parts)


def _member(name: str) -> str:
    """Return a relative name for a zip: no unpacking leaves its folder."""
    parts = [safe_name(part) for part in name.split("/") if part not in ("", ".", "..")]
    return "/".join(parts) or "file"


def _disposition(name: str) -> str:
    flat = safe_name(name)
    plain = flat.encode("ascii", "replace").decode().replace("?", "_")
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(flat)}"


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    """Name the extension to a Jupyter server."""
    return [{"module": "miri_widgets.serve.downloads"}]


def _load_jupyter_server_extension(server: Any) -> None:
    """Add the address to a Jupyter server."""
    base = server.web_app.settings["base_url"]
    server.web_app.add_handlers(".*$", [(url_path_join(base, ADDRESS), DownloadHandler)])
