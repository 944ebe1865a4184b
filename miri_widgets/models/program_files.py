"""The files of a program that a browser may fetch, by kind."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

import traitlets

from miri_widgets.errors import ParameterError
from miri_widgets.models.capabilities import HasPlans
from miri_widgets.products.names import suffix_of
from miri_widgets.products.served_files import release_files, withdraw
from miri_widgets.run.records import LOG, RECORD

__all__ = ["KINDS", "FilesModel"]

KINDS = {
    "mosaics": "Mosaics (i2d)",
    "catalogues": "Catalogues and tables",
    "pictures": "Pictures and figures",
    "regions": "Regions",
    "reports": "Report, script, notebook",
    "records": "Records and logs",
    "exposures": "Products of exposures",
}
"""What can be fetched, and how it is called."""

_FOLDERS = {
    "catalogues": ("catalogues", "shifts"),
    "pictures": ("composites", "figures"),
    "regions": ("regions",),
    "reports": ("reports", "exports"),
}
"""Folders of the workspace by kind."""


class FilesModel(traitlets.HasTraits):
    """
    Files of the current settings, and what was saved by hand.

    Parameters
    ----------
    session : HasPlans
        The session.
    """

    chosen = traitlets.Tuple(("mosaics", "catalogues", "pictures"), help="kinds to fetch, keys of `KINDS`")

    def __init__(self, session: HasPlans) -> None:
        super().__init__()
        self.session = session
        self._tokens: list[str] = []

    @property
    def workspace(self) -> Path:
        """The folder that all files lie in."""
        return self.session.program.workspace

    def files(self, kind: str) -> tuple[Path, ...]:
        """
        Return the files of a kind that are there.

        Parameters
        ----------
        kind : str
            A key of `KINDS`.
        """
        files: list[Path] = []
        for path in self._products():
            catalogue, mosaic = path.stem.endswith("_cat"), suffix_of(path) == "i2d"
            own = "catalogues" if catalogue else "mosaics" if mosaic else "exposures"
            if own == kind:
                files.append(path)
            if kind == "records":
                files += [file for name in (RECORD, LOG) if (file := path.parent / name).is_file()]
        for name in _FOLDERS.get(kind, ()):
            folder = self.workspace / name
            files += sorted(path for path in folder.rglob("*") if path.is_file()) if folder.is_dir() else []
        return tuple(dict.fromkeys(files))

    def _products(self) -> list[Path]:
        return [
            path
            for stage in self.session.models.values()
            for row in stage.rows
            for path in row.products
            if path.is_file()
        ]

    def sizes(self) -> Mapping[str, tuple[int, int]]:
        """Return the number of files and of bytes by kind."""
        sizes = {}
        for kind in KINDS:
            files = self.files(kind)
            sizes[kind] = len(files), sum(path.stat().st_size for path in files if path.is_file())
        return sizes

    def release(self, kinds: Collection[str]) -> str:
        """
        Let the browser fetch all files of some kinds as a zip.

        Parameters
        ----------
        kinds : collection of str
            Keys of `KINDS`.

        Returns
        -------
        str
            The token, see `miri_widgets.products.served_files`.

        Raises
        ------
        ParameterError
            If no kind is chosen.
        MissingFileError
            If there is no file of these kinds.
        """
        if not kinds:
            raise ParameterError("no kind of file is chosen", "at least one", "choose what to download")
        files = [path for kind in KINDS if kind in kinds for path in self.files(kind)]
        return self.release_paths(files, "_".join(kind for kind in KINDS if kind in kinds))

    def release_paths(self, paths: Sequence[Path], title: str) -> str:
        """
        Let the browser fetch some files of the workspace.

        Parameters
        ----------
        paths : sequence of Path
            The files.
        title : str
            End of the name of the zip, behind the name of the program.

        Returns
        -------
        str
            The token.

        Raises
        ------
        MissingFileError, InputError
            As `miri_widgets.products.served_files.release_files`.
        """
        name = f"{Path(self.session.program.name).name}_{title}"
        token = release_files(paths, self.workspace, name)
        self._tokens.append(token)
        return token

    def close(self) -> None:
        """Let nobody fetch what this page has released."""
        for token in self._tokens:
            withdraw(token)
        self._tokens.clear()
        self.unobserve_all()
