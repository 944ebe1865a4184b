"""Before, after and difference of the product in the viewer; by buttons and by keys."""

from __future__ import annotations

from typing import Any

import ipyvue
import ipywidgets
import traitlets

from miri_widgets.models.compare import CompareModel
from miri_widgets.models.in_view import Content
from miri_widgets.panels.parts.base_view import Part
from miri_widgets.panels.parts.theme import escape, sentences, text

__all__ = ["CompareBar"]

_TEMPLATE = """
<template>
  <div class="mw-looks" role="group" aria-label="Compare with the stage before">
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
      const choice = {b: 'blink', d: 'difference', s: 'after'}[event.key]
      if (choice) this.choose(choice)
    }
    window.addEventListener('keydown', this.on_key)
  },
  beforeDestroy() { window.removeEventListener('keydown', this.on_key) },
}
</script>
"""

_CHOICES = [
    {
        "id": "before",
        "title": "Before",
        "key": "b",
        "tip": "The exposure before this stage; the key b blinks",
    },
    {"id": "after", "title": "After", "key": "s", "tip": "The exposure after this stage; key s"},
    {"id": "difference", "title": "Difference", "key": "d", "tip": "After minus before; key d"},
]


class _CompareButtons(ipyvue.VueTemplate):
    """Three buttons, and the keys b, s and d."""

    template = traitlets.Unicode(_TEMPLATE).tag(sync=True)
    choices: traitlets.List[Any] = traitlets.List(_CHOICES).tag(sync=True)
    active = traitlets.Unicode("after").tag(sync=True)
    can = traitlets.Bool(False).tag(sync=True)

    def __init__(self, model: CompareModel) -> None:
        self._model = model
        super().__init__(layout=ipywidgets.Layout(width="auto"))

    def vue_choose(self, name: str) -> None:
        """Handle a button or a key."""
        if name == "blink":
            self._model.toggle()
        elif name in ("before", "after", "difference"):
            self._model.ask(name)


class CompareBar(Part):
    """
    The effect of the stage on the exposure in the viewer.

    Parameters
    ----------
    model : CompareModel
        The model, closed with the bar.
    """

    def __init__(self, model: CompareModel) -> None:
        super().__init__("mw-compare")
        self.model = model
        self.buttons = _CompareButtons(model)
        self.status = text("", "mw-muted")
        row = ipywidgets.HBox([self.buttons, self.status])
        row.add_class("mw-row")
        self.children = (row,)
        self.watch(model, self._update, "look", "can", "value", "sentence")
        self.watch(model.session, self._update, "displayed")
        self.watch(model.session.previews, self._update, "shown")

    def _update(self, _: Any) -> None:
        model, content = self.model, self.model.session.displayed.content
        previewed = content is Content.PREVIEW
        with self.buttons.hold_sync():
            self.buttons.active = model.front
            self.buttons.can = previewed or (model.can and content is not Content.GROUPS)
        if previewed:
            self.status.value = "Of the preview; nothing is written."
        elif model.sentence:
            self.status.value = sentences([model.sentence], "bad" if model.can else "calm")
        elif content is Content.GROUPS:
            self.status.value = ""
        elif model.value is not None:
            self.status.value = escape(model.value.phrase())
        else:
            self.status.value = "Comparing the two images …" if model.look != "after" else ""

    def close(self) -> None:
        """Close the view and the model."""
        super().close()
        self.model.close()
