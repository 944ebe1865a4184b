"""Which folder of dashboards is served: the one that was named, a checkout's, or the user's own copy."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import miri_widgets
from miri_widgets.errors import MissingFileError, NotWritableError

__all__ = ["FOLDER_VARIABLE", "dashboards_folder", "installed_dashboards"]

FOLDER_VARIABLE = "MIRI_WIDGETS_DASHBOARDS"
"""Environment variable that names the folder, for images of science platforms."""

_COPY = "miri_widgets"
"""Name of the user's copy, in the home folder, where JupyterLab shows it."""


def dashboards_folder(given: Path | None = None) -> Path:
    """
    Return the folder of dashboard notebooks.

    Parameters
    ----------
    given : Path, optional
        The folder that the user named.

    Returns
    -------
    Path
        The folder, resolved: the one that was given, else the one of `FOLDER_VARIABLE`, else ``dashboards`` beside the
        package (a checkout) or in the current folder, else the user's own copy of the dashboards that were installed
        with the package, which is made where there is none.

    Raises
    ------
    MissingFileError
        If there is none.
    NotWritableError
        If the copy cannot be made.
    """
    if given is None and os.environ.get(FOLDER_VARIABLE):
        given = Path(os.environ[FOLDER_VARIABLE]).expanduser()
    package = Path(miri_widgets.__file__).parent
    for folder in [given] if given else [package.parent / "dashboards", Path.cwd() / "dashboards"]:
        if folder.is_dir():
            return folder.resolve()
    installed = installed_dashboards()
    if given is None and installed is not None:
        return _own_copy(installed)
    raise MissingFileError(
        f"no folder {given or 'dashboards'}", "a folder of dashboard notebooks", "name it with --dashboards"
    )


def installed_dashboards() -> Path | None:
    """Return the dashboards that came with an installed package; None for a checkout, which has its own."""
    folder = Path(sys.prefix) / "share" / "miri_widgets" / "dashboards"
    return folder if folder.is_dir() else None


def _own_copy(installed: Path) -> Path:
    """Copy what is missing of the installed dashboards into the user's folder; what the user has there stays as it is."""
    own = Path.home() / _COPY / "dashboards"
    try:
        for path in sorted(installed.rglob("*")):
            copy = own / path.relative_to(installed)
            if path.is_file() and not copy.exists():
                copy.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, copy)
    except OSError as error:
        raise NotWritableError(
            f"the dashboards cannot be copied to {own} ({error.strerror or error})",
            "a folder that you may write to",
            f"name one with --dashboards or {FOLDER_VARIABLE}",
        ) from error
    return own.resolve()
