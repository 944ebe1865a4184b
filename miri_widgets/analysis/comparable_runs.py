"""What can be compared: complete runs of a workspace, those of earlier settings among them, or any FITS files."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from miri_widgets.errors import MissingFileError
from miri_widgets.products.fits_reader import shown_name
from miri_widgets.products.header_facts import header_facts
from miri_widgets.products.names import suffix_of
from miri_widgets.run.differences import RunChange, StoredRun, changes, record_facts, run_of_file, stored_runs

__all__ = ["Choice", "choice_of", "choices_in", "other_runs_of"]

_MOST_NAMED = 2


@dataclass(frozen=True)
class Choice:
    """
    A run or a file that can be compared.

    Attributes
    ----------
    path : Path
        The run's folder, or the file.
    group : str
        What only equal things are offered for: stage and label of a run, product suffix of a file.
    title : str
        For people: when it ended, or the file's name.
    products : tuple of Path
        Its FITS products, main one first.
    run : StoredRun, optional
        The run, when there is a record.
    """

    path: Path
    group: str
    title: str
    products: tuple[Path, ...]
    run: StoredRun | None = None

    def facts(self, *, by_record: bool = True) -> dict[str, dict[str, Any]]:
        """
        Return how it was made; a sentence of ours is raised when its headers cannot be read.

        Parameters
        ----------
        by_record : bool
            Read the run's record instead of the headers of its products.
        """
        if by_record and self.run is not None:
            return record_facts(self.run)
        return dict(header_facts(self.products[0])) if self.products else {}


def choice_of(path: Path) -> Choice:
    """
    Return what a path names: a product, or the folder of a run.

    Parameters
    ----------
    path : Path
        A product, or the folder of a run.

    Raises
    ------
    MissingFileError
        If it is neither.
    """
    path = Path(path).expanduser()
    if path.is_file():
        run = run_of_file(path)
        return Choice(path, suffix_of(path), path.name, (path,), run)
    choice = next((choice for choice in _runs_beside(path) if choice.folder == path.resolve()), None)
    if choice is None:
        raise MissingFileError(
            f"{shown_name(path)} is no file and no folder of a run",
            "a FITS product, or the folder of a complete run",
            "correct the path",
        )
    return _of_run(choice)


def _runs_beside(folder: Path) -> tuple[StoredRun, ...]:
    parents = folder.resolve().parents
    return stored_runs(parents[2], parents[0].name) if len(parents) > 2 else ()


def _of_run(run: StoredRun, title: str = "") -> Choice:
    record = run.record
    when = (
        time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(record.finished))
        if record.finished
        else record.key
    )
    products = tuple(path for path in run.products if path.suffix == ".fits")
    return Choice(run.folder, f"{record.stage} · {record.label}", title or when, products, run)


def choices_in(folder: Path, stage: str = "") -> tuple[Choice, ...]:
    """
    List what can be compared: the complete runs of a workspace, or the FITS files of any other folder.

    Parameters
    ----------
    folder : Path
        A workspace, or a folder of products.
    stage : str
        Only runs of this stage.

    Returns
    -------
    tuple of Choice
        The newest first; the title of a run tells what was done otherwise in the newest of its group.

    Raises
    ------
    MissingFileError
        If there is no such folder.
    """
    folder = Path(folder).expanduser()
    if not folder.is_dir():
        raise MissingFileError(
            f"no folder {shown_name(folder)}", "a workspace or a folder of products", "correct it"
        )
    runs = stored_runs(folder, stage)
    if not runs:
        files = sorted(folder.glob("*.fits"), key=lambda path: -path.stat().st_mtime)
        return tuple(Choice(path, suffix_of(path), path.name, (path,), run_of_file(path)) for path in files)
    latest_of: dict[str, Choice] = {}
    choices = []
    for run in runs:
        plain = _of_run(run)
        latest = latest_of.setdefault(plain.group, plain)
        text = "newest" if latest is plain else _difference_text(latest.facts(), plain.facts())
        choices.append(_of_run(run, f"{plain.title} · {text}"))
    return tuple(choices)


def other_runs_of(product: Path, workspace: Path, stage: str) -> tuple[Choice, ...]:
    """
    List the other runs that made a product of the same name.

    Parameters
    ----------
    product : Path
        A product of a run, or any other file of that name.
    workspace : Path
        The workspace.
    stage : str
        The stage of the runs.

    Returns
    -------
    tuple of Choice
        The newest first; the title tells what was done otherwise in the run of `product`.
    """
    runs = [run for run in stored_runs(workspace, stage) if run.folder / product.name in run.products]
    own = next((run for run in runs if run.folder == product.parent), None)
    choices = []
    for run in runs:
        if run is not own:
            plain = _of_run(run)
            facts = {} if own is None else record_facts(own)
            text = "" if own is None else f" · {_difference_text(facts, plain.facts())}"
            choices.append(_of_run(run, plain.title + text.replace("as the newest", "as this one")))
    return tuple(choices)


def _difference_text(latest: dict[str, Any], older: dict[str, Any]) -> str:
    listed: Sequence[RunChange] = changes(latest, older)
    if not listed:
        return "as the newest"
    listed = [change for change in listed if change.kind != "input"] or list(listed)
    named = [f"{change.name} {change.second or 'unset'}"[:60] for change in listed[:_MOST_NAMED]]
    more = len(listed) - len(named)
    return ", ".join(named) + (f" and {more} more" if more else "")
