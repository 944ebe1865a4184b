"""Tabs whose titles show how things stand."""

from __future__ import annotations

from typing import Any

import ipyvue
import ipywidgets
import traitlets

__all__ = ["Tabs"]

_TEMPLATE = """
<template>
  <div class="mw-tabs" :class="'mw-tabs-' + look" role="tablist" @keydown.right="move(1)" @keydown.left="move(-1)">
    <button v-for="(t, n) in items" :key="t.id" type="button" role="tab" :aria-selected="t.id === active ? 'true' : 'false'"
        :tabindex="t.id === active ? 0 : -1" :data-tab="t.id" class="mw-tab" :class="[{'mw-active': t.id === active}, 'mw-' + (t.tone || 'calm')]"
        :title="t.tip || t.title" @click="active = t.id">
      <span class="mw-tab-glyph" v-if="t.glyph" aria-hidden="true">{{ t.glyph }}</span>
      <span class="mw-tab-words"><span class="mw-tab-title">{{ t.title }}</span>
        <span class="mw-tab-detail" v-if="t.detail">{{ t.detail }}</span></span>
    </button>
  </div>
</template>
<script>
module.exports = {
  methods: {
    move(by) {
      const ids = this.items.map(t => t.id), n = ids.indexOf(this.active) + by
      if (n >= 0 && n < ids.length) { this.active = ids[n]; this.$nextTick(() => this.$el.querySelectorAll('button')[n].focus()) }
    },
  },
}
</script>
"""


class Tabs(ipyvue.VueTemplate):
    """
    A row of tabs.

    Attributes
    ----------
    items : list of dict
        ``id``, ``title``; optional ``glyph``, ``tone``, ``detail``, ``tip``.
    active : str
        Id of the tab in front.
    look : str
        "steps" for the stages, "plain" inside a panel.
    """

    template = traitlets.Unicode(_TEMPLATE).tag(sync=True)
    items: traitlets.List[Any] = traitlets.List().tag(sync=True)
    active = traitlets.Unicode("").tag(sync=True)
    look = traitlets.Unicode("plain").tag(sync=True)

    def __init__(self, **values: Any) -> None:
        super().__init__(layout=ipywidgets.Layout(width="100%"), **values)
