"""The dashboards in a folder, as listed on the first page."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path

from miri_widgets.serve.states import ProgramState, read_state

__all__ = ["DashboardEntry", "list_dashboards", "read_dashboard", "with_state"]


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
    """

    name: str
    title: str
    description: str
    state: ProgramState | None = None


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
        return DashboardEntry(path.name, title, str(own.get("description", "")), state)
    except (OSError, ValueError, AttributeError):
        return DashboardEntry(
            path.name, title, "This notebook cannot be read: it is not a valid Jupyter notebook."
        )
