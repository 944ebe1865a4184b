"""The image in view beside another: before and after a step, two runs, two filters; one of them, both, or their difference."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import traitlets

from miri_widgets.analysis.comparison import Comparison, compared
from miri_widgets.errors import MiriWidgetsError
from miri_widgets.models.background import BackgroundValue
from miri_widgets.models.comparison_partners import (
    Partner,
    PartnerKind,
    PartnerList,
    find_partners,
    other_filters,
    partner_request,
    stages_before,
)
from miri_widgets.models.in_view import PAIR_MODES, Content
from miri_widgets.models.subscriptions import Subscriptions
from miri_widgets.products.file_hash import file_stamps
from miri_widgets.products.fits_reader import shown_name
from miri_widgets.products.names import suffix_of
from miri_widgets.run.alternatives import missing_runs

if TYPE_CHECKING:
    from miri_widgets.models.session import SessionModel

__all__ = ["MODES", "CompareModel", "reason_against"]

MODES = ("before", "after", "difference", *PAIR_MODES)


class CompareModel(traitlets.HasTraits):
    """
    What the product in the viewer is compared with, and what of both is in view.

    Parameters
    ----------
    session : SessionModel
        Whose shown product is meant.
    """

    mode = traitlets.Enum(MODES, "after", help="what is in front")
    partners = traitlets.Tuple(help="Partner of every image that the product can be compared with")
    partner = traitlets.Instance(Partner, allow_none=True, help="the chosen one of `partners`")
    can = traitlets.Bool(False, help="whether there is something to compare with")
    value = traitlets.Instance(Comparison, allow_none=True)
    sentence = traitlets.Unicode("", help="why there is nothing, once it was asked for")
    making = traitlets.Unicode("", help="name of the partner whose runs were submitted from here")

    def __init__(self, session: SessionModel) -> None:
        super().__init__()
        self.session = session
        self._shown: tuple[Path | None, str] = (None, "")
        self._stamps: tuple[tuple[int, int], ...] = ()
        self._reading = BackgroundValue(session.background)
        self._reading.observe(self._take, ["value", "sentence"])
        self._looking = BackgroundValue(session.background)
        self._looking.observe(self._follow, ["value"])
        self._submitting = BackgroundValue(session.background)
        self._submitting.observe(self._submit, ["value", "sentence"])
        self._watches = Subscriptions()
        self._watches.add(session, self._follow, "shown", "extension", "running", "plans")
        for stage in session.models.values():
            self._watches.add(stage, self._follow, "rows")
        self._follow(None)

    # -- what there is to compare with ---------------------------------------

    def _follow(self, _: object) -> None:
        """Take the partners of the product that the session shows."""
        session = self.session
        shown = (session.shown, session.extension)
        if shown != self._shown:
            self._shown = shown
            self._end_comparison()
        partners = self._partners()
        chosen = _again(self.partner, partners)
        if chosen is None:
            chosen = next((partner for partner in partners if partner.path is not None), None)
        before = (self.partner.path if self.partner is not None else None, self.can)
        if chosen is None or chosen.path != before[0]:
            self._end_comparison()
        with self.hold_trait_notifications():
            self.partners, self.partner = partners, chosen
            self.can = chosen is not None and chosen.path is not None
            if not session.running and not session.pending_run and self.making:
                self.making = ""
            if before == (None, False) and not self.can and shown[0] is None:
                self.sentence = ""

    def _partners(self) -> tuple[Partner, ...]:
        session = self.session
        if session.extension != "SCI" or session.shown is None:
            self._looking.clear()
            return ()
        partners = [
            partner
            for partner in (*stages_before(session), *other_filters(session))
            if _is_like(session, partner)
        ]
        request = partner_request(session)
        if request is not None:
            self._looking.request((self._shown, session.generation, session.running), find_partners, request)
        steps = [partner for partner in partners if partner.kind is PartnerKind.STEP]
        result: PartnerList | None = self._looking.value
        looked = result.partners if result is not None and result.shown == session.shown else ()
        return (*steps, *looked, *(partner for partner in partners if partner.kind is PartnerKind.FILTER))

    def choose(self, number: int) -> None:
        """
        Compare with another one of `partners`.

        Parameters
        ----------
        number : int
            Its place among them; one that there is not changes nothing.
        """
        if not 0 <= number < len(self.partners):
            return
        partner, mode = self.partners[number], self.mode
        if partner != self.partner:
            self._end_comparison()
            with self.hold_trait_notifications():
                self.partner, self.can = partner, partner.path is not None
        if self.can and mode != "after":
            self.request_mode(mode)
        elif not self.can:
            self.sentence = self._not_made(partner)

    # -- what is in view -----------------------------------------------------

    def request_mode(self, mode: str) -> None:
        """
        Bring one of `MODES` to the front; the comparison is made when it is asked for first.

        Of a preview in view, its own images are meant. Where nothing can be compared, `sentence` says why.

        Parameters
        ----------
        mode : str
            One of `MODES`.
        """
        if self.session.displayed.content is Content.PREVIEW:
            self.session.previews.shown = mode
            return
        if not self.can or self.partner is None or self.partner.path is None or self.session.shown is None:
            self.sentence = "" if mode == "after" else self._reason()
            return
        pair = (self.partner.path, self.session.shown)
        stamps = file_stamps(pair)
        if self.value is not None and stamps != self._stamps:
            self._reading.clear()  # a product was written again: the difference was of other pixels
        if self.value is None and mode != "after":
            self._stamps = stamps
            self._reading.request((pair, stamps), compared, *pair, self.partner.title)
        self.mode = mode

    def toggle(self) -> None:
        """Change between before and after."""
        self.request_mode("after" if self.front == "before" else "before")

    def end(self) -> None:
        """Want the product itself again."""
        with self.hold_trait_notifications():
            self.mode, self.sentence = "after", ""

    def fail(self, sentence: str) -> None:
        """
        Bring the product itself to the front, as the other image cannot be had.

        Parameters
        ----------
        sentence : str
            The reason.
        """
        self.session.previews.shown = "after"
        with self.hold_trait_notifications():
            self.mode, self.sentence = "after", sentence

    @property
    def front(self) -> str:
        """Which of `MODES` is chosen: of the preview in view, else of the product."""
        previewed = self.session.displayed.content is Content.PREVIEW
        return str(self.session.previews.shown if previewed else self.mode)

    @property
    def names(self) -> tuple[str, str]:
        """What both images are called: the one before or the other one, and the one in view."""
        kind = self.partner.kind if self.partner is not None else PartnerKind.STEP
        if self.session.displayed.content is Content.PREVIEW or kind is PartnerKind.STEP:
            return ("Before", "After") if self._is_earlier else (self._partner_name, "In use")
        if kind is PartnerKind.FILTER and self.partner is not None:
            return self.partner.title, "In view"
        return "Other run", "In view"

    @property
    def _is_earlier(self) -> bool:
        return self.partner is None or not self.partner.name.startswith("with ")

    @property
    def _partner_name(self) -> str:
        return self.partner.name.capitalize() if self.partner is not None else ""

    # -- making what is not there --------------------------------------------

    def make(self) -> None:
        """Submit the runs of the chosen partner that are missing; the product in use stays what it is."""
        partner = self.partner
        if partner is None or not partner.needed or self.making:
            return
        self.sentence = ""
        key = (partner.name, self.session.generation, self.session.running)
        self._submitting.request(key, missing_runs, self.session.services, partner.needed)

    def _submit(self, _: object) -> None:
        runs, self.sentence = self._submitting.value, self._submitting.sentence
        if runs is None or self.partner is None:
            return
        self._submitting.clear()
        try:
            self.session.run_plans(runs)
        except MiriWidgetsError as error:
            self.sentence = str(error)
        else:
            self.making = self.partner.name

    def _not_made(self, partner: Partner) -> str:
        return f"There is no mosaic {partner.name} yet: make it with one click; it is kept apart from the one in use."

    def _reason(self) -> str:
        if self.partner is not None and self.partner.path is None:
            return self._not_made(self.partner)
        return reason_against(self.session, self.partners)

    # -- the comparison ------------------------------------------------------

    def _end_comparison(self) -> None:
        self._reading.clear()
        with self.hold_trait_notifications():
            self.value, self.mode, self.sentence = None, "after", ""

    def _take(self, _: object) -> None:
        with self.hold_trait_notifications():
            self.value, self.sentence = self._reading.value, self._reading.sentence
            if self.sentence:
                self.mode = "after"  # what cannot be had is not in view

    def close(self) -> None:
        """Let go of everything that is watched."""
        self._watches.end()
        for reading in (self._reading, self._looking, self._submitting):
            reading.close()
        self.unobserve_all()


def _again(partner: Partner | None, partners: tuple[Partner, ...]) -> Partner | None:
    """Return the partner that was chosen as it is now; None when it is not there any more."""
    if partner is None:
        return None
    return next(
        (
            candidate
            for candidate in partners
            if (candidate.kind, candidate.name) == (partner.kind, partner.name)
        ),
        None,
    )


def _is_like(session: SessionModel, partner: Partner) -> bool:
    """Return whether an image has the unit of the one in view: rates are in DN/s, all later images in MJy/sr."""
    if partner.path is None or session.shown is None:
        return False
    return (suffix_of(partner.path) == "rate") == (suffix_of(session.shown) == "rate")


def reason_against(session: SessionModel, partners: tuple[Partner, ...] = ()) -> str:
    """
    Return why what is in view cannot be compared with another image, a sentence.

    Parameters
    ----------
    session : SessionModel
        Its image in view is meant.
    partners : tuple of Partner
        What there is to compare with.
    """
    shown = session.shown
    if session.displayed.content is Content.GROUPS:
        return (
            "A difference of groups is in view, which has no image before it: show an exposure to compare it."
        )
    if shown is None:
        return "No product is in view: show an exposure or a mosaic, then b, s and d compare it."
    if session.extension != "SCI":
        return f"{session.extension} is in view; only SCI is compared: show SCI."
    if partners:
        return "Choose what to compare it with."
    if suffix_of(shown) == "i2d":
        return (
            f"{shown_name(shown)} has no other mosaic beside it: no optional step can be left out, and there is no other "
            "run or filter. Use Compare runs below the runs of Image 3 for any other file."
        )
    earlier = stages_before(session)
    if earlier and earlier[0].path is not None:
        return (
            f"{shown_name(earlier[0].path)}, the image before, is in DN/s and this one in MJy/sr: they cannot be "
            "subtracted; show a later product to compare it."
        )
    return (
        f"{shown_name(shown)} has no image before it in this program: show the product of a later stage to compare it "
        "with the stage before."
    )
