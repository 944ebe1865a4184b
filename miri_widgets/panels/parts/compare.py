"""The product in the viewer beside another image: which one, and what of both is in view; by buttons and by keys."""

from __future__ import annotations

from typing import Any

import ipyvue
import ipywidgets
import traitlets

from miri_widgets.models.compare import MODES, CompareModel
from miri_widgets.models.comparison_partners import Partner, PartnerKind
from miri_widgets.models.in_view import Content
from miri_widgets.panels.parts.base_view import Part
from miri_widgets.panels.parts.theme import button, escape, sentences, text

__all__ = ["CompareBar"]

_TEMPLATE = """
<template>
  <div class="mw-looks" role="group" aria-label="Compare">
    <label v-if="partners.length" class="mw-compare-with" title="What the image in view is compared with">vs
      <select :value="partner" aria-label="Compare with" @change="choose_partner(Number($event.target.value))">
        <optgroup v-for="g in partners" :key="g.title" :label="g.title">
          <option v-for="p in g.partners" :key="p.number" :value="p.number">{{ p.text }}</option></optgroup></select></label>
    <button v-for="c in choices" :key="c.id" type="button" class="mw-look" :class="{'mw-active': can && c.id === active, 'mw-off': !can}"
        :aria-pressed="can && c.id === active ? 'true' : 'false'" :aria-disabled="can ? 'false' : 'true'" :title="c.tip"
        @click="choose(c.id)">{{ c.title }} <kbd>{{ c.key }}</kbd></button>
  </div>
</template>
<script>
module.exports = {
  mounted() {
    this.on_key = event => {
      const typing = /^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName) || event.target.isContentEditable
      if ((typing && event.target.type !== 'checkbox') || event.ctrlKey || event.metaKey || event.altKey) return
      const choice = {b: 'toggle', d: 'difference', s: 'after', k: 'blink', v: 'side by side', w: 'swipe'}[event.key]
      if (choice) this.choose(choice)
    }
    window.addEventListener('keydown', this.on_key)
  },
  beforeDestroy() { window.removeEventListener('keydown', this.on_key) },
}
</script>
"""

_TITLES = {
    "difference": ("Difference", "d", "What differs, after minus before, on a symmetric scale; key d"),
    "blink": ("Blink", "k", "Both images in turn, by the clock; key k"),
    "side by side": ("Side by side", "v", "Both images at one zoom, with one cursor; key v"),
    "swipe": ("Swipe", "w", "Both images at a line that you drag; key w"),
}

_GROUPS = {PartnerKind.STEP: "Steps", PartnerKind.RUN: "Other runs", PartnerKind.FILTER: "Filters"}


class _CompareButtons(ipyvue.VueTemplate):
    """A list of partners, a button for each way to look at both, and their keys."""

    template = traitlets.Unicode(_TEMPLATE).tag(sync=True)
    choices: traitlets.List[Any] = traitlets.List().tag(sync=True)
    partners: traitlets.List[Any] = traitlets.List().tag(sync=True)
    partner = traitlets.Int(-1).tag(sync=True)
    active = traitlets.Unicode("after").tag(sync=True)
    can = traitlets.Bool(False).tag(sync=True)

    def __init__(self, model: CompareModel) -> None:
        self._model = model
        super().__init__(layout=ipywidgets.Layout(width="auto"))

    def vue_choose(self, name: str) -> None:
        """
        Handle a button or a key.

        Parameters
        ----------
        name : str
            One of `MODES`, or ``toggle``.
        """
        if name == "toggle":
            self._model.toggle()
        elif name in MODES:
            self._model.request_mode(name)

    def vue_choose_partner(self, number: Any) -> None:
        """
        Compare with another image.

        Parameters
        ----------
        number : int
            Its place among the partners of the model.
        """
        self._model.choose(int(number))


class CompareBar(Part):
    """
    What the product in the viewer is compared with, how, and the result as a sentence.

    Parameters
    ----------
    model : CompareModel
        The model, closed with the bar.
    """

    def __init__(self, model: CompareModel) -> None:
        super().__init__("mw-compare")
        self.model = model
        self.buttons = _CompareButtons(model)
        self.make = button("Make it", tip="Run what is missing of it; the mosaic in use stays what it is")
        self.make.on_click(lambda _: model.make())
        self.status = text("", "mw-muted")
        row = ipywidgets.HBox([self.buttons, self.make, self.status])
        row.add_class("mw-row")
        self.children = (row,)
        self.watch(model, self._update, "mode", "can", "value", "sentence", "partners", "partner", "making")
        self.watch(model.session, self._update, "displayed", "progress")
        self.watch(model.session.previews, self._update, "shown")

    def _update(self, _: Any) -> None:
        model, content = self.model, self.model.session.displayed.content
        previewed = content is Content.PREVIEW
        partner = model.partner
        is_missing = partner is not None and partner.path is None and not previewed
        with self.buttons.hold_sync():
            self.buttons.active = model.front
            self.buttons.can = previewed or (model.can and content is not Content.GROUPS)
            self.buttons.partners = [] if previewed else _grouped(model.partners)
            self.buttons.partner = model.partners.index(partner) if partner in model.partners else -1
            self.buttons.choices = _choices(model.names)
        self.make.layout.display = "" if is_missing and not model.making else "none"
        if partner is not None:
            self.make.description = f"Make it {partner.name}" if is_missing else "Make it"
        self.status.value = self._status_text(previewed, content)

    def _status_text(self, previewed: bool, content: Content) -> str:
        model = self.model
        if previewed:
            return "Of the preview; nothing is written."
        if model.making:
            return escape(f"The mosaic {model.making} is being made, {model.session.fraction:.0%}.")
        if model.sentence:
            return sentences([model.sentence], "bad" if model.can else "calm")
        if content is Content.GROUPS:
            return ""
        if model.value is not None:
            return escape(model.value.phrase())
        return "Comparing the two images …" if model.mode != "after" else ""

    def close(self) -> None:
        """Close the view and the model."""
        super().close()
        self.model.close()


def _choices(names: tuple[str, str]) -> list[dict[str, str]]:
    before, after = names
    sides = (
        (
            "before",
            before,
            "b",
            f"{before}: the image that it is compared with; the key b changes between both",
        ),
        ("after", after, "s", f"{after}: the product itself; key s"),
    )
    sides += tuple((name, *values) for name, values in _TITLES.items())  # type: ignore[assignment]
    return [dict(zip(("id", "title", "key", "tip"), side, strict=True)) for side in sides]


def _grouped(partners: tuple[Partner, ...]) -> list[dict[str, Any]]:
    """Return the partners by what makes the difference, each with its number."""
    groups = []
    for kind, title in _GROUPS.items():
        members = [
            {"number": number, "text": partner.name + ("" if partner.path is not None else " (not made)")}
            for number, partner in enumerate(partners)
            if partner.kind is kind
        ]
        if members:
            groups.append({"title": title, "partners": members})
    return groups
