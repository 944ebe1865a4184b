"""An unfinished download: its bytes in ``NAME.part``, what the server said in ``NAME.part.json``, one owner."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

from filelock import lock_descriptor

from miri_widgets.errors import WorkspaceError

__all__ = ["facts_of", "forget", "note_of", "own_part", "part_of"]


def part_of(path: Path) -> Path:
    """
    Return where the bytes of an unfinished download are.

    Parameters
    ----------
    path : Path
        Final name of the file.
    """
    return path.with_name(path.name + ".part")


def note_of(part: Path) -> Path:
    """
    Return where it is kept what the server said of the file.

    Parameters
    ----------
    part : Path
        The unfinished file.
    """
    return part.with_name(part.name + ".json")


def facts_of(part: Path) -> dict[str, Any]:
    """
    Return what the server said of the file; empty when nothing is known.

    Parameters
    ----------
    part : Path
        The unfinished file.
    """
    try:
        values = json.loads(note_of(part).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return values if isinstance(values, dict) else {}


def forget(part: Path) -> None:
    """
    Drop the bytes and the note.

    Parameters
    ----------
    part : Path
        The unfinished file.
    """
    part.unlink(missing_ok=True)
    note_of(part).unlink(missing_ok=True)


@contextmanager
def own_part(part: Path) -> Iterator[IO[bytes]]:
    """
    Open the unfinished file for reading and writing, and for nobody else meanwhile.

    Parameters
    ----------
    part : Path
        The unfinished file.

    Raises
    ------
    WorkspaceError
        If another page or program has it.
    """
    while True:
        # neither "r+b", which makes no file, nor "w+b", which empties that of another
        stream = os.fdopen(os.open(part, os.O_RDWR | os.O_CREAT, 0o666), "r+b")
        if not lock_descriptor(stream.fileno(), blocking=False):
            stream.close()
            raise WorkspaceError(
                f"{part.stem} is being downloaded to this folder already",
                "one download of it at a time",
                "wait for the other page or program, then look again",
            )
        # who held it before may have given the file its final name meanwhile
        with suppress(FileNotFoundError):
            if os.fstat(stream.fileno()).st_ino == part.stat().st_ino:
                break
        stream.close()
    with stream:
        try:
            yield stream
        finally:
            stream.flush()
            if os.fstat(stream.fileno()).st_size == 0 and os.fstat(stream.fileno()).st_nlink:
                forget(part)
