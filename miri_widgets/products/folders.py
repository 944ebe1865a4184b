"""What is in a folder that a person types or clicks: sub-folders, files of some kinds, exposures."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from miri_widgets.errors import InputError, MissingFileError, NotWritableError
from miri_widgets.products.entered import entered_path
from miri_widgets.products.file_search import is_fits_name, walk_folders
from miri_widgets.products.names import suffix_of
from miri_widgets.products.program_schema import STARTS

__all__ = ["FolderListing", "complete_path", "count_exposures", "list_folder", "typed_path"]

MOST_ENTRIES = 20_000
"""Names that are looked at for exposures: a whole disk must not be searched."""
MOST_SHOWN = 500


@dataclass(frozen=True)
class FolderListing:
    """
    What is in a folder.

    Attributes
    ----------
    path : Path
        The folder, absolute.
    folders : tuple of str
        Names of its sub-folders, without hidden ones.
    files : tuple of str
        Names of its files of the wanted kinds.
    counts : mapping of str to int
        Exposures in it and below, by product suffix, of `miri_widgets.products.program_schema.STARTS`; only those
        that there are, the rawest first.
    whole : bool
        Whether all below was looked at; else `counts` are lower limits.
    chosen : Path or None
        The file that was asked for, when it was one.
    """

    path: Path
    folders: tuple[str, ...]
    files: tuple[str, ...]
    counts: Mapping[str, int]
    whole: bool
    chosen: Path | None = None


def typed_path(text: str) -> Path:
    """
    Return the path that a text names.

    Parameters
    ----------
    text : str
        A full path; ``~`` is the home folder.

    Raises
    ------
    InputError
        If it is empty, not full, or no path at all.
    """
    return entered_path(text, whole=True)


def list_folder(path: Path, suffixes: Sequence[str] = ()) -> FolderListing:
    """
    Look into a folder, or into that of a file.

    Parameters
    ----------
    path : Path
        The folder, or a file of the wanted kinds.
    suffixes : sequence of str
        Ends of the names of files that are listed.

    Raises
    ------
    MissingFileError
        If there is no such folder.
    InputError
        If it is neither a folder nor a file of these kinds.
    NotWritableError
        If it may not be read.
    """
    shown = str(path)[-120:]
    try:
        path = path.resolve()
        chosen = path if path.is_file() else None
        if chosen is not None:
            path = path.parent
            if not chosen.name.lower().endswith(tuple(suffixes) or ("/",)):
                wanted = " or ".join(suffixes)
                raise InputError(
                    f"{shown} is a file", f"a folder{f' or a file that ends in {wanted}' * bool(wanted)}",
                    f"choose {str(path)[-120:]}" if not wanted else "choose another one",
                )  # fmt: skip
        with os.scandir(path) as entries:
            folders = [(entry.name, _is_folder(entry)) for entry in entries if not entry.name.startswith(".")]
    except FileNotFoundError as error:
        raise MissingFileError(
            f"there is no folder {shown}", "one that exists", "correct its name"
        ) from error
    except PermissionError as error:
        raise NotWritableError(
            f"no permission to look into {shown}", "a folder of your own", "choose another one"
        ) from error
    except (OSError, RuntimeError, ValueError) as error:  # a loop of links, a name that is too long
        raise InputError(f"{shown} cannot be opened", "a folder", "choose another one") from error
    counts, whole = count_exposures(path)
    return FolderListing(
        path=path,
        folders=tuple(sorted(name for name, is_folder in folders if is_folder))[:MOST_SHOWN],
        files=tuple(
            sorted(
                name
                for name, is_folder in folders
                if not is_folder and name.lower().endswith(tuple(suffixes))
            )
        )[:MOST_SHOWN]
        if suffixes
        else (),
        counts=counts,
        whole=whole,
        chosen=chosen,
    )


def count_exposures(path: Path) -> tuple[dict[str, int], bool]:
    """
    Count the exposures in a folder and below, by the names of their files.

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    dict of str to int
        By product suffix, only those that there are, the rawest first.
    bool
        Whether all was looked at; else the counts are lower limits.
    """
    counts, examined = dict.fromkeys(STARTS, 0), 0
    for _, folders, files in walk_folders(path):
        for name in filter(is_fits_name, files):
            if (suffix := suffix_of(name)) in counts:
                counts[suffix] += 1
        examined += len(folders) + len(files)
        if examined > MOST_ENTRIES:
            break
    return {suffix: count for suffix, count in counts.items() if count}, examined <= MOST_ENTRIES


def complete_path(text: str, most: int = 20) -> tuple[str, ...]:
    """
    Return folders whose path begins with a text; none when the text names no place.

    Parameters
    ----------
    text : str
        What was typed so far.
    most : int
        Most folders to return.
    """
    try:
        path = typed_path(text)
        parent, start = (path, "") if text.rstrip().endswith("/") else (path.parent, path.name)
        with os.scandir(parent) as entries:
            names = sorted(
                entry.name
                for entry in entries
                if entry.name.startswith(start)
                and (start or not entry.name.startswith("."))
                and _is_folder(entry)
            )
    except (InputError, OSError, ValueError):
        return ()
    return tuple(str(parent / name) for name in names[:most])


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link that leads to itself
        return False
