"""Differences of groups in the viewer: which exposure, integration and group, with the keyboard or step by step."""

from __future__ import annotations

from typing import Any

import ipywidgets

from miri_widgets.models.session import SessionModel
from miri_widgets.models.showers import NO_RAMP
from miri_widgets.panels.parts.base_view import Part
from miri_widgets.panels.parts.theme import button, escape, named, sentences, text

__all__ = ["GroupDifferences"]

_EMPTY = (
    "Group {} or {} is not used at all (Detector 1 leaves the first and the last one out), so there is no "
    "difference to see: choose another group."
)


class GroupDifferences(Part):
    """
    A switch for the picture, its exposure, and sliders for integration and group.

    Parameters
    ----------
    session : SessionModel
        The session; its `showers` compute the picture, the dashboard shows it.
    """

    def __init__(self, session: SessionModel) -> None:
        super().__init__("mw-preview", "mw-groups")
        self.session = session
        self.showers = session.showers
        self._updating = False
        self.switch = ipywidgets.ToggleButton(
            description="Group differences",
            icon="eye",
            tooltip="Show what one group added; nothing is written",
        )
        self.switch.add_class("mw-preview-switch")
        self.exposure = named(
            ipywidgets.Dropdown(options=[], layout=ipywidgets.Layout(width="auto", flex="1 1 180px")),
            "Exposure of the groups",
        )
        self.exposure.add_class("mw-control")
        self.typical = ipywidgets.Checkbox(
            value=True,
            indent=False,
            description="Without stars",
            tooltip="Subtract what each pixel gains in the other groups of this integration",
        )
        self.integration = self._slider("Integration", 1)
        self.group = self._slider("Group", 2)
        self.status = text("")
        self.children = (
            self._row(self.switch, self.exposure, self.typical),
            self._stepped(self.integration, "integration"),
            self._stepped(self.group, "group"),
            self.status,
        )
        self.switch.observe(self._switched, "value")
        for widget in (self.exposure, self.integration, self.group):
            widget.observe(self._chosen, "value")
        self.typical.observe(self._changed_typical, "value")
        self.watch(
            self.showers,
            self._update,
            "on",
            "root",
            "integration",
            "group",
            "integrations",
            "groups",
            "typical",
            "working",
            "sentence",
            "picture",
        )
        self.watch(session.models["showers"], self._update_rows, "rows")
        self.watch(session.models["detector1"], self._update_rows, "rows")
        self.watch(session.programs, self._update_selected, "selected")

    def _update_selected(self, _: Any) -> None:
        """Follow the chosen exposure, if it has a ramp."""
        roots = dict(self.exposure.options).values()
        root = next((root for root in self.session.programs.selected if root in roots), "")
        if root and root != self.exposure.value:
            self.exposure.value = root

    @staticmethod
    def _row(*widgets: ipywidgets.Widget) -> ipywidgets.HBox:
        row = ipywidgets.HBox(widgets)
        row.add_class("mw-row")
        return row

    @staticmethod
    def _slider(description: str, first: int) -> ipywidgets.IntSlider:
        slider = ipywidgets.IntSlider(
            description=description,
            value=first,
            min=first,
            max=first,
            # a picture takes a second or two: not for every position of the handle
            continuous_update=False,
            layout=ipywidgets.Layout(width="auto", flex="1 1 250px", min_width="250px"),
        )
        slider.add_class("mw-control")
        return slider

    def _stepped(self, slider: ipywidgets.IntSlider, noun: str) -> ipywidgets.HBox:
        """Return a slider between two buttons."""
        back = button("‹", tip=f"The {noun} before")
        forward = button("›", tip=f"The next {noun}")
        back.on_click(lambda _: self._step(slider, -1))
        forward.on_click(lambda _: self._step(slider, 1))
        return self._row(slider, back, forward)

    @staticmethod
    def _step(slider: ipywidgets.IntSlider, by: int) -> None:
        slider.value = min(max(slider.value + by, slider.min), slider.max)

    def _update_rows(self, _: Any) -> None:
        find = self.session.programs.find
        roots = self.showers.roots()
        options = [(exposure.label if (exposure := find(root)) else root, root) for root in roots]
        if list(self.exposure.options) != options:
            self._updating = True
            try:
                self.exposure.options = options
            finally:
                self._updating = False
        if options and self.showers.root not in roots and not self.showers.on:
            self.showers.root = roots[0]
        for widget in (self.switch, self.exposure, self.typical, self.integration, self.group):
            widget.disabled = not options
        self.switch.disabled = not options and not self.showers.on
        self._update(None)

    def _switched(self, change: dict[str, Any]) -> None:
        if self._updating:
            return
        if change["new"]:
            self._chosen(change)
        else:
            self.showers.stop()

    def _chosen(self, _: dict[str, Any]) -> None:
        if not self._updating and self.exposure.value:
            self.showers.show(self.exposure.value, self.integration.value, self.group.value)

    def _changed_typical(self, change: dict[str, Any]) -> None:
        if not self._updating:
            self.showers.typical = change["new"]

    def _update(self, _: Any) -> None:
        showers = self.showers
        self._updating = True
        try:
            self.switch.value = showers.on
            self.typical.value = showers.typical
            if showers.root in dict(self.exposure.options).values():
                self.exposure.value = showers.root
            for slider, last, value in (
                (self.integration, showers.integrations, showers.integration),
                (self.group, showers.groups, showers.group),
            ):
                slider.max = max(last, slider.min)
                slider.value = value
        finally:
            self._updating = False
        # one integration needs no choice
        self.children[1].layout.display = "" if showers.integrations > 1 else "none"
        self.status.value = self._status_text()

    def _status_text(self) -> str:
        showers = self.showers
        if not self.exposure.options:
            return sentences([NO_RAMP], "calm")
        if showers.sentence:
            return sentences([showers.sentence], "bad")
        if not showers.on:
            return '<p class="mw-muted">Step through the groups; a shower is a wide, faint excess that stays.</p>'
        if showers.picture is None or showers.working:
            return '<p class="mw-muted">Computing the difference …</p>'
        if showers.picture.is_empty:
            return sentences([_EMPTY.format(showers.picture.group - 1, showers.picture.group)], "warn")
        return f'<p class="mw-muted">{escape(showers.picture.label)}, DN; nothing is written</p>'
