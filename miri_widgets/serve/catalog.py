"""The dashboards in a folder: what the first page lists."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Dashboard", "list_dashboards", "read_dashboard"]


@dataclass(frozen=True)
class Dashboard:
    """
    One notebook of the served folder.

    Attributes
    ----------
    name : str
        File name, with its suffix.
    title, description : str
        From ``metadata.miri_widgets`` of the notebook. The title falls back on the
        file name. Plain text: escape it before it goes into a page.
    """

    name: str
    title: str
    description: str


def list_dashboards(folder: Path) -> tuple[Dashboard, ...]:
    """
    List the notebooks of a folder, by title.

    Sub-folders and hidden files are left out.
    """
    paths = (path for path in folder.glob("*.ipynb") if not path.name.startswith("."))
    return tuple(sorted((read_dashboard(path) for path in paths), key=lambda each: each.title.casefold()))


def read_dashboard(path: Path) -> Dashboard:
    """
    Read title and description from the metadata of a notebook.

    A notebook that cannot be read is still listed, and says so.
    """
    title = path.stem.replace("_", " ").strip().capitalize()
    try:
        metadata = json.loads(path.read_text(encoding="utf-8")).get("metadata", {})
        ours = metadata.get("miri_widgets", {})
        title = str(ours.get("title") or metadata.get("title") or title)
        return Dashboard(path.name, title, str(ours.get("description", "")))
    except (OSError, ValueError, AttributeError):
        return Dashboard(
            path.name, title, "This notebook cannot be read: it is not a valid Jupyter notebook."
        )
