"""Search folders for files: links are followed, circles stop, and what cannot be read is reported."""

from __future__ import annotations

import fnmatch
import os
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from miri_widgets.errors import InputError, MiriWidgetsError, MissingFileError

__all__ = ["is_excluded", "is_fits_name", "is_packed_name", "is_partial_name", "search_files", "walk_folders"]

_PARTIAL = re.compile(
    r"(?:.+\.fits(?:\.gz)?(?:\.[\w-]{1,16})?|unconfirmed \d+)"
    r"\.(?:part|partial|crdownload|opdownload|download|filepart|aria2|tmp|temp|st)",
    re.IGNORECASE,
)
"""What browsers and download tools call a file that is not whole yet."""

_PACKED = re.compile(r".+\.fits\.(?:fz|bz2|xz|z|zst|zip|7z|tar|tar\.gz|tgz)", re.IGNORECASE)

Report = Callable[[Path, MiriWidgetsError], None]


def is_fits_name(name: str) -> bool:
    """
    Return whether a visible file is FITS by its name, plain or gzipped, in any letter case.

    Parameters
    ----------
    name : str
        File name without folder.
    """
    return name.lower().endswith((".fits", ".fits.gz")) and not name.startswith(".")


def is_packed_name(name: str) -> bool:
    """
    Return whether a visible file is FITS that another program than gzip has packed, by its name.

    Parameters
    ----------
    name : str
        File name without folder.
    """
    return _PACKED.fullmatch(name) is not None and not name.startswith(".")


def is_partial_name(name: str) -> bool:
    """
    Return whether a visible file is a download of FITS that has not ended, by its name.

    Parameters
    ----------
    name : str
        File name without folder.
    """
    return _PARTIAL.fullmatch(name) is not None and not name.startswith(".")


def walk_folders(
    folder: Path, report: Report | None = None, exclude: Sequence[Path] = ()
) -> Iterator[tuple[Path, list[str], list[str]]]:
    """
    Go through a folder and all below, as `os.walk` does, through links to folders as well.

    Parameters
    ----------
    folder : Path
        Where to begin.
    report : callable, optional
        Called with a place and an error for each folder that cannot be read and each link that leads nowhere.
    exclude : sequence of Path
        Places that are not entered.

    Yields
    ------
    tuple
        Folder, names of its sub-folders, names of its other entries; each folder once, by whatever links it is
        reached, in the order of names.
    """
    report_error = report or (lambda path, error: None)
    seen: set[tuple[int, int]] = set()
    waiting = [Path(folder)]
    while waiting:
        here = waiting.pop()
        try:
            status = here.stat()
            if (status.st_dev, status.st_ino) in seen:
                continue
            seen.add((status.st_dev, status.st_ino))
            folders, files = _entries(here, report_error)
        except (OSError, ValueError) as error:
            why = getattr(error, "strerror", None) or str(error)
            report_error(
                here,
                InputError(
                    f"the folder {here} cannot be read ({why})",
                    "a folder that you may look into",
                    "change its permissions, or take it out of the folders of the program",
                ),
            )
            continue
        yield here, folders, files
        below = [here / name for name in folders]
        waiting += [path for path in reversed(below) if not is_excluded(path, exclude)]


def _entries(folder: Path, report: Report) -> tuple[list[str], list[str]]:
    folders: list[str] = []
    files: list[str] = []
    with os.scandir(folder) as entries:
        for entry in entries:
            try:
                is_folder = entry.is_dir()
                leads_nowhere = entry.is_symlink() and not Path(entry.path).exists()
            except OSError:  # a link that leads to itself
                is_folder, leads_nowhere = False, True
            if leads_nowhere:
                _report_broken(Path(entry.path), report)
            else:
                (folders if is_folder else files).append(entry.name)
    return sorted(folders), sorted(files)


def _report_broken(path: Path, report: Report) -> None:
    if path.name.startswith("."):
        return
    try:
        target = os.readlink(path)
    except OSError:
        target = "?"
    report(
        path,
        MissingFileError(
            f"the link {path} leads nowhere ({target[:200]})",
            "a link to a file or folder that is there",
            "correct or remove the link, or attach the disk that it leads to",
        ),
    )


def search_files(
    folders: Iterable[Path],
    report: Report | None = None,
    exclude: Sequence[Path] = (),
    wanted: Callable[[str], bool] = is_fits_name,
) -> Iterator[Path]:
    """
    Find files in some folders and below.

    Parameters
    ----------
    folders : iterable of Path
        Folders, or single files, which are taken whatever their name.
    report : callable, optional
        As of `walk_folders`; it hears of folders that do not exist, too.
    exclude : sequence of Path
        Files and folders that are left out; they may hold the wildcards ``*`` and ``?``.
    wanted : callable
        Whether a file of some name is wanted.

    Yields
    ------
    Path
        Each file once, by whatever links it is reached.
    """
    seen: set[tuple[int, int]] = set()
    for folder in map(Path, folders):
        try:
            single = folder.is_file()
            there = single or folder.is_dir()
        except (OSError, ValueError):  # no permission on the way, or no name of a file
            single, there = False, _is_entered(folder)
        if not there:
            if report is not None:
                report(
                    folder,
                    MissingFileError(
                        f"no folder {folder}", "a folder with exposures", "make it or correct the path"
                    ),
                )
            continue
        paths = (
            [folder]
            if single
            else (
                here / name
                for here, _, names in walk_folders(folder, report, exclude)
                for name in names
                if wanted(name)
            )
        )
        for path in paths:
            try:
                status = path.stat()
                regular = path.is_file()
            except OSError:
                continue
            if regular and (status.st_dev, status.st_ino) not in seen and not is_excluded(path, exclude):
                seen.add((status.st_dev, status.st_ino))
                yield path


def _is_entered(folder: Path) -> bool:
    """Whether a folder may be there, on which the walk then reports why it cannot be read."""
    try:
        folder.stat()
    except PermissionError:
        return True
    except (OSError, ValueError):
        return False
    return True


def is_excluded(path: Path, exclude: Sequence[Path]) -> bool:
    """
    Return whether a file or folder is one of those that are left out, or lies in one of them.

    Parameters
    ----------
    path : Path
        File or folder.
    exclude : sequence of Path
        Files, folders and patterns that are left out.
    """
    if not exclude:
        return False
    paths = {path, Path(os.path.realpath(path))}
    return any(
        candidate == other or other in candidate.parents or fnmatch.fnmatchcase(str(candidate), str(other))
        for candidate in paths
        for other in exclude
    )
