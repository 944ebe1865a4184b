"""What the archive has of a program: the question, the table, what is chosen, and its download."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Any

import traitlets
from humanize import naturalsize

from miri_widgets.errors import InputError, MiriWidgetsError
from miri_widgets.models.download_model import FetchingModel
from miri_widgets.products.archive.holdings import LEVELS, ArchiveFile, Holdings
from miri_widgets.products.archive.mast import MAST, list_program, remotes
from miri_widgets.products.download.partial_files import part_of
from miri_widgets.products.download.queue import DownloadResult, environment_token
from miri_widgets.products.download.retry_policy import RetryPolicy
from miri_widgets.products.entered import entered_path, entered_token
from miri_widgets.products.exposure import FILTERS
from miri_widgets.products.fits_reader import shown_name
from miri_widgets.products.names import program_number

__all__ = ["ArchiveModel", "FileState"]


class FileState(StrEnum):
    """How a file of the archive stands in the folder."""

    ABSENT = "not here"
    PARTLY = "partly here"
    HERE = "here"
    FAILED = "failed"


class ArchiveModel(FetchingModel):
    """
    Observable state of the archive's files of one program.

    Parameters
    ----------
    folder : Path, optional
        Where files go; without it ``jw<number>`` below the current folder.
    program : str
        The program number to begin with; asked with `look_up`.
    server : str
        The archive's address.
    retry_policy : RetryPolicy, optional
        How long to wait, and how often to try.

    Notes
    -----
    The token is no trait: traits are shown, saved and sent to browsers.
    """

    program = traitlets.Unicode("", help="the program number, as typed")
    folder = traitlets.Instance(Path, help="where files go")
    holdings = traitlets.Instance(
        Holdings, allow_none=True, help="what the archive has; None before it was asked"
    )
    levels: Any = traitlets.Tuple(("uncal",), help="levels that are shown; empty for all")
    filters: Any = traitlets.Tuple(help="filters that are shown; empty for all")
    observations: Any = traitlets.Tuple(help="observations that are shown; empty for all")
    chosen: Any = traitlets.Tuple(help="names of the chosen files")
    states: traitlets.Dict[Any, Any] = traitlets.Dict(help="file name -> FileState")
    asking = traitlets.Bool(False, help="whether the archive is being asked")
    sentence = traitlets.Unicode("", help="why the archive's list is not there")
    success = traitlets.Unicode("", help="what the last download brought, as a sentence")
    fetched = traitlets.Int(
        0, help="files that have come since the model was made; a session scans when it grows"
    )
    folder_sentence = traitlets.Unicode("", help="why the folder that was entered last is not taken")
    token_sentence = traitlets.Unicode("", help="why the token that was entered last is not taken")
    has_token = traitlets.Bool(False, help="whether a token is there, typed in or of the environment")

    def __init__(
        self,
        folder: Path | str | None = None,
        program: str = "",
        *,
        server: str = MAST,
        retry_policy: RetryPolicy | None = None,
    ) -> None:
        super().__init__("miri-archive", retry_policy)
        self._named = folder is not None
        self.folder = Path(folder or "").expanduser().absolute()
        self.server = server
        self.program = program
        self._token = ""
        self.has_token = bool(environment_token())

    # -- asking -------------------------------------------------------------

    def look_up(self, program: str = "") -> None:
        """
        Ask the archive what it has; the answer comes as `holdings` or `sentence`.

        Parameters
        ----------
        program : str
            Number of the program, as 2736 or jw02736; empty for that of the trait `program`.
        """
        if self.asking or self.downloading:
            return
        if program:
            self.program = program.strip()
        number = self.program
        if not program_number(number):
            problem = f"{number[:60]!r} is no number of a program" if number else "No program is entered"
            self.sentence = f"{problem}: enter one such as 2736, jw02736 or GO 2736."
            return
        with self.hold_trait_notifications():
            self.asking, self.sentence, self.faults, self.success = True, "", (), ""
        self._background.start(
            partial(list_program, number, server=self.server, retry_policy=self._retry_policy),
            done=self._take,
            failed=self._refuse,
        ).settle()

    def _take(self, holdings: Holdings) -> None:
        with self.hold_trait_notifications():
            self.asking = False
            self.holdings = holdings
            if not self._named:
                self.folder = Path(f"jw{holdings.program}").absolute()
            levels = {file.level for file in holdings.files}
            self.levels = tuple(level for level in self.levels if level in levels)
            self.filters, self.observations, self.chosen = (), (), ()
            self.states = self._file_states()

    def _refuse(self, error: MiriWidgetsError) -> None:
        with self.hold_trait_notifications():
            self.asking = False
            self.sentence = str(error)
            self.holdings, self.chosen, self.states = None, (), {}

    def use_folder(self, folder: str) -> None:
        """
        Let files go to another folder; what is there already counts. `folder_sentence` tells why not.

        Parameters
        ----------
        folder : str
            Path as the user typed it.
        """
        if self.downloading:
            return
        try:
            path = entered_path(folder).absolute()
            if path.exists() and not path.is_dir():
                raise InputError(f"{shown_name(path)} is a file", "a folder", "choose another one")
        except (MiriWidgetsError, OSError) as error:
            self.folder_sentence = f"{error} Files still go to {self.folder}."
            return
        self.folder_sentence, self.faults, self.success = "", (), ""  # they were about the other folder
        self._named = True
        self.folder = path
        self.states = self._file_states()

    # -- choosing -----------------------------------------------------------

    @property
    def files(self) -> tuple[ArchiveFile, ...]:
        """All files of the program."""
        return self.holdings.files if self.holdings is not None else ()

    def shown(self) -> tuple[ArchiveFile, ...]:
        """Return the files that pass the filters."""
        return tuple(
            file
            for file in self.files
            if (not self.levels or file.level in self.levels)
            and (not self.filters or file.filter in self.filters)
            and (not self.observations or file.observation in self.observations)
        )

    def choices(self, what: str) -> tuple[str, ...]:
        """
        Return what can be ticked of "levels", "filters" or "observations".

        Parameters
        ----------
        what : str
            "levels", "filters" or "observations".
        """
        values = {getattr(file, what.removesuffix("s")) for file in self.files}
        order = {"levels": LEVELS, "filters": FILTERS}.get(what, ())
        return tuple(name for name in order if name in values) + tuple(sorted(values - set(order) - {""}))

    def choose(self, names: Iterable[str]) -> None:
        """
        Choose files by name; unknown ones are left out.

        Parameters
        ----------
        names : iterable of str
            File names as the archive lists them.
        """
        wanted = set(names)
        self.chosen = tuple(file.name for file in self.files if file.name in wanted)

    def choose_shown(self) -> None:
        """Choose all files that pass the filters and are not here yet."""
        self.choose(file.name for file in self.shown() if self.states.get(file.name) != FileState.HERE)

    def picked(self) -> tuple[ArchiveFile, ...]:
        """Return the chosen files."""
        names = set(self.chosen)
        return tuple(file for file in self.files if file.name in names)

    def chosen_text(self) -> str:
        """Say how many files are chosen, and how large they are."""
        files = self.picked()
        closed = sum(not file.public for file in files)
        parts = [
            f"{len(files)} {'file' if len(files) == 1 else 'files'}",
            naturalsize(sum(file.size for file in files)),
        ]
        if unknown := sum(not file.size for file in files):
            parts.append(f"{unknown} of unknown size")
        if closed:
            parts.append(f"{closed} proprietary")
        return ", ".join(parts)

    def blockers(self) -> list[str]:
        """Return why nothing can be downloaded now, as sentences."""
        if self.asking:
            return ["The archive is being asked."]
        if self.holdings is None:
            return [] if self.sentence else ["Type a program number and look it up."]
        files = self.picked()
        if not files:
            return ["Choose files in the table."]
        if not self.has_token and all(not file.public for file in files):
            return [
                "The chosen files are proprietary: make a token at `https://auth.mast.stsci.edu/token` and type it "
                "in, or set `MAST_API_TOKEN`."
            ]
        return []

    # -- the token ----------------------------------------------------------

    def use_token(self, token: str) -> None:
        """
        Keep a token in the memory of this process, for this page only; an empty one forgets it.

        Parameters
        ----------
        token : str
            MAST token of the user; it is written nowhere.
        """
        try:
            self._token = entered_token(token)
        except InputError as error:
            self.token_sentence = str(error)
            return
        self.token_sentence, self.faults = "", ()  # what failed with another token is over
        self.has_token = bool(self._token or environment_token())

    # -- downloading --------------------------------------------------------

    def download(self) -> None:
        """Fetch the chosen files; what is here already is not fetched again."""
        if self.downloading or self.blockers():
            return
        self.success = ""
        wanted = remotes(self.picked(), self.folder, server=self.server)
        self._fetch(wanted, token=self._token or environment_token())

    def _finish(self, outcomes: tuple[DownloadResult, ...]) -> None:
        came = sum(result.fetched for result in outcomes)
        there = sum(not result.fetched and result.error is None for result in outcomes)
        failed = {result.path.name for result in outcomes if result.error is not None}
        with self.hold_trait_notifications():
            super()._finish(outcomes)
            self.faults = _sentences(outcomes)
            self.states = {
                name: FileState.FAILED if name in failed and state == FileState.ABSENT else state
                for name, state in self._file_states().items()
            }
            self.fetched += came
            parts = [f"{came} {'file' if came == 1 else 'files'} downloaded to {self.folder}"] if came else []
            parts += [f"{there} were there already"] if there else []
            self.success = ", ".join(parts) + "." if parts else ""
            # what is here need not be fetched again
            self.chosen = tuple(name for name in self.chosen if self.states.get(name) != FileState.HERE)

    def _file_states(self) -> dict[str, FileState]:
        """Say what is in the folder; the disk is the state."""
        states = {}
        for file in self.files:
            path = self.folder / file.name
            if path.is_file():
                states[file.name] = FileState.HERE
            else:
                states[file.name] = FileState.PARTLY if part_of(path).is_file() else FileState.ABSENT
        return states

    def close(self) -> None:
        """Stop a download, and let go of the token and everything else; what came is kept."""
        self._token = ""
        super().close()


def _sentences(outcomes: tuple[DownloadResult, ...]) -> tuple[str, ...]:
    """Return one sentence per kind of fault: forty proprietary files are one story."""
    errors_of_kind: dict[Any, list[MiriWidgetsError]] = {}
    for result in outcomes:
        if result.error is not None:
            errors_of_kind.setdefault((type(result.error), result.error.remedy), []).append(result.error)
    lines = []
    for errors in errors_of_kind.values():
        more = len(errors) - 1
        same = f" The same holds for {more} more {'file' if more == 1 else 'files'}." if more else ""
        lines.append(str(errors[0]) + same)
    return tuple(lines)
