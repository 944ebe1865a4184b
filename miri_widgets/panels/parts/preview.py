"""The live preview of a stage: which exposure, before or after, and what changed."""

from __future__ import annotations

from typing import Any

import ipywidgets

from miri_widgets.models.session import SessionModel
from miri_widgets.models.stage import StageModel
from miri_widgets.panels.parts.base_view import Part
from miri_widgets.panels.parts.theme import escape, named, sentences, text

__all__ = ["PreviewBar"]

_LOOKS = (("Before", "before"), ("After", "after"), ("Difference", "difference"))


class PreviewBar(Part):
    """
    A switch for the live preview, the exposure it shows, and before, after or difference in the viewer.

    Parameters
    ----------
    session : SessionModel
        The session.
    model : StageModel
        The stage.
    """

    def __init__(self, session: SessionModel, model: StageModel) -> None:
        super().__init__("mw-preview")
        self.session, self.model = session, model
        self.preview = session.previews
        self._following = False
        self.switch = ipywidgets.ToggleButton(
            description="Preview", icon="eye", tooltip="Compute this step on one exposure; nothing is written"
        )
        self.switch.add_class("mw-preview-switch")
        self.exposure = named(
            ipywidgets.Dropdown(options=[], layout=ipywidgets.Layout(width="auto", flex="1 1 180px")),
            "Exposure of the preview",
        )
        self.exposure.add_class("mw-control")
        self.look = ipywidgets.ToggleButtons(options=_LOOKS, value="after")
        self.look.add_class("mw-toggle")
        self.words = text("")
        row = ipywidgets.HBox([self.switch, self.exposure, self.look])
        row.add_class("mw-row")
        self.children = (row, self.words)
        self.switch.observe(self._switched, "value")
        self.exposure.observe(self._chosen, "value")
        self.look.observe(self._looked, "value")
        self.watch(
            self.preview, self._follow, "stage", "root", "working", "sentence", "result", "fresh", "shown"
        )
        self.watch(model, self._follow_rows, "rows")
        self.watch(session.programs, self._follow_chosen, "selected")

    @property
    def on(self) -> bool:
        """Whether the preview shows this stage."""
        return self.preview.stage == self.model.name

    def _follow_rows(self, _: Any) -> None:
        roots = self.preview.roots(self.model.name)
        find = self.session.programs.find
        options = [(found.label if (found := find(root)) else root, root) for root in roots]
        if list(self.exposure.options) != options:
            self._following = True
            try:
                self.exposure.options = options
                chosen = next((root for root in self.session.programs.selected if root in roots), "")
                if chosen:
                    self.exposure.value = chosen
                if self.on and self.preview.root in roots:
                    self.exposure.value = self.preview.root
            finally:
                self._following = False
        self.switch.disabled = not options and not self.on
        self.switch.tooltip = (
            "Compute this step on one exposure with the current settings; nothing is written"
            if options
            else "A preview needs the products of the stage before: run that first"
        )

    def _follow_chosen(self, _: Any) -> None:
        """Preview the exposure that is chosen anywhere, where it can be previewed."""
        roots = dict(self.exposure.options).values()
        root = next((root for root in self.session.programs.selected if root in roots), "")
        if root and root != self.exposure.value:
            self.exposure.value = root  # which starts it, when the preview is on

    def _switched(self, change: dict[str, Any]) -> None:
        if self._following:
            return
        if change["new"]:
            self.preview.start(self.model.name, self.exposure.value or "")
        else:
            self.preview.stop()

    def _chosen(self, change: dict[str, Any]) -> None:
        if not self._following and self.on and change["new"]:
            self.preview.start(self.model.name, change["new"])
            if change["new"] not in self.session.programs.selected:
                self.session.choose([change["new"]])

    def _looked(self, change: dict[str, Any]) -> None:
        if not self._following:
            self.preview.shown = change["new"]

    def _follow(self, _: Any) -> None:
        self._following = True
        try:
            self.switch.value = self.on
            self.look.value = self.preview.shown
            if self.on and self.preview.root in dict(self.exposure.options).values():
                self.exposure.value = self.preview.root
        finally:
            self._following = False
        for widget in (self.exposure, self.look):
            widget.layout.display = "" if self.on else "none"
        self.words.value = self._words() if self.on else ""

    def _words(self) -> str:
        preview = self.preview
        if preview.sentence:
            return sentences([preview.sentence], "bad")
        if preview.result is None:
            return sentences(["The preview is being computed …"], "calm")
        result = preview.result
        state = "being computed again …" if preview.working or not preview.fresh else "nothing is written"
        flags = ", ".join(f"{count} {name}" for name, count in result.new_flags.items())
        parts = [
            f"computed in {result.seconds:.1f} s; {state}",
            f"pixels that gained flags: {flags}" if flags else "no pixel gained a flag",
        ]
        line = f'<p class="mw-muted">{escape(" · ".join(parts))}</p>'
        return line + sentences(list(result.warnings[:4]), "warn")
