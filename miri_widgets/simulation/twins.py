"""Simulated twins on disk: made once, found again as long as their description is the same."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from miri_widgets.errors import InputError
from miri_widgets.products.atomic import os_errors_as_ours, write_json
from miri_widgets.products.program import data_root
from miri_widgets.simulation.program import SimulatedProgram

__all__ = ["TWIN_VERSION", "Twin", "ensure_twin"]

TWIN_VERSION = 1
"""Raised when the simulator makes other pixels from the same description."""

Notify = Callable[[str], None]


def _every(notify: Notify, step: int) -> Callable[[int, int, str], None]:
    def progress(index: int, total: int, what: str) -> None:
        if index % step == 0:
            notify(f"reference files: {index} of about {total}, now {what}")

    return progress


@dataclass(frozen=True)
class Twin:
    """
    A simulated program on disk.

    Attributes
    ----------
    folder : Path
        Holds ``uncal/``, ``truth/`` and, later, ``workspace/``.
    uncal : tuple of Path
        The raw exposures, sorted by name.
    truth : Path
        The truth file.
    cache : Path
        The CRDS cache with the matching reference files.
    context : str
        Its context.
    """

    folder: Path
    uncal: tuple[Path, ...]
    truth: Path
    cache: Path
    context: str


def ensure_twin(
    name: str, *, root: Path | None = None, processes: int = 2, notify: Notify = lambda line: None
) -> Twin:
    """
    Return a twin, making its references and exposures if they are not there.

    Parameters
    ----------
    name : str
        A key of `miri_widgets.simulation.PROGRAMS`.
    root : Path, optional
        Folder of all twins; by default `data_root()`.
    processes : int
        Processes to simulate with.
    notify : callable
        Called with one line per finished piece of work.

    Raises
    ------
    InputError
        If there is no simulated program of that name.
    """
    from miri_widgets.simulation import PROGRAMS

    if name not in PROGRAMS:
        raise InputError(
            f"the simulated program {name[:60]!r}",
            "one of " + ", ".join(sorted(PROGRAMS)),
            "choose one of them",
        )
    root = Path(root) if root is not None else data_root()
    with _alone(root, notify):
        return _made(PROGRAMS[name], root, processes, notify)


@contextmanager
def _alone(root: Path, notify: Notify) -> Iterator[None]:
    """Let one process at a time make twins, which share their references: the next finds what this one made."""
    with os_errors_as_ours(root):
        root.mkdir(parents=True, exist_ok=True)
        lock = FileLock(root / "making.lock")
        try:
            lock.acquire(blocking=False)
        except Timeout:
            notify("another process makes a twin: waiting for it")
            lock.acquire()
        try:
            yield
        finally:
            lock.release()


def _made(program: SimulatedProgram, root: Path, processes: int, notify: Notify) -> Twin:
    from miri_widgets.simulation import simulate, write_reference_cache

    folder = root / program.name
    cache = write_reference_cache(root / "crds", progress=_every(notify, 10))
    more = (program.field.extended, program.field.colours)
    shown = f"{program!r} {more!r}" if any(more) else repr(program)
    stamp = hashlib.sha256(f"{TWIN_VERSION} {cache.context} {shown}".encode()).hexdigest()
    note = folder / "twin.json"
    known = json.loads(note.read_text(encoding="utf-8")) if note.is_file() else {}
    uncal = tuple(folder / "uncal" / file for file in known.get("uncal", ()))
    if known.get("stamp") != stamp or not all(path.is_file() for path in uncal):
        made = simulate(
            program,
            folder,
            processes=processes,
            progress=lambda index, total, what: notify(f"exposure {index} of {total}: {what}"),
        )
        uncal = tuple(sorted(made.uncal))
        for path in set((folder / "uncal").glob("*_uncal.fits")) - set(uncal):
            path.unlink()  # of an earlier description: the program would seem to have it
        write_json(note, {"stamp": stamp, "uncal": [path.name for path in uncal], "truth": str(made.truth)})
        known = {"truth": str(made.truth)}
    return Twin(folder, uncal, Path(known["truth"]), cache.path, cache.context)
