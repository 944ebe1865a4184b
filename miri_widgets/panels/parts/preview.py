"""The live preview of a stage: exposure, before or after, and changes."""

from __future__ import annotations

from typing import Any

import ipywidgets

from miri_widgets.models.session import SessionModel
from miri_widgets.models.stage import StageModel
from miri_widgets.panels.parts.base_view import Part
from miri_widgets.panels.parts.theme import escape, named, sentences, text

__all__ = ["PreviewBar"]

_CHOICES = (("Before", "before"), ("After", "after"), ("Difference", "difference"))


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
        self._updating = False
        self.switch = ipywidgets.ToggleButton(
            description="Preview", icon="eye", tooltip="Compute this step on one exposure; nothing is written"
        )
        self.switch.add_class("mw-preview-switch")
        self.exposure = named(
            ipywidgets.Dropdown(options=[], layout=ipywidgets.Layout(width="auto", flex="1 1 180px")),
            "Exposure of the preview",
        )
        self.exposure.add_class("mw-control")
        self.choice = ipywidgets.ToggleButtons(options=_CHOICES, value="after")
        self.choice.add_class("mw-toggle")
        self.status = text("")
        row = ipywidgets.HBox([self.switch, self.exposure, self.choice])
        row.add_class("mw-row")
        self.children = (row, self.status)
        self.switch.observe(self._switched, "value")
        self.exposure.observe(self._chosen, "value")
        self.choice.observe(self._choice_changed, "value")
        self.watch(
            self.preview, self._update, "stage", "root", "working", "sentence", "result", "fresh", "shown"
        )
        self.watch(model, self._update_rows, "rows")
        self.watch(session.programs, self._update_chosen, "selected")

    @property
    def on(self) -> bool:
        """Whether the preview shows this stage."""
        return self.preview.stage == self.model.name

    def _update_rows(self, _: Any) -> None:
        roots = self.preview.roots(self.model.name)
        find = self.session.programs.find
        options = [(exposure.label if (exposure := find(root)) else root, root) for root in roots]
        if list(self.exposure.options) != options:
            self._updating = True
            try:
                self.exposure.options = options
                chosen = next((root for root in self.session.programs.selected if root in roots), "")
                if chosen:
                    self.exposure.value = chosen
                if self.on and self.preview.root in roots:
                    self.exposure.value = self.preview.root
            finally:
                self._updating = False
        self.switch.disabled = not options and not self.on
        self.switch.tooltip = (
            "Compute this step on one exposure with the current settings; nothing is written"
            if options
            else "A preview needs the products of the stage before: run that first"
        )

    def _update_chosen(self, _: Any) -> None:
        """Preview the chosen exposure, if possible."""
        roots = dict(self.exposure.options).values()
        root = next((root for root in self.session.programs.selected if root in roots), "")
        if root and root != self.exposure.value:
            self.exposure.value = root  # this starts it while the preview is on

    def _switched(self, change: dict[str, Any]) -> None:
        if self._updating:
            return
        if change["new"]:
            self.preview.start(self.model.name, self.exposure.value or "")
        else:
            self.preview.stop()

    def _chosen(self, change: dict[str, Any]) -> None:
        if not self._updating and self.on and change["new"]:
            self.preview.start(self.model.name, change["new"])
            if change["new"] not in self.session.programs.selected:
                self.session.choose([change["new"]])

    def _choice_changed(self, change: dict[str, Any]) -> None:
        if not self._updating and change["new"] is not None:
            self.preview.shown = change["new"]

    def _update(self, _: Any) -> None:
        self._updating = True
        try:
            self.switch.value = self.on
            known = dict(_CHOICES).values()
            self.choice.value = self.preview.shown if self.preview.shown in known else None
            if self.on and self.preview.root in dict(self.exposure.options).values():
                self.exposure.value = self.preview.root
        finally:
            self._updating = False
        for widget in (self.exposure, self.choice):
            widget.layout.display = "" if self.on else "none"
        self.status.value = self._status_text() if self.on else ""

    def _status_text(self) -> str:
        preview = self.preview
        if preview.sentence:
            return sentences([preview.sentence], "bad")
        if preview.result is None:
            return sentences(["Computing the preview …"], "calm")
        result = preview.result
        state = "being computed again …" if preview.working or not preview.fresh else "nothing is written"
        flags = ", ".join(f"{count} {name}" for name, count in result.new_flags.items())
        details = [
            f"computed in {result.seconds:.1f} s; {state}",
            f"pixels that gained flags: {flags}" if flags else "no pixel gained a flag",
        ]
        line = f'<p class="mw-muted">{escape(" · ".join(details))}</p>'
        return line + sentences(list(result.warnings[:4]), "warn")
