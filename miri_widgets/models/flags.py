"""The flags of the product in the viewer: how many, what its stage changed, and which are laid over the image."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import traitlets
from numpy.typing import NDArray

from miri_widgets.analysis.product_flags import ProductFlags, read_flags
from miri_widgets.core.dq import BITS
from miri_widgets.models.background import BackgroundValue
from miri_widgets.models.comparison_partners import stages_before
from miri_widgets.models.subscriptions import Subscriptions
from miri_widgets.products.fits_reader import shown_name
from miri_widgets.products.names import suffix_of

if TYPE_CHECKING:
    from miri_widgets.models.session import SessionModel

__all__ = ["FlagsModel"]

_WITH_FLAGS = ("rate", "rateints", "cal", "calints", "crf")
_FIRST = "DO_NOT_USE"


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
        self._requested: tuple[Path, Path | None, str] | None = None
        self._begins = False  # whether flags are to be ticked as soon as they are known
        self._reading = BackgroundValue(session.background)
        self._reading.observe(self._take, ["value", "sentence"])
        self._watches = Subscriptions()
        self._watches.add(session, self._follow, "shown", "displayed")
        for stage in session.models.values():
            self._watches.add(stage, self._follow, "rows")
        session.history.follow(self, "chosen", "flags over the image")
        self._follow(None)

    def open(self, opened: bool) -> None:
        """
        Look at the list, or close it; an overlay stays.

        Parameters
        ----------
        opened : bool
            Whether the list is on the page: only then are flags counted.
        """
        self.opened = opened
        self._request()

    def choose(self, names: Sequence[str], *, only_gained: bool | None = None) -> None:
        """
        Tick these flags and no others; the overlay shows them.

        Parameters
        ----------
        names : sequence of str
            Mnemonics of flags, as DO_NOT_USE.
        only_gained : bool, optional
            Whether to show only pixels that gained the flag in the last stage; unchanged by
            default.
        """
        with self.hold_trait_notifications():
            self.chosen = tuple(name for name in BITS if name in names)
            self.visible = bool(self.chosen)
            if only_gained is not None:
                self.only_gained = only_gained
        self._request()

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
        self._request()

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
        value = {name: self.value.mask(name, only_gained=self.only_gained) for name in self.chosen}
        return {name: mask for name, mask in value.items() if mask.any()}

    def _follow(self, _: object) -> None:
        shown = self.session.shown
        can = shown is not None and suffix_of(shown) in _WITH_FLAGS
        before = stages_before(self.session)[:1] if can else []
        request = None
        if can and shown is not None:
            request = (shown, before[0].path, before[0].title) if before else (shown, None, "")
        if request == self._requested:
            self.sentence = self._reading.sentence  # why the key did nothing was about another view
            return
        self._requested = request
        self._reading.clear()  # flags of another product are never laid over this one
        self.can, self.sentence = can, ""
        self._request()

    def _request(self) -> None:
        if self._requested is not None and (self.opened or self.visible or self._begins):
            self._reading.request(self._requested, read_flags, *self._requested)

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
