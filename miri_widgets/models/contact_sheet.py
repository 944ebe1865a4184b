"""The contact sheet: thumbnails of exposures at one scaling per filter, with what was said of each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import traitlets

from miri_widgets.models.background import Background, BackgroundValue
from miri_widgets.models.subscriptions import Subscriptions
from miri_widgets.products.atomic import write_text
from miri_widgets.products.exposure import FILTERS, Exposure
from miri_widgets.products.names import root_of, suffix_of
from miri_widgets.products.tables.tag_tables import parse_tags, tags_as_csv, tags_as_json
from miri_widgets.products.tags import ExposureVerdict, Tag
from miri_widgets.products.thumbnails import Sheet, make_sheet, prune

if TYPE_CHECKING:
    from miri_widgets.models.session import SessionModel

__all__ = ["PRODUCTS", "SHOWN", "Card", "ContactSheetModel", "SheetSection"]

PRODUCTS = {"newest": "newest", "cal": "cal", "rate": "rate", "uncal": "uncal, last group"}
"""What can be looked at, and how it is called."""

SHOWN = {
    "all": "all",
    "untagged": "untagged",
    "suspect": "suspect",
    "rejected": "rejected",
    "unseen": "not viewed",
}
"""Which exposures are shown, and how that is called."""


@dataclass(frozen=True)
class Card:
    """
    One exposure on the sheet.

    Attributes
    ----------
    root, filter, label, observation : str
        Its name, filter, place in words, and observation.
    path : Path or None
        The product that is shown; None where there is none of the chosen kind.
    suffix : str
        Its suffix.
    tag : Tag
        What was said of it.
    excluded : bool
        Whether it takes part in no run.
    """

    root: str
    filter: str
    label: str
    observation: str
    path: Path | None
    suffix: str
    tag: Tag
    excluded: bool = False


@dataclass(frozen=True)
class SheetSection:
    """
    The exposures of one filter, in order of tile and dither.

    Attributes
    ----------
    filter : str
        The filter.
    cards : tuple of Card
        Its exposures that are shown.
    text : str
        Which products these are, and what black and white stand for.
    """

    filter: str
    cards: tuple[Card, ...]
    text: str


class ContactSheetModel(traitlets.HasTraits):
    """
    Observable contact sheet of a session.

    Parameters
    ----------
    session : SessionModel
        Its exposures, products and tags.
    """

    product = traitlets.Enum(list(PRODUCTS), "newest", help="which product of each exposure")
    filter = traitlets.Unicode("", help="only this filter; all when empty")
    observation = traitlets.Unicode("", help="only this observation; all when empty")
    tile = traitlets.Int(0, help="only this tile; all when 0")
    shown = traitlets.Enum(list(SHOWN), "all", help="only those with such a tag")
    awake = traitlets.Bool(True, help="whether anybody looks: pictures are made only then")
    sections = traitlets.Tuple(help="Section of each filter that is shown, by wavelength")
    sheets: traitlets.Dict[Any, Any] = traitlets.Dict(help="(filter, suffix) -> Sheet of all its exposures")
    working = traitlets.Bool(False, help="whether pictures are being made")
    sentence = traitlets.Unicode("", help="why the last export or load did not work")
    success = traitlets.Unicode("", help="what the last export or load did")

    def __init__(self, session: SessionModel) -> None:
        super().__init__()
        self.session = session
        self.cache = session.program.workspace / "thumbnails"
        self._background = Background("miri-sheet")
        self._cards: dict[str, Card] = {}
        self._thumbnail_tasks: dict[tuple[str, str], BackgroundValue] = {}
        self._watches = Subscriptions()
        self._watches.add(session.programs, self._renew, "exposures", "excluded")
        self._watches.add(session.tags, self._renew, "tags")
        self._watches.add(session, self._renew, "chain")
        for stage in session.models.values():
            self._watches.add(stage, self._renew, "products")
        self.observe(self._renew, ["product", "filter", "observation", "tile", "shown", "awake"])
        self._renew(None)

    # -- what is there ------------------------------------------------------

    def choices(self, what: str) -> tuple[Any, ...]:
        """
        Return the filters, observations or tiles that there are.

        Parameters
        ----------
        what : str
            "filter", "observation" or "tile".
        """
        exposures = self.session.programs.exposures
        if what == "filter":
            return self.session.programs.filters
        return tuple(sorted({getattr(exposure, what) for exposure in exposures}))

    def card(self, root: str) -> Card | None:
        """
        Return the card of an exposure, whether it is shown or not; None when there is no such exposure.

        Parameters
        ----------
        root : str
            Name of the exposure without suffix.
        """
        return self._cards.get(root)

    @property
    def cards(self) -> tuple[Card, ...]:
        """The cards of all exposures, shown or not."""
        return tuple(self._cards.values())

    def picture(self, card: Card) -> bytes:
        """
        Return the thumbnail of an exposure as PNG; empty when it is not there.

        Parameters
        ----------
        card : Card
            Card of the exposure.
        """
        sheet = self.sheets.get((card.filter, card.suffix))
        # by path: a sheet of earlier settings may be there until the new one is made
        return b"" if sheet is None else sheet.pictures.get(str(card.path), b"")

    def failure(self, card: Card) -> str:
        """
        Return why an exposure has no thumbnail, as a sentence; empty when it has, or will have.

        Parameters
        ----------
        card : Card
            Card of the exposure.
        """
        if card.path is None:
            return f"There is no {card.suffix} product of it with the settings of now."
        sheet = self.sheets.get((card.filter, card.suffix))
        return "" if sheet is None else sheet.failures.get(str(card.path), "")

    @property
    def counts(self) -> dict[str, int]:
        """How many exposures of the program there are in all, and of each kind of `SHOWN`."""
        tags = [self.session.tags.of(exposure.root) for exposure in self.session.programs.exposures]
        return {name: sum(_is_shown(tag, name) for tag in tags) for name in SHOWN}

    def _products(self) -> dict[tuple[str, str], Path]:
        """Return the products of single exposures, by root and suffix; those of the last stage that made any."""
        products = {}
        for stage in self.session.stages.values():
            for path in stage.products:
                if (suffix := suffix_of(path)) in ("rate", "cal"):
                    products[root_of(path), suffix] = path
        return products

    def _card(self, exposure: Exposure, products: Mapping[tuple[str, str], Path]) -> Card:
        there = {
            suffix: products[exposure.root, suffix]
            for suffix in ("cal", "rate")
            if (exposure.root, suffix) in products
        }
        there[exposure.suffix] = exposure.path
        suffix = next(iter(there)) if self.product == "newest" else self.product
        return Card(
            root=exposure.root, filter=exposure.filter, label=f"tile {exposure.tile or '?'} · dither {exposure.dither}",
            observation=exposure.observation, path=there.get(suffix), suffix=suffix,
            tag=self.session.tags.of(exposure.root), excluded=exposure.root in self.session.programs.excluded,
        )  # fmt: skip

    # -- following ----------------------------------------------------------

    def _renew(self, _: Any) -> None:
        if self.session.closed:
            return
        products = self._products()
        self._cards = {
            exposure.root: self._card(exposure, products) for exposure in self.session.programs.exposures
        }
        if self.awake:
            self._request(self.cards)
        self.sections = tuple(self._sections(self._cards))

    def _sections(self, cards: Mapping[str, Card]) -> list[SheetSection]:
        shown = [
            exposure
            for exposure in self.session.programs.exposures
            if self.filter in ("", exposure.filter)
            and self.observation in ("", exposure.observation)
            and self.tile in (0, exposure.tile)
            and _is_shown(cards[exposure.root].tag, self.shown)
        ]
        shown.sort(key=lambda exposure: (exposure.tile, exposure.dither, *exposure.order))
        sections = []
        for name in FILTERS:
            own = tuple(cards[exposure.root] for exposure in shown if exposure.filter == name)
            if own:
                sections.append(SheetSection(name, own, self._progress_text(own)))
        return sections

    def _progress_text(self, cards: tuple[Card, ...]) -> str:
        kinds = sorted({card.suffix for card in cards if card.path is not None})
        parts = []
        for suffix in kinds:
            what = PRODUCTS.get(suffix, suffix)
            sheet = self.sheets.get((cards[0].filter, suffix))
            if sheet is None or not any(self.picture(card) for card in cards if card.suffix == suffix):
                parts.append(what)
            else:
                low, high = (_number(value) for value in (sheet.stretch.low, sheet.stretch.high))
                parts.append(f"{what}: {low} (black) to {high} {sheet.unit or 'of no unit'} (white), asinh")
        return "; ".join(parts)

    def _request(self, cards: tuple[Card, ...]) -> None:
        """Have pictures made of every kind whose products have changed."""
        kinds: dict[tuple[str, str], dict[str, Path]] = {}
        for card in cards:
            if card.path is not None:
                kinds.setdefault((card.filter, card.suffix), {})[str(card.path)] = card.path
        # products of runs never change, raw files may
        stamps = {str(exposure.path): exposure.mtime_ns for exposure in self.session.programs.exposures}
        for kind, paths in kinds.items():
            if kind not in self._thumbnail_tasks:
                reading = self._thumbnail_tasks[kind] = BackgroundValue(self._background)
                reading.observe(self._take, ["value", "working"])
            mark = tuple((name, stamps.get(name)) for name in paths)
            self._thumbnail_tasks[kind].request(mark, _sheet, paths, self.cache)

    def _take(self, _: Any) -> None:
        sheets = {
            kind: exposure.value
            for kind, exposure in self._thumbnail_tasks.items()
            if exposure.value is not None
        }
        self.working = any(exposure.working for exposure in self._thumbnail_tasks.values())
        if any(self.sheets.get(kind) is not sheet for kind, sheet in sheets.items()):
            self.sheets = sheets
            self._renew(None)

    # -- acting -------------------------------------------------------------

    def tag(self, root: str, **values: Any) -> None:
        """
        Say something of an exposure, see `miri_widgets.products.tags.Tag`; who tags it has seen it.

        Parameters
        ----------
        root : str
            Name of the exposure without suffix.
        **values : object
            New values by attribute of a tag.

        Raises
        ------
        ParameterError
            If a value is not allowed.
        """
        if self.session.programs.find(root) is not None:
            self.session.tags.change([root], **{"seen": True, **values})

    def open(self, root: str) -> None:
        """
        Show an exposure in the viewer, and choose it everywhere.

        Parameters
        ----------
        root : str
            Name of the exposure without suffix.
        """
        card = self.card(root)
        if card is None:
            return
        self.tag(root)
        self.session.programs.selected = (root,)
        if card.path is not None:
            self.session.show(card.path)

    def export(self, kind: str) -> Path:
        """
        Write the tags of all exposures into the workspace, as ``csv`` or ``json``; return the file.

        Parameters
        ----------
        kind : str
            "csv" or "json".

        Raises
        ------
        WorkspaceError
            If it cannot be written.
        """
        path = self.session.program.workspace / f"tags_of_{Path(self.session.program.name).name}.{kind}"
        table = tags_as_json if kind == "json" else tags_as_csv
        write_text(path, table(self.session.programs.exposures, self.session.tags.tags))
        return path

    def load(self, text: str) -> int:
        """
        Take tags from an export; return how many exposures of this program it names.

        Parameters
        ----------
        text : str
            Content of a file that `export` wrote, CSV or JSON.

        Raises
        ------
        BadTableError
            If it is no such file; nothing is changed then.
        """
        known = {exposure.root for exposure in self.session.programs.exposures}
        changes = {root: values for root, values in parse_tags(text).items() if root in known}
        self.session.tags.merge(changes)
        return len(changes)

    def close(self) -> None:
        """Let go of everything that is watched and of what is at work."""
        self._watches.end()
        for reading in self._thumbnail_tasks.values():
            reading.close()
        self._background.close()
        self.unobserve_all()


def _number(value: float) -> str:
    return f"{value:.0f}" if abs(value) >= 1000 else f"{value:.4g}"


def _is_shown(tag: Tag, shown: str) -> bool:
    if shown == "untagged":
        return tag.verdict == ExposureVerdict.NONE
    if shown == "unseen":
        return not tag.seen
    return shown == "all" or tag.verdict == shown


def _sheet(paths: Mapping[str, Path], cache: Path) -> Sheet:
    sheet = make_sheet(paths, cache)
    prune(cache)
    return sheet
