"""Buttons that fetch files of the server's disk with the browser, and the view of all files of a program."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib import resources
from pathlib import Path
from typing import Any

import ipyvue
import ipywidgets
import traitlets
from humanize import naturalsize

from miri_widgets.errors import MiriWidgetsError
from miri_widgets.models.program_files import KINDS, FilesModel
from miri_widgets.models.session import SessionModel
from miri_widgets.panels.parts.base_view import Part
from miri_widgets.panels.parts.theme import counted, text

__all__ = ["DownloadButton", "FilesView"]


class DownloadButton(ipyvue.VueTemplate):
    """
    A button that saves files with the browser, and one that copies their paths.

    Parameters
    ----------
    release : callable
        Called at a click; returns the token of the files, see `miri_widgets.products.served_files`.
    label, tip : str
        Text and tooltip.
    primary : bool
        Whether it is the main button of its row.
    """

    template = traitlets.Unicode().tag(sync=True)
    label = traitlets.Unicode("Download").tag(sync=True)
    tip = traitlets.Unicode("").tag(sync=True)
    primary = traitlets.Bool(False).tag(sync=True)
    disabled = traitlets.Bool(False).tag(sync=True)
    paths: traitlets.List[str] = traitlets.List(traitlets.Unicode()).tag(sync=True)

    def __init__(
        self, release: Callable[[], str], label: str = "Download", tip: str = "", *, primary: bool = False
    ) -> None:
        self._release = release
        template = resources.files("miri_widgets.panels.parts").joinpath("downloads.vue")
        super().__init__(
            template=template.read_text(encoding="utf-8"), label=label, tip=tip, primary=primary,
            layout=ipywidgets.Layout(width="auto"),
        )  # fmt: skip

    def vue_request(self, _: Any = None) -> None:
        """Release the files and tell the page their token, or why there is none."""
        try:
            self.send({"method": "save", "args": [self._release()]})
        except MiriWidgetsError as error:
            self.send({"method": "refuse", "args": [str(error)]})

    def set_paths(self, paths: Sequence[Path]) -> None:
        """
        Choose the files whose paths can be copied.

        Parameters
        ----------
        paths : sequence of Path
            The files.
        """
        self.paths = [str(path) for path in paths]


class FilesView(Part):
    """
    All files of a program by kind, with one button that fetches the chosen kinds as a zip.

    Parameters
    ----------
    session : SessionModel
        The session.
    """

    def __init__(self, session: SessionModel) -> None:
        super().__init__("mw-files")
        self.session = session
        self.model = FilesModel(session)
        self.kinds = {
            kind: ipywidgets.Checkbox(
                kind in self.model.chosen,
                description=title,
                indent=False,
                layout=ipywidgets.Layout(width="auto"),
            )
            for kind, title in KINDS.items()
        }
        self.download = DownloadButton(
            lambda: self.model.release(self.model.chosen),
            "Download (zip)",
            "The chosen kinds of files, for the settings of now, as one zip",
            primary=True,
        )
        self.state = text("", "mw-muted")
        for box in self.kinds.values():
            box.observe(self._choose, "value")
        choices = ipywidgets.HBox(list(self.kinds.values()))
        choices.add_class("mw-filters")
        row = ipywidgets.HBox([self.download, self.state])
        row.add_class("mw-row")
        self.children = (choices, row)
        self._sizes: Any = {}
        for stage in session.models.values():
            self.watch(stage, self._update, "rows")
        self.watch(session.composite, self._update, "saved")
        self.watch(
            session, self._update, "tab"
        )  # figures, tables and reports are written elsewhere on the page

    def _choose(self, _: Any) -> None:
        self.model.chosen = tuple(kind for kind, box in self.kinds.items() if box.value)
        self._describe()

    def _update(self, _: Any) -> None:
        self._sizes = self.model.sizes()
        for kind, box in self.kinds.items():
            count = self._sizes[kind][0]
            box.description = f"{KINDS[kind]} ({count})"
            box.disabled = not count
        self._describe()

    def _describe(self) -> None:
        chosen = [self._sizes.get(kind, (0, 0)) for kind in self.model.chosen]
        count, size = sum(entry[0] for entry in chosen), sum(entry[1] for entry in chosen)
        self.download.disabled = not count
        self.state.value = (
            f"{counted(count, 'file')}, {naturalsize(size)}" if count else "No file of these kinds yet."
        )
        self.download.set_paths([self.session.program.workspace] if count else [])

    def close(self) -> None:
        """Close the view; what was released can no longer be fetched."""
        super().close()
        self.model.close()
