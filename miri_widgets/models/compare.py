"""An exposure before and after a stage: the pair, the difference, and the flags that were added."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import traitlets

from miri_widgets.analysis.comparison import Comparison, compared
from miri_widgets.models.background import BackgroundValue
from miri_widgets.models.in_view import Content
from miri_widgets.models.subscriptions import Subscriptions
from miri_widgets.products.file_hash import file_stamps
from miri_widgets.products.fits_reader import shown_name
from miri_widgets.products.names import suffix_of

if TYPE_CHECKING:
    from miri_widgets.models.session import SessionModel

__all__ = ["LOOKS", "CompareModel", "comparable_pair", "reason_against", "stage_before"]

LOOKS = ("before", "after", "difference")


class CompareModel(traitlets.HasTraits):
    """
    What the product in the viewer is compared with.

    Parameters
    ----------
    session : SessionModel
        Whose shown product is meant.
    """

    look = traitlets.Enum(LOOKS, "after", help="which of the three is in front")
    can = traitlets.Bool(False, help="whether there is something to compare with")
    value = traitlets.Instance(Comparison, allow_none=True)
    sentence = traitlets.Unicode("", help="why there is nothing, once it was asked for")

    def __init__(self, session: SessionModel) -> None:
        super().__init__()
        self.session = session
        self._pair: tuple[Path, Path, str] | None = None
        self._stamps: tuple[tuple[int, int], ...] = ()
        self._reading = BackgroundValue(session.background)
        self._reading.observe(self._take, ["value", "sentence"])
        self._watches = Subscriptions()
        self._watches.add(session, self._follow, "shown", "extension")
        for stage in session.models.values():
            self._watches.add(stage, self._follow, "rows")
        self._follow(None)

    def _follow(self, _: object) -> None:
        pair = comparable_pair(self.session)
        if pair == self._pair:
            if pair is None:
                self.sentence = ""  # it was about another product
            return
        self._pair = pair
        self._reading.clear()
        with self.hold_trait_notifications():
            self.value, self.look, self.sentence = None, "after", ""
            self.can = pair is not None

    def ask(self, look: str) -> None:
        """
        Bring one of `LOOKS` to the front; the comparison is made when it is asked for first.

        Of a preview in view, its own three images are meant. Where nothing can be compared, `sentence` says why.
        """
        if self.session.displayed.content is Content.PREVIEW:
            self.session.previews.shown = look
            return
        if self._pair is None:
            self.sentence = "" if look == "after" else reason_against(self.session)
            return
        stamps = file_stamps(self._pair[:2])
        if self.value is not None and stamps != self._stamps:
            self._reading.clear()  # a product was written again: the difference was of other pixels
        if self.value is None:
            self._stamps = stamps
            self._reading.request((self._pair, stamps), compared, *self._pair)
        self.look = look

    def toggle(self) -> None:
        """Change between before and after."""
        self.ask("after" if self.front == "before" else "before")

    def end(self) -> None:
        """Want the product itself again."""
        with self.hold_trait_notifications():
            self.look, self.sentence = "after", ""

    @property
    def front(self) -> str:
        """Which of `LOOKS` is chosen: of the preview in view, else of the product."""
        previewed = self.session.displayed.content is Content.PREVIEW
        return str(self.session.previews.shown if previewed else self.look)

    def _take(self, _: object) -> None:
        with self.hold_trait_notifications():
            self.value, self.sentence = self._reading.value, self._reading.sentence
            if self.sentence:
                self.look = "after"  # what cannot be had is not in view

    def close(self) -> None:
        """Let go of everything that is watched."""
        self._watches.end()
        self._reading.close()
        self.unobserve_all()


def stage_before(session: SessionModel) -> tuple[Path, Path, str] | None:
    """The image before the one in the viewer, that one, and the title of its stage; None when there is none."""
    question = session.pixel_request(session.shown, 0.0, 0.0)
    for (_, before), (title, after) in pairwise(question.images if question is not None else ()):
        if after == session.shown:
            return before, after, title
    return None


def comparable_pair(session: SessionModel) -> tuple[Path, Path, str] | None:
    """
    Return what `stage_before` gives, when the two images can be subtracted.

    Parameters
    ----------
    session : SessionModel
        The session whose product is in view.

    Returns
    -------
    tuple or None
        The product before, the one in view, and the title of the stage between them.
    """
    pair = stage_before(session) if session.extension == "SCI" else None
    # rates are in DN/s, all later images in MJy/sr
    if pair is None or (suffix_of(pair[0]) == "rate") != (suffix_of(pair[1]) == "rate"):
        return None
    return pair


def reason_against(session: SessionModel) -> str:
    """Return why what is in view cannot be compared with an image before it, a sentence."""
    shown, pair = session.shown, stage_before(session)
    if session.displayed.content is Content.GROUPS:
        return (
            "A difference of groups is in view, which has no image before it: show an exposure to compare it."
        )
    if shown is None:
        return "No product is in view: show an exposure, then b, s and d compare it with the stage before."
    if session.extension != "SCI":
        return f"{session.extension} is in view; before, after and difference are of SCI: show SCI to compare it."
    if suffix_of(shown) == "i2d":
        return (
            "A mosaic has no image before it on the same pixels: show one of its exposures to compare it with the "
            "stage before, or use Compare runs below the runs of Image 3 for another mosaic."
        )
    if pair is not None:
        return (
            f"{shown_name(pair[0])}, the image before, is in DN/s and this one in MJy/sr: they cannot be subtracted; "
            "show a later product to compare it."
        )
    return (
        f"{shown_name(shown)} has no image before it in this program: show the product of a later stage to compare it "
        "with the stage before."
    )
