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
    <button v-for="one in looks" :key="one.id" type="button" class="mw-look" :class="{'mw-active': can && one.id === look, 'mw-off': !can}"
        :aria-pressed="can && one.id === look ? 'true' : 'false'" :aria-disabled="can ? 'false' : 'true'" :title="one.tip"
        @click="choose(one.id)">{{ one.title }} <kbd>{{ one.key }}</kbd></button>
  </div>
</template>
<script>
module.exports = {
  mounted() {
    this.hear = event => {
      const typing = /^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName) || event.target.isContentEditable
      if ((typing && event.target.type !== 'checkbox') || event.ctrlKey || event.metaKey || event.altKey) return
      const found = {b: 'blink', d: 'difference', s: 'after'}[event.key]
      if (found) this.choose(found)
    }
    window.addEventListener('keydown', this.hear)
  },
  beforeDestroy() { window.removeEventListener('keydown', this.hear) },
}
</script>
"""

_LOOKS = [
    {
        "id": "before",
        "title": "Before",
        "key": "b",
        "tip": "The exposure before this stage; the key b blinks",
    },
    {"id": "after", "title": "After", "key": "s", "tip": "The exposure after this stage; key s"},
    {"id": "difference", "title": "Difference", "key": "d", "tip": "After minus before; key d"},
]


class _Looks(ipyvue.VueTemplate):
    """Three buttons, and the keys b, s and d."""

    template = traitlets.Unicode(_TEMPLATE).tag(sync=True)
    looks: traitlets.List[Any] = traitlets.List(_LOOKS).tag(sync=True)
    look = traitlets.Unicode("after").tag(sync=True)
    can = traitlets.Bool(False).tag(sync=True)

    def __init__(self, model: CompareModel) -> None:
        self._model = model
        super().__init__(layout=ipywidgets.Layout(width="auto"))

    def vue_choose(self, name: str) -> None:
        """Answer a button or a key."""
        if name == "blink":
            self._model.toggle()
        elif name in ("before", "after", "difference"):
            self._model.ask(name)


class CompareBar(Part):
    """
    What the stage did to the exposure in the viewer.

    Parameters
    ----------
    model : CompareModel
        Closed with the bar.
    """

    def __init__(self, model: CompareModel) -> None:
        super().__init__("mw-compare")
        self.model = model
        self.looks = _Looks(model)
        self.words = text("", "mw-muted")
        row = ipywidgets.HBox([self.looks, self.words])
        row.add_class("mw-row")
        self.children = (row,)
        self.watch(model, self._follow, "look", "can", "value", "sentence")
        self.watch(model.session, self._follow, "displayed")
        self.watch(model.session.previews, self._follow, "shown")

    def _follow(self, _: Any) -> None:
        model, content = self.model, self.model.session.displayed.content
        previewed = content is Content.PREVIEW
        with self.looks.hold_sync():
            self.looks.look = model.front
            self.looks.can = previewed or (model.can and content is not Content.GROUPS)
        if previewed:
            self.words.value = "Of the preview; nothing is written."
        elif model.sentence:
            self.words.value = sentences([model.sentence], "bad" if model.can else "calm")
        elif content is Content.GROUPS:
            self.words.value = ""
        elif model.value is not None:
            self.words.value = escape(model.value.phrase())
        else:
            self.words.value = "The two images are being compared …" if model.look != "after" else ""

    def close(self) -> None:
        """Close the model, too."""
        super().close()
        self.model.close()
