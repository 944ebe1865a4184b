"""Programs that were opened from a folder: one TOML file each, in the data folder, where they are found again."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from miri_widgets.errors import MiriWidgetsError
from miri_widgets.products.atomic import os_errors_as_ours
from miri_widgets.products.program import Program, data_root, load_program, save_program
from miri_widgets.products.program_schema import STARTS

__all__ = [
    "OpenedProgram",
    "known_workspaces",
    "open_folder",
    "opened_programs",
    "touch_opened",
]


@dataclass(frozen=True)
class OpenedProgram:
    """
    A program that was opened before.

    Attributes
    ----------
    path : Path
        Its TOML file.
    program : Program
        What the file says.
    when : float
        When it was opened last, seconds since the epoch.
    """

    path: Path
    program: Program
    when: float


def _opened_folder() -> Path:
    """Return where the TOML files are."""
    return data_root() / "programs"


def open_folder(
    folder: Path,
    *,
    title: str = "",
    number: str = "",
    like: Program | None = None,
    stages: Sequence[str] = (),
    start: str = "uncal",
) -> Path:
    """
    Write the TOML file of a folder of exposures, or find the one that is there.

    Parameters
    ----------
    folder : Path
        Searched for exposures; nothing in it is touched.
    title : str, optional
        For people; the folder's own name by default.
    number : str, optional
        Program number.
    like : Program, optional
        A program whose stages are taken.
    stages : sequence of str
        Optional stages that take part from the start.
    start : str
        Suffix of the products that the chain begins with.

    Returns
    -------
    Path
        The file. Its name carries a mark of folder, stages and start: another choice makes another program, with
        a workspace of its own beside the file.

    Raises
    ------
    NotWritableError, DiskFullError
        If it cannot be written.
    BadTableError
        If the file is there and was made unreadable.
    """
    folder = folder.resolve()
    stages, chain = tuple(like.stages if like else stages), like.chain if like else ()
    parts = (str(folder), stages, chain, *([start] if start != "uncal" else []))
    mark = hashlib.sha256(repr(parts).encode()).hexdigest()[:8]
    own = [part for part in folder.parts[1:] if part.lower() not in ("uncal", "raw", "data")][-1:]
    stem = "_".join(own) or "folder"
    name = (re.sub(r"[^a-z0-9]+", "_", stem.lower()).strip("_")[:40] or "folder") + "_" + mark
    path = _opened_folder() / f"{name}.toml"
    title = " ".join(title.split())[:120]
    if path.is_file():
        known = load_program(path)  # what was edited in it is kept
        if title and title != known.title:
            save_program(replace(known, title=title), path)
        touch_opened(path)
        return path
    simulated = _twin_of(folder)
    program = Program(
        name=name,
        title=title or stem,
        description=f"{STARTS[start].capitalize()} in {folder}.",
        start=start,
        program=number.zfill(5) if number else "",
        folders=(folder,),
        workspace=(_opened_folder() / f"{name}_workspace").resolve(),
        crds_path=str((data_root() / "crds").resolve()) if simulated else "",
        simulated=simulated,
        stages=stages,
        chain=chain,
    )
    with os_errors_as_ours(path.parent):
        path.parent.mkdir(parents=True, exist_ok=True)
        save_program(program, path)
    return path


def opened_programs(chain: Sequence[str] = ()) -> tuple[OpenedProgram, ...]:
    """
    Return the programs that were opened before, the latest first; files that cannot be read are left out.

    Parameters
    ----------
    chain : sequence of str
        The only stages of the dashboard that asks: programs of other dashboards are left out.
    """
    programs = []
    for path in _opened_folder().glob("*.toml"):
        with suppress(MiriWidgetsError, OSError):
            program = load_program(path)
            if program.chain == tuple(chain):
                programs.append(OpenedProgram(path, program, path.stat().st_mtime))
    return tuple(sorted(programs, key=lambda program: (-program.when, program.path.name)))


def known_workspaces(beside: Path | str = "") -> tuple[Path, ...]:
    """
    Return the workspaces in which something was run, the latest first.

    Parameters
    ----------
    beside : path
        Folder of program files, which count as well as those that were opened from a page; by default the current one.
    """
    times: dict[Path, float] = {}
    for path in (*Path(beside).glob("*.toml"), *_opened_folder().glob("*.toml")):
        with suppress(MiriWidgetsError, OSError, ValueError):
            workspace = load_program(path).workspace
            times[workspace] = max(path.stat().st_mtime for path in (workspace / "runs").iterdir())
    return tuple(sorted(times, key=lambda workspace: -times[workspace]))


def touch_opened(path: Path) -> None:
    """
    Note that a program is opened now.

    Parameters
    ----------
    path : Path
        The program's file.
    """
    with suppress(OSError):
        os.utime(path)


def _twin_of(folder: Path) -> str:
    """Return the name of the simulated program of `data_root` that a folder belongs to; empty when none."""
    root = data_root().resolve()
    inside = next((candidate for candidate in (folder, *folder.parents) if candidate.parent == root), None)
    return inside.name if inside is not None and (inside / "twin.json").is_file() else ""
