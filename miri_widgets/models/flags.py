"""The flags of the product in the viewer: how many, what its stage changed, and which are laid over the image."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import traitlets
from numpy.typing import NDArray

from miri_widgets.core.dq import BITS, changes_by_flag, count_by_flag, has
from miri_widgets.errors import NotJwstError
from miri_widgets.models.compare import stage_before
from miri_widgets.models.readings import Reading
from miri_widgets.models.watching import Watches
from miri_widgets.products.fits_files import read_image, shown_name
from miri_widgets.products.names import suffix_of

if TYPE_CHECKING:
    from miri_widgets.models.session import SessionModel

__all__ = ["FlagRow", "FlagsModel", "ProductFlags", "read_flags"]

_WITH_FLAGS = ("rate", "rateints", "cal", "calints", "crf")
_FIRST = "DO_NOT_USE"


@dataclass(frozen=True)
class FlagRow:
    """
    One flag of a product.

    Attributes
    ----------
    name : str
        As in the JWST documentation.
    count : int
        Pixels that carry it.
    fraction : float
        The same as a share of the detector.
    gained, lost : int
        Pixels on which the stage has set it, and taken it away.
    """

    name: str
    count: int
    fraction: float
    gained: int = 0
    lost: int = 0


@dataclass(frozen=True, eq=False)
class ProductFlags:
    """
    The flags of a product, and those before its stage.

    Attributes
    ----------
    path : Path
        The product.
    title : str
        Of its stage; empty when nothing came before it.
    rows : tuple of FlagRow
        The flags that occur, before or after; lowest bit first.
    dq : ndarray of uint32, shape (ny, nx)
        Flags.
    before : ndarray of uint32, shape (ny, nx), or None
        Flags of the product before the stage.
    """

    path: Path
    title: str
    rows: tuple[FlagRow, ...]
    dq: NDArray[np.uint32]
    before: NDArray[np.uint32] | None = None

    def mask(self, name: str, *, only_gained: bool = False) -> NDArray[np.bool_]:
        """Return where a flag is set, shape (ny, nx); or only where the stage has set it."""
        carried = has(self.dq, name)
        if only_gained and self.before is not None:
            carried &= ~has(self.before, name)
        return carried

    @property
    def gained(self) -> tuple[str, ...]:
        """The flags that the stage has set somewhere."""
        return tuple(row.name for row in self.rows if row.gained)


def read_flags(path: Path, before: Path | None = None, title: str = "") -> ProductFlags:
    """
    Count the flags of a product; of a cube, of its last plane, which is the one in the viewer.

    Parameters
    ----------
    path : Path
        A product with DQ.
    before : Path, optional
        The product before its stage; one of another shape, or without DQ, is left aside.
    title : str
        Of the stage.

    Raises
    ------
    MiriWidgetsError
        If the product cannot be read or has no DQ.
    """
    dq = read_image(path, "DQ").astype(np.uint32)
    old = None
    if before is not None:
        try:
            found = read_image(before, "DQ").astype(np.uint32)
            old = found if found.shape == dq.shape else None
        except NotJwstError:  # a product without flags is none to compare with
            old = None
    counts = count_by_flag(dq)
    gained, lost = ({}, {}) if old is None else changes_by_flag(old, dq)
    rows = tuple(
        FlagRow(
            name, counts.get(name, 0), counts.get(name, 0) / dq.size, gained.get(name, 0), lost.get(name, 0)
        )
        for name in BITS
        if name in counts or name in lost
    )
    return ProductFlags(path, title if old is not None else "", rows, dq, old)


class FlagsModel(traitlets.HasTraits):
    """
    Which flags of the product in the viewer are laid over it.

    Parameters
    ----------
    session : SessionModel
        Whose shown product is meant.

    Notes
    -----
    What is ticked stays ticked when another product comes: it then means the flags of that one. Files are read
    once something is asked for: the list is opened, or the overlay.
    """

    can = traitlets.Bool(False, help="whether the product in the viewer has flags")
    opened = traitlets.Bool(False, help="whether the list is looked at")
    value = traitlets.Instance(ProductFlags, allow_none=True)
    sentence = traitlets.Unicode("", help="why there is nothing")
    chosen: traitlets.Tuple = traitlets.Tuple(help="names of the flags that are ticked")
    only_gained = traitlets.Bool(False, help="whether only pixels count on which the stage has set a flag")
    visible = traitlets.Bool(False, help="whether the overlay is on")
    hidden = traitlets.Bool(False, help="whether the viewer aligns images by the sky, and shows no overlay")

    def __init__(self, session: SessionModel) -> None:
        super().__init__()
        self.session = session
        self._asked: tuple[Path, Path | None, str] | None = None
        self._begins = False  # whether flags are to be ticked as soon as they are known
        self._reading = Reading(session.submit)
        self._reading.observe(self._take, ["value", "sentence"])
        self._watches = Watches()
        self._watches.add(session, self._follow, "shown", "displayed")
        for stage in session.models.values():
            self._watches.add(stage, self._follow, "rows")
        self._follow(None)

    def open(self, opened: bool) -> None:
        """Look at the list, or close it; an overlay stays."""
        self.opened = opened
        self._ask()

    def choose(self, names: Sequence[str], *, only_gained: bool | None = None) -> None:
        """Tick these flags and no others; the overlay shows them."""
        with self.hold_trait_notifications():
            self.chosen = tuple(name for name in BITS if name in names)
            self.visible = bool(self.chosen)
            if only_gained is not None:
                self.only_gained = only_gained
        self._ask()

    def toggle(self) -> None:
        """
        Turn the overlay on or off.

        When nothing is ticked: the flags that the stage has set, or DO_NOT_USE.
        """
        if not self.can or not self.session.displayed.about_product:
            self.sentence = self._why_not()
            return
        if self.visible:
            self.visible = False
        elif self.chosen:
            self.visible = True
        else:
            self._begins = True
            self._begin()
        self._ask()

    def _why_not(self) -> str:
        shown = self.session.shown
        if shown is None:
            return "No product is in view, so there are no flags: show an exposure, then f lays its flags over it."
        if self.can:
            return "The image in view is no product: end the preview, or show a product, then f lays its flags over it."
        return f"{shown_name(shown)} has no flags: show an exposure (rate, cal or crf) to see its flags."

    @property
    def masks(self) -> dict[str, NDArray[np.bool_]]:
        """What is laid over the image now, by flag; empty when nothing is."""
        if self.value is None or not self.visible:
            return {}
        found = {name: self.value.mask(name, only_gained=self.only_gained) for name in self.chosen}
        return {name: mask for name, mask in found.items() if mask.any()}

    def _follow(self, _: object) -> None:
        shown = self.session.shown
        can = shown is not None and suffix_of(shown) in _WITH_FLAGS
        pair = stage_before(self.session) if can else None
        asked = None
        if can and shown is not None:
            asked = (shown, pair[0], pair[2]) if pair is not None else (shown, None, "")
        if asked == self._asked:
            self.sentence = self._reading.sentence  # why the key did nothing was about another view
            return
        self._asked = asked
        self._reading.forget()  # flags of another product are never laid over this one
        self.can, self.sentence = can, ""
        self._ask()

    def _ask(self) -> None:
        if self._asked is not None and (self.opened or self.visible or self._begins):
            self._reading.ask(self._asked, read_flags, *self._asked)

    def _take(self, _: object) -> None:
        with self.hold_trait_notifications():
            self.value, self.sentence = self._reading.value, self._reading.sentence
        self._begin()

    def _begin(self) -> None:
        """Tick what the key asked for, once it is known what there is."""
        if not self._begins or self.value is None:
            return
        self._begins = False
        gained = self.value.gained
        self.choose(gained or (_FIRST,), only_gained=bool(gained))

    def close(self) -> None:
        """Let go of everything that is watched."""
        self._watches.end()
        self._reading.close()
        self.unobserve_all()
