"""Write files so that a reader sees the old one or the new one, never half of one."""

from __future__ import annotations

import errno
import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from miri_widgets.errors import DiskFullError, NotWritableError

__all__ = [
    "new_file",
    "os_errors_as_ours",
    "publish",
    "require_writable",
    "sync_tree",
    "write_json",
    "write_text",
]


@contextmanager
def os_errors_as_ours(folder: Path) -> Iterator[None]:
    """
    Turn "no space" and "no permission" of the system into our errors.

    Parameters
    ----------
    folder : Path
        The folder that is written to, named in the message.

    Raises
    ------
    DiskFullError
        If the disk or the quota is full.
    NotWritableError
        If the folder may not be written to, or lies on a read-only disk.
    """
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise DiskFullError(
                f"no space left on the disk of {folder}",
                "room for the products",
                "free some space and run again; what is finished is kept",
            ) from error
        if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
            raise NotWritableError(
                f"no permission to write in {folder}",
                "a folder of your own",
                "choose another workspace or change its permissions",
            ) from error
        raise


@contextmanager
def new_file(path: Path) -> Iterator[Path]:
    """
    Give a temporary path in the same folder that becomes `path` when all went well.

    The bytes are flushed to the disk before the name appears; on any error the
    temporary file is removed and what was there before stays.

    Parameters
    ----------
    path : Path
        Name that the file takes in the end.
    """
    path = Path(path)
    with os_errors_as_ours(path.parent):
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{path.stem}.", suffix=path.suffix, dir=path.parent)
        os.close(handle)
        temporary = Path(name)
        try:
            yield temporary
            publish(temporary, path)
        finally:
            temporary.unlink(missing_ok=True)


def publish(temporary: Path, path: Path) -> None:
    """
    Give a complete file its name in the same folder; its bytes are on the disk before the name appears.

    Parameters
    ----------
    temporary : Path
        The complete file.
    path : Path
        Its final name, in the same folder.
    """
    temporary.chmod(0o666 & ~_umask())
    _sync(temporary)
    temporary.replace(path)
    _sync(path.parent)


def write_text(path: Path, text: str) -> None:
    """
    Write `text` to `path` atomically, in UTF-8.

    Parameters
    ----------
    path : Path
        Where to write.
    text : str
        Content.
    """
    with new_file(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def write_json(path: Path, values: Any) -> None:
    """
    Write plain `values` to `path` atomically, as indented JSON.

    Parameters
    ----------
    path : Path
        Where to write.
    values : object
        Plain values that JSON can hold.
    """
    write_text(path, json.dumps(values, indent=1, sort_keys=True, default=str) + "\n")


def require_writable(folder: Path) -> None:
    """
    Make `folder` and prove that it can be written to.

    Parameters
    ----------
    folder : Path
        The folder.

    Raises
    ------
    NotWritableError, DiskFullError
        If it cannot.
    """
    with new_file(Path(folder) / ".probe") as temporary:
        temporary.write_bytes(b"probe")
    (Path(folder) / ".probe").unlink(missing_ok=True)


def sync_tree(folder: Path) -> None:
    """
    Flush every file below `folder`, and the folder itself, to the disk.

    Parameters
    ----------
    folder : Path
        The folder.
    """
    for path in sorted(Path(folder).rglob("*")):
        _sync(path)
    _sync(Path(folder))


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _umask() -> int:
    # os.umask can only be read by setting it
    mask = os.umask(0o022)
    os.umask(mask)
    return mask
