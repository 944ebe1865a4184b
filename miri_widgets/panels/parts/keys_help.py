"""The keys of the page, listed by `?`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ipyvue
import ipywidgets
import traitlets

__all__ = ["KEYS", "KeysHelp"]

KEYS: tuple[tuple[str, tuple[tuple[str, str], ...]], ...] = (
    (
        "Image in view",
        (
            ("b", "before and after in turn"),
            ("s", "after: the product itself"),
            ("d", "difference, after minus before"),
            ("k", "blink, by the clock"),
            ("v", "side by side, at one zoom"),
            ("w", "swipe: a line to drag between both"),
            ("f", "flags over the image, or away"),
            ("F", "full screen; F or Esc leaves it"),
        ),
    ),
    (
        "Contact sheet",
        (
            ("← → ↑ ↓", "next exposure"),
            ("o, s, r", "ok, suspect, reject; the same key again takes the tag away"),
            ("1 to 9", "anomalies"),
            ("c", "comment; Enter keeps it, Esc does not"),
            ("Enter", "show the exposure in the viewer"),
        ),
    ),
    (
        "Everywhere",
        (
            ("Tab", "next control; Shift + Tab goes back"),
            ("↑ ↓ Home End", "move in the list of stages and in tables; Enter or Space chooses"),
            ("← →", "move the divider that has the focus; Enter puts it back"),
            ("Enter", "takes what is entered in a field; an emptied field has its default again"),
            ("Esc", "closes a menu or this list"),
            ("Ctrl + Z", "takes back the last change of settings; Ctrl + Shift + Z brings it back"),
            ("?", "this list"),
        ),
    ),
)
"""Keys by where they act: what is pressed, and what it does."""

_TEMPLATE = """
<template>
  <div class="mw-keys-help">
    <button type="button" class="mw-tool-button" ref="button" title="Keys and help; key ?" aria-label="Keys" :aria-expanded="opened ? 'true' : 'false'"
      @click="toggle">?</button>
    <dialog ref="dialog" class="mw-keys" aria-label="Keys" @close="opened = false" @click="outside">
      <div><h2>Keys</h2>
      <section v-for="g in groups" :key="g[0]"><h3>{{ g[0] }}</h3>
        <dl><template v-for="k in g[1]"><dt :key="k[0] + 'k'"><kbd>{{ k[0] }}</kbd></dt><dd :key="k[0] + 't'">{{ k[1] }}</dd></template></dl></section>
      <p class="mw-muted">Letters act while no field has the focus. A key that does not apply says why, over the image.</p>
      <button type="button" class="mw-button" @click="$refs.dialog.close()">Close</button></div>
    </dialog>
  </div>
</template>
<script>
module.exports = {
  data() { return {opened: false} },
  mounted() {
    this.hear = event => {
      const typing = /^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName) || event.target.isContentEditable
      if (typing && event.target.type !== 'checkbox') return  // a field takes its own keys, Ctrl + Z among them
      if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'z' && this.$el.closest('.mw-dashboard')) {
        event.preventDefault()
        event.shiftKey ? this.redo() : this.undo()
      }
      if (event.ctrlKey || event.metaKey || event.altKey) return
      if (event.key === '?') { event.preventDefault(); this.toggle() }
    }
    window.addEventListener('keydown', this.hear)
  },
  beforeDestroy() { window.removeEventListener('keydown', this.hear) },
  methods: {
    toggle() {
      const dialog = this.$refs.dialog
      if (dialog.open) dialog.close()
      else { dialog.showModal(); this.opened = true }
    },
    outside(event) { if (event.target === this.$refs.dialog) this.$refs.dialog.close() },
  },
}
</script>
"""


class KeysHelp(ipyvue.VueTemplate):
    """
    The button and key `?`, which list the keys; Ctrl + Z for the page.

    Parameters
    ----------
    undo, redo : callable
        Take back and bring back the last change that a person made.
    """

    template = traitlets.Unicode(_TEMPLATE).tag(sync=True)
    groups: traitlets.List[Any] = traitlets.List(
        [[title, [list(pair) for pair in keys]] for title, keys in KEYS]
    ).tag(sync=True)

    def __init__(self, undo: Callable[[], None], redo: Callable[[], None]) -> None:
        self._undo, self._redo = undo, redo
        super().__init__(layout=ipywidgets.Layout(width="auto", flex="0 0 auto"))

    def vue_undo(self, *_: object) -> None:
        """Take the last change back."""
        self._undo()

    def vue_redo(self, *_: object) -> None:
        """Bring the last change back."""
        self._redo()
