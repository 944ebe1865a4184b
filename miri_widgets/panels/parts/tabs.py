"""Tabs whose titles show the state of their content."""

from __future__ import annotations

from typing import Any

import ipyvue
import ipywidgets
import traitlets

__all__ = ["Tabs"]

_TEMPLATE = """
<template>
  <div class="mw-tabs" :class="'mw-tabs-' + variant" role="tablist" :aria-label="label" :aria-orientation="variant === 'steps' ? 'vertical' : 'horizontal'" @keydown="pressed">
    <button v-for="(t, n) in items" :key="t.id" type="button" role="tab" :aria-selected="t.id === active ? 'true' : 'false'"
        :tabindex="t.id === stop ? 0 : -1" :data-tab="t.id" @focus="at = t.id" class="mw-tab" :class="[{'mw-active': t.id === active}, 'mw-' + (t.tone || 'calm')]"
        :title="t.tip || t.title" @click="active = t.id">
      <span class="mw-tab-glyph" v-if="t.glyph" aria-hidden="true">{{ t.glyph }}</span>
      <span class="mw-tab-words"><span class="mw-tab-title">{{ t.title }}</span>
        <span class="mw-tab-second" v-if="t.detail || t.count"><span class="mw-tab-detail" v-if="t.detail">{{ t.detail }}</span>
          <span class="mw-tab-facts" v-if="t.count">{{ t.count }}{{ t.time ? ' · ' + t.time : '' }}</span></span></span>
    </button>
  </div>
</template>
<script>
module.exports = {
  data() { return {at: ''} },
  watch: { active() { this.at = this.active } },
  computed: {
    // the tab that the Tab key stops at: the one in focus, else the one in front
    stop() {
      const ids = this.items.map(t => t.id)
      return [this.at, this.active, ids[0]].find(id => ids.includes(id))
    },
  },
  methods: {
    pressed(event) {
      const last = this.items.length - 1, now = this.items.findIndex(t => t.id === this.stop)
      const next = {
        ArrowRight: now < last ? now + 1 : 0, ArrowDown: now < last ? now + 1 : 0,
        ArrowLeft: now > 0 ? now - 1 : last, ArrowUp: now > 0 ? now - 1 : last, Home: 0, End: last,
      }[event.key]
      if (next === undefined) return
      event.preventDefault()
      this.at = this.items[next].id
      this.$nextTick(() => this.$el.querySelectorAll('button')[next].focus())
    },
  },
}
</script>
"""


class Tabs(ipyvue.VueTemplate):
    """
    A row of tabs. Arrow, Home and End keys go from tab to tab; Enter or Space opens the one in focus.

    Attributes
    ----------
    items : list of dict
        ``id``, ``title``; optional ``glyph``, ``tone``, ``detail``, ``count``, ``time``, ``tip``.
    active : str
        Id of the tab in front.
    variant : str
        "steps" for the vertical stepper of the stages, "plain" for a row inside a panel.
    label : str
        Accessible name of the tabs.
    """

    template = traitlets.Unicode(_TEMPLATE).tag(sync=True)
    items: traitlets.List[Any] = traitlets.List().tag(sync=True)
    active = traitlets.Unicode("").tag(sync=True)
    variant = traitlets.Unicode("plain").tag(sync=True)
    label = traitlets.Unicode("Views").tag(sync=True)

    def __init__(self, **values: Any) -> None:
        super().__init__(layout=ipywidgets.Layout(width="100%"), **values)
