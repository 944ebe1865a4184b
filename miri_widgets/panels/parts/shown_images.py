"""The images that a session wants in its viewer, and what the viewer has: the only writer of what is in view."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from miri_widgets.errors import MiriWidgetsError
from miri_widgets.models.compare import CompareModel
from miri_widgets.models.display import DisplayModel
from miri_widgets.models.flags import FlagsModel
from miri_widgets.models.in_view import (
    COMPARED,
    Content,
    InView,
    product_in_view,
    time_of_writing,
)
from miri_widgets.models.session import SessionModel
from miri_widgets.models.subscriptions import Subscriptions
from miri_widgets.panels.parts.computed_images import comparison_in_view, groups_in_view, preview_in_view
from miri_widgets.products.names import suffix_of
from miri_widgets.viewer import ImageViewer, View
from miri_widgets.viewer.image import safe_label

__all__ = ["MOST_IMAGES", "ShownImages"]

MOST_IMAGES = 8
"""Images that the viewer holds at the same time."""


class ShownImages:
    """
    Brings into a viewer what a session wants, and writes what is in view into `SessionModel.displayed`.

    Parameters
    ----------
    session : SessionModel
        What is wanted: the product, the preview, the difference of groups.
    viewer : ImageViewer
        Where.
    compare : CompareModel
        Whether the image before its stage, or the difference, is wanted instead of the product.
    display : DisplayModel
        Is told the range that the image in view is drawn with.
    flags : FlagsModel
        Is told whether an overlay can be seen.

    Notes
    -----
    Every image has a label in the viewer, and for every label the value that was handed over with its pixels is kept.
    What is in view is the value of the label that the viewer has in front: who brought it there does not matter.
    """

    def __init__(
        self,
        session: SessionModel,
        viewer: ImageViewer,
        compare: CompareModel,
        display: DisplayModel,
        flags: FlagsModel,
    ) -> None:
        self.session, self.viewer, self.compare, self.display = session, viewer, compare, display
        self.flags = flags
        self._held: dict[str, InView] = {}  # label: what its pixels are
        self._wants = Content.PRODUCT
        self._front = ""
        self._last = View("", float("nan"), float("nan"))
        self._passing: list[str] = []
        self._acting = 0
        self._ordered_before = 0  # jobs, when the preview or the difference of groups was opened
        self._handled: Any = None  # the wish for a product that was followed last
        self._watches = Subscriptions()
        viewer.on_view(self._viewed)
        self._watches.add(session, self._follow_shown, "shown", "extension", "requests")
        self._watches.add(compare, self._follow, "look", "value", "can")
        self._watches.add(session.previews, self._follow_preview, "result", "shown", "stage")
        self._watches.add(session.showers, self._follow_groups, "picture")
        for stage in session.models.values():
            self._watches.add(stage, self._follow_rows, "rows")
        self._follow_shown(None)
        self._follow_preview(None)
        self._follow_groups(None)

    @property
    def files(self) -> dict[str, tuple[Path, str, int]]:
        """File, extension and time of writing of the products that are in the viewer, by label."""
        return {
            label: (one.file, one.extension, one.written)
            for label, one in self._held.items()
            if one.content is Content.PRODUCT and one.file is not None
        }

    def add(self, path: Path, extension: str) -> None:
        """Hand a product to the viewer without bringing it to the front."""
        front = self._front
        with self._act():
            self._bring(self._product(path, extension))
            if front in self._held:
                self.viewer.front(front)
                self._front = front

    def _follow_rows(self, _: Any) -> None:
        """Read the product in view again when it was written since."""
        view = self.session.displayed
        if view.content is Content.PRODUCT and view.file is not None:
            now = time_of_writing(view.file)
            if now and now != view.written:
                known = self.session.measured
                self.session.measured = {path: one for path, one in known.items() if path != view.file}
                self._follow(None)

    @contextmanager
    def _act(self) -> Iterator[None]:
        """What comes to the front meanwhile was brought from here, and not by the user; what is in view is set last."""
        self._acting += 1
        try:
            yield
        finally:
            self._acting -= 1
            if not self._acting:
                self._set()

    def _set(self) -> None:
        front = self._front
        if self.viewer.ready:  # the viewer has the last word
            told = str(self.viewer.state().get("front", front) or "")
            front = told if told in self._held or not told else front
        self._front = front
        view = self._held.get(front, InView())
        session = self.session
        wish = (session.shown, session.extension)
        if session.not_displayed and view.product is not None and (view.product, view.extension) != wish:
            # what was asked for cannot be read: the session shows what the viewer has left
            self._handled = (view.product, view.extension, session.requests)
            with session.hold_trait_notifications():
                session.shown, session.extension = view.product, view.extension
        session.displayed = view
        if front and self._last.label == front:
            self.display.in_force(self._last.black, self._last.white)

    # -- what the viewer tells ----------------------------------------------

    def _viewed(self, view: View) -> None:
        """Follow what comes to the front within the viewer: everything beside it is about that image."""
        self._last, self._front = view, view.label
        self.flags.hidden = not view.by_pixels
        if self._acting:
            return
        before = self.session.displayed
        self.session.displayed = self._held.get(view.label, InView())
        if view.label in self._held:
            self.display.in_force(view.black, view.white)
            if self.session.displayed != before:
                self._follow_user(self.session.displayed)

    def _follow_user(self, view: InView) -> None:
        """Let the models want what the user has brought to the front."""
        session = self.session
        if view.content is Content.PREVIEW:
            self._want_before_products(Content.PREVIEW)
            session.previews.shown = view.look
        elif view.content is Content.GROUPS:
            self._want_before_products(Content.GROUPS)
        elif view.product is not None:
            self._wants = Content.PRODUCT
            if (session.shown, session.extension) != (view.product, view.extension):
                session.show(view.product, extension=view.extension)
            self.compare.ask(view.look)

    # -- what the session wants ---------------------------------------------

    def _follow_shown(self, _: Any) -> None:
        session = self.session
        wish = (session.shown, session.extension, session.requests)
        if wish == self._handled:
            return
        self._handled = wish
        busy = session.displayed.content in (Content.PREVIEW, Content.GROUPS)
        if busy and not session.picked and session.jobs_submitted == self._ordered_before:
            return  # what comes by itself waits until the preview ends, or until the user lets something run
        self._wants = Content.PRODUCT
        session.not_displayed = ""
        if session.picked:
            self.compare.end()
        self._follow(None)

    def _follow_preview(self, _: Any) -> None:
        self._prefer(Content.PREVIEW, self.session.previews.pixels() is not None)

    def _follow_groups(self, _: Any) -> None:
        self._prefer(Content.GROUPS, self.session.showers.picture is not None)

    def _want_before_products(self, content: Content) -> None:
        """Let a preview or a difference of groups stay in view until a job that is ordered from now on has a product."""
        self._wants = content
        self._ordered_before = self.session.jobs_submitted

    def _prefer(self, content: Content, there: bool) -> None:
        if there:
            self._want_before_products(content)
        elif self._wants is content:
            self._wants = Content.PRODUCT
        self._follow(None)

    def _follow(self, _: Any) -> None:
        """Bring what is wanted to the front; what belongs to an earlier comparison or preview goes."""
        with self._act():
            wanted = self._wanted()
            if wanted is not None:
                try:
                    self._bring(wanted)
                    if wanted.content is Content.PRODUCT and wanted.file is not None:
                        self._keep_few(safe_label(wanted.label), wanted.file)
                except MiriWidgetsError as error:
                    self._stay(str(error))
            self._let_go()

    def _wanted(self) -> InView | None:
        session, value = self.session, self.compare.value
        if self._wants is Content.PREVIEW:
            return preview_in_view(session)
        if self._wants is Content.GROUPS:
            return groups_in_view(session)
        if session.shown is None:
            return None
        if self.compare.look != "after" and value is not None and value.after == session.shown:
            return comparison_in_view(session, value, self.compare.look)
        return self._product(session.shown, session.extension)

    def _product(self, path: Path, extension: str) -> InView:
        """A product; as it was read, when its file has gone since."""
        found = product_in_view(path, extension)
        held = self._held.get(safe_label(found.label))
        same = held is not None and (held.file, held.extension) == (path, extension)
        return held if held is not None and same and not found.written else found

    def _bring(self, wanted: InView) -> None:
        label = safe_label(wanted.label)
        wanted, old = replace(wanted, label=label), self._held.get(label)
        if old != wanted or not self.viewer.front(label):
            self._held[label] = wanted
            try:
                self._hand_over(wanted)
            except MiriWidgetsError:
                self._held.pop(label)
                if old is not None:
                    self._held[label] = old
                raise
        self._front = label

    def _hand_over(self, wanted: InView) -> None:
        if wanted.pixels is not None:
            self.viewer.show(wanted.pixels, label=wanted.label)
        elif wanted.content is Content.BEFORE and wanted.file is not None and wanted.product is not None:
            own = safe_label(product_in_view(wanted.product).label)
            self.viewer.show(wanted.file, label=wanted.label, like=own)
        elif wanted.file is not None:
            self.viewer.show(wanted.file, label=wanted.label, extension=wanted.extension)

    def _stay(self, sentence: str) -> None:
        """Say why a product is not in view; the session shows again what still is."""
        session, held = self.session, self._held.get(self._front)
        session.not_displayed = sentence
        if self._wants is not Content.PRODUCT or held is None or held.product is None:
            return
        if held.product == session.shown and held.extension == session.extension:
            self.compare.end()
            return
        self._handled = (held.product, held.extension, session.requests)
        with session.hold_trait_notifications():
            session.shown, session.extension = held.product, held.extension
        self._follow(None)

    def _let_go(self) -> None:
        session = self.session
        current = {
            Content.BEFORE: id(self.compare.value),
            Content.DIFFERENCE: id(self.compare.value),
            Content.PREVIEW: id(session.previews.result),
            Content.GROUPS: id(session.showers.picture),
        }
        for label, one in list(self._held.items()):
            # the new image first: what is drawn on the old one stays then
            if one.content in current and one.identity != current[one.content]:
                self._remove(label)

    def _keep_few(self, label: str, path: Path) -> None:
        """Let go of products that came by themselves, and of the oldest: each costs memory."""
        if not self.session.picked:
            for other in [other for other in self._passing if other != label]:
                self._remove(other)
            self._passing = [] if suffix_of(path) == "i2d" else [label]
        labels = [one for one in self.viewer.labels if one not in COMPARED.values()]
        for other in [one for one in labels[:-MOST_IMAGES] if one != label]:
            self._remove(other)

    def _remove(self, label: str) -> None:
        self._held.pop(label, None)
        self.viewer.remove(label)
        if self._front == label:
            self._front = ""

    def close(self) -> None:
        """Let go of everything that is watched."""
        self._watches.end()
