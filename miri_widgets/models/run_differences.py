"""Two runs, or two files, side by side: what was done otherwise, and what that changed in their pixels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import traitlets

from miri_widgets.analysis.comparable_runs import Choice, choice_of, choices_in
from miri_widgets.analysis.comparison import compared
from miri_widgets.core.differences import PixelDifference
from miri_widgets.errors import InputError, MiriWidgetsError
from miri_widgets.models.background import Background, BackgroundValue
from miri_widgets.products.entered import entered_path
from miri_widgets.products.file_hash import file_stamps
from miri_widgets.products.fits_reader import shown_name
from miri_widgets.products.names import suffix_of
from miri_widgets.run.differences import RunChange, changes

__all__ = [
    "Choice",
    "ProductPair",
    "RunChange",
    "RunDifferences",
    "RunDifferencesModel",
    "differences_of",
]

MOST_PAIRS = 24
"""Products that are compared pixel by pixel; of a mosaic's many exposures the others are left out, which is said."""


@dataclass(frozen=True)
class ProductPair:
    """
    A product of both.

    Attributes
    ----------
    name : str
        Of the second.
    first, second : Path
        The two files.
    numbers : PixelDifference, optional
        How the pixels differ; None when they cannot be compared.
    unit : str
        Of the pixels.
    sentence : str
        Why they cannot be compared.
    """

    name: str
    first: Path
    second: Path
    numbers: PixelDifference | None = None
    unit: str = ""
    sentence: str = ""


@dataclass(frozen=True)
class RunDifferences:
    """
    What differs between two choices.

    Attributes
    ----------
    first, second : Choice
        The two.
    changes : tuple of Change
        What was done otherwise.
    pairs : tuple of ProductPair
        Products of the same kind.
    notes : tuple of str
        What could not be compared, as sentences.
    """

    first: Choice
    second: Choice
    changes: tuple[RunChange, ...] = ()
    pairs: tuple[ProductPair, ...] = ()
    notes: tuple[str, ...] = ()


def _named(choice: Choice | Path | None) -> Choice | None:
    return choice if isinstance(choice, Choice) or choice is None else choice_of(Path(choice))


def differences_of(first: Choice, second: Choice) -> RunDifferences:
    """
    Compare two choices: facts, then the pixels of products of the same kind.

    Parameters
    ----------
    first, second : Choice
        Runs or files that the user chose.

    Raises
    ------
    InputError
        If how one was made cannot be read.
    """
    by_record = first.run is not None and second.run is not None
    listed = changes(first.facts(by_record=by_record), second.facts(by_record=by_record))
    pairs, notes = _pairs(first.products, second.products)
    if not by_record:
        notes.append("Not both have a record: their headers are compared, which do not tell every parameter.")
    if len(pairs) > MOST_PAIRS:
        notes.append(f"Pixels of the first {MOST_PAIRS} of {len(pairs)} products are compared.")
    measured = tuple(_measured(*pair) for pair in pairs[:MOST_PAIRS])
    return RunDifferences(first, second, listed, measured, tuple(notes))


def _pairs(first: Sequence[Path], second: Sequence[Path]) -> tuple[list[tuple[Path, Path]], list[str]]:
    """Pair products by name, and those that are left by their kind where it is the only one of it."""
    by_name = {path.name: path for path in first}
    pairs, left = [], []
    for path in second:
        if path.name in by_name:
            pairs.append((by_name.pop(path.name), path))
        else:
            left.append(path)
    notes = []
    for path in left:
        same = [product for product in by_name.values() if suffix_of(product) == suffix_of(path)]
        if len(first) == len(second) == 1:
            same = list(first)
        if len(same) == 1 and sum(suffix_of(product) == suffix_of(path) for product in left) == 1:
            pairs.append((by_name.pop(same[0].name), path))
        else:
            notes.append(f"{shown_name(path)} is in the second only.")
    notes += [f"{shown_name(path)} is in the first only." for path in by_name.values()]
    return pairs, notes


def _measured(first: Path, second: Path) -> ProductPair:
    try:
        numbers = compared(first, second, "")
    except MiriWidgetsError as error:
        return ProductPair(second.name, first, second, sentence=str(error))
    return ProductPair(second.name, first, second, numbers.numbers, numbers.unit)


class RunDifferencesModel(traitlets.HasTraits):
    """
    Which two are compared, and what differs.

    Parameters
    ----------
    folder : Path, optional
        A workspace, or a folder of products.
    stage : str
        Only runs of this stage.
    background : Background, optional
        Whose threads read; without it one of its own, which is closed with the model.
    """

    choices = traitlets.Tuple(help="Choice of everything that can be compared, the newest first")
    first = traitlets.Instance(Choice, allow_none=True, help="what is compared with `second`")
    second = traitlets.Instance(Choice, allow_none=True)
    value = traitlets.Instance(RunDifferences, allow_none=True)
    working = traitlets.Bool(False)
    sentence = traitlets.Unicode("", help="why there is nothing to see")

    def __init__(
        self,
        folder: Path | None = None,
        stage: str = "",
        background: Background | None = None,
    ) -> None:
        super().__init__()
        self.folder, self.stage = folder, stage
        self.background = Background("miri-differences") if background is None else background
        self._owns_background = background is None
        self._listing, self._reading = BackgroundValue(self.background), BackgroundValue(self.background)
        self._listing.observe(self._take_listing, ["value", "sentence"])
        self._reading.observe(self._take, ["value", "sentence", "working"])

    @property
    def groups(self) -> tuple[str, ...]:
        """Names of what belongs together; those with two or more to compare come first."""
        counts: dict[str, int] = {}
        for choice in self.choices:
            counts[choice.group] = counts.get(choice.group, 0) + 1
        return tuple(sorted(counts, key=lambda name: counts[name] < 2))

    def of_group(self, group: str) -> tuple[Choice, ...]:
        """
        Return the choices of one group, the newest first.

        Parameters
        ----------
        group : str
            One of `groups`.
        """
        return tuple(choice for choice in self.choices if choice.group == group)

    def refresh(self, folder: Path | None = None, mark: object = None) -> None:
        """
        List the folder anew, when it or `mark` is another one than before.

        Parameters
        ----------
        folder : Path, optional
            The folder; the one of before by default.
        mark : object
            Anything that is another value when the content of the folder may have changed.
        """
        if folder is not None:
            self.folder = folder
        if self.folder is not None:
            self._listing.request((self.folder, mark), choices_in, self.folder, self.stage)

    def look_into(self, entered: str) -> None:
        """
        List the folder that a text names; `sentence` tells why not.

        Parameters
        ----------
        entered : str
            Path as the user typed it.
        """
        try:
            path = entered_path(entered)
        except MiriWidgetsError as error:
            self.sentence = str(error)
        else:
            self.sentence = self._reading.sentence  # what was wrong with another folder is over
            self.refresh(path, mark=object())

    def choose_entered(self, first: str, second: str) -> None:
        """
        Compare what two texts name; `sentence` tells why not.

        Parameters
        ----------
        first, second : str
            Paths as the user typed them.
        """
        if not first.strip() or not second.strip():
            self.sentence = "Name two files: A and B."
            return
        try:
            paths = entered_path(first), entered_path(second)
        except MiriWidgetsError as error:
            self.sentence = str(error)
        else:
            self.choose(*paths)

    def choose_group(self, group: str) -> None:
        """
        Compare the newest of a group with the one before it.

        Parameters
        ----------
        group : str
            One of `groups`.
        """
        latest = self.of_group(group)
        if len(latest) > 1:
            self.choose(latest[1], latest[0])
        else:
            self._reading.clear()
            with self.hold_trait_notifications():
                self.first, self.second, self.value = None, latest[0] if latest else None, None
                self.sentence = _ALONE if latest else ""

    def choose(self, first: Choice | Path | None, second: Choice | Path | None) -> None:
        """
        Compare two choices, or what two paths name.

        Parameters
        ----------
        first, second : Choice, Path or None
            What is compared; nothing is while one of them is None.
        """
        try:
            choice, other = _named(first), _named(second)
            if choice is not None and other is not None and choice.path.resolve() == other.path.resolve():
                raise InputError("the same chosen twice", "two runs or two files", "choose another one")
        except MiriWidgetsError as error:
            self._reading.clear()
            self.value, self.sentence = None, str(error)
            return
        self.first, self.second = choice, other
        if choice is not None and other is not None:
            mark = (choice.path, other.path, *file_stamps((*choice.products, *other.products)))
            self._reading.request(mark, differences_of, choice, other)
            self.sentence = self._reading.sentence

    def swap(self) -> None:
        """Make the first the second."""
        self.choose(self.second, self.first)

    def _take_listing(self, _: object) -> None:
        if self._listing.sentence:
            self.sentence = self._listing.sentence
            return
        if self._listing.value is None:
            return
        self.choices = self._listing.value
        chosen = self.second.group if self.second is not None else ""
        groups = self.groups
        if self.first is not None and self.second is not None:
            self.sentence = self._reading.sentence
            return  # what was chosen stays
        if not groups:
            self.sentence = "There is no complete run here yet, and no FITS file: run the stage first."
        else:
            self.choose_group(chosen if chosen in groups else groups[0])

    def _take(self, _: object) -> None:
        with self.hold_trait_notifications():
            self.value, self.sentence = self._reading.value, self._reading.sentence
            self.working = self._reading.working

    def close(self) -> None:
        """Let go of everything that watches."""
        self._listing.close()
        self._reading.close()
        if self._owns_background:
            self.background.close()
        self.unobserve_all()


_ALONE = "There is one run of it only: change a setting and run again, then the two can be compared."
