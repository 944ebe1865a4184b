"""The dashboards in a folder, as listed on the first page."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from miri_widgets.serve.states import ProgramState, read_state

__all__ = ["SECTIONS", "DashboardEntry", "list_dashboards", "read_dashboard", "sections_of", "with_state"]

SECTIONS = {
    "data": "Your data",
    "programs": "Programs",
    "tools": "Tools",
    "demonstrations": "Demonstrations",
}
"""Parts of the first page, in their order: name and title."""


@dataclass(frozen=True)
class DashboardEntry:
    """
    One notebook of the served folder.

    Attributes
    ----------
    name : str
        File name, with its suffix.
    title, description : str
        From ``metadata.miri_widgets`` of the notebook. The title falls back on the
        file name. Plain text: escape it before it goes into a page. A program's
        file beside the notebook, with its name, takes precedence.
    state : ProgramState, optional
        Progress of the program. For a notebook without a program's file, the data that it needs, from the
        same metadata (``data``), if given.
    section : str
        One of `SECTIONS`: from the program's file, else from the same metadata, else "tools".
    """

    name: str
    title: str
    description: str
    state: ProgramState | None = None
    section: str = "tools"


def sections_of(dashboards: Iterable[DashboardEntry]) -> tuple[tuple[str, tuple[DashboardEntry, ...]], ...]:
    """
    Return dashboards by the parts of the first page; parts without any are left out.

    Parameters
    ----------
    dashboards : iterable of DashboardEntry
        In the order of a part.

    Returns
    -------
    tuple of (str, tuple of DashboardEntry)
        Title and dashboards of each part. Programs that have been run come first in theirs, the newest in front.
    """
    listed = list(dashboards)
    parts = []
    for name, title in SECTIONS.items():
        part = [each for each in listed if each.section == name]
        part.sort(key=lambda each: -(each.state.mosaic_time if each.state is not None else 0))
        if part:
            parts.append((title, tuple(part)))
    return tuple(parts)


def list_dashboards(folder: Path, *, states: bool = False) -> tuple[DashboardEntry, ...]:
    """
    List the notebooks of a folder, by title.

    Sub-folders and hidden files are ignored.

    Parameters
    ----------
    folder : Path
        The folder.
    states : bool
        Whether to read the progress of their programs, too.

    Returns
    -------
    tuple of Dashboard
        The dashboards.
    """
    paths = (path for path in folder.glob("*.ipynb") if not path.name.startswith("."))
    dashboards = [
        with_state(read_dashboard(path), folder) if states else read_dashboard(path) for path in paths
    ]
    return tuple(sorted(dashboards, key=lambda dashboard: dashboard.title.casefold()))


def with_state(dashboard: DashboardEntry, folder: Path) -> DashboardEntry:
    """
    Return a dashboard with the progress of its program, and title and description of the program's file.

    Parameters
    ----------
    dashboard : Dashboard
        A notebook of the folder.
    folder : Path
        The folder.

    Returns
    -------
    Dashboard
        The same when there is no program of its name.
    """
    path = (folder / dashboard.name).with_suffix(".toml")
    if not path.is_file():
        return dashboard
    state = read_state(path)
    return replace(
        dashboard,
        title=state.title or dashboard.title,
        description=state.description or dashboard.description,
        state=state,
        section=state.section,
    )


def read_dashboard(path: Path) -> DashboardEntry:
    """
    Read title and description from the metadata of a notebook.

    An unreadable notebook is listed with a description that says so.

    Parameters
    ----------
    path : Path
        The notebook.

    Returns
    -------
    Dashboard
        The dashboard.
    """
    title = path.stem.replace("_", " ").strip().capitalize()
    try:
        metadata = json.loads(path.read_text(encoding="utf-8")).get("metadata", {})
        own = metadata.get("miri_widgets", {})
        title = str(own.get("title") or metadata.get("title") or title)
        state = ProgramState(str(own["data"])) if own.get("data") else None
        section = str(own.get("section", ""))
        section = section if section in SECTIONS else "tools"
        return DashboardEntry(path.name, title, str(own.get("description", "")), state, section)
    except (OSError, ValueError, AttributeError):
        return DashboardEntry(
            path.name, title, "This notebook cannot be read: it is not a valid Jupyter notebook."
        )
