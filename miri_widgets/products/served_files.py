"""
Files that a page lets its browser fetch: a manifest names them, and a random token names the manifest.

The kernel of the page writes the manifest into the runtime folder of Jupyter, which belongs to the user; the server reads
it there. An address holds the token only, never a path: nothing but what a page has released can be fetched.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from jupyter_core.paths import jupyter_runtime_dir

from miri_widgets.errors import InputError, MissingFileError
from miri_widgets.products.atomic import os_errors_as_ours
from miri_widgets.serialization import Serializable

__all__ = ["ServedFile", "ServedFiles", "read_released", "release_files", "safe_name", "withdraw"]

LIFETIME = 24 * 3600.0
"""How long a manifest can be fetched, s."""

_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")
_UNSAFE = re.compile(r'[\x00-\x1f\x7f"\\/:*?<>|]+')


@dataclass(frozen=True)
class ServedFile(Serializable):
    """
    One file.

    Attributes
    ----------
    path : str
        Absolute path.
    name : str
        Relative name in an archive, with ``/``.
    """

    path: str
    name: str


@dataclass(frozen=True)
class ServedFiles(Serializable):
    """
    What one token stands for.

    Attributes
    ----------
    name : str
        Name of what the browser saves.
    files : tuple of ServedFile
        One, or the members of a zip.
    zipped : bool
        Whether they are sent as a zip.
    """

    name: str
    files: tuple[ServedFile, ...]
    zipped: bool


def release_files(paths: Sequence[Path], root: Path, name: str) -> str:
    """
    Let the browser of this page fetch some files.

    Parameters
    ----------
    paths : sequence of Path
        Files and folders of `root`; folders stand for all files in them.
    root : Path
        The folder that all of them lie in, such as the workspace.
    name : str
        Name of the zip without its end; a single file keeps its own name.

    Returns
    -------
    str
        The token.

    Raises
    ------
    MissingFileError
        If there is no file.
    InputError
        If one lies outside of the folder, also by a link.
    NotWritableError, DiskFullError
        If the manifest cannot be written.
    """
    base = Path(root).resolve()
    files: dict[Path, str] = {}
    for path in paths:
        members = (
            sorted(member for member in path.rglob("*") if member.is_file()) if path.is_dir() else [path]
        )
        for member in members:
            real = member.resolve()
            if not real.is_relative_to(base):
                raise InputError(
                    f"{member.name[:80]} lies outside of {base}",
                    "a file of the workspace",
                    "copy it into the workspace first",
                )
            if not real.is_file():
                raise MissingFileError(f"no file {member.name[:80]}", "a file on disk", "run its stage again")
            files.setdefault(real, member.absolute().relative_to(Path(root).absolute()).as_posix() if member.absolute().is_relative_to(Path(root).absolute()) else real.relative_to(base).as_posix())  # fmt: skip
    if not files:
        raise MissingFileError("no file to download", "at least one", "run a stage, or choose other files")
    zipped = len(files) > 1 or any(path.is_dir() for path in paths)
    title = f"{safe_name(name)}.zip" if zipped else next(iter(files)).name
    content = ServedFiles(title, tuple(ServedFile(str(path), label) for path, label in files.items()), zipped)
    token = secrets.token_urlsafe(32)
    folder = _folder()
    with os_errors_as_ours(folder):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        _prune(folder)
        handle = os.open(folder / f"{token}.json", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            json.dump(content.to_dict(), stream)
    return token


def read_released(token: str) -> ServedFiles | None:
    """
    Return what a token stands for; None for one that is not known, or no longer.

    Parameters
    ----------
    token : str
        From an address.
    """
    if not _TOKEN.fullmatch(token):
        return None
    path = _folder() / f"{token}.json"
    try:
        if time.time() - path.stat().st_mtime > LIFETIME:
            return None
        return ServedFiles.from_dict(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError):
        return None


def withdraw(token: str) -> None:
    """
    Let nobody fetch the files of a token any more.

    Parameters
    ----------
    token : str
        Of `release_files`.
    """
    if _TOKEN.fullmatch(token):
        (_folder() / f"{token}.json").unlink(missing_ok=True)


def safe_name(name: str) -> str:
    """
    Return a name that every disk and header can hold, without folders.

    Parameters
    ----------
    name : str
        Any text.
    """
    flat = _UNSAFE.sub("_", PurePosixPath(name).name or "files").strip(". ")
    return flat[:120] or "files"


def _folder() -> Path:
    return Path(jupyter_runtime_dir()) / "miri-widgets-downloads"


def _prune(folder: Path) -> None:
    for path in folder.glob("*.json"):
        with contextlib.suppress(OSError):
            if time.time() - path.stat().st_mtime > LIFETIME:
                path.unlink()
