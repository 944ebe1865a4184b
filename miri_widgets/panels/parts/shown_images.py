"""The images of a session in its viewer: the only writer of the image in view."""

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
from miri_widgets.panels.parts.computed_images import (
    comparison_in_view,
    groups_in_view,
    hints_of,
    preview_in_view,
)
from miri_widgets.products.names import suffix_of
from miri_widgets.viewer import ImageViewer, View
from miri_widgets.viewer.image import safe_label

__all__ = ["MOST_IMAGES", "ShownImages"]

MOST_IMAGES = 8
"""Images that the viewer holds at the same time."""


class ShownImages:
    """
    Shows the requested images of a session, and sets `SessionModel.displayed` to the image in view.

    Parameters
    ----------
    session : SessionModel
        The session, which requests a product, a preview or a difference of groups.
    viewer : ImageViewer
        The viewer.
    compare : CompareModel
        Requests the image before the stage, or the difference, instead of the product.
    display : DisplayModel
        Receives the display range of the image in view.
    flags : FlagsModel
        Receives whether overlays are visible.

    Notes
    -----
    Every image has a label in the viewer, and the description of its pixels is stored by label.
    The image in view is that of the label on top, whoever brought it there.
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
        self._loaded: dict[str, InView] = {}  # label: what its pixels are
        self._wanted_content = Content.PRODUCT
        self._front = ""
        self._pair: InView | None = None  # two images that are to be in view, over the second of them
        self._last_view = View("", float("nan"), float("nan"))
        self._automatic_labels: list[str] = []
        self._acting = 0
        self._jobs_before = 0  # jobs, when the preview or the difference of groups was opened
        self._handled_request: Any = None  # the wish for a product that was followed last
        self._watches = Subscriptions()
        viewer.on_view(self._viewed)
        self._watches.add(session, self._update_shown, "shown", "extension", "requests")
        self._watches.add(compare, self._update, "mode", "value", "can")
        self._watches.add(session.previews, self._update_preview, "result", "shown", "stage")
        self._watches.add(session.showers, self._update_groups, "picture")
        for stage in session.models.values():
            self._watches.add(stage, self._update_rows, "rows")
        self._update_shown(None)
        self._update_preview(None)
        self._update_groups(None)

    @property
    def files(self) -> dict[str, tuple[Path, str, int]]:
        """File, extension and time of writing of the products in the viewer, by label."""
        return {
            label: (view.file, view.extension, view.written)
            for label, view in self._loaded.items()
            if view.content is Content.PRODUCT and view.file is not None
        }

    def add(self, path: Path, extension: str) -> None:
        """
        Load a product into the viewer without bringing it to the front.

        Parameters
        ----------
        path : Path
            The product.
        extension : str
            Extension of the file.
        """
        front = self._front
        with self._act():
            self._bring_to_front(self._product(path, extension))
            if front in self._loaded:
                self.viewer.front(front)
                self._front = front

    def _update_rows(self, _: Any) -> None:
        """Read the product in view again if it has been rewritten."""
        view = self.session.displayed
        if view.content is Content.PRODUCT and view.file is not None:
            written = time_of_writing(view.file)
            if written and written != view.written:
                measured = self.session.measured
                self.session.measured = {path: value for path, value in measured.items() if path != view.file}
                self._update(None)

    @contextmanager
    def _act(self) -> Iterator[None]:
        """Mark changes of the front image as own changes, not the user's; set the image in view at the end."""
        self._acting += 1
        try:
            yield
        finally:
            self._acting -= 1
            if not self._acting:
                self._set_displayed()

    def _set_displayed(self) -> None:
        front = self._front
        if self.viewer.ready:  # the viewer has the last word
            reported = str(self.viewer.state().get("front", front) or "")
            front = reported if reported in self._loaded or not reported else front
        self._front = front
        view = self._view_of(front)
        session = self.session
        request = (session.shown, session.extension)
        if session.not_displayed and view.product is not None and (view.product, view.extension) != request:
            # what was asked for cannot be read: the session shows what the viewer has left
            self._handled_request = (view.product, view.extension, session.requests)
            with session.hold_trait_notifications():
                session.shown, session.extension = view.product, view.extension
        session.displayed = view
        if not view.is_pair:
            self._pair = None
        if front and self._last_view.label == front:
            self.display.in_force(self._last_view.black, self._last_view.white)

    def _view_of(self, label: str) -> InView:
        """Return what is in view with an image on top: the image, or the pair that lies over it."""
        view = self._loaded.get(label, InView())
        pair = self._pair
        is_over = pair is not None and pair.label == label and pair.written == view.written
        return pair if pair is not None and is_over else view

    # -- what the viewer tells ----------------------------------------------

    def _viewed(self, view: View) -> None:
        """Update the image in view when another one comes to the front within the viewer."""
        self._last_view, self._front = view, view.label
        self.flags.hidden = not view.by_pixels
        if self._acting:
            return
        before = self.session.displayed
        self.session.displayed = self._view_of(view.label)
        if view.label in self._loaded:
            self.display.in_force(view.black, view.white)
            if self.session.displayed != before:
                self._apply_user_choice(self.session.displayed)

    def _apply_user_choice(self, view: InView) -> None:
        """Update the models after the user brought an image to the front."""
        session = self.session
        if view.content is Content.PREVIEW:
            self._prefer_until_product(Content.PREVIEW)
            session.previews.shown = view.mode
        elif view.content is Content.GROUPS:
            self._prefer_until_product(Content.GROUPS)
        elif view.product is not None:
            self._wanted_content = Content.PRODUCT
            if (session.shown, session.extension) != (view.product, view.extension):
                session.show(view.product, extension=view.extension)
            self.compare.request_mode(view.mode)

    # -- what the session wants ---------------------------------------------

    def _update_shown(self, _: Any) -> None:
        session = self.session
        request = (session.shown, session.extension, session.requests)
        if request == self._handled_request:
            return
        self._handled_request = request
        busy = session.displayed.content in (Content.PREVIEW, Content.GROUPS)
        if busy and not session.picked and session.jobs_submitted == self._jobs_before:
            return  # what comes by itself waits until the preview ends, or until the user lets something run
        self._wanted_content = Content.PRODUCT
        session.not_displayed = ""
        if session.picked:
            self.compare.end()
        self._update(None)

    def _update_preview(self, _: Any) -> None:
        self._prefer(Content.PREVIEW, self.session.previews.pixels() is not None)

    def _update_groups(self, _: Any) -> None:
        self._prefer(Content.GROUPS, self.session.showers.picture is not None)

    def _prefer_until_product(self, content: Content) -> None:
        """Keep a preview or a difference of groups in view until a later job has a product."""
        self._wanted_content = content
        self._jobs_before = self.session.jobs_submitted

    def _prefer(self, content: Content, available: bool) -> None:
        if available:
            self._prefer_until_product(content)
        elif self._wanted_content is content:
            self._wanted_content = Content.PRODUCT
        self._update(None)

    def _update(self, _: Any) -> None:
        """Bring the requested image to the front, and remove those of earlier comparisons and previews."""
        with self._act():
            view = self._wanted_view()
            self._pair = None
            if view is not None:
                try:
                    if view.is_pair:
                        self._pair, view = replace(view, label=safe_label(view.label)), self._second_of(view)
                    elif view.content is Content.PREVIEW and view.mode == "before":
                        self._bring_to_front(preview_in_view(self.session, "after") or view)
                    self._bring_to_front(view)
                    if view.content is Content.PRODUCT and view.file is not None:
                        self._limit_products(safe_label(view.label), view.file)
                except MiriWidgetsError as error:
                    self._report_failure(str(error))
            self._remove_outdated()

    def _wanted_view(self) -> InView | None:
        session, value = self.session, self.compare.value
        if self._wanted_content is Content.PREVIEW:
            return preview_in_view(session)
        if self._wanted_content is Content.GROUPS:
            return groups_in_view(session)
        if session.shown is None:
            return None
        if self.compare.mode != "after" and value is not None and value.after == session.shown:
            return comparison_in_view(session, self.compare, value)
        return self._product(session.shown, session.extension)

    def _second_of(self, pair: InView) -> InView:
        """Return the image after, of two images."""
        if pair.content is Content.PREVIEW:
            return preview_in_view(self.session, "after") or pair
        return self._product(pair.file, pair.extension) if pair.file is not None else pair

    def _product(self, path: Path, extension: str) -> InView:
        """Return a product as it is, or as it was read if its file is gone."""
        view = product_in_view(path, extension)
        loaded = self._loaded.get(safe_label(view.label))
        is_same = loaded is not None and (loaded.file, loaded.extension) == (path, extension)
        return loaded if loaded is not None and is_same and not view.written else view

    def _bring_to_front(self, view: InView) -> None:
        label = safe_label(view.label)
        view, previous = replace(view, label=label), self._loaded.get(label)
        if previous != view or not self.viewer.front(label):
            self._loaded[label] = view
            try:
                self._hand_over(view)
            except MiriWidgetsError:
                self._loaded.pop(label)
                if previous is not None:
                    self._loaded[label] = previous
                raise
        self._front = label

    def _hand_over(self, view: InView) -> None:
        source = view.pixels if view.pixels is not None else view.file
        if source is not None:
            hints = hints_of(self.session, view)
            self.viewer.show(source, label=view.label, extension=view.extension, hints=hints)

    def _report_failure(self, sentence: str) -> None:
        """Report why a product is not in view; the session returns to the image still shown."""
        session, loaded = self.session, self._loaded.get(self._front)
        session.not_displayed = sentence
        if self._wanted_content is not Content.PRODUCT or loaded is None or loaded.product is None:
            return
        if loaded.product == session.shown and loaded.extension == session.extension:
            self.compare.end()
            return
        self._handled_request = (loaded.product, loaded.extension, session.requests)
        with session.hold_trait_notifications():
            session.shown, session.extension = loaded.product, loaded.extension
        self._update(None)

    def _remove_outdated(self) -> None:
        session = self.session
        current = {
            Content.BEFORE: id(self.compare.value),
            Content.DIFFERENCE: id(self.compare.value),
            Content.PREVIEW: id(session.previews.result),
            Content.GROUPS: id(session.showers.picture),
        }
        for label, view in list(self._loaded.items()):
            # the new image first: what is drawn on the old one stays then
            if view.content in current and view.identity != current[view.content]:
                self._remove(label)

    def _limit_products(self, label: str, path: Path) -> None:
        """Remove products shown automatically, and the oldest ones, to limit memory."""
        if not self.session.picked:
            for outdated in [outdated for outdated in self._automatic_labels if outdated != label]:
                self._remove(outdated)
            self._automatic_labels = [] if suffix_of(path) == "i2d" else [label]
        labels = [existing for existing in self.viewer.labels if existing not in COMPARED.values()]
        for outdated in [existing for existing in labels[:-MOST_IMAGES] if existing != label]:
            self._remove(outdated)

    def _remove(self, label: str) -> None:
        self._loaded.pop(label, None)
        self.viewer.remove(label)
        if self._front == label:
            self._front = ""

    def close(self) -> None:
        """Stop watching the models."""
        self._watches.end()
