"""Notifications of long work: announced to screen readers, shown briefly, and in the title of a background page."""

from __future__ import annotations

from typing import Any

import ipyvue
import ipywidgets
import traitlets

from miri_widgets.models.notifications import Notifications
from miri_widgets.models.session import SessionModel
from miri_widgets.panels.parts.base_view import Part

__all__ = ["Announcer"]

_TEMPLATE = """
<template>
  <div>
    <div class="mw-unseen" role="status" aria-live="polite">{{ text }}</div>
    <div v-if="shown" class="mw-toast" :class="'mw-' + tone" aria-hidden="true" @click="shown = false">{{ text }}</div>
  </div>
</template>
<script>
const SECONDS = 10
module.exports = {
  data() { return {shown: false} },
  mounted() {
    this.own = document.title
    this.seen = () => { if (!document.hidden) this.entitle() }
    document.addEventListener('visibilitychange', this.seen)
    this.entitle()
  },
  beforeDestroy() {
    document.removeEventListener('visibilitychange', this.seen)
    clearTimeout(this.timer)
    document.title = this.own
  },
  watch: {
    mark() { this.entitle() },
    count() {
      clearTimeout(this.timer)
      this.shown = this.tone !== ''
      if (this.shown) this.timer = setTimeout(() => { this.shown = false }, 1000 * SECONDS)
    },
  },
  methods: {
    // how it ended is told until somebody looks
    entitle() {
      const mark = this.mark.startsWith('●') || document.hidden ? this.mark : ''
      document.title = mark ? mark + ' · ' + this.own : this.own
    },
  },
}
</script>
"""


class _Message(ipyvue.VueTemplate):
    """The notification on the page."""

    template = traitlets.Unicode(_TEMPLATE).tag(sync=True)
    text = traitlets.Unicode("").tag(sync=True)
    tone = traitlets.Unicode("").tag(sync=True)
    mark = traitlets.Unicode("").tag(sync=True)
    count = traitlets.Int(0).tag(sync=True)


class Announcer(Part):
    """
    Shows the notifications of a session.

    Parameters
    ----------
    session : SessionModel
        The session.
    """

    def __init__(self, session: SessionModel) -> None:
        super().__init__("mw-announcer")
        self.model = Notifications(session)
        self.message = _Message(layout=ipywidgets.Layout(width="0", height="0"))
        self.children = (self.message,)
        self.watch(self.model, self._update, "count", "mark")

    def _update(self, _: Any) -> None:
        model = self.model
        with self.message.hold_sync():
            self.message.text, self.message.tone = model.text, model.tone
            self.message.count, self.message.mark = model.count, model.mark

    def close(self) -> None:
        """Close the view and stop watching the session."""
        super().close()
        self.model.close()
