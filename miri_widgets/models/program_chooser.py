"""Choosing a folder of this machine, and opening it as a program."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import traitlets

from miri_widgets.errors import MiriWidgetsError
from miri_widgets.models.background import BackgroundValue
from miri_widgets.products.folders import (
    FolderListing,
    complete_path,
    count_exposures,
    list_folder,
    typed_path,
)
from miri_widgets.products.program import Program
from miri_widgets.products.recent_programs import open_folder, opened_programs, touch_opened
from miri_widgets.steps.stages import STAGES, chain_presets, stages_from

__all__ = ["FolderModel", "OpeningModel"]


class FolderModel(BackgroundValue):
    """
    The folder that is looked into; `value` is its `FolderListing`.

    Parameters
    ----------
    start : Path, optional
        Where to begin; the home folder by default.
    suffixes : sequence of str
        Ends of the names of files that can be chosen; none when a folder is to be chosen.
    """

    completions: Any = traitlets.Tuple(help="folders whose path begins with what is typed")

    def __init__(self, start: Path | None = None, suffixes: Sequence[str] = ()) -> None:
        super().__init__()
        self.suffixes = tuple(suffixes)
        self.go(str(start or Path.home()))

    def go(self, text: str) -> None:
        """
        Look into a folder, or choose a file, by its full path; what is wrong is told in `sentence`.

        Parameters
        ----------
        text : str
            Path as the user typed it.
        """
        mark = (text, time.monotonic())  # the same folder again: it may have changed
        self.request(mark, self._list, text)

    def _list(self, text: str) -> FolderListing:
        return list_folder(typed_path(text), self.suffixes)

    def enter(self, name: str) -> None:
        """
        Go into a sub-folder, or choose a file, by its name in the listing.

        Parameters
        ----------
        name : str
            Name of an entry of the folder in view.
        """
        if self.value is not None and name in (*self.value.folders, *self.value.files):
            self.go(str(self.value.path / name))

    def up(self) -> None:
        """Go to the folder above."""
        if self.value is not None:
            self.go(str(self.value.path.parent))

    def complete(self, text: str) -> None:
        """
        Find folders that continue what is typed.

        Parameters
        ----------
        text : str
            Beginning of a path.
        """
        self.completions = complete_path(text)


class OpeningModel(traitlets.HasTraits):
    """
    Programs that can be opened, and the one that is.

    Parameters
    ----------
    like : Program, optional
        The program of a small dashboard: what is opened has its stages.
    """

    recent: Any = traitlets.Tuple(help="OpenedProgram of every program opened before, the latest first")
    opened = traitlets.Instance(Path, allow_none=True, help="the TOML file of the program in front")
    sentence = traitlets.Unicode("", help="why it could not be opened")

    def __init__(self, like: Program | None = None) -> None:
        super().__init__()
        self.like = like
        self.refresh()

    def refresh(self) -> None:
        """See which programs were opened before: the disk is the state."""
        self.recent = opened_programs(self.like.chain if self.like else ())

    def starts(self, counts: Mapping[str, int]) -> tuple[str, ...]:
        """
        Return the products that a chain can begin with, of those that a folder holds; the rawest first.

        Parameters
        ----------
        counts : mapping of str to int
            How many products of each suffix there are, the rawest first.
        """
        chain = self.like.chain if self.like is not None else ()
        if not chain:
            return tuple(counts)
        last = chain[-1]
        return tuple(suffix for suffix in counts if last in stages_from(suffix, STAGES))

    def open_folder(
        self, folder: Path, *, title: str = "", number: str = "", preset: str = "", start: str = ""
    ) -> None:
        """
        Open a folder of exposures; what is wrong is told in `sentence`.

        Parameters
        ----------
        folder : Path
            The folder.
        title, number : str
            For people, and the program number; both may be empty.
        preset : str
            Title of one of `miri_widgets.steps.stages.chain_presets`.
        start : str
            Suffix of the products that the chain begins with; by default the rawest that there are.
        """
        stages = chain_presets().get(preset, ())
        start = start or next(iter(self.starts(count_exposures(folder)[0])), "uncal")
        try:
            path = open_folder(folder, title=title, number=number, like=self.like, stages=stages, start=start)
        except (MiriWidgetsError, OSError) as error:
            self.sentence = str(error)
            return
        self._put(path)

    def open_again(self, path: Path) -> None:
        """
        Open a program that was opened before.

        Parameters
        ----------
        path : Path
            TOML file of one of `recent`; another one changes nothing.
        """
        if any(recent.path == path for recent in self.recent):
            touch_opened(path)
            self._put(path)

    def leave(self) -> None:
        """Go back to the choice."""
        self.opened, self.sentence = None, ""
        self.refresh()

    def _put(self, path: Path) -> None:
        self.sentence = ""
        self.opened = path
