"""The identity of raw files: a hash of their bytes, taken once and remembered."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

from miri_widgets.products.atomic import write_json

__all__ = ["file_identity", "file_stamps", "text_identity"]


def file_identity(path: Path, remembered: Path) -> str:
    """
    Return the SHA-256 of a file.

    Parameters
    ----------
    path : Path
        The file.
    remembered : Path
        Folder with one small file per known path. The hash is taken again
        when size or time of change differ.

    Returns
    -------
    str
        64 hexadecimal digits.
    """
    path = Path(path).resolve()
    status = path.stat()
    stamp = [str(path), status.st_size, status.st_mtime_ns]
    note = Path(remembered) / f"{text_identity(str(path))[:24]}.json"
    try:
        known = json.loads(note.read_text(encoding="utf-8"))
        if known["stamp"] == stamp:
            return str(known["sha256"])
    except (OSError, ValueError, KeyError, TypeError):
        pass
    with path.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    write_json(note, {"stamp": stamp, "sha256": digest})
    return digest


def text_identity(text: str) -> str:
    """
    Return the SHA-256 of a text, 64 hexadecimal digits.

    Parameters
    ----------
    text : str
        Any text.
    """
    return hashlib.sha256(text.encode()).hexdigest()


def file_stamps(paths: Sequence[Path]) -> tuple[tuple[int, int], ...]:
    """
    Return size and time of change of files, by which one that was written again is known; (-1, -1) where there is none.

    Parameters
    ----------
    paths : sequence of Path
        Files.
    """
    stamps = []
    for path in paths:
        try:
            status = path.stat()
        except OSError:
            stamps.append((-1, -1))
        else:
            stamps.append((status.st_size, status.st_mtime_ns))
    return tuple(stamps)
